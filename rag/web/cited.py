"""The file behind a citation, as lines to be shown: the cited ones marked, the text untouched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rag.errors import ReadError
from rag.read import decode, line_starts
from rag.types import Citation, Span

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


def read_cited(docs: Path, citation: Citation) -> CitedFile:
    """The file that ``citation`` names, around the lines it names. Never raises."""
    place = PurePosixPath(citation.source)
    if place.is_absolute() or ".." in place.parts:
        return CitedFile("unreadable", (), 0)
    try:
        data = (docs / citation.source).read_bytes()
        text, _ = decode(data, citation.source)
    except (FileNotFoundError, NotADirectoryError):
        return CitedFile("missing", (), 0)
    except (OSError, ValueError, ReadError):
        return CitedFile("unreadable", (), 0)
    same = hashlib.sha256(data).hexdigest() == citation.sha256
    starts = line_starts(text)
    first = max(1, citation.line_start - MARGIN_LINES)
    last = min(len(starts), citation.line_end + MARGIN_LINES)
    spans = citation.spans if same else ()
    lines = tuple(_line(text, starts, number, spans) for number in range(first, last + 1))
    return CitedFile(None if same else "changed", lines, len(starts))


def _line(text: str, starts: list[int], number: int, spans: tuple[Span, ...]) -> Line:
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(text)
    content = text[start:end].rstrip("\r\n")
    end = start + len(content)
    cited = tuple(
        (max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start
    )
    if len(content) <= LONG_LINE:
        return Line(number, content, cited)
    low = max(0, (cited[0][0] if cited else 0) - MARGIN_CHARS)
    high = min(len(content), low + LONG_LINE)
    near = tuple((a - low, min(b, high) - low) for a, b in cited if a < high)
    return Line(number, content[low:high], near, whole=len(content))
