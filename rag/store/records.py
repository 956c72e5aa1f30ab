"""The records of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.types import Problem

Range = tuple[int, int]
"""Passages by id or by serial number, half-open."""


class Field(StrEnum):
    """A field of the full text.

    The title fields tell where: the headline and the file's name. The other two tell what: the
    passage and the headings of the section that it stands in.
    """

    WORDS = "words"
    BIGRAMS = "bigrams"
    TITLE_WORDS = "title_words"
    TITLE_BIGRAMS = "title_bigrams"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Terms to be found in one field, and what a match there is worth."""

    field: Field
    terms: Sequence[str]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage that a leg returned; a higher score is better."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as it was indexed."""

    source: str
    sha256: str
    encoding: str
    size: int
    """Bytes of the file."""
    chunks: int
    titles: tuple[str, ...]
    """Headlines of its articles as printed, each once, in order."""
    problems: tuple[Problem, ...] = ()
    """Parts of the file that could not be read."""
    sidecar: str = ""
    """The sha256 of what is stated beside it; empty where nothing is."""

    @property
    def made_of(self) -> tuple[str, str]:
        """What tells whether it has changed: the file's bytes, and what is stated beside it."""
        return self.sha256, self.sidecar


def best_first(scored: list[Scored], k: int) -> list[Scored]:
    """The ``k`` best; the place in the corpus decides between equal scores."""
    return sorted(scored, key=lambda one: (-one.score, one.id))[:k]
