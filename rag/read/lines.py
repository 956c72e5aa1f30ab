"""Text → its lines, without white space at their ends, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.read import shapes

_LINE = re.compile(r"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: ``text[start:end]`` without white space at its ends."""

    start: int
    end: int
    stop: int
    """Where the line break stands that ends it, or the end of the text; -1 where no white space
    follows it."""
    text: str
    indent: int
    """Columns of white space in front."""
    gap: int
    """Blank lines before it."""
    doubtful: bool = False
    """Whether it may belong elsewhere."""
    full: bool | None = None
    """Whether it reaches the end of its column, where the file shows it."""
    goes_on: bool = False
    """Whether the next line is the rest of it."""
    top: bool = False
    """Whether it is the first of a column that goes on with the one before."""
    hyphen: bool = False
    """Whether a hyphen was taken off: the next line goes on with the same word."""

    def going_on(self, *, hyphen: bool = False) -> Line:
        """The line as one that the next is the rest of; without its last character, a hyphen."""
        if not hyphen:
            return replace(self, goes_on=True)
        return replace(self, end=self.end - 1, text=self.text[:-1], goes_on=True, hyphen=True)


def lines(text: str) -> list[Line]:
    """The lines of a text that are not blank."""
    found: list[Line] = []
    previous = 0
    for match in _LINE.finditer(text):
        raw = match.group()
        bare = raw.strip()
        if not bare:
            continue
        start = match.start() + len(raw) - len(raw.lstrip())
        between = text[previous : match.start()]
        breaks = between.count("\n") + between.count("\r") - between.count("\r\n")
        indent = shapes.columns(raw[: start - match.start()].expandtabs(4))
        gap = max(breaks - 1, 0) if found else breaks
        found.append(Line(start, start + len(bare), match.end(), bare, indent, gap))
        previous = match.end()
    return found
