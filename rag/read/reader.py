"""The seam: a reader per format, bytes → Draft. Readers stand in modules of their own beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.read.metadata import Stated
from rag.types import Block, Metadata, Page, Problem, Span


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader makes of a file: its text, and the blocks that the text is made of.

    Every character of ``text`` that is not white space is in exactly one of the blocks or in
    ``furniture``. The same bytes give the same draft, always: a citation is proven by reading the
    file again.
    """

    text: str
    encoding: str
    """Of a text file, by Python's name; else the format's name."""
    blocks: Sequence[Block]
    """In reading order; their spans are slices of ``text``."""
    pages: tuple[Page, ...] = ()
    furniture: tuple[Span, ...] = ()
    """What is in no block on purpose: running heads, page numbers, navigation, markup."""
    problems: tuple[Problem, ...] = ()
    """Parts that could not be read; where nothing could, the reader raises instead."""
    metadata: Metadata = field(default_factory=Metadata)
    stated: Stated = field(default_factory=Stated)


class Reader(Protocol):
    """Reads one format."""

    name: str
    """As people call the format."""
    suffixes: frozenset[str]
    """Of file names, in lower case, with the dot."""
    own: bool
    """Whether all of its code is ours, so that a short file may be read outside a worker."""

    def knows(self, data: bytes) -> bool:
        """Whether the contents show that they are of this format, whatever the name says.

        A format that is text among other text knows nothing and goes by the name.
        """
        ...

    def read(self, data: bytes, where: str) -> Draft:
        """The file's text and blocks.

        Raises:
            ReadError: it cannot be read; ``where`` is how to name it.
        """
        ...
