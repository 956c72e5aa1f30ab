"""Learns the order's and the confidence's weights from public questions with known passages.

Corpora of several kinds, sizes and passage lengths are built by the package itself:

- reading-comprehension passages as articles among news, with their own questions; most have their
  titles as headlines, and half of these lose the words they open with, as a report's body seldom
  repeats its headline;
- government reports and pages of several broadcast items, all of one kind of language, with
  questions made from their statements (``training/questions.py``);
- all government reports, thousands of news articles, and small folders of pages with several
  items each, with the questions of ``written.jsonl``: written one by one as people ask, in other
  words than the text, some of them about what the item does not tell.

Each question is asked as it is; without its document; without the passages that answer; and with
the answering sentence cut out of its passage, so that the matter is spoken of, the answer is not.
Statements are also asked about in vain: what they name, and what is hardly ever told of it.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
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
from rag.retrieve.ranking import FILE, LOOKED_AT, SIGNALS, by_score, signals
from rag.settings import load_settings
from rag.store import Index, open_index
from rag.types import Chunk
from training.corpora import WRITTEN, kept_for_ranking, records
from training.questions import Asker

_OPENING = re.compile(r"[^，。,]{2,24}?(?:（|\(|，|是|,)")
COMPREHENSION = (  # passages, news articles among them, characters a passage
    (60, 0, 250),
    (40, 0, 200),
    (80, 30, 350),
    (120, 300, 250),
    (180, 3000, 250),
    (110, 1000, 500),
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
LARGE, NEWS_AROUND, SMALL = 700, 9000, 40
"""Written questions asked of each large corpus, news articles in one of them, small folders."""

LOOKED_AT_BY = np.array([1.0, 1.0, 1.0, 0.5, 1.5, 1.0])
"""Weights of the legs by which candidates are chosen here, before any are learned."""
IMPORTANCE = {"comprehension": 1.5}
"""Of a kind of corpus, against 1 for the others: here the wording is the text's own."""
FAR, NEAR, CUT, VAIN = 0.1, 0.15, 0.15, 0.3
"""Weights of the ways in which a question has no answer, against 1 for one that has."""
_ENCODER = cache(load_encoder)


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its answer, and perhaps one that the same document does not answer."""

    question: str
    source: str
    answers: Sequence[str]
    """The first that any passage of the source holds counts."""
    vain: str | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is built into one index and asked."""

    name: str
    chars: int
    """Characters a passage."""
    documents: dict[str, str]
    """Text by source."""
    cases: Sequence[Case]
    """Where there are none they are made."""
    limit: int
    """Questions that are asked at most."""


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
    shares: npt.NDArray[np.float64] | None = None
    """Of all candidates, what each leg gave them, and which of them answer."""
    found: npt.NDArray[np.bool_] | None = None
    corpus: str = ""


def ask(index: Index, text: str, document: list[int], answers: Sequence[str]) -> list[Asked]:
    """The question asked in four ways; ``document`` are the passages of the one that answers."""
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
    asked[0].shares = found.shares
    asked[0].found = np.array([passage in right for passage in found.ids])
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
    order = by_score(found.shares @ LOOKED_AT_BY)[:LOOKED_AT]
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
    """Every corpus built and asked, two at a time."""
    asked = []
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            pool.submit(_ask_corpus, corpus, data, seed + number)
            for number, corpus in enumerate(corpora(data, each, seed))
        ]
        for job in jobs:
            asked.extend(job.result())
    return asked


def _ask_corpus(corpus: Corpus, data: Path, seed: int) -> list[Asked]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "docs").mkdir()
        for source, text in corpus.documents.items():
            (folder / "docs" / source).write_text(text, "utf-8")
        settings = load_settings(
            docs=folder / "docs", index=folder / "index", chunk_chars=corpus.chars
        )
        built = build(settings=settings)
        with open_index(folder / "index") as index:
            asked = ask_all(index, corpus, data, seed)
    print(f"{corpus.name}: {built.passages} passages, {len(asked)} askings", flush=True)
    for one in asked:
        one.corpus = corpus.name
    return asked


def corpora(data: Path, each: int, seed: int) -> Iterator[Corpus]:
    """Every corpus, the largest first."""
    random = np.random.default_rng(seed)
    yield from _written(data, random)
    by_passage: dict[str, list[tuple[str, list[str]]]] = {}
    titles: dict[str, str] = {}
    for row in records(data, "cmrc2018_train"):
        if not kept_for_ranking(row["p"]):
            continue
        by_passage.setdefault(row["p"], []).append((row["q"], [row["evidence"], *row["answers"]]))
        titles[row["p"]] = row["title"]
    passages = sorted(by_passage)
    random.shuffle(passages)
    news = [row["text"] for row in records(data, "news")]
    for size, around, chars in COMPREHENSION:
        chosen, passages = passages[:size], passages[size:]
        documents = {
            f"p{place:05}.md": _as_article(titles[passage], passage, float(random.random()))
            for place, passage in enumerate(chosen)
        }
        for place, at in enumerate(random.choice(len(news), around, replace=False)):
            documents[f"n{place:05}.txt"] = news[at] + "\n"
        cases = [
            Case(question, f"p{place:05}.md", answers)
            for place, passage in enumerate(chosen)
            for question, answers in by_passage[passage]
            if answers
        ]
        random.shuffle(cases)
        yield Corpus("comprehension", chars, documents, cases, 4 * each)
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
        yield Corpus("statements", chars, documents, (), each)


def _written(data: Path, random: np.random.Generator) -> Iterator[Corpus]:
    """The corpora of the written questions."""
    rows = [json.loads(line) for line in WRITTEN.read_text("utf-8").splitlines()]
    rows = [row for row in rows if kept_for_ranking(row["from"])]
    random.shuffle(rows)
    reports: dict[str, str] = {}
    documents: dict[str, str] = {}
    for place, row in enumerate(records(data, "gov_reports")):
        reports.setdefault(row["title"], f"r{place:05}.md")
        documents[f"r{place:05}.md"] = f"# {row['title']}\n\n{row['body']}\n"
    cases = [
        Case(row["question"], reports[row["from"]], [row["answer"]], row.get("vain"))
        for row in rows
        if row["kind"] == "report"
    ]
    yield Corpus("written reports", 250, documents, cases, LARGE)

    news = {row["id"]: row["text"] + "\n" for row in records(data, "news")}
    items = {
        row["title"]: f"# {row['title']}\n\n{row['body']}\n"
        for row in records(data, "xinwenlianbo")
        if 150 < len(row["body"]) < 3000
    }
    told = [row for row in rows if row["from"] in (news if row["kind"] == "news" else items)]
    texts = {row["from"]: (news | items)[row["from"]] for row in told}
    sources = {key: f"t{place:05}.md" for place, key in enumerate(texts)}
    cases = [
        Case(row["question"], sources[row["from"]], [row["answer"]], row.get("vain"))
        for row in told
    ]
    documents = {sources[key]: text for key, text in texts.items()}
    for place, key in enumerate(random.choice(sorted(news), NEWS_AROUND, replace=False)):
        if key not in texts:
            documents[f"n{place:05}.md"] = news[str(key)]
    half = len(cases) // 2
    yield Corpus("written news", 250, documents, cases[:half], LARGE)

    others = sorted(items.keys() - texts.keys())
    by_source: dict[str, list[Case]] = {}
    for case in cases[half:]:
        by_source.setdefault(case.source, []).append(case)
    text_of = {sources[key]: text for key, text in texts.items()}
    groups = list(by_source.items())
    for _ in range(SMALL):
        group, groups = groups[:12], groups[12:]
        filling = [items[str(key)] for key in random.choice(others, 12, replace=False)]
        units = [(text_of[source], asked) for source, asked in group]
        units += [(text, []) for text in filling]
        random.shuffle(units)
        pages = {f"p{page}.md": units[page::4] for page in range(4)}
        yield Corpus(
            "written pages",
            int(random.choice([200, 250, 250, 350])),
            {
                page: "\n".join(_headed(text, bool(random.random() < 0.7)) for text, _ in held)
                for page, held in pages.items()
            },
            [
                replace(case, source=page)
                for page, held in pages.items()
                for _, asked in held
                for case in asked
            ],
            LARGE,
        )


def _headed(text: str, headed: bool) -> str:
    """An item of a page under a headline: its own, or its opening words."""
    if text.startswith("#") or not headed:
        return text
    return f"# {re.split('[，。,]', text)[0][:24]}\n\n{text}"


def _as_article(title: str, passage: str, chance: float) -> str:
    """Without a headline, with one, or with one in the place of the opening words."""
    if chance < 0.4:
        return f"{passage}\n"
    opening = _OPENING.match(passage)
    repeats = chance < 0.7 or not opening
    body = passage if repeats or not opening else passage[opening.end() :].lstrip("，,、）) ")
    return f"# {title}\n\n{body}\n"


def ask_all(index: Index, corpus: Corpus, data: Path, seed: int) -> list[Asked]:
    """Ask one corpus its questions, or make some."""
    holders: dict[str, list[int]] = {}
    chunks = list(index.all_chunks())
    for place, chunk in enumerate(chunks):
        holders.setdefault(chunk.source, []).append(place)
    asked: list[Asked] = []
    for case in corpus.cases[: corpus.limit]:
        got = ask(index, case.question, holders.get(case.source, []), case.answers)
        asked.extend(got)
        if got and case.vain:
            asked.append(_ask_in_vain(index, case.vain))
    if corpus.cases:
        return asked
    asker = Asker(data, seed)
    random = np.random.default_rng(seed)
    for place in random.permutation(len(chunks))[: 2 * corpus.limit]:
        chunk = chunks[place]
        made = asker.ask(chunk.text, chunk.title, placed=len(chunks) > 4000)
        if made and len(asked) < 5 * corpus.limit:
            asked.extend(ask(index, made[0], holders[chunk.source], [made[1]]))
            vain = asker.ask_in_vain(chunk.text)
            if vain:
                asked.append(_ask_in_vain(index, vain))
    return asked


def _ask_in_vain(index: Index, text: str) -> Asked:
    question = understand(text, load_lexicon())
    found = gather(index, _ENCODER(), question)
    return _look(index, question, found, set(), False, VAIN)


def fit_order(
    cases: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]],
    steps: int = 1500,
    importance: Sequence[float] | None = None,
) -> npt.NDArray[np.float64]:
    """Weights by softmax over each case's rows (ListNet, Cao et al. 2007, section 4).

    Every case has a row that answers. ``importance`` is one number a case, alike for all where
    None.
    """
    shares = torch.tensor(importance or [1.0] * len(cases), dtype=torch.float64)
    shares = shares / shares.sum()
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
        loss = -(shares * (target * torch.log_softmax(logits, 1)).sum(1)).sum()
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
        rows.append(signals(case.matrix[ranked], order))
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
        sure = 1 / (1 + np.exp(-(signals(case.matrix[ranked], order) @ confidence)))
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


def _order(asked: list[Asked]) -> npt.NDArray[np.float64]:
    """The order's weights: each kind of corpus says as much, however many questions it has."""
    cases = [case for case in asked if case.relevant.any()]
    many = Counter(case.corpus for case in cases)
    importance = [IMPORTANCE.get(case.corpus, 1.0) / many[case.corpus] for case in cases]
    return fit_order([(case.matrix, case.relevant) for case in cases], importance=importance)


def _first(asked: list[Asked]) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    return [
        (case.shares, case.found)
        for case in asked
        if case.shares is not None and case.found is not None and case.found.any()
    ]


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
    order = _order(learned)
    sentence = fit_order(_sentences(learned))
    confidence = fit_confidence(learned, order)
    report(held_out, order, confidence)
    kept = _sentences(held_out)
    right = [relevant[by_score(rows @ sentence)[0]] for rows, relevant in kept]
    print(f"{len(kept)} passages: the first highlight answers in {np.mean(right):.3f}")
    # measured; what ships is learned from all of it
    first = fit_order(_first(asked))
    order = _order(asked)
    sentence = fit_order(_sentences(asked))
    confidence = fit_confidence(asked, order)
    stored = {
        "first": dict(zip(LEGS, np.round(first, 4).tolist(), strict=True)),
        "order": dict(zip(FEATURES, np.round(order, 4).tolist(), strict=True)),
        "sentence": dict(zip(SENTENCE, np.round(sentence, 4).tolist(), strict=True)),
        "confidence": dict(zip(SIGNALS, np.round(confidence, 4).tolist(), strict=True)),
    }
    options.out.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
