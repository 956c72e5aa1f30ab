"""Which terms a passage is searched by, field by field: the same in every engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from rag.encode import bigrams, words
from rag.store.records import Field
from rag.types import Chunk


def terms_of(chunk: Chunk) -> dict[Field, Sequence[str]]:
    """The terms of a passage: what it says, and where it stands by headline and name of the file.

    Shared parts are cut once: many passages have the same headline and section.
    """
    where = _terms(chunk.title or "", PurePosixPath(chunk.source).stem)
    section = _terms(chunk.section or "")
    return {
        Field.WORDS: [*words(chunk.text), *section[0]],
        Field.BIGRAMS: [*bigrams(chunk.text), *section[1]],
        Field.TITLE_WORDS: where[0],
        Field.TITLE_BIGRAMS: where[1],
    }


@lru_cache(maxsize=64)
def _terms(*parts: str) -> tuple[list[str], list[str]]:
    """The words and the bigrams of ``parts``."""
    return (
        [term for part in parts for term in words(part)],
        [term for part in parts for term in bigrams(part)],
    )
