"""Features → order and confidence, by weights that ``training/ranking.py`` learned.

Both are linear, so that every score can be explained by adding up: the order is a listwise softmax
(ListNet without hidden layers, Cao et al. 2007, section 4), the confidence a logistic regression on
the features of the first three passages and their lead (Platt 1999).
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

LOOKED_AT = 64
"""Candidates that the ranking looks at closely; the rest keep their first-stage order behind."""
SEEN_BY_CONFIDENCE = 10
"""Passages that the confidence is told by."""
_ONE_LEG = {
    Mode.SPARSE: np.array([0.0, 0.5, 0.5, 0.3, 0.7, 0.0]),
    Mode.DENSE: np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
}
"""Weights of the legs' shares where one kind of leg is asked alone."""


SIGNALS = (
    *(f"best_{name}" for name in FEATURES[len(LEGS) :]),  # of the first three passages
    *(f"first_{name}" for name in FEATURES[len(LEGS) :]),
    "score",
    *(f"ahead_of_{rank}" for rank in (2, 4, 10)),  # how far the first is before these
    "constant",
)
"""What the confidence is told by."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The learned weights."""

    first: Floats
    """One a leg: the order of all candidates before the first are looked at closely."""
    order: Floats
    """One a feature."""
    sentence: Floats
    """One a feature of a sentence."""
    confidence: Floats
    """One a signal of :data:`SIGNALS`."""

    def first_stage(self, mode: Mode) -> Floats:
        """The weights of the legs' shares before anything is looked at closely."""
        return _ONE_LEG.get(mode, self.first)

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
        told = signals(matrix, self.order)
        return float(1.0 / (1.0 + np.exp(-(told @ self.confidence))))


def signals(matrix: Floats, order: Floats) -> Floats:
    """The :data:`SIGNALS` of rows that stand best first."""
    scores = matrix @ order
    behind = [scores[min(rank, len(scores) - 1)] for rank in (1, 3, 9)]
    return np.array(
        [
            *matrix[:3, len(LEGS) :].max(axis=0),
            *matrix[0, len(LEGS) :],
            scores[0] / 10,
            *((scores[0] - one) / 5 for one in behind),
            1.0,
        ]
    )


def by_score(scores: Floats) -> list[int]:
    """Places by score, best first, ties by place; rounded: no machine's last bit decides."""
    return [int(place) for place in np.argsort(-np.round(scores, 6), kind="stable")]


@cache
def load_ranking() -> Ranking:
    """The weights that come with the package."""
    stored = json.loads(FILE.read_text("utf-8"))
    return Ranking(
        first=np.array([stored["first"][name] for name in LEGS]),
        order=np.array([stored["order"][name] for name in FEATURES]),
        sentence=np.array([stored["sentence"][name] for name in SENTENCE]),
        confidence=np.array([stored["confidence"][name] for name in SIGNALS]),
    )
