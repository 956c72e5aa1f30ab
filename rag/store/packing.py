"""A passage as it is kept: one compressed row, without the name of its document."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, astuple
from typing import Any

from rag.types import BlockKind, Box, Chunk, Metadata

_LEVEL = 6
"""Of zlib; 9 is slower for nothing on so short a text."""
_HALVES = b"\1"
"""Begins what is not in GB 18030; zlib's data begins otherwise."""


def start_of(chunk: Chunk) -> int:
    """The place that ``chunk_id`` names: the first code point in the file."""
    source, mark, start = chunk.chunk_id.rpartition("@")
    if source != chunk.source or mark != "@" or not start.isdecimal():
        raise ValueError(f"not a chunk_id: {chunk.chunk_id!r}")
    return int(start)


def packed(chunk: Chunk) -> bytes:
    """All that a passage has but its document's name, in order of its fields.

    The text stands in front in GB 18030, which has every code point, most Han characters in two
    bytes where UTF-8 has three: a seventh less on disk. What few passages have is left out.
    """
    known = {name: value for name, value in asdict(chunk.metadata).items() if value}
    values: list[Any] = [
        start_of(chunk),
        chunk.kind.value,
        _flat(chunk.spans),
        _flat(chunk.sentences),
        chunk.line_start,
        chunk.line_end,
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
        return zlib.compress(data.encode("gb18030"), _LEVEL)
    except UnicodeEncodeError:  # half a character, which only UTF-8 can be made to hold
        return _HALVES + zlib.compress(data.encode("utf-8", "surrogatepass"), _LEVEL)


def unpacked(data: bytes, source: str) -> Chunk:
    """The passage of the document ``source`` that was packed.

    Raises:
        ValueError, TypeError, zlib.error: it is not what was packed.
    """
    if data.startswith(_HALVES):
        both = zlib.decompress(data[1:]).decode("utf-8", "surrogatepass")
    else:
        both = zlib.decompress(data).decode("gb18030")
    text, _, head = both.rpartition("\0")
    values = json.loads(head)
    values += [None] * (12 - len(values))
    start, kind, spans, sentences, line_start, line_end = values[:6]
    title, section, byline, date, page, known = values[6:12]
    page_end, boxes = (*values[12:], None, None)[:2]
    return Chunk(
        f"{source}@{start:d}",
        source,
        BlockKind(kind),
        text,
        tuple(zip(spans[::2], spans[1::2], strict=True)),
        tuple(zip(sentences[::2], sentences[1::2], strict=True)),
        line_start,
        line_end,
        title,
        section,
        byline,
        date,
        page,
        _metadata(known) if known else Metadata(),
        page_end,
        tuple(Box(*box) for box in boxes or ()),
    )


def _metadata(known: dict[str, Any]) -> Metadata:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return Metadata(**values)


def _flat(spans: tuple[tuple[int, int], ...]) -> list[int]:
    return [end for span in spans for end in span]
