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
    return tuple(dict.fromkeys(absent))


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _plain(number: str) -> str:
    """``3.50`` and ``3.5`` are one number."""
    value, percent = number.rstrip("%"), "%" * number.endswith("%")
    return (value.rstrip("0").rstrip(".") if "." in value else value.lstrip("0") or "0") + percent
