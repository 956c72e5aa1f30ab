"""CSV and TSV, row by row with their header; a row is a line. Python's csv module reads them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import islice

from rag.errors import FileDamaged, FileEmpty
from rag.read.composition import Composition
from rag.read.decoding import decode
from rag.read.reader import Draft
from rag.read.tables import add_table

_DELIMITERS = ",\t;|，"
_SAMPLE = 200  # rows that tell the delimiter
_FIELD_MAX = 10_000_000  # characters


class Delimited:
    """See :class:`rag.read.reader.Reader`."""

    name = "CSV"
    suffixes = frozenset({".csv", ".tsv", ".tab"})
    own = True

    def knows(self, data: bytes) -> bool:
        """CSV is text, and has no mark of its own."""
        return False

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            NotText: as text does.
            FileEmpty: no cell holds anything.
            FileDamaged: a quotation mark is never closed over more than 10 million characters.
        """
        text, encoding = decode(data, where)
        csv.field_size_limit(_FIELD_MAX)
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
        except csv.Error as error:
            raise FileDamaged(where) from error
        if not any(cell.strip() for row in rows for cell in row):
            raise FileEmpty(where)
        composition = Composition()
        add_table(composition, rows)
        return composition.draft(encoding)


def _delimiter(text: str) -> str:
    """The mark by which most rows come out with the same number of cells, and with more than one.

    csv.Sniffer is not used: it takes letters and quotation marks for delimiters on Chinese text.
    """
    return max(_DELIMITERS, key=lambda mark: (_evenness(text, mark), -_DELIMITERS.index(mark)))


def _evenness(text: str, mark: str) -> tuple[int, int]:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        widths = Counter(len(row) for row in islice(reader, _SAMPLE) if len(row) > 1)
    except csv.Error:
        return 0, 0
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return rows, width
