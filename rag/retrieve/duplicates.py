"""The same passage in several places: found once, with all its places cited.

Compared are the candidates of one question with each other, when it is answered: nothing is kept
for it, and what nobody asks for costs nothing. Two passages are the same where their letters and
digits are; nearly the same where most of their character 3-grams are (Broder 1997: resemblance) and
they name the same numbers, and none another place, organisation or person than the other. Reports
of two towns on one form are alike in all but these, and say different things.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rag.types import Chunk

_ALIKE = 0.7  # a passage and itself with 3 % of its characters misread resemble by about .84
_LEAST = 40  # letters and digits; in shorter passages each of them matters more
_GRAM = 3
_MARKS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


class Print:
    """What is compared of a passage."""

    def __init__(self, chunk: Chunk) -> None:
        """The costly parts are made when they are asked for."""
        self._chunk = chunk
        self._numbers = _DIGITS.findall(chunk.text)
        self.digits = "".join(self._numbers).replace(".", "")
        """Passages that are the same have the same."""

    @cached_property
    def letters(self) -> str:
        """Its letters and digits."""
        return _MARKS.sub("", self._chunk.text).lower()

    @cached_property
    def grams(self) -> frozenset[str]:
        """The character 3-grams of its letters and digits."""
        ends = range(_GRAM, len(self.letters) + 1)
        return frozenset(self.letters[end - _GRAM : end] for end in ends)

    @cached_property
    def _names(self) -> list[set[str]]:
        known = self._chunk.metadata
        return [set(known.places), set(known.organisations), set(known.people)]

    def is_same(self, other: Print) -> bool:
        """Whether both are of the same passage, or nearly."""
        if self.letters == other.letters:
            return True
        if self._numbers != other._numbers:
            return False
        shorter, longer = sorted((len(self.letters), len(other.letters)))
        if shorter < max(_LEAST, _ALIKE * longer):
            return False
        # a name that only one of them has may have been misread in the other
        if any(a - b and b - a for a, b in zip(self._names, other._names, strict=True)):
            return False
        shared = len(self.grams & other.grams)
        return shared >= _ALIKE * (len(self.grams) + len(other.grams) - shared)


@dataclass(frozen=True, slots=True)
class Group:
    """A passage and the others that are the same."""

    print: Print
    also: list[Chunk] = field(default_factory=list)


class Distinct:
    """The first ``limit`` different passages of those that it is shown, best first."""

    def __init__(self, limit: int) -> None:
        """Nothing has been shown yet."""
        self._limit = limit
        self._groups: dict[str, Group] = {}
        self._alike: defaultdict[str, list[Group]] = defaultdict(list)
        """By their digits: only these are compared."""

    def takes(self, chunk: Chunk) -> bool:
        """Whether ``chunk`` is none of those before it. If it is, it is kept beside that one."""
        own = Print(chunk)
        for group in self._alike[own.digits]:
            if group.print.is_same(own):
                group.also.append(chunk)
                return False
        if len(self._groups) < self._limit:
            group = self._groups[chunk.chunk_id] = Group(own)
            self._alike[own.digits].append(group)
        return True

    def also(self, chunk: Chunk) -> Sequence[Chunk]:
        """The other places of a passage, in order of place."""
        group = self._groups.get(chunk.chunk_id)
        found = group.also if group else []
        return sorted(found, key=lambda one: (one.source, one.spans[0]))

    @property
    def most(self) -> int:
        """How many other places the passage with most of them has."""
        return max((len(group.also) for group in self._groups.values()), default=0)
