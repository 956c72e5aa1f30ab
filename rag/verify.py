"""Proving an index: every part against its sha256, every citation against the files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.errors import (
    DocsMissing,
    FileInaccessible,
    IndexDamaged,
    LinesWrong,
    NotText,
    QuoteWrong,
    SourceChanged,
    SourceMissing,
    WenjuError,
)
from rag.read import decode, is_quote, line_starts, lines_of
from rag.store import DocumentRecord, Index, damaged_parts, open_index
from rag.types import Chunk, Language


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold: what, where, and the next step."""

    source: str
    """The document, or the part of the index."""
    chunk_id: str | None
    """None where it concerns the whole of ``source``."""
    code: str
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked. Everything holds where there are no problems."""

    generation: str
    documents: int
    passages: int
    proven: int
    """Passages that are, word for word, what the file says on the lines they name."""
    parts: int
    problems: tuple[Problem, ...]
    took_ms: float


def verify(
    index: Path | str, docs: Path | str | None = None, *, language: Language = Language.ZH
) -> VerifyReport:
    """Check the live generation against its own manifest and against the documents.

    Raises:
        DocsMissing: there is no folder of documents to check against.
        IndexProblem: there is no index that could be opened.
    """
    started = time.perf_counter()
    problems: list[Problem] = []
    proven = 0
    with open_index(Path(index)) as live:
        folder = live.docs if docs is None else Path(docs)
        if not folder.is_dir():
            raise DocsMissing(folder)
        for part in damaged_parts(live.folder, live.manifest):
            error = IndexDamaged(live.folder / part, reason="sha256")
            problems.append(_problem(part, None, error, language))
        for record in live.documents():
            broken = [
                _problem(record.source, chunk_id, error, language)
                for chunk_id, error in _broken(live, record, folder)
            ]
            problems += broken
            if all(problem.chunk_id for problem in broken):
                proven += record.chunks - len(broken)
        return VerifyReport(
            generation=live.generation,
            documents=len(live.documents()),
            passages=live.manifest.passages,
            proven=proven,
            parts=len(live.manifest.parts),
            problems=tuple(problems),
            took_ms=(time.perf_counter() - started) * 1000,
        )


def _broken(
    live: Index, record: DocumentRecord, docs: Path
) -> Iterator[tuple[str | None, WenjuError]]:
    """What does not hold of one document: at most one error a passage, or one for all of them."""
    path = docs / record.source
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != record.sha256:
            yield None, SourceChanged(path)
            return
        text, _ = decode(data, record.source)
        chunks = live.chunks_of(record.source)
    except FileNotFoundError:
        yield None, SourceMissing(path)
        return
    except OSError as error:
        yield None, FileInaccessible(path, reason=error.strerror)
        return
    except (NotText, IndexDamaged) as error:
        yield None, error
        return
    if len(chunks) != record.chunks:
        yield None, IndexDamaged(path, reason=f"{len(chunks)} ≠ {record.chunks}")
        return
    starts = line_starts(text)
    for chunk in chunks:
        if not is_quote(chunk.text, text, chunk.spans):
            yield chunk.chunk_id, QuoteWrong(path)
        elif (actual := lines_of(starts, chunk.spans)) != _claimed(chunk):
            claimed = _lines(_claimed(chunk))
            yield chunk.chunk_id, LinesWrong(path, claimed=claimed, actual=_lines(actual))


def _claimed(chunk: Chunk) -> tuple[int, int]:
    return chunk.line_start, chunk.line_end


def _lines(lines: tuple[int, int]) -> str:
    return f"{lines[0]}–{lines[1]}"


def _problem(source: str, chunk_id: str | None, error: WenjuError, language: Language) -> Problem:
    return Problem(source, chunk_id, error.code, error.what(language), error.next_step(language))
