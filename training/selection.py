"""Trains the answer sentence selection (``rag/retrieve/selection.py``) on questions and passages.

From the questions of ``written.jsonl`` and of CMRC that the ranking is not learned on: the stretch
of the document that answers, its sentences marked; the same without the sentences that answer;
another stretch of the document, near to the question; and the question that it does not answer.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, dropout, relu

from rag.encode import Lexicon, load_lexicon, normalise
from rag.retrieve.selection import (
    FILE,
    PASSAGE_TOKENS,
    QUESTION_TOKENS,
    SENTENCE_TOKENS,
    SHARPNESS,
    entering,
    padded,
)
from training.corpora import WRITTEN, kept_for_ranking, records, sentences

WIDTH = 64
BATCH, RATE, DROPOUT, DECAY = 96, 1.5e-3, 0.2, 0.01
WARM, EVERY, WATCHED = 100, 600, 6000
"""Steps of the rise, steps between two looks at what is held out, and how much is looked at."""
CUT, COMPREHENSION_CUT = 0.35, 0.7
"""Share of the stretches that are shown without their answer, too."""
LONG, TRIES = 12, 12
"""Sentences of a document in which other stretches are looked at, and how many: the one that has
most of the question is taken."""
SHORT_OF_EVIDENCE = 12
"""Characters of an answer that a sentence of the evidence has to hold."""


@dataclass(frozen=True, slots=True)
class Group:
    """A question and a stretch of text, its sentences marked."""

    kind: str
    question: str
    title: str
    sentences: Sequence[str]
    answering: Sequence[bool]
    held_out: bool


@dataclass(slots=True)
class Told:
    """The tokens of a :class:`Group`."""

    group: Group
    question: npt.NDArray[np.int64]
    title: npt.NDArray[np.int64]
    sentences: list[npt.NDArray[np.int64]]


def groups(data: Path, chance: random.Random) -> Iterator[Group]:
    """All that is trained on, and, held out, what is watched."""
    yield from _written(data, chance)
    yield from _comprehension(data, chance)


def _written(data: Path, chance: random.Random) -> Iterator[Group]:
    texts = {row["id"]: row["text"] for row in records(data, "news")}
    for name in ("gov_reports", "xinwenlianbo"):
        for row in records(data, name):
            texts.setdefault(row["title"], row["body"])
    told: dict[str, list[str]] = {}
    for line in WRITTEN.read_text("utf-8").splitlines():
        row = json.loads(line)
        source = row["from"]
        if source in texts:
            if source not in told:
                told[source] = sentences(texts[source])
            yield from _of_one(row, told[source], chance)


def _of_one(row: dict[str, str], whole: Sequence[str], chance: random.Random) -> Iterator[Group]:
    """The groups of a written question; ``whole`` are its document's sentences."""
    source, question, answer = row["from"], row["question"], _bare(row["answer"])
    at = next((i for i, one in enumerate(whole) if answer in _bare(one)), None)
    if at is None:
        return
    title = "" if row["kind"] == "news" else source
    held_out = kept_for_ranking(source)

    def without_answer(kind: str, asked: str, some: Sequence[str]) -> Group:
        return Group(kind, asked, title, some, [False] * len(some), held_out)

    start, end = _stretch(len(whole), at, chance)
    some = whole[start:end]
    marks = [answer in _bare(one) for one in some]
    yield Group("written", question, title, some, marks, held_out)
    if row.get("vain"):
        yield without_answer("vain", row["vain"], some)
    rest = [one for one, mark in zip(some, marks, strict=True) if not mark]
    if rest and chance.random() < CUT:
        yield without_answer("written, cut", question, rest)
    if len(whole) > LONG:
        stretches = [_stretch(len(whole), chance.randrange(len(whole)), chance)
                     for _ in range(TRIES)]  # fmt: skip
        others = [whole[start:end] for start, end in stretches]
        others = [other for other in others if not any(answer in _bare(one) for one in other)]
        if others:
            pairs = {a + b for a, b in pairwise(_bare(question))}
            nearest = max(others, key=lambda other: sum(pair in "".join(other) for pair in pairs))
            yield without_answer("elsewhere", question, nearest)


def _comprehension(data: Path, chance: random.Random) -> Iterator[Group]:
    for row in records(data, "cmrc2018_train"):
        if not row["answers"]:
            continue
        whole = sentences(row["p"])
        evidence, answer = _bare(row["evidence"] or ""), _bare(row["answers"][0])
        marks = [_answers(_bare(one), evidence, answer) for one in whole]
        if not any(marks):
            continue
        held_out = kept_for_ranking(row["p"])
        start, end = _stretch(len(whole), marks.index(True), chance)
        some = whole[start:end], marks[start:end]
        yield Group("comprehension", row["q"], row["title"], *some, held_out)
        rest = [
            one
            for one, mark in zip(whole, marks, strict=True)
            if not mark and answer not in _bare(one)
        ]
        if rest and chance.random() < COMPREHENSION_CUT:
            rest = rest[chance.randrange(len(rest)) :][:6]
            yield Group("comprehension, cut", row["q"], row["title"], rest, [False] * len(rest),
                        held_out)  # fmt: skip


def _answers(sentence: str, evidence: str, answer: str) -> bool:
    if not evidence:
        return answer in sentence
    return (evidence in sentence or sentence in evidence) and (
        answer[:SHORT_OF_EVIDENCE] in sentence
    )


def _stretch(count: int, around: int, chance: random.Random) -> tuple[int, int]:
    """Three to eight neighbouring sentences, the one at ``around`` among them."""
    size = chance.randint(3, 8)
    start = max(0, around - chance.randint(0, size - 1))
    return start, min(count, start + size)


def _bare(text: str) -> str:
    return "".join(text.split())


def told(some: Sequence[Group], lexicon: Lexicon) -> list[Told]:
    """The tokens of every group."""

    def tokens(texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        found = lexicon.tokens([normalise(_bare(text)) for text in texts])
        return np.split(found.ids, found.starts[1:-1])

    questions = tokens([group.question for group in some])
    titles = tokens([group.title for group in some])
    parts = tokens([one for group in some for one in group.sentences])
    ends = np.cumsum([len(group.sentences) for group in some])
    return [
        Told(group, question, title, parts[end - len(group.sentences) : end])
        for group, question, title, end in zip(some, questions, titles, ends, strict=True)
    ]


class Selection(nn.Module):
    """The network that :class:`rag.retrieve.selection.Selector` runs; it says what is what."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        words = torch.from_numpy(entering(lexicon, np.arange(lexicon.size)))
        self.register_buffer("entering", words, persistent=False)
        width = WIDTH
        self.proj = nn.Linear(words.shape[1], width)
        self.conv = nn.Conv1d(width, width, 3, padding=1)
        self.att = nn.Linear(width, width)
        self.cq = nn.Linear(5 * width + 3, width)
        self.cs = nn.Linear(3 * width + 2, width)
        self.gq, self.gs = nn.Linear(width, 1), nn.Linear(width, 1)
        self.o1, self.o2 = nn.Linear(4 * width, width), nn.Linear(width, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, asked: Tensor, whole: Tensor, owner: Tensor, told: Tensor) -> Tensor:
        """The logits of sentences ``[sentences, tokens]``, ``owner`` the row of their question."""
        distinct, places = torch.unique(
            torch.cat([asked.ravel(), whole.ravel(), told.ravel()]), return_inverse=True
        )
        words = torch.tanh(self.proj(self.drop(self.entering[distinct])))
        asked_at, whole_at, told_at = places.split([asked.numel(), whole.numel(), told.numel()])
        asked_mask, asked_hidden, asked_key = self._within(asked, words[asked_at])
        whole_mask, whole_hidden, whole_key = self._within(whole, words[whole_at])
        told_mask, told_hidden, told_key = self._within(told, words[told_at])
        in_passage = ((asked[:, :, None] == whole[:, None]) & (asked[:, :, None] > 0)).any(2)
        by_passage = _aligned(asked_key, whole_key, whole_hidden, whole_mask)[owner]
        of_asked = asked_hidden[owner]
        by_sentence = _aligned(asked_key[owner], told_key, told_hidden, told_mask)
        by_question = _aligned(told_key, asked_key[owner], of_asked, asked_mask[owner])
        same = (asked[owner][:, :, None] == told[:, None]) & (asked[owner][:, :, None] > 0)
        question_side = [
            of_asked,
            by_sentence,
            by_passage,
            of_asked * by_sentence,
            of_asked * by_passage,
            same.any(2)[..., None],
            in_passage[owner][..., None],
            self.entering[asked][owner][..., -2:-1],
        ]
        sentence_side = [
            told_hidden,
            by_question,
            told_hidden * by_question,
            same.any(1)[..., None],
            self.entering[told][..., -1:],
        ]
        pooled = [
            _pooled(self.gq, relu(self.cq(_dropped(self, question_side))),
                    asked_mask[owner]),
            _pooled(self.gs, relu(self.cs(_dropped(self, sentence_side))), told_mask),
        ]  # fmt: skip
        out: Tensor = self.o2(relu(self.o1(self.drop(torch.cat(pooled, -1)))))
        return out.squeeze(-1)

    def _within(self, ids: Tensor, words: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mask = (ids > 0).float()
        words = words.view(*ids.shape, -1)
        near = relu(self.conv(words.transpose(1, 2)).transpose(1, 2))
        hidden = (words + near) * mask[..., None]
        return mask, hidden, self.att(hidden)


def _dropped(model: nn.Module, parts: Sequence[Tensor]) -> Tensor:
    """Side by side, some numbers left out for all words of a row alike, which costs little."""
    rows = torch.cat(list(parts), -1)
    if not model.training:
        return rows
    return rows * dropout(torch.ones_like(rows[:, :1]), DROPOUT)


def _aligned(keys: Tensor, others: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    going = (keys @ others.transpose(1, 2)) * SHARPNESS * WIDTH**-0.5
    return torch.softmax(going + (mask[:, None] - 1) * 1e4, -1) @ values


def _pooled(gate: nn.Module, rows: Tensor, mask: Tensor) -> Tensor:
    out = (mask - 1) * 1e4
    weights = torch.softmax(gate(rows).squeeze(-1) + out, -1)
    return torch.cat(
        [(weights[..., None] * rows).sum(1), (rows + out[..., None]).amax(1).clamp(min=0)], -1
    )


def batched(some: Sequence[Told]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What :meth:`Selection.forward` takes."""
    owner = [row for row, one in enumerate(some) for _ in one.sentences]
    return (
        _tensor([one.question for one in some], QUESTION_TOKENS),
        _tensor([np.concatenate([one.title, *one.sentences]) for one in some], PASSAGE_TOKENS),
        torch.tensor(owner),
        _tensor([each for one in some for each in one.sentences], SENTENCE_TOKENS),
    )


def _tensor(rows: Sequence[npt.NDArray[np.int64]], most: int) -> Tensor:
    return torch.from_numpy(padded(rows, most))


def watched(model: Selection, held_out: Sequence[Told]) -> float:
    """Print how well answerable and unanswerable are told apart on what is not trained on."""
    model.eval()
    best: dict[str, list[float]] = {}
    right: list[bool] = []
    with torch.no_grad():
        for start in range(0, len(held_out), 128):
            some = held_out[start : start + 128]
            asked = batched(some)
            logits = model(*asked)
            for row, one in enumerate(some):
                own = logits[asked[2] == row]
                best.setdefault(one.group.kind, []).append(float(own.max()))
                if any(one.group.answering):
                    right.append(one.group.answering[int(own.argmax())])
    areas = [
        _area(best[yes], best[no])
        for yes, no in (
            ("written", "vain"),
            ("written", "written, cut"),
            ("written", "elsewhere"),
            ("comprehension", "comprehension, cut"),
        )
    ]
    print(
        f"  areas under the curve {np.round(areas, 3)}, sentence {np.mean(right):.3f}", flush=True
    )
    model.train()
    return float(np.mean(areas))


def _area(yes: Sequence[float], no: Sequence[float]) -> float:
    ranks = np.argsort(np.argsort([*yes, *no])) + 1
    return float((ranks[: len(yes)].sum() - len(yes) * (len(yes) + 1) / 2) / (len(yes) * len(no)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    chance = random.Random(options.seed)
    lexicon = load_lexicon()
    all_of_it = told(list(groups(options.data, chance)), lexicon)
    learned = [one for one in all_of_it if not one.group.held_out]
    held_out = [one for one in all_of_it if one.group.held_out]
    held_out = chance.sample(held_out, min(WATCHED, len(held_out)))
    model = Selection(lexicon)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    steps = int(options.epochs * len(learned) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / WARM) * (1 - step / steps)
    )
    began, best = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        some = chance.sample(learned, BATCH)
        marks = torch.tensor([float(mark) for one in some for mark in one.group.answering])
        loss = binary_cross_entropy_with_logits(model(*batched(some)), marks)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % EVERY == 0 or step == steps:
            print(f"{step}/{steps} {loss.item():.4f} {time.monotonic() - began:.0f} s", flush=True)
            area = watched(model, held_out)
            if area > best:
                best = area
                halved = {name: one.half().contiguous() for name, one in model.state_dict().items()}
                save_file(halved, options.out)


if __name__ == "__main__":
    main()
