"""What the embedded model knows of words: how rare each is, and what it means.

The ranking reads questions and passages by it whichever encoder made the index's vectors, so that
its learned weights hold for every model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from rag.encode.encoder import EmbeddedEncoder, Vectors, embedded_encoder

UNSEEN = 14.0
"""Rarity of a word that the training text never held, in nats: rarer than any it did."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The known tokens of some texts, flat: text ``i`` owns ``starts[i] … starts[i + 1]``."""

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


class Lexicon:
    """Rarity and meaning of words."""

    def __init__(self, encoder: EmbeddedEncoder) -> None:
        self._encoder = encoder
        model = json.loads((encoder.folder / "tokenizer.json").read_text("utf-8"))["model"]
        self._rarity = {piece: -float(score) for piece, score in model["vocab"][1:]}

    def rarity(self, word: str) -> float:
        """``-ln p(word)`` in the training text, in nats; :data:`UNSEEN` for an unknown word."""
        return self._rarity.get(word, UNSEEN)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The tokens of ``texts``, unknown ones left out."""
        rows = [ids[ids > 0] for ids in self._encoder.token_ids(texts)]
        starts = np.cumsum([0, *(len(row) for row in rows)])
        return Tokens(np.concatenate(rows) if rows else np.zeros(0, np.int64), starts)

    def vectors(self, ids: npt.NDArray[np.int64]) -> Vectors:
        """The tokens' vectors as they are summed, shape ``[len(ids), dimension]``."""
        return self._encoder.token_vectors(ids)


@cache
def load_lexicon() -> Lexicon:
    """The embedded model's lexicon, loaded once a process."""
    return Lexicon(embedded_encoder())
