"""Conditions on what is known of a passage: ``place=正定县``, ``issued>=2021-03``, ``kind=pdf``.

A passage of which it is not known does not hold: what cannot be told is not claimed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.errors import QuestionError
from rag.types import Chunk

FIELDS = ("place", "organisation", "person", "publisher", "issued", "kind")
"""What can be asked for."""

_EXPRESSION = re.compile(r"\s*([a-z]+)\s*(>=|<=|=|>|<)\s*(.*\S)\s*", re.S)
_DAY = re.compile(
    r"(?<!\d)(?P<y>[12]\d{3})(?!\d)"
    r"(?:\s*[-./年]\s*(?P<m>\d{1,2})(?!\d)(?:\s*[-./月]\s*(?P<d>\d{1,2})(?!\d))?)?"
)
_ISO = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_FIRST, _LAST = ("01-01", "01"), ("12-31", "31")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of them."""

    field: str
    sign: str
    value: str

    def holds(self, chunk: Chunk) -> bool:
        """Whether a passage is one that was asked for."""
        if self.field == "issued":
            return self._is_then(chunk)
        wanted = self.value.lower()
        return any(_MATCHES[self.field](wanted, one.lower()) for one in known_of(self.field, chunk))

    def _is_then(self, chunk: Chunk) -> bool:
        found = _days(chunk.metadata.issued or chunk.date or "")
        asked = _days(self.value)
        if found is None or asked is None:
            return False
        if self.sign == "=":
            return asked[0] <= found[0] and found[1] <= asked[1]
        if self.sign in (">=", "<"):
            return (found[0] >= asked[0]) if self.sign == ">=" else (found[1] < asked[0])
        return (found[1] <= asked[1]) if self.sign == "<=" else (found[0] > asked[1])


def conditions(where: Sequence[str]) -> tuple[Condition, ...]:
    """What ``where`` asks for; all of it must hold.

    Raises:
        QuestionError: one of them cannot be understood.
    """
    return tuple(map(_condition, where))


def _condition(text: str) -> Condition:
    found = _EXPRESSION.fullmatch(text)
    known = ", ".join(FIELDS)
    if not found or found[1] not in FIELDS:
        raise QuestionError(
            "where",
            rule_zh=f"须写成“名称=值”，名称只能是 {known}",
            rule_en=f"must be NAME=VALUE, NAME being one of {known}",
            value=repr(text),
        )
    field, sign, value = found.groups()
    if field == "issued":
        if not _ISO.fullmatch(value):
            raise QuestionError(
                "where",
                rule_zh="日期须写成 2021、2021-03 或 2021-03-05",
                rule_en="a date must be 2021, 2021-03 or 2021-03-05",
                value=repr(text),
            )
    elif sign != "=":
        raise QuestionError(
            "where",
            rule_zh=f"{field} 只能用“=”",
            rule_en=f"{field} can only be asked with =",
            value=repr(text),
        )
    return Condition(field, sign, value)


def known_of(field: str, chunk: Chunk) -> tuple[str, ...]:
    """What is known of a passage for one of :data:`FIELDS`, but ``issued``."""
    known = chunk.metadata
    if field == "place":
        return known.places
    if field == "organisation":
        return known.organisations
    if field == "person":
        return (*known.people, *known.reporters, *filter(None, [known.photographer]))
    if field == "publisher":
        return tuple(filter(None, [known.publisher]))
    return (PurePosixPath(chunk.source).suffix.removeprefix("."),)


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "place": lambda wanted, name: wanted in name,  # 郑州 is 郑州市 too
    "organisation": lambda wanted, name: wanted in name,
    "person": operator.eq,
    "publisher": operator.eq,
    "kind": lambda wanted, name: wanted.removeprefix(".") == name,
}


def _days(text: str) -> tuple[str, str] | None:
    """The first and the last day of a date, as exact as it is written; None without a year."""
    found = _DAY.search(text)
    if not found:
        return None
    year, month, day = found["y"], found["m"], found["d"]
    if month is None:
        return f"{year}-{_FIRST[0]}", f"{year}-{_LAST[0]}"
    if day is None:
        return f"{year}-{int(month):02}-{_FIRST[1]}", f"{year}-{int(month):02}-{_LAST[1]}"
    exact = f"{year}-{int(month):02}-{int(day):02}"
    return exact, exact
