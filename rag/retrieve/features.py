"""What speaks for a passage: the numbers that the ranking and the confidence are learned on.

Every feature is between 0 and 1 or near it, and none depends on the size of the corpus or of the
passages, so that weights learned on one corpus hold on another. A question has a "where" (what the
headline, the file's name and the rest of the article explain) and a "what" (which passage): the
passage is asked for the "what" by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.encode import Lexicon, Vectors, normalise
from rag.read import named
from rag.retrieve.aspect import UNSAID, aspect_headed, aspect_told
from rag.retrieve.question import Question
from rag.types import Chunk

Floats = npt.NDArray[np.float64]

LEGS = ("dense", "words", "bigrams", "title", "placed", "beside")
SENTENCE = (
    "coverage",  # weighted share of the content words that the sentence holds
    "meant",  # the same, an everyday word's counterpart in reports counting too
    "telling",  # words that every candidate holds weighing little
    "local",  # words that the article's other candidates hold weighing little
    "soft",  # every content word's nearest word in the sentence, by meaning
    "what",  # coverage of the words that the headline does not explain
    "what_meant",
    "what_soft",
    "cosine",  # question and sentence
    "what_cosine",  # of what the headline does not explain, and the sentence
    "kind",  # holds the kind of thing asked for, or none: weight of evidence; 0 where nothing tells
    "around",  # coverage of the words around the likeliest answer
    "around_soft",
    "near",  # share of the content words with a near word in the sentence
    "nearer",
    "answering",  # soft, halved where the kind of thing asked for is not there
    "focus",  # coverage, the words beside the one that asks counting most
    "focus_soft",
    "weakest",  # how near the content word that is least there comes, of those that weigh
    "aspect",  # 1 where it tells of what is planned, or done, as the question asks; -1 the other
    "adjacent",  # of the content words that stand side by side, the weighted share that do here
    "own",  # focus_soft of what it alone holds: no other sentence of its passage, nor a heading
)
"""The features of a sentence; a passage has the best of each among its sentences."""
FEATURES = (
    *LEGS,  # each leg's score as a share of its best
    *(f"sentence_{name}" for name in SENTENCE),
    "cosine",
    "what_cosine",
    "coverage",
    "meant",
    "coverage_titled",  # passage and headline together
    "meant_titled",
    "telling_titled",
    "local",
    "title_coverage",  # the headline alone
    "title_telling",
    "where_share",  # headline and file name: their coverage as a share of the best's
    "where_telling",
    "article",  # all candidates of the article together
    "article_share",  # as a share of the best article's
    "article_soft",
    "article_soft_share",
    "bigram_coverage",  # share of the question's bigrams that the passage holds
    "soft",
    "soft_titled",
    "soft_share",  # as a share of the best candidate's
    "near_titled",
    "nearer_titled",
    "what",
    "what_meant",
    "what_soft",
    "pair",  # coverage by the best two neighbouring sentences
    "pair_soft",
    "run",  # longest run of the question that stands in the passage, as a share of it
    "rarest",  # the heaviest content word is in the passage or its headline
    "known",  # coverage by all candidates together: what the corpus knows of
    "weakest_titled",
    "rivals",  # how many candidates are worth a close look
    "asked",  # the question says what kind of thing it wants
    "word_count",  # how many content words it has
    "length",
    "heavy",  # passage and headline together, the heaviest words counting most
    "named",  # the share of what the question names that passage and headline lack, below 0
    "where_named",  # the share of it that headline and file name have another for, below 0
    "aspect",  # as a sentence's, told by the headings alone
    "opening",  # coverage by the words the passage begins with: what it is about
    "opening_article",  # by the beginning of any candidate of the article
    "adjacent_titled",
    "subject",  # the question holds the passage's first words, up to a bracket, a comma or a verb
    "opens",  # how much of the question the passage begins with, as a share of it
)
_OPENING = 24
"""Code points that a passage begins with."""
_LEADING = re.compile(r"[^\w]+")
_SUBJECT = re.compile(r"[^\w]*(\w{2,20}?)(?:[^\w]|[又简]?称|是|为|位于|原名)")
_TOWN = re.compile(r"[省市县区州盟旗镇乡村]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BORDER = "\uf8ff"
"""Of private use: no normalisation changes it or reaches across it."""
_NEAR, _NEARER = 0.4, 0.55
_MEANT = 0.8
"""What a counterpart is worth against the word itself."""
_PARTLY = 0.7
"""What all bigrams of a word are worth, scattered, against the word itself."""
_AROUND = 20
"""Code points on either side of a likely answer that are read with it."""
_MANY = 12
"""Content words of a long question."""
_RIVALS = 64
"""Candidates that are many."""
_COMMON = 0.8
"""What a word loses of its weight when every candidate holds it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of some passages for one question."""

    matrix: Floats
    """Shape ``[passages, len(FEATURES)]``."""
    sentences: tuple[Floats, ...]
    """For each passage, shape ``[sentences, len(SENTENCE)]``."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage as it is matched."""

    where: str
    """Headline and name of the file: which document it is."""
    title: str
    """Headline and section."""
    sentences: tuple[str, ...]
    tokens: npt.NDArray[np.int64]
    """Of all sentences, flat."""
    bounds: npt.NDArray[np.int64]
    """Sentence ``i`` owns tokens ``bounds[i] … bounds[i + 1]``."""


def weigh(question: Question, chunks: Sequence[Chunk], legs: Floats, lexicon: Lexicon) -> Evidence:
    """The evidence for ``chunks``.

    Args:
        question: taken apart.
        chunks: the candidates, at least one.
        legs: shape ``[len(chunks), len(LEGS)]``, each leg's score as a share of its best.
        lexicon: rarity and meaning of words.
    """
    passages = [_passage(chunk, lexicon) for chunk in chunks]
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    counts = np.array([len(passage.sentences) for passage in passages])
    starts = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(passages)), counts)

    def passage_best(rows: Floats) -> Floats:
        return np.maximum.reduceat(rows, starts, axis=0)

    weights = _shares(np.array(question.weights))
    focus = _shares(weights * np.array(question.focus))
    word_count = len(weights)
    held = _held(question, sentences)
    meant = np.maximum(held, _MEANT * _counterparts(question, sentences))
    meaning = _meanings(question, passages, counts, lexicon)
    soft = np.maximum(meant, meaning.words)

    headings = list(
        dict.fromkeys([one.title for one in passages] + [one.where for one in passages])
    )
    place = {text: row for row, text in enumerate(headings)}
    in_headings = _held(question, headings)
    in_title = in_headings[[place[one.title] for one in passages]]
    in_where = in_headings[[place[one.where] for one in passages]]
    in_text, meant_text, soft_text = (passage_best(one) for one in (held, meant, soft))
    titled = np.maximum(in_text, in_title)
    meant_titled = np.maximum(meant_text, in_title)
    soft_titled = np.maximum(soft_text, in_title)

    common = (titled >= 1.0).mean(axis=0) if word_count else np.zeros(0)
    telling = _shares(np.array(question.weights) * (1.0 - _COMMON * common))
    article = np.unique([f"{one.source}\n{one.title}" for one in chunks], return_inverse=True)[1]
    article = article.reshape(-1)
    of_article, soft_article, elsewhere = _articles(article, titled, soft_titled, in_text)
    local = _row_shares(weights * (1.0 - _COMMON * elsewhere))
    rest = _row_shares(weights * (1.0 - in_title))

    cosines, what_cosines = meaning.cosines(in_where)
    kinds, around, around_soft = _likeliest(question, sentences, telling, meaning.words)
    sentence_soft = soft @ weights
    headed, told = _aspects(question, chunks, passages)
    adjacent = _adjacent(question, sentences)
    pair_weights = _shares(np.array([weights[a] + weights[b] for a, b in question.pairs]))
    of_sentence = np.column_stack(
        [
            held @ weights,
            meant @ weights,
            held @ telling,
            (held * local[owner]).sum(axis=1),
            sentence_soft,
            _explained(held, rest[owner]),
            _explained(meant, rest[owner]),
            _explained(soft, rest[owner]),
            cosines[0],
            what_cosines[0],
            kinds,
            around,
            around_soft,
            (soft >= _NEAR) @ weights,
            (soft >= _NEARER) @ weights,
            sentence_soft * np.where(kinds < 0, 0.5, 1.0),
            meant @ focus,
            soft @ focus,
            _weakest(soft, weights),
            told,
            adjacent @ pair_weights if len(question.pairs) else np.ones(len(sentences)),
            _added(soft, in_title, owner, starts) @ focus,
        ]
    )
    adjacent_titled = np.maximum(
        passage_best(adjacent),
        _adjacent(question, headings)[[place[one.title] for one in passages]],
    )
    where_scores = in_where @ weights
    article_scores, article_soft = of_article @ weights, soft_article @ weights
    soft_scores = soft_titled @ weights
    texts = ["".join(one.sentences) for one in passages]
    opening = _held(question, [text[:_OPENING] for text in texts]) @ weights
    matrix = np.column_stack(
        [
            legs,
            passage_best(of_sentence),
            cosines[1],
            what_cosines[1],
            in_text @ weights,
            meant_text @ weights,
            titled @ weights,
            meant_titled @ weights,
            titled @ telling,
            (in_text * local).sum(axis=1),
            in_title @ weights,
            in_title @ telling,
            _of_best(where_scores),
            in_where @ telling,
            article_scores,
            _of_best(article_scores),
            article_soft,
            _of_best(article_soft),
            _pair_shares(question, texts),
            soft_text @ weights,
            soft_scores,
            _of_best(soft_scores),
            (soft_titled >= _NEAR) @ weights,
            (soft_titled >= _NEARER) @ weights,
            _explained(in_text, rest),
            _explained(meant_text, rest),
            _explained(soft_text, rest),
            _neighbours(held, owner, starts) @ weights,
            _neighbours(soft, owner, starts) @ weights,
            _runs(question, texts),
            titled[:, int(np.argmax(weights))] if word_count else np.zeros(len(chunks)),
            np.full(len(chunks), float(titled.max(axis=0, initial=0.0) @ weights)),
            _weakest(soft_titled, weights),
            np.full(len(chunks), min(len(chunks), _RIVALS) / _RIVALS),
            np.full(len(chunks), float(question.sought.kind is not None)),
            np.full(len(chunks), min(word_count, _MANY) / _MANY),
            np.minimum([len(text) for text in texts], 500) / 500,
            titled @ _shares(np.array(question.weights) ** 3),
            _named(question, titled),
            _where_named(question, in_where, [one.where for one in passages]),
            headed,
            opening,
            _article_best(article, opening),
            adjacent_titled @ pair_weights if len(question.pairs) else np.ones(len(chunks)),
            _subjects(question, texts),
            _opens(question, texts),
        ]
    )
    parts = np.split(np.round(of_sentence, 6), starts[1:])
    return Evidence(np.round(matrix, 6), tuple(parts))


def question_tokens(question: Question, lexicon: Lexicon) -> npt.NDArray[np.int64]:
    """The tokens of a question as it is searched."""
    return lexicon.tokens([_flat(question.text)]).ids


def tokens_of(chunk: Chunk, lexicon: Lexicon) -> list[npt.NDArray[np.int64]]:
    """The tokens of the headline, and of each sentence, of a passage."""
    passage = _passage(chunk, lexicon)
    headline = lexicon.tokens([_heading(chunk.title or "")]).ids
    return [headline, *np.split(passage.tokens, passage.bounds[1:-1])]


@lru_cache(maxsize=4096)
def _passage(chunk: Chunk, lexicon: Lexicon) -> _Passage:
    spans = chunk.sentences or ((0, len(chunk.text)),)
    sentences = _flat_all([chunk.text[start:end] for start, end in spans])
    tokens = lexicon.tokens(sentences)
    return _Passage(
        where=_heading(f"{chunk.title or ''} {PurePosixPath(chunk.source).stem}"),
        title=_heading(f"{chunk.title or ''} {chunk.section or ''}"),
        sentences=sentences,
        tokens=tokens.ids,
        bounds=tokens.starts,
    )


def _aspects(
    question: Question, chunks: Sequence[Chunk], passages: Sequence[_Passage]
) -> tuple[Floats, Floats]:
    """1 where passages, and sentences, tell of what is planned, or done, as asked; -1 the other.

    A sentence's own words count as much as its headings.
    """
    if question.aspect == UNSAID:
        return np.zeros(len(passages)), np.zeros(sum(len(one.sentences) for one in passages))
    headed = [
        aspect_headed(one.where, _heading(chunk.title or ""), _heading(chunk.section or ""))
        for chunk, one in zip(chunks, passages, strict=True)
    ]
    told = [
        _balanced(above, _told(sentence))
        for above, one in zip(headed, passages, strict=True)
        for sentence in one.sentences
    ]
    return question.aspect * np.array(headed, float), question.aspect * np.array(told)


def _balanced(headed: int, told: int) -> float:
    """The mean of what two things say, of those that say anything."""
    return (headed + told) / 2 if headed and told else float(headed or told)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """How near passages are to the question. Sentences of all passages stand one after another."""

    words: Floats
    """Shape ``[sentences, content words]``: the cosine of the word's nearest token, 0–1."""
    sentences: Vectors
    """Of each sentence, of length 1."""
    passages: Vectors
    """Of each passage, of length 1."""
    owner: npt.NDArray[np.int64]
    own: Vectors
    """The question's, of length 1."""
    asked: Vectors
    """The content words' vectors, as they are summed."""

    def cosines(self, in_where: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Sentences' and passages': of the whole question, and of what the headline leaves."""
        whole = (_exact(self.sentences @ self.own), _exact(self.passages @ self.own))
        left: Vectors = (1.0 - in_where).astype(np.float32) @ self.asked
        lengths = np.linalg.norm(left, axis=1, keepdims=True)
        left = np.where(lengths > 0, left / np.maximum(lengths, 1e-9), self.own)
        rest = (
            _exact(np.einsum("ij,ij->i", self.sentences, left[self.owner])),
            _exact(np.einsum("ij,ij->i", self.passages, left)),
        )
        return whole, rest


def _meanings(
    question: Question,
    passages: Sequence[_Passage],
    counts: npt.NDArray[np.int64],
    lexicon: Lexicon,
) -> _Meaning:
    """Of all passages at once: every token is looked up and compared once."""
    from scipy.sparse import csr_array

    own = _unit_rows(_sums(lexicon, [_flat(question.text)]))[0]
    # codes and numbers have no meaning to be near: they are there or not
    known = ["" if word.isascii() else word for word in question.content]
    asked = _sums(lexicon, known)
    tokens = np.concatenate([passage.tokens for passage in passages])
    lengths = np.concatenate([np.diff(passage.bounds) for passage in passages])
    distinct, places = np.unique(tokens, return_inverse=True)
    vectors = lexicon.vectors(distinct)
    norms = np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-9)
    # one row a content word, so that a sentence's tokens lie side by side
    nearness = np.clip(_unit_rows(asked) @ vectors.T / norms, 0.0, 1.0)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    filled = np.flatnonzero(lengths)
    words = np.zeros((len(lengths), len(known)))
    if len(filled):
        words[filled] = np.maximum.reduceat(nearness[:, places], bounds[filled], axis=1).T
    # a sparse product takes a tenth of the time of sums over rows
    each = np.ones(len(places), dtype=np.float32)
    sums = csr_array((each, places, bounds), shape=(len(lengths), len(distinct))) @ vectors
    starts = np.cumsum(counts) - counts
    return _Meaning(
        words=words,
        sentences=_unit_rows(sums),
        passages=_unit_rows(np.add.reduceat(sums, starts, axis=0)),
        owner=np.repeat(np.arange(len(counts)), counts),
        own=own,
        asked=asked,
    )


def _held(question: Question, texts: Sequence[str]) -> Floats:
    """``[texts, content words]``: 1 where a text holds the word, else the part of its bigrams."""
    held = np.zeros((len(texts), len(question.content)))
    for column, word in enumerate(question.content):
        if word.isascii():
            search = _whole(word).search
            held[:, column] = [word in text and search(text) is not None for text in texts]
            continue
        held[:, column] = [word in text for text in texts]
        if len(word) > 2:
            pairs = [a + b for a, b in pairwise(word)]
            for row in np.flatnonzero(held[:, column] == 0).tolist():
                there = sum(pair in texts[row] for pair in pairs)
                held[row, column] = _PARTLY * there / len(pairs)
    return held


def _counterparts(question: Question, texts: Sequence[str]) -> Floats:
    """``[texts, content words]``: 1 where a text holds a counterpart of the word."""
    held = np.zeros((len(texts), len(question.content)))
    for column, others in enumerate(question.counterparts):
        if others:
            held[:, column] = [any(other in text for other in others) for text in texts]
    return held


def _articles(
    article: npt.NDArray[np.int64], titled: Floats, soft: Floats, in_text: Floats
) -> tuple[Floats, Floats, Floats]:
    """For each passage: what its article's candidates hold together, and the others' share."""
    count = int(article.max()) + 1
    together = np.zeros((count, titled.shape[1]))
    softly = np.zeros_like(together)
    summed = np.zeros_like(together)
    np.maximum.at(together, article, titled)
    np.maximum.at(softly, article, soft)
    np.add.at(summed, article, in_text)
    others = np.bincount(article, minlength=count)[article][:, None] - 1
    elsewhere = (summed[article] - in_text) / np.maximum(others, 1)
    return together[article], softly[article], elsewhere


def _likeliest(
    question: Question, sentences: Sequence[str], telling: Floats, near: Floats
) -> tuple[Floats, Floats, Floats]:
    """Whether what is asked for is there, and the best coverage around one place of it."""
    kinds, around, softly = (np.zeros(len(sentences)) for _ in range(3))
    spans: list[str] = []
    owners: list[int] = []
    for row, sentence in enumerate(sentences):
        places = question.sought.places_in(sentence)
        if places is None:
            continue
        kinds[row] = question.sought.present if places else question.sought.absent
        for place in places[:12]:
            spans.append(sentence[max(place - _AROUND, 0) : place + _AROUND])
            owners.append(row)
    if spans:
        held = _held(question, spans)
        meant = np.maximum(held, _MEANT * _counterparts(question, spans))
        np.maximum.at(around, owners, held @ telling)
        # by meaning the whole sentence is read: where in it a word stands is not kept
        np.maximum.at(softly, owners, np.maximum(meant, 0.5 * near[owners]) @ telling)
    return kinds, around, softly


def _named(question: Question, titled: Floats) -> Floats:
    """Of the names that any candidate has, each one's share less 1: 0 where it lacks none."""
    asked = np.array(question.names, dtype=bool)
    held = titled[:, asked] >= 1.0
    known = held.any(axis=0)
    if not known.any():
        return np.zeros(len(titled))
    return _exact(held[:, known].mean(axis=1)) - 1.0


def _where_named(question: Question, in_where: Floats, wheres: Sequence[str]) -> Floats:
    """Of the names that any headline has, the share that another stands for, below 0.

    A report on another year, or on another town, is another report. One whose headline names none
    may be on any. What a headline calls a town is one, whatever its tag.
    """
    headings = list(dict.fromkeys(wheres))
    names = [
        named or (len(word) > 1 and any(_is_town(word, heading) for heading in headings))
        for word, named in zip(question.content, question.names, strict=True)
    ]
    asked = np.flatnonzero(np.array(names, dtype=bool) & (in_where >= 1.0).any(axis=0)).tolist()
    if not asked:
        return np.zeros(len(wheres))
    years = np.array([_YEAR.fullmatch(question.content[one]) is not None for one in asked])
    settled = np.array([_settled(where) for where in wheres])
    others = np.where(years[None, :], settled[:, :1], settled[:, 1:])
    return -_exact(((in_where[:, asked] < 1.0) & others).mean(axis=1))


@lru_cache(maxsize=1024)
def _settled(where: str) -> tuple[bool, bool]:
    """Whether headline and file name say which year they are on, and which place."""
    return _YEAR.search(where) is not None, bool(named(where).places)


def _neighbours(
    rows: Floats, owner: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> Floats:
    """For each passage: what its best two neighbouring sentences hold, by each word's best."""
    pairs = rows.copy()
    if len(rows) > 1:
        same = (owner[1:] == owner[:-1])[:, None]
        pairs[:-1] = np.where(same, np.maximum(rows[1:], rows[:-1]), rows[:-1])
    totals = pairs.sum(axis=1)
    best = [
        start + int(np.argmax(totals[start:end]))
        for start, end in pairwise([*starts.tolist(), len(rows)])
    ]
    return np.asarray(pairs[best])


def _added(
    rows: Floats, in_title: Floats, owner: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> Floats:
    """How much more of each word a sentence holds than its passage's other sentences and headings.

    What a passage is about stands in many of its sentences; what one of them tells, in that one.
    """
    if not rows.shape[1]:
        return rows
    best = np.maximum.reduceat(rows, starts, axis=0)[owner]
    is_best = rows == best
    alone = np.add.reduceat(is_best.astype(np.int64), starts, axis=0)[owner] == 1
    second = np.maximum.reduceat(np.where(is_best, 0.0, rows), starts, axis=0)[owner]
    others = np.where(is_best & alone, second, best)
    added: Floats = np.maximum(rows - np.maximum(others, in_title[owner]), 0.0)
    return added


def _pair_shares(question: Question, texts: Sequence[str]) -> Floats:
    pairs = question.bigrams
    if not pairs:
        return np.zeros(len(texts))
    whole = [_whole(pair) for pair in pairs if pair.isascii()]
    plain = [pair for pair in pairs if not pair.isascii()]
    return np.array(
        [
            sum(pair in text for pair in plain) + sum(bool(one.search(text)) for one in whole)
            for text in texts
        ]
    ) / len(pairs)


def _runs(question: Question, texts: Sequence[str]) -> Floats:
    """Longest common substring, found by growing a window: each step is one ``in``."""
    asked = _flat(question.text)[:200]
    shares = []
    for text in texts:
        best = start = 0
        while start + best < len(asked):
            if asked[start : start + best + 1] in text:
                best += 1
            else:
                start += 1
        shares.append(best / len(asked) if best > 1 else 0.0)
    return np.array(shares)


def _is_town(word: str, heading: str) -> bool:
    at = heading.find(word)
    return at >= 0 and _TOWN.match(heading, at + len(word)) is not None


def _adjacent(question: Question, texts: Sequence[str]) -> Floats:
    """``[texts, pairs]``: 1 where two words stand side by side as in the question.

    The ordered window of a sequential dependence model (Metzler and Croft 2005, section 2).
    """
    joined = [question.content[one] + question.content[other] for one, other in question.pairs]
    return np.array([[float(pair in text) for pair in joined] for text in texts])


def _subjects(question: Question, texts: Sequence[str]) -> Floats:
    """1 where the question holds what a passage begins with."""
    asked = _flat(question.text)
    begun = [_SUBJECT.match(text) for text in texts]
    return np.array([float(one is not None and one[1] in asked) for one in begun])


def _opens(question: Question, texts: Sequence[str]) -> Floats:
    """Longest beginning that the question holds, from two code points on."""
    asked = _flat(question.text)[:200]
    shares = []
    for text in texts:
        start = _LEADING.match(text)
        begins = text[start.end() if start else 0 :][: len(asked)]
        best = 0
        while best < len(begins) and begins[: best + 1] in asked:
            best += 1
        shares.append(best / len(asked) if best > 1 else 0.0)
    return np.array(shares)


def _article_best(article: npt.NDArray[np.int64], scores: Floats) -> Floats:
    """For each passage: the best score of its article's candidates."""
    best = np.zeros(int(article.max()) + 1)
    np.maximum.at(best, article, scores)
    return best[article]


def _weakest(rows: Floats, weights: Floats) -> Floats:
    """Of each row, the least among the words that weigh at least half of what the usual one does.

    A sum does not tell ten words that are nearly there from nine that are and one that is not: the
    one is what a question in vain is about.
    """
    if not len(weights):
        return np.ones(len(rows))
    heavy = weights >= 0.5 * weights.mean()
    least: Floats = rows[:, heavy].min(axis=1)
    return least


def _explained(held: Floats, rest: Floats) -> Floats:
    """Each row's share of what is left to be explained; 1 where nothing is."""
    return np.where(rest.any(axis=1), (held * rest).sum(axis=1), 1.0)


def _of_best(scores: Floats) -> Floats:
    best = float(scores.max(initial=0.0))
    return scores / best if best > 0 else np.zeros_like(scores)


@lru_cache(maxsize=1024)
def _whole(word: str) -> re.Pattern[str]:
    """Finds a number or a Latin word, but not 12 in 2012."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")


def _shares(weights: Floats) -> Floats:
    """``weights`` scaled to add up to 1; all 0 where they do."""
    total = float(weights.sum())
    return weights / total if total > 0 else weights


def _row_shares(weights: Floats) -> Floats:
    totals = weights.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    return shares


def _flat(text: str) -> str:
    return normalise("".join(text.split()))


def _flat_all(texts: Sequence[str]) -> tuple[str, ...]:
    """Each of ``texts``, flat: normalised in one go, which is several times as fast."""
    together = _flat(_BORDER.join(texts)).split(_BORDER)
    return tuple(together if len(together) == len(texts) else map(_flat, texts))


_told = lru_cache(maxsize=16_384)(aspect_told)
_heading = lru_cache(maxsize=1024)(_flat)
"""Many passages share their headings."""


def _sums(lexicon: Lexicon, texts: Sequence[str]) -> Vectors:
    """The sum of each text's token vectors, shape ``[len(texts), dimension]``."""
    tokens = lexicon.tokens(texts)
    vectors = lexicon.vectors(tokens.ids)
    sums = np.zeros((len(texts), vectors.shape[1]), dtype=np.float32)
    for row, (start, end) in enumerate(pairwise(tokens.starts)):
        sums[row] = vectors[start:end].sum(axis=0)
    return sums


def _exact(values: npt.NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _unit_rows(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
