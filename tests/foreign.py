"""Small models of the architectures that people bring along, with random weights, in folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

BGE_PROMPT = "为这个句子生成表示以用于检索相关文章："
QWEN_PROMPT = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
)
CARD = f"# FlagEmbedding\n\n| model | query instruction |\n|---|---|\n| zh | `{BGE_PROMPT}` |\n"
SIZE: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 512,
    "initializer_range": 0.5,  # so that texts come to differ
}


def bert(folder: Path, characters: str, pooling: str = "cls", kind: str = "bert") -> Path:
    """As bge-*-zh-v1.5 is: BERT, CLS pooling, no prompt in any file. ``xlm``: as bge-m3 is."""
    import torch
    from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(1)
    size = {"vocab_size": _characters(folder, characters), **SIZE}
    if kind == "bert":
        model = BertModel(BertConfig(**size))
    else:
        model = XLMRobertaModel(XLMRobertaConfig(**size, pad_token_id=0))
    model.save_pretrained(folder)
    return _sentence_transformer(folder, pooling, {})


def qwen(folder: Path) -> Path:
    """As Qwen3-Embedding is: a decoder, left padding, last-token pooling, its own query prompt."""
    import torch
    from transformers import Qwen3Config, Qwen3Model

    torch.manual_seed(2)
    config = Qwen3Config(vocab_size=_bytes(folder), num_key_value_heads=1, head_dim=16, **SIZE)
    Qwen3Model(config).save_pretrained(folder)
    return _sentence_transformer(folder, "lasttoken", {"query": QWEN_PROMPT, "document": ""})


def cross_encoder(
    folder: Path, characters: str, labels: int = 1, times: int = 1, layers: int = 2
) -> Path:
    """As bge-reranker is: a plain transformers folder, sequence classification, one label.

    ``times`` as wide as the others here: one of 8 and with 12 layers takes seconds for an answer.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    size = {"vocab_size": _characters(folder, characters), **SIZE, "num_hidden_layers": layers}
    size |= {name: times * SIZE[name] for name in ("hidden_size", "intermediate_size")}
    model = BertForSequenceClassification(BertConfig(**size, num_labels=labels))
    model.save_pretrained(folder)
    return folder


def qwen_reranker(folder: Path) -> Path:
    """As Qwen3-Reranker was published at first: a plain causal language model."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(4)
    config = Qwen3Config(vocab_size=_bytes(folder), num_key_value_heads=1, head_dim=16, **SIZE)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def copied(
    model: Path, folder: Path, change: Callable[[Path], object] = lambda folder: None
) -> str:
    """A copy of a model, changed; its name as a setting."""
    shutil.copytree(model, folder)
    change(folder)
    return str(folder)


def without(name: str) -> Callable[[Path], object]:
    """A file is not there."""
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], object]:
    """A file was not copied to its end."""

    def change(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])

    return change


def saying(name: str, **values: object) -> Callable[[Path], object]:
    """A JSON file says something else."""

    def change(folder: Path) -> None:
        said = json.loads((folder / name).read_text("utf-8"))
        (folder / name).write_text(json.dumps({**said, **values}), "utf-8")

    return change


def scaled(factor: float) -> Callable[[Path], object]:
    """All weights are multiplied: NaN makes them worthless, anything else makes another model."""

    def change(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        path = folder / "model.safetensors"
        weights = {name: tensor * factor for name, tensor in load_file(path).items()}
        save_file(weights, path, metadata={"format": "pt"})

    return change


def _sentence_transformer(folder: Path, pooling: str, prompts: dict[str, str]) -> Path:
    """Save as sentence-transformers does, with no card and nothing said of prompts but these."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    plain = folder.rename(folder.with_name(f"{folder.name}-plain"))
    modules = [Transformer(str(plain)), Pooling(SIZE["hidden_size"], pooling), Normalize()]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    (folder / "README.md").unlink()
    shutil.rmtree(plain)
    return folder


def _characters(folder: Path, characters: str) -> int:
    """BERT's tokenizer over single characters; returns how many tokens it knows."""
    from transformers import BertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    known = special + sorted({char for char in characters if not char.isspace()})
    BertTokenizerFast(vocab={char: number for number, char in enumerate(known)}).save_pretrained(
        folder
    )
    return len(known)


def _bytes(folder: Path) -> int:
    """Qwen's tokenizer without its merges but for yes and no; pads on the left."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "ye", "yes", "no"]
    merges = [("y", "e"), ("ye", "s"), ("n", "o")]
    vocabulary = {token: number for number, token in enumerate(known)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    end = ("<|endoftext|>", tokenizer.token_to_id("<|endoftext|>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <|endoftext|>", pair="$A $B <|endoftext|>", special_tokens=[end]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        model_max_length=2048,
    ).save_pretrained(folder)
    return tokenizer.get_vocab_size()
