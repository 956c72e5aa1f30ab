"""A reader per format: decoded text → blocks. Plain text and Markdown share the rules of print."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from rag.read import columns, repair
from rag.read.lines import Line, lines
from rag.types import Block, BlockKind

_FENCE = re.compile(r"(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"={3,}|-{3,}")


class Reader(Protocol):
    """Reads one format."""

    suffixes: frozenset[str]
    """Of file names, in lower case, with the dot."""

    def blocks(self, text: str) -> list[Block]:
        """The blocks of a decoded file, in reading order.

        Every character that is not white space is in exactly one block.
        """
        ...


class PlainText:
    """Text as it comes from typing, wrapping, or reading print by machine."""

    suffixes = frozenset({".txt", ".text"})

    def blocks(self, text: str) -> list[Block]:
        """See :class:`Reader`."""
        return repair.blocks(columns.untangled(lines(text)))


class Markdown:
    """Markdown: code stays line by line, a heading may be underlined, front matter is imprint."""

    suffixes = frozenset({".md", ".markdown"})

    def blocks(self, text: str) -> list[Block]:
        """See :class:`Reader`."""
        source = lines(text)
        kinds = {index: BlockKind.BYLINE for index in _front_matter(source)}
        kinds |= {index: BlockKind.PARAGRAPH for index in _code(source)}
        underlines = frozenset(_underlines(source, kinds))
        kinds |= {index - 1: BlockKind.HEADING for index in underlines}
        return repair.blocks(source, kinds, underlines)


def _front_matter(source: Sequence[Line]) -> range:
    if not source or source[0].text != "---":
        return range(0)
    ends = (index for index, line in enumerate(source) if index and line.text == "---")
    return range(next(ends, -1) + 1)


def _code(source: Sequence[Line]) -> Iterator[int]:
    fence = ""
    for index, line in enumerate(source):
        marks = _FENCE.match(line.text)
        if fence or marks:
            yield index
        if fence:
            fence = "" if line.text.startswith(fence) else fence
        elif marks:
            fence = marks.group(1)


def _underlines(source: Sequence[Line], taken: Collection[int]) -> Iterator[int]:
    """The lines that underline a paragraph of one line."""
    for index in range(1, len(source)):
        line, above = source[index], source[index - 1]
        first = index == 1 or above.gap > 0 or index - 2 in taken
        if (
            _UNDERLINE.fullmatch(line.text)
            and line.gap == 0
            and first
            and index not in taken
            and index - 1 not in taken
            and not re.match(r"[#>|\-*+=]", above.text)
        ):
            yield index


READERS: tuple[Reader, ...] = (PlainText(), Markdown())


def reader_of(source: str) -> Reader | None:
    """The reader for a file's name, or None."""
    suffix = PurePosixPath(source).suffix.lower()
    return next((reader for reader in READERS if suffix in reader.suffixes), None)
