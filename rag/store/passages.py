"""``passages.sqlite``: the passages of a generation, in order of place."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from rag.errors import IndexClosed, IndexDamaged
from rag.split import windows
from rag.types import BlockKind, Box, Chunk, Metadata

FILE = "passages.sqlite"
_AT_ONCE = 500

_TABLES = """
CREATE TABLE documents (
    document INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE
);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents,
    start INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    spans TEXT NOT NULL,
    sentences TEXT NOT NULL,
    line_start INTEGER NOT NULL,
    line_end INTEGER NOT NULL,
    title TEXT,
    section TEXT,
    byline TEXT,
    date TEXT,
    page INTEGER,
    metadata TEXT NOT NULL,
    page_end INTEGER,
    boxes TEXT NOT NULL,
    text_hash BLOB NOT NULL,
    UNIQUE (document, start)
);
"""
_INSERT = f"INSERT INTO chunks VALUES ({', '.join('?' * 18)})"
_SELECT = """
SELECT id, source, start, kind, text, spans, sentences, line_start, line_end,
       title, section, byline, date, page, metadata, page_end, boxes
FROM chunks JOIN documents USING (document)
"""


def text_hash(windows: Sequence[str]) -> bytes:
    """What the vectors of a passage are kept by, beside their model."""
    return hashlib.blake2b("\0".join(windows).encode("utf-8"), digest_size=16).digest()


def start_of(chunk: Chunk) -> int:
    """The place that ``chunk_id`` names: the first code point in the file."""
    source, mark, start = chunk.chunk_id.rpartition("@")
    if source != chunk.source or mark != "@" or not start.isdecimal():
        raise ValueError(f"not a chunk_id: {chunk.chunk_id!r}")
    return int(start)


class PassagesWriter:
    """Takes documents in order of source; numbers their passages from 0."""

    def __init__(self, path: Path, window_chars: int | None) -> None:
        self._window_chars = window_chars
        self._connection = sqlite3.connect(path)
        # a file of a dead build is thrown away whole, and a finished one is synced by the publisher
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)
        self._documents = 0
        self.count = 0

    def add(self, source: str, chunks: Sequence[Chunk]) -> None:
        """Append a document with its passages, which are sorted by place."""
        self._connection.execute("INSERT INTO documents VALUES (?, ?)", (self._documents, source))
        self._connection.executemany(
            _INSERT, (self._row(self.count + i, chunk) for i, chunk in enumerate(chunks))
        )
        self._documents += 1
        self.count += len(chunks)

    def windows(self) -> Iterator[tuple[bytes, list[str]]]:
        """``(text_hash, windows)`` of every passage, in order of id."""
        for hashed, text, sentences in self._connection.execute(
            "SELECT text_hash, text, sentences FROM chunks ORDER BY id"
        ):
            yield hashed, windows(text, json.loads(sentences), self._window_chars)

    def close(self) -> None:
        """Everything is in the file."""
        self._connection.commit()
        self._connection.close()

    def abandon(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _row(self, number: int, chunk: Chunk) -> tuple[Any, ...]:
        return (
            number,
            self._documents,
            start_of(chunk),
            chunk.kind.value,
            chunk.text,
            json.dumps(chunk.spans, separators=(",", ":")),
            json.dumps(chunk.sentences, separators=(",", ":")),
            chunk.line_start,
            chunk.line_end,
            chunk.title,
            chunk.section,
            chunk.byline,
            chunk.date,
            chunk.page,
            _stored(chunk.metadata),
            chunk.page_end,
            json.dumps([astuple(box) for box in chunk.boxes], separators=(",", ":")),
            text_hash(windows(chunk.text, chunk.sentences, self._window_chars)),
        )


class Passages:
    """Reads passages. Safe from many threads; one open file, so it outlives its name on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise IndexDamaged(path, reason=error) from error
        self.count = int(self._rows("SELECT count(*) FROM chunks")[0][0])  # opens the file itself

    def get(self, ids: Sequence[int]) -> list[Chunk]:
        """The passages of ``ids``, in their order.

        Raises:
            KeyError: there is no such passage.
        """
        found: dict[int, Chunk] = {}
        for some in _in_parts([int(one) for one in ids]):
            marks = ",".join("?" * len(some))
            for row in self._rows(f"{_SELECT} WHERE id IN ({marks})", some):
                found[row[0]] = _chunk(row, self._path)
        return [found[int(one)] for one in ids]

    def of(self, source: str) -> list[Chunk]:
        """The passages of one document, in order of place."""
        rows = self._rows(f"{_SELECT} WHERE source = ? ORDER BY id", (source,))
        return [_chunk(row, self._path) for row in rows]

    def all(self) -> Iterator[Chunk]:
        """Every passage, in order of id."""
        for start in range(0, self.count, _AT_ONCE):
            bounds = (start, start + _AT_ONCE)
            rows = self._rows(f"{_SELECT} WHERE id >= ? AND id < ? ORDER BY id", bounds)
            yield from (_chunk(row, self._path) for row in rows)

    def ids_of(self, chunk_ids: Iterable[str]) -> list[int]:
        """The ids of passages by their names, in order.

        Raises:
            KeyError: there is no such passage.
        """
        ids = []
        for chunk_id in chunk_ids:
            source, _, start = chunk_id.rpartition("@")
            rows = self._rows(
                "SELECT id FROM chunks JOIN documents USING (document)"
                " WHERE source = ? AND start = ?",
                (source, int(start) if start.isdecimal() else -1),
            )
            if not rows:
                raise KeyError(chunk_id)
            ids.append(int(rows[0][0]))
        return ids

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            if self._connection is None:
                raise IndexClosed(self._path.parent)
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise IndexDamaged(self._path, reason=error) from error


def _stored(metadata: Metadata) -> str:
    """What is known, as JSON; what is not known takes no room."""
    known = {name: value for name, value in asdict(metadata).items() if value}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")) if known else ""


def _metadata(stored: str) -> Metadata:
    known: dict[str, Any] = json.loads(stored) if stored else {}
    for name, value in known.items():
        known[name] = tuple(value) if isinstance(value, list) else value
    return Metadata(**known)


def _chunk(row: tuple[Any, ...], path: Path) -> Chunk:
    _, source, start, kind, text, spans, sentences, *printed, metadata, page_end, boxes = row
    line_start, line_end, title, section, byline, date, page = printed
    try:
        values = (
            f"{source}@{start}",
            source,
            BlockKind(kind),
            text,
            tuple((a, b) for a, b in json.loads(spans)),
            tuple((a, b) for a, b in json.loads(sentences)),
            line_start,
            line_end,
            title,
            section,
            byline,
            date,
            page,
            _metadata(metadata),
            page_end,
            tuple(Box(*box) for box in json.loads(boxes)),
        )
        return Chunk(*values)
    except (ValueError, TypeError) as error:
        raise IndexDamaged(path, reason=FILE) from error


def _in_parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
