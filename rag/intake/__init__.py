"""Intake: found files flow in.

Out flow their passages, each proven to be the file's own words, or the error that says why there
are none. Parsers run in worker processes with bounds on time and memory: none can take a build
down.
"""

from rag.intake.passages import Reading, Text, Then
from rag.intake.pool import Lost, LostTo, Pool
from rag.intake.readings import Intake

__all__ = ["Intake", "Lost", "LostTo", "Pool", "Reading", "Text", "Then"]
