"""The law of citations: a passage is the file's own words, and stands on the lines it names.

Pure functions, the one place where the law is written down: splitting numbers its lines by it,
the index refuses what breaks it, an answer and ``rag verify`` check it again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from rag.types import Page, Span

_LINE_END = re.compile(r"\r\n|\r|\n")


def bare(text: str) -> str:
    """``text`` without white space: what two texts are compared by."""
    return "".join(text.split())


def quoted(text: str, spans: Sequence[Span]) -> str:
    """The slices of ``text`` that ``spans`` name, joined."""
    return "".join(text[start:end] for start, end in spans)


def is_quote(passage: str, text: str, spans: Sequence[Span]) -> bool:
    """Whether ``passage`` equals ``text`` over ``spans`` once white space is removed from both.

    Spans that reach outside ``text``, run backwards or are empty never make a quotation, and
    neither does a passage without a visible character.
    """
    inside = all(0 <= start < end <= len(text) for start, end in spans)
    wanted = bare(passage)
    return inside and wanted != "" and wanted == bare(quoted(text, spans))


def line_starts(text: str) -> list[int]:
    r"""Where each line of ``text`` begins; a line ends at ``\n``, ``\r\n`` or ``\r``."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def place_of(
    starts: Sequence[int], pages: Sequence[Page], spans: Sequence[Span]
) -> tuple[int | None, int | None, int, int]:
    """First and last page, first and last line: of the file, or of its page where it has pages.

    Args:
        starts: what :func:`line_starts` said of the text.
        pages: of the document; may be empty.
        spans: at least one, none of them empty.
    """
    first, last = lines_of(starts, spans)
    if not pages:
        return None, None, first, last
    tops = [page.start for page in pages]
    begin = pages[max(bisect_right(tops, min(start for start, _ in spans)) - 1, 0)]
    end = pages[max(bisect_right(tops, max(end for _, end in spans) - 1) - 1, 0)]
    return (
        begin.number,
        end.number,
        first - bisect_right(starts, begin.start) + 1,
        last - bisect_right(starts, end.start) + 1,
    )


def lines_of(starts: Sequence[int], spans: Sequence[Span]) -> tuple[int, int]:
    """The first and last line, from 1, that ``spans`` touch.

    Args:
        starts: what :func:`line_starts` said of the text.
        spans: at least one, none of them empty.
    """
    first = min(start for start, _ in spans)
    last = max(end for _, end in spans) - 1
    return bisect_right(starts, first), bisect_right(starts, last)
