"""Vectors on disk and exact inner product over them, by FAISS: the one module that imports it.

The index is serialised by FAISS and written by Python, since FAISS's own file functions take no
non-ASCII path on Windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from rag.errors import IndexClosed, IndexDamaged
from rag.store.records import Range, Scored, best_first
from rag.store.seams import Vector, Vectors

FILE = "dense.faiss"
WINDOWS = "dense.windows"
_COUNT = np.dtype("<u2")
_ROWS_A_PASSAGE = 4
"""Rows to ask for at first, for each passage wanted."""


class FaissWriter:
    """See :class:`rag.store.seams.DenseWriter`."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self._index = faiss.IndexFlatIP(dimension)
        self._counts: list[int] = []

    def add(self, vectors: Vectors, counts: Sequence[int]) -> None:
        """See the seam."""
        if sum(counts) != len(vectors):
            raise ValueError(f"{len(vectors)} rows for {sum(counts)} windows")
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._counts.extend(counts)

    def close(self) -> None:
        """See the seam."""
        with (self._folder / FILE).open("xb") as file:
            file.write(faiss.serialize_index(self._index).data)
        with (self._folder / WINDOWS).open("xb") as file:
            file.write(np.array(self._counts, dtype=_COUNT).data)


class FaissStore:
    """See :class:`rag.store.seams.DenseStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            data = np.fromfile(folder / FILE, dtype=np.uint8)
            self._index: faiss.Index | None = faiss.deserialize_index(data)
            counts = np.fromfile(folder / WINDOWS, dtype=_COUNT)
        except (OSError, RuntimeError, MemoryError) as error:
            raise IndexDamaged(folder / FILE, reason=FILE) from error
        self.count = len(counts)
        self.dimension = int(self._open().d)
        self._rows = int(self._open().ntotal)
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self._owners = np.repeat(np.arange(self.count, dtype=np.int64), counts)
        if self._rows != len(self._owners):
            raise IndexDamaged(folder / WINDOWS, reason=f"{self._rows} ≠ {len(self._owners)}")

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> list[Scored]:
        """See the seam."""
        index = self._open()
        rows = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        if rows.shape[1] != self.dimension:
            raise ValueError(f"a vector of {rows.shape[1]} for an index of {self.dimension}")
        k = min(k, self.count)
        if k < 1:
            return []
        only = self._only(ranges)
        asked = k * _ROWS_A_PASSAGE
        while True:
            asked = min(asked, self._rows)
            found, places = (one[0] for one in index.search(rows, asked, params=only))
            found, places = found[places >= 0], places[places >= 0]
            owners, firsts = np.unique(self._owners[places], return_index=True)
            best = [
                Scored(owner, score)
                for owner, score in zip(owners.tolist(), found[firsts].tolist(), strict=True)
            ]
            best = best_first(best, k)
            # a row behind the border that scores as much could be of a passage further in front
            if asked == self._rows or len(places) < asked:
                return best
            if len(best) == k and found[-1] < best[-1].score:
                return best
            asked *= 4

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """See the seam."""
        index = self._open()
        wanted = self._checked(ids)
        if len(wanted) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        places = [np.arange(self._starts[one], self._starts[one + 1]) for one in wanted]
        rows: Vectors = index.reconstruct_batch(np.concatenate(places))
        return rows

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """See the seam."""
        wanted = self._checked(ids)
        counts: list[int] = (self._starts[wanted + 1] - self._starts[wanted]).tolist()
        return counts

    def close(self) -> None:
        """See the seam."""
        self._index = None

    def _checked(self, ids: Sequence[int]) -> npt.NDArray[np.int64]:
        wanted = np.asarray(ids, dtype=np.int64).reshape(-1)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= self.count):
            raise KeyError(f"no passage has the id {wanted.min()} or {wanted.max()}")
        return wanted

    def _open(self) -> faiss.Index:
        index = self._index  # another thread may close meanwhile
        if index is None:
            raise IndexClosed(self._folder)
        return index

    def _only(self, ranges: Sequence[Range] | None) -> Any:
        if ranges is None:
            return None
        chosen = np.zeros(self._rows, dtype=np.uint8)
        for start, end in ranges:
            first, last = self._starts[[min(start, self.count), min(end, self.count)]]
            chosen[first:last] = 1
        swig: Any = faiss  # its stubs do not know these two as they are called from Python
        selector = swig.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
        return swig.SearchParameters(sel=selector)
