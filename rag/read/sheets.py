"""XLSX: each sheet row by row with its header; a sheet is a page, a row is a line.

openpyxl (MIT) reads it: it keeps merged cells and the number formats, by which 0.035 is 3.5%. A
formula stands as its last result. Macros and links to other files are not loaded.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from rag.errors import FileDamaged, FileEmpty, ReaderMissing
from rag.read.composition import Composition
from rag.read.package import Package, check_size, package
from rag.read.reader import Draft
from rag.read.tables import add_table
from rag.types import BlockKind

_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.I)
_IN_QUOTES = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DECIMALS = re.compile(r"[0#](?:\.(0+))?(?![0#.,])")
_MERGED_MAX = 100_000  # cells of a sheet that a merged one is put into


class Xlsx:
    """See :class:`rag.read.reader.Reader`."""

    name = "XLSX"
    suffixes = frozenset({".xlsx", ".xlsm"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By its parts."""
        return package(data) is Package.XLSX

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            ReaderMissing: openpyxl is not installed.
            FileDamaged: it cannot be opened.
            FileEmpty: no cell holds anything.
        """
        try:
            import openpyxl
        except ImportError as error:
            raise ReaderMissing(where, format=self.name, package="'wenju[office]'") from error
        check_size(data, where)
        composition = Composition()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are not shown, such as rules for input
            try:
                book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
                for sheet in book.worksheets:
                    _add(composition, sheet)
            except MemoryError:
                raise
            except Exception as error:  # openpyxl has no exception of its own for what is broken
                raise FileDamaged(where) from error
        if composition.is_blank:
            raise FileEmpty(where)
        return composition.draft("xlsx")


def _add(composition: Composition, sheet: Any) -> None:
    rows = _rows(sheet)
    named = not _DEFAULT_NAME.fullmatch(sheet.title.strip())
    if rows and named:
        composition.add(sheet.title, BlockKind.HEADING, level=1)
    composition.begin_page()
    add_table(composition, rows, level=2 if named else 1)


def _rows(sheet: Any) -> list[list[str]]:
    """The cells as they are shown, from row 1 to the last that holds anything."""
    held: dict[int, dict[int, str]] = defaultdict(dict)
    for (row, column), cell in sheet._cells.items():  # iter_rows visits 17 thousand million cells
        if cell.value is not None and (text := _shown(cell.value, cell.number_format)):
            held[row][column] = text
    if not held:
        return []
    last = max(held)
    columns = {column for row in held.values() for column in row}
    room = _MERGED_MAX
    for merged in sheet.merged_cells.ranges:
        said = held.get(merged.min_row, {}).get(merged.min_col)
        if said is None:
            continue
        for row in range(merged.min_row, min(merged.max_row, last) + 1):
            for column in range(merged.min_col, merged.max_col + 1):
                if column in columns and room > 0:
                    held[row][column] = said
                    room -= 1
    order = sorted(columns)
    return [
        [held[n].get(column, "") for column in order] if n in held else []
        for n in range(1, last + 1)
    ]


def _shown(value: object, number_format: str) -> str:
    """A cell's value as a sheet shows it, with all of its digits."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, _IN_QUOTES.sub("", number_format or "").partition(";")[0])
    if isinstance(value, datetime):
        plain = value.time() == time(0)
        return value.date().isoformat() if plain else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def _number(value: float, form: str) -> str:
    """A number with its percent sign, commas and last zeros; no digit is rounded away."""
    percent = "%" in form
    said = f"{value * 100:.12g}" if percent else f"{value:.15g}"
    decimals = _DECIMALS.search(form)
    if "e" not in said and decimals is not None and isfinite(value):
        digits = max(len(said.partition(".")[2]), len(decimals.group(1) or ""))
        said = f"{Decimal(said):{',' if ',' in form else ''}.{digits}f}"
    return f"{said}%" if percent else said
