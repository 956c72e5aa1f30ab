"""``cache/vectors.sqlite``: vectors by text and model: only new text is encoded.

The key is a passage's windows, the value a row of numbers for each of them. The embedded model has
no use for it: to make a passage's vectors takes no longer than to look them up, and what tells them
stands in the index already.

It is written while a build encodes, so a build that dies loses at most its last batch, and it is
pruned to what the kept generations use. It is only ever a cache: what is not sound is dropped.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from rag.encode import Encoder, Vectors
from rag.errors import OtherDimension, VectorsDamaged
from rag.store import passages

_TABLES = """
CREATE TABLE IF NOT EXISTS models (
    model INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS vectors (
    model INTEGER NOT NULL REFERENCES models,
    text_hash BLOB NOT NULL,
    vector BLOB NOT NULL,
    crc32 INTEGER NOT NULL,
    PRIMARY KEY (model, text_hash)
) WITHOUT ROWID;
"""


def sound(rows: Vectors, count: int, encoder: Encoder) -> Vectors:
    """The rows that an encoder gave for ``count`` texts, if they can be searched.

    Raises:
        OtherDimension: they are not as many, or not as long as it says.
        VectorsDamaged: one of their numbers is none.
    """
    if rows.shape != (count, encoder.dimension):
        raise OtherDimension(encoder.name, configured=encoder.dimension, found=rows.shape[-1])
    if not np.isfinite(rows).all():
        raise VectorsDamaged(encoder.name)
    return rows


class VectorCache:
    """Vectors by text.

    Raises:
        sqlite3.Error, OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # not a database any more
            path.unlink()
            path.with_name(path.name + "-journal").unlink(missing_ok=True)
            self._connection = _open(path)
        self._model = 0

    def use(self, fingerprint: str) -> None:
        """Whose vectors are looked up and kept."""
        with self._connection as connection:
            connection.execute(
                "INSERT OR IGNORE INTO models(fingerprint) VALUES (?)", [fingerprint]
            )
        (self._model,) = self._connection.execute(
            "SELECT model FROM models WHERE fingerprint = ?", [fingerprint]
        ).fetchone()

    def get(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """What is kept under ``hashes``; what is not as it was written is not there."""
        marks = ",".join("?" * len(hashes))
        rows = self._connection.execute(
            "SELECT text_hash, vector, crc32 FROM vectors"
            f" WHERE model = ? AND text_hash IN ({marks})",
            [self._model, *hashes],
        )
        return {
            text_hash: kept
            for text_hash, kept, crc32 in rows
            if crc32 == zlib.crc32(text_hash + kept)
        }

    def put(self, kept: Mapping[bytes, bytes]) -> None:
        """Keep something of passages under the hashes of their windows, durably."""
        rows = [
            (self._model, text_hash, data, zlib.crc32(text_hash + data))
            for text_hash, data in kept.items()
        ]
        with self._connection as connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def prune(self, kept: Iterable[tuple[str, Path]]) -> None:
        """Drop what no kept generation uses.

        Args:
            kept: of each shard of one, its model's fingerprint and the file of its passages.
        """
        run = self._connection.execute
        run(
            "CREATE TEMP TABLE used (model INTEGER, text_hash BLOB, PRIMARY KEY (model, text_hash))"
        )
        for fingerprint, path in kept:
            hashes = ((fingerprint, hashed) for hashed in passages.hashes_in(path))
            with self._connection:
                self._connection.executemany(
                    "INSERT OR IGNORE INTO used"
                    " SELECT model, ?2 FROM models WHERE fingerprint = ?1",
                    hashes,
                )
        with self._connection:
            run("DELETE FROM vectors WHERE (model, text_hash) NOT IN used")
            run("DELETE FROM models WHERE model NOT IN (SELECT model FROM used)")
        run("DROP TABLE used")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rwc", uri=True)
    try:
        connection.execute("PRAGMA auto_vacuum = FULL")
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
