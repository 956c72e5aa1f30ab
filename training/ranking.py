"""Learns the order's and the confidence's weights from public questions with known passages.

Corpora of several sizes and passage lengths are built by the package itself: reading-comprehension
passages as articles (the entity that a passage opens with is its headline; in half of them it is
taken out of the text, as a report's body seldom repeats its headline) among news. Each question is
asked three times: as it is, with the passages that hold its answer taken out (the article's other
passages stay: the hard case), and with its whole article taken out.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from rag.build import build
from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import Candidates, gather
from rag.retrieve.features import FEATURES, LEGS, weigh
from rag.retrieve.question import Question, understand
from rag.retrieve.ranking import FILE, FIRST_STAGE, LOOKED_AT, by_score, signals
from rag.settings import load_settings
from rag.store import Index, open_index
from rag.types import Mode
from training.corpora import records

_ENTITY = re.compile(r"^[《“]?([^，。,（(、：]{2,16}?)[》”]?(?:（|\(|，|是|,)")
CORPORA = (  # passages, news articles among them, characters a passage
    (60, 0, 250),
    (60, 0, 250),
    (60, 0, 200),
    (150, 30, 350),
    (300, 300, 250),
    (600, 3000, 250),
    (400, 1000, 500),
)


@dataclass
class Asked:
    """A question, the features of its candidates in first-stage order, and which of them answer."""

    matrix: npt.NDArray[np.float64]
    relevant: npt.NDArray[np.bool_]
    answerable: bool
    weight: float


def write_corpus(data: Path, folder: Path, passages: list[str], news: list[str], seed: int) -> None:
    """One Markdown file a passage or news article."""
    random = np.random.default_rng(seed)
    for number, passage in enumerate(passages):
        entity = _ENTITY.match(passage)
        title = entity[1] if entity else passage[:12]
        body = passage
        if entity and random.random() < 0.5:
            body = passage[entity.end() :].lstrip("，,、）) ")
        (folder / f"p{number:05}.md").write_text(f"# {title}\n\n{body}\n", "utf-8")
    for number, text in enumerate(news):
        (folder / f"n{number:05}.txt").write_text(text + "\n", "utf-8")


def ask(
    index: Index, text: str, source: str, answers: list[str], holders: dict[str, list[int]]
) -> list[Asked]:
    """The question asked three times."""
    lexicon, encoder = load_lexicon(), load_encoder()
    question = understand(text, lexicon)
    article = holders[source]
    texts = {chunk.chunk_id: _bare(chunk.text) for chunk in index.chunks(article)}
    chunks = index.chunks(article)
    right = {
        passage
        for passage, chunk in zip(article, chunks, strict=True)
        if any(_bare(answer) in texts[chunk.chunk_id] for answer in answers)
    }
    if not right:
        return []
    found = gather(index, encoder, question)
    asked = [_look(index, question, found, right, True, 1.0)]
    if len(right) < len(article):
        asked.append(_look(index, question, found.without(right), set(), False, 0.25))
    asked.append(_look(index, question, found.without(set(article)), set(), False, 0.25))
    return asked


def _look(
    index: Index,
    question: Question,
    found: Candidates,
    right: set[int],
    answerable: bool,
    weight: float,
) -> Asked:
    order = by_score(found.shares @ FIRST_STAGE[Mode.HYBRID])[:LOOKED_AT]
    ids = [found.ids[place] for place in order]
    evidence = weigh(question, index.chunks(ids), found.shares[order], load_lexicon())
    return Asked(
        evidence.matrix, np.array([passage in right for passage in ids]), answerable, weight
    )


def _bare(text: str) -> str:
    return "".join(text.split())


def collect(data: Path, each: int, seed: int) -> list[Asked]:
    """Every corpus built and asked."""
    random = np.random.default_rng(seed)
    labelled = list(records(data, "cmrc2018_train"))
    by_passage: dict[str, list[tuple[str, list[str]]]] = {}
    for row in labelled:
        by_passage.setdefault(row["p"], []).append((row["q"], row.get("a") or []))
    passages = sorted(by_passage)
    random.shuffle(passages)
    news = [row["text"] for row in records(data, "news")]
    asked: list[Asked] = []
    first = 0
    for number, (size, around, chars) in enumerate(CORPORA):
        chosen = passages[first : first + size]
        first += size
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "docs").mkdir()
            picked = [news[i] for i in random.choice(len(news), around, replace=False)]
            write_corpus(data, folder / "docs", chosen, picked, seed + number)
            settings = load_settings(
                docs=folder / "docs", index=folder / "index", chunk_chars=chars
            )
            report = build(settings=settings)
            print(f"{report.passages} passages, {len(report.failed)} failed", flush=True)
            with open_index(folder / "index") as index:
                holders: dict[str, list[int]] = {}
                for passage_id, chunk in enumerate(index.all_chunks()):
                    holders.setdefault(chunk.source, []).append(passage_id)
                cases = [
                    (question, f"p{place:05}.md", answers)
                    for place, passage in enumerate(chosen)
                    for question, answers in by_passage[passage]
                    if answers
                ]
                random.shuffle(cases)
                for question, source, answers in cases[:each]:
                    if source in holders:
                        asked.extend(ask(index, question, source, answers, holders))
    return asked


def fit_order(asked: list[Asked], steps: int = 1500) -> npt.NDArray[np.float64]:
    """Weights by softmax over each question's candidates (ListNet, Cao et al. 2007, section 4)."""
    cases = [case for case in asked if case.answerable and case.relevant.any()]
    width = max(len(case.matrix) for case in cases)
    inputs = torch.zeros(len(cases), width, len(FEATURES), dtype=torch.float64)
    target = torch.zeros(len(cases), width, dtype=torch.float64)
    padding = torch.full((len(cases), width), -1e9, dtype=torch.float64)
    for row, case in enumerate(cases):
        inputs[row, : len(case.matrix)] = torch.from_numpy(case.matrix)
        target[row, : len(case.matrix)] = torch.from_numpy(case.relevant / case.relevant.sum())
        padding[row, : len(case.matrix)] = 0
    weights = torch.zeros(len(FEATURES), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([weights], lr=0.05)
    for _ in range(steps):
        logits = inputs @ weights + padding
        loss = -(target * torch.log_softmax(logits, 1)).sum(1).mean()
        loss = loss + 1e-3 * (weights**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return np.asarray(weights.detach().numpy())


def fit_confidence(
    asked: list[Asked], order: npt.NDArray[np.float64], steps: int = 3000
) -> npt.NDArray[np.float64]:
    """Logistic regression: do the first three passages hold the answer?"""
    rows, labels, weights = [], [], []
    for case in asked:
        ranked = by_score(case.matrix @ order)
        rows.append(signals(case.matrix[ranked]))
        labels.append(float(case.relevant[ranked[:3]].any()))
        weights.append(case.weight)
    inputs = torch.tensor(np.array(rows))
    target = torch.tensor(labels, dtype=torch.float64)
    weight = torch.tensor(weights, dtype=torch.float64)
    chosen = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([chosen], lr=0.05)
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            inputs @ chosen, target, weight=weight
        )
        loss = loss + 1e-4 * (chosen[:-1] ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return np.asarray(chosen.detach().numpy())


def report(
    asked: list[Asked], order: npt.NDArray[np.float64], confidence: npt.NDArray[np.float64]
) -> None:
    """Print what was reached on questions that were not learned from."""
    ranks, yes, no = [], [], []
    for case in asked:
        ranked = by_score(case.matrix @ order)
        sure = 1 / (1 + np.exp(-(signals(case.matrix[ranked]) @ confidence)))
        (yes if case.answerable else no).append(sure)
        if case.answerable:
            places = np.flatnonzero(case.relevant[ranked])
            ranks.append(places[0] if len(places) else 99)
    found = np.array(ranks)
    print(f"{len(found)} questions: R@1 {(found < 1).mean():.3f} R@5 {(found < 5).mean():.3f}")
    for column in range(len(LEGS)):
        alone = [
            np.flatnonzero(case.relevant[by_score(case.matrix[:, column])])[:1]
            for case in asked
            if case.answerable
        ]
        print(f"  {LEGS[column]} alone R@1 {np.mean([len(a) and a[0] == 0 for a in alone]):.3f}")
    for lost in (0.01, 0.03, 0.05):
        threshold = np.quantile(yes, lost)
        print(f"  {lost:.0%} answerable refused at {threshold:.3f}: "
              f"{np.mean(np.array(no) < threshold):.3f} of the unanswerable")  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--each", type=int, default=300, help="questions asked of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="keep the collected features here (.npz)")
    options = parser.parse_args()
    asked = collect(options.data, options.each, options.seed)
    held_out = [case for number, case in enumerate(asked) if number % 10 >= 8]
    learned = [case for number, case in enumerate(asked) if number % 10 < 8]
    order = fit_order(learned)
    confidence = fit_confidence(learned, order)
    report(held_out, order, confidence)
    stored = {
        "order": dict(zip(FEATURES, np.round(order, 4).tolist(), strict=True)),
        "confidence": dict(
            zip([*FEATURES[len(LEGS) :], "constant"], np.round(confidence, 4).tolist(), strict=True)
        ),
    }
    options.out.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
