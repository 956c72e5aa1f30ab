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


ATTRIBUTES = """
一共投资了多少亿元 占地多少亩 的负责人叫什么名字 是哪一年成立的 有多少名工作人员
的联系电话是多少 用了多少天 门票多少钱 每人能领多少补贴 今年罚了多少钱 的面积有多大
是哪家公司设计的 位于哪条街 最早是谁提出来的 每月工资是多少 获得过什么国家级奖项
有多少人受伤 的平均年龄是多少岁 几点开门 有多少个摊位 的产量是多少吨 离市区多少公里
一年接待多少游客 的预算是多少万元 最后是怎么判的 下辖几个乡镇 常住人口有多少
的施工单位是哪家 什么时候正式启用 有几层楼 的编号是多少 比去年增长了百分之几
为什么推迟了 由哪个部门审批 有多少外国人参加 在哪里报名 能不能网上办理 的院长是谁
有几条生产线
""".split()
"""What may be asked of most things and is seldom told: for questions without an answer."""


class Asker:
    """Makes questions; the same seed makes the same ones."""

    def __init__(self, data: Path, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._synonyms = synonyms(data)

    def ask_in_vain(self, passage: str) -> str | None:
        """A question about something that the passage names, asking what it hardly tells."""
        clauses = _CLAUSE.findall("".join(passage.split()))
        self._random.shuffle(clauses)
        for clause in clauses:
            words = cut(clause)
            runs = [
                words[at : at + size]
                for size in (3, 2)
                for at in range(len(words) - size + 1)
                if all(len(word) > 1 and word not in EMPTY_WORDS for word in words[at : at + size])
            ]
            if runs:
                subject = "".join(runs[int(self._random.integers(len(runs)))])
                return f"{subject}{self._random.choice(ATTRIBUTES)}？"
        return None

    def ask(
        self, passage: str, title: str | None, *, placed: bool = False
    ) -> tuple[str, str] | None:
        """``(question, answer)``: the answer is the clause as it stands; None where none fits.

        Where ``placed``, the question names enough of the headline to tell it from others.
        """
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
        words = self._remembered(asked)
        if sum(word not in EMPTY_WORDS for word in words) < 2:
            return None
        if title and placed:
            words = self._placed(title, words)
        elif title and self._random.random() < 0.6:
            where = [word for word in cut(title) if word not in EMPTY_WORDS and len(word) > 1]
            if where:
                count = min(len(where), int(self._random.integers(1, 4)))
                places = sorted(self._random.choice(len(where), count, replace=False))
                words = [*(where[place] for place in places), *words]
        return "".join(words) + "？", clause

    def _placed(self, title: str, words: list[str]) -> list[str]:
        """The question with its headline named: before it, behind it, or around it."""
        named = [word for word in cut(title) if word not in EMPTY_WORDS] or [title]
        telling, usual = named[:2], [w for w in named[2:] if self._random.random() < 0.5]
        if len(telling[0]) > 2 and self._random.random() < 0.5:
            telling[0] = telling[0].rstrip("省市州区县")  # as people say it
        if len(telling) > 1 and telling[1].isdigit() and self._random.random() < 0.9:
            telling[1] += "年"
        form = self._random.random()
        if form < 0.45:
            return [*telling, *usual, "，"[: int(self._random.integers(2))], *words]
        if form < 0.75:
            return [*words, "（", *telling, *usual, "）"]
        return [telling[0], *words, "，", *telling[1:], *usual]

    def _remembered(self, clause: str) -> list[str]:
        """The words of a clause as they are remembered: some lost, some by a synonym."""
        keep = self._random.uniform(0.45, 0.9)
        words = []
        for word in cut(clause):
            if word in EMPTY_WORDS:
                if word in ("多少", "什么") or self._random.random() < 0.5:
                    words.append(word)
            elif self._random.random() < keep:
                others = self._synonyms.get(word, [])
                if others and self._random.random() < 0.35:
                    word = str(self._random.choice(others))
                words.append(word)
        return words
