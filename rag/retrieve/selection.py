"""Which sentence answers: question and passage read against each other, word by word.

Answer sentence selection by attention without a large model: every word of the question is aligned
with the sentence and with its passage, every word of the sentence with the question, and what each
is aligned with is compared (Parikh et al. 2016, A Decomposable Attention Model, section 3; Wang and
Jiang 2017, A Compare-Aggregate Model). Words enter by the vectors of the embedded model.
``training/selection.py`` learned the weights; numpy reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from rag.encode import Lexicon, Vectors, load_lexicon

FILE = Path(__file__).parent.parent / "models" / "selection.safetensors"
QUESTION_TOKENS, SENTENCE_TOKENS, PASSAGE_TOKENS = 32, 56, 220
"""What is read of each at most."""
SHARPNESS = 3.0
"""Of the softmax by which words are aligned."""
_OUT = np.float32(1e4)
"""Taken from what must not be looked at."""

_Ids = npt.NDArray[np.int64]


class Selector:
    """Reads passages for one question at a time. Its weights are those of one embedding."""

    def __init__(self, file: Path, lexicon: Lexicon) -> None:
        from safetensors.numpy import load_file

        self._lexicon = lexicon
        self._weights = {name: one.astype(np.float32) for name, one in load_file(file).items()}
        self._width = len(self._weights["att.bias"])
        # side by side in memory: a view into the middle of them is not multiplied by BLAS
        kernel = self._weights["conv.weight"]
        self._kernels = [np.ascontiguousarray(kernel[:, :, place].T) for place in range(3)]
        self._seen = np.zeros(lexicon.size, dtype=bool)
        """Tokens whose row below is filled: most come again and again."""
        self._words = np.zeros((lexicon.size, self._width), dtype=np.float32)

    def logits(
        self, question: _Ids, titles: Sequence[_Ids], passages: Sequence[Sequence[_Ids]]
    ) -> list[npt.NDArray[np.float64]]:
        """How likely each sentence answers, as logits: one array a passage, one number a sentence.

        Args:
            question: its tokens, as :meth:`rag.encode.Lexicon.tokens` gives them.
            titles: the tokens of each passage's headline.
            passages: the tokens of each sentence of each passage; every passage has one at least.
        """
        counts = [len(sentences) for sentences in passages]
        owner = np.repeat(np.arange(len(passages)), counts)
        asked = padded([question], QUESTION_TOKENS)
        whole = padded(
            [np.concatenate([title, *sentences])
             for title, sentences in zip(titles, passages, strict=True)],
            PASSAGE_TOKENS,
        )  # fmt: skip
        told = padded([one for sentences in passages for one in sentences], SENTENCE_TOKENS)
        self._fill(np.unique(np.concatenate([asked.ravel(), whole.ravel(), told.ravel()])))

        def within(some: _Ids) -> tuple[Vectors, Vectors, Vectors]:
            mask = (some > 0).astype(np.float32)
            hidden = self._encoded(self._words[some], mask)
            return mask, hidden, self._linear("att", hidden)

        asked_mask, asked_hidden, asked_key = within(asked)
        whole_mask, whole_hidden, whole_key = within(whole)
        told_mask, told_hidden, told_key = within(told)

        by_passage = self._aligned(asked_key, whole_key, whole_hidden, whole_mask)
        by_sentence = self._aligned(asked_key, told_key, told_hidden, told_mask)
        by_question = self._aligned(told_key, asked_key, asked_hidden, asked_mask)
        same = (asked[:, :, None] == told[:, None, :]) & (asked[:, :, None] > 0)
        in_passage = ((asked[:, :, None] == whole[:, None, :]) & (asked[:, :, None] > 0)).any(2)
        rows = len(told)
        spread = np.broadcast_to
        of_question = [
            spread(asked_hidden, by_sentence.shape),
            by_sentence,
            by_passage[owner],
            asked_hidden * by_sentence,
            (asked_hidden * by_passage)[owner],
            same.any(2)[:, :, None],
            in_passage[owner][:, :, None],
            spread(self._lexicon.importances(asked)[:, :, None], (rows, asked.shape[1], 1)),
        ]
        of_sentence = [
            told_hidden,
            by_question,
            told_hidden * by_question,
            same.any(1)[:, :, None],
            self._lexicon.hold_digits(told)[:, :, None],
        ]
        question_side = np.maximum(self._linear("cq", _joined(of_question)), 0)
        sentence_side = np.maximum(self._linear("cs", _joined(of_sentence)), 0)
        pooled = np.concatenate(
            [
                self._pooled("gq", question_side, spread(asked_mask, (rows, asked.shape[1]))),
                self._pooled("gs", sentence_side, told_mask),
            ],
            axis=1,
        )
        out = self._linear("o2", np.maximum(self._linear("o1", pooled), 0))[:, 0]
        return np.split(out.astype(np.float64), np.cumsum(counts)[:-1])

    def _fill(self, ids: _Ids) -> None:
        """See to it that these tokens have their rows. Two threads write the same into one.

        In double precision: which tokens are filled together depends on what was asked before, and
        must not show in the last bit of a row.
        """
        ids = ids[~self._seen[ids]]
        if not len(ids):
            return
        known = entering(self._lexicon, ids).astype(np.float64)
        self._words[ids] = np.tanh(self._linear("proj", known))
        self._seen[ids] = True

    def _encoded(self, hidden: Vectors, mask: Vectors) -> Vectors:
        """Each word with its neighbours'; nothing past the end."""
        before, here, behind = (_product(hidden, one) for one in self._kernels)
        near = here
        near[:, 1:] += before[:, :-1]
        near[:, :-1] += behind[:, 1:]
        near += self._weights["conv.bias"]
        encoded: Vectors = (hidden + np.maximum(near, 0)) * mask[:, :, None]
        return encoded

    def _aligned(self, keys: Vectors, others: Vectors, values: Vectors, mask: Vectors) -> Vectors:
        """For each word, the mean of the others by how well they go with it."""
        going = keys @ others.transpose(0, 2, 1) * np.float32(SHARPNESS * self._width**-0.5)
        return _softmax(going + (mask[:, None, :] - 1) * _OUT) @ values

    def _pooled(self, gate: str, rows: Vectors, mask: Vectors) -> Vectors:
        """The mean of the rows by how much they say, and the greatest of each number."""
        out = (mask - 1) * _OUT
        weights = _softmax(self._linear(gate, rows)[:, :, 0] + out)
        mean = np.einsum("ij,ijk->ik", weights, rows)
        return np.concatenate([mean, np.maximum((rows + out[:, :, None]).max(1), 0)], axis=1)

    def _linear(self, name: str, rows: npt.NDArray[Any]) -> Vectors:
        return _product(rows, self._weights[f"{name}.weight"].T) + self._weights[f"{name}.bias"]


@cache
def load_selector() -> Selector:
    """The one that comes with the package, loaded once a process.

    From then on numpy multiplies matrices in one thread: these are small, and where they are
    divided among threads, the others do nothing but wait for each other, at full load.
    """
    for library in ThreadpoolController().lib_controllers:
        if "numpy" in library.filepath and library.user_api == "blas":
            library.set_num_threads(1)
    return Selector(FILE, load_lexicon())


def entering(lexicon: Lexicon, ids: _Ids) -> Vectors:
    """What is known of tokens before they are read: a vector, how much they say, if they count.

    Shape ``[len(ids), dimension + 2]``.
    """
    vectors = lexicon.vectors(ids)
    vectors /= np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-6)[:, None]
    vectors[ids == 0] = 0.0
    known = [lexicon.importances(ids)[:, None], lexicon.hold_digits(ids)[:, None]]
    return np.concatenate([vectors, *known], axis=1).astype(np.float32)


def padded(rows: Sequence[_Ids], most: int) -> _Ids:
    """``rows`` cut to ``most`` and filled up with 0, the unknown token, once at least."""
    rows = [row[:most] for row in rows]
    filled = np.zeros((len(rows), max(map(len, rows)) + 1), np.int64)
    for place, row in enumerate(rows):
        filled[place, : len(row)] = row
    return filled


def _product(rows: npt.NDArray[Any], weights: npt.NDArray[Any]) -> Vectors:
    """``rows @ weights`` at once, whatever the shape of ``rows``: not a small product for each."""
    flat: Vectors = rows.reshape(-1, rows.shape[-1]) @ weights
    return flat.reshape(*rows.shape[:-1], weights.shape[1])


def _joined(parts: Sequence[npt.NDArray[np.generic]]) -> Vectors:
    return np.concatenate([np.asarray(part, np.float32) for part in parts], axis=2)


def _softmax(rows: Vectors) -> Vectors:
    raised = np.exp(rows - rows.max(axis=-1, keepdims=True))
    shares: Vectors = raised / raised.sum(axis=-1, keepdims=True)
    return shares
