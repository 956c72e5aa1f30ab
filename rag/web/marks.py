"""Which characters of a passage to mark: the sentence that answers, the words of the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.encode import words
from rag.types import Span

_ASKING = frozenset(
    "多少 几个 几家 几名 几次 几条 几项 几种 什么 哪个 哪些 哪里 哪家 哪年 哪天 谁 怎么 怎样 如何 "
    "为何 为什么 是否 有没有 有 是 了 的 吗 呢 在 被 把 和 与 及 a an and are did do "
    "does for how in is many much of on the to was were what when where which who why".split()
)
MAX_TERMS = 40
"""Words of a question that are looked for; a very long question has no word worth marking."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters that are marked alike."""

    text: str
    answer: bool
    term: bool


def question_terms(question: str) -> tuple[str, ...]:
    """The words of ``question`` that are worth marking, each once, longest first."""
    known = dict.fromkeys(words(question[:2000]))
    terms = [word for word in known if word not in _ASKING and (len(word) > 1 or word.isdigit())]
    return tuple(sorted(terms, key=len, reverse=True)[:MAX_TERMS])


def term_spans(text: str, terms: Sequence[str]) -> tuple[Span, ...]:
    """Where the terms stand in ``text``, letter for letter, whatever the case."""
    if not terms:
        return ()
    pattern = "|".join(_alone(term) for term in terms)
    return tuple(match.span() for match in re.finditer(pattern, text, re.IGNORECASE))


def pieces(text: str, answers: Sequence[Span], terms: Sequence[Span]) -> list[Piece]:
    """``text`` cut wherever a mark begins or ends; joined, the pieces are ``text``."""
    cuts = sorted({0, len(text), *(edge for span in (*answers, *terms) for edge in span)})
    return [
        Piece(text[start:end], _inside(start, answers), _inside(start, terms))
        for start, end in pairwise(cuts)
        if start < end
    ]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    return any(start <= position < end for start, end in spans)


def _alone(term: str) -> str:
    """A pattern for ``term`` that does not cut a number or a Latin word in two."""
    pattern = re.escape(term)
    if term.isascii():
        return rf"(?<![0-9A-Za-z.]){pattern}(?![0-9A-Za-z])"
    return pattern
