"""What speaks for a passage: the numbers that the ranking and the confidence are learned on.

Every feature is between 0 and 1 or near it, and none depends on the size of the corpus or of the
passages, so that weights learned on one corpus hold on another. A question has a "where" (what the
headline explains) and a "what" (the rest): the passage is asked for the "what" by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rag.encode import Lexicon, Vectors, normalise
from rag.retrieve.question import Kind, Question, holds, pairs_of
from rag.types import Chunk

Floats = npt.NDArray[np.float64]

LEGS = ("dense", "words", "bigrams", "title")
FEATURES = (
    *LEGS,  # each leg's score as a share of its best
    "cosine",  # question and passage
    "sentence_cosine",  # question and the nearest sentence
    "coverage",  # weighted share of the content words that the passage holds
    "coverage_titled",  # the same, passage and headline together
    "title_coverage",  # the headline alone
    "bigram_coverage",  # share of the question's bigrams that the passage holds
    "soft",  # every content word's nearest word in the passage, by meaning
    "soft_titled",
    "what",  # coverage of the words that the headline does not explain
    "sentence",  # coverage by the best sentence
    "sentence_what",
    "run",  # longest run of the question that stands in the passage, as a share of it
    "kind",  # the best sentence holds the kind of thing asked for: 1, 0 unknown, -1 not
    "rarest",  # the heaviest content word is in the passage or its headline
    "length",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of some passages for one question, and the sentence of each that fits best."""

    matrix: Floats
    """Shape ``[passages, len(FEATURES)]``."""
    sentences: tuple[tuple[int, ...], ...]
    """For each passage the places of its sentences in ``Chunk.sentences``, best first."""


def weigh(question: Question, chunks: Sequence[Chunk], legs: Floats, lexicon: Lexicon) -> Evidence:
    """The evidence for ``chunks``.

    Args:
        question: taken apart.
        chunks: the candidates.
        legs: shape ``[len(chunks), len(LEGS)]``, each leg's score as a share of its best.
        lexicon: rarity and meaning of words.
    """
    reader = _Reader(question, lexicon)
    sentences = [
        [chunk.text[start:end] for start, end in chunk.sentences] or [chunk.text]
        for chunk in chunks
    ]
    tokens = lexicon.tokens([sentence for group in sentences for sentence in group])
    vectors = lexicon.vectors(tokens.ids)
    rows, orders = [], []
    first = 0
    for chunk, group, shares in zip(chunks, sentences, legs, strict=True):
        bounds = tokens.starts[first : first + len(group) + 1]
        first += len(group)
        row, order = reader.read(chunk, group, vectors[bounds[0] : bounds[-1]], bounds - bounds[0])
        rows.append([*shares, *row])
        orders.append(order)
    matrix = np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))
    return Evidence(np.round(matrix, 6), tuple(orders))


class _Reader:
    """Reads passages with one question in mind."""

    def __init__(self, question: Question, lexicon: Lexicon) -> None:
        self.question = question
        self.weights = np.array(question.weights)
        self.total = float(self.weights.sum()) or 1.0
        self.own = _unit(_sum(lexicon, [question.text])[0])
        self.word_vectors = _unit_rows(_sum(lexicon, question.content))
        self.pairs = [pairs_of(word) for word in question.content]
        self.all_pairs = set(question.bigrams)
        self.flat = "".join(normalise(question.text).split())

    def read(
        self,
        chunk: Chunk,
        sentences: Sequence[str],
        vectors: Vectors,
        bounds: npt.NDArray[np.int64],
    ) -> tuple[list[float], tuple[int, ...]]:
        text = _flat(chunk.text)
        title = _flat(" ".join(part for part in (chunk.title, chunk.section) if part))
        in_text, in_title = self._held(text), self._held(title)
        unexplained = self.weights * (1.0 - in_title)
        rest = float(unexplained.sum())
        nearest = self._nearest(vectors)
        soft = np.maximum(in_text, nearest)

        flat_sentences = [_flat(sentence) for sentence in sentences]
        held = np.array([self._held(sentence) for sentence in flat_sentences])
        cosines = np.array([self._cosine(vectors[a:b]) for a, b in pairwise(bounds)])
        kinds = np.array([self._kind(sentence) for sentence in flat_sentences])
        coverage = held @ self.weights / self.total if len(self.weights) else np.zeros(len(held))
        fit = coverage + 0.5 * cosines + 0.15 * kinds
        order = tuple(int(place) for place in np.argsort(-fit, kind="stable"))
        best = order[0]
        what = held @ unexplained / rest if rest > 0 else np.ones(len(held))
        heaviest = int(np.argmax(self.weights)) if len(self.weights) else -1
        row = [
            self._cosine(vectors),
            float(cosines.max()),
            float(in_text @ self.weights / self.total),
            float(np.maximum(in_text, in_title) @ self.weights / self.total),
            float(in_title @ self.weights / self.total),
            self._pair_share(text),
            float(soft @ self.weights / self.total),
            float(np.maximum(soft, in_title) @ self.weights / self.total),
            float(in_text @ unexplained / rest) if rest > 0 else 1.0,
            float(coverage[best]),
            float(what.max()),
            self._run(text),
            float(kinds[best]),
            float(max(in_text[heaviest], in_title[heaviest])) if heaviest >= 0 else 0.0,
            min(len(text), 500) / 500,
        ]
        return row, order

    def _held(self, text: str) -> Floats:
        """For each content word: 1 where ``text`` holds it, else the part of its bigrams held."""
        held = np.zeros(len(self.question.content))
        for place, word in enumerate(self.question.content):
            if word in text:
                held[place] = 1.0
            elif len(word) > 2:
                pairs = self.pairs[place]
                held[place] = 0.7 * sum(pair in text for pair in pairs) / len(pairs)
        return held

    def _nearest(self, vectors: Vectors) -> Floats:
        if not len(vectors) or not len(self.word_vectors):
            return np.zeros(len(self.question.content))
        cosines = self.word_vectors @ _unit_rows(vectors).T
        return np.clip(cosines.max(axis=1), 0.0, 1.0).astype(np.float64)

    def _cosine(self, vectors: Vectors) -> float:
        return float(self.own @ _unit(vectors.sum(axis=0))) if len(vectors) else 0.0

    def _kind(self, sentence: str) -> float:
        told = [holds(kind, sentence) for kind in sorted(self.question.kinds)]
        known = [value for value in told if value is not None]
        if Kind.PERSON in self.question.kinds or not known:
            return 0.0
        return 1.0 if any(known) else -1.0

    def _pair_share(self, text: str) -> float:
        if not self.all_pairs:
            return 0.0
        return sum(pair in text for pair in self.all_pairs) / len(self.all_pairs)

    def _run(self, text: str) -> float:
        """Longest common substring, found by growing a window: each step is one ``in``."""
        asked = self.flat[:200]
        best = start = 0
        while start + best < len(asked):
            if asked[start : start + best + 1] in text:
                best += 1
            else:
                start += 1
        return best / len(asked) if asked else 0.0


def _flat(text: str) -> str:
    return normalise("".join(text.split()))


def _sum(lexicon: Lexicon, texts: Sequence[str]) -> Vectors:
    tokens = lexicon.tokens(texts)
    vectors = lexicon.vectors(tokens.ids)
    return np.array(
        [vectors[a:b].sum(axis=0) for a, b in pairwise(tokens.starts)],
        dtype=np.float32,
    ).reshape(len(texts), -1)


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _unit_rows(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
