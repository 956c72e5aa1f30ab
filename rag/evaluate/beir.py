"""A folder in the form of BEIR (Thakur et al. 2021) → cases, and documents to ask.

    corpus.jsonl     {"_id", "title", "text"} a line; a title may be missing
    queries.jsonl    {"_id", "text"} a line
    qrels/test.tsv   query, document, grade; with a line of headings or without

Documents are judged, not passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import CasesMissing, CollectionError
from rag.evaluate.cases import Case, is_text, lines, records

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
_TEST = "test.tsv"
_GRADE = re.compile(r"-?[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Collection:
    """Questions with judged documents, and where the documents are."""

    folder: Path
    cases: tuple[Case, ...]

    def write(self, docs: Path) -> None:
        """Write every document into ``docs``, as the Markdown file that the cases name.

        Raises:
            CollectionError: a line is no document; never for a collection that was just loaded.
        """
        for number, record in _documents(self.folder / _CORPUS):
            title = " ".join(record.get("title", "").split())
            heading = f"# {title}\n\n" if title else ""
            text = f"{heading}{record['text']}\n"
            (docs / _source(number)).write_text(text, "utf-8", newline="")

    def place(self, source: str) -> str:
        """Where the document of one of the written files stands in the collection."""
        return f"{self.folder / _CORPUS}:{int(Path(source).stem)}"


def load_collection(folder: Path | str) -> Collection:
    """The questions of a BEIR folder that a document is known to answer, in their order.

    Of several files of judgements, ``test.tsv`` is taken where there is one, else all. A query
    that none of their lines judges above 0 belongs to another part of the set and is not asked.

    Raises:
        CasesMissing: a file is missing or cannot be read.
        CollectionError: a line cannot be used (file, line and what is wrong are named), or no
            query is judged.
    """
    root = Path(folder)
    sources = {}
    for number, record in _documents(root / _CORPUS):
        if record["_id"] in sources:
            raise CollectionError(root / _CORPUS, line=number, reason='"_id" ×2')
        sources[record["_id"]] = _source(number)
    queries = {}
    for number, record in _queries(root / _QUERIES):
        if record["_id"] in queries:
            raise CollectionError(root / _QUERIES, line=number, reason='"_id" ×2')
        queries[record["_id"]] = record["text"]
    judged: dict[str, dict[str, int]] = {}
    for path in _judgements(root):
        for query, document, grade in _qrels(path, queries, sources):
            judged.setdefault(query, {})[sources[document]] = grade
    cases = tuple(
        Case(text, None, (), judged=tuple(sorted(judged[query].items())))
        for query, text in queries.items()
        if any(grade > 0 for grade in judged.get(query, {}).values())
    )
    if not cases:
        raise CollectionError(root / _QRELS, line=1, reason="score > 0")
    return Collection(root, cases)


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, record in records(path, CollectionError):
        title, text = record.get("title", ""), record.get("text")
        checks = {
            "_id": is_text(record.get("_id")),
            "title": isinstance(title, str) and _is_writable(title),
            # a document may be its title alone, as in several of BEIR's sets
            "text": isinstance(text, str) and _is_writable(text) and is_text(f"{title}{text}"),
        }
        _require(checks, path, number)
        yield number, record


def _queries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, record in records(path, CollectionError):
        checks = {"_id": is_text(record.get("_id")), "text": is_text(record.get("text"))}
        _require(checks, path, number)
        yield number, record


def _require(checks: dict[str, bool], path: Path, number: int) -> None:
    for name, holds in checks.items():
        if not holds:
            raise CollectionError(path, line=number, reason=f'"{name}"')


def _judgements(root: Path) -> list[Path]:
    if (root / _QRELS / _TEST).exists():
        return [root / _QRELS / _TEST]
    paths = sorted((root / _QRELS).glob("*.tsv"))
    if not paths:
        raise CasesMissing(root / _QRELS / _TEST)
    return paths


def _qrels(
    path: Path, queries: dict[str, str], sources: dict[str, str]
) -> Iterator[tuple[str, str, int]]:
    for number, line in lines(path):
        fields = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
        if number == 1 and fields[0] in ("query-id", "query_id"):
            continue
        if len(fields) != 3 or not _GRADE.fullmatch(fields[2].strip()):
            raise CollectionError(path, line=number, reason="query, document, grade")
        query, document, grade = fields
        if query not in queries:
            raise CollectionError(path, line=number, reason=f"{_QUERIES}: {query}")
        if document not in sources:
            raise CollectionError(path, line=number, reason=f"{_CORPUS}: {document}")
        yield query, document, max(int(grade), 0)


def _source(number: int) -> str:
    """The file for the document on a line; its name says nothing that a search could use."""
    return f"{number:09d}.md"


def _is_writable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
