"""Questions made from statements, for corpora that come without any.

A clause of a passage is asked back as a person would who remembers it loosely: what it counts or
dates becomes 多少 or 什么时候, some words are left out, some give way to a synonym (Cilin), and
sometimes a word or two of the headline says where. The passage that holds the clause answers it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from rag.encode import cut
from rag.retrieve.question import EMPTY_WORDS
from training.corpora import synonyms

_CLAUSE = re.compile(r"[^，。；：！？、\n,;:!?“”（）()]{9,32}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?[万亿]?(?=[^\d.%％年月日号时])")
_DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日|\d{1,2}月(?:底|初|[上中下]旬)")


class Asker:
    """Makes questions; the same seed makes the same ones."""

    def __init__(self, data: Path, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._synonyms = synonyms(data)

    def ask(self, passage: str, title: str | None) -> tuple[str, str] | None:
        """``(question, answer)``: the answer is the clause as it stands; None where none fits."""
        clauses = _CLAUSE.findall("".join(passage.split()))
        if not clauses:
            return None
        counted = [clause for clause in clauses if _NUMBER.search(clause)]
        if counted and self._random.random() < 0.6:
            clauses = counted
        clause = str(self._random.choice(clauses))
        asked = _NUMBER.sub("多少", clause, count=1)
        if asked == clause:
            asked = _DATE.sub("什么时候", clause, count=1)
        keep = self._random.uniform(0.45, 0.9)
        words = []
        for word in cut(asked):
            if word in EMPTY_WORDS:
                if word in ("多少", "什么") or self._random.random() < 0.5:
                    words.append(word)
            elif self._random.random() < keep:
                others = self._synonyms.get(word, [])
                if others and self._random.random() < 0.35:
                    word = str(self._random.choice(others))
                words.append(word)
        if sum(word not in EMPTY_WORDS for word in words) < 2:
            return None
        if title and self._random.random() < 0.6:
            where = [word for word in cut(title) if word not in EMPTY_WORDS and len(word) > 1]
            if where:
                count = min(len(where), int(self._random.integers(1, 4)))
                places = sorted(self._random.choice(len(where), count, replace=False))
                words = [*(where[place] for place in places), *words]
        return "".join(words) + "？", clause
