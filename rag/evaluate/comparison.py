"""The outcomes of two configurations on the same questions → what differs, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluate.measures import MRR, NDCG, REFUSED, Floats, by_question
from rag.evaluate.scores import Outcome

RESAMPLES = 2000
_SEED = 20061
_EDGES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of both; ``low`` … ``high`` is the 95 % interval of the difference."""

    measure: str
    questions: int
    ours: float
    theirs: float
    difference: float
    """``ours - theirs``; of ``wrongly_refused`` less is better, of all others more."""
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Change:
    """A question that the two answered unlike."""

    ours: Outcome
    theirs: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one configuration has over another."""

    differences: tuple[Difference, ...]
    gained: tuple[Change, ...]
    """Answered better, in the order of the questions: a better rank (nDCG where documents are
    judged), or no answer made up."""
    lost: tuple[Change, ...]
    """Answered worse."""


def compare(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Comparison:
    """Compare the outcomes of the same cases, one for one.

    The interval is that of the paired bootstrap (Sakai 2006; Efron & Tibshirani 1993, chapter 13):
    questions are drawn with replacement 2,000 times, the percentiles of the mean difference taken.
    The draws are seeded: the same outcomes give the same intervals.
    """
    own, other = by_question(ours), by_question(theirs)
    differences = []
    for measure, values in own.items():
        both = ~np.isnan(values) & ~np.isnan(other[measure])
        if both.any():
            a, b = values[both], other[measure][both]
            low, high = interval(a - b)
            differences.append(
                Difference(
                    measure, len(a), float(a.mean()), float(b.mean()), float((a - b).mean()),
                    low, high,
                )
            )  # fmt: skip
    better = _merit(own) - _merit(other)
    pairs = [Change(*pair) for pair in zip(ours, theirs, strict=True)]
    return Comparison(
        tuple(differences),
        gained=tuple(pairs[place] for place in np.flatnonzero(better > 0)),
        lost=tuple(pairs[place] for place in np.flatnonzero(better < 0)),
    )


def intervals(outcomes: Sequence[Outcome]) -> dict[str, tuple[float, float]]:
    """By measure, the 95 % bootstrap interval of the mean over the questions it concerns."""
    known = {name: values[~np.isnan(values)] for name, values in by_question(outcomes).items()}
    return {name: interval(values) for name, values in known.items() if len(values)}


def _merit(values: dict[str, Floats]) -> Floats:
    """How well each question was answered."""
    ranked = np.where(np.isnan(values[NDCG]), values[MRR], values[NDCG])
    return np.where(np.isnan(ranked), values[REFUSED], ranked)


def interval(values: Floats) -> tuple[float, float]:
    """The 95 % interval of the mean of ``values``, one a question, by the bootstrap."""
    draws = np.random.default_rng(_SEED)
    count = len(values)
    means = [values[draws.integers(0, count, count)].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, _EDGES)
    return float(low), float(high)
