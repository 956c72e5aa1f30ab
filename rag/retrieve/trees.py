"""Boosted regression trees, scored for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAVES = 8
"""Of a tree at most: one bit each of a byte."""
_FIRST_BIT = np.array([(byte & -byte).bit_length() - 1 for byte in range(1 << LEAVES)])


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees whose inner nodes and leaves stand side by side.

    A row does not walk down: every node strikes out the leaves on the side that it does not lead
    to, and the one that is left is the row's (QuickScorer, Lucchese et al. 2015, section 3).
    """

    feature: npt.NDArray[np.int64]
    """Shape ``[trees, LEAVES - 1]``: what a node looks at."""
    threshold: Floats
    """A row goes to the left where its feature is at most this."""
    left: npt.NDArray[np.uint8]
    """One bit a leaf: those that remain where a row goes to the left. All do for no node."""
    right: npt.NDArray[np.uint8]
    value: Floats
    """Shape ``[trees, LEAVES]``."""

    def scores(self, rows: Floats) -> Floats:
        """What the trees add up to for each row, of shape ``[rows, features]``."""
        looked_at = rows.T[self.feature.reshape(-1)]
        goes_left = looked_at <= self.threshold.reshape(-1, 1)
        remain = np.where(goes_left, self.left.reshape(-1, 1), self.right.reshape(-1, 1))
        leaf = np.bitwise_and.reduce(remain.reshape(*self.feature.shape, len(rows)), axis=1)
        return np.asarray(np.take_along_axis(self.value, _FIRST_BIT[leaf], axis=1).sum(axis=0))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As they are kept in a file."""
        kept = {name: getattr(self, name) for name in ("threshold", "value", "left", "right")}
        return {"feature": self.feature.astype(np.int16), **kept}


def trees_in(arrays: Mapping[str, npt.NDArray[Any]]) -> Trees:
    """The trees of :meth:`Trees.arrays`."""
    return Trees(
        feature=arrays["feature"].astype(np.int64),
        threshold=arrays["threshold"].astype(np.float64),
        left=arrays["left"].astype(np.uint8),
        right=arrays["right"].astype(np.uint8),
        value=arrays["value"].astype(np.float64),
    )
