"""The passages of the documents that a question is limited to."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from rag.store.records import DocumentRecord, Range


def ranges_of(
    documents: Sequence[DocumentRecord], starts: Sequence[int], sources: Sequence[str]
) -> list[Range] | None:
    """The passages of the documents that ``sources`` name, neighbours joined; None means all.

    Args:
        documents: sorted by source.
        starts: the id of each document's first passage.
        sources: globs over the whole path; an exact name always matches itself.
    """
    if not sources:
        return None
    ranges: list[Range] = []
    for document, start in zip(documents, starts, strict=True):
        end = start + document.chunks
        name = document.source
        if start == end or not any(name == one or fnmatchcase(name, one) for one in sources):
            continue
        if ranges and ranges[-1][1] == start:
            start = ranges.pop()[0]
        ranges.append((start, end))
    return ranges
