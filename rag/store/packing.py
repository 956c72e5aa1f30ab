"""A passage as it is kept: one compressed row, without the name of its document."""

from __future__ import annotations

import json
import zlib
from dataclasses import astuple, fields
from functools import cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

from rag.types import BlockKind, Box, Chunk, Metadata, Span

_LEVEL = 9
_KNOWN = [field.name for field in fields(Metadata)]
_HALVES = b"\xff"
"""Begins what is not in GB 18030: no block of DEFLATE, whose kind 3 there is not, begins so."""
_HEADS = (
    '，，"publisher":""edition":"","photographer":"","kicker":"","subheadline":"","dateline":"'
    '\0["heading",[0,","caption",[0,","list_item",[0,],null,null,null,null,null,'
    '{"reporters":["issued":"",null,null,null,"places":["","],"organisations":["],"people":["],'
    '0,null,null,null,null,null,{"places":["。\0["paragraph",[0,'
)
"""What follows many a text."""


def start_of(chunk: Chunk) -> int:
    """The place that ``chunk_id`` names: the first code point in the file."""
    source, mark, start = chunk.chunk_id.rpartition("@")
    if source != chunk.source or mark != "@" or not start.isdecimal():
        raise ValueError(f"not a chunk_id: {chunk.chunk_id!r}")
    return int(start)


def packed(chunk: Chunk) -> bytes:
    """All that a passage has but its document's name and where it begins, in order of its fields.

    Places are told by how far each is from the one before, and the rest as it is.

    The text stands in front in GB 18030, which has every code point, most Han characters in two
    bytes where UTF-8 has three: a seventh less on disk. DEFLATE is told the most frequent words
    beforehand, since a passage is too short to teach it: another seventh. What few passages have is
    left out.
    """
    known = {name: value for name in _KNOWN if (value := getattr(chunk.metadata, name))}
    values: list[Any] = [
        chunk.kind.value,
        _steps(start_of(chunk), chunk.spans),
        _steps(0, chunk.sentences),
        chunk.line_start,
        chunk.line_end - chunk.line_start,
        chunk.title,
        chunk.section,
        chunk.byline,
        chunk.date,
        chunk.page,
        known,
        chunk.page_end,
        [astuple(box) for box in chunk.boxes],
    ]
    while not values[-1]:
        values.pop()
    head = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    data = f"{chunk.text}\0{head}"
    try:
        text = data.encode("gb18030")
    except UnicodeEncodeError:  # half a character, which only UTF-8 can be made to hold
        return _HALVES + zlib.compress(data.encode("utf-8", "surrogatepass"), _LEVEL)
    packer = _packer().copy()
    packed_text: bytes = packer.compress(text) + packer.flush()
    return packed_text


def unpacked(data: bytes, source: str, start: int) -> Chunk:
    """The passage of the document ``source`` that was packed, from code point ``start`` on.

    Raises:
        ValueError, TypeError, zlib.error: it is not what was packed.
    """
    if data.startswith(_HALVES):
        both = zlib.decompress(data[1:]).decode("utf-8", "surrogatepass")
    else:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS, _common())
        both = (unpacker.decompress(data) + unpacker.flush()).decode("gb18030")
        if not unpacker.eof:
            raise ValueError("cut off")
    text, _, head = both.rpartition("\0")
    values = json.loads(head)
    values += [None] * (11 - len(values))
    kind, spans, sentences, line_start, more_lines = values[:5]
    title, section, byline, date, page, known = values[5:11]
    page_end, boxes = (*values[11:], None, None)[:2]
    return Chunk(
        f"{source}@{start:d}",
        source,
        BlockKind(kind),
        text,
        _walked(start, spans),
        _walked(0, sentences),
        line_start,
        line_start + (more_lines or 0),
        title,
        section,
        byline,
        date,
        page,
        _metadata(known) if known else Metadata(),
        page_end,
        tuple(Box(*box) for box in boxes or ()),
    )


@cache
def _common() -> bytes:
    """The words that most texts have, the most frequent last; what was packed is read by them.

    Those of the embedded model's vocabulary when the form of a row was settled, as many as DEFLATE
    looks back. A file of its own: another model has other words.
    """
    words = (Path(__file__).parent / "common.txt").read_text("utf-8").rstrip("\n")
    return (words + _HEADS).encode("gb18030")


@cache
def _packer() -> Any:
    return zlib.compressobj(
        _LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _common()
    )


def _metadata(known: dict[str, Any]) -> Metadata:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return Metadata(**values)


def _steps(start: int, spans: tuple[Span, ...]) -> list[int]:
    """Spans as steps from ``start``: over what lies between, along the span, and so on."""
    places = [start, *chain.from_iterable(spans)]
    return [there - here for here, there in pairwise(places)]


def _walked(start: int, steps: list[int]) -> tuple[Span, ...]:
    """The spans that :func:`_steps` made steps of."""
    places = list(accumulate(steps, initial=start))
    return tuple(zip(places[1::2], places[2::2], strict=True))
