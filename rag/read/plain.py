"""Plain text, as it comes from typing, wrapping, or reading print by machine."""

from __future__ import annotations

from rag.read import columns, repair
from rag.read.decoding import decode
from rag.read.lines import lines
from rag.read.reader import Draft


class PlainText:
    """See :class:`rag.read.reader.Reader`."""

    name = "TXT"
    suffixes = frozenset({".txt", ".text"})
    own = True

    def knows(self, data: bytes) -> bool:
        """Text has no mark of its own."""
        return False

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`."""
        text, encoding = decode(data, where)
        return Draft(text, encoding, repair.blocks(columns.untangled(lines(text))))
