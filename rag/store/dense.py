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

from rag.errors import IndexClosed, IndexDamaged
from rag.store.records import Range, Scored, best_first
from rag.store.seams import Vector, Vectors

FILE = "dense.faiss"


class FaissWriter:
    """See :class:`rag.store.seams.DenseWriter`."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._path = path
        self._index = faiss.IndexFlatIP(dimension)

    def add(self, vectors: Vectors) -> None:
        """See the seam."""
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def close(self) -> None:
        """See the seam."""
        with self._path.open("xb") as file:
            file.write(faiss.serialize_index(self._index).data)


class FaissStore:
    """See :class:`rag.store.seams.DenseStore`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            data = np.fromfile(path, dtype=np.uint8)
            self._index: faiss.Index | None = faiss.deserialize_index(data)
        except (OSError, RuntimeError, MemoryError) as error:
            raise IndexDamaged(path, reason=FILE) from error
        self.count = int(self._open().ntotal)
        self.dimension = int(self._open().d)

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> list[Scored]:
        """See the seam."""
        index = self._open()
        rows = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        if rows.shape[1] != self.dimension:
            raise ValueError(f"a vector of {rows.shape[1]} for an index of {self.dimension}")
        k = min(k, self.count)
        if k < 1:
            return []
        only = _only(ranges, self.count)
        # one more than asked for shows whether equal scores stand on both sides of the border
        scores, ids = index.search(rows, min(k + 1, self.count), params=only)
        if ids[0][-1] >= 0 and len(ids[0]) > k and scores[0][k] == scores[0][k - 1]:
            least = np.nextafter(scores[0][k], np.float32(-np.inf))
            _, scores, ids = index.range_search(rows, float(least), params=only)
            scores, ids = scores.reshape(1, -1), ids.reshape(1, -1)
        pairs = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return best_first([Scored(one, score) for one, score in pairs if one >= 0], k)

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """See the seam."""
        index = self._open()
        wanted = np.asarray(ids, dtype=np.int64).reshape(-1)
        if len(wanted) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if wanted.min() < 0 or wanted.max() >= self.count:
            raise KeyError(f"no passage has the id {wanted.min()} or {wanted.max()}")
        rows: Vectors = index.reconstruct_batch(wanted)
        return rows

    def close(self) -> None:
        """See the seam."""
        self._index = None

    def _open(self) -> faiss.Index:
        index = self._index  # another thread may close meanwhile
        if index is None:
            raise IndexClosed(self._path.parent)
        return index


def _only(ranges: Sequence[Range] | None, count: int) -> Any:
    if ranges is None:
        return None
    chosen = np.zeros(count, dtype=np.uint8)
    for start, end in ranges:
        chosen[start:end] = 1
    swig: Any = faiss  # its stubs do not know these two as they are called from Python
    return swig.SearchParameters(sel=swig.IDSelectorBitmap(np.packbits(chosen, bitorder="little")))
