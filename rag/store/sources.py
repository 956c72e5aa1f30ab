"""The documents that a question is limited to."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from rag.store.records import DocumentRecord


def chosen(documents: Sequence[DocumentRecord], sources: Sequence[str]) -> list[int] | None:
    """Which of the ``documents`` are named, by their place; None means all.

    Args:
        documents: those of a generation.
        sources: globs over the whole path; an exact name always matches itself.
    """
    if not sources:
        return None
    return [
        place
        for place, document in enumerate(documents)
        if any(document.source == one or fnmatchcase(document.source, one) for one in sources)
    ]
