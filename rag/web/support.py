"""Whether a sentence that somebody wrote is borne out by the passages that it cites.

What is checked is what can be: every number, name, code and quotation of the sentence has to stand
in a cited passage or its headline; so does a "not"; and of the other words that say something,
most. Whether the passage then says the same is for the reader to see, who is one click from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.encode import normalise, tagged

_NUMBER = re.compile(r"\d+(?:\.\d+)?%?")
_NUMERAL = re.compile(
    r"百分之[零〇一二两三四五六七八九十百点\d.]+"
    r"|[\d０-９](?:[\d０-９.,，．]*[\d０-９])?\s*[万亿]*[%％]?|[零〇一二两三四五六七八九十百千万亿]+"
)
"""A number as it can be written."""
_QUOTED = re.compile(r"[“「『\"]([^”」』\"]{2,})[”」』\"]")
_NAMES = ("nr", "ns", "nt", "nz")
_WORDS = ("n", "v", "a", "j", "l", "i")
_NOT = (
    "没有",
    "并未",
    "尚未",
    "未",
    "并非",
    "不是",
    "不再",
    "无法",
    "不能",
    "不得",
    "禁止",
    "取消",
)
_ABSENT = 0.4
"""Share of a sentence's words that may be its own: a summary may say a thing in other words."""
_LEAST = 2
"""One word of its own proves nothing."""


def missing(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """What ``sentence`` says and none of ``passages`` does; nothing where it is borne out.

    Args:
        sentence: without its citation numbers.
        passages: what it cites, each with its headline; all together they have to bear it out.
    """
    said = normalise(sentence)
    known = normalise("\n".join(passages))
    bare = _bare(known)
    numbers = {_plain(number) for number in _NUMBER.findall(known)}
    absent = [one for one in _NUMBER.findall(said) if _plain(one) not in numbers]
    absent += [one for one in _QUOTED.findall(said) if _bare(one) not in bare]
    if any(word in said for word in _NOT) and not any(word in known for word in _NOT):
        absent += [next(word for word in _NOT if word in said)]
    own, content = [], 0
    for word, part in tagged(said):
        if len(word) < 2 or _NUMBER.fullmatch(word):
            continue
        named = part.startswith(_NAMES) or (part == "eng" and not word.isdigit())
        content += part.startswith(_WORDS) or named
        if word in bare:
            continue
        if named:
            absent.append(word)
        elif part.startswith(_WORDS):
            own.append(word)
    if len(own) >= _LEAST and len(own) > _ABSENT * content:
        absent += own
    return tuple(dict.fromkeys(_as_written(one, sentence) for one in absent))


def _as_written(normalised: str, sentence: str) -> str:
    """The words of ``sentence`` that were matched as ``normalised``: 999万 for 9990000."""
    if normalised in sentence:
        return normalised
    if _NUMBER.fullmatch(normalised):
        written = _NUMERAL.findall(sentence)
        return next((one for one in written if normalise(one) == normalised), normalised)
    size = len(normalised)
    pieces = (sentence[start : start + size] for start in range(len(sentence) - size + 1))
    return next((one for one in pieces if normalise(one) == normalised), normalised)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _plain(number: str) -> str:
    """``3.50`` and ``3.5`` are one number."""
    value, percent = number.rstrip("%"), "%" * number.endswith("%")
    return (value.rstrip("0").rstrip(".") if "." in value else value.lstrip("0") or "0") + percent
