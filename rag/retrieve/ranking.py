"""Features → order and confidence, by weights that ``training/ranking.py`` learned.

The candidates are put in order by a linear score, a listwise softmax (ListNet without hidden
layers, Cao et al. 2007, section 4). The first of them are read word by word (``selection.py``) and
put in order anew, by another such score; every score can be explained by adding up. The confidence
is a logistic regression on what speaks for the first three and on their lead (Platt 1999), to which
boosted trees add what a sum does not tell (Friedman 2001).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rag.retrieve.features import FEATURES, LEGS, SENTENCE, Floats
from rag.retrieve.trees import Trees, trees_in

FILE = Path(__file__).parent.parent / "models" / "ranking.json"
TREES = FILE.with_name("ranking.safetensors")

READ = 10
"""Passages that are read word by word at most, the first of the order."""
_SURELY_READ, _READ_WITHIN = 3, 3.0
"""Read are the first, and those whose score is so near to the best's, in nats."""

MARKED = ("kind", "soft", "what_soft", "focus_soft", "weakest", "aspect", "adjacent")
"""The features of the sentence that is marked which speak for its passage: all of one sentence,
where each of a passage's own is of the best for it."""
READING = (
    "score",  # of the order before it was read
    "score_behind",  # the best of the others less it
    "read",  # the likeliest sentence, as a logit
    "read_second",  # the next likeliest
    "read_behind",
    *(f"marked_{name}" for name in MARKED),
)
"""What is known of a passage that has been read, beside its features."""
SENTENCES = (*SENTENCE, "logit", "lead")
"""What tells which sentence of a passage answers; the last is 1 for the first sentence."""
AGAIN = ("where_named", "aspect")
"""Features that count once more in the order of what was read, beside :data:`NAMED`."""
NAMED = "named"
"""Counts once more too: whoever asks for a name wants no passage without."""
READ_BY = (*READING, *AGAIN, NAMED)
"""What the order of what was read goes by."""
SIGNALS = (
    *(f"best_{name}" for name in (*FEATURES[len(LEGS) :], *READING)),  # of the first three
    *(f"first_{name}" for name in (*FEATURES[len(LEGS) :], *READING)),
    "order",
    *(f"ahead_of_{rank}" for rank in (2, 4, 10)),  # how far the first is before these
    "constant",
)
"""What the confidence is told by."""
_MARKED = [SENTENCE.index(name) for name in MARKED]
_UNSAID = -12.0
"""The logit of a sentence that is not there."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The learned weights."""

    order: Floats
    """One a feature."""
    reading: Floats
    """One for each of :data:`READ_BY`: the order of what was read."""
    sentence: Floats
    """One for each of :data:`SENTENCES`."""
    confidence: Floats
    """One a signal of :data:`SIGNALS`."""
    confidence_trees: Trees

    def scores(self, matrix: Floats) -> Floats:
        """The score of each row: higher is better; only differences mean anything."""
        return np.asarray(matrix @ self.order)

    def read_scores(self, known: Floats) -> Floats:
        """The score of each passage that was read, from :func:`known`."""
        return np.asarray(of_reading(known) @ self.reading)

    def best_sentences(self, sentences: Floats, logits: Floats) -> list[int]:
        """The places of a passage's sentences, the one that answers first."""
        return by_score(of_sentences(sentences, logits) @ self.sentence)

    def confident(self, known: Floats, scores: Floats) -> float:
        """The probability that the first three passages hold the answer; see :func:`signals`."""
        if not len(known):
            return 0.0
        told = signals(known, scores)
        score = told @ self.confidence + self.confidence_trees.scores(told[None, :])[0]
        return float(1.0 / (1.0 + np.exp(-score)))


def worth_reading(scores: Floats) -> int:
    """How many are read word by word of passages with these ``scores``, which are best first."""
    near = int(np.sum(scores[0] - scores[:READ] <= _READ_WITHIN)) if len(scores) else 0
    return min(max(near, _SURELY_READ), READ, len(scores))


def known(
    matrix: Floats, scores: Floats, logits: Sequence[Floats], marked: Sequence[Floats]
) -> Floats:
    """What is known of passages that have been read.

    Args:
        matrix: their features, shape ``[passages, len(FEATURES)]``.
        scores: their scores by these.
        logits: of each, how likely its sentences answer.
        marked: of each, the features of the sentence that is marked.

    Returns:
        Shape ``[passages, len(FEATURES) + len(READING)]``.
    """
    ordered = [np.sort(np.maximum(one, _UNSAID))[::-1] for one in logits]
    best = np.array([one[0] for one in ordered])
    second = np.array([one[1] if len(one) > 1 else _UNSAID for one in ordered])
    columns = [scores, _best_other(scores) - scores, best, second, _best_other(best) - best]
    return np.round(np.column_stack([matrix, *columns, np.array(marked)[:, _MARKED]]), 5)


def of_reading(known: Floats) -> Floats:
    """The :data:`READ_BY` of :func:`known`."""
    again = [FEATURES.index(name) for name in (*AGAIN, NAMED)]
    return known[:, [*range(len(FEATURES), known.shape[1]), *again]]


def of_sentences(sentences: Floats, logits: Floats) -> Floats:
    """The :data:`SENTENCES` of a passage's, shape ``[sentences, len(SENTENCES)]``."""
    return np.column_stack([sentences, logits, np.arange(len(logits)) == 0])


def leading(judged: Floats, scores: Floats) -> Floats:
    """The scores of the first :data:`READ` once those of the first have been judged anew.

    Args:
        judged: of what was read, in the order shown.
        scores: of all before, best first.
    """
    last = len(judged)
    return np.concatenate([judged, judged.min() - (scores[last - 1] - scores[last:READ])])


def signals(known: Floats, scores: Floats) -> Floats:
    """The :data:`SIGNALS` of rows that stand best first, and of :func:`leading` scores."""
    behind = [scores[min(rank, len(scores) - 1)] for rank in (1, 3, 9)]
    return np.array(
        [
            *known[:3, len(LEGS) :].max(axis=0),
            *known[0, len(LEGS) :],
            scores[0] / 10,
            *((scores[0] - one) / 5 for one in behind),
            1.0,
        ]
    )


def _best_other(values: Floats) -> Floats:
    """For each value the greatest of the others; its own where it is alone."""
    if len(values) < 2:
        return values
    best = np.argmax(values)
    others = np.full(len(values), values[best])
    others[best] = np.delete(values, best).max()
    return others


def by_score(scores: Floats) -> list[int]:
    """Places by score, best first, ties by place; rounded: no machine's last bit decides."""
    return [int(place) for place in np.argsort(-np.round(scores, 6), kind="stable")]


@cache
def load_ranking() -> Ranking:
    """The weights that come with the package."""
    from safetensors.numpy import load_file

    stored = json.loads(FILE.read_text("utf-8"))

    def weights(kind: str, names: Sequence[str]) -> Floats:
        return np.array([stored[kind][name] for name in names])

    return Ranking(
        order=weights("order", FEATURES),
        reading=weights("reading", READ_BY),
        sentence=weights("sentence", SENTENCES),
        confidence=weights("confidence", SIGNALS),
        confidence_trees=trees_in(load_file(TREES)),
    )
