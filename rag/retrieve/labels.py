"""Where a passage stands, in the words that an office cites by.

The parts are the ones that are known, in their customary order: headline, newspaper, date, page of
the newspaper, and then the file with its lines, by which anyone can check. Nothing is guessed: the
date of a dateline is that of an event's report, not of the paper, and is left out.
"""

from __future__ import annotations

import re

from rag.types import Chunk, Citation

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_WITH_YEAR = re.compile(r"(?<!\d)[12]\d{3}\s*[年./-]")


def label(passage: Chunk | Citation) -> str:
    """The one line that a person reads: 《题目》，报名，日期，第 N 版，文件 第 x–y 行.

    Where nothing is known between the headline and the file it is 《题目》 文件 第 x–y 行.
    """
    known = passage.metadata
    printed = [_flat(known.publisher), _day(passage), _edition(known.edition)]
    parts = [part for part in printed if part]
    title = f"《{_flat(passage.title)}》" if passage.title else ""
    where = f"{passage.source} {place(passage)}"
    if not parts:
        return f"{title} {where}" if title else where
    return "，".join([*filter(None, [title]), *parts, where])


def place(passage: Chunk | Citation) -> str:
    """Page and lines: 第 3–5 行, 第 2 页第 3–5 行, 第 2 页第 3 行–第 3 页第 1 行."""
    first, last = passage.line_start, passage.line_end
    until = passage.page_end
    if passage.page is not None and until is not None and until != passage.page:
        return f"第 {passage.page} 页第 {first} 行–第 {until} 页第 {last} 行"
    page = f"第 {passage.page} 页" if passage.page is not None else ""
    return page + (f"第 {first} 行" if first == last else f"第 {first}–{last} 行")


def _day(passage: Chunk | Citation) -> str:
    """The date of publication as Chinese writes it, as exact as it is known."""
    issued = passage.metadata.issued
    found = _ISO.fullmatch(issued) if issued else None
    if found:
        units = zip(found.groups(), "年月日", strict=True)
        return "".join(f"{int(number)}{unit}" for number, unit in units if number)
    printed = passage.date or ""
    return _flat(printed) if _WITH_YEAR.search(printed) else ""


def _edition(edition: str | None) -> str:
    return f"第 {_flat(edition)} 版" if edition else ""


def _flat(text: str | None) -> str:
    """On one line: what is printed must not break it."""
    return " ".join((text or "").split())
