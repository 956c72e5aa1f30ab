"""Everyday words and what they go by in reports: 没活干 is 失业, 挪窝 is 搬迁.

``models/everyday.tsv`` was written for this, with a language model: a line is a group of words that
stand for the same thing, everyday ones before the tab, those of reports behind it. It only ever
adds: a passage with the word itself is worth more than one with a counterpart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rag.encode.normalise import normalise
from rag.encode.terms import cut_normal

_FILE = Path(__file__).parent.parent / "models" / "everyday.tsv"
_LONGEST = 8
"""Code points of a phrase that is looked for in a question."""


def counterparts(text: str, content: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """For each of the words ``content`` of a normalised ``text``, its counterparts, sorted."""
    found: dict[str, set[str]] = {word: set() for word in content}
    groups = _groups()
    words = cut_normal(text)
    for first in range(len(words)):
        phrase = ""
        for last in range(first, len(words)):
            phrase += words[last]
            if len(phrase) > _LONGEST:
                break
            others = groups.get(phrase, ())
            for word in words[first : last + 1] if others else ():
                if word in found:
                    found[word].update(others)
    return tuple(tuple(sorted(found[word] - {word})) for word in content)


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Each word or phrase with the others of its groups; single characters are looked for only."""
    groups: dict[str, set[str]] = {}
    for line in _FILE.read_text("utf-8").splitlines():
        members = [normalise(word) for word in line.replace("\t", " ").split()]
        for member in members:
            others = {one for one in members if one != member and len(one) > 1}
            groups.setdefault(member, set()).update(others)
    return {member: tuple(sorted(others)) for member, others in groups.items() if others}
