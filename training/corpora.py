"""Public text → the units that training draws its pairs from.

Every reader takes the folder of the data (see README.md for where to get it) and yields plain
strings; nothing of the text is kept in the project.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WRITTEN = Path(__file__).with_name("written.jsonl")
MODELS = Path(__file__).parents[1] / "rag" / "models"
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?[”」』）)]?")


def records(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The records of ``name.jsonl.xz``."""
    with lzma.open(data / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, those without a word left out."""
    return [part.strip() for part in _SENTENCE.findall(text) if len(part.strip()) >= 4]


def articles(data: Path, *, reports: int) -> Iterator[tuple[str, str, str]]:
    """``(kind, title, body)`` of every article; every ``reports``-th government report."""
    for record in records(data, "news"):
        yield "news", "", record["text"]
    for record in records(data, "xinwenlianbo"):
        if len(record["body"]) >= 60:
            yield "broadcast", record["title"], record["body"]
    for record in records(data, "xinhua_uhgeval_news"):
        yield "news", record["title"], record["body"]
    for number, record in enumerate(records(data, "gov_reports")):
        if number % reports == 0:
            yield "report", record["title"], record["body"]


def synonyms(data: Path) -> dict[str, list[str]]:
    """Each word's synonyms: the other words of its Cilin classes that are marked as equal."""
    found: dict[str, list[str]] = {}
    for line in (data / "words" / "cilin_v1.txt").read_text("utf-8").splitlines():
        code, _, members = line.partition("=")
        words = [word for word in members.split() if len(word) > 1]
        if len(code) == 7 and len(words) > 1:
            for word in words:
                found.setdefault(word, []).extend(other for other in words if other != word)
    return found


def everyday() -> list[tuple[str, list[str]]]:
    """``(word, what it goes by)`` of the list of everyday words, both ways."""
    found = []
    for line in (MODELS / "everyday.tsv").read_text("utf-8").splitlines():
        said, _, printed = line.partition("\t")
        found.extend((word, printed.split()) for word in said.split())
        found.extend((word, said.split()) for word in printed.split())
    return found


def kept_for_ranking(key: str) -> bool:
    """Three in four questions teach the embedding, the others the ranking.

    It must not learn from an embedding that knows its questions.
    """
    return hashlib.sha256(key.encode()).digest()[0] % 4 == 0


def written(data: Path) -> Iterator[tuple[str, str, str]]:
    """``(question, text of the document, answer)`` of the written questions that are trained on."""
    rows = [json.loads(line) for line in WRITTEN.read_text("utf-8").splitlines()]
    rows = [row for row in rows if not kept_for_ranking(row["from"])]
    texts = {record["id"]: record["text"] for record in records(data, "news")}
    for name in ("gov_reports", "xinwenlianbo"):
        for record in records(data, name):
            texts.setdefault(record["title"], record["body"])
    for row in rows:
        yield row["question"], texts[row["from"]], "".join(row["answer"].split())


def pairs(data: Path) -> Iterator[tuple[str, str]]:
    """``(question, passage)`` of the labelled sets that may be trained on."""
    for name in ("cmrc2018_train", "stard_law", "dureader2_demo"):
        for record in records(data, name):
            if name != "cmrc2018_train" or not kept_for_ranking(record["p"]):
                yield record["q"], record["p"]
