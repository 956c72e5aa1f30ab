"""Where an unsigned heading begins an article, and where only a section.

A section goes on with the words of what stands above it, an article brings its own (TextTiling:
Hearst, "TextTiling: segmenting text into multi-paragraph subtopic passages", 1997). What is said
there in blocks of words is said here from heading to heading, and weighed with what else a page
shows: more white space than before other headings, a lead that tells a day, headings of a kind.

The weights are those of a logistic regression over some two thousand headings of made-up pages of
known articles (``tests/newspaper.py``, from public news).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from rag.read import shapes

LEAST = 40  # characters of text below a heading, from which on its words can tell
_LEAD = 24  # characters at the beginning of a text within which news says when it happened
_BORDER = 200  # characters on both sides of a heading that are compared word by word
_MOST = 4000  # characters of a text that are looked at
_LONG = 14  # characters; sections have shorter headings
_ALIKE = 2  # characters by which the headings of sections differ in length
_ALIKE_MAX = 20
_CAUTION = 1.5  # what must speak for an article where nothing else says that this is a newspaper
_WHEN = re.compile(
    r"\d{1,2}\s?[日曰]|[今昨][天日晨晚]|近日|日前|连日|本[月周]|上午|下午|[今去]年|当地时间|记者|获悉"
)
_HAN = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with the text below it."""

    title: str
    lead: str
    """Its first paragraph."""
    text: str
    space: int
    """Characters of white space before it."""


@dataclass(slots=True)
class Words:
    """The character bigrams of the article so far; counted when they are asked for."""

    counts: Counter[str] = field(default_factory=Counter)
    square: int = 0
    waiting: list[str] = field(default_factory=list)
    tail: str = ""

    def add(self, text: str) -> None:
        """Take up a text."""
        self.waiting.append(text)
        self.tail = (self.tail + text)[-_BORDER:]

    def cosine(self, text: str) -> float:
        """How much of a text's words are those of the article: 0 to 1."""
        for new in self.waiting:
            for bigram, count in _bigrams(new).items():
                before = self.counts[bigram]
                self.square += (before + count) ** 2 - before**2
                self.counts[bigram] = before + count
        self.waiting = []
        other = _bigrams(text)
        shared = sum(count * self.counts[bigram] for bigram, count in other.items())
        norm = sqrt(self.square * sum(count**2 for count in other.values()))
        return shared / norm if norm else 0.0


def begins_article(
    part: Part,
    above: Words,
    beside: Sequence[str],
    spaces: Sequence[int],
    *,
    in_newspaper: bool,
) -> bool:
    """Whether an unsigned part is an article of its own and not a section of the one above.

    Args:
        part: a part that is not numbered and not marked.
        above: the words of the article above it.
        beside: titles of unsigned parts right above and below, those of articles left out.
        spaces: the white space before all headings of the file.
        in_newspaper: whether datelines, bylines, captions … say that this is one.
    """
    kind = any(_alike(part.title, title) for title in beside)
    wider = (part.space > min(spaces)) - (part.space < max(spaces))
    score = (
        3.1
        - 5.2 * sqrt(above.cosine(part.text[:_MOST]))
        - 6.6 * sqrt(_shared(above.tail, part.text[:_BORDER]))
        + 1.25 * (_WHEN.search(part.lead[:_LEAD]) is not None)
        + 1.45 * (len(part.title) >= _LONG)
        - 1.7 * kind
        + 1.9 * wider
    )
    return score > (0.0 if in_newspaper else _CAUTION)


def _alike(title: str, other: str) -> bool:
    return (
        abs(len(title) - len(other)) <= _ALIKE
        and len(title) <= _ALIKE_MAX
        and shapes.has_inner_space(title) == shapes.has_inner_space(other)
    )


def _bigrams(text: str) -> Counter[str]:
    return Counter(
        run[place : place + 2] for run in _HAN.findall(text) for place in range(len(run) - 1)
    )


def _shared(before: str, after: str) -> float:
    """The words of two short texts that are the same, as a share of the fewer ones."""
    one, two = _words(before), _words(after)
    fewer = min(len(one), len(two))
    return len(one & two) / fewer if fewer else 0.0


def _words(text: str) -> set[str]:
    import rjieba  # loads its dictionary, which takes a while

    return {word for word in rjieba.cut(text, False) if len(word) > 1 and _HAN.match(word)}
