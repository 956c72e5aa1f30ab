"""Confidences and what came of them → how far the ones can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of neighbouring confidence."""

    count: int
    confidence: float
    """Their mean, 0–1: what was claimed."""
    right: float
    """The share of them that came true, 0–1."""


def reliability(
    confidence: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> tuple[Bin, ...]:
    """The reliability table, in bins of as equal a number of questions as can be.

    Questions of one confidence that fall into two bins are taken to be equally often right in
    both, so that the order of the questions does not matter.

    Args:
        confidence: one a question, 0–1; at least one.
        right: whether the question's claim came true.
        bins: at most as many.
    """
    levels, place = np.unique(np.asarray(confidence, dtype=np.float64), return_inverse=True)
    share = np.bincount(place, weights=np.asarray(right, dtype=np.float64)) / np.bincount(place)
    order = np.sort(place)
    return tuple(
        Bin(len(part), float(levels[part].mean()), float(share[part].mean()))
        for part in np.array_split(order, min(bins, len(order)))
    )


def calibration_error(
    confidence: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> float:
    """The expected calibration error: the mean over questions of |claimed - came true| of the bin.

    Naeini et al. 2015, Guo et al. 2017, with bins of equal mass, so that no bin is empty.
    """
    table = reliability(confidence, right, bins)
    total = sum(one.count for one in table)
    return sum(one.count * abs(one.confidence - one.right) for one in table) / total
