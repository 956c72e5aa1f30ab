"""Vectors on disk and inner product over them, by FAISS: the one module that imports it.

Up to :data:`FLAT_PASSAGES` every row is kept and compared. Beyond, FAISS looks at the rows as one
bit a number (RaBitQ of Gao and Long 2024, around the means of an IVF), and the best of those are
scored exactly: an encoder whose vectors are sums over tokens needs two bytes a token for that, not
four a number, and scores are those of the exact search. For other encoders the rows are kept in
eight bits a number. The switch needs no encoding: what there is of a passage is the same.

FAISS serialises and Python writes, since FAISS's own file functions take no non-ASCII path on
Windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from rag.encode import Additive, Tokens, embedded_encoder
from rag.errors import IndexClosed, IndexDamaged
from rag.store.records import Range, Scored, best_first
from rag.store.seams import Vector, Vectors

FILE = "dense.faiss"
ROWS = "dense.npz"
FLAT_PASSAGES = 20_000
"""More passages than this are not all compared."""
_ROWS_A_LIST = 8_000
"""All lists are looked at: the vectors form no clusters, so a sixth of the lists lost an eighth of
the nearest passages. The lists' means make one bit a number tell more."""
_TRAINED_ON = 20
"""Passages a list that the lists are learned from; the vectors have no clusters worth more."""
_BLOCK = 20_000
_REFINED = 1_000
"""Rows that are scored exactly, or twenty for each passage asked for where that is more."""
_EXACT = 2_000
"""Passages up to which those of some documents are all compared."""

_Ints = npt.NDArray[np.int64]
swig: Any = faiss  # its stubs do not know how these are called from Python


@dataclass(slots=True)
class _Rows:
    """What is known of rows beside the index: flat arrays, passage by passage."""

    ids: _Ints
    """Of the passages."""
    counts: _Ints
    """Windows of each passage."""
    lengths: _Ints
    """Tokens of each window; empty where the encoder has none."""
    tokens: npt.NDArray[np.uint16]
    norms: npt.NDArray[np.float32]
    """Length of each window's sum of token vectors."""

    @property
    def owners(self) -> _Ints:
        """The passage of each row."""
        return np.repeat(self.ids, self.counts)

    def picked(self, places: _Ints, starts: tuple[_Ints, _Ints]) -> _Rows:
        """Those of some passages. ``starts`` are those of all passages' rows and rows' tokens."""
        rows = _pieces(starts[0], places)
        if not len(self.lengths):
            return _Rows(self.ids[places], self.counts[places], self.lengths, *_nothing())
        return _Rows(
            self.ids[places],
            self.counts[places],
            self.lengths[rows],
            self.tokens[_pieces(starts[1], rows)],
            self.norms[rows],
        )

    def starts(self) -> tuple[_Ints, _Ints]:
        """Where the rows of each passage and the tokens of each row begin, and the end."""
        return _starts(self.counts), _starts(self.lengths)


class FaissWriter:
    """See :class:`rag.store.seams.DenseWriter`."""

    def __init__(self, folder: Path, dimension: int, additive: Additive | None = None) -> None:
        """Args: ``additive`` is the encoder, where its vectors are sums over tokens."""
        self._folder = folder
        self._dimension = dimension
        self._additive = additive
        self._rows: list[_Rows] = []
        self._vectors: list[Vectors] = []
        self._count = 0

    def add(self, vectors: Vectors, counts: Sequence[int], tokens: Tokens | None = None) -> None:
        """See the seam."""
        if sum(counts) != len(vectors):
            raise ValueError(f"{len(vectors)} rows for {sum(counts)} windows")
        ids = np.arange(self._count, self._count + len(counts))
        windows = np.array(counts, np.int64)
        if tokens is None or self._additive is None:
            self._rows.append(_Rows(ids, windows, np.zeros(0, np.int64), *_nothing()))
        else:
            _, norms = self._additive.pooled(tokens)
            flat = tokens.ids.astype(np.uint16)
            self._rows.append(_Rows(ids, windows, np.diff(tokens.starts), flat, norms))
        self._count += len(counts)
        self._vectors.append(np.ascontiguousarray(vectors, dtype=np.float32))
        if self._additive and self._count > FLAT_PASSAGES:  # they can be computed again
            self._vectors = []

    def close(self) -> None:
        """See the seam."""
        rows = _concatenated(self._rows)
        index = self._flat() if self._count <= FLAT_PASSAGES else self._lists(rows)
        with (self._folder / FILE).open("xb") as file:
            file.write(faiss.serialize_index(index).data)
        with (self._folder / ROWS).open("xb") as file:
            np.savez(
                file,
                counts=rows.counts.astype(np.uint16),
                lengths=rows.lengths.astype(np.uint16),
                tokens=rows.tokens,
                norms=rows.norms,
            )

    def _flat(self) -> Any:
        index: Any = faiss.IndexFlatIP(self._dimension)
        for vectors in self._vectors:
            index.add(vectors)
        return index

    def _lists(self, rows: _Rows) -> Any:
        lists = max(16, int(rows.counts.sum()) // _ROWS_A_LIST)
        kind = "RaBitQfs" if self._additive else "SQ8"
        index: Any = faiss.index_factory(
            self._dimension, f"IVF{lists},{kind}", faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = 6
        index.cp.min_points_per_centroid = 1
        held = np.zeros((0, self._dimension), np.float32)
        if not self._additive:
            held = np.concatenate(self._vectors)
        starts = rows.starts()
        wanted = min(self._count, lists * _TRAINED_ON)
        chosen = np.unique(np.linspace(0, self._count - 1, wanted).astype(np.int64))
        index.train(self._computed(rows, starts, chosen, held))
        for start in range(0, self._count, _BLOCK):
            some = np.arange(start, min(start + _BLOCK, self._count))
            vectors = self._computed(rows, starts, some, held)
            index.add_with_ids(vectors, np.repeat(some, rows.counts[some]))
        return index

    def _computed(
        self, rows: _Rows, starts: tuple[_Ints, _Ints], places: _Ints, held: Vectors
    ) -> Vectors:
        """The vectors of passages, by place."""
        if self._additive:
            return self._additive.pooled(_as_tokens(rows.picked(places, starts)))[0]
        vectors: Vectors = held[_pieces(starts[0], places)]
        return vectors


class FaissStore:
    """See :class:`rag.store.seams.DenseStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            data = np.fromfile(folder / FILE, dtype=np.uint8)
            self._index: faiss.Index | None = faiss.deserialize_index(data)
            with np.load(folder / ROWS, allow_pickle=False) as held:
                counts = held["counts"].astype(np.int64)
                self._rows = _Rows(
                    np.arange(len(counts)),
                    counts,
                    held["lengths"].astype(np.int64),
                    held["tokens"],
                    held["norms"],
                )
        except Exception as error:  # whatever bytes that are not theirs make the libraries raise
            raise IndexDamaged(folder / FILE, reason=FILE) from error
        index = self._open()
        self._is_flat = isinstance(index, faiss.IndexFlat)
        self.count = len(self._rows.ids)
        self.dimension = int(index.d)
        self._starts = self._rows.starts()
        self._owners = self._rows.owners if self._is_flat else np.zeros(0, np.int64)
        rows = int(self._starts[0][-1])
        if int(index.ntotal) != rows:
            raise IndexDamaged(folder / ROWS, reason=f"{index.ntotal} ≠ {rows}")

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> list[Scored]:
        """See the seam."""
        index = self._open()
        rows = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        if rows.shape[1] != self.dimension:
            raise ValueError(f"a vector of {rows.shape[1]} for an index of {self.dimension}")
        k = min(k, self.count)
        if k < 1:
            return []
        # questions come in threads of their own: where FAISS divides one among more, they wait for
        # each other
        faiss.omp_set_num_threads(1)
        if self._is_flat:
            return self._flat(index, rows, k, ranges)
        inside = None if ranges is None else _inside(self.count, ranges)
        if not len(self._rows.lengths):
            return self._eighths(index, rows, k, inside)
        if inside is None or len(inside) > _EXACT:
            inside = self._near(index, rows, k, inside)
        return self._exact(rows[0], inside, k)

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """See the seam."""
        index = self._open()
        wanted = self._checked(ids)
        if len(wanted) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if self._is_flat:
            flat: Vectors = index.reconstruct_batch(_pieces(self._starts[0], wanted))
            return flat
        if len(self._rows.lengths):
            picked = self._rows.picked(wanted, self._starts)
            return embedded_encoder().pooled(_as_tokens(picked))[0]
        index.set_direct_map_type(swig.DirectMap.Hashtable)  # a vector a passage: ids differ
        rows: Vectors = np.stack([index.reconstruct(int(one)) for one in wanted])
        return rows

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """See the seam."""
        counts: list[int] = self._rows.counts[self._checked(ids)].tolist()
        return counts

    def close(self) -> None:
        """See the seam."""
        self._index = None

    def _checked(self, ids: Sequence[int]) -> _Ints:
        wanted = np.asarray(ids, dtype=np.int64).reshape(-1)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= self.count):
            raise KeyError(f"no passage has the id {wanted.min()} or {wanted.max()}")
        return wanted

    def _open(self) -> Any:
        index = self._index  # another thread may close meanwhile
        if index is None:
            raise IndexClosed(self._folder)
        return index

    def _flat(
        self, index: Any, rows: Vectors, k: int, ranges: Sequence[Range] | None
    ) -> list[Scored]:
        """Compared with every row."""
        only = None
        if ranges is not None:
            inside = np.zeros(self.count, dtype=bool)
            inside[_inside(self.count, ranges)] = True
            chosen = np.repeat(inside, self._rows.counts)
            selector = swig.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
            only = swig.SearchParameters(sel=selector)
        total = len(self._owners)
        asked = k * 4
        while True:
            asked = min(asked, total)
            found, places = (one[0] for one in index.search(rows, asked, params=only))
            found, places = found[places >= 0], places[places >= 0]
            best = _best(self._owners[places], found, k)
            # a row behind the border that scores as much could be of another passage
            if asked == total or len(places) < asked:
                return best
            if len(best) == k and found[-1] < best[-1].score:
                return best
            asked *= 4

    def _eighths(self, index: Any, rows: Vectors, k: int, inside: _Ints | None) -> list[Scored]:
        """Compared with every row, in eight bits a number."""
        found, owners = index.search(rows, k * 4, params=_looking(index, inside))
        seen = owners[0] >= 0
        return _best(owners[0][seen], found[0][seen], k)

    def _near(self, index: Any, rows: Vectors, k: int, inside: _Ints | None) -> _Ints:
        """The passages that the index takes for the nearest."""
        wanted = min(max(_REFINED, 20 * k), int(index.ntotal))
        owners = index.search(rows, wanted, params=_looking(index, inside))[1][0]
        near: _Ints = np.unique(owners[owners >= 0])
        return near

    def _exact(self, query: Vector, places: _Ints, k: int) -> list[Scored]:
        """Scored as the encoder would, token by token."""
        picked = self._rows.picked(places, self._starts)
        sums = _sums(embedded_encoder().token_scores(picked.tokens, query), picked.lengths)
        scores = np.divide(sums, picked.norms, out=np.zeros_like(sums), where=picked.norms > 0)
        return _best(picked.owners, scores, k)


def _looking(index: Any, inside: _Ints | None) -> Any:
    """All lists are looked at; at which passages in them."""
    only: dict[str, Any] = {"nprobe": index.nlist}
    if inside is not None:
        only["sel"] = swig.IDSelectorBatch(inside)
    return faiss.SearchParametersIVF(**only)


def _best(owners: _Ints, scores: npt.NDArray[np.float32], k: int) -> list[Scored]:
    """The ``k`` passages with the best rows, best first, ties by id."""
    distinct, places = np.unique(owners, return_inverse=True)
    best = np.full(len(distinct), -np.inf, dtype=np.float32)
    np.maximum.at(best, places, scores)
    pairs = zip(distinct.tolist(), best.tolist(), strict=True)
    return best_first([Scored(owner, score) for owner, score in pairs], k)


def _starts(sizes: _Ints) -> _Ints:
    starts: _Ints = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    return starts


def _pieces(starts: _Ints, chosen: _Ints) -> _Ints:
    """Flat places of the items of some pieces; piece ``i`` is ``starts[i] … starts[i + 1]``."""
    lengths = starts[chosen + 1] - starts[chosen]
    before = np.cumsum(lengths) - lengths
    flat: _Ints = np.repeat(starts[chosen] - before, lengths) + np.arange(int(lengths.sum()))
    return flat


def _sums(values: npt.NDArray[np.float32], lengths: _Ints) -> npt.NDArray[np.float32]:
    """The sum of each run of ``lengths`` values."""
    sums = np.zeros(len(lengths), dtype=np.float32)
    filled = np.flatnonzero(lengths)
    if len(filled):
        sums[filled] = np.add.reduceat(values, _starts(lengths)[filled])
    return sums


def _as_tokens(rows: _Rows) -> Tokens:
    return Tokens(rows.tokens.astype(np.int64), _starts(rows.lengths))


def _inside(count: int, ranges: Sequence[Range]) -> _Ints:
    """The ids in any of the ranges, ascending."""
    pieces = [np.arange(min(start, count), min(end, count)) for start, end in ranges]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *pieces]))


def _concatenated(parts: Sequence[_Rows]) -> _Rows:
    if not parts:
        empty = np.zeros(0, np.int64)
        return _Rows(empty, empty, empty, *_nothing())
    return _Rows(
        np.concatenate([one.ids for one in parts]),
        np.concatenate([one.counts for one in parts]),
        np.concatenate([one.lengths for one in parts]),
        np.concatenate([one.tokens for one in parts]),
        np.concatenate([one.norms for one in parts]),
    )


@cache
def _nothing() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
    return np.zeros(0, np.uint16), np.zeros(0, np.float32)
