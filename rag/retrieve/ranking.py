"""Features → order and confidence, by weights that ``training/ranking.py`` learned.

Both are linear, so that every score can be explained by adding up: the order is a listwise softmax
(ListNet without hidden layers, Cao et al. 2007, section 4), the confidence a logistic regression on
the features of the first three passages (Platt 1999).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rag.retrieve.features import FEATURES, LEGS, SENTENCE, Floats
from rag.types import Mode

FILE = Path(__file__).parent.parent / "models" / "ranking.json"

LOOKED_AT = 32
"""Candidates that the ranking looks at closely; the rest keep their first-stage order behind."""
FIRST_STAGE = {
    Mode.HYBRID: np.array([1.0, 1.0, 1.0, 0.5, 1.5, 1.0]),
    Mode.SPARSE: np.array([0.0, 0.5, 0.5, 0.3, 0.7, 0.0]),
    Mode.DENSE: np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
}
"""Weights of the legs' shares: the order of one leg alone, and of all before the ranking."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The learned weights."""

    order: Floats
    """One a feature."""
    sentence: Floats
    """One a feature of a sentence."""
    confidence: Floats
    """One a signal of :func:`signals`, the constant last."""

    def scores(self, matrix: Floats) -> Floats:
        """The score of each row: higher is better; only differences mean anything."""
        return np.asarray(matrix @ self.order)

    def best_sentences(self, sentences: Floats) -> list[int]:
        """The places of a passage's sentences, the one that answers first."""
        return by_score(sentences @ self.sentence)

    def confident(self, matrix: Floats) -> float:
        """The probability that the first three passages hold the answer; rows best first."""
        if not len(matrix):
            return 0.0
        return float(1.0 / (1.0 + np.exp(-(signals(matrix) @ self.confidence))))


def signals(matrix: Floats) -> Floats:
    """What confidence is told by: the best of the first three in each feature; last, a 1."""
    first = matrix[:3]
    best = first.max(axis=0)
    return np.array([*best[len(LEGS) :], 1.0])


def by_score(scores: Floats) -> list[int]:
    """Places by score, best first, ties by place; rounded: no machine's last bit decides."""
    return [int(place) for place in np.argsort(-np.round(scores, 6), kind="stable")]


@cache
def load_ranking() -> Ranking:
    """The weights that come with the package."""
    stored = json.loads(FILE.read_text("utf-8"))
    return Ranking(
        order=np.array([stored["order"][name] for name in FEATURES]),
        sentence=np.array([stored["sentence"][name] for name in SENTENCE]),
        confidence=np.array(
            [*(stored["confidence"][name] for name in FEATURES[len(LEGS) :]),
             stored["confidence"]["constant"]]
        ),
    )  # fmt: skip
