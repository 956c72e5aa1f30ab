"""What speaks for a passage: the numbers that the ranking and the confidence are learned on.

Every feature is between 0 and 1 or near it, and none depends on the size of the corpus or of the
passages, so that weights learned on one corpus hold on another. A question has a "where" (what the
headline explains) and a "what" (the rest): the passage is asked for the "what" by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from rag.encode import Lexicon, Vectors, normalise
from rag.retrieve.question import Question, answers_in
from rag.types import Chunk

Floats = npt.NDArray[np.float64]

LEGS = ("dense", "words", "bigrams", "title", "placed", "beside")
SENTENCE = (
    "coverage",  # weighted share of the content words that the sentence holds
    "telling",  # the same, words that every candidate holds weighing little
    "soft",  # every content word's nearest word in the sentence, by meaning
    "what",  # coverage of the words that the headline does not explain
    "cosine",  # question and sentence
    "kind",  # holds the kind of thing asked for: 1, 0 where nothing tells, -1 not
    "around",  # coverage of the words around the likeliest answer
    "near",  # share of the content words with a near word in the sentence
    "nearer",
    "answering",  # soft, halved where the kind of thing asked for is not there
)
"""The features of a sentence; a passage has the best of each among its sentences."""
FEATURES = (
    *LEGS,  # each leg's score as a share of its best
    *(f"sentence_{name}" for name in SENTENCE),
    "cosine",
    "coverage",
    "coverage_titled",  # passage and headline together
    "telling_titled",
    "title_coverage",  # the headline alone
    "title_telling",
    "where_share",  # headline and file name: their coverage as a share of the best's
    "where_telling",
    "bigram_coverage",  # share of the question's bigrams that the passage holds
    "soft",
    "soft_titled",
    "near_titled",
    "nearer_titled",
    "what",
    "pair",  # coverage by the best two neighbouring sentences
    "run",  # longest run of the question that stands in the passage, as a share of it
    "rarest",  # the heaviest content word is in the passage or its headline
    "known",  # coverage by all candidates together: what the corpus knows of
    "length",
    "what_cosine",  # of what the headline does not explain, and the passage
    "sentence_what_cosine",
)
_BORDER = "\uf8ff"
"""Of private use: no normalisation changes it or reaches across it."""
_SOFT, _KIND, _ANSWERING = (SENTENCE.index(name) for name in ("soft", "kind", "answering"))
_NEAR, _NEARER = 0.4, 0.55
_AROUND = 20
"""Code points on either side of a likely answer that are read with it."""
_COMMON = 0.8
"""What a word loses of its weight when every candidate holds it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of some passages for one question."""

    matrix: Floats
    """Shape ``[passages, len(FEATURES)]``."""
    sentences: tuple[Floats, ...]
    """For each passage, shape ``[sentences, len(SENTENCE)]``."""


def weigh(question: Question, chunks: Sequence[Chunk], legs: Floats, lexicon: Lexicon) -> Evidence:
    """The evidence for ``chunks``.

    Args:
        question: taken apart.
        chunks: the candidates, at least one.
        legs: shape ``[len(chunks), len(LEGS)]``, each leg's score as a share of its best.
        lexicon: rarity and meaning of words.
    """
    passages = [_passage(chunk, lexicon) for chunk in chunks]
    reader = _Reader(question, passages)
    matrix = np.zeros((len(chunks), len(FEATURES)))
    sentences = []
    for place, meaning in enumerate(_meanings(question, passages, lexicon)):
        row, inside = reader.read(place, meaning)
        matrix[place] = [*legs[place], *row]
        sentences.append(inside)
    return Evidence(np.round(matrix, 6), tuple(sentences))


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage as it is matched."""

    text: str
    where: str
    """Headline and name of the file: which document it is."""
    title: str
    """Headline and section."""
    sentences: tuple[str, ...]
    tokens: npt.NDArray[np.int64]
    """Of all sentences, flat."""
    bounds: npt.NDArray[np.int64]
    """Sentence ``i`` owns tokens ``bounds[i] … bounds[i + 1]``."""


@lru_cache(maxsize=4096)
def _passage(chunk: Chunk, lexicon: Lexicon) -> _Passage:
    spans = chunk.sentences or ((0, len(chunk.text)),)
    sentences = _flat_all([chunk.text[start:end] for start, end in spans])
    tokens = lexicon.tokens(sentences)
    return _Passage(
        text="".join(sentences),
        where=_heading(f"{chunk.title or ''} {PurePosixPath(chunk.source).stem}"),
        title=_heading(f"{chunk.title or ''} {chunk.section or ''}"),
        sentences=sentences,
        tokens=tokens.ids,
        bounds=tokens.starts,
    )


@dataclass(frozen=True, slots=True)
class _Meaning:
    """How near a passage is to the question."""

    cosine: float
    sentences: Floats
    """The cosine of each sentence."""
    words: Floats
    """Shape ``[sentences, content words]``: the cosine of the word's nearest token, 0–1."""
    unit: Vectors
    """The sentences' vectors, the whole passage's last, each of length 1."""
    asked: Vectors
    """The content words' vectors, as they are summed."""


def _meanings(question: Question, passages: Sequence[_Passage], lexicon: Lexicon) -> list[_Meaning]:
    """Of all passages at once: every token is looked up and compared once."""
    own = _unit_rows(_sums(lexicon, [_flat(question.text)]))[0]
    # codes and numbers have no meaning to be near: they are there or not
    known = ["" if word.isascii() else word for word in question.content]
    asked = _sums(lexicon, known)
    words = _unit_rows(asked)
    flat = np.concatenate([passage.tokens for passage in passages])
    distinct, places = np.unique(flat, return_inverse=True)
    vectors = lexicon.vectors(distinct)
    nearness = np.clip(words @ _unit_rows(vectors).T, 0.0, 1.0).T.astype(np.float64)
    meanings = []
    first = 0
    for passage in passages:
        inside = places[first : first + len(passage.tokens)]
        first += len(passage.tokens)
        rows, near = vectors[inside], nearness[inside]
        count = len(passage.sentences)
        sums = np.zeros((count + 1, vectors.shape[1]), dtype=np.float32)
        nearest = np.zeros((count, len(words)))
        for place, (start, end) in enumerate(pairwise(passage.bounds)):
            if end > start:
                sums[place] = rows[start:end].sum(axis=0)
                nearest[place] = near[start:end].max(axis=0)
        sums[count] = sums.sum(axis=0)
        unit = _unit_rows(sums)
        cosines = (unit @ own).astype(np.float64)
        meanings.append(_Meaning(float(cosines[count]), cosines[:count], nearest, unit, asked))
    return meanings


class _Reader:
    """Reads passages with one question in mind."""

    def __init__(self, question: Question, passages: Sequence[_Passage]) -> None:
        self.question = question
        self.passages = passages
        self.pairs = [[a + b for a, b in pairwise(word)] for word in question.content]
        self.whole = {word: _whole(word) for word in question.content if word.isascii()}
        self.all_pairs = set(question.bigrams)
        self.all_whole = [_whole(pair) for pair in self.all_pairs if pair.isascii()]
        self.flat = _flat(question.text)
        self.in_text = np.array([self._held(passage.text) for passage in passages])
        self.in_title = np.array([self._held(passage.title) for passage in passages])
        self.in_where = np.array([self._held(passage.where) for passage in passages])
        held = np.maximum(self.in_text, self.in_title)
        self.weights = _shares(np.array(question.weights))
        common = (held >= 1.0).mean(axis=0) if len(self.weights) else np.zeros(0)
        self.telling = _shares(np.array(question.weights) * (1.0 - _COMMON * common))
        self.known = float(held.max(axis=0, initial=0.0) @ self.weights)
        self.best_where = float((self.in_where @ self.weights).max(initial=0.0))
        self.heaviest = int(np.argmax(self.weights)) if len(self.weights) else None

    def read(self, place: int, meaning: _Meaning) -> tuple[list[float], Floats]:
        """The features after the legs, and those of each sentence."""
        passage, in_text, in_title = self.passages[place], self.in_text[place], self.in_title[place]
        in_where = self.in_where[place]
        rest = _shares(self.weights * (1.0 - in_title))
        sentences, held = self._sentences(passage, meaning, rest)
        soft = np.maximum(in_text, meaning.words.max(axis=0, initial=0.0))
        titled = np.maximum(in_text, in_title)
        soft_titled = np.maximum(soft, in_title)
        neighbours = [np.maximum(one, other) for one, other in pairwise(held)] or [held[0]]
        heaviest = 0.0 if self.heaviest is None else titled[self.heaviest]
        row = [
            *sentences.max(axis=0),
            meaning.cosine,
            in_text @ self.weights,
            titled @ self.weights,
            titled @ self.telling,
            in_title @ self.weights,
            in_title @ self.telling,
            in_where @ self.weights / self.best_where if self.best_where > 0 else 0.0,
            in_where @ self.telling,
            self._pair_share(passage.text),
            soft @ self.weights,
            soft_titled @ self.weights,
            (soft_titled >= _NEAR) @ self.weights,
            (soft_titled >= _NEARER) @ self.weights,
            in_text @ rest if rest.any() else 1.0,
            max(pair @ self.weights for pair in neighbours),
            self._run(passage.text),
            heaviest,
            self.known,
            min(len(passage.text), 500) / 500,
            *self._what_cosines(meaning, in_where),
        ]
        return [float(value) for value in row], sentences

    def _what_cosines(self, meaning: _Meaning, in_where: Floats) -> tuple[float, float]:
        """Of what the headline leaves to be explained, with the passage and its best sentence."""
        left = (1.0 - in_where) @ meaning.asked
        length = float(np.linalg.norm(left))
        if length == 0.0:
            return meaning.cosine, float(meaning.sentences.max())
        cosines = meaning.unit @ (left / length)
        return float(cosines[-1]), float(cosines[:-1].max())

    def _sentences(
        self, passage: _Passage, meaning: _Meaning, rest: Floats
    ) -> tuple[Floats, Floats]:
        """:data:`SENTENCE` of each sentence, and which content words it holds."""
        held = np.array([self._held(sentence) for sentence in passage.sentences])
        softly = np.maximum(held, meaning.words)
        rows = [
            [
                words @ self.weights,
                words @ self.telling,
                soft @ self.weights,
                words @ rest if rest.any() else 1.0,
                cosine,
                *self._likeliest(sentence),
                (soft >= _NEAR) @ self.weights,
                (soft >= _NEARER) @ self.weights,
                0.0,
            ]
            for sentence, words, soft, cosine in zip(
                passage.sentences, held, softly, meaning.sentences, strict=True
            )
        ]
        table = np.array(rows)
        table[:, _ANSWERING] = table[:, _SOFT] * np.where(table[:, _KIND] < 0, 0.5, 1.0)
        return table, held

    def _likeliest(self, sentence: str) -> tuple[float, float]:
        """Whether what is asked for is there, and the best coverage around one place of it."""
        places = answers_in(self.question, sentence)
        if places is None:
            return 0.0, 0.0
        if not places:
            return -1.0, 0.0
        around = [
            float(self._held(sentence[max(place - _AROUND, 0) : place + _AROUND]) @ self.telling)
            for place in places[:12]
        ]
        return 1.0, max(around)

    def _held(self, text: str) -> Floats:
        """For each content word: 1 where ``text`` holds it, else the part of its bigrams held."""
        held = np.zeros(len(self.question.content))
        for place, word in enumerate(self.question.content):
            if word in self.whole:
                held[place] = self.whole[word].search(text) is not None
            elif word in text:
                held[place] = 1.0
            elif len(word) > 2:
                pairs = self.pairs[place]
                held[place] = 0.7 * sum(pair in text for pair in pairs) / len(pairs)
        return held

    def _pair_share(self, text: str) -> float:
        if not self.all_pairs:
            return 0.0
        held = sum(not pair.isascii() and pair in text for pair in self.all_pairs)
        held += sum(bool(whole.search(text)) for whole in self.all_whole)
        return held / len(self.all_pairs)

    def _run(self, text: str) -> float:
        """Longest common substring, found by growing a window: each step is one ``in``."""
        asked = self.flat[:200]
        best = start = 0
        while start + best < len(asked):
            if asked[start : start + best + 1] in text:
                best += 1
            else:
                start += 1
        return best / len(asked) if best > 1 else 0.0


def _whole(word: str) -> re.Pattern[str]:
    """Finds a number or a Latin word, but not 12 in 2012."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")


def _shares(weights: Floats) -> Floats:
    """``weights`` scaled to add up to 1; all 0 where they do."""
    total = float(weights.sum())
    return weights / total if total > 0 else weights


def _flat(text: str) -> str:
    return normalise("".join(text.split()))


def _flat_all(texts: Sequence[str]) -> tuple[str, ...]:
    """Each of ``texts``, flat: normalised in one go, which is several times as fast."""
    together = _flat(_BORDER.join(texts)).split(_BORDER)
    return tuple(together if len(together) == len(texts) else map(_flat, texts))


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


def _unit_rows(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
