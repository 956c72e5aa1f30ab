"""Bringing an index up to date with a folder of documents.

A generation is a pure function of the documents' bytes, the model, the settings and the rules of
reading: a build that finds most of it done gives the same answers as one that starts from nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from rag.encode import TERMS_IDENTITY, Encoder, load_encoder
from rag.errors import (
    FileInaccessible,
    IndexDamaged,
    IndexMissing,
    IndexProblem,
    LawBroken,
    ReaderFailed,
    WenjuError,
    printable,
)
from rag.read import Found, Loaded, is_quote, line_starts, lines_of, load, parse, scan
from rag.settings import Settings, load_settings
from rag.split import split
from rag.store import (
    DocumentRecord,
    Index,
    Progress,
    Shape,
    clean,
    damaged_parts,
    docs_from,
    docs_of,
    leftovers,
    locked,
    open_index,
    start_of,
    writing,
)
from rag.types import BuildReport, Chunk, Document, Failure

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
    target = Path(index or given.index)
    folder = Path(docs or docs_of(given.model_copy(update={"index": target})))
    found, failures = scan(folder, given)
    encoder = encoder or load_encoder(model or given.model)
    work = _Work(
        given,
        target,
        docs_from(target, folder),
        {one.source: one for one in found},
        failures,
        encoder,
        _shape(given, encoder),
        progress or _quietly,
        approve or _anything,
    )
    report = _unchanged(work)
    if report:
        _tidy(work)
    else:
        with locked(target):
            clean(target, given.keep_generations)
            # another build may have done it all while this one looked
            report = _unchanged(work) or _written(work)
    return replace(report, took_ms=(time.perf_counter() - started) * 1000)


@dataclass(frozen=True, slots=True)
class _Work:
    """What one build is about."""

    settings: Settings
    index: Path
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
class _Reading:
    """What became of one document: its live passages stand, or it has new ones, or none."""

    source: str
    stands: bool = False
    fresh: tuple[DocumentRecord, list[Chunk]] | None = None
    failure: Failure | None = None


def _unchanged(work: _Work) -> BuildReport | None:
    """The report of a build that has nothing to do, or None. Writes nothing to find out."""
    with ExitStack() as opened:
        live = _live(work.index, opened)
        before = _records(live)
        if live and (live.manifest.shape, live.manifest.docs) != (work.shape, work.docs):
            return None
        if not before.keys() <= set(_places(work, before)):
            return None
        failures = list(work.failures)
        for reading in _readings(work, live):
            if reading.fresh or (not reading.stands and reading.source in before):
                return None
            if reading.failure:
                failures.append(reading.failure)
        return _as_it_was(live, failures)


def _written(work: _Work) -> BuildReport:
    """Write a new generation and make it the live one. The caller holds the lock."""
    with ExitStack() as opened:
        live = _live(work.index, opened)
        before = _records(live)
        failures = list(work.failures)
        after: dict[str, DocumentRecord] = {}
        total = len(_places(work, before))
        any_read = False
        with writing(work.index, work.encoder) as writer:
            for done, reading in enumerate(_readings(work, live), start=1):
                source = reading.source
                if reading.fresh:
                    after[source], chunks = reading.fresh
                    writer.add(after[source], chunks)
                elif reading.stands and live:
                    after[source] = before[source]
                    writer.add(after[source], live.chunks_of(source))
                if reading.failure:
                    failures.append(reading.failure)
                any_read |= source in work.found and not reading.failure
                work.progress("read", done, total)
            if not any_read:  # what is live is better than nothing
                return _as_it_was(live, failures)
            encoded = writer.encode(work.progress)
            published = writer.finish(work.shape, work.docs)
            if not work.approve(published.generation):
                return _as_it_was(live, failures)
            writer.publish()
            opened.close()  # so that the former generation can be let go of
            writer.prune(work.settings.keep_generations)
    added = [source for source in after if source not in before]
    changed = [
        source
        for source, record in after.items()
        if source in before and before[source].sha256 != record.sha256
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


def _live(target: Path, opened: ExitStack) -> Index | None:
    """The live generation, if every byte of it is what was written."""
    try:
        live = opened.enter_context(open_index(target))
    except (IndexMissing, IndexDamaged):
        return None
    return None if damaged_parts(live.folder, live.manifest) else live


def _records(live: Index | None) -> dict[str, DocumentRecord]:
    return {record.source: record for record in live.documents()} if live else {}


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


def _readings(work: _Work, live: Index | None) -> Iterator[_Reading]:
    """Read what has to be read, in order of source."""
    before = _records(live)
    reuse = live is not None and live.manifest.shape == work.shape
    for source in _places(work, before):
        was = before.get(source)
        if source not in work.found:  # reported when it was looked for
            yield _Reading(source, stands=True)
            continue
        try:
            loaded = load(work.found[source], work.settings)
            if reuse and was and was.sha256 == loaded.sha256:
                yield _Reading(source, stands=True)
            else:
                yield _Reading(source, fresh=_read(loaded, work.settings.chunk_chars))
        except WenjuError as error:
            stands = isinstance(error, FileInaccessible) and was is not None
            failure = error.failure(source, work.settings.lang)
            yield _Reading(source, stands=stands, failure=failure)


def _read(loaded: Loaded, chunk_chars: int) -> tuple[DocumentRecord, list[Chunk]]:
    """A file's passages, each proven to be the file's own words.

    Raises:
        ReadError: it is no document.
        LawBroken, ReaderFailed: the reader is at fault.
    """
    try:
        document = parse(loaded)
        chunks = split(document, chunk_chars)
        _check(document, chunks)
    except WenjuError:
        raise
    except Exception as error:  # one file must not keep the others out of the index
        reason = f"{type(error).__name__}: {error}"
        raise ReaderFailed(loaded.source, reason=reason) from error
    titles = dict.fromkeys(article.title for article in document.articles if article.title)
    record = DocumentRecord(
        source=document.source,
        sha256=document.sha256,
        encoding=document.encoding,
        size=len(loaded.data),
        chunks=len(chunks),
        titles=tuple(titles),
    )
    return record, chunks


def _check(document: Document, chunks: Sequence[Chunk]) -> None:
    """The law of citations, for every passage."""
    starts = line_starts(document.text)
    places = set()
    for chunk in chunks:
        lawful = (
            chunk.source == document.source
            and is_quote(chunk.text, document.text, chunk.spans)
            and is_quote(chunk.text, chunk.text, chunk.sentences)
            and (chunk.line_start, chunk.line_end) == lines_of(starts, chunk.spans)
            and start_of(chunk) not in places
        )
        if not lawful:
            raise LawBroken(document.source, reason=chunk.chunk_id)
        places.add(start_of(chunk))


def _as_it_was(live: Index | None, failures: Sequence[Failure]) -> BuildReport:
    documents = live.documents() if live else []
    return BuildReport(
        generation=live.generation if live else "",
        published=False,
        added=(),
        changed=(),
        deleted=(),
        unchanged=len(documents),
        failed=_sorted(failures),
        documents=len(documents),
        passages=live.manifest.passages if live else 0,
        encoded=0,
        took_ms=0,
    )


def _tidy(work: _Work) -> None:
    """Remove what a dead build left, if there is anything."""
    keep = work.settings.keep_generations
    if leftovers(work.index, keep):
        try:
            with locked(work.index):
                clean(work.index, keep)
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
    sha256 = hashlib.sha256()
    for folder in ("read", "split"):
        for path in sorted((Path(__file__).parent / folder).glob("*.py")):
            sha256.update(f"{folder}/{path.name}".encode() + path.read_bytes())
    return sha256.hexdigest()


def _anything(generation: str) -> bool:
    """Every generation may go live."""
    return True


def _quietly(stage: str, done: int, total: int) -> None:
    """No progress is shown."""
