"""Which terms a passage is searched by, field by field: the same in every engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath

from rag.encode import words_and_bigrams
from rag.store.records import Field
from rag.types import Chunk

_LONGEST = 200


def terms_of(chunk: Chunk) -> tuple[str, ...]:
    """The terms of each :class:`~rag.store.records.Field`, :func:`joined`.

    What a passage says, and where it stands by headline and name of the file. It is normalised once
    for all its terms; headings, which many passages share, are cut once.
    """
    words, bigrams = words_and_bigrams(chunk.text)
    section_words, section_bigrams = _heading(chunk.section or "")
    where = [
        _heading(part) for part in (chunk.title or "", PurePosixPath(chunk.source).stem) if part
    ]
    of = {
        Field.WORDS: joined([*words, *section_words]),
        Field.BIGRAMS: joined([*bigrams, *section_bigrams]),
        Field.TITLE_WORDS: joined(term for part in where for term in part[0]),
        Field.TITLE_BIGRAMS: joined(term for part in where for term in part[1]),
    }
    return tuple(of[field] for field in Field)


def joined(some: Iterable[str]) -> str:
    """Terms as they are kept, spaces between them."""
    terms = [*some]
    text = " ".join(terms)
    # where each is its own key, which nearly always is so, all are looked at together
    if text.isprintable() and text.count(" ") == len(terms) - 1:
        if max(map(len, terms)) <= _LONGEST:
            return text
    return " ".join(map(key, terms))


def key(term: str) -> str:
    """A term as it is kept: cut by no space. A digest begins with a mark no printable term has."""
    if len(term) <= _LONGEST and term.isprintable() and " " not in term:
        return term
    data = term.encode("utf-8", "surrogatepass")
    return "\x1f" + hashlib.blake2b(data, digest_size=16).hexdigest()


_heading = lru_cache(maxsize=256)(words_and_bigrams)
