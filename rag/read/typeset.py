"""Glyphs on a page → its lines in the order in which they are read, by geometry.

Whatever order a program wrote them in: pieces of lines are told by the gaps between glyphs, columns
by gutters that run through several rows (a recursive cut, cf. Nagy and Seth, "Hierarchical
representation of optically scanned documents", 1984), and a gutter between the cells of a table by
what stands beside it: the lines of a column fill it, or were written as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.read import shapes
from rag.read.lines import Line
from rag.types import Page, Span

_GAP = 1.6  # em between two glyphs, from which on they are of two pieces
_GUTTER = 0.8  # em, at least
_ROWS = 3  # on each side of a gutter, at least
_ROWS_BETWEEN = 2  # on one side at least, where a headline or another gutter bounds them
_COLUMN = 7  # characters, or em, that a line of a column has at least
_CHANGES = 0.3  # of a column's lines, after which the program turned to the other column
_SAME_ROW = 0.5  # of the lower piece's height that two pieces of a row share
_APART = 1.45  # pitches between two lines, from which on there is a gap
_LARGER = 1.15  # times the size of the text: a headline's
_HEADLINE = 60  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a page as it is read, or a row of a table."""

    line: Line
    cells: tuple[Span, ...] = ()
    """Of a row of a table: slices of the text."""
    headline: bool = False
    """Whether it is set larger than the text."""
    size: float = 0.0
    """Of its letters, in points."""
    top: float = 0.0
    """Where it stands, in shares of the page's height; so does ``bottom``."""
    bottom: float = 0.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """Glyphs next to each other: a slice of the text; ``left`` … along and across the writing."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float
    em: float

    @property
    def width(self) -> float:
        return self.right - self.left


def typeset(text: str, page: Page) -> list[Row]:
    """The rows of ``page`` in reading order; together they hold each of its visible characters.

    Args:
        text: of the document.
        page: with its glyphs.
    """
    turned = _Turned(page)
    pieces = _pieces(text, page, turned)
    if not pieces:
        return []
    sizes: Counter[float] = Counter()
    for piece in pieces:
        sizes[round(piece.em, 1)] += piece.end - piece.start
    em = sizes.most_common(1)[0][0]
    rows: list[Row] = []
    for leaf in _leaves(text, pieces, em):
        rows += _rows(text, leaf, em, not rows)
    return [_placed(row, page, turned) for row in rows]


class _Turned:
    """A page turned so that its lines run from left to right and follow each other downwards."""

    def __init__(self, page: Page) -> None:
        self.page = page
        steps: Counter[str] = Counter()
        glyphs = page.glyphs
        last: tuple[float, float] | None = None
        for at in range(0, len(glyphs), 4):
            left, top, right, bottom = glyphs[at : at + 4]
            if bottom <= top:
                continue
            here, size = ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top)
            if last is not None:
                across, down = here[0] - last[0], here[1] - last[1]
                if max(abs(across), abs(down)) < 2 * size:
                    steps[_heading(across, down)] += 1
            last = here
        most = steps.most_common(1)[0][0] if steps else "right"
        self.way = most if steps[most] > 0.6 * steps.total() else "right"

    def box(self, place: int) -> tuple[float, float, float, float]:
        """Of the glyph at ``place`` of the page's slice: left, top, right, bottom as turned."""
        left, top, right, bottom = self.page.glyphs[4 * place : 4 * place + 4]
        if self.way == "down":  # vertical setting: lines from right to left
            return top, -right, bottom, -left
        if self.way == "up":
            return -bottom, left, -top, right
        if self.way == "left":
            return -right, -bottom, -left, -top
        return left, top, right, bottom


def _heading(across: float, down: float) -> str:
    if abs(across) >= abs(down):
        return "right" if across >= 0 else "left"
    return "down" if down > 0 else "up"


def _pieces(text: str, page: Page, turned: _Turned) -> list[_Piece]:
    found: list[_Piece] = []
    start = end = -1
    box = (0.0, 0.0, 0.0, 0.0)
    ems: list[float] = []

    def close() -> None:
        if start >= 0:
            found.append(_Piece(start, end, *box, em=median(ems)))

    for place in range(page.end - page.start):
        at = page.start + place
        if text[at].isspace():
            if text[at] in "\r\n":
                close()
                start = -1
            continue
        glyph = turned.box(place)
        # a font's line is some 1.3 em high; an ideograph is one em wide, and 一 may be all ink
        high, wide = glyph[3] - glyph[1], glyph[2] - glyph[0]
        em = wide if shapes.columns(text[at]) == 2 and 0.5 * high < wide else high * 0.8
        drawn = high > 0 or wide > 0
        if start >= 0 and drawn and not _goes_on(box, glyph, max(em, 0.1)):
            close()
            start = -1
        if start < 0:
            start, box, ems = at, glyph, []
        elif drawn:
            box = (
                min(box[0], glyph[0]),
                min(box[1], glyph[1]),
                max(box[2], glyph[2]),
                max(box[3], glyph[3]),
            )
        ems.append(em)
        end = at + 1
    close()
    return found


def _goes_on(
    box: tuple[float, float, float, float], glyph: tuple[float, float, float, float], em: float
) -> bool:
    shared = min(box[3], glyph[3]) - max(box[1], glyph[1])
    height = min(box[3] - box[1], glyph[3] - glyph[1])
    if shared < _SAME_ROW * height:
        return False
    return -0.8 * em < glyph[0] - box[2] < _GAP * em


# --- columns --------------------------------------------------------------------------------------


def _leaves(
    text: str, pieces: Sequence[_Piece], em: float, *, within: bool = False
) -> Iterator[list[list[_Piece]]]:
    """Regions of one column, or one table, in reading order: their rows from the top.

    ``within``: the pieces are those of one side of a gutter.
    """
    rows = _in_rows(pieces)
    single: list[list[_Piece]] = []
    at = 0
    while at < len(rows):
        found = _columns(text, rows, at, em, within=within)
        if found is None:
            single.append(rows[at])
            at += 1
            continue
        stop, gutter = found
        if single:
            yield single
            single = []
        inside = [piece for row in rows[at:stop] for piece in row]
        sides = (
            [piece for piece in inside if piece.left < gutter],
            [piece for piece in inside if piece.left >= gutter],
        )
        for side in sides:
            yield from _leaves(text, side, em, within=True)
        at = stop
    if single:
        yield single


def _in_rows(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda one: (one.top + one.bottom, one.left)):
        first = rows[-1][0] if rows else None
        if first is not None:
            shared = min(first.bottom, piece.bottom) - max(first.top, piece.top)
            if shared >= _SAME_ROW * min(first.bottom - first.top, piece.bottom - piece.top):
                rows[-1].append(piece)
                continue
        rows.append([piece])
    for row in rows:
        row.sort(key=lambda one: (one.left, one.start))
    return rows


def _columns(
    text: str, rows: Sequence[list[_Piece]], at: int, em: float, *, within: bool
) -> tuple[int, float] | None:
    """Where columns that begin with row ``at`` end, and where the first of them ends; or None."""
    least = min(piece.left for row in rows for piece in row)
    most = max(piece.right for row in rows for piece in row)
    free = [(least, most)]
    found: tuple[int, float] | None = None
    best = 0
    limit = next(
        (n for n in range(at + 1, len(rows)) if _divides(text, rows, at, n, em)), len(rows)
    )
    between = within or limit < len(rows) or _is_large(rows[at], em)
    for stop in range(at, limit):
        free = [gap for gap in _cut(free, rows[stop]) if gap[1] - gap[0] >= _GUTTER * em]
        if not free:
            break
        some = rows[at : stop + 1]
        for left, right in free:
            sides = _sides(some, (left + right) / 2)
            held, most_held = sorted(sum(not _is_large(one, em) for one in side) for side in sides)
            enough = held >= _ROWS or (between and held > 0 and most_held >= _ROWS_BETWEEN)
            if enough and held >= best and _are_columns(text, *sides):
                best = held
                found = stop + 1, (left + right) / 2
    return found


def _is_large(row: Sequence[_Piece], em: float) -> bool:
    return min(piece.em for piece in row) > _LARGER * em


def _divides(text: str, rows: Sequence[list[_Piece]], at: int, stop: int, em: float) -> bool:
    """Whether a headline stands alone between the columns above it and those below.

    It may be no wider than one column. Beside a headline within a column, the other columns go on.
    """
    row = rows[stop]
    if not _is_large(row, em):
        return False
    top = min(piece.top for piece in row)
    bottom = max(piece.bottom for piece in row)
    near = (piece for one in (*rows[at:stop], *rows[stop + 1 :]) for piece in one)
    if any(min(piece.bottom, bottom) - max(piece.top, top) > 0 for piece in near):
        return False
    left, right = min(piece.left for piece in row), max(piece.right for piece in row)
    below = [piece for one in rows[stop + 1 :] for piece in one]
    if not below:  # its text is on the next page
        above = [p for one in rows[at:stop] for p in one if p.left < right and p.right > left]
        return above != [] and not shapes.is_complete(text[above[-1].start : above[-1].end])
    return any(piece.left > right or piece.right < left for piece in below) and any(
        piece.left < right and piece.right > left for piece in below
    )


def _cut(free: Sequence[tuple[float, float]], row: Sequence[_Piece]) -> list[tuple[float, float]]:
    for piece in row:
        free = [
            part
            for left, right in free
            for part in ((left, min(right, piece.left)), (max(left, piece.right), right))
            if part[1] > part[0]
        ]
    return list(free)


def _sides(
    rows: Sequence[Sequence[_Piece]], gutter: float
) -> tuple[list[list[_Piece]], list[list[_Piece]]]:
    left = [[piece for piece in row if piece.left < gutter] for row in rows]
    right = [[piece for piece in row if piece.left >= gutter] for row in rows]
    return [row for row in left if row], [row for row in right if row]


def _are_columns(
    text: str, left: Sequence[Sequence[_Piece]], right: Sequence[Sequence[_Piece]]
) -> bool:
    """Whether what stands beside a gutter is read from top to bottom, unlike a table's cells.

    Programs write a table row by row and columns one after the other; where both were written row
    by row, the words show it: lines go on below, not across.
    """
    if not _side_by_side(left, right):
        return False
    sides = [[piece for row in side for piece in row] for side in (left, right)]
    if any(median(one.end - one.start for one in side) < _COLUMN for side in sides):
        return False
    written = sorted((piece.start, place) for place, side in enumerate(sides) for piece in side)
    changes = sum(one[1] != other[1] for one, other in pairwise(written))
    if changes <= max(1, _CHANGES * min(len(left), len(right))):
        return True
    down = sum(
        shapes.torn(text[one.start : one.end], text[other.start : other.end])
        for side in (left, right)
        for above, below in pairwise(side)
        for one in above
        for other in below
        if one.left < other.right and other.left < one.right
    )
    rows = _in_rows([piece for side in sides for piece in side])
    across = sum(
        shapes.torn(text[one.start : one.end], text[other.start : other.end])
        for row in rows
        for one, other in pairwise(row)
    )
    return down >= 2 and down > 1.5 * across


def _side_by_side(left: Sequence[Sequence[_Piece]], right: Sequence[Sequence[_Piece]]) -> bool:
    """Whether two sides share some height; else one stands below the other."""
    tops = [min(piece.top for row in side for piece in row) for side in (left, right)]
    ends = [max(piece.bottom for row in side for piece in row) for side in (left, right)]
    return min(ends) - max(tops) > 0


# --- lines ----------------------------------------------------------------------------------------


def _rows(text: str, leaf: Sequence[list[_Piece]], em: float, first: bool) -> Iterator[Row]:
    """The lines of a region, with what its paper says of them: indent, gap, fullness, size."""
    start = min(row[0].left for row in leaf)
    stop = max(row[-1].right for row in leaf)
    tops = [min(piece.top for piece in row) for row in leaf]
    steps = sorted(after - before for before, after in pairwise(tops))
    pitch = steps[len(steps) // 2] if steps else 0.0
    tabular = [_is_tabular(leaf, place, em) for place in range(len(leaf))]
    if _is_latin(text, leaf) and all(stop - row[-1].right < em for row in leaf[:-1]):
        tabular = [False] * len(leaf)  # words set apart to fill the line
    for place, row in enumerate(leaf):
        size = max(piece.em for piece in row)
        before = max(piece.em for piece in leaf[place - 1]) if place else size
        apart = place > 0 and tops[place] - tops[place - 1] > _APART * max(pitch, size)
        resized = place > 0 and not 1 / _LARGER < size / before < _LARGER
        indent = max(0, round(2 * (row[0].left - start) / em))
        full = stop - row[-1].right < 1.5 * em and stop - start >= _COLUMN * em
        gap = int(apart or resized or (place == 0 and not first and size > _LARGER * em))
        cells = tuple((piece.start, piece.end) for piece in row)
        around = min(piece.top for piece in row), max(piece.bottom for piece in row)
        if tabular[place]:
            line = _line(text, cells[0], indent, gap, full)
            yield Row(line, cells, top=around[0], bottom=around[1])
            continue
        joined = list(_joined(text, cells))
        for number, span in enumerate(joined):
            line = _line(text, span, indent if number == 0 else 0, gap if number == 0 else 0, full)
            if number < len(joined) - 1:
                line = line.going_on()
            large = size > _LARGER * em and sum(b - a for a, b in joined) <= _HEADLINE
            if large and number == len(joined) - 1 and _is_wrapped(leaf, place, start, stop):
                line = line.going_on()
            yield Row(line, (), large, size, *around)


def _is_tabular(leaf: Sequence[Sequence[_Piece]], place: int, em: float) -> bool:
    """Whether a row has cells: a gap where the one above or below has one too."""
    for other in (place - 1, place + 1):
        if 0 <= other < len(leaf):
            shared = (
                min(one[1], two[1]) - max(one[0], two[0])
                for one in _gaps(leaf[place])
                for two in _gaps(leaf[other])
            )
            if any(width >= _GUTTER * em for width in shared):
                return True
    return False


def _is_wrapped(leaf: Sequence[Sequence[_Piece]], place: int, start: float, stop: float) -> bool:
    """Whether a line of a headline fills its column and the next goes on with it."""
    row = leaf[place]
    size = max(piece.em for piece in row)
    if place + 1 == len(leaf) or (stop - start) - (row[-1].right - row[0].left) > 2 * size:
        return False
    after = leaf[place + 1]
    near = after[0].top - row[0].bottom < 0.8 * size
    return near and abs(max(piece.em for piece in after) - size) < 0.05 * size


def _is_latin(text: str, leaf: Sequence[Sequence[_Piece]]) -> bool:
    said = "".join(text[piece.start : piece.end] for row in leaf for piece in row)
    return 2 * sum(char.isascii() for char in said) > len(said)


def _gaps(row: Sequence[_Piece]) -> list[tuple[float, float]]:
    return [(one.right, other.left) for one, other in pairwise(row)]


def _joined(text: str, cells: Sequence[Span]) -> Iterator[Span]:
    """Pieces of one row as slices: those with nothing but spaces between them are one."""
    start, end = cells[0]
    for left, right in cells[1:]:
        between = text[end:left] if left >= end else "\n"
        if between.strip() or "\n" in between or "\r" in between:
            yield start, end
            start = left
        end = right
    yield start, end


def _line(text: str, span: Span, indent: int, gap: int, full: bool) -> Line:
    start, end = span
    stop = end
    while stop < len(text) and text[stop] in " \t\u3000":
        stop += 1
    if stop == end and not text[stop : stop + 1].isspace():
        stop = -1
    return Line(start, end, stop, text[start:end], indent, gap, full=full)


def _placed(row: Row, page: Page, turned: _Turned) -> Row:
    """The same row, by its share of the page's height; nowhere where the page is turned."""
    if turned.way != "right" or page.height <= 0:
        return replace(row, top=0.5, bottom=0.5)
    return replace(row, top=row.top / page.height, bottom=row.bottom / page.height)
