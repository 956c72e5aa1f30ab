"""A generation that is not live yet → whether it may be, by questions with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.errors import IndexProblem, ModelError
from rag.evaluate.cases import Case
from rag.evaluate.comparison import Change, Comparison, Difference, compare
from rag.evaluate.measures import WRONGLY_REFUSED
from rag.evaluate.scores import Scores, evaluate
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.store import Progress, store_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the questions."""

    passed: bool
    margin: float
    candidate: str
    """The generation that asked to go live."""
    live: str | None
    """The one that it was compared with; None where none can be asked."""
    scores: Scores
    """The candidate's, without outcomes."""
    differences: tuple[Difference, ...]
    fell: tuple[Difference, ...]
    """Of the differences those beyond the margin."""
    lost: tuple[Change, ...]
    """Questions that the candidate answers worse."""
    gained: tuple[Change, ...]


class Gate:
    """Lets a generation go live unless a score falls by more than the margin.

    To be given to :func:`rag.build.build` as ``approve``; afterwards ``verdict`` says how it went,
    and is None where nothing asked to go live.
    """

    def __init__(
        self, cases: Sequence[Case], settings: Settings, progress: Progress | None = None
    ) -> None:
        """Compare by ``cases``, at least one; the margin is the setting ``gate_margin``."""
        self._cases = cases
        self._settings = settings
        self._progress = progress
        self.verdict: Verdict | None = None

    def __call__(self, generation: str) -> bool:
        """Ask the candidate, and the live generation where there is one, and compare."""
        with Retriever(settings=self._settings, generation=generation) as candidate:
            ours = evaluate(candidate, self._cases, progress=self._progress)
        live, versus = self._versus(ours)
        differences = versus.differences if versus else ()
        margin = self._settings.gate_margin
        fell = tuple(one for one in differences if _fall(one) > margin + 1e-9)
        self.verdict = Verdict(
            passed=not fell,
            margin=margin,
            candidate=generation,
            live=live,
            scores=replace(ours, outcomes=()),
            differences=differences,
            fell=fell,
            lost=versus.lost if versus else (),
            gained=versus.gained if versus else (),
        )
        return not fell

    def _versus(self, ours: Scores) -> tuple[str | None, Comparison | None]:
        """The live generation and the comparison with it, where it can be asked.

        It is asked with the model that it was built with: a larger model has to earn its place.
        """
        try:
            with store_of(self._settings).open() as opened:
                live, model = opened.generation, opened.manifest.shape.model
            settings = self._settings.model_copy(update={"model": model})
            with Retriever(settings=settings, generation=live) as retriever:
                theirs = evaluate(retriever, self._cases, progress=self._progress)
        except (IndexProblem, ModelError):  # nothing there that answers: nothing to lose
            return None, None
        return live, compare(ours.outcomes, theirs.outcomes)


def _fall(difference: Difference) -> float:
    """How much worse the candidate is: of questions wrongly refused, more is worse."""
    return difference.difference * (1 if difference.measure == WRONGLY_REFUSED else -1)
