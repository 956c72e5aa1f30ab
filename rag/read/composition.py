"""A text that a reader composes line by line, for formats whose contents are no lines yet.

What a person counts is a line here: a paragraph, a heading, a list item, a row of a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rag.read import repair
from rag.read.lines import Line, lines
from rag.read.metadata import Stated
from rag.read.reader import Draft
from rag.types import BlockKind, Page, Problem, Span

_BREAK = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Seen by nobody, and in the way of whoever looks for the word that they stand in.
_UNSEEN = dict.fromkeys(
    (
        *(0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, 0xFEFF),
        *(*range(0x00, 0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)),
    )
)
_LONE = re.compile(r"[\ud800-\udfff]")
_Fact = TypeVar("_Fact")


@dataclass(slots=True)
class Composition:
    """Takes lines in reading order, gives a :class:`Draft`."""

    _parts: list[str] = field(default_factory=list)
    _size: int = 0
    _kinds: dict[int, BlockKind] = field(default_factory=dict)
    """By where a line begins; so are the next three."""
    _levels: dict[int, int] = field(default_factory=dict)
    _begins: set[int] = field(default_factory=set)
    _apart: set[int] = field(default_factory=set)
    _tops: list[int] = field(default_factory=list)

    def add(
        self,
        text: str,
        kind: BlockKind | None = None,
        *,
        level: int | None = None,
        apart: bool = False,
        flows: bool = False,
    ) -> None:
        """One line more, or several where there are line breaks in ``text``.

        Args:
            text: of the line; what no reader sees (zero-width spaces, control characters) is left
                out.
            kind: what the line is by the format's marks; None has it told by its words.
            level: how deep a heading stands, from 1.
            apart: whether it is in no block: navigation, a running head.
            flows: whether it may go on with the line before, as in wrapped text.
        """
        if not text:  # a sheet may have a million rows of nothing
            self._parts.append("\n")
            self._size += 1
            return
        for number, line in enumerate(_BREAK.split(text)):
            seen = _LONE.sub("\ufffd", line.translate(_UNSEEN)).rstrip()
            start = self._size + len(seen) - len(seen.lstrip())
            if kind is not None:
                self._kinds[start] = kind
            if level is not None:
                self._levels[start] = level
            if apart:
                self._apart.add(start)
            if not flows and not number:
                self._begins.add(start)
            self._parts.append(seen + "\n")
            self._size += len(seen) + 1

    def begin_page(self) -> None:
        """What is added from now on stands on the next page."""
        self._tops.append(self._size)

    @property
    def is_blank(self) -> bool:
        """Whether there is no word in it yet."""
        return not any(part.strip() for part in self._parts)

    def draft(
        self,
        encoding: str,
        *,
        stated: Stated | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> Draft:
        """The text, its blocks and its pages."""
        text = "".join(self._parts)
        every = lines(text)
        source = [line for line in every if line.start not in self._apart]
        begins = [place for place, line in enumerate(source) if line.start in self._begins]
        if repair.wrap_width([line for line in source if line.start not in self._kinds]):
            begins = []  # each line of a wrapped text was made a paragraph
        ends = [*self._tops[1:], len(text)]
        return Draft(
            text=text,
            encoding=encoding,
            blocks=repair.blocks(
                source,
                _placed(self._kinds, source),
                begins=frozenset(begins),
                levels=_placed(self._levels, source),
            ),
            pages=tuple(
                Page(number, start, end)
                for number, (start, end) in enumerate(zip(self._tops, ends, strict=False), start=1)
            ),
            furniture=tuple(_span(line) for line in every if line.start in self._apart),
            problems=problems,
            stated=stated or Stated(),
        )


def _placed(facts: Mapping[int, _Fact], source: Sequence[Line]) -> dict[int, _Fact]:
    """Facts by where a line begins → by its index."""
    return {index: facts[line.start] for index, line in enumerate(source) if line.start in facts}


def _span(line: Line) -> Span:
    return line.start, line.end
