"""What a retriever returns for each case → scores."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluate.calibration import calibration_error
from rag.evaluate.cases import Case
from rag.evaluate.measures import (
    DEPTHS,
    HIGHLIGHTED,
    MRR,
    NDCG,
    RECALL,
    REFUSED,
    WRONGLY_REFUSED,
    Floats,
    by_question,
)
from rag.retrieve import Retriever
from rag.types import Answer, Hit, Mode, Status

FIRST = 3
"""The passages that ``confidence`` speaks of."""
_PASSAGES_A_DOCUMENT = 5
"""Where documents are judged, so many times more passages are asked for, to rank documents."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case got."""

    case: Case
    rank: int | None
    """From 1: the first passage that answers. None where none does, or none is known to."""
    highlighted: bool | None
    """The first highlight of the first passage holds the answer; None where documents are
    judged, of which no answer is known."""
    status: Status
    confidence: float | None = None
    """As in :attr:`Answer.confidence`; None where what answered claims none."""
    documents: tuple[str, ...] = ()
    """Where documents are judged: those found, each once, best first."""

    @property
    def right(self) -> bool:
        """Whether one of the first three passages answers: what ``confidence`` speaks of."""
        return self.rank is not None and self.rank <= FIRST

    @property
    def document_ranks(self) -> list[int]:
        """Where documents are judged: the ranks, from 1, of the relevant among the first ten."""
        relevant = {source for source, grade in self.case.judged if grade > 0}
        listed = enumerate(self.documents[: DEPTHS[-1]], 1)
        return [rank for rank, source in listed if source in relevant]

    @property
    def problems(self) -> list[str]:
        """What fell short, by name; empty where nothing did.

        ``not_refused`` of an unanswerable question; ``refused``, ``missed``, ``not_first`` or
        ``not_highlighted`` of the others.
        """
        refused = self.status is Status.NOT_FOUND
        if not self.case.answerable:
            return [] if refused else ["not_refused"]
        found = ["refused"] if refused else []
        if self.rank is None:
            found.append("missed")
        elif self.rank > 1:
            found.append("not_first")
        elif self.highlighted is False:
            found.append("not_highlighted")
        return found


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares, 0–1; None where the cases hold no question of the kind."""

    answerable: int
    unanswerable: int
    recall: dict[int, float] | None
    """By k: answerable questions with an answering passage among the first k; where documents are
    judged, the share of the relevant ones among the first k documents."""
    mrr: float | None
    """Mean over the answerable of 1/rank of the first that answers, 0 past rank 10."""
    ndcg: float | None
    """nDCG@10 over the questions whose documents are judged."""
    highlighted: float | None
    """Answerable questions whose first passage's first highlight holds the answer."""
    refused: float | None
    """Unanswerable questions that got ``not_found``."""
    wrongly_refused: float | None
    """Answerable questions that got ``not_found``."""
    calibration_error: float | None
    """Expected calibration error of the confidence, over all questions."""
    outcomes: tuple[Outcome, ...]


def evaluate(
    retriever: Retriever,
    cases: Sequence[Case],
    k: int = DEPTHS[-1],
    *,
    mode: Mode | str = Mode.HYBRID,
    progress: Callable[[str, int, int], None] | None = None,
) -> Scores:
    """Ask every case and score what comes back.

    Args:
        retriever: opened on the documents that the cases are about.
        cases: at least one.
        k: passages asked for; where documents are judged, five times as many.
        mode: which legs answer.
        progress: told ``"ask"``, the questions done and the questions in all, after each.
    """
    outcomes = []
    for number, case in enumerate(cases, 1):
        wanted = k * _PASSAGES_A_DOCUMENT if case.judged else k
        answer = retriever.retrieve(case.question, k=wanted, history=case.history, mode=mode)
        outcomes.append(_outcome(case, answer))
        if progress:
            progress("ask", number, len(cases))
    return score(outcomes)


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The scores of ``outcomes``."""
    values = by_question(outcomes)
    recall = {k: _mean(values[name]) for k, name in RECALL.items()}
    told = [one for one in outcomes if one.confidence is not None]
    claimed, right = [one.confidence or 0.0 for one in told], [one.right for one in told]
    answerable = sum(outcome.case.answerable for outcome in outcomes)
    return Scores(
        answerable=answerable,
        unanswerable=len(outcomes) - answerable,
        recall={k: share for k, share in recall.items() if share is not None} or None,
        mrr=_mean(values[MRR]),
        ndcg=_mean(values[NDCG]),
        highlighted=_mean(values[HIGHLIGHTED]),
        refused=_mean(values[REFUSED]),
        wrongly_refused=_mean(values[WRONGLY_REFUSED]),
        calibration_error=calibration_error(claimed, right) if told else None,
        outcomes=tuple(outcomes),
    )


def rank_of(case: Case, passages: Iterable[tuple[str, str]]) -> int | None:
    """The rank, from 1, of the first of ``passages`` (source, text) that answers ``case``."""
    relevant = {source for source, grade in case.judged if grade > 0}
    for rank, (source, text) in enumerate(passages, 1):
        if source in relevant or (source == case.source and _holds(text, case.answer)):
            return rank
    return None


def _outcome(case: Case, answer: Answer) -> Outcome:
    found = [(_source(case, hit), hit.text) for hit in answer.hits]
    highlighted = None if case.judged else False
    if not case.judged and answer.hits and answer.hits[0].highlights:
        first = answer.hits[0]
        start, end = first.highlights[0]
        highlighted = rank_of(case, [(_source(case, first), first.text[start:end])]) is not None
    documents = tuple(dict.fromkeys(source for source, _ in found)) if case.judged else ()
    return Outcome(
        case,
        rank_of(case, found),
        highlighted,
        Status(answer.status),
        answer.confidence,
        documents,
    )


def _source(case: Case, hit: Hit) -> str:
    """Of the places of a passage the one that the case asks for, if any is."""
    wanted = {case.source, *(source for source, grade in case.judged if grade > 0)}
    places = [hit.citation.source, *(one.source for one in hit.also)]
    return next((source for source in places if source in wanted), places[0])


def _holds(text: str, answers: Iterable[str]) -> bool:
    """Whether one of ``answers`` stands in ``text``, white space and character width aside."""
    folded = _fold(text)
    return any(_fold(answer) in folded for answer in answers)


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
