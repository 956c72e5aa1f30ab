"""Builds the tokenizer of the embedded model: jieba's words as a Unigram vocabulary.

jieba chooses the cut of highest probability under word frequencies; so does a Unigram tokenizer
(Kudo 2018, Subword Regularization, section 3.2). With jieba's words and their frequencies in our
corpora as its pieces it cuts much the same, runs in Rust, and makes the model a standard
sentence-transformers folder. The normaliser (NFKC, case, traditional → simplified) is a
SentencePiece character map, so it travels inside ``tokenizer.json``.
"""

from __future__ import annotations

import argparse
import collections
import math
import re
import tempfile
import unicodedata
from pathlib import Path

import opencc
import rjieba
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from training.corpora import articles

UNKNOWN = "<unk>"
_TERM = re.compile(r"[\u3007\u3400-\u9fff]+|[a-z]+|\d+")


def character_map() -> bytes:
    """SentencePiece's compiled map of NFKC, lower case and traditional → simplified."""
    to_simplified = opencc.OpenCC("t2s")
    rules = []
    for code in [*range(0x80, 0x33FF), *range(0x3400, 0xD7FF), *range(0xF900, 0xFFF0)]:
        char = chr(code)
        plain = to_simplified.convert(unicodedata.normalize("NFKC", char).lower())
        if plain != char and plain.strip():
            rules.append((char, plain))
    rules.extend((chr(code), chr(code + 32)) for code in range(ord("A"), ord("Z") + 1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "rules.tsv"
        table.write_text(
            "".join(
                f"{ord(char):X}\t{' '.join(f'{ord(part):X}' for part in plain)}\n"
                for char, plain in rules
            )
        )
        text = folder / "text.txt"
        text.write_text("\n".join(["一 二 三 四 五", "a b c d e"] * 20), "utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=str(folder / "m"), vocab_size=20,
            normalization_rule_tsv=str(table), hard_vocab_limit=False, minloglevel=2,
        )  # fmt: skip
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString((folder / "m.model").read_bytes())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


def build(data: Path, size: int, reports: int) -> Tokenizer:
    """The tokenizer, with the ``size`` most frequent pieces of the corpora."""
    normalizer = normalizers.Precompiled(character_map())
    counts: collections.Counter[str] = collections.Counter()
    for number, (_, title, body) in enumerate(articles(data, reports=reports)):
        text = normalizer.normalize_str(f"{title}\n{body}")
        for term in _TERM.findall(text):
            counts.update(rjieba.cut_for_search(term) if "\u3007" <= term[0] else [term])
        if number % 20000 == 0:
            print(number, len(counts), flush=True)
    singles: collections.Counter[str] = collections.Counter()
    for word, count in counts.items():
        for char in word:
            singles[char] += count
    pieces = _pieces(counts, singles, size)
    total = sum(pieces.values())
    scored = sorted(pieces.items(), key=lambda item: (-item[1], item[0]))
    vocabulary = [(UNKNOWN, 0.0)] + [
        (piece, round(math.log(count / total), 3)) for piece, count in scored
    ]
    return _tokenizer(vocabulary, normalizer)


def _pieces(
    counts: collections.Counter[str], singles: collections.Counter[str], size: int
) -> dict[str, int]:
    """Every character that is no accident, and the most frequent words; with their frequencies."""
    pieces = {char: count for char, count in singles.items() if count >= 5}
    for word, _ in counts.most_common():
        if len(pieces) >= size - 1:
            break
        if len(word) > 1 and len(word) <= 12:
            pieces[word] = counts[word]
    for char in pieces:
        if len(char) == 1:
            pieces[char] = max(counts[char], 1)
    return pieces


def _tokenizer(
    vocabulary: list[tuple[str, float]], normalizer: normalizers.Normalizer
) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"[\u3007\u3400-\u9fff]+|[a-z]+|\d+"), behavior="removed", invert=True
            ),
            pre_tokenizers.Split(Regex(r"[\u3007\u3400-\u9fff]+|[a-z]+|\d+"), behavior="isolated"),
        ]
    )
    return tokenizer


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path, help="tokenizer.json to write")
    parser.add_argument("--size", type=int, default=64_000)
    parser.add_argument("--reports", type=int, default=4, help="every n-th government report")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    build(options.data, options.size, options.reports).save(str(options.out), pretty=False)


if __name__ == "__main__":
    main()
