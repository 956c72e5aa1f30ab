"""The vectors of one shard on disk, and inner products over them, by FAISS: only here imported.

For an encoder whose vectors are sums over tokens (the embedded one) a shard keeps the tokens of
each window, two bytes each, and scores by them exactly. Up to :data:`FLAT_PASSAGES` all are scored.
Beyond, FAISS looks at the rows as one bit a number (RaBitQ of Gao and Long 2024, around the means
of an IVF), in those lists that are nearest, and the best of these are scored exactly.

For other encoders every row is kept and compared up to :data:`FLAT_PASSAGES`; beyond, all are kept
and compared in eight bits a number. A switch needs no encoding: what there is of a passage is the
same.

Python opens the files that FAISS reads and writes, since FAISS's own functions take no non-ASCII
path on Windows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from rag.encode import Additive, Tokens, embedded_encoder
from rag.errors import IndexClosed, IndexDamaged
from rag.store.records import Range
from rag.store.seams import Found, Vector, Vectors

FILE = "dense.faiss"
FLAT_PASSAGES = 8_000
"""More passages in a shard than this are not all compared."""
ROWS_A_LIST = 2_000
MOST_LISTS = 2_048
"""Each row is compared with all lists' means when it is added."""
LOOKED_AT = 0.5
"""Share of the lists that are looked at, or as many as hold :data:`ROWS_LOOKED_AT` rows. The
vectors form weak clusters only: a sixth of the lists lost an eighth of the nearest passages."""
ROWS_LOOKED_AT = 500_000
"""Their bits are compared in two milliseconds, so a smaller shard is looked at whole."""
_TRAINED_ON = 40
"""Rows a list that the lists are learned from; the vectors have no clusters worth more."""
_BLOCK = 20_000
_AT_ONCE = 1 << 20
"""Bytes of an index that are read and written at a time."""
REFINED = 1_500
"""Rows that are scored exactly, or twenty for each passage asked for where that is more."""
_EXACT = 8_000
"""Rows up to which those of some documents are all scored exactly."""

_Ints = npt.NDArray[np.int64]
swig: Any = faiss  # its stubs do not know how these are called from Python


@dataclass(slots=True)
class Rows:
    """What a shard knows of its passages beside the index: flat arrays, passage by passage."""

    serials: _Ints
    """Ascending."""
    counts: npt.NDArray[np.unsignedinteger[Any]]
    """Windows of each passage."""
    lengths: npt.NDArray[np.unsignedinteger[Any]]
    """Tokens of each window; empty where the encoder has none."""
    tokens: npt.NDArray[np.uint16]
    norms: npt.NDArray[np.float32]
    """Length of each window's sum of token vectors."""

    def picked(self, places: _Ints, starts: tuple[_Ints, _Ints]) -> Rows:
        """Those of some passages. ``starts`` are those of all passages' rows and rows' tokens."""
        rows = _pieces(starts[0], places)
        if not len(self.lengths):
            return Rows(self.serials[places], self.counts[places], *_nothing())
        return Rows(
            self.serials[places],
            self.counts[places],
            self.lengths[rows],
            self.tokens[_pieces(starts[1], rows)],
            self.norms[rows],
        )

    def starts(self) -> tuple[_Ints, _Ints]:
        """Where the rows of each passage and the tokens of each row begin, and the end."""
        return _starts(self.counts), _starts(self.lengths)


_ROWS = tuple(field.name for field in fields(Rows))


class FaissWriter:
    """See :class:`rag.store.seams.DenseWriter`."""

    def __init__(self, folder: Path, dimension: int, additive: Additive | None = None) -> None:
        """Args: ``additive`` is the encoder, where its vectors are sums over tokens."""
        self._folder = folder
        self._dimension = dimension
        self._additive = additive
        self._rows: list[Rows] = []
        self._vectors: list[Vectors] = []

    def add(
        self,
        serials: Sequence[int],
        counts: Sequence[int] | npt.NDArray[np.uint16],
        vectors: Vectors | None = None,
        tokens: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]] | None = None,
    ) -> None:
        """See the seam."""
        numbers = np.asarray(serials, np.int64)
        windows = np.asarray(counts, np.uint16)
        total = int(windows.sum())
        if tokens is not None:
            lengths, ids = tokens
            given = len(lengths)
            norms = np.zeros(given, np.float32)  # told when all are summed up
            self._rows.append(Rows(numbers, windows, lengths, ids, norms))
        else:
            assert vectors is not None
            given = len(vectors)
            self._rows.append(Rows(numbers, windows, *_nothing()))
            self._vectors.append(np.ascontiguousarray(vectors, dtype=np.float32))
        if total != given:
            raise ValueError(f"{given} rows for {total} windows")

    def take(self, folder: Path, serials: _Ints) -> None:
        """See the seam."""
        store = FaissStore(folder, self._dimension)
        rows = store.picked(serials)
        if self._additive:
            self._rows.append(rows)
        else:
            self.add(rows.serials.tolist(), rows.counts, store.vectors(serials))

    def close(self) -> None:
        """See the seam."""
        rows = self._in_order()
        starts = rows.starts()
        index: Any = None
        faiss.omp_set_num_threads(os.cpu_count() or 1)  # a search sets it to one
        large = len(rows.serials) > FLAT_PASSAGES
        if large:
            index = self._lists(rows, starts)
        elif not self._additive:
            index = faiss.IndexFlatIP(self._dimension)
        for start in range(0, len(rows.serials), _BLOCK):
            some = np.arange(start, min(start + _BLOCK, len(rows.serials)))
            vectors, norms = self._computed(rows, starts, some)
            if norms is not None:
                rows.norms[starts[0][some[0]] : starts[0][some[-1] + 1]] = norms
            if large:
                numbers = np.arange(starts[0][some[0]], starts[0][some[-1] + 1])
                index.add_with_ids(vectors, numbers)
            elif index is not None:
                index.add(vectors)
        for name, array in _kept(rows).items():
            with (self._folder / f"{name}.npy").open("xb") as file:
                np.save(file, array, allow_pickle=False)
        if index is not None:
            with (self._folder / FILE).open("xb") as file:
                swig.write_index(index, swig.PyCallbackIOWriter(file.write, _AT_ONCE))

    def _in_order(self) -> Rows:
        """All that was given, by serial; the vectors too."""
        rows = _concatenated(self._rows)
        order = np.argsort(rows.serials, kind="stable")
        if (order[:-1] <= order[1:]).all():
            return rows
        starts = rows.starts()
        if not self._additive:
            held = _vectors(self._vectors, self._dimension)
            self._vectors = [held[_pieces(starts[0], order)]]
        return rows.picked(order, starts)

    def _lists(self, rows: Rows, starts: tuple[_Ints, _Ints]) -> Any:
        """An index that has learned its lists and holds nothing."""
        count = len(rows.serials)
        lists = max(16, min(MOST_LISTS, int(starts[0][-1]) // ROWS_A_LIST))
        kind = "RaBitQfs" if self._additive else "SQ8"
        index: Any = faiss.index_factory(
            self._dimension, f"IVF{lists},{kind}", faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter = 6
        index.cp.min_points_per_centroid = 1
        each = max(1.0, float(starts[0][-1]) / count)
        wanted = min(count, int(lists * _TRAINED_ON / each) + 1)
        chosen = np.unique(np.linspace(0, count - 1, wanted).astype(np.int64))
        index.train(self._computed(rows, starts, chosen)[0])
        return index

    def _computed(
        self, rows: Rows, starts: tuple[_Ints, _Ints], places: _Ints
    ) -> tuple[Vectors, npt.NDArray[np.float32] | None]:
        """The vectors of passages, by place, and the lengths of their sums."""
        if self._additive:
            return self._additive.pooled(_as_tokens(rows.picked(places, starts)))
        self._vectors = [_vectors(self._vectors, self._dimension)]
        return self._vectors[0][_pieces(starts[0], places)], None


class FaissStore:
    """See :class:`rag.store.seams.DenseStore`."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self.dimension = dimension
        try:
            self._rows = Rows(serials_in(folder), *(_mapped(folder, name) for name in _ROWS[1:]))
            self._index: Any = None
            if (folder / FILE).exists():
                with (folder / FILE).open("rb") as file:
                    self._index = swig.read_index(swig.PyCallbackIOReader(file.read, _AT_ONCE))
            self._starts = self._rows.starts()
        except Exception as error:  # whatever bytes that are not theirs make the libraries raise
            raise IndexDamaged(folder / FILE, reason=FILE) from error
        self._closed = False
        self.serials = self._rows.serials
        self.count = len(self.serials)
        self._is_flat = isinstance(self._index, faiss.IndexFlat)
        self._check()
        self._owners = (
            np.repeat(np.arange(self.count), self._rows.counts) if self._is_flat else _no_ints()
        )

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> Found:
        """See the seam."""
        index = self._open()
        rows = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        if rows.shape[1] != self.dimension:
            raise ValueError(f"a vector of {rows.shape[1]} for an index of {self.dimension}")
        inside = None if ranges is None else _pieces(self._starts[0], self._inside(ranges))
        k = min(k, self.count)
        if k < 1 or (inside is not None and len(inside) == 0):
            return _no_ints(), np.zeros(0, np.float32)
        # questions come in threads of their own: where FAISS divides one among more, they wait for
        # each other
        faiss.omp_set_num_threads(1)
        if self._is_flat:
            return self._named(*self._flat(index, rows, k, inside))
        if not len(self._rows.lengths):
            return self._named(*self._eighths(index, rows, k, inside))
        if index is not None and (inside is None or len(inside) > _EXACT):
            inside = self._near(index, rows, k, inside)
        return self._named(*self._exact(rows[0], inside, k))

    def vectors(self, serials: Sequence[int] | _Ints) -> Vectors:
        """See the seam."""
        index = self._open()
        places = self._places(serials)
        if len(places) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if self._is_flat:
            flat: Vectors = index.reconstruct_batch(_pieces(self._starts[0], places))
            return flat
        if len(self._rows.lengths):
            picked = self._rows.picked(places, self._starts)
            return embedded_encoder().pooled(_as_tokens(picked))[0]
        index.set_direct_map_type(swig.DirectMap.Hashtable)  # a vector a passage: ids differ
        rows: Vectors = np.stack([index.reconstruct(int(one)) for one in places])
        return rows

    def window_counts(self, serials: Sequence[int] | _Ints) -> list[int]:
        """See the seam."""
        counts: list[int] = self._rows.counts[self._places(serials)].tolist()
        return counts

    def picked(self, serials: _Ints) -> Rows:
        """What is known of some passages."""
        return self._rows.picked(self._places(serials), self._starts)

    def close(self) -> None:
        """See the seam."""
        self._closed = True
        self._index = None

    def _check(self) -> None:
        """Whether the parts are of one shard."""
        rows = int(self._starts[0][-1])
        held = len(self._rows.norms) if self._index is None else int(self._index.ntotal)
        tokens = len(self._rows.lengths)
        if (
            held != rows
            or (tokens and (tokens, int(self._starts[1][-1])) != (rows, len(self._rows.tokens)))
            or len(self._rows.counts) != self.count
            or (self._index is not None and int(self._index.d) != self.dimension)
        ):
            raise IndexDamaged(self._folder / FILE, reason=f"{held} ≠ {rows}")

    def _places(self, serials: Sequence[int] | _Ints) -> _Ints:
        wanted = np.asarray(serials, dtype=np.int64).reshape(-1)
        found = np.minimum(np.searchsorted(self.serials, wanted), max(self.count - 1, 0))
        if len(wanted) and not (self.count and (self.serials[found] == wanted).all()):
            raise KeyError(f"no passage has one of the numbers {wanted[:3]}")
        return found

    def _open(self) -> Any:
        index = self._index  # another thread may close meanwhile
        if self._closed:
            raise IndexClosed(self._folder)
        return index

    def _named(self, places: _Ints, scores: npt.NDArray[np.float32]) -> Found:
        return np.asarray(self.serials[places]), scores

    def _inside(self, ranges: Sequence[Range]) -> _Ints:
        """The places of the passages in any of the ranges, ascending."""
        bounds = np.searchsorted(self.serials, np.array(ranges, np.int64).reshape(-1, 2))
        pieces = [np.arange(start, end) for start, end in bounds.tolist()]
        return np.unique(np.concatenate([_no_ints(), *pieces]))

    def _flat(
        self, index: Any, rows: Vectors, k: int, inside: _Ints | None
    ) -> tuple[_Ints, npt.NDArray[np.float32]]:
        """Compared with every row."""
        only = None
        if inside is not None:
            chosen = np.zeros(len(self._owners), dtype=bool)
            chosen[inside] = True
            packed = np.packbits(chosen, bitorder="little")
            only = swig.SearchParameters(sel=swig.IDSelectorBitmap(packed))
        total = len(self._owners)
        asked = k * 4
        while True:
            asked = min(asked, total)
            scores, places = (one[0] for one in index.search(rows, asked, params=only))
            scores, places = scores[places >= 0], places[places >= 0]
            best = _best(self._owners[places], scores, k)
            # a row behind the border that scores as much could be of another passage
            if asked == total or len(places) < asked:
                return best
            if len(best[0]) >= k and scores[-1] < best[1][-1]:
                return best
            asked *= 4

    def _eighths(
        self, index: Any, rows: Vectors, k: int, inside: _Ints | None
    ) -> tuple[_Ints, npt.NDArray[np.float32]]:
        """Compared with every row, in eight bits a number."""
        scores, places = index.search(rows, k * 4, params=_looking(index, inside, 1.0))
        seen = places[0] >= 0
        return _best(self._owning(places[0][seen]), scores[0][seen], k)

    def _owning(self, rows: _Ints) -> _Ints:
        """The places of the passages that rows are of."""
        return np.searchsorted(self._starts[0], rows, side="right") - 1

    def _near(self, index: Any, rows: Vectors, k: int, inside: _Ints | None) -> _Ints:
        """The rows that the index takes for the nearest."""
        wanted = min(max(REFINED, 20 * k), int(index.ntotal))
        places = index.search(rows, wanted, params=_looking(index, inside, LOOKED_AT))[1][0]
        near: _Ints = np.sort(places[places >= 0])
        return near

    def _exact(
        self, query: Vector, some: _Ints | None, k: int
    ) -> tuple[_Ints, npt.NDArray[np.float32]]:
        """Rows scored as the encoder would, token by token; all where ``some`` is None."""
        tokens, lengths, norms = self._rows.tokens, self._rows.lengths, self._rows.norms
        if some is None:
            named, begins = np.arange(self.count), self._starts[0][:-1]
        else:
            tokens = tokens[_pieces(self._starts[1], some)]
            lengths, norms = lengths[some], norms[some]
            named, begins = np.unique(self._owning(some), return_index=True)
        sums = _sums(embedded_encoder().token_scores(tokens, query), lengths)
        scores = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
        return _top(named, np.maximum.reduceat(scores, begins), k)


def serials_in(folder: Path) -> _Ints:
    """The serials of a shard's passages, ascending. Raises OSError, ValueError where damaged.

    Ranges that hold more than there are counts of are not unfolded: their size is anybody's word.
    """
    ranges, count = _mapped(folder, "serials"), len(_mapped(folder, "counts"))
    if ranges.ndim != 2 or ranges.shape[1] != 2:
        raise ValueError(f"{ranges.shape}")
    lengths = ranges[:, 1] - ranges[:, 0]
    if (lengths < 0).any() or (lengths > count).any() or int(lengths.sum()) != count:
        raise ValueError(f"{count} passages are not {ranges[:3]}")
    return _pieces(ranges.ravel(), np.arange(0, 2 * len(ranges), 2))


def ranges_of(serials: _Ints) -> _Ints:
    """The same passages in as few ranges as can be, shape ``[ranges, 2]``."""
    if not len(serials):
        return np.zeros((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(serials) != 1)
    starts = serials[np.concatenate([[0], breaks + 1])]
    ends = serials[np.concatenate([breaks, [len(serials) - 1]])] + 1
    return np.column_stack([starts, ends])


def _kept(rows: Rows) -> dict[str, npt.NDArray[Any]]:
    """The arrays as they are on disk: serials as ranges, sizes in as few bytes as hold them."""
    kept = {name: getattr(rows, name) for name in _ROWS}
    kept["serials"] = ranges_of(rows.serials)
    for name in ("counts", "lengths"):
        kept[name] = kept[name].astype(np.min_scalar_type(int(kept[name].max(initial=0))))
    return kept


def _mapped(folder: Path, name: str) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return array


def _looking(index: Any, inside: _Ints | None, share: float) -> Any:
    """Which share of the lists is looked at; at which passages in them."""
    share = max(share, min(1.0, ROWS_LOOKED_AT / max(int(index.ntotal), 1)))
    only: dict[str, Any] = {"nprobe": max(8, int(index.nlist * share))}
    if inside is not None:
        only["sel"] = swig.IDSelectorBatch(inside)
        only["nprobe"] = int(index.nlist)
    return faiss.SearchParametersIVF(**only)


def _best(
    owners: _Ints, scores: npt.NDArray[np.float32], k: int
) -> tuple[_Ints, npt.NDArray[np.float32]]:
    """The ``k`` passages with the best rows."""
    distinct, places = np.unique(owners, return_inverse=True)
    best = np.full(len(distinct), -np.inf, dtype=np.float32)
    np.maximum.at(best, places, scores)
    return _top(distinct, best, k)


def _top(
    named: _Ints, scores: npt.NDArray[np.float32], k: int
) -> tuple[_Ints, npt.NDArray[np.float32]]:
    """The ``k`` best, and all that score as much as the last of them, best first."""
    if len(scores) > k:
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = np.flatnonzero(scores >= least)
        named, scores = named[kept], scores[kept]
    order = np.argsort(-scores, kind="stable")
    return named[order], scores[order]


def _starts(sizes: npt.NDArray[np.integer[Any]]) -> _Ints:
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, dtype=np.int64, out=starts[1:])
    return starts


def _pieces(starts: _Ints, chosen: _Ints) -> _Ints:
    """Flat places of the items of some pieces; piece ``i`` is ``starts[i] … starts[i + 1]``."""
    lengths = starts[chosen + 1] - starts[chosen]
    before = np.cumsum(lengths) - lengths
    flat: _Ints = np.repeat(starts[chosen] - before, lengths) + np.arange(int(lengths.sum()))
    return flat


def _sums(
    values: npt.NDArray[np.float32], lengths: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.float32]:
    """The sum of each run of ``lengths`` values."""
    sums = np.zeros(len(lengths), dtype=np.float32)
    filled = np.flatnonzero(lengths)
    if len(filled):
        sums[filled] = np.add.reduceat(values, _starts(lengths)[filled])
    return sums


def _as_tokens(rows: Rows) -> Tokens:
    return Tokens(rows.tokens.astype(np.int64), _starts(rows.lengths))


def _vectors(parts: Sequence[Vectors], dimension: int) -> Vectors:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([np.zeros((0, dimension), np.float32), *parts])


def _concatenated(parts: Sequence[Rows]) -> Rows:
    if not parts:
        return Rows(_no_ints(), np.zeros(0, np.uint16), *_nothing())
    joined = (np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(Rows))
    return Rows(*joined)


def _no_ints() -> _Ints:
    return np.zeros(0, np.int64)


@cache
def _nothing() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
    return np.zeros(0, np.uint16), np.zeros(0, np.uint16), np.zeros(0, np.float32)
