"""Rows of a table → lines that read by themselves: 「列名：值；列名：值」."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.read.composition import Composition
from rag.types import BlockKind

_NUMBER = re.compile(
    r"[-+−]?[¥￥$]?[\d,，.]+(?:[eE][-+]?\d+)?\s*[%％‰]?|[-—–/]+|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*"
)
_LABEL_MAX = 40  # characters of a column's name
_HEADER_WITHIN = 10  # rows that may stand above a table's header: its title, its unit
_END = "。！？；!?;"

Row = Sequence[str]


def add_table(
    composition: Composition,
    rows: Sequence[Row],
    header: range | None = None,
    *,
    apart: bool = False,
    level: int | None = None,
) -> None:
    """Add a table, a line a row, so that the line's number is the row's.

    Rows above the header (a title, a unit) and rows of one cell are lines of their own. The header
    is in no block where there are rows below it, as each of them repeats it.

    Args:
        composition: where the rows go.
        rows: the cells; one that stands over several columns or rows is in each of them.
        header: which rows name the columns, where the format says so; else it is looked for.
        apart: whether the table is in no block.
        level: how deep the title stands that the first row above the header may be.
    """
    found = header_of(rows) if header is None else header
    names = _names(rows, found)
    below = any(_filled(row) for row in rows[found.stop :]) and bool(names)
    for place, row in enumerate(rows):
        if not row:
            composition.add("")
            continue
        cells = [_one_line(cell) for cell in row]
        if place in found:
            line = "；".join(dict.fromkeys(cell for cell in cells if cell))
            composition.add(line, BlockKind.TABLE_ROW, apart=apart or below)
        elif place < found.start or len(set(_filled(row))) <= 1:
            merged = "".join(dict.fromkeys(cell for cell in cells if cell))
            named = place >= found.stop and _is_label(merged)
            kind = BlockKind.TABLE_ROW if named else None
            if level is not None and place < found.start and _is_label(merged):
                composition.add(merged, BlockKind.HEADING, level=level, apart=apart)
                level = None
            else:
                composition.add(merged, kind, apart=apart)
        else:
            composition.add(_row(names, cells), BlockKind.TABLE_ROW, apart=apart)


def header_of(rows: Sequence[Row]) -> range:
    """The rows that name a table's columns, empty where there are none.

    The first row with more than one cell, if all its cells are names and no numbers; and the rows
    below it that go on with names where it has one name for several columns.
    """
    wide = max((len(_filled(row)) for row in rows[:200]), default=0)
    for start, row in enumerate(rows[:_HEADER_WITHIN]):
        filled = _filled(row)
        if len(filled) < 2 or len(set(filled)) < 2:
            continue
        if not all(map(_is_label, filled)) or 2 * len(filled) < wide:
            return range(start, start)
        stop = start + 1
        while (
            stop < min(len(rows), start + 4)
            and _spans(rows[stop - 1])
            and len(_filled(rows[stop])) > 1
            and all(map(_is_label, _filled(rows[stop])))
        ):
            stop += 1
        below = [row for row in rows[stop:] if len(_filled(row)) > 1]
        if 2 * sum(map(_spans, below)) > len(below):
            return range(start, start)  # a form, whose cells name each other
        return range(start, stop)
    return range(0)


def _spans(row: Row) -> bool:
    """Whether a name stands over several columns."""
    return any(a and a == b for a, b in pairwise(row))


def _names(rows: Sequence[Row], header: range) -> list[str]:
    wide = max((len(rows[place]) for place in header), default=0)
    columns = [[_one_line(rows[r][c]) for r in header if c < len(rows[r])] for c in range(wide)]
    return [" ".join(dict.fromkeys(name for name in each if name)) for each in columns]


def _row(names: Sequence[str], cells: Sequence[str]) -> str:
    said: list[str] = []
    before = ("", "")
    for place, cell in enumerate(cells):
        name = names[place].rstrip("：: ") if place < len(names) else ""
        if cell and (name, cell) != before:  # one cell over two columns of one name
            said.append(f"{name}：{cell}" if name else cell)
        before = (name, cell)
    line = ""
    for each in said:
        line += each if not line else ("" if line[-1] in _END else "；") + each
    return line


def _filled(row: Row) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _is_label(text: str) -> bool:
    text = text.strip()
    return 0 < len(text) <= _LABEL_MAX and text[-1] not in _END and not _NUMBER.fullmatch(text)


def _one_line(cell: str) -> str:
    """A cell's lines are one: pieces of Chinese join, other words keep a space."""
    pieces = [" ".join(piece.split()) for piece in cell.splitlines()]
    line = ""
    for piece in filter(None, pieces):
        ascii_both = line[-1:].isascii() and piece[0].isascii()
        line += (" " if line and ascii_both else "") + piece
    return line
