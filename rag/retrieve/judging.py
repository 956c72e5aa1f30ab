"""Candidates → their order, the confidence in it, and the sentences that answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.encode import load_lexicon
from rag.retrieve.candidates import Candidates
from rag.retrieve.duplicates import Distinct
from rag.retrieve.features import Evidence, Floats, question_tokens, tokens_of, weigh
from rag.retrieve.question import Question
from rag.retrieve.ranking import (
    READ,
    by_score,
    known,
    leading,
    load_ranking,
    worth_reading,
)
from rag.retrieve.selection import load_selector
from rag.retrieve.shortlist import load_shortlist, worth_a_look
from rag.store import Index
from rag.types import Chunk, Leg, Mode


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates in order. What was looked at closely goes by its place in ``chunks``."""

    near: list[int]
    """The rows of the candidates that were looked at closely."""
    far: list[int]
    """Those of the others, best first."""
    first: Floats
    """Every row's score before."""
    chunks: Sequence[Chunk]
    """The passages of ``near``."""
    ranked: list[int]
    """Places, best first; of passages that are the same only the first."""
    scores: Floats
    """One a place; higher is better."""
    distinct: Distinct
    """What was the same as what."""
    confidence: float
    """The probability that the first three hold the answer."""
    reading: dict[int, Leg]
    """How the passages that were read word by word stood in that: empty where one leg is asked."""
    evidence: Evidence
    logits: dict[int, Floats]

    def sentences(self, place: int) -> list[int]:
        """The sentences of a passage, the one that answers first."""
        rows = self.evidence.sentences[place]
        return load_ranking().best_sentences(rows, self.logits.get(place, np.zeros(len(rows))))


def judge(
    index: Index, question: Question, found: Candidates, mode: Mode = Mode.HYBRID, k: int = READ
) -> Judged | None:
    """Put the candidates in order; None where the legs of ``mode`` found none.

    Args:
        index: that they are of.
        question: taken apart.
        found: what the legs found.
        mode: which legs order them.
        k: different passages wanted.
    """
    ranking, lexicon = load_ranking(), load_lexicon()
    first = load_shortlist().scores(found.shares, found.documents, mode)
    order = by_score(first)
    if mode is Mode.SPARSE:
        order = [row for row in order if first[row] > 0]
    near = worth_a_look(order, first)
    if not near:
        return None
    closely = set(near)
    far = [row for row in order if row not in closely]
    chunks = index.chunks([found.ids[row] for row in near])
    evidence = weigh(question, chunks, found.shares[near], lexicon)
    weighed = ranking.scores(evidence.matrix)
    scores = weighed if mode is Mode.HYBRID else first[near]
    distinct = Distinct(max(k, READ))
    ranked = [place for place in by_score(scores) if distinct.takes(chunks[place])]

    read = ranked[: worth_reading(weighed[ranked])]
    logits = read_word_by_word(question, [chunks[place] for place in read])
    marked = [
        rows[ranking.best_sentences(rows, said)[0]]
        for rows, said in zip([evidence.sentences[place] for place in read], logits, strict=True)
    ]
    told = known(evidence.matrix[read], weighed[read], logits, marked)
    judged = ranking.read_scores(told)
    reading: dict[int, Leg] = {}
    shown = list(range(len(read)))
    before = weighed[ranked[:READ]]
    if mode is Mode.HYBRID:
        shown = by_score(judged)
        ranked, scores = moved(ranked, scores, judged)
        reading = legs_of(read, np.array([one.max() for one in logits]))
    return Judged(
        near=near,
        far=far,
        first=first,
        chunks=chunks,
        ranked=ranked,
        scores=scores,
        distinct=distinct,
        confidence=round(ranking.confident(told[shown], leading(judged[shown], before)), 4),
        reading=reading,
        evidence=evidence,
        logits=dict(zip(read, logits, strict=True)),
    )


def sentences_of(question: Question, chunks: Sequence[Chunk], shares: Floats) -> list[list[int]]:
    """The sentences of passages that were not read, the one that answers first.

    Args:
        question: taken apart.
        chunks: the passages.
        shares: what each leg gave them, shape ``[len(chunks), len(LEGS)]``.
    """
    if not chunks:
        return []
    rows = weigh(question, chunks, shares, load_lexicon()).sentences
    return [load_ranking().best_sentences(one, np.zeros(len(one))) for one in rows]


def read_word_by_word(question: Question, chunks: Sequence[Chunk]) -> list[Floats]:
    """How likely each sentence of each passage answers, as logits."""
    lexicon = load_lexicon()
    texts = [tokens_of(chunk, lexicon) for chunk in chunks]
    return load_selector().logits(
        question_tokens(question, lexicon), [one[0] for one in texts], [one[1:] for one in texts]
    )


def moved(ranked: Sequence[int], scores: Floats, judged: Floats) -> tuple[list[int], Floats]:
    """The order and the scores once the first have been judged anew; the rest stay behind them."""
    first, rest = list(ranked[: len(judged)]), list(ranked[len(judged) :])
    changed = scores.copy()
    changed[first] = judged
    changed[rest] = judged.min() - (scores[first[-1]] - scores[rest])
    return [first[one] for one in by_score(judged)] + rest, changed


def legs_of(places: Sequence[int], judged: Floats) -> dict[int, Leg]:
    """Rank and score of each place."""
    return {
        places[one]: Leg(rank, round(float(judged[one]), 6))
        for rank, one in enumerate(by_score(judged), 1)
    }
