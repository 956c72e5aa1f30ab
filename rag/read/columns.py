"""Lines → lines in reading order: columns that stand side by side, or take turns, are told apart.

Two ways in which converters mix the columns of a page. One keeps the layout: each line holds a
line of every column, with white space between. The other goes by height: the lines of the columns
follow each other in turn. The first shows in the gutter; the second in the words, since a column's
line goes on with the next but one (cf. the lines of a page in Breuel, "High performance document
layout analysis", 2003; there by geometry, here by text). Where neither order is clearly the better
one, the lines stay as they are and are marked doubtful.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from rag.read import shapes
from rag.read.lines import Line

_AMBIGUOUS = re.compile(r"[“”‘’—…·]")  # one column wide or two, as each program has it
_GAP = re.compile(r"(?<=\S)[ \u3000\t]{2,}(?=\S)")
_INDENTS = 8  # columns of the screen that the first line of a paragraph may stand further right
_ROWS = 5  # rows with two columns, from which on a gutter is one
_FEW = 3  # rows, or lines that go on below, that are enough where nothing speaks against it
_COLUMN = 16  # columns of a terminal that a column of prose has at least
_MARKS = ">|#●•◆◇■□▪▲△★☆○◎"
_RUN = 8  # lines, from which on their order can be told by their words
_MOST = 4  # columns that take turns
_CLEARLY = 0.1  # by how much more often the lines of one order must go on with each other
_HARDLY = 0.04


def untangled(source: Sequence[Line]) -> list[Line]:
    """The lines in the order in which they are read; those of two columns are cut in two."""
    return [line for run in _runs(_parted(source)) for line in _in_order(run)]


# --- side by side ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line, and where its parts begin on the screen."""

    line: Line
    breaks: tuple[tuple[int, int, int, int], ...]
    """For each wide gap: between which columns of the screen it ends, and its slice of the text."""
    width: int


def _parted(source: Sequence[Line]) -> list[Line]:
    rows = [_row(line) for line in source]
    tried: dict[int, int] = {}
    made: list[Line] = []
    start = 0
    while start < len(rows):
        found = _region(rows, start, tried)
        if found is None:
            made.append(rows[start].line)
            start += 1
            continue
        stop, gutter = found
        left, right = _cut(rows[start:stop], gutter)
        made += _parted(left)  # there may be a third column
        made += _parted(right)
        start = stop
    return made


def _row(line: Line) -> _Row:
    breaks = []
    for match in _GAP.finditer(line.text[:400]) if _is_spaced(line.text) else ():
        before = line.text[: match.end()]
        at = line.indent + shapes.columns(before)
        breaks.append((at, at + len(_AMBIGUOUS.findall(before)), match.start(), match.end()))
    width = line.indent + shapes.columns(line.text[:400])
    return _Row(line, tuple(breaks), width)


def _is_spaced(text: str) -> bool:
    return "  " in text or "\u3000" in text or "\t" in text


def _region(rows: Sequence[_Row], start: int, tried: dict[int, int]) -> tuple[int, int] | None:
    """Where a region of two columns that begins at ``start`` ends, and its gutter; or None.

    ``tried`` remembers up to which row a gutter was followed in vain, so that a long table is
    walked once.
    """
    for gutter in sorted({at for each in rows[start].breaks for at in each[:2]}):
        for border in (gutter, gutter - 4, gutter - 2):  # the first line of a paragraph is indented
            if tried.get(border, 0) > start:
                continue
            stop, doubles = _reach(rows, start, border)
            tried[border] = stop
            few = doubles < _ROWS
            if doubles >= _FEW and _is_prose(rows[start:stop], border, few=few):
                return stop, border
    return None


def _reach(rows: Sequence[_Row], start: int, gutter: int) -> tuple[int, int]:
    """How far rows keep off a gutter: the row after the last of two parts, and how many have two.

    Rows of one part may stand between, and right behind them.
    """
    last, doubles = start, 0
    place = start
    while place < len(rows):
        row = rows[place]
        double = _place(row, gutter) is not None
        if not double and row.width > gutter and row.line.indent < gutter:
            break
        if row.line.gap and place > start and not double and row.line.indent < gutter:
            after = rows[place + 1] if place + 1 < len(rows) else None
            if after is None or after.line.gap:
                break  # a headline of its own
        doubles += double
        if double or row.line.gap == 0:
            last = place
        place += 1
    return last + 1, doubles


def _place(row: _Row, gutter: int) -> tuple[int, int] | None:
    """The gap of a row that holds the gutter: its slice of the text."""
    for least, most, start, end in row.breaks:
        left = row.line.indent + shapes.columns(row.line.text[:start])
        if left <= gutter - 2 and most >= gutter and least <= gutter + _INDENTS:
            return start, end
    return None


def _is_prose(rows: Sequence[_Row], gutter: int, *, few: bool) -> bool:
    """Whether the parts are as long as lines of text; those of a table are not.

    Of a ``few`` rows the words must show it too: more lines go on in the next row than across.
    """
    cuts = [(row, cut) for row in rows if (cut := _place(row, gutter))]
    lefts = [row.line.text[: cut[0]] for row, cut in cuts]
    rights = [row.line.text[cut[1] :] for row, cut in cuts]
    if few:
        down = sum(shapes.torn(a, b) for side in (lefts, rights) for a, b in pairwise(side))
        across = sum(shapes.torn(a, b) for a, b in zip(lefts, rights, strict=True))
        return down > across and median(map(shapes.columns, lefts)) >= _COLUMN
    return min(median(map(shapes.columns, side)) for side in (lefts, rights)) >= _COLUMN


def _cut(rows: Sequence[_Row], gutter: int) -> tuple[list[Line], list[Line]]:
    left: list[Line] = []
    right: list[Line] = []
    gaps = [0, 0]
    for row in rows:
        line = row.line
        gaps = [gap + line.gap for gap in gaps]
        cut = _place(row, gutter)
        if cut is None and line.indent >= gutter:
            right.append(replace(line, indent=line.indent - gutter, gap=gaps[1]))
            gaps = [gaps[0] + 1, 0]
            continue
        if cut is None:
            left.append(replace(line, gap=gaps[0]))
            gaps = [0, gaps[1] + 1]
            continue
        start, end = cut
        text = line.text
        at = line.indent + shapes.columns(text[:end])
        middle = line.start + end
        left.append(
            replace(
                line,
                end=line.start + start,
                stop=line.start + start,
                text=text[:start],
                gap=gaps[0],
            )
        )
        right.append(
            replace(line, start=middle, text=text[end:], indent=max(at - gutter, 0), gap=gaps[1])
        )
        gaps = [0, 0]
    if right:
        right[0] = replace(right[0], gap=0, top=True)
    return left, right


# --- in turn --------------------------------------------------------------------------------------


def _runs(source: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines without a blank line or a mark between them, and all others one by one."""
    run: list[Line] = []
    for line in source:
        if run and (line.gap or _is_marked(line.text)):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _is_marked(text: str) -> bool:
    return text[0] in _MARKS or shapes.is_table_row(text)


def _in_order(run: list[Line]) -> list[Line]:
    if len(run) < _RUN or not _is_column(run):
        return run
    shares = {step: _going_on(run, step) for step in range(1, _MOST + 1) if len(run) >= 6 * step}
    shares |= {2: _going_on(run, 2)}
    best = max(shares, key=lambda step: (shares[step], -step))
    others = max(share for step, share in shares.items() if step != best)
    ahead = shares[best] - others
    if best == 1 and ahead > _HARDLY:
        return run
    few = shares[best] * (len(run) - best) < _FEW
    if best == 1 or shares[best] - shares[1] < _CLEARLY or ahead < _HARDLY or few:
        return [replace(line, doubtful=True) for line in run]
    return [line for column in range(best) for line in run[column::best]]


def _is_column(run: Sequence[Line]) -> bool:
    """Whether lines are as long as each other, as in a narrow column: a sentence takes several."""
    widths = [shapes.columns(line.text[:200]) for line in run]
    (usual, _), *_ = Counter(width // 4 for width in widths).most_common(1)
    full = sum(abs(width // 4 - usual) <= 1 for width in widths)
    ended = sum(shapes.is_complete(line.text) for line in run)
    return usual * 4 <= 72 and full >= 0.6 * len(run) and ended <= 0.6 * len(run)


def _going_on(run: Sequence[Line], step: int) -> float:
    """How often a line clearly goes on with the one ``step`` below: a word spans both."""
    pairs = list(zip(run, run[step:], strict=False))
    return sum(shapes.torn(a.text, b.text) for a, b in pairs) / len(pairs)
