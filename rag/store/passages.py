"""``passages.sqlite``: the passages of one shard, by their serial numbers.

A passage is one compressed row: what a question needs is read by number. No name of a document
stands here.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import IndexClosed, IndexDamaged
from rag.store.packing import unpacked
from rag.store.records import Range
from rag.types import Chunk

FILE = "passages.sqlite"
_AT_ONCE = 500
_PAGE = 16_384
"""Bytes; in 4,096, seven passages leave a tenth of the room empty."""

_TABLES = """
CREATE TABLE passages (
    serial INTEGER PRIMARY KEY,
    start INTEGER NOT NULL,
    passage BLOB NOT NULL
);
CREATE TABLE hashes (
    serial INTEGER PRIMARY KEY,
    text_hash BLOB NOT NULL
);
"""


def text_hash(windows: Sequence[str]) -> bytes:
    """What the vectors of a passage are kept by, beside their model."""
    return hashlib.blake2b("\0".join(windows).encode("utf-8"), digest_size=16).digest()


class PassagesWriter:
    """Writes the passages of a shard."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # a file of a dead build is thrown away whole, and a finished one is synced by the publisher
        self._connection.execute(f"PRAGMA page_size = {_PAGE}")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)
        self._connection.execute("BEGIN")
        self.count = 0

    def add(self, first: int, starts: Sequence[int], rows: Sequence[bytes]) -> None:
        """Add the packed passages of a document, numbered from ``first`` in order of place."""
        serials = range(first, first + len(rows))
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?)", zip(serials, starts, rows, strict=True)
        )
        self.count += len(rows)

    def take(self, path: Path, ranges: Sequence[Range]) -> None:
        """Add the passages of ``ranges`` from another shard's file."""
        run = self._connection.execute
        run("COMMIT")
        run("ATTACH ? AS other", [str(path)])
        run("BEGIN")
        for table in ("passages", "hashes"):
            self._connection.executemany(
                f"INSERT INTO {table} SELECT * FROM other.{table} WHERE serial >= ? AND serial < ?",
                ranges,
            )
        run("COMMIT")
        run("DETACH other")
        run("BEGIN")
        self.count += sum(end - start for start, end in ranges)

    def read(self) -> Iterator[tuple[int, Chunk]]:
        """The passages so far, by serial, as of no document."""
        query = "SELECT serial, start, passage FROM passages ORDER BY serial"
        rows = self._connection.execute(query)
        yield from ((serial, unpacked(row, "", start)) for serial, start, row in rows)

    def keep(self, hashes: Sequence[tuple[int, bytes]]) -> None:
        """Remember what the vectors of passages are cached by."""
        self._connection.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?)", hashes)

    def close(self) -> None:
        """Everything is in the file."""
        self._connection.execute(f"PRAGMA user_version = {self.count:d}")
        self._connection.execute("COMMIT")
        self._connection.close()

    def abandon(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Passages:
    """Reads passages. Safe from many threads; one open file, so it outlives its name on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _reading(path)
        except sqlite3.Error as error:
            raise IndexDamaged(path, reason=error) from error
        self.count = int(self._rows("PRAGMA user_version")[0][0])
        self._rows("SELECT serial FROM passages LIMIT 1")  # opens the file itself

    def get(self, serials: Sequence[int], sources: Sequence[str]) -> list[Chunk]:
        """The passages of ``serials``, in their order, each of the document beside it.

        Raises:
            IndexDamaged: one of them is not there, or not what was written.
        """
        found: dict[int, tuple[int, bytes]] = {}
        for start in range(0, len(serials), _AT_ONCE):
            some = [int(one) for one in serials[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(some))
            query = f"SELECT serial, start, passage FROM passages WHERE serial IN ({marks})"
            found.update((serial, (begins, row)) for serial, begins, row in self._rows(query, some))
        try:
            chunks = []
            for serial, source in zip(serials, sources, strict=True):
                begins, row = found[int(serial)]
                chunks.append(unpacked(row, source, begins))
            return chunks
        except (ValueError, TypeError, KeyError, zlib.error) as error:
            raise IndexDamaged(self._path, reason=FILE) from error

    def starting_at(self, first: int, end: int, start: int) -> int | None:
        """The serial among ``first … end`` whose passage begins at ``start``, or None."""
        rows = self._rows(
            "SELECT serial FROM passages WHERE serial >= ? AND serial < ? AND start = ?",
            (first, end, start),
        )
        return int(rows[0][0]) if rows else None

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


def hashes_in(path: Path) -> Iterator[bytes]:
    """What the vectors of a shard's passages are cached by."""
    connection = _reading(path)
    try:
        for (hashed,) in connection.execute("SELECT text_hash FROM hashes"):
            yield hashed
    finally:
        connection.close()


def _reading(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)
