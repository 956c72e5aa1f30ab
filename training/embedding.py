"""Trains the static embedding and writes it as a sentence-transformers folder.

A token's vector is the sum of its own row and the rows of its characters and of the shorter words
inside it (as fastText sums n-grams: Bojanowski et al. 2017, section 3.2), so rare words borrow from
what they are made of; after training the sums are folded into one row a token, and the model is a
plain ``StaticEmbedding``. Loss: softmax over in-batch negatives, both ways (van den Oord et al.
2018, InfoNCE), cosine times 20. Rows are stored as int8 with one scale each.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as functional
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from training.corpora import articles, everyday, pairs, records, sentences, synonyms, written

Ints = npt.NDArray[np.int64]
DIMENSION = 256
BATCH = 1024
SCALE = 20.0
LEARNING_RATE = 5e-3
PASSAGE_TOKENS = (25, 150)
"""Least and most tokens of a passage: the index has a vector for every 60 characters."""
MIX = {
    "news": 0.32, "report": 0.19, "broadcast": 0.09, "pairs": 0.16, "written": 0.18,
    "synonyms": 0.06,
}  # fmt: skip
SWAPPED = 0.15
"""Share of a query's words that give way to a synonym, where they have one."""
ESTRANGED = 0.5
"""Share of the sentences that lose most words which their passage repeats: what is left must be
known by the company it keeps, which is where meaning comes from."""


@dataclass
class Texts:
    """Tokenised texts in one flat array; text ``i`` is ``ids[starts[i]:starts[i + 1]]``."""

    ids: Ints
    starts: Ints

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: list[str]) -> Texts:
        """Tokenise ``texts``; the unknown token is dropped."""
        rows = []
        for start in range(0, len(texts), 10_000):
            for encoding in tokenizer.encode_batch_fast(
                texts[start : start + 10_000], add_special_tokens=False
            ):
                row = np.array(encoding.ids, dtype=np.int64)
                rows.append(row[row > 0])
        starts = np.cumsum([0, *(len(row) for row in rows)])
        return cls(np.concatenate(rows), starts)

    def __getitem__(self, index: int) -> Ints:
        return self.ids[self.starts[index] : self.starts[index + 1]]

    def window(self, first: int, last: int) -> Ints:
        """Texts ``first`` … ``last - 1`` as one."""
        return self.ids[self.starts[first] : self.starts[last]]


@dataclass
class Corpus:
    """Articles of one kind: sentence ``s`` of article ``a`` is ``sentences[first[a] + s]``."""

    sentences: Texts
    first: Ints
    titles: Texts


class Sampler:
    """Draws batches of (query, passage) token lists, each batch from one kind of text."""

    def __init__(self, data: Path, tokenizer: Tokenizer, reports: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        collected: dict[str, tuple[list[str], list[int], list[str]]] = {}
        for kind, title, body in articles(data, reports=reports):
            parts = sentences(body)
            if len(parts) < 3:
                continue
            texts, first, titles = collected.setdefault(kind, ([], [0], []))
            texts.extend(parts)
            first.append(len(texts))
            titles.append(title)
        self.corpora = {
            kind: Corpus(Texts.of(tokenizer, texts), np.array(first), Texts.of(tokenizer, titles))
            for kind, (texts, first, titles) in collected.items()
        }
        vocabulary = tokenizer.get_vocab()
        self.synonyms: dict[int, Ints] = {}
        for word, others in synonyms(data).items():
            known = [vocabulary[other] for other in others if other in vocabulary]
            if word in vocabulary and known:
                self.synonyms[vocabulary[word]] = np.array(known)
        self.swappable = np.array(sorted(self.synonyms))
        self.everyday: list[tuple[Ints, list[Ints]]] = []
        for word, others in everyday():
            known = [row for other in others if len(row := Texts.of(tokenizer, [other])[0])]
            row = Texts.of(tokenizer, [word])[0]
            if len(row) and known:
                self.everyday.append((row, known))
        labelled = list(pairs(data))
        self.questions = Texts.of(tokenizer, [question for question, _ in labelled])
        self.passages = Texts.of(tokenizer, [passage for _, passage in labelled])
        asked, parts, first, place = [], [], [0], {}
        self.answering: list[tuple[int, int]] = []
        for question, text, answer in written(data):
            if text not in place:
                place[text] = len(first) - 1
                parts.extend(sentences(text))
                first.append(len(parts))
            told = parts[first[place[text]] : first[place[text] + 1]]
            at = next((i for i, part in enumerate(told) if answer in "".join(part.split())), None)
            if at is not None:
                asked.append(question)
                self.answering.append((place[text], at))
        self.asked = Texts.of(tokenizer, asked)
        none = Texts.of(tokenizer, [""])
        self.told = Corpus(Texts.of(tokenizer, parts), np.array(first), none)

    def batch(self) -> tuple[list[Ints], list[Ints]]:
        """BATCH queries and the passage of each, perhaps followed by passages of none."""
        kind = self.random.choice(list(MIX), p=list(MIX.values()))
        if kind == "pairs":
            chosen = self.random.choice(len(self.questions.starts) - 1, BATCH, replace=False)
            drawn = [(self.questions[i], self.passages[i]) for i in chosen]
        elif kind == "synonyms":
            words = self.random.choice(self.swappable, BATCH // 2, replace=False)
            queries = [words[i : i + 1] for i in range(len(words))]
            others = [self.random.choice(self.synonyms[int(word)], 1) for word in words]
            for at in self.random.choice(len(self.everyday), BATCH - len(words), replace=False):
                word, known = self.everyday[at]
                queries.append(word)
                others.append(known[int(self.random.integers(len(known)))])
            return queries, others
        elif kind == "written":
            chosen = self.random.choice(len(self.answering), BATCH, replace=False)
            drawn = [(self.asked[i], self._around(*self.answering[i])) for i in chosen]
            beside = [self._beside(*self.answering[i]) for i in chosen[: BATCH // 2]]
            return (
                [self._swap(self._drop(query)) for query, _ in drawn],
                [*(passage for _, passage in drawn), *(one for one in beside if len(one))],
            )
        else:
            drawn = [self._pair(kind) for _ in range(BATCH)]
        return (
            [self._swap(self._drop(query)) for query, _ in drawn],
            [passage for _, passage in drawn],
        )

    def _pair(self, kind: str) -> tuple[Ints, Ints]:
        corpus = self.corpora[kind]
        while True:
            article = int(self.random.integers(len(corpus.first) - 1))
            at = int(self.random.integers(corpus.first[article], corpus.first[article + 1]))
            left, right = self._stretch(corpus, article, at)
            if kind == "broadcast" and self.random.random() < 0.6 and len(corpus.titles[article]):
                return corpus.titles[article], corpus.sentences.window(left, right + 1)
            query = corpus.sentences[at]
            if len(query) < 3:
                continue
            if self.random.random() < 0.2:
                return query, corpus.sentences.window(left, right + 1)
            rest = [corpus.sentences.window(left, at), corpus.sentences.window(at + 1, right + 1)]
            passage = np.concatenate(rest)
            if len(passage) < 5:
                continue
            if self.random.random() < ESTRANGED:
                repeated = np.isin(query, passage) & (self.random.random(len(query)) < 0.85)
                if (~repeated).sum() >= 3:
                    query = query[~repeated]
            return query, passage

    def _stretch(self, corpus: Corpus, article: int, at: int) -> tuple[int, int]:
        """First and last sentence of a passage around sentence ``at`` of the article."""
        low, high = int(corpus.first[article]), int(corpus.first[article + 1])
        left = right = at
        size = len(corpus.sentences[at])
        enough = self.random.integers(*PASSAGE_TOKENS)
        while size < enough and (left > low or right < high - 1):
            if right < high - 1 and (left == low or self.random.random() < 0.5):
                right += 1
                size += len(corpus.sentences[right])
            else:
                left -= 1
                size += len(corpus.sentences[left])
        return left, right

    def _around(self, article: int, at: int) -> Ints:
        """A passage of the document that holds its sentence ``at``."""
        left, right = self._stretch(self.told, article, int(self.told.first[article]) + at)
        return self.told.sentences.window(left, right + 1)

    def _beside(self, article: int, at: int) -> Ints:
        """A passage of the document that does not hold its sentence ``at``; empty if none."""
        count = int(self.told.first[article + 1] - self.told.first[article])
        for _ in range(4):
            left, right = self._stretch(
                self.told,
                article,
                int(self.told.first[article]) + int(self.random.integers(count)),
            )
            if not left <= self.told.first[article] + at <= right:
                return self.told.sentences.window(left, right + 1)
        return self.told.sentences.window(0, 0)

    def _drop(self, query: Ints) -> Ints:
        keep = self.random.random(len(query)) >= self.random.uniform(0.0, 0.5)
        return query[keep] if keep.sum() >= 2 else query

    def _swap(self, query: Ints) -> Ints:
        swapped = query.copy()
        for place in np.flatnonzero(self.random.random(len(query)) < SWAPPED):
            others = self.synonyms.get(int(query[place]))
            if others is not None:
                swapped[place] = self.random.choice(others)
        return swapped


class Composed(torch.nn.Module):
    """A row a token; a token's vector is the sum of the rows of what it is made of."""

    def __init__(self, tokenizer: Tokenizer, scores: npt.NDArray[np.float64]) -> None:
        super().__init__()
        vocabulary = tokenizer.get_vocab()
        parts: list[list[int]] = []
        for token, index in sorted(vocabulary.items(), key=lambda item: item[1]):
            inside = {
                vocabulary[token[i:j]]
                for i in range(len(token))
                for j in range(i + 1, len(token) + 1)
                if token[i:j] in vocabulary and "\u3400" <= token[0]
            }
            parts.append(sorted(inside | {index}))
        self.parts = Texts(
            np.concatenate([np.array(part) for part in parts]),
            np.cumsum([0, *(len(part) for part in parts)]),
        )
        rarity = np.clip((-scores - 4.0) / 6.0, 0.15, 1.5)
        rarity[0] = 0.0
        rows = torch.randn(len(vocabulary), DIMENSION) * 0.06
        rows *= torch.tensor(rarity, dtype=torch.float32)[:, None]
        single = torch.tensor([len(token) == 1 for token, _ in
                               sorted(vocabulary.items(), key=lambda item: item[1])])  # fmt: skip
        rows[single] *= 0.5
        self.rows = torch.nn.Parameter(rows)

    def folded(self, tokens: Ints) -> torch.Tensor:
        """The vectors of ``tokens``, shape ``[len(tokens), DIMENSION]``."""
        starts, ends = self.parts.starts[tokens], self.parts.starts[tokens + 1]
        lengths = ends - starts
        offsets = np.cumsum(lengths) - lengths
        flat = np.arange(lengths.sum()) - np.repeat(offsets, lengths) + np.repeat(starts, lengths)
        return functional.embedding_bag(
            torch.from_numpy(self.parts.ids[flat]), self.rows, torch.from_numpy(offsets), mode="sum"
        )

    def forward(self, texts: list[Ints]) -> torch.Tensor:
        """Unit vectors of ``texts``."""
        flat = np.concatenate(texts)
        tokens, places = np.unique(flat, return_inverse=True)
        lengths = np.array([len(text) for text in texts])
        offsets = np.cumsum(lengths) - lengths
        pooled = functional.embedding_bag(
            torch.from_numpy(places), self.folded(tokens), torch.from_numpy(offsets), mode="mean"
        )
        return functional.normalize(pooled)


def train(data: Path, tokenizer_file: Path, steps: int, reports: int, seed: int, out: Path) -> None:
    """Train and write the folder."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    scores = np.array(
        [score for _, score in json.loads(tokenizer_file.read_text("utf-8"))["model"]["vocab"]]
    )
    model = Composed(tokenizer, scores)
    sampler = Sampler(data, tokenizer, reports, seed)
    trial = [(row["q"], row["p"]) for row in records(data, "cmrc2018_trial")]
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / 100) * (1 - step / steps)
    )
    target = torch.arange(BATCH)
    began = time.monotonic()
    running = 0.0
    for step in range(steps):
        queries, passages = sampler.batch()
        both = model(queries + passages)
        cosines = both[:BATCH] @ both[BATCH:].T * SCALE
        loss = (
            functional.cross_entropy(cosines, target)
            + functional.cross_entropy(cosines[:, :BATCH].T, target)
        ) / 2
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        running += loss.item()
        if step % 100 == 99:
            print(
                f"{step + 1} loss {running / 100:.3f} {time.monotonic() - began:.0f}s", flush=True
            )
            running = 0.0
        if step % 500 == 499 or step == steps - 1:
            print(f"  trial R@1 / R@10: {_recall(model, tokenizer, trial)}", flush=True)
            write(model, tokenizer_file, out)


def _recall(
    model: Composed, tokenizer: Tokenizer, cases: list[tuple[str, str]]
) -> tuple[float, float]:
    passages = sorted({passage for _, passage in cases})
    place = {passage: index for index, passage in enumerate(passages)}
    with torch.no_grad():
        vectors = model([Texts.of(tokenizer, [passage])[0] for passage in passages])
        asked = model([Texts.of(tokenizer, [question])[0] for question, _ in cases])
        gold = torch.tensor([place[passage] for _, passage in cases])
        cosines = asked @ vectors.T
        ranks = (cosines > cosines.gather(1, gold[:, None])).sum(1)
    return float((ranks < 1).float().mean()), float((ranks < 10).float().mean())


def write(model: Composed, tokenizer_file: Path, out: Path) -> None:
    """Fold, quantise and write the sentence-transformers folder."""
    with torch.no_grad():
        rows = model.folded(np.arange(len(model.rows), dtype=np.int64)).numpy()
    rows[0] = 0.0
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-12) / 127.0
    out.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            "embeddings": np.rint(rows / scales[:, None]).astype(np.int8),
            "weights": scales.astype(np.float32),
        },
        out / "model.safetensors",
    )
    (out / "tokenizer.json").write_bytes(tokenizer_file.read_bytes())
    prefix = "sentence_transformers.sentence_transformer.modules"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{prefix}.StaticEmbedding"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Normalize",
            "type": "sentence_transformers.base.modules.Normalize",
        },
    ]
    (out / "modules.json").write_text(json.dumps(modules, indent=2) + "\n")
    (out / "1_Normalize").mkdir(exist_ok=True)
    (out / "1_Normalize" / "config.json").write_text("{}\n")
    (out / "config_sentence_transformers.json").write_text(
        json.dumps(
            {"model_type": "SentenceTransformer", "prompts": {"query": "", "document": ""},
             "default_prompt_name": None, "similarity_fn_name": "cosine"}, indent=2,
        ) + "\n"
    )  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--reports", type=int, default=4, help="every n-th government report")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    train(
        options.data, options.tokenizer, options.steps, options.reports, options.seed, options.out
    )


if __name__ == "__main__":
    main()
