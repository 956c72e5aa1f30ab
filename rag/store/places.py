"""Ids and serial numbers of passages.

A generation counts its passages ``0 … n-1`` in order of source and place: these are their ids. On
disk a passage goes by a serial number, which it keeps from one generation to the next. The passages
of a document have serials one after another; a serial that belongs to no document is of one that
was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from rag.store.records import Range

Ints = npt.NDArray[np.int64]


class Places:
    """Where the passages of a generation's documents are, in order of source."""

    def __init__(self, firsts: Sequence[int], counts: Sequence[int]) -> None:
        """Serial of each document's first passage, and how many it has.

        Raises:
            ValueError: two documents share a serial, or numbers make no sense.
        """
        self._firsts = np.array(firsts, np.int64)
        self._counts = np.array(counts, np.int64)
        self.starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._counts)])
        self._order = np.argsort(self._firsts, kind="stable")
        self._order = self._order[self._counts[self._order] > 0]
        self._sorted = self._firsts[self._order]
        ends = self._sorted + self._counts[self._order]
        if (
            (self._counts < 0).any()
            or (self._firsts < 0).any()
            or (ends[:-1] > self._sorted[1:]).any()
        ):
            raise ValueError("documents share passages")

    @property
    def count(self) -> int:
        """How many passages there are."""
        return int(self.starts[-1])

    def ids(self, serials: Ints) -> Ints:
        """The ids of passages by serial; −1 for one of no document."""
        if not len(self._order):
            return np.full(len(serials), -1, np.int64)
        found = np.searchsorted(self._sorted, serials, side="right") - 1
        document = self._order[np.maximum(found, 0)]
        place = serials - self._firsts[document]
        held = (found >= 0) & (place < self._counts[document])
        return np.where(held, self.starts[document] + place, -1)

    def serials(self, ids: Sequence[int] | Ints) -> Ints:
        """The serials of passages by id. Raises KeyError for an id there is not."""
        wanted = np.asarray(ids, np.int64).reshape(-1)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= self.count):
            raise KeyError(f"no passage has the id {wanted.min()} or {wanted.max()}")
        document = self.documents(wanted)
        serials: Ints = self._firsts[document] + wanted - self.starts[document]
        return serials

    def documents(self, ids: Ints) -> Ints:
        """Which document each id is of."""
        return np.searchsorted(self.starts, ids, side="right") - 1

    def range(self, document: int) -> Range:
        """The serials of a document."""
        first = int(self._firsts[document])
        return first, first + int(self._counts[document])

    def ranges(self, documents: Iterable[int]) -> list[Range]:
        """The serials of some documents, neighbours joined."""
        joined: list[Range] = []
        for start, end in sorted(map(self.range, documents)):
            if start == end:
                continue
            if joined and joined[-1][1] == start:
                start = joined.pop()[0]
            joined.append((start, end))
        return joined
