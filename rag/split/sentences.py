"""Where sentences and clauses end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.types import Span

REACH = 300  # characters within which a quote or bracket must close to stay whole

_ENDS = "。！？!?."
_MARKS = re.compile(r"[。！？!?.…“”‘’「」『』（）()【】《》〈〉\[\]［］\"\n]")
_CLOSE_TO_OPEN = dict(zip("”’」』）)】》〉]］", "“‘「『（(【《〈[［", strict=True))
_OPENERS = frozenset(_CLOSE_TO_OPEN.values())
_CLOSERS = frozenset(_CLOSE_TO_OPEN) | {'"'}
_AFTER_END = re.compile(r"[。！？!?…”’」』）)】》〉\]］\"]+")
_GOES_ON = re.compile(r"\s*[，,、；;：:。！？!?…”’」』）)】》〉的等之]")
_NOTE = re.compile(r"[（(][^（）()。！？]{1,30}[）)](?![^\s“「『])")
_SPEAKER = re.compile(
    r"[^。！？“”]{1,16}(?:说|道|称|问|答|表示|介绍|认为|强调|指出|告诉[^。]{0,8})。"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(（。；！？])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|\d{1,3}|No|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|Fig|cf)$"
)
_CLAUSE = re.compile(r"(?:[；;]|…+|——)|[，,、：:]")


def sentences(text: str) -> list[Span]:
    """The sentences of a text, as slices of it, in order.

    Together they hold every character that is not white space. A line break ends a sentence;
    quotes and brackets that close within :data:`REACH` characters stay whole, decimals,
    abbreviations and ellipses are not cut. Linear in the text's length.
    """
    found: list[Span] = []
    start = 0
    for end in (*_ends(text), len(text)):
        if trimmed := _trim(text, start, end):
            found.append(trimmed)
        start = end
    return found


def clauses(text: str, start: int, end: int, limit: int) -> Iterator[Span]:
    """A sentence in pieces of at most ``limit`` characters, cut as gently as can be.

    Semicolons, ellipses and dashes before commas, commas before nothing at all; pieces are as
    equal in length as the marks allow.
    """
    while end - start > limit:
        parts = -(-(end - start) // limit)
        wanted = start + (end - start) // parts
        cut = _gentlest(text, start, wanted, limit)
        if trimmed := _trim(text, start, cut):
            yield trimmed
        start = cut
    if trimmed := _trim(text, start, end):
        yield trimmed


def _gentlest(text: str, start: int, wanted: int, limit: int) -> int:
    """The mark to cut after: nearest to ``wanted``, a stronger one if it is about as near."""
    low, high = start + limit // 4, start + limit
    best, place = float("inf"), start + limit
    for match in _CLAUSE.finditer(text, low, high):
        position = match.end()
        if match.group() in ",:" and text[match.start() - 1 : position + 1].isascii():
            continue  # 1,234 and 10:30
        distance = abs(position - wanted) + (limit // 4 if match.group() in "，,、：:" else 0)
        if distance < best:
            best, place = distance, position
    return place


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, closing marks included."""
    closing = _pairs(text)
    barrier = 0  # an end before this place stands within a quote or bracket
    position = 0
    for match in _MARKS.finditer(text):
        place, mark = match.start(), match.group()
        if place < position:
            continue
        if mark == "\n":
            barrier = 0
            yield place
        elif place in closing:
            barrier = max(barrier, closing[place] + 1)
        if place < barrier - 1 or not _is_end(text, place, mark):
            continue
        end = place + 1
        if more := _AFTER_END.match(text, end):
            end = more.end()
        position = end
        if end < barrier or _GOES_ON.match(text, end):
            continue
        if text[end - 1] in "”’" and _SPEAKER.match(text, end):
            continue  # 「“……。”村民说。」 is one sentence
        if note := _NOTE.match(text, end):
            end = position = note.end()
        yield end


def _is_end(text: str, place: int, mark: str) -> bool:
    if mark in "。！？":
        return True
    before, after = text[max(place - 12, 0) : place], text[place + 1 : place + 2]
    if mark in "!?":
        return not (after.isascii() and after.isalnum())
    if mark == ".":
        if after and not (after.isspace() or after in _CLOSERS):
            return False
        return bool(before) and before[-1].isascii() and not _ABBREVIATION.search(before)
    # 「……。”」 ends with the quote: what ends a sentence may stand inside the closing mark
    return mark in _CLOSERS and bool(before) and before[-1] in "。！？!?…"


def _pairs(text: str) -> dict[int, int]:
    """The place of each opening mark whose closing mark is within reach, and that one's place."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    straight: int | None = None
    for match in _MARKS.finditer(text):
        place, mark = match.start(), match.group()
        if mark == "\n":
            waiting, straight = [], None
        elif mark == '"':
            if straight is None or place - straight > REACH:
                straight = place
            else:
                pairs[straight], straight = place, None
        elif mark in _OPENERS:
            waiting.append(place)
        elif mark in _CLOSE_TO_OPEN:
            # a stray opening mark must not hide the pair around it
            for back in range(1, min(len(waiting), 4) + 1):
                if text[waiting[-back]] == _CLOSE_TO_OPEN[mark]:
                    if place - waiting[-back] <= REACH:
                        pairs[waiting[-back]] = place
                    del waiting[-back:]
                    break
    return pairs


def _trim(text: str, start: int, end: int) -> Span | None:
    """The slice without white space at its ends, or None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
