"""What an index holds, and how far it is behind its documents."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import WenjuError
from rag.intake import Intake
from rag.read import Found, digest, scan, sidecar_digest
from rag.retrieve import CalibrationState, find_calibration
from rag.settings import Settings
from rag.store import DocumentRecord, docs_of, store_of
from rag.types import Failure


@dataclass(frozen=True, slots=True)
class Behind:
    """What a build would have to do, told by sha256; sources, sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    failed: tuple[Failure, ...]
    """What no build can read; one may find more among the changed, which are not read here."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What an index holds."""

    index: str
    generation: str
    created: str
    """UTC, ISO 8601."""
    model: str
    fingerprint: str
    passages: int
    bytes: int
    calibration: CalibrationState
    documents: tuple[DocumentRecord, ...]


def status(settings: Settings) -> IndexStatus:
    """The state of the live generation.

    Raises:
        IndexProblem: there is none that can be read.
    """
    with store_of(settings).open() as index:
        manifest = index.manifest
        return IndexStatus(
            index=str(settings.index),
            generation=manifest.generation,
            created=manifest.created,
            model=manifest.shape.model,
            fingerprint=manifest.shape.fingerprint,
            passages=manifest.passages,
            bytes=sum(part.bytes for part in manifest.parts.values()),
            calibration=find_calibration(settings, manifest.shape.fingerprint)[0],
            documents=manifest.documents,
        )


def behind(settings: Settings, indexed: tuple[DocumentRecord, ...]) -> Behind:
    """How the documents differ from what was ``indexed``.

    Raises:
        DocsMissing, DocsEmpty, FileInaccessible: the documents cannot be looked at.
    """
    found, failures = scan(docs_of(settings), settings)
    failed = list(failures)
    before = {record.source: record.made_of for record in indexed}
    now: dict[str, tuple[str, str] | None] = {}
    unknown: list[tuple[str, Found | None]] = []
    for one in found:
        try:
            now[one.source] = digest(one), sidecar_digest(one)
            if one.source not in before:
                unknown.append((one.source, one))
        except WenjuError as error:
            failed.append(error.failure(one.source, settings.lang))
            now[one.source] = before.get(one.source)
    with Intake(settings) as intake:
        for source, reading in intake.readings(unknown):
            if isinstance(reading, WenjuError):  # what no build can read is not waiting for one
                failed.append(reading.failure(source, settings.lang))
                now[source] = None
    return Behind(
        added=tuple(source for source in now if source not in before and now[source]),
        changed=tuple(s for s in now if s in before and before[s] != now[s]),
        deleted=tuple(source for source in before if source not in now),
        failed=tuple(failed),
    )
