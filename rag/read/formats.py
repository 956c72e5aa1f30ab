"""A reader per format: decoded text → blocks. Plain text and Markdown share the rules of print."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Protocol

from rag.read import repair
from rag.types import Block

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
        return repair.blocks(repair.lines(text))


class Markdown:
    """Markdown: code stays line by line, and a heading may be underlined."""

    suffixes = frozenset({".md", ".markdown"})

    def blocks(self, text: str) -> list[Block]:
        """See :class:`Reader`."""
        source = repair.lines(text)
        return repair.blocks(source, apart=self._code(source), underlined=self._titles(source))

    def _code(self, source: list[repair.Line]) -> frozenset[int]:
        code: set[int] = set()
        fence = ""
        for index, line in enumerate(source):
            marks = _FENCE.match(line.text)
            if fence:
                code.add(index)
                fence = "" if line.text.startswith(fence) else fence
            elif marks:
                code.add(index)
                fence = marks.group(1)
        return frozenset(code)

    def _titles(self, source: list[repair.Line]) -> frozenset[int]:
        return frozenset(
            index - 1
            for index, line in enumerate(source)
            if index and line.gap == 0 and _UNDERLINE.fullmatch(line.text)
        )


READERS: tuple[Reader, ...] = (PlainText(), Markdown())


def reader_of(source: str) -> Reader | None:
    """The reader for a file's name, or None."""
    suffix = PurePosixPath(source).suffix.lower()
    return next((reader for reader in READERS if suffix in reader.suffixes), None)
