"""The legs of a search in Milvus: vectors, and terms by field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rag.errors import IndexClosed
from rag.store.milvus import AT_MOST, Collections, as_vectors, within
from rag.store.records import Range, Scored, Wanted, best_first
from rag.store.seams import Vector, Vectors

_DIGITS = 4
"""Of a score by BM25, as in :mod:`rag.store.fulltext`."""
_DENSE_DIGITS = 6
"""Of an inner product: equal vectors in different blocks differ further behind."""
_AT_ONCE = 250
"""Passages whose windows fit into one answer."""
_DEEP = 400
"""Passages of a field that are looked at first where several fields are added up."""

Found = list[tuple[int, float]]


class MilvusDense:
    """Answers by inner product. Passages go by their ids; ``ranges`` limits a search to some."""

    def __init__(self, milvus: Collections, collection: str, dimension: int, count: int) -> None:
        self._milvus: Collections | None = milvus
        self._collection = collection
        self.dimension = dimension
        self.count = count

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> list[Scored]:
        """The ``k`` nearest, best first, ties by id."""
        milvus = _open(self._milvus, self._collection)
        if query.shape[-1] != self.dimension:
            raise ValueError(f"a vector of {query.shape[-1]} for an index of {self.dimension}")
        k = min(k, self.count)
        if k < 1 or ranges == []:
            return []
        condition = within("passage", ranges)
        asked = k * 4
        while True:
            found = milvus.nearest(self._collection, query, asked, condition)
            best: dict[int, float] = {}
            for passage, score in found:
                best.setdefault(passage, round(score, _DENSE_DIGITS))
            scored = best_first([Scored(one, score) for one, score in best.items()], k)
            # a window behind the border that scores as much could be of another passage
            if len(found) < asked or asked >= AT_MOST:
                return scored
            if len(scored) == k and round(found[-1][1], _DENSE_DIGITS) < scored[-1].score:
                return scored
            asked = min(asked * 4, AT_MOST)

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The rows of ``ids``, in their order, all windows of each."""
        rows = self._rows(ids, ["passage", "vector"])
        return as_vectors([row for one in ids for row in rows[int(one)]], self.dimension)

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """How many rows each of ``ids`` has."""
        rows = self._rows(ids, ["passage"])
        return [len(rows[int(one)]) for one in ids]

    def close(self) -> None:
        """Nothing more is asked."""
        self._milvus = None

    def _rows(self, ids: Sequence[int], fields: Sequence[str]) -> dict[int, list[Any]]:
        """The rows of each passage, in order."""
        milvus = _open(self._milvus, self._collection)
        found: dict[int, list[Any]] = {}
        distinct = sorted({int(one) for one in ids})
        for start in range(0, len(distinct), _AT_ONCE):
            condition = f"passage in {distinct[start : start + _AT_ONCE]}"
            for row in milvus.where(self._collection, condition, fields):
                found.setdefault(int(row["passage"]), []).append(row)
        return found


class MilvusFullText:
    """Answers by BM25. Passages go by their ids; ``ranges`` limits a search to some."""

    def __init__(self, milvus: Collections, collection: str, count: int) -> None:
        self._milvus: Collections | None = milvus
        self._collection = collection
        self.count = count

    def search(
        self, wanted: Sequence[Wanted], k: int, ranges: Sequence[Range] | None
    ) -> list[Scored]:
        """The ``k`` best of those with any of the terms, best first, ties by id.

        Milvus scores one field a request. Where there are several, the sum is exact by the
        threshold algorithm (Fagin, Lotem and Naor 2003): what is in no field's list cannot score
        more than the lists' last scores together.
        """
        _open(self._milvus, self._collection)
        distinct = [(one, [*dict.fromkeys(term for term in one.terms if term)]) for one in wanted]
        asked = [(one, terms) for one, terms in distinct if terms]
        k = min(k, self.count)
        if k < 1 or not asked or ranges == []:
            return []
        condition = within("id", ranges)
        if len(asked) == 1:
            ((one, terms),) = asked
            found = _whole_ties(lambda limit: self._matching(one, terms, limit, condition), k)
            return _rounded(found, k)
        depth = max(_DEEP, 4 * k)
        while True:
            lists = [self._matching(one, terms, depth, condition) for one, terms in asked]
            cut = [found for found in lists if len(found) >= depth]
            unseen = sum(found[-1][1] for found in cut)
            best = self._summed(asked, lists, depth, k)
            if not cut or depth >= AT_MOST or (len(best) == k and best[-1].score > unseen):
                return best
            depth = min(depth * 4, AT_MOST)

    def close(self) -> None:
        """Nothing more is asked."""
        self._milvus = None

    def _matching(self, wanted: Wanted, terms: Sequence[str], limit: int, condition: str) -> Found:
        """The best of one field, scores weighted."""
        milvus = _open(self._milvus, self._collection)
        found = milvus.matching(self._collection, wanted.field, terms, limit, condition)
        return [(one, score * wanted.weight) for one, score in found]

    def _summed(
        self,
        asked: Sequence[tuple[Wanted, Sequence[str]]],
        lists: Sequence[Found],
        depth: int,
        k: int,
    ) -> list[Scored]:
        """The sums of what is in any list, each list's missing scores asked for."""
        seen = sorted({one for found in lists for one, _ in found})
        sums = dict.fromkeys(seen, 0.0)
        for (one, terms), found in zip(asked, lists, strict=True):
            scores = dict(found)
            if len(found) >= depth:  # there may be more of it below
                missing = [i for i in seen if i not in scores]
                for start in range(0, len(missing), AT_MOST):
                    some = missing[start : start + AT_MOST]
                    scores |= dict(self._matching(one, terms, len(some), f"id in {some}"))
            for i, score in scores.items():
                sums[i] += score
        return _rounded([*sums.items()], k)


def _open(milvus: Collections | None, where: str) -> Collections:
    if milvus is None:  # another thread may close meanwhile
        raise IndexClosed(where)
    return milvus


def _whole_ties(ask: Callable[[int], Found], k: int) -> Found:
    """The first ``k`` and all that could score as much as the last of them."""
    limit = k + 16
    while True:
        found = ask(limit)
        if len(found) < limit or limit >= AT_MOST:
            return found
        if round(found[-1][1], _DIGITS) < round(found[k - 1][1], _DIGITS):
            return found
        limit = min(limit * 4, AT_MOST)


def _rounded(found: Found, k: int) -> list[Scored]:
    return best_first([Scored(one, round(score, _DIGITS)) for one, score in found], k)
