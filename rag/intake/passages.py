"""One file → its passages, each proven to be the file's own words. Runs inside a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from rag.errors import LawBroken, ReaderFailed, WenjuError
from rag.read import (
    Found,
    Loaded,
    is_quote,
    line_starts,
    load,
    parse,
    place_of,
    reader_of,
    size_of_page,
)
from rag.read import picture as drawn
from rag.split import split
from rag.types import Chunk, Document, Page, Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds."""

    source: str
    sha256: str
    encoding: str
    size: int
    """Bytes of the file."""
    titles: tuple[str, ...]
    """Headlines of its articles as printed, each once, in order."""
    problems: tuple[Problem, ...]
    sidecar: str
    """The sha256 of what is stated beside it; empty where nothing is."""
    chunks: list[Chunk]
    """Empty where they were made into something else."""
    made: Any = None
    """What :data:`Then` made of the passages; None where nothing was asked for."""


Then = tuple[str, tuple[object, ...]]
"""What a worker makes of the passages that it read: a function of this house, ``module:function``,
which is given them and these arguments."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, which citations point into."""

    text: str
    sha256: str
    pages: tuple[Page, ...]


def read(
    found: Found,
    max_file_mb: float,
    chunk_chars: int,
    then: Then | None = None,
    *,
    own: bool = False,
) -> Reading | WenjuError | None:
    """The passages of a file, or why there are none.

    With ``own`` nothing is read by code that is not ours: None says that it would have to be.
    """
    try:
        loaded = load(found, max_file_mb)
        if own and not _is_ours(loaded):
            return None
        document = parse(loaded)
        chunks = split(document, chunk_chars)
        check(document, chunks)
        made = _made(chunks, then) if then else None
    except WenjuError as error:
        return error
    except MemoryError:
        raise
    except Exception as error:  # one file must not keep the others out of the index
        return ReaderFailed(found.source, reason=f"{type(error).__name__}: {error}")
    titles = dict.fromkeys(article.title for article in document.articles if article.title)
    return Reading(
        source=document.source,
        sha256=document.sha256,
        encoding=document.encoding,
        size=len(loaded.data),
        titles=tuple(titles),
        problems=document.problems,
        sidecar=loaded.sidecar.sha256,
        chunks=[] if then else chunks,
        made=made,
    )


def text(found: Found, max_file_mb: float, *, own: bool = False) -> Text | WenjuError | None:
    """A file's text, or why there is none; ``own`` as in :func:`read`."""
    try:
        loaded = load(found, max_file_mb)
        if own and not _is_ours(loaded):
            return None
        document = parse(loaded)
    except WenjuError as error:
        return error
    except MemoryError:
        raise
    except Exception as error:
        return ReaderFailed(found.source, reason=f"{type(error).__name__}: {error}")
    pages = tuple(replace(page, glyphs=()) for page in document.pages)
    return Text(document.text, document.sha256, pages)


def picture(found: Found, max_file_mb: float, page: int) -> tuple[bytes, str] | WenjuError:
    """A page of a file as a PNG, and the file's sha256; or why there is none."""
    try:
        loaded = load(found, max_file_mb)
        return drawn(loaded.data, found.source, page), loaded.sha256
    except WenjuError as error:
        return error


def pages(
    found: Found, max_file_mb: float, first: int, last: int
) -> tuple[tuple[Page, ...], str] | WenjuError:
    """Pages of a file by their sizes alone, without their text; and the file's sha256."""
    try:
        loaded = load(found, max_file_mb)
        numbers = range(first, last + 1)
        sizes = [size_of_page(loaded.data, found.source, number) for number in numbers]
    except WenjuError as error:
        return error
    made = (Page(n, 0, 0, *size) for n, size in zip(numbers, sizes, strict=True))
    return tuple(made), loaded.sha256


def _made(chunks: list[Chunk], then: Then) -> object:
    task, arguments = then
    module, _, name = task.partition(":")
    return getattr(import_module(module), name)(chunks, *arguments)


def _is_ours(loaded: Loaded) -> bool:
    reader = reader_of(loaded.source, loaded.data)
    return reader is None or reader.own


def check(document: Document, chunks: Sequence[Chunk]) -> None:
    """The law of citations, for every passage.

    Raises:
        LawBroken: a passage is not the file's own words, or not where it says.
    """
    starts = line_starts(document.text)
    places = set()
    for chunk in chunks:
        lawful = (
            chunk.source == document.source
            and chunk.chunk_id == f"{document.source}@{chunk.spans[0][0]}"
            and is_quote(chunk.text, document.text, chunk.spans)
            and is_quote(chunk.text, chunk.text, chunk.sentences)
            and _place(chunk) == place_of(starts, document.pages, chunk.spans)
            and chunk.chunk_id not in places
        )
        if not lawful:
            raise LawBroken(document.source, reason=chunk.chunk_id)
        places.add(chunk.chunk_id)


def _place(chunk: Chunk) -> tuple[int | None, int | None, int, int]:
    return chunk.page, chunk.page_end, chunk.line_start, chunk.line_end
