"""The numbers that Word sets before paragraphs: 一、（一）1. 第一章. They are in no text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "零一二三四五六七八九"
_PLACE = re.compile(r"%([1-9])")


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


class Numbering:
    """Counts the paragraphs of each list of a document."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._list_of: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        parts = {rel.reltype.rsplit("/", 1)[-1]: rel for rel in document.part.rels.values()}
        if "numbering" not in parts:
            return
        root = parts["numbering"].target_part.element
        for abstract in root.iter(_W + "abstractNum"):
            levels = {deep: level for deep, level in map(_level, abstract.iter(_W + "lvl"))}
            self._levels[abstract.get(_W + "abstractNumId", "")] = levels
        for number in root.iter(_W + "num"):
            named = number.find(_W + "abstractNumId")
            if named is not None:
                self._list_of[number.get(_W + "numId", "")] = named.get(_W + "val", "")

    def next(self, number: str, deep: int) -> str:
        """What stands before the next paragraph of list ``number`` at depth ``deep``, from 0."""
        list_ = self._list_of.get(number, "")
        levels = self._levels.get(list_, {})
        level = levels.get(deep)
        if level is None:
            return ""
        counts = self._counts.setdefault(list_, {})
        counts[deep] = counts.get(deep, level.start - 1) + 1
        for below in [each for each in counts if each > deep]:
            del counts[below]
        if level.form in ("bullet", "none") or not level.text:
            return ""

        def said(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            held = levels.get(at, level)
            return _number(counts.get(at, held.start), held.form)

        text = _PLACE.sub(said, level.text)
        return text if text[-1] in "、．.）)：" and not text[-1].isascii() else f"{text} "


def _level(element: Any) -> tuple[int, _Level]:
    level = _Level()
    for name, value in ((each.tag, each.get(_W + "val", "")) for each in element):
        if name == _W + "numFmt":
            level.form = value
        elif name == _W + "lvlText":
            level.text = value
        elif name == _W + "start" and value.isdigit():
            level.start = int(value)
    deep = element.get(_W + "ilvl", "0")
    return (int(deep) if deep.isdigit() else 0), level


def _number(count: int, form: str) -> str:
    if "hinese" in form or "apanese" in form or form.startswith("ideograph"):
        return _han(count) if 0 < count < 100 else str(count)
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(count)
        return roman.lower() if form == "lowerRoman" else roman
    if form == "decimalEnclosedCircle" and 0 < count <= 20:
        return chr(0x2460 + count - 1)
    return f"{count:02}" if form == "decimalZero" else str(count)


def _han(count: int) -> str:
    tens, ones = divmod(count, 10)
    before = ("十" if tens == 1 else f"{_DIGITS[tens]}十") if tens else ""
    return before + (_DIGITS[ones] if ones else "")


def _roman(count: int) -> str:
    said = ""
    for value, letters in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        repeated, count = divmod(count, value)
        said += letters * min(repeated, 10)
    return said
