"""What each question got → its value by every measure. Rank measures come from ir_measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.types import Status

if TYPE_CHECKING:
    from rag.evaluate.scores import Outcome

Floats = npt.NDArray[np.float64]

DEPTHS = (1, 3, 5, 10)
"""The k of each R@k; the last is also the depth of MRR and nDCG."""
RECALL = {k: f"R@{k}" for k in DEPTHS}
MRR, NDCG = f"MRR@{DEPTHS[-1]}", f"nDCG@{DEPTHS[-1]}"
HIGHLIGHTED, REFUSED, WRONGLY_REFUSED = "highlighted", "refused", "wrongly_refused"
_ANSWER = "answer"


def by_question(outcomes: Sequence[Outcome]) -> dict[str, Floats]:
    """By measure, one value a question, 0–1; NaN where the measure does not concern it.

    R@k, MRR and nDCG concern the answerable (nDCG those whose documents are judged); a passage
    that answers counts as the one relevant item, judged documents as what they are judged.
    ``highlighted``: the first highlight holds the answer. ``refused`` and ``wrongly_refused``:
    an unanswerable question, and an answerable one, got ``not_found``.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    depth = DEPTHS[-1]
    theirs = {R @ k: name for k, name in RECALL.items()} | {RR @ depth: MRR, nDCG @ depth: NDCG}
    names = (*theirs.values(), HIGHLIGHTED, REFUSED, WRONGLY_REFUSED)
    values = {name: np.full(len(outcomes), np.nan) for name in names}
    judgements, run = [], []
    for place, outcome in enumerate(outcomes):
        refused = float(outcome.status is Status.NOT_FOUND)
        if not outcome.case.answerable:
            values[REFUSED][place] = refused
            continue
        values[WRONGLY_REFUSED][place] = refused
        if outcome.highlighted is not None:
            values[HIGHLIGHTED][place] = outcome.highlighted
        for name in theirs.values():
            if name != NDCG or outcome.case.judged:
                values[name][place] = 0.0  # what a question without results scores
        judged, ranking = _judged(outcome)
        judgements += [ir_measures.Qrel(str(place), item, grade) for item, grade in judged]
        run += [
            ir_measures.ScoredDoc(str(place), item, -float(rank))
            for rank, item in enumerate(ranking)
        ]
    for found in ir_measures.iter_calc(list(theirs), judgements, run):
        row = values[theirs[found.measure]]
        if not np.isnan(row[int(found.query_id)]):
            row[int(found.query_id)] = found.value
    return values


def _judged(outcome: Outcome) -> tuple[Sequence[tuple[str, int]], Sequence[str]]:
    """The relevant items with their grades, and the items found, best first."""
    if outcome.case.judged:
        return outcome.case.judged, outcome.documents
    before = [f"other {rank}" for rank in range(1, outcome.rank or 1)]
    return [(_ANSWER, 1)], [*before, _ANSWER] if outcome.rank else []
