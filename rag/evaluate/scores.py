"""What a retriever returns for each case → scores."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag.evaluate.cases import Case
from rag.retrieve import Retriever
from rag.types import Answer, Mode, Status

DEPTHS = (1, 3, 5, 10)
"""The k of each R@k; the last is also the depth of MRR."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case got."""

    case: Case
    rank: int | None
    """From 1: the first passage that answers. None where none does, or none is known to."""
    highlighted: bool
    """The first highlight of the first passage holds the answer."""
    status: Status


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares, 0–1; None where the cases hold no question of the kind."""

    answerable: int
    unanswerable: int
    recall: dict[int, float] | None
    """By k: answerable questions with an answering passage among the first k."""
    mrr: float | None
    """Mean over the answerable of 1/rank of the first answering passage, 0 past rank 10."""
    highlighted: float | None
    """Answerable questions whose first passage's first highlight holds the answer."""
    refused: float | None
    """Unanswerable questions that got ``not_found``."""
    wrongly_refused: float | None
    """Answerable questions that got ``not_found``."""
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
        k: passages asked for.
        mode: which legs answer.
        progress: told ``"ask"``, the questions done and the questions in all, after each.
    """
    outcomes = []
    for number, case in enumerate(cases, 1):
        answer = retriever.retrieve(case.question, k=k, history=case.history, mode=mode)
        outcomes.append(_outcome(case, answer))
        if progress:
            progress("ask", number, len(cases))
    return score(outcomes)


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The scores of ``outcomes``."""
    known = [outcome for outcome in outcomes if outcome.case.source is not None]
    unknown = [outcome for outcome in outcomes if outcome.case.source is None]
    ranks = [outcome.rank for outcome in known]
    return Scores(
        answerable=len(known),
        unanswerable=len(unknown),
        recall={k: _recall(ranks, k) for k in DEPTHS} if known else None,
        mrr=_mean(1 / rank if rank and rank <= DEPTHS[-1] else 0.0 for rank in ranks),
        highlighted=_mean(float(outcome.highlighted) for outcome in known),
        refused=_mean(float(outcome.status is Status.NOT_FOUND) for outcome in unknown),
        wrongly_refused=_mean(float(outcome.status is Status.NOT_FOUND) for outcome in known),
        outcomes=tuple(outcomes),
    )


def rank_of(case: Case, passages: Iterable[tuple[str, str]]) -> int | None:
    """The rank, from 1, of the first of ``passages`` (source, text) that answers ``case``."""
    for rank, (source, text) in enumerate(passages, 1):
        if source == case.source and _holds(text, case.answer):
            return rank
    return None


def _outcome(case: Case, answer: Answer) -> Outcome:
    rank = rank_of(case, ((hit.citation.source, hit.text) for hit in answer.hits))
    highlighted = False
    if answer.hits and answer.hits[0].highlights:
        first = answer.hits[0]
        start, end = first.highlights[0]
        highlighted = rank_of(case, [(first.citation.source, first.text[start:end])]) is not None
    return Outcome(case, rank, highlighted, Status(answer.status))


def _holds(text: str, answers: Iterable[str]) -> bool:
    """Whether one of ``answers`` stands in ``text``, white space and character width aside."""
    folded = _fold(text)
    return any(_fold(answer) in folded for answer in answers)


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _recall(ranks: Sequence[int | None], k: int) -> float:
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def _mean(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else None
