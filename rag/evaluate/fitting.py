"""What a retriever made of an organisation's own questions → a calibration for its index."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.errors import CalibrationImpossible, TooFewCases
from rag.evaluate.calibration import calibration_error
from rag.evaluate.cases import Case
from rag.evaluate.corpus import indexed
from rag.evaluate.measures import Floats
from rag.evaluate.scores import Outcome, evaluate
from rag.retrieve import Calibration, Retriever, logit, ranking_identity, scaled, status_of
from rag.settings import Settings
from rag.store import Progress
from rag.types import Failure, Status

Flags = npt.NDArray[np.bool_]

FEWEST = 30
"""Questions, and ..."""
FEWEST_OF_A_KIND = 10
"""... of them answerable, unanswerable, rightly answered and not."""
FALSE_REFUSALS = 0.03
"""The largest share of the answerable that may be refused."""
PRECISION = 0.9
"""The smallest share of the found that must hold the answer in their first three passages."""
_FEWEST_FOUND = 10
"""Answers that must be found for their precision to mean anything."""
_FOLDS = 100
_COMMAND = "rag calibrate"
_STEPS = 100
_NEAR_ENOUGH = 1e-9


@dataclass(frozen=True, slots=True)
class Checked:
    """How confidence and status do. Shares, 0–1."""

    calibration_error: float
    refused: float
    """Of the unanswerable."""
    wrongly_refused: float
    """Of the answerable."""
    found: float
    """Of all questions."""
    precision: float | None
    """Of the found: those with the answer in the first three passages; None where none is found."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration, and what it is worth on questions that it was not fitted to."""

    calibration: Calibration
    answerable: int
    unanswerable: int
    before: Checked
    """As it was answered."""
    after: Checked
    """As it would be, each question by what was fitted to the others."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was claimed of the questions, and what came of it; one row each."""

    logits: Floats
    right: Flags
    answerable: Flags

    def part(self, rows: Flags) -> _Told:
        return _Told(self.logits[rows], self.right[rows], self.answerable[rows])


def calibrate(
    cases: Sequence[Case],
    settings: Settings,
    *,
    docs: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Fit, tuple[Failure, ...]]:
    """Ask the questions, uncalibrated, and fit a calibration for the index to what came of them.

    Args:
        cases: questions with and without an answer.
        settings: which index.
        docs: in the place of the index's own, a folder of documents to ask, indexed for the time.
        progress: told how far it is.

    Returns:
        The fit, and the documents that could not be read.

    Raises:
        IndexProblem, ModelError: the index cannot be used.
        TooFewCases, CalibrationImpossible: as :func:`fit`.
    """
    with ExitStack() as opened:
        retriever = opened.enter_context(Retriever(settings=settings, calibrated=False))
        identity = retriever.index.manifest.shape.fingerprint
        failed: tuple[Failure, ...] = ()
        if docs:
            own, failed = opened.enter_context(indexed(docs, settings, progress))
            retriever = opened.enter_context(Retriever(settings=own, calibrated=False))
        outcomes = evaluate(retriever, cases, progress=progress).outcomes
    return fit(outcomes, settings, identity), failed


def fit(outcomes: Sequence[Outcome], settings: Settings, fingerprint: str) -> Fit:
    """Fit the confidence, and the thresholds on it, to what came of some questions.

    Confidence: Platt scaling with Platt's smoothed targets (Platt 1999; Lin, Lin & Weng 2007).
    ``uncertain``: the highest threshold that refuses at most 3 % of the answerable. ``found``: the
    lowest from which 9 in 10 answers are right, by count and by what they claim themselves (a few
    lucky ones prove nothing); None where there is none, or fewer than ten answers are left.
    What it is worth is told by leaving out: one question at a time, up to a hundred, else a
    hundredth of them.

    Args:
        outcomes: with the confidence as it is told without a calibration.
        settings: those the questions were asked with.
        fingerprint: of the index's model.

    Raises:
        TooFewCases: there are fewer than 30 questions, or than ten of a kind that is needed.
        CalibrationImpossible: answers that are right are not claimed with more confidence.
    """
    told = _told(outcomes)
    slope, shift = _platt(told)
    if slope <= _NEAR_ENOUGH:
        raise CalibrationImpossible(_COMMAND)
    found, uncertain = _thresholds(told, slope, shift)
    calibration = Calibration(
        slope=slope,
        shift=shift,
        found=found,
        uncertain=uncertain,
        questions=len(outcomes),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        ranking=ranking_identity(),
        fingerprint=fingerprint,
        reranker=settings.reranker,
    )
    answerable = int(told.answerable.sum())
    before = [(one.confidence or 0.0, one.status) for one in outcomes]
    return Fit(
        calibration,
        answerable,
        len(outcomes) - answerable,
        before=_checked(told, before),
        after=_checked(told, _left_out(told, settings)),
    )


def _told(outcomes: Sequence[Outcome]) -> _Told:
    """The outcomes as columns.

    Raises:
        TooFewCases: there are too few to fit to.
    """
    told = _Told(
        np.array([logit(outcome.confidence or 0.0) for outcome in outcomes]),
        np.array([outcome.right for outcome in outcomes]),
        np.array([outcome.case.answerable for outcome in outcomes]),
    )
    kinds = [kind for column in (told.answerable, told.right) for kind in (column, ~column)]
    if len(outcomes) < FEWEST or min(int(kind.sum()) for kind in kinds) < FEWEST_OF_A_KIND:
        counts = [int(kind.sum()) for kind in kinds[:3]]
        raise TooFewCases(
            _COMMAND,
            count=len(outcomes),
            answerable=counts[0],
            unanswerable=counts[1],
            right=counts[2],
            fewest=FEWEST,
            of_a_kind=FEWEST_OF_A_KIND,
        )
    return told


def _platt(told: _Told) -> tuple[float, float]:
    """Slope and shift of the logit, by Newton's method; halved steps where one goes too far."""
    right = int(told.right.sum())
    wrong = len(told.right) - right
    targets = np.where(told.right, (right + 1) / (right + 2), 1 / (wrong + 2))
    rows = np.stack([told.logits, np.ones(len(told.logits))], axis=1)

    def loss(weights: Floats) -> float:
        odds = rows @ weights
        return float((np.logaddexp(0, odds) - targets * odds).sum())

    weights = np.array([0.0, logit(right / len(told.right))])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(rows @ weights)))
        curvature = (rows * (chance * (1 - chance))[:, None]).T @ rows
        # the ridge keeps questions of one and the same confidence from having no solution
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), rows.T @ (chance - targets))
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _NEAR_ENOUGH:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() <= _NEAR_ENOUGH:
            break
    return float(weights[0]), float(weights[1])


def _thresholds(told: _Told, slope: float, shift: float) -> tuple[float | None, float]:
    """``found`` and ``uncertain``."""
    confidence = _confidences(told, slope, shift)
    asked = np.sort(confidence[told.answerable])
    uncertain = float(asked[int(FALSE_REFUSALS * len(asked))])
    levels, place = np.unique(confidence, return_inverse=True)
    # of all answers from each level up
    found, claimed, right = (
        np.cumsum(np.bincount(place, weights=column)[::-1])[::-1]
        for column in (np.ones(len(confidence)), confidence, told.right)
    )
    enough = (found >= _FEWEST_FOUND) & (levels >= uncertain)
    good = enough & (right >= PRECISION * found) & (claimed >= PRECISION * found)
    return float(levels[good.argmax()]) if good.any() else None, uncertain


def _left_out(told: _Told, settings: Settings) -> list[tuple[float, Status]]:
    """The confidence and status of each question by what was fitted to the others."""
    fold = np.arange(len(told.right)) % min(len(told.right), _FOLDS)
    answers: dict[int, tuple[float, Status]] = {}
    for number in range(int(fold.max()) + 1):
        slope, shift = _platt(told.part(fold != number))
        found, uncertain = _thresholds(told.part(fold != number), slope, shift)
        claimed = _confidences(told.part(fold == number), slope, shift)
        for place, confidence in zip(np.flatnonzero(fold == number), claimed, strict=True):
            edges = (settings.found if found is None else found, uncertain)
            answers[int(place)] = (float(confidence), status_of(float(confidence), *edges))
    return [answers[place] for place in range(len(told.right))]


def _confidences(told: _Told, slope: float, shift: float) -> Floats:
    return np.array([scaled(odds, slope, shift) for odds in told.logits])


def _checked(told: _Told, answers: Sequence[tuple[float, Status]]) -> Checked:
    confidence = [one for one, _ in answers]
    refused = np.array([status is Status.NOT_FOUND for _, status in answers])
    found = np.array([status is Status.FOUND for _, status in answers])
    return Checked(
        calibration_error=calibration_error(confidence, told.right.tolist()),
        refused=float(refused[~told.answerable].mean()),
        wrongly_refused=float(refused[told.answerable].mean()),
        found=float(found.mean()),
        precision=float(told.right[found].mean()) if found.any() else None,
    )
