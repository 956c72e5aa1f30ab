"""Pages of glyphs → a draft: one text, blocks in the order of the paper, heads and feet apart."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.read import repair, shapes
from rag.read.reader import Draft
from rag.read.recognition import Seen
from rag.read.typeset import Row, typeset
from rag.types import Block, BlockKind, Page, Problem, Span

_FOLIO = re.compile(
    r"[-—–·•\s]*(?:第\s*)?\d{1,4}\s*页?(?:[\s/／，]*共?\s*\d{1,4}\s*页?)?[-—–·•\s]*"
    r"|page \d{1,4}(?: of \d{1,4})?",
    re.IGNORECASE,
)
_HYPHEN = re.compile(r"[A-Za-z]-$")
_EDGE = 2  # lines at the top and at the bottom of a page that may be a running head or foot
_REPEATED = 0.5  # of the pages that a running head stands on, at least
_SAME_SIZE = 0.04  # by which two headlines of one size may seem to differ
_MARGIN = 0.15  # of a page's height, at either end


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its size in points, its text, and the box of each character."""

    number: int
    width: float
    height: float
    text: str
    glyphs: array[float]
    certainty: float | None = None
    """Of text that was recognised in a picture, see :attr:`rag.types.Page.recognised`."""

    @classmethod
    def recognised(
        cls, number: int, width: float, height: float, seen: Sequence[Seen], scale: float
    ) -> Sheet:
        """A page from what was seen in its picture; ``scale``: points of a pixel."""
        glyphs: array[float] = array("f")
        for line in seen:
            for box in line.boxes:
                glyphs.extend(side * scale for side in box)
            glyphs.extend((0.0,) * 4)
        text = "".join(f"{line.text}\n" for line in seen)
        weights = [len(line.text) for line in seen]
        sure = sum(line.certainty * len(line.text) for line in seen) / max(sum(weights), 1)
        return cls(number, width, height, text, glyphs, round(sure, 3))


def draft(sheets: Sequence[Sheet], encoding: str, problems: Sequence[Problem]) -> Draft:
    """The draft of a file of pages."""
    pages: list[Page] = []
    start = 0
    for sheet in sheets:
        end = start + len(sheet.text) + 1
        glyphs = sheet.glyphs[:]
        glyphs.extend((0.0,) * 4)
        paper = sheet.number, start, end, sheet.width, sheet.height
        pages.append(Page(*paper, glyphs, sheet.certainty))
        start = end
    text = "".join(f"{sheet.text}\n" for sheet in sheets)
    set_pages = [typeset(text, page) for page in pages]
    apart = {id(row) for row in _running(set_pages)}
    furniture = [
        span for rows in set_pages for row in rows if id(row) in apart for span in _all(row)
    ]
    rows = [row for rows in set_pages for row in rows if id(row) not in apart]
    for place in range(len(rows) - 1):
        line, after = rows[place].line, rows[place + 1].line
        if not rows[place].cells and _HYPHEN.search(line.text) and after.text[0].islower():
            rows[place] = replace(rows[place], line=line.going_on(hyphen=True))
            furniture.append((line.end - 1, line.end))
    return Draft(
        text=text,
        encoding=encoding,
        blocks=list(_blocks(text, rows)),
        pages=tuple(pages),
        furniture=tuple(sorted(furniture)),
        problems=tuple(problems),
    )


def _all(row: Row) -> tuple[Span, ...]:
    return row.cells or ((row.line.start, row.line.end),)


def _blocks(text: str, rows: Sequence[Row]) -> Iterator[Block]:
    """Prose is repaired, rows of tables are blocks of their own.

    Headlines as large as the first one stand beside it: what they begin is no section of its text.
    """
    sizes = [row.size for row in rows if row.headline]
    first = {row.line.start for row in rows if row.headline and _is_as_large(row.size, sizes[0])}
    prose: list[Row] = []
    for row in [*rows, None]:
        if row is not None and not row.cells:
            prose.append(row)
            continue
        kinds = {at: BlockKind.HEADING for at, one in enumerate(prose) if _is_headline(prose, at)}
        for block in repair.blocks([one.line for one in prose], kinds):
            alike = block.kind is BlockKind.HEADING and block.spans[0][0] in first
            yield replace(block, level=1) if alike else block
        prose = []
        if row is not None:
            yield _table_row(text, row.cells)


def _is_as_large(size: float, other: float) -> bool:
    return abs(size - other) < _SAME_SIZE * other


def _is_headline(rows: Sequence[Row], at: int) -> bool:
    """Whether a row is set larger than the text, and is no sentence."""
    return rows[at].headline and not shapes.is_complete(rows[at].line.text)


def _table_row(text: str, cells: Sequence[Span]) -> Block:
    parts: list[str] = []
    spans: list[Span] = []
    for place, (start, end) in enumerate(cells):
        parts.append(text[start:end])
        spans.append((start, end))
        if place < len(cells) - 1 and text[end : end + 1].isspace():
            parts.append(" ")
            spans.append((end, end + 1))
    return Block(BlockKind.TABLE_ROW, "".join(parts), tuple(spans))


def _running(pages: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """Running heads and feet, page numbers: rows at a page's edge that most pages share."""
    edges: list[tuple[Row, bool]] = []
    for rows in pages:
        down = sorted(rows, key=lambda row: row.top)
        head, foot = down[:_EDGE], down[max(_EDGE, len(down) - _EDGE) :]
        edges += [(row, row.bottom < _MARGIN or row.top > 1 - _MARGIN) for row in (*head, *foot)]
    seen = Counter(_shape(row.line.text) for row, _ in edges)
    for row, outside in edges:
        text = row.line.text
        times = seen[_shape(text)]
        often = times >= max(3, _REPEATED * len(pages)) or (outside and times == len(pages) > 1)
        brief = len(text) <= shapes.REACH and not shapes.is_complete(text)
        if (often and brief) or (outside and _FOLIO.fullmatch(text)):
            yield row


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)
