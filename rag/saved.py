"""Proving a saved answer: every citation of it against the documents, whatever became of the index.

What is proven is what a citation claims of the file: that the passage is its own words, on those
lines, in a file of that sha256. Where that does not hold any longer, it is said what did change.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ValidationError, field_validator

from rag.errors import (
    AnswerMissing,
    AnswerUnusable,
    CitedFileChanged,
    CitedFileMissing,
    DocsMissing,
    FileInaccessible,
    PassageAltered,
    PassageDiffers,
    PassageMoved,
    ReadError,
    WenjuError,
    WrongLines,
)
from rag.intake import Intake
from rag.read import bare, decode, is_quote, line_starts, locate, place_of, quoted
from rag.settings import load_settings
from rag.split import sentences
from rag.types import Language, Span
from rag.verify import Place, lines_named

_HEAD = 12
"""Visible characters by which a passage is looked for elsewhere in its file."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one citation."""

    rank: int
    chunk_id: str
    source: str
    place: Place
    """As the answer says, in the file as it was."""
    code: str | None
    """None where the citation is proven: the same file, word for word, on those lines."""
    what: str
    next_step: str
    now: Place | None = None
    """Where the passage stands word for word in the file as it is now."""
    lost: tuple[str, ...] = ()
    """Sentences of the passage that are nowhere, in one piece, in the file as it is now."""


@dataclass(frozen=True, slots=True)
class SavedReport:
    """What was checked of a saved answer. All of it holds where every proof has no ``code``."""

    question: str
    generation: str
    """Of the index that gave the answer."""
    proven: int
    proofs: tuple[Proof, ...]
    took_ms: float


class _Citation(BaseModel):
    """What is needed of a :class:`~rag.types.Citation`; later versions may say more."""

    source: str
    spans: tuple[Span, ...]
    line_start: int
    line_end: int
    sha256: str
    page: int | None = None
    page_end: int | None = None

    @property
    def place(self) -> Place:
        """What it says, in the order of :data:`Place`."""
        return self.page, self.page_end, self.line_start, self.line_end

    @field_validator("source")
    @classmethod
    def _below(cls, source: str) -> str:
        place = PurePosixPath(source)
        if place.is_absolute() or ".." in place.parts or "\0" in source or not place.parts:
            raise ValueError("must lie in the documents' folder")
        return source


class _Hit(BaseModel):
    rank: int
    text: str
    chunk_id: str
    citation: _Citation
    also: tuple[_Citation, ...] = ()

    @property
    def places(self) -> Iterator[_Cited]:
        """Every place that it is cited from."""
        yield _Cited(self.rank, self.text, self.chunk_id, self.citation)
        for one in self.also:
            start = one.spans[0][0] if one.spans else 0
            yield _Cited(self.rank, self.text, f"{one.source}@{start}", one, near=True)


@dataclass(frozen=True, slots=True)
class _Cited:
    """One place of a passage."""

    rank: int
    text: str
    chunk_id: str
    citation: _Citation
    near: bool = False
    """What stands there may be nearly the same only."""


class _Answer(BaseModel):
    question: str
    generation: str
    hits: tuple[_Hit, ...]


def verify_saved(
    path: Path | str, docs: Path | str, *, language: Language = Language.ZH
) -> SavedReport:
    """Check an answer that was saved as JSON, as ``rag search --json`` prints it.

    Args:
        path: the file; in any encoding that a document may have.
        docs: the folder of the documents that it cites.
        language: of what is said.

    Raises:
        AnswerMissing, AnswerUnusable: there is no such file, or no answer in it.
        DocsMissing: there is no folder of documents to check against.
    """
    started = time.perf_counter()
    answer, folder = _saved(Path(path)), Path(docs)
    if not folder.is_dir():
        raise DocsMissing(folder)
    with Intake(load_settings()) as intake:
        proofs = tuple(
            _proof(one, folder, intake, language) for hit in answer.hits for one in hit.places
        )
    return SavedReport(
        question=answer.question,
        generation=answer.generation,
        proven=sum(proof.code is None for proof in proofs),
        proofs=proofs,
        took_ms=(time.perf_counter() - started) * 1000,
    )


def _saved(path: Path) -> _Answer:
    try:
        text, _ = decode(path.read_bytes(), str(path))  # a shell may have saved it as UTF-16
        return _Answer.model_validate_json(text.encode())
    except FileNotFoundError as error:
        raise AnswerMissing(path) from error
    except OSError as error:
        raise FileInaccessible(path, reason=error.strerror) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AnswerUnusable(path, reason=f"{place}: {first['msg']}".removeprefix(": ")) from error
    except (WenjuError, ValueError) as error:
        raise AnswerUnusable(path, reason=type(error).__name__) from error


def _proof(hit: _Cited, docs: Path, intake: Intake, language: Language) -> Proof:
    cited = hit.citation
    error, now, lost = _found(hit, docs, intake)
    return Proof(
        rank=hit.rank,
        chunk_id=hit.chunk_id,
        source=cited.source,
        place=cited.place,
        code=error.code if error else None,
        what=error.what(language) if error else "",
        next_step=error.next_step(language) if error else "",
        now=now,
        lost=lost,
    )


def _found(
    hit: _Cited, docs: Path, intake: Intake
) -> tuple[WenjuError | None, Place | None, tuple[str, ...]]:
    """What does not hold of a citation, the place of its passage now, and the sentences lost."""
    cited, path = hit.citation, docs / hit.citation.source
    try:
        found = locate(docs, cited.source)
        if not found.path.exists():
            return CitedFileMissing(path, sha256=cited.sha256), None, ()
        file = intake.text_of(found)
    except ReadError as error:
        return error, None, ()
    except OSError as error:
        return FileInaccessible(path, reason=error.strerror), None, ()
    text, same = file.text, file.sha256 == cited.sha256
    own = hit.near and same and all(0 <= a < b <= len(text) for a, b in cited.spans)
    passage = quoted(text, cited.spans) if own else hit.text
    spans = _place(passage, text, cited.spans)
    if spans is None or (same and spans != cited.spans):
        lost = _lost(passage, text)
        if same:
            return PassageAltered(path), None, lost
        return PassageDiffers(path, sha256=cited.sha256), None, lost
    now = place_of(line_starts(text), file.pages, spans)
    if now == cited.place:
        return None if same else CitedFileChanged(path, sha256=cited.sha256), now, ()
    moved = {"claimed": lines_named(cited.place), "actual": lines_named(now)}
    return WrongLines(path, **moved) if same else PassageMoved(path, **moved), now, ()


def _place(passage: str, text: str, spans: tuple[Span, ...]) -> tuple[Span, ...] | None:
    """Where ``passage`` stands in ``text``: over ``spans``, or else the nearest place; or None."""
    if is_quote(passage, text, spans):
        return spans
    start = spans[0][0] if spans else 0
    return min(_places(passage, text, spans), key=lambda one: abs(one[0][0] - start), default=None)


def _places(passage: str, text: str, spans: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """Places of ``passage`` in ``text``: in one piece, or in the same pieces further on or back."""
    at = [place for place, char in enumerate(text) if not char.isspace()]
    flat, wanted = bare(text), bare(passage)
    for first in _occurrences(flat, wanted):
        yield ((at[first], at[first + len(wanted) - 1] + 1),)
    if len(spans) < 2:
        return
    begin, end = spans[0]
    for first in _occurrences(flat, wanted[: min(_HEAD, end - begin)]):
        shift = at[first] - begin
        moved = tuple((a + shift, b + shift) for a, b in spans)
        if is_quote(passage, text, moved):
            yield moved


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = text.find(wanted, place + 1)


def _lost(passage: str, text: str) -> tuple[str, ...]:
    flat = bare(text)
    pieces = (passage[start:end].strip() for start, end in sentences(passage))
    return tuple(piece for piece in pieces if bare(piece) not in flat)
