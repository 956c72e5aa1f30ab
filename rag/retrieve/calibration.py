"""An organisation's own calibration of the confidence, kept beside its index.

``calibration.json`` lies beside ``CURRENT``, so that it outlives every build. It holds what it was
fitted to: other weights or another model, and it is out of date and left aside.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from rag.errors import IndexNotWritable
from rag.retrieve.ranking import FILE as WEIGHTS
from rag.settings import Settings
from rag.types import Status

_FILE = "calibration.json"
_EDGE = 5e-5
"""Half the last digit that a confidence is told to: none has a logit beyond this one's."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of the confidence, thresholds to go with it, and what they were fitted to."""

    slope: float
    """More than 0: the order of confidences stays."""
    shift: float
    found: float | None
    """Calibrated confidence from which an answer is found; None leaves it to the setting."""
    uncertain: float
    """Calibrated confidence from which an answer is uncertain."""
    questions: int
    """How many it was fitted to."""
    created: str
    """UTC, ISO 8601."""
    ranking: str
    """:func:`ranking_identity` at the time."""
    fingerprint: str
    """Of the model of the index."""
    reranker: str
    """The setting."""

    def applied(self, confidence: float) -> float:
        """The calibrated confidence, to four digits."""
        return scaled(logit(confidence), self.slope, self.shift)


class CalibrationState(StrEnum):
    """How a calibration beside an index stands."""

    NONE = "none"
    IN_FORCE = "in_force"
    OUTDATED = "outdated"
    """Fitted to other weights, another model or another reranker; left aside."""
    DAMAGED = "damaged"
    """Not what was written; left aside."""


def find_calibration(
    settings: Settings, fingerprint: str
) -> tuple[CalibrationState, Calibration | None]:
    """The calibration beside the index of the settings, and how it stands.

    Args:
        settings: which index, and which reranker.
        fingerprint: of the index's model.
    """
    try:
        body = json.loads((settings.index / _FILE).read_bytes())
        found = Calibration(**body)
        usable = (
            found.slope > 0
            and math.isfinite(found.slope + found.shift)
            and all(0 <= edge <= 1 for edge in (found.found or 0, found.uncertain))
        )
    except (FileNotFoundError, NotADirectoryError):
        return CalibrationState.NONE, None
    except (OSError, ValueError, TypeError, RecursionError):
        return CalibrationState.DAMAGED, None
    if not usable:
        return CalibrationState.DAMAGED, None
    now = (ranking_identity(), fingerprint, settings.reranker)
    fits = (found.ranking, found.fingerprint, found.reranker) == now
    return CalibrationState.IN_FORCE if fits else CalibrationState.OUTDATED, found


def calibration_in_force(settings: Settings, fingerprint: str) -> Calibration | None:
    """The calibration to answer with, if there is one that fits."""
    state, found = find_calibration(settings, fingerprint)
    return found if state is CalibrationState.IN_FORCE else None


def thresholds(settings: Settings, calibration: Calibration | None) -> tuple[float, float]:
    """The confidence from which an answer is found, and from which it is uncertain.

    What someone set wins over the calibration, and that over the defaults.
    """
    found, uncertain = settings.found, settings.uncertain
    if calibration:
        if calibration.found is not None and "found" not in settings.model_fields_set:
            found = calibration.found
        if "uncertain" not in settings.model_fields_set:
            uncertain = calibration.uncertain
    return found, uncertain


def status_of(confidence: float, found: float, uncertain: float) -> Status:
    """What an answer of this confidence claims for itself."""
    if confidence >= found:
        return Status.FOUND
    return Status.UNCERTAIN if confidence >= uncertain else Status.NOT_FOUND


def write_calibration(index: Path, calibration: Calibration) -> None:
    """Keep ``calibration`` beside the index, in the place of any former one, at one stroke.

    Raises:
        IndexNotWritable: it cannot be written; a former one stays.
    """
    body = json.dumps(asdict(calibration), indent=2) + "\n"
    new = index / f"{_FILE}.new"
    try:
        new.write_text(body, "utf-8")
        new.replace(index / _FILE)
    except OSError as error:
        raise IndexNotWritable(index / _FILE, reason=error.strerror or error) from error


def remove_calibration(index: Path) -> bool:
    """Answer as without one from now on; returns whether there was one.

    Raises:
        IndexNotWritable: it cannot be removed.
    """
    try:
        (index / _FILE).unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise IndexNotWritable(index / _FILE, reason=error.strerror or error) from error
    return True


@cache
def ranking_identity() -> str:
    """Changes with the learned weights that confidences come from."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()


def logit(confidence: float) -> float:
    """The log odds of a confidence, as far out as its four digits can tell."""
    inside = min(max(confidence, _EDGE), 1 - _EDGE)
    return math.log(inside / (1 - inside))


def scaled(log_odds: float, slope: float, shift: float) -> float:
    """The confidence with these log odds, scaled; to four digits, as confidences are told."""
    odds = slope * log_odds + shift
    chance = 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))
    return round(chance, 4)
