"""Proving an index: its parts by sha256, its citations by the files, its legs by asking them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.encode import Additive, load_encoder
from rag.errors import (
    DocsMissing,
    FileInaccessible,
    Ghost,
    IndexDamaged,
    IndexProblem,
    LinesWrong,
    PassageUnfound,
    QuoteWrong,
    ReadError,
    SourceChanged,
    SourceMissing,
    WenjuError,
)
from rag.intake import Intake
from rag.proving import ghosts, spread, unfound
from rag.read import digest, is_quote, line_starts, locate, place_of
from rag.settings import Settings, load_settings
from rag.store import DocumentRecord, Index, store_of
from rag.types import Chunk, Language

_ENCODED_AGAIN = 500
"""Passages whose vectors a slow model computes again."""

Place = tuple[int | None, int | None, int, int]
"""First and last page, first and last line, as :func:`~rag.read.place_of` gives them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold: what, where, and the next step."""

    source: str
    """The document, or the part of the index."""
    chunk_id: str | None
    """None where it concerns the whole of ``source``."""
    code: str
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked. Everything holds where there are no problems."""

    generation: str
    documents: int
    passages: int
    proven: int
    """Passages that are, word for word, what the file says on the lines they name."""
    parts: int
    problems: tuple[Problem, ...]
    took_ms: float


def verify(
    index: Path | str | None = None,
    docs: Path | str | None = None,
    *,
    language: Language = Language.ZH,
    settings: Settings | None = None,
) -> VerifyReport:
    """Check the live generation against its own manifest and against the documents.

    Args:
        index: folder of the index; by default the setting's.
        docs: folder of the documents; by default the setting's, else the one it was built from.
        language: of the texts.
        settings: by default those in force.

    Raises:
        DocsMissing: there is no folder of documents to check against.
        IndexProblem: there is no index that could be opened.
    """
    started = time.perf_counter()
    problems: list[Problem] = []
    proven = 0
    given = settings or load_settings()
    if index is not None:
        given = given.model_copy(update={"index": Path(index)})
    with store_of(given).open() as live, Intake(given) as intake:
        folder = Path(docs or given.docs or live.docs)
        if not folder.is_dir():
            raise DocsMissing(folder)
        for part in live.damaged():
            error = IndexDamaged(f"{live.where}/{part}", reason="sha256")
            problems.append(_problem(part, None, error, language))
        if not problems:  # of parts that are not as written nothing can be asked
            problems += [
                _problem(chunk_id.rpartition("@")[0], chunk_id, error, language)
                for chunk_id, error in _asked(given, live)
            ]
        for record in live.documents():
            broken = [
                _problem(record.source, chunk_id, error, language)
                for chunk_id, error in _broken(live, record, folder, intake)
            ]
            problems += broken
            if all(problem.chunk_id for problem in broken):
                proven += record.chunks - len(broken)
        return VerifyReport(
            generation=live.generation,
            documents=len(live.documents()),
            passages=live.manifest.passages,
            proven=proven,
            parts=len(live.manifest.parts),
            problems=tuple(problems),
            took_ms=(time.perf_counter() - started) * 1000,
        )


def _asked(settings: Settings, live: Index) -> Iterator[tuple[str, IndexProblem]]:
    """What the legs of the search do not find, and what they should not find any more."""
    store = store_of(settings)
    shape = live.manifest.shape
    encoder = load_encoder(settings.model)
    if encoder.fingerprint == shape.fingerprint:
        count = live.manifest.passages
        # a model that takes its time would need what the whole build did
        ids = spread(count, count if isinstance(encoder, Additive) else _ENCODED_AGAIN)
        try:
            for chunk_id, leg in unfound(live, ids, encoder):
                yield chunk_id, PassageUnfound(live.where, leg=leg)
        except IndexDamaged:  # told part by part
            return
    earlier = [one for one in store.published() if int(one) < int(live.generation)][-1:]
    for name in earlier:
        try:
            with store.open(name) as former:
                if former.manifest.shape.terms == shape.terms:
                    for chunk_id, term in ghosts(live, former):
                        yield chunk_id, Ghost(live.where, term=term)
        except IndexProblem:  # damaged, or of a former version
            continue


def _broken(
    live: Index, record: DocumentRecord, docs: Path, intake: Intake
) -> Iterator[tuple[str | None, WenjuError]]:
    """What does not hold of one document: at most one error a passage, or one for all of them."""
    path = docs / record.source
    try:
        found = locate(docs, record.source)
        if not found.path.exists():
            yield None, SourceMissing(path)
            return
        if digest(found) != record.sha256:
            yield None, SourceChanged(path)
            return
        file = intake.text_of(found)
        chunks = live.chunks_of(record.source)
    except (ReadError, IndexDamaged) as error:
        yield None, error
        return
    except OSError as error:
        yield None, FileInaccessible(path, reason=error.strerror)
        return
    if len(chunks) != record.chunks:
        yield None, IndexDamaged(path, reason=f"{len(chunks)} ≠ {record.chunks}")
        return
    starts = line_starts(file.text)
    for chunk in chunks:
        if not is_quote(chunk.text, file.text, chunk.spans):
            yield chunk.chunk_id, QuoteWrong(path)
        elif (actual := place_of(starts, file.pages, chunk.spans)) != _claimed(chunk):
            claimed = lines_named(_claimed(chunk))
            yield chunk.chunk_id, LinesWrong(path, claimed=claimed, actual=lines_named(actual))


def _claimed(chunk: Chunk) -> Place:
    return chunk.page, chunk.page_end, chunk.line_start, chunk.line_end


def lines_named(place: Place) -> str:
    """A place in figures: its lines, with their pages where there are any."""
    first_page, last_page, first, last = place
    if first_page is None:
        return f"{first}–{last}"
    return f"p. {first_page}, {first} – p. {last_page}, {last}"


def _problem(source: str, chunk_id: str | None, error: WenjuError, language: Language) -> Problem:
    return Problem(source, chunk_id, error.code, error.what(language), error.next_step(language))
