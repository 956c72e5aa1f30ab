"""Bringing an index up to date with a folder of documents.

A generation is a pure function of the documents' bytes, the model, the settings and the rules of
reading: a build that finds most of it done gives the same answers as one that starts from nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from rag.encode import TERMS_IDENTITY, Additive, Encoder, load_encoder
from rag.errors import (
    FileInaccessible,
    IndexDamaged,
    IndexMissing,
    IndexProblem,
    WenjuError,
    printable,
    problem,
)
from rag.intake import Intake, Reading
from rag.proving import prove
from rag.read import Found, digest, recognition_identity, scan, sidecar_digest, size_of
from rag.settings import Settings, load_settings
from rag.store import (
    DocumentRecord,
    Manifest,
    Prepared,
    Progress,
    Shape,
    Store,
    docs_of,
    store_of,
)
from rag.types import BuildReport, Failure, Language

Approve = Callable[[str], bool]
"""Asked whether a generation, by its name, may go live; it stands and can be opened."""


def build(
    docs: Path | str | None = None,
    index: Path | str | None = None,
    *,
    model: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    approve: Approve | None = None,
) -> BuildReport:
    """Bring the index up to date: new, changed and deleted documents, told by sha256.

    Where nothing has changed nothing is written, and no lock is taken. Files that fail are in the
    report; one that could not be seen keeps its last good passages. An index is never replaced by
    an empty one: where no file can be read the live one stays.

    Args:
        docs: folder of the documents; by default the setting's.
        index: folder of the index; by default the setting's.
        model: the embedding model; by default the setting's.
        settings: by default those in force.
        progress: told how far it is.
        encoder: a loaded encoder, in the place of ``model``.
        approve: asked before a generation goes live, with its name; where it says no, the live
            one stays.

    Raises:
        DocsMissing, DocsEmpty: there is nothing to index; the live index stays.
        ModelError: the model cannot be used.
        IndexLocked: another build is running.
        IndexNotAFolder, IndexNotWritable: the index cannot be written; the live one stays.
        IndexTooNew: a later version wrote the index.
    """
    started = time.perf_counter()
    given = settings or load_settings()
    if index is not None:
        given = given.model_copy(update={"index": Path(index)})
    store = store_of(given)
    folder = Path(docs or docs_of(given))
    found, failures = scan(folder, given)
    encoder = encoder or load_encoder(model or given.model)
    work = _Work(
        given,
        store,
        store.docs_named(folder),
        {one.source: one for one in found},
        failures,
        encoder,
        _shape(given, encoder),
        progress or _quietly,
        approve or _anything,
    )
    made = ("rag.store.prepared:prepare", (encoder.window_chars, isinstance(encoder, Additive)))
    with Intake(given, made) as intake:
        live, standing = _as_they_are(work)
        every = _outcomes(work, live, standing, intake)
        seen, rest = _until_something_is_to_do(work, live, every)
        if rest is None:
            _tidy(work)
            report = _as_it_was(live, [*failures, *(one for each in seen for one in each.failures)])
        else:
            with store.locked():
                store.clean(given.keep_generations)
                again = _live_name(store)
                if again != (live.generation if live else None):  # another build was quicker
                    live, standing = _as_they_are(work)
                    every = _outcomes(work, live, standing, intake)
                    seen, rest = _until_something_is_to_do(work, live, every)
                if rest is None:
                    told = [one for each in seen for one in each.failures]
                    report = _as_it_was(live, [*failures, *told])
                else:
                    report = _written(work, intake, live, chain(seen, rest))
    return replace(report, took_ms=(time.perf_counter() - started) * 1000)


@dataclass(frozen=True, slots=True)
class _Work:
    """What one build is about."""

    settings: Settings
    store: Store
    docs: str
    """As the manifest remembers it."""
    found: dict[str, Found]
    failures: tuple[Failure, ...]
    """Of looking for files."""
    encoder: Encoder
    shape: Shape
    progress: Progress
    approve: Approve


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one document: its live passages stand, or it has new ones, or none."""

    source: str
    stands: bool = False
    fresh: tuple[DocumentRecord, Prepared] | None = None
    failures: tuple[Failure, ...] = ()
    """Why there are none, or which parts of it could not be read."""
    seen: bool = False
    """Whether its contents as they are now are known and good for something."""


def _until_something_is_to_do(
    work: _Work, live: Manifest | None, outcomes: Iterator[_Outcome]
) -> tuple[list[_Outcome], Iterator[_Outcome] | None]:
    """The outcomes so far, and the others; None in their place where a build has nothing to do.

    Writes nothing to find out.
    """
    before = _records(live)
    if (
        (live is None and work.found)
        or (live and (live.shape, live.docs) != (work.shape, work.docs))
        or not before.keys() <= set(_places(work, before))
    ):
        return [], outcomes
    seen = []
    for outcome in outcomes:
        seen.append(outcome)
        if outcome.fresh or (not outcome.stands and outcome.source in before):
            return seen, outcomes
    return seen, None


def _written(
    work: _Work, intake: Intake, live: Manifest | None, outcomes: Iterable[_Outcome]
) -> BuildReport:
    """Write a new generation and make it the live one. The caller holds the lock."""
    before = _records(live)
    failures = list(work.failures)
    after: dict[str, DocumentRecord] = {}
    total = len(_places(work, before))
    any_read = False
    with work.store.writing(work.encoder, work.shape, live) as writer:
        for done, outcome in enumerate(outcomes, start=1):
            source = outcome.source
            if outcome.fresh:
                after[source], prepared = outcome.fresh
                writer.add(after[source], prepared)
            elif outcome.stands:
                after[source] = before[source]
                writer.keep(after[source])
            failures += outcome.failures
            any_read |= outcome.seen
            work.progress("read", done, total)
        if not any_read:  # what is live is better than nothing
            return _as_it_was(live, failures)
        encoded = writer.encode(work.progress)
        with writer.finish(work.docs) as fresh:
            published = fresh.manifest
            prove(fresh, intake, work.found)
        if not work.approve(published.generation):
            return _as_it_was(live, failures)
        writer.publish()
        writer.prune(work.settings.keep_generations)
    added = [source for source in after if source not in before]
    changed = [
        source
        for source, record in after.items()
        if source in before and before[source].made_of != record.made_of
    ]
    return BuildReport(
        generation=published.generation,
        published=True,
        added=tuple(added),
        changed=tuple(changed),
        deleted=tuple(source for source in before if source not in after),
        unchanged=len(after) - len(added) - len(changed),
        failed=_sorted(failures),
        documents=len(after),
        passages=published.passages,
        encoded=encoded,
        took_ms=0,
    )


def _as_they_are(work: _Work) -> tuple[Manifest | None, set[str]]:
    """The live generation, if every byte of it is as written, and the sources that stand.

    These are those whose files are what was indexed. Reads all of both, at the same time; in one
    thread each, since more of them wait for each other.
    """
    try:
        live = work.store.manifest(work.store.published()[-1])
    except (IndexMissing, IndexDamaged):
        return None, set()
    with ThreadPoolExecutor(1) as aside:
        damaged = aside.submit(work.store.damaged, live)
        standing = _standing(work, _records(live)) if live.shape == work.shape else set()
        return (None, set()) if damaged.result() else (live, standing)


def _live_name(store: Store) -> str | None:
    try:
        return store.live()
    except IndexDamaged:
        return None


def _records(live: Manifest | None) -> dict[str, DocumentRecord]:
    return {record.source: record for record in live.documents} if live else {}


def _places(work: _Work, before: dict[str, DocumentRecord]) -> list[str]:
    """Sources to look at, sorted: the files found, and live ones that are out of sight."""
    unseen = [one.source for one in work.failures if one.code == FileInaccessible.__name__]
    hidden = {
        source
        for source in before
        for one in unseen
        if printable(source) == one or printable(source).startswith(f"{one}/")
    }
    return sorted(hidden | work.found.keys())


def _outcomes(
    work: _Work, live: Manifest | None, standing: set[str], intake: Intake
) -> Iterator[_Outcome]:
    """Read what has to be read, in order of source: what is not ``standing``."""
    before = _records(live)
    lang = work.settings.lang
    places = _places(work, before)
    # a file that is not found was reported when it was looked for
    wanted = ((source, None if source in standing else work.found.get(source)) for source in places)
    for source, reading in intake.readings(wanted):
        was = before.get(source)
        if reading is None and was is not None:
            seen = source in work.found
            yield _Outcome(source, stands=True, seen=seen, failures=_failures(was, lang))
        elif isinstance(reading, Reading):
            record = _record(reading)
            fresh = (record, reading.made)
            yield _Outcome(source, fresh=fresh, seen=True, failures=_failures(record, lang))
        elif isinstance(reading, WenjuError):
            stands = isinstance(reading, FileInaccessible) and was is not None
            yield _Outcome(source, stands=stands, failures=(reading.failure(source, lang),))


def _standing(work: _Work, before: dict[str, DocumentRecord]) -> set[str]:
    """Sources whose files are what was indexed."""
    known = (found for source, found in work.found.items() if source in before)
    return {found.source for found in known if _is_as_it_was(found, before[found.source])}


def _is_as_it_was(found: Found, was: DocumentRecord) -> bool:
    """Whether a file's bytes are those that were indexed; what cannot be told is no."""
    try:
        return (
            size_of(found) == was.size
            and digest(found) == was.sha256
            and sidecar_digest(found) == was.sidecar
        )
    except FileInaccessible:
        return False


def _record(reading: Reading) -> DocumentRecord:
    return DocumentRecord(
        source=reading.source,
        sha256=reading.sha256,
        encoding=reading.encoding,
        size=reading.size,
        chunks=len(reading.made.rows),
        titles=reading.titles,
        problems=reading.problems,
        sidecar=reading.sidecar,
    )


def _failures(record: DocumentRecord, language: Language) -> tuple[Failure, ...]:
    """The parts of a document that are not in the index, told by every build."""
    return tuple(
        problem(one, record.source).failure(record.source, language) for one in record.problems
    )


def _as_it_was(live: Manifest | None, failures: Sequence[Failure]) -> BuildReport:
    documents = live.documents if live else ()
    return BuildReport(
        generation=live.generation if live else "",
        published=False,
        added=(),
        changed=(),
        deleted=(),
        unchanged=len(documents),
        failed=_sorted(failures),
        documents=len(documents),
        passages=live.passages if live else 0,
        encoded=0,
        took_ms=0,
    )


def _tidy(work: _Work) -> None:
    """Remove what a dead build left, if there is anything."""
    keep = work.settings.keep_generations
    if work.store.leftovers(keep):
        try:
            with work.store.locked():
                work.store.clean(keep)
        except IndexProblem:  # another build is at it, or the folder is read-only
            return


def _sorted(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    return tuple(sorted(failures, key=lambda failure: failure.source))


def _shape(settings: Settings, encoder: Encoder) -> Shape:
    return Shape(
        chunk_chars=settings.chunk_chars,
        reading=_reading_identity(),
        terms=TERMS_IDENTITY,
        model=encoder.name,
        fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        window_chars=encoder.window_chars,
    )


@cache
def _reading_identity() -> str:
    """Changes with the code of reading and splitting: passages are as good as their rules."""
    sha256 = hashlib.sha256(recognition_identity().encode())
    for folder in ("read", "split", "intake"):
        for path in sorted((Path(__file__).parent / folder).glob("*.py")):
            sha256.update(f"{folder}/{path.name}".encode() + path.read_bytes())
    return sha256.hexdigest()


def _anything(generation: str) -> bool:
    """Every generation may go live."""
    return True


def _quietly(stage: str, done: int, total: int) -> None:
    """No progress is shown."""
