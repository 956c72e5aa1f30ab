"""Markdown: code stays line by line, a heading may be underlined, front matter states facts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rag.read import repair
from rag.read.decoding import decode
from rag.read.lines import Line, lines
from rag.read.metadata import front_matter
from rag.read.reader import Draft
from rag.types import BlockKind

_FENCE = re.compile(r"(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"={3,}|-{3,}")


class Markdown:
    """See :class:`rag.read.reader.Reader`."""

    name = "Markdown"
    suffixes = frozenset({".md", ".markdown"})
    own = True

    def knows(self, data: bytes) -> bool:
        """Markdown is text, and has no mark of its own."""
        return False

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`."""
        text, encoding = decode(data, where)
        source = lines(text)
        kinds = {index: BlockKind.BYLINE for index in _front_matter(source)}
        kinds |= {index: BlockKind.PARAGRAPH for index in _code(source)}
        underlines = frozenset(_underlines(source, kinds))
        kinds |= {index - 1: BlockKind.HEADING for index in underlines}
        blocks = repair.blocks(source, kinds, underlines)
        return Draft(text, encoding, blocks, stated=front_matter(text))


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
