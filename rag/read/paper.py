"""Where words stand on paper: the boxes of a passage on its pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rag.types import Box, Page, Span

_SAME_LINE = 0.5  # of the lower box's height that two boxes share


def boxes_of(pages: Sequence[Page], spans: Sequence[Span]) -> tuple[Box, ...]:
    """A box for each line, or part of a line, that ``spans`` cover; in reading order.

    Args:
        pages: of the document, with their glyphs.
        spans: slices of the document's text.
    """
    found: list[Box] = []
    for box in _drawn(pages, spans):
        if found and _goes_on(found[-1], box):
            last = found.pop()
            box = Box(
                box.page,
                min(last.left, box.left),
                min(last.top, box.top),
                max(last.right, box.right),
                max(last.bottom, box.bottom),
            )
        found.append(box)
    return tuple(
        Box(box.page, *(round(side, 1) for side in (box.left, box.top, box.right, box.bottom)))
        for box in found
    )


def _drawn(pages: Sequence[Page], spans: Sequence[Span]) -> Iterator[Box]:
    tops = [page.start for page in pages]
    for start, end in spans:
        for page in pages[max(bisect_right(tops, start) - 1, 0) :]:
            if page.start >= end:
                break
            if not page.glyphs:
                continue
            for place in range(max(start, page.start), min(end, page.end)):
                at = 4 * (place - page.start)
                left, top, right, bottom = page.glyphs[at : at + 4]
                if bottom > top:
                    yield Box(page.number, left, top, right, bottom)


def _goes_on(line: Box, box: Box) -> bool:
    """Whether a glyph stands next to what was seen of its line, whichever way the line runs."""
    if box.page != line.page:
        return False
    high, wide = max(box.bottom - box.top, 0.1), max(box.right - box.left, 0.1)
    level = _shared(line.top, line.bottom, box.top, box.bottom) >= _SAME_LINE * min(
        high, line.bottom - line.top
    )
    if level and box.right >= line.right:
        return box.left - line.right < 4 * max(line.bottom - line.top, high)
    # a line that runs down or up the paper is as narrow as its glyphs
    narrow = line.right - line.left <= 1.5 * wide
    plumb = narrow and _shared(line.left, line.right, box.left, box.right) >= _SAME_LINE * wide
    return plumb and -wide < max(box.top - line.bottom, line.top - box.bottom) < wide


def _shared(start: float, end: float, other_start: float, other_end: float) -> float:
    return min(end, other_end) - max(start, other_start)
