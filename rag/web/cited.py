"""The file behind a citation, as lines to be shown: the cited ones marked, the text untouched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.errors import ReadError
from rag.intake import Intake
from rag.read import Found, line_starts, lines_of, locate
from rag.settings import load_settings
from rag.types import Hit, Page, Span

MARGIN_LINES = 300
"""Lines shown before and after the cited ones; a page must stay quick to draw."""
LONG_LINE = 4000
"""Characters from which only the part of a line near the citation is shown."""
MARGIN_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, without its line end."""

    number: int
    """From 1."""
    text: str
    cited: tuple[Span, ...]
    """Slices of ``text`` that the citation names."""
    answering: tuple[Span, ...] = ()
    """Slices of ``text`` that hold the sentence that answers."""
    whole: int | None = None
    """Length of the line where ``text`` is only a part of it."""


@dataclass(frozen=True, slots=True)
class CitedFile:
    """A file as it is now."""

    state: str | None
    """None where it is as it was indexed; else ``changed``, ``missing`` or ``unreadable``."""
    lines: tuple[Line, ...]
    """Those around the citation; none where the file cannot be shown."""
    total: int
    pages: tuple[Page, ...] = ()
    """Those that the citation stands on, where the file has pages and is as it was indexed."""


def read_cited(docs: Path, hit: Hit) -> CitedFile:
    """The file that ``hit`` is cited from, around the lines it names. Never raises."""
    citation = hit.citation
    place = PurePosixPath(citation.source)
    if place.is_absolute() or ".." in place.parts or "\0" in citation.source:
        return CitedFile("unreadable", (), 0)
    try:
        found = locate(docs, citation.source)
        if not found.path.exists():
            return CitedFile("missing", (), 0)
        with Intake(load_settings()) as intake:
            if citation.metadata.recognised is not None:
                return _scan(intake, found, hit)
            file = intake.text_of(found)
    except (OSError, ValueError, ReadError):
        return CitedFile("unreadable", (), 0)
    text, same = file.text, file.sha256 == citation.sha256
    starts = line_starts(text)
    named = citation.line_start, citation.line_end
    top, bottom = lines_of(starts, citation.spans) if same else named  # pages count their own lines
    first = max(1, top - MARGIN_LINES)
    last = min(len(starts), bottom + MARGIN_LINES)
    spans = citation.spans if same else ()
    answering = _in_file(text, hit) if same else ()
    lines = tuple(
        _line(text, starts, number, spans, answering) for number in range(first, last + 1)
    )
    low, high = citation.page or 0, citation.page_end or citation.page or 0
    pages = tuple(page for page in file.pages if low <= page.number <= high and page.height > 0)
    shown = pages if same and citation.boxes else ()
    return CitedFile(None if same else "changed", lines, len(starts), shown)


def _scan(intake: Intake, found: Found, hit: Hit) -> CitedFile:
    """The pages of a scan alone: to recognise all of its text anew would take minutes.

    Raises:
        ReadError: they cannot be opened.
    """
    citation = hit.citation
    first = citation.page or 1
    pages, sha256 = intake.pages_of(found, first, citation.page_end or first)
    same = sha256 == citation.sha256
    return CitedFile(None if same else "changed", (), 0, pages if same else ())


def _in_file(text: str, hit: Hit) -> tuple[Span, ...]:
    """Where the first highlight stands in the file.

    The file's text over the cited spans is the passage but for white space (the law of citations),
    so characters are counted without it.
    """
    if not hit.highlights:
        return ()
    start, end = hit.highlights[0]
    places = [at for a, b in hit.citation.spans for at in range(a, b) if not text[at].isspace()]
    first = sum(not char.isspace() for char in hit.text[:start])
    last = first + sum(not char.isspace() for char in hit.text[start:end])
    found: list[Span] = []
    for at in places[first:last]:
        if found and text[found[-1][1] : at].strip() == "":
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return tuple(found)


def _line(
    text: str,
    starts: list[int],
    number: int,
    spans: tuple[Span, ...],
    answering: tuple[Span, ...],
) -> Line:
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(text)
    content = text[start:end].rstrip("\r\n")
    end = start + len(content)
    cited, answered = _within(start, end, spans), _within(start, end, answering)
    if len(content) <= LONG_LINE:
        return Line(number, content, cited, answered)
    low = max(0, (cited[0][0] if cited else 0) - MARGIN_CHARS)
    high = min(len(content), low + LONG_LINE)
    near, near_answered = _within(low, high, cited), _within(low, high, answered)
    return Line(number, content[low:high], near, near_answered, whole=len(content))


def _within(start: int, end: int, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The parts of ``spans`` in ``[start, end)``, counted from ``start``."""
    return tuple(
        (max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start
    )
