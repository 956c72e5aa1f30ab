"""Question and passages → scores, by a cross-encoder that reads both at once.

It is the user's choice and comes from outside, through sentence-transformers, as the models of
:mod:`rag.encode.foreign` do.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.encode.foreign import (
    architecture,
    batch_size,
    check_parts,
    loading,
    model_folder,
    read_json,
)
from rag.errors import OtherKindOfModel, RerankerMissing, VectorsDamaged

Scores = npt.NDArray[np.float32]

_LONGEST = 1024
"""Tokens of a question with its passage that are read, where the model could read more."""

_QWEN3 = """\
<|im_start|>system
Judge whether the Document meets the requirements based on the Query and the Instruct provided. \
Note that the answer can only be "yes" or "no".<|im_end|>
<|im_start|>user
<Instruct>: Given a web search query, retrieve relevant passages that answer the query
<Query>: {{ (messages | selectattr("role", "eq", "query") | first).content }}
<Document>: {{ (messages | selectattr("role", "eq", "document") | first).content }}<|im_end|>
<|im_start|>assistant
<think>

</think>{{ "\\n\\n" }}"""
"""How the card of Qwen3-Reranker asks; where its folder has no ``modules.json`` no file says so."""


class Reranker(Protocol):
    """Tells how well passages answer a question. Safe from many threads."""

    name: str
    """As a person would name it in the settings."""

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """One finite number a passage; higher is better, only differences mean anything."""
        ...


def load_reranker(model: str) -> Reranker:
    """The reranker for a ``reranker`` setting: a cross-encoder's folder, or its name.

    Raises:
        RerankerMissing: no model of that name can be had here.
        ModelDamaged: its files cannot be loaded, or its scores not be used.
        OtherKindOfModel: it does not score pairs.
    """
    return CrossEncoderReranker(model)


class CrossEncoderReranker:
    """A cross-encoder: sequence classification with one label, or Qwen3-Reranker's yes and no."""

    def __init__(self, model: str) -> None:
        folder = model_folder(model, "cross-encoder")
        if folder is None:
            raise RerankerMissing(model)
        check_parts(model, folder)
        asked = {"chat_template": _QWEN3} if _is_plain_qwen3(model, folder) else {}
        with loading(model) as options:
            from sentence_transformers import CrossEncoder

            self._model = CrossEncoder(str(folder), processor_kwargs=asked, **options)
            longest = self._model.max_seq_length or _LONGEST
            self._model.max_seq_length = min(longest, _LONGEST)
        if self._model.num_labels != 1:
            raise OtherKindOfModel(
                model, wanted="CrossEncoder", found=f"{self._model.num_labels} labels"
            )
        self._lock = threading.Lock()  # its tokenizer bears one thread at a time
        self.name = model
        self.scores("问", ["答"])  # what is wrong with its scores shows before a question

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """See :class:`Reranker`."""
        if not passages:
            return np.zeros(0, dtype=np.float32)
        with self._lock:
            found = self._model.predict(
                [(question, passage) for passage in passages],
                batch_size=batch_size(self._model),
                activation_fn=_as_they_are,
                show_progress_bar=False,
            )
        scores: Scores = np.asarray(found, dtype=np.float32)
        if not np.isfinite(scores).all():
            raise VectorsDamaged(self.name)
        return scores


def _is_plain_qwen3(model: str, folder: Path) -> bool:
    """Whether it is Qwen3-Reranker as it was published at first, without a word on how to ask.

    Raises:
        OtherKindOfModel: it is made for something else; the library would add an untrained head.
    """
    if (folder / "modules.json").exists():
        described = folder / "config_sentence_transformers.json"
        kind = read_json(model, described).get("model_type", "SentenceTransformer")
        if kind != "CrossEncoder":
            raise OtherKindOfModel(model, wanted="CrossEncoder", found=kind)
        return False
    kind = architecture(model, folder)
    if kind == "Qwen3ForCausalLM":
        return True
    if not kind.endswith("ForSequenceClassification"):
        raise OtherKindOfModel(model, wanted="CrossEncoder", found=kind)
    return False


def _as_they_are(scores: Any) -> Any:
    """Not squeezed between 0 and 1, where the best would become equal."""
    return scores
