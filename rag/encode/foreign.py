"""Models from outside, through sentence-transformers: by folder, or by name where one is here.

Nothing is fetched, and nothing is made up: what a folder lacks, the libraries would replace in
silence by an empty vocabulary or another pooling, so that is looked at first.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from rag.encode.encoder import Vectors, fingerprint
from rag.errors import (
    ModelDamaged,
    ModelIncomplete,
    ModelMissing,
    OtherDimension,
    OtherKindOfModel,
    VectorsDamaged,
)

_PARTS = {
    "config.json": ("config.json",),
    "tokenizer.json": (
        "tokenizer.json",
        "vocab.txt",
        "vocab.json",
        "tokenizer.model",
        "sentencepiece.bpe.model",
        "spiece.model",
    ),
    "model.safetensors": ("*.safetensors", "pytorch_model*.bin"),
}
"""What a transformer's folder must hold: one of each, named after the usual one."""

_BGE_ZH_PROMPT = "为这个句子生成表示以用于检索相关文章："
"""The query prompt of bge-*-zh and bge-*-zh-v1.5: their card asks for it, no other file has it."""
_BGE_ZH_NAME = re.compile(r"bge-(small|base|large)-zh(?!-noinstruct)")


class SentenceTransformerEncoder:
    """Any sentence-transformers model.

    Pooling, padding and prompts are those of the model's own files. Where it runs is no part of
    its fingerprint: an index made on a GPU, in half precision, is asked on any machine.
    """

    def __init__(self, model: str) -> None:
        folder = model_folder(model, "sentence-transformers")
        if folder is None:
            raise ModelMissing(model)
        _check(model, folder)
        with loading(model) as options:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(str(folder), **options)
        self._lock = threading.Lock()  # its tokenizer bears one thread at a time
        self.name = model
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.batch = batch_size(self._model)
        self.window_chars: int | None = None
        written = self._model.prompts.get("query")
        self._prompt = written or _unwritten_prompt(model, folder, self._model)
        decisive = f"{fingerprint(folder)} {self._prompt}"
        self.fingerprint = hashlib.sha256(decisive.encode()).hexdigest()[:16]
        self.encode_queries(["问"])  # what is wrong with its vectors shows before a long build

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._rows(self._model.encode_document, texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._rows(self._model.encode_query, texts, prompt=self._prompt)

    def _rows(self, encode: Any, texts: Sequence[str], **prompt: Any) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            found = encode(list(texts), batch_size=self.batch, show_progress_bar=False, **prompt)
        vectors: Vectors = np.asarray(found, dtype=np.float32)
        if vectors.shape[1] != self.dimension:
            raise OtherDimension(self.name, configured=self.dimension, found=vectors.shape[1])
        if not np.isfinite(vectors).all():
            raise VectorsDamaged(self.name)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors


def model_folder(model: str, organisation: str) -> Path | None:
    """The folder of a model, or None: ``model`` itself, else where one of that name was fetched to.

    A name without an organisation is one of ``organisation``.
    """
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    name = model if "/" in model else f"{organisation}/{model}"
    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    try:
        return Path(snapshot_download(name, cache_dir=cache, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None


def check_parts(model: str, folder: Path) -> None:
    """See that a transformer's folder is whole.

    Raises:
        ModelIncomplete: naming the file that is not there.
    """
    for part, names in _PARTS.items():
        if not any(any(folder.glob(name)) for name in names):
            raise ModelIncomplete(model, part=part)


def architecture(model: str, folder: Path) -> str:
    """The class that a transformer was saved from, such as ``BertModel``."""
    named = read_json(model, folder / "config.json").get("architectures")
    return str(named[0]) if named else "?"


def read_json(model: str, path: Path) -> Any:
    """The contents of a model's JSON file.

    Raises:
        ModelIncomplete: it is not there.
        ModelDamaged: it is no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelIncomplete(model, part=path.name) from error
    except (OSError, ValueError) as error:
        raise ModelDamaged(model, reason=f"{path.name}: {error}") from error


@contextmanager
def loading(model: str) -> Iterator[dict[str, Any]]:
    """Load a model within: gives the options for it, keeps the libraries quiet, names what fails.

    Raises:
        ModelDamaged: the libraries could not load it.
    """
    from sentence_transformers.util import get_device_name
    from transformers.utils import logging as untyped

    logging: Any = untyped
    device = get_device_name()
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield {
            "device": device,
            "local_files_only": True,
            "model_kwargs": {"dtype": "float16" if device.startswith("cuda") else "float32"},
        }
    except Exception as error:  # whatever a foreign model's files make the libraries raise
        first = str(error).strip().split("\n")[0][:200]
        raise ModelDamaged(model, reason=f"{type(error).__name__}: {first}") from error
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def batch_size(model: Any) -> int:
    """Texts for a model at a time, by the device that it is on."""
    return 128 if model.device.type == "cuda" else 32


def _check(model: str, folder: Path) -> None:
    """See that a folder is an embedding model's, and whole."""
    if not (folder / "modules.json").exists() and (folder / "config.json").exists():
        kind = architecture(model, folder)
        if kind.endswith("ForSequenceClassification"):
            raise OtherKindOfModel(model, wanted="SentenceTransformer", found=kind)
    modules = read_json(model, folder / "modules.json")
    described = folder / "config_sentence_transformers.json"
    try:
        kind = "SentenceTransformer"
        if described.exists():
            kind = read_json(model, described).get("model_type", kind)
        transformers = [one["path"] for one in modules if one["type"].endswith(".Transformer")]
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelDamaged(model, reason=f"modules.json, {described.name}: {error}") from error
    if kind != "SentenceTransformer":
        raise OtherKindOfModel(model, wanted="SentenceTransformer", found=kind)
    for path in transformers:
        check_parts(model, folder / path)


def _unwritten_prompt(model: str, folder: Path, loaded: Any) -> str | None:
    """The query prompt that no configuration has: of bge-*-zh, by whatever name it goes here.

    That is a BERT with CLS pooling which has the name, or had it when it was saved, or whose card
    has the prompt. The English ones share the card; their vocabulary cannot read the prompt.
    """
    if not any(getattr(module, "pooling_mode", None) == "cls" for module in loaded):
        return None
    config = read_json(model, folder / "config.json")
    if config.get("model_type") != "bert":
        return None
    card = folder / "README.md"
    says = card.read_text("utf-8", "replace") if card.is_file() else ""
    names = f"{model} {folder.resolve().name} {config.get('_name_or_path', '')}"
    if not (_BGE_ZH_NAME.search(names) or _BGE_ZH_PROMPT in says):
        return None
    tokenizer = loaded.tokenizer
    readable = tokenizer.unk_token_id not in tokenizer(_BGE_ZH_PROMPT)["input_ids"]
    return _BGE_ZH_PROMPT if readable else None
