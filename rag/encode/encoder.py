"""Text → vectors. The seam is :class:`Encoder`; our model fits it, and any other does.

The embedded model is a standard sentence-transformers folder (``StaticEmbedding`` + ``Normalize``).
:class:`EmbeddedEncoder` reads the same files with ``tokenizers`` and numpy alone, so that a
question is answered without importing torch; a test holds both to the same vectors. Models from
outside are in :mod:`rag.encode.foreign`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from rag.errors import ModelDamaged, ModelMissing
from rag.settings import EMBEDDED

Vectors = npt.NDArray[np.float32]

EMBEDDED_FOLDER = Path(__file__).parent.parent / "models" / "wenju-static-zh"
_BATCH = 256
_TABLE_FROM = 20_000
"""Tokens that are worth a table of all tokens' vectors: a sparse product with it takes a thirtieth
of the time, and the table 65 MB."""
_SCORED = 1024
"""Tokens that are scored at a time: their rows stay in the core's own cache."""
_WINDOW_CHARS = 60
"""A mean of token vectors blurs what one sentence says. R@10 with a vector a passage and one for 60
code points, among 4,000 passages of news: CMRC .923, .963; DRCD .871, .965; XQuAD .922, .957. For
models from outside each costs a run of a transformer, which reads whole passages anyway."""


class Encoder(Protocol):
    """Text → vectors. Rows are float32 of length 1, or 0 where no token of the text is known."""

    name: str
    """As a person would name the model in the settings."""
    fingerprint: str
    """Changes whenever the same text could get another vector."""
    dimension: int
    batch: int
    """Texts to give at a time: a build keeps the vectors of as many at once."""
    window_chars: int | None
    """Aimed-at length of the windows of a passage that get a vector each, in characters; None
    where a whole passage gets one."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One row a text, shape ``[len(texts), dimension]``."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The same for questions, with the model's query prompt where it has one."""
        ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of some texts, flat: text ``i`` owns ``starts[i] … starts[i + 1]``."""

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


@runtime_checkable
class Additive(Encoder, Protocol):
    """An encoder whose vectors are sums over tokens, made length 1.

    What tells a text's vector is then its tokens: an index that keeps these, two bytes each, scores
    exactly without a row of numbers. There are at most 65,536 tokens.
    """

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The tokens of ``texts``."""
        ...

    def pooled(self, tokens: Tokens) -> tuple[Vectors, npt.NDArray[np.float32]]:
        """The texts' vectors, and the length that each sum had, 0 where nothing is known."""
        ...

    def token_scores(
        self, ids: npt.NDArray[np.integer[Any]], query: Vectors
    ) -> npt.NDArray[np.float32]:
        """The inner product of ``query``, of shape ``[dimension]``, with each token's vector."""
        ...


def load_encoder(model: str = EMBEDDED) -> Encoder:
    """The encoder for a ``model`` setting: ``embedded``, or a sentence-transformers name or folder.

    Raises:
        ModelMissing: no model of that name can be had here.
        ModelDamaged: its files cannot be loaded, or its vectors not be used.
        OtherKindOfModel: it is a reranker.
    """
    if model == EMBEDDED:
        return embedded_encoder()
    from rag.encode.foreign import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model)


@cache
def embedded_encoder() -> EmbeddedEncoder:
    """The model that comes with the package, loaded once a process."""
    return EmbeddedEncoder(EMBEDDED_FOLDER)


class EmbeddedEncoder:
    """A static embedding, read without torch: the mean of its tokens' vectors, made length 1."""

    def __init__(self, folder: Path) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not folder.is_dir():
            raise ModelMissing(folder)
        self.name = EMBEDDED
        self.batch = _BATCH
        self.window_chars: int | None = _WINDOW_CHARS
        self.folder = folder
        try:
            self.fingerprint = fingerprint(folder)
            weights = load_file(folder / "model.safetensors")
            self._rows: npt.NDArray[np.int8] = weights["embeddings"]
            self._scales: npt.NDArray[np.float32] = weights["weights"]
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ModelDamaged(folder, reason=error) from error
        self.dimension = self._rows.shape[1]

    @cached_property
    def _table(self) -> Vectors:
        """The vectors of all tokens; for who sums up many."""
        return self.token_vectors(np.arange(len(self._rows)))

    @cached_property
    def _tokenizer(self) -> Any:
        """Loaded when the first text comes: a build that finds nothing new never needs it."""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises nothing narrower
            raise ModelDamaged(self.folder, reason=error) from error
        if len(self._rows) != tokenizer.get_vocab_size():
            raise ModelDamaged(self.folder, reason="vocabulary and vectors differ in number")
        tokenizer.no_padding()
        return tokenizer

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self.pooled(self.tokens(texts))[0]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """See :class:`Additive`."""
        starts = [0]
        ids: list[int] = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            for encoding in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False):
                ids.extend(encoding.ids)
                starts.append(len(ids))
        return Tokens(np.array(ids, dtype=np.int64), np.array(starts, dtype=np.int64))

    def pooled(self, tokens: Tokens) -> tuple[Vectors, npt.NDArray[np.float32]]:
        """See :class:`Additive`."""
        count = len(tokens.starts) - 1
        if len(tokens.ids) < _TABLE_FROM:
            vectors = np.zeros((count, self.dimension), dtype=np.float32)
            rows = self.token_vectors(tokens.ids)
            np.add.at(vectors, np.repeat(np.arange(count), np.diff(tokens.starts)), rows)
        else:
            from scipy.sparse import csr_array

            each = np.ones(len(tokens.ids), dtype=np.float32)
            shape = (count, len(self._rows))
            vectors = csr_array((each, tokens.ids, tokens.starts), shape=shape) @ self._table
        norms = np.linalg.norm(vectors, axis=1)
        np.divide(vectors, norms[:, None], out=vectors, where=norms[:, None] > 0)
        return vectors, norms

    def token_scores(
        self, ids: npt.NDArray[np.integer[Any]], query: Vectors
    ) -> npt.NDArray[np.float32]:
        """See :class:`Additive`."""
        seen = np.zeros(len(self._rows), dtype=bool)
        seen[ids] = True
        distinct = np.flatnonzero(seen)
        scores = np.zeros(len(self._rows), dtype=np.float32)
        for start in range(0, len(distinct), _SCORED):
            some = distinct[start : start + _SCORED]
            rows = self._rows.take(some, axis=0).astype(np.float32)
            # row by row: in a product of matrices the last bits depend on what else is scored
            scores[some] = np.vecdot(rows, query) * self._scales[some]
        wanted: npt.NDArray[np.float32] = scores[ids]
        return wanted

    def token_vectors(self, ids: npt.NDArray[np.int64]) -> Vectors:
        """The vectors of tokens, shape ``[len(ids), dimension]``."""
        vectors: Vectors = self._rows[ids].astype(np.float32)
        vectors *= self._scales[ids, None]
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`; this model has no query prompt."""
        return self.encode_passages(texts)


def fingerprint(folder: Path) -> str:
    """Of the files that decide a vector: weights, tokenizer, configuration."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".safetensors", ".bin", ".json", ".txt", ".model"}:
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
