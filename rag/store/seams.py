"""The seams of the index: what an engine for vectors and one for full text must do.

Passages are known to an engine by their ids, ``0 … n-1``, and are added in that order. ``ranges``
limits a search to some of them; None means all. A passage has a vector for each of its windows, one
at least; the best of them is its score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.encode import Tokens
from rag.store.records import Field, Range, Scored, Wanted

Vector = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]


class DenseWriter(Protocol):
    """Takes vectors."""

    def add(self, vectors: Vectors, counts: Sequence[int], tokens: Tokens | None = None) -> None:
        """Append the rows of ``len(counts)`` passages, float32 of shape ``[sum, dimension]``.

        ``tokens`` are those of each row's window, where vectors are sums over tokens.
        """
        ...

    def close(self) -> None:
        """Everything is on disk. Raises OSError where that cannot be."""
        ...


class DenseStore(Protocol):
    """Answers by inner product. Safe from many threads."""

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> list[Scored]:
        """The ``k`` nearest, best first, ties by id; all there are where ``k`` is more."""
        ...

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The rows of ``ids``, in their order, all windows of each."""
        ...

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """How many rows each of ``ids`` has."""
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...


class FullTextWriter(Protocol):
    """Takes terms."""

    def add(self, terms: dict[Field, Sequence[str]]) -> None:
        """Append the terms of one passage; repeated terms count as often as they stand."""
        ...

    def close(self) -> None:
        """Everything is on disk. Raises OSError where that cannot be."""
        ...

    def abandon(self) -> None:
        """Stop writing and let go of files, closed or not; what is not closed is worth nothing."""
        ...


class FullTextStore(Protocol):
    """Answers by BM25, k1 = 1.2 and b = 0.75. Safe from many threads."""

    def search(
        self, wanted: Sequence[Wanted], k: int, ranges: Sequence[Range] | None
    ) -> list[Scored]:
        """The ``k`` best of those with any of the terms: the sum over all distinct terms.

        Best first, ties by id.
        """
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...
