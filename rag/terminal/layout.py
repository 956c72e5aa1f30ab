"""Text on a terminal, where a Chinese character takes two cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import click

from rag.errors import printable
from rag.types import Span

_NEVER_FIRST = "，。、；：？！”’）》」』】〕…—％,.;:?!)]}%"


def cells(text: str) -> int:
    """The cells that ``text`` takes."""
    return sum(0 if unicodedata.combining(char) else 2 if _is_wide(char) else 1 for char in text)


def pad(text: str, width: int) -> str:
    """``text``, with spaces up to ``width`` cells."""
    return text + " " * (width - cells(text))


def wrap(text: str, width: int) -> list[Span]:
    """Slices of ``text``, one a line of at most ``width`` cells, all of it but line breaks.

    A line breaks after any wide character, or between words; a punctuation mark that may not
    begin a line hangs over the edge of the one before.
    """
    lines: list[Span] = []
    start = breakable = used = 0
    for at, char in enumerate(text):
        if char == "\n":
            lines.append((start, at))
            start = breakable = at + 1
            used = 0
            continue
        size = cells(char)
        if used + size > width and start < breakable and char not in _NEVER_FIRST:
            lines.append((start, breakable))
            start = breakable
            used = cells(text[start:at])
        used += size
        following = text[at + 1 : at + 2]
        joined = _is_word(char) and _is_word(following)
        if not joined and following not in _NEVER_FIRST:
            breakable = at + 1
    lines.append((start, len(text)))
    return lines


def paragraph(text: str, bold: Sequence[Span], width: int | None, indent: str) -> str:
    """A passage for the terminal, indented and wrapped; ``bold`` slices of it are bold.

    Args:
        text: the passage. Control characters are shown escaped: a document cannot steer the
            terminal.
        bold: slices of ``text``.
        width: cells of a line; None leaves the lines as long as they are.
        indent: what each line begins with.
    """
    slices = wrap(text, width - len(indent)) if width else _lines(text)
    return "\n".join(indent + _emphasised(text, line, bold) for line in slices)


def _lines(text: str) -> list[Span]:
    spans, start = [], 0
    for line in text.split("\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _emphasised(text: str, line: Span, bold: Sequence[Span]) -> str:
    start, end = line
    edges = {start, end}
    for first, last in bold:
        edges |= {edge for edge in (first, last) if start < edge < end}
    cuts = sorted(edges)
    parts = []
    for left, right in pairwise(cuts):
        part = printable(text[left:right])
        inside = any(first <= left and right <= last for first, last in bold)
        parts.append(click.style(part, bold=True) if inside else part)
    return "".join(parts)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _is_word(char: str) -> bool:
    return char != "" and not char.isspace() and not _is_wide(char)
