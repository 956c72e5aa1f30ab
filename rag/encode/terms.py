"""Text → terms of the full-text leg: jieba's search-mode words and character bigrams.

Runs of Han characters are cut by rjieba, jieba's algorithm and dictionary in Rust: on Han text its
cuts are jieba's (a test compares them), it is more than twenty times as fast, loads in 0.15 s
instead of 1 s, and writes no cache file. Where no wheel of it exists, jieba itself is used and the
terms are the same. Latin words, codes (th01, ppr-9087) and numbers stay whole; a code with a joint
(ppr-9087) also gives its parts.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Any

from rag.encode.normalise import normalise

TERMS_IDENTITY = "jieba-search+bigrams/3"
"""Changes whenever the same text could give other terms; an index remembers it."""

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    r"|(?P<code>\d+(?:\.\d+)+%?|[a-z0-9]+(?:[-_./'&+@:][a-z0-9]+)*[%+#]*)"
    rf"|(?P<other>(?:(?![{_HAN}])[^\W_])+)"
)
_PART = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[a-z0-9]+")


def words_and_bigrams(text: str) -> tuple[list[str], list[str]]:
    """The :func:`words` and the :func:`bigrams` of ``text``, which is normalised once for both."""
    normal = normalise(text)
    return _words(normal), _bigrams(normal)


def words(text: str) -> list[str]:
    """The words of ``text`` in jieba's search mode, normalised, in order; no punctuation."""
    return _words(normalise(text))


def _words(normal: str) -> list[str]:
    found: list[str] = []
    jieba = _jieba()
    for match in _RUN.finditer(normal):
        run = match[0]
        if match.lastgroup == "han":
            found.extend(jieba.cut_for_search(run))
        else:
            found.append(run)
            if match.lastgroup == "code":
                found.extend(_parts(run))
    return found


def cut(text: str) -> list[str]:
    """The words of ``text`` without overlaps (jieba's default mode), normalised, in order."""
    return cut_normal(normalise(text))


def cut_normal(text: str) -> list[str]:
    """As :func:`cut`, of a text that is normalised already."""
    found: list[str] = []
    jieba = _jieba()
    for han, code, other in _RUN.findall(text):
        found += jieba.cut(han) if han else [code or other]
    return found


def tagged(text: str) -> list[tuple[str, str]]:
    """As :func:`cut_normal`, each word with jieba's part-of-speech tag."""
    found: list[tuple[str, str]] = []
    for match in _RUN.finditer(text):
        found.extend(_tagged(match[0]) if match.lastgroup == "han" else [(match[0], "eng")])
    return found


def bigrams(text: str) -> list[str]:
    """The character bigrams of each run of Han characters; other runs whole.

    A wrong cut of the words cannot lose a term here. A number also gives itself with the character
    behind it (540户), which tells 540 households from 540 yuan.
    """
    return _bigrams(normalise(text))


def _bigrams(normal: str) -> list[str]:
    found: list[str] = []
    number, number_end = "", 0
    for match in _RUN.finditer(normal):
        run = match[0]
        if match.lastgroup == "han":
            if number and match.start() == number_end:
                found.append(number + run[0])
            found.extend(a + b for a, b in pairwise(run))
            if len(run) == 1:
                found.append(run)
            number = ""
        else:
            found.append(run)
            number, number_end = (run, match.end()) if run[0].isdigit() else ("", 0)
    return found


def _parts(code: str) -> list[str]:
    if code.replace(".", "", 1).rstrip("%").isdigit():
        return []
    parts = _PART.findall(code)
    return parts if len(parts) > 1 else []


@cache
def _jieba() -> Any:
    try:
        import rjieba
    except ImportError:
        import logging

        import jieba

        jieba.setLogLevel(logging.WARNING)
        return jieba
    return rjieba


def _tagged(run: str) -> list[tuple[str, str]]:
    jieba = _jieba()
    if hasattr(jieba, "tag"):
        return list(jieba.tag(run))
    from jieba import posseg

    return [(pair.word, pair.flag) for pair in posseg.cut(run)]
