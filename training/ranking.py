"""Learns the order's and the confidence's weights from public questions with known passages.

Corpora of several kinds, sizes and passage lengths are built by the package itself:

- reading-comprehension passages as articles among news, with their own questions; their
  titles are headlines, and half of them lose the words they open with, as a report's body seldom
  repeats its headline;
- government reports and pages of several broadcast items, all of one kind of language, with
  questions made from their statements (``training/questions.py``).

Each question is asked as it is; without its document; without the passages that answer; and with
the answering sentence cut out of its passage, so that the matter is spoken of, the answer is not.
Statements are also asked about in vain: what they name, and what is hardly ever told of it.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from rag.build import build
from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import Candidates, gather
from rag.retrieve.features import FEATURES, LEGS, SENTENCE, weigh
from rag.retrieve.question import Question, understand
from rag.retrieve.ranking import FILE, FIRST_STAGE, LOOKED_AT, by_score, signals
from rag.settings import load_settings
from rag.store import Index, open_index
from rag.types import Chunk, Mode
from training.corpora import records
from training.questions import Asker

_OPENING = re.compile(r"[^，。,]{2,24}?(?:（|\(|，|是|,)")
COMPREHENSION = (  # passages, news articles among them, characters a passage
    (60, 0, 250),
    (60, 0, 200),
    (150, 30, 350),
    (300, 300, 250),
    (600, 3000, 250),
    (400, 1000, 500),
)
STATEMENTS = (  # kind, documents, characters a passage
    ("report", 2, 250),
    ("report", 12, 250),
    ("report", 6, 400),
    ("report", 60, 250),
    ("report", 250, 250),
    ("page", 6, 250),
    ("page", 6, 200),
    ("page", 60, 250),
    ("page", 200, 350),
)
ITEMS_A_PAGE = 6

FAR, NEAR, CUT, VAIN = 0.1, 0.15, 0.15, 0.3
"""Weights of the ways in which a question has no answer, against 1 for one that has."""
_ENCODER = cache(load_encoder)


@dataclass
class Asked:
    """A question, the features of its candidates in first-stage order, and which of them answer."""

    matrix: npt.NDArray[np.float64]
    relevant: npt.NDArray[np.bool_]
    answerable: bool
    weight: float
    sentences: npt.NDArray[np.float64] | None = None
    """The sentences of the first passage that answers, and which of them do."""
    answering: npt.NDArray[np.bool_] | None = None


def ask(index: Index, text: str, document: list[int], answers: list[str]) -> list[Asked]:
    """The question asked three times; ``document`` are the passages of the one that answers."""
    question = understand(text, load_lexicon())
    texts = {
        passage: _bare(chunk.text)
        for passage, chunk in zip(document, index.chunks(document), strict=True)
    }
    right: set[int] = set()
    for answer in answers:  # the evidence first, which says more than the answer alone
        right = {passage for passage, held in texts.items() if _bare(answer) in held}
        if right:
            break
    else:
        return []
    found = gather(index, _ENCODER(), question)
    asked = [_look(index, question, found, right, True, 1.0, _bare(answer))]
    asked.append(_look(index, question, found.without(set(document)), set(), False, FAR))
    if len(right) < len(document):
        asked.append(_look(index, question, found.without(right), set(), False, NEAR))
    asked.append(_look(index, question, found, right, False, CUT, _bare(answer)))
    return asked


def _look(
    index: Index,
    question: Question,
    found: Candidates,
    right: set[int],
    answerable: bool,
    weight: float,
    answer: str = "",
) -> Asked:
    order = by_score(found.shares @ FIRST_STAGE[Mode.HYBRID])[:LOOKED_AT]
    ids = [found.ids[place] for place in order]
    chunks = index.chunks(ids)
    if right and not answerable:
        chunks = [_cut(chunk, answer) if i in right else chunk
                  for i, chunk in zip(ids, chunks, strict=True)]  # fmt: skip
    evidence = weigh(question, chunks, found.shares[order], load_lexicon())
    relevant = np.array([answerable and passage in right for passage in ids])
    asked = Asked(evidence.matrix, relevant, answerable, weight)
    if relevant.any():
        place = int(np.argmax(relevant))
        parts = [_bare(chunks[place].text[a:b]) for a, b in chunks[place].sentences]
        asked.sentences = evidence.sentences[place]
        asked.answering = np.array([answer in part or part in answer for part in parts])
    return asked


def _cut(chunk: Chunk, answer: str) -> Chunk:
    """The passage without the sentences that answer: it speaks of the matter and does not tell."""
    parts = [chunk.text[a:b] for a, b in chunk.sentences]
    kept = [part for part in parts if answer not in _bare(part) and _bare(part) not in answer]
    ends = np.cumsum([0, *(len(part) for part in kept)]).tolist()
    return replace(chunk, text="".join(kept) or "。", sentences=tuple(pairwise(ends)))


def _bare(text: str) -> str:
    return "".join(text.split())


def collect(data: Path, each: int, seed: int) -> list[Asked]:
    """Every corpus built and asked."""
    asked = []
    for number, (chars, documents, cases) in enumerate(corpora(data, seed)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "docs").mkdir()
            for source, text in documents.items():
                (folder / "docs" / source).write_text(text, "utf-8")
            settings = load_settings(
                docs=folder / "docs", index=folder / "index", chunk_chars=chars
            )
            built = build(settings=settings)
            with open_index(folder / "index") as index:
                got = ask_all(index, cases, data, each, seed + number)
            print(f"{built.passages} passages, {len(got)} askings", flush=True)
            asked.extend(got)
    return asked


def corpora(
    data: Path, seed: int
) -> Iterator[tuple[int, dict[str, str], list[tuple[str, str, list[str]]]]]:
    """``(characters a passage, text by source, (question, source, answers))`` of every corpus.

    Where there are no questions they are to be made.
    """
    random = np.random.default_rng(seed)
    by_passage: dict[str, list[tuple[str, list[str]]]] = {}
    titles: dict[str, str] = {}
    for row in records(data, "cmrc2018_train"):
        by_passage.setdefault(row["p"], []).append((row["q"], [row["evidence"], *row["answers"]]))
        titles[row["p"]] = row["title"]
    passages = sorted(by_passage)
    random.shuffle(passages)
    news = [row["text"] for row in records(data, "news")]
    for size, around, chars in COMPREHENSION:
        chosen, passages = passages[:size], passages[size:]
        documents = {
            f"p{place:05}.md": _as_article(titles[passage], passage, bool(random.random() < 0.5))
            for place, passage in enumerate(chosen)
        }
        for place, at in enumerate(random.choice(len(news), around, replace=False)):
            documents[f"n{place:05}.txt"] = news[at] + "\n"
        cases = [
            (question, f"p{place:05}.md", answers)
            for place, passage in enumerate(chosen)
            for question, answers in by_passage[passage]
            if answers
        ]
        random.shuffle(cases)
        yield chars, documents, cases
    reports = [row for row in records(data, "gov_reports") if len(row["body"]) > 4000]
    items = [row for row in records(data, "xinwenlianbo") if 150 < len(row["body"]) < 3000]
    for kind, size, chars in STATEMENTS:
        documents = {}
        for place in range(size):
            if kind == "report":
                row = reports[int(random.integers(len(reports)))]
                text = f"# {row['title']}\n\n{row['body'][:40_000]}\n"
            else:
                some = random.choice(len(items), ITEMS_A_PAGE, replace=False)
                text = "\n\n".join(f"# {items[i]['title']}\n\n{items[i]['body']}" for i in some)
            documents[f"d{place:05}.md"] = text
        yield chars, documents, []


def _as_article(title: str, passage: str, repeats: bool) -> str:
    opening = _OPENING.match(passage)
    body = passage if repeats or not opening else passage[opening.end() :].lstrip("，,、）) ")
    return f"# {title}\n\n{body}\n"


def ask_all(
    index: Index, cases: list[tuple[str, str, list[str]]], data: Path, each: int, seed: int
) -> list[Asked]:
    """Ask ``each`` questions of one corpus."""
    holders: dict[str, list[int]] = {}
    chunks = list(index.all_chunks())
    for place, chunk in enumerate(chunks):
        holders.setdefault(chunk.source, []).append(place)
    asked: list[Asked] = []
    if cases:
        for question, source, answers in cases[:each]:
            if source in holders:
                asked.extend(ask(index, question, holders[source], answers))
        return asked
    asker = Asker(data, seed)
    random = np.random.default_rng(seed)
    for place in random.permutation(len(chunks))[: 2 * each]:
        chunk = chunks[place]
        made = asker.ask(chunk.text, chunk.title, placed=len(chunks) > 4000)
        if made and len(asked) < 5 * each:
            asked.extend(ask(index, made[0], holders[chunk.source], [made[1]]))
            vain = asker.ask_in_vain(chunk.text)
            if vain:
                question = understand(vain, load_lexicon())
                found = gather(index, _ENCODER(), question)
                asked.append(_look(index, question, found, set(), False, VAIN))
    return asked


def fit_order(
    cases: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]], steps: int = 1500
) -> npt.NDArray[np.float64]:
    """Weights by softmax over each case's rows (ListNet, Cao et al. 2007, section 4)."""
    cases = [case for case in cases if case[1].any()]
    width = max(len(rows) for rows, _ in cases)
    columns = cases[0][0].shape[1]
    inputs = torch.zeros(len(cases), width, columns, dtype=torch.float64)
    target = torch.zeros(len(cases), width, dtype=torch.float64)
    padding = torch.full((len(cases), width), -1e9, dtype=torch.float64)
    for place, (rows, relevant) in enumerate(cases):
        inputs[place, : len(rows)] = torch.from_numpy(rows)
        target[place, : len(rows)] = torch.from_numpy(relevant / relevant.sum())
        padding[place, : len(rows)] = 0
    weights = torch.zeros(columns, dtype=torch.float64, requires_grad=True)
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


def _sentences(
    asked: list[Asked],
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    return [
        (case.sentences, case.answering)
        for case in asked
        if case.sentences is not None and case.answering is not None and case.answering.any()
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--each", type=int, default=150, help="questions asked of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = collect(options.data, options.each, options.seed)
    question = np.cumsum([case.answerable for case in asked])  # each begins with its answerable
    held_out = [case for case, number in zip(asked, question, strict=True) if number % 5 == 0]
    learned = [case for case, number in zip(asked, question, strict=True) if number % 5 > 0]
    order = fit_order([(case.matrix, case.relevant) for case in learned])
    sentence = fit_order(_sentences(learned))
    confidence = fit_confidence(learned, order)
    report(held_out, order, confidence)
    kept = _sentences(held_out)
    right = [relevant[by_score(rows @ sentence)[0]] for rows, relevant in kept]
    print(f"{len(kept)} passages: the first highlight answers in {np.mean(right):.3f}")
    # measured; what ships is learned from all of it
    order = fit_order([(case.matrix, case.relevant) for case in asked])
    sentence = fit_order(_sentences(asked))
    confidence = fit_confidence(asked, order)
    stored = {
        "order": dict(zip(FEATURES, np.round(order, 4).tolist(), strict=True)),
        "sentence": dict(zip(SENTENCE, np.round(sentence, 4).tolist(), strict=True)),
        "confidence": dict(
            zip([*FEATURES[len(LEGS) :], "constant"], np.round(confidence, 4).tolist(), strict=True)
        ),
    }
    options.out.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
