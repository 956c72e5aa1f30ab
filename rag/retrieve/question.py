"""What a question asks: its content words with their weights, and the kind of thing it wants.

Only closed classes of the language are listed here (interrogatives, particles, pronouns); which of
the open words matter is told by their rarity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag.encode import (
    UNSEEN,
    Lexicon,
    bigrams,
    counterparts,
    cut,
    normalise,
    tagged,
    words,
)
from rag.retrieve.aspect import aspect_asked
from rag.retrieve.kinds import Sought, sought_by

_BORROWED = 0.6
"""Weight of a word of an earlier turn against one of the question itself."""
_NAMING = ("nr", "ns", "nt", "nz", "x", "eng")
"""jieba's tags of people, places, organisations, other names, and of what is no Chinese word."""
MOST_TERMS = 64
"""A longer question is searched by its rarest words: past this many no more is told by them."""

_INTERROGATIVES = """
什么 啥 谁 哪 哪些 哪个 哪儿 哪里 哪位 哪家 哪几 哪年 哪天 哪种 何
何时 何地 何人 何处 何种 为何 如何 怎么 怎么样 怎样 怎 多少 几 几个
几家 几次 几名 几位 几年 几月 几时 几天 几所 几条 几项 多久 多长 多大
多高 多远 为什么 为啥
""".split()
_ASKING_WORDS = """
吗 呢 吧 么 呀 啊 嘛 请问 是否 是不是 有没有
能否 可否 能不能 会不会 告诉 介绍 想 知道 想知道 说 讲 关于 问 请
""".split()
_FUNCTION_WORDS = """
的 了 着 过 地 得 在 是 有 和 与 及 或 而 并 且 就 都 也 还 又
再 被 把 给 对 从 到 向 于 由 以 为 之 其 所 这 那 这个 那个 这些
那些 这里 那里 我 你 他 她 它 我们 你们 他们 她们 它们 一个 一下 一共
总共 共 具体 分别 主要 个 些 上 下 里 中 内 时 时候 后 前 来 去 要
会 能 可以 可 让 使 用 做 很 最 更 多 大概 大约 左右 到底 究竟 目前
现在
""".split()
EMPTY_WORDS = frozenset(_INTERROGATIVES + _ASKING_WORDS + _FUNCTION_WORDS)
_WHICH = re.compile(r"哪(?![吒怕])|由?谁|第?几(?![何乎内])|多少|[因于任以]何$|何[时地人处]")
"""How a word begins that asks: 哪一年, 第几届, 多少岁."""
_GLUED = re.compile(
    r"([的在被]?)(?:(.{3,})([要会能说讲让向对和与跟给把将到去来又也还都就])|(.+?)([的了有在是被]?))"
)
"""A word that no text had, cut too long: 尚恩有 is 尚恩 and 有, 李卫林要 is 李卫林 and 要."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, taken apart."""

    text: str
    """As it is searched, with what it took from earlier turns."""
    content: tuple[str, ...]
    """Content words, normalised, distinct, in order, without overlaps."""
    counterparts: tuple[tuple[str, ...], ...]
    """For each content word, what it goes by in reports where it is an everyday word."""
    weights: tuple[float, ...]
    """The weight of each content word: by rarity, less for those taken from earlier turns."""
    focus: tuple[float, ...]
    """How near each content word stands to the word that asks: 1 beside it, half as much a word
    further; to the end where none asks. 0 for those taken from earlier turns."""
    names: tuple[bool, ...]
    """Which content words name something: by jieba's tags, or as words that no text had."""
    pairs: tuple[tuple[int, int], ...]
    """Places of content words that stand side by side: 红 钻 鱼."""
    words: tuple[str, ...]
    """Terms for the word fields of the full text."""
    bigrams: tuple[str, ...]
    """Terms for the bigram fields."""
    sought: Sought
    """The kind of thing that it wants."""
    aspect: int
    """Whether of what is planned or of what is done; see :mod:`rag.retrieve.aspect`."""


def understand(text: str, lexicon: Lexicon, *, earlier: str = "") -> Question:
    """Take ``text`` apart; words that stand only in ``earlier`` (a former turn) weigh less."""
    plain = normalise(text)
    own = _content(text, lexicon)
    borrowed = [word for word in _content(earlier, lexicon) if word not in own]
    content = [*own, *borrowed]
    weights = [
        *(lexicon.importance(word) for word in own),
        *(_BORROWED * lexicon.importance(word) for word in borrowed),
    ]
    if len(content) > MOST_TERMS:
        heaviest = np.argsort([-weight for weight in weights], kind="stable")[:MOST_TERMS]
        keep = sorted(int(place) for place in heaviest)
        content = [content[place] for place in keep]
        weights = [weights[place] for place in keep]
    kept = set(content)
    tags = dict(tagged(f"{plain} {normalise(earlier)}"))
    words_of_runs = _runs(text, kept, lexicon) + _runs(earlier, kept, lexicon)
    runs = ["".join(run) if _is_han(run) else " ".join(run) for run in words_of_runs]
    place = {word: number for number, word in enumerate(content)}
    return Question(
        text=f"{text} {earlier}" if earlier else text,
        content=tuple(content),
        counterparts=counterparts(f"{plain} {normalise(earlier)}", content),
        weights=tuple(weights),
        focus=_focus(text, content, lexicon),
        names=tuple(
            tags.get(word, "").startswith(_NAMING) or lexicon.rarity(word) >= UNSEEN
            for word in content
        ),
        pairs=tuple(
            dict.fromkeys(
                (place[one], place[other]) for run in words_of_runs for one, other in pairwise(run)
            )
        ),
        words=tuple(
            dict.fromkeys(word for run in runs for word in words(run) if word not in EMPTY_WORDS)
        ),
        bigrams=tuple(dict.fromkeys(pair for run in runs for pair in bigrams(run))),
        sought=sought_by(plain),
        aspect=aspect_asked(plain),
    )


def _cut(text: str, lexicon: Lexicon) -> list[str]:
    found: list[str] = []
    for word in cut(text):
        glued = _GLUED.fullmatch(word) if lexicon.rarity(word) >= UNSEEN else None
        found.extend(filter(None, glued.groups()) if glued else [word])
    return found


def _content(text: str, lexicon: Lexicon) -> list[str]:
    words = _cut(text, lexicon)
    return list(dict.fromkeys(w for w in words if w not in EMPTY_WORDS and not _WHICH.match(w)))


def _focus(text: str, content: Sequence[str], lexicon: Lexicon) -> tuple[float, ...]:
    """The question's focus stands beside the word that asks (Moldovan et al. 2000, LASSO)."""
    asking = frozenset(_INTERROGATIVES)
    known = frozenset(content)
    at: dict[str, int] = {}
    places: list[int] = []
    place = 0
    for word in _cut(text, lexicon):
        if word in asking or _WHICH.match(word):
            places.append(place)
        elif word in known:
            at.setdefault(word, place)
        else:
            continue
        place += 1
    places = places or [place]
    return tuple(
        0.5 ** (min(abs(at[word] - one) for one in places) - 1) if word in at else 0.0
        for word in content
    )


def _runs(text: str, kept: set[str], lexicon: Lexicon) -> list[list[str]]:
    """Stretches of content words, as they stood: what bigrams are taken over."""
    runs: list[list[str]] = [[]]
    for word in _cut(text, lexicon):
        if word in kept:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _is_han(run: Sequence[str]) -> bool:
    return all(not word.isascii() for word in run)
