"""A question and an index flow in; an :class:`~rag.types.Answer` with proven citations flows out.

question → follow-up rewriting → candidates of every leg → features → learned ranking → status,
highlights, citations.
"""

from rag.retrieve.calibration import (
    Calibration,
    CalibrationState,
    find_calibration,
    logit,
    ranking_identity,
    remove_calibration,
    scaled,
    status_of,
    thresholds,
    write_calibration,
)
from rag.retrieve.filters import conditions, known_of
from rag.retrieve.references import reference, references
from rag.retrieve.retriever import Retriever, retrieve

__all__ = [
    "Calibration",
    "CalibrationState",
    "Retriever",
    "conditions",
    "find_calibration",
    "known_of",
    "logit",
    "ranking_identity",
    "reference",
    "references",
    "remove_calibration",
    "retrieve",
    "scaled",
    "status_of",
    "thresholds",
    "write_calibration",
]
