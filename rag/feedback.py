"""What people say of passages: kept in a SQLite file of its own, given out as cases to evaluate by.

It stays on this machine. Nothing else is kept than what was asked, the passage, the verdict and
the remark: not who said it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rag.errors import FeedbackMissing, FeedbackNotWritable
from rag.types import Answer

MAX_REMARK = 2000
"""Characters of a remark that are kept."""
MAX_QUESTION = 2000
"""Characters of a question that are kept."""
_WAIT = 10.0
"""Seconds that one writer waits for another."""
_SCHEMA = """
create table if not exists feedback (
    id integer primary key,
    said_at text not null,
    question text not null,
    history text not null,
    query text not null,
    status text not null,
    generation text not null,
    rank integer not null,
    chunk_id text not null,
    source text not null,
    sha256 text not null,
    label text not null,
    passage text not null,
    highlight text not null,
    verdict text not null,
    remark text not null
) strict
"""
_COLUMNS = (
    "said_at", "question", "history", "query", "status", "generation", "rank", "chunk_id",
    "source", "sha256", "label", "passage", "highlight", "verdict", "remark",
)  # fmt: skip


class Verdict(StrEnum):
    """What somebody thinks of a passage."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"
    WRONG_CITATION = "wrong_citation"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One verdict on one passage of one answer."""

    said_at: str
    """UTC, ISO 8601."""
    question: str
    history: tuple[str, ...]
    """The earlier questions that the question was understood by, oldest first."""
    query: str
    status: str
    """Of the answer, as in :class:`rag.types.Status`."""
    generation: str
    rank: int
    chunk_id: str
    source: str
    sha256: str
    label: str
    passage: str
    highlight: str
    """The sentence that was marked as the answer; empty where none was."""
    verdict: Verdict
    remark: str


def feedback_on(
    answer: Answer, at: int, verdict: Verdict, *, history: Iterable[str] = (), remark: str = ""
) -> Feedback:
    """A verdict on the hit at ``at``, from 0, of ``answer``."""
    hit = answer.hits[at]
    start, end = hit.highlights[0] if hit.highlights else (0, 0)
    return Feedback(
        said_at=datetime.now(UTC).isoformat(timespec="seconds"),
        question=answer.question.strip()[:MAX_QUESTION],
        history=tuple(turn[:MAX_QUESTION] for turn in history),
        query=answer.query[:MAX_QUESTION],
        status=str(answer.status),
        generation=answer.generation,
        rank=hit.rank,
        chunk_id=hit.chunk_id,
        source=hit.citation.source,
        sha256=hit.citation.sha256,
        label=hit.citation.label,
        passage=hit.text,
        highlight=hit.text[start:end].strip(),
        verdict=Verdict(verdict),
        remark=remark.strip()[:MAX_REMARK],
    )


def keep(path: Path, feedback: Feedback) -> None:
    """Write one verdict down; the file is made where there is none.

    Raises:
        FeedbackNotWritable: it cannot be written.
    """
    values = [
        json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else _storable(value)
        for value in (getattr(feedback, name) for name in _COLUMNS)
    ]
    marks = ", ".join("?" * len(_COLUMNS))
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT)) as store, store:
            store.execute(_SCHEMA)
            store.execute(
                f"insert into feedback ({', '.join(_COLUMNS)}) values ({marks})",
                values,
            )
    except (sqlite3.Error, OSError) as error:
        raise FeedbackNotWritable(path, reason=error) from error


def kept(path: Path) -> list[Feedback]:
    """Every verdict, oldest first.

    Raises:
        FeedbackMissing: there is no such file, or it holds no feedback.
    """
    if not path.is_file():
        raise FeedbackMissing(path)
    columns = ", ".join(_COLUMNS)
    try:
        # to be written too, where it can be: what a crash left half done has to be taken back
        uri = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT)) as store:
            rows = store.execute(f"select {columns} from feedback order by id").fetchall()
    except sqlite3.Error as error:
        raise FeedbackMissing(path) from error
    return [_feedback(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def cases(said: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """The questions whose passages were found useful, as lines for ``rag eval``.

    A line is a question with one document that answers, and the sentences of it that do. Of
    several verdicts on the same passage for the same question the last one counts. A question
    about which only bad was said has no known answer, and makes no line.
    """
    last = {(one.question, one.history, one.chunk_id): one for one in said}
    answers: dict[tuple[str, tuple[str, ...], str], dict[str, None]] = {}
    for (question, history, _), one in last.items():
        if one.verdict is Verdict.USEFUL:
            answered = answers.setdefault((question, history, one.source), {})
            answered[one.highlight or one.passage] = None
    for (question, history, source), known in answers.items():
        line: dict[str, Any] = {"question": question, "source": source, "answer": list(known)}
        yield line | ({"history": list(history)} if history else {})


def _feedback(row: dict[str, Any]) -> Feedback:
    history = tuple(json.loads(row.pop("history")))
    return Feedback(history=history, verdict=Verdict(row.pop("verdict")), **row)


def _storable(value: object) -> object:
    """SQLite takes no half of a surrogate pair."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
