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

The candidates that stand first in the order that ships now are read word by word, by a selection
that was trained on other questions (``training/selection.py``).

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
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file

from rag.build import build
from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import Candidates, gather
from rag.retrieve.features import FEATURES, LEGS, weigh
from rag.retrieve.judging import read_word_by_word
from rag.retrieve.question import Question, understand
from rag.retrieve.ranking import (
    FILE,
    LOOKED_AT,
    READ,
    READ_BY,
    SENTENCES,
    SIGNALS,
    TREES,
    Trees,
    by_score,
    known,
    leading,
    load_ranking,
    of_reading,
    of_sentences,
    signals,
    worth_a_look,
    worth_reading,
)
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
    (180, 20_000, 250),
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
ALL_REPORTS = "written reports"
LOOKED_AT_BY = np.array([1.0, 1.0, 1.0, 0.5, 1.5, 1.0])
"""Weights of the legs by which candidates to learn the order from are chosen."""
LARGE, NEWS_AROUND, SMALL = 700, 9000, 40
"""Written questions asked of each large corpus, news articles in one of them, small folders."""

SURELY_READ = READ + 6
"""Candidates that are read here: more, as the order that is learned is another."""
LEAVES = 7
BOOSTING = {
    "objective": "binary",
    "num_leaves": LEAVES,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "lambda_l2": 5.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "verbose": -1,
}
ROUNDS = 100
IMPORTANCE = {"comprehension": 1.5}
"""Of a kind of corpus, against 1 for the others: here the wording is the text's own."""
UNORDERED = ("sentence_focus", "sentence_focus_soft")
"""Features that tell whether there is an answer and where in a passage, and nothing in the order of
passages: what a question is about has to be there before what it asks."""
NAMED_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Tried for what is named."""
NAMED_FOR = 0.002
"""Share of the first answers that the greatest of them may cost, half a standard error: corpora
among which questions will be asked are larger than these, and hold more that is alike but in name.
"""
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
    wide: npt.NDArray[np.float64] | None = None
    """The features of as many candidates as are ever looked at, and which of them answer: fewer
    teach less of what comes with hard questions."""
    wide_relevant: npt.NDArray[np.bool_] | None = None
    shares: npt.NDArray[np.float64] | None = None
    """Of all candidates, what each leg gave them, and which of them answer."""
    found: npt.NDArray[np.bool_] | None = None
    corpus: str = ""
    read: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Which rows have been read word by word, and how likely their sentences answer."""
    logits: Sequence[npt.NDArray[np.float64]] = ()
    sentence_logits: npt.NDArray[np.float64] | None = None
    read_sentences: Sequence[npt.NDArray[np.float32]] = ()
    """The features of the sentences of the rows that have been read."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What orders passages and tells the confidence."""

    order: npt.NDArray[np.float64]
    sentence: npt.NDArray[np.float64]
    reading: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    confidence_trees: Trees

    def ranked(self, case: Asked) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """See :func:`ranked_by`."""
        return ranked_by(case, self.order, self.sentence, self.reading)

    def sure(self, told: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The confidence of each row of signals."""
        score = told @ self.confidence + self.confidence_trees.scores(told)
        return np.asarray(1 / (1 + np.exp(-score)))


def first_of(
    case: Asked, order: npt.NDArray[np.float64], sentence: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The rows that come first of those that have been read, and what is known of them."""
    scores = case.matrix @ order
    best = by_score(scores[case.read])
    best = best[: worth_reading(scores[case.read[best]])]
    first = case.read[best]
    logits = [case.logits[one] for one in best]
    sentences = [case.read_sentences[one].astype(np.float64) for one in best]
    marked = [
        rows[by_score(of_sentences(rows, said) @ sentence)[0]]
        for rows, said in zip(sentences, logits, strict=True)
    ]
    return first, known(case.matrix[first], scores[first], logits, marked)


def ranked_by(
    case: Asked,
    order: npt.NDArray[np.float64],
    sentence: npt.NDArray[np.float64],
    reading: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The :data:`SIGNALS` of an asking, and which of its passages answer, best first."""
    first, rows = first_of(case, order, sentence)
    judged = of_reading(rows) @ reading
    best = by_score(judged)
    before = np.sort(case.matrix[case.read] @ order)[::-1]
    return signals(rows[best], leading(judged[best], before)), case.relevant[first[best]]


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
    first = load_ranking().first_scores(found.shares)
    order = worth_a_look(by_score(first), first, found.shares)
    ids = [found.ids[place] for place in order]
    chunks = index.chunks(ids)
    if right and not answerable:
        chunks = [_cut(chunk, answer) if i in right else chunk
                  for i, chunk in zip(ids, chunks, strict=True)]  # fmt: skip
    evidence = weigh(question, chunks, found.shares[order], load_lexicon())
    relevant = np.array([answerable and passage in right for passage in ids])
    asked = Asked(evidence.matrix, relevant, answerable, weight)
    asked.read = np.array(by_score(load_ranking().scores(evidence.matrix))[:SURELY_READ])
    asked.logits = read_word_by_word(question, [chunks[place] for place in asked.read])
    asked.read_sentences = [evidence.sentences[row].astype(np.float32) for row in asked.read]
    if answerable:
        most = by_score(found.shares @ LOOKED_AT_BY)[:LOOKED_AT]
        ids = [found.ids[row] for row in most]
        asked.wide_relevant = np.array([passage in right for passage in ids])
        if asked.wide_relevant.any():
            some = index.chunks(ids)
            asked.wide = weigh(question, some, found.shares[most], load_lexicon()).matrix
    if relevant.any():
        place = int(np.argmax(relevant))
        asked.sentence_logits = read_word_by_word(question, [chunks[place]])[0]
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
    yield Corpus(ALL_REPORTS, 250, documents, cases, LARGE)

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


def fit_reading(
    asked: list[Asked], order: npt.NDArray[np.float64], sentence: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The order of what has been read; last, what is named, by how often the first answers.

    Nearly all candidates hold the names, so a likelihood is all but blind to those that do not.
    """
    importance = _importance(asked)
    cases, shares = [], []
    for case in asked:
        first, rows = first_of(case, order, sentence)
        if case.relevant[first].any():
            cases.append((of_reading(rows), case.relevant[first]))
            shares.append(importance[case.corpus])
    reading = fit_order([(rows[:, :-1], relevant) for rows, relevant in cases], importance=shares)

    def answered(weight: float) -> float:
        weights = np.append(reading, weight)
        return sum(
            share * relevant[by_score(rows @ weights)[0]]
            for (rows, relevant), share in zip(cases, shares, strict=True)
        )

    first = {weight: answered(weight) for weight in NAMED_WEIGHTS}
    enough = max(first.values()) - NAMED_FOR * sum(shares)
    return np.append(reading, max(weight for weight, share in first.items() if share >= enough))


def trees_of(booster: lightgbm.Booster) -> Trees:
    """The trees of a booster, side by side."""
    told = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    nodes = 2 * LEAVES - 1
    shape = (len(told), nodes)
    feature, left, right = (np.zeros(shape, np.int64) for _ in range(3))
    threshold, value = np.zeros(shape), np.zeros(shape)
    depth = 0
    for tree, root in enumerate(told):
        waiting, used = [(root, 0, 0)], 1
        while waiting:
            node, at, level = waiting.pop()
            depth = max(depth, level)
            if "leaf_value" in node:
                value[tree, at] = node["leaf_value"]
                left[tree, at] = right[tree, at] = at
                continue
            feature[tree, at], threshold[tree, at] = node["split_feature"], node["threshold"]
            left[tree, at], right[tree, at] = used, used + 1
            waiting += [(node["left_child"], used, level + 1),
                        (node["right_child"], used + 1, level + 1)]  # fmt: skip
            used += 2
    return Trees(feature, threshold, left, right, value, depth)


def learn(asked: list[Asked]) -> Learned:
    """Everything, from all of ``asked``."""
    order = _order(asked)
    sentence = fit_order(_sentences(asked))
    reading = fit_reading(asked, order, sentence)
    cases = [case for case in asked if len(case.read)]
    ranked = [ranked_by(case, order, sentence, reading) for case in cases]
    confidence = fit_confidence(
        np.array([told for told, _ in ranked]),
        np.array([float(relevant[:3].any()) for _, relevant in ranked]),
        np.array([case.weight for case in cases]),
    )
    return Learned(order, sentence, reading, *confidence)


def fit_confidence(
    told: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    steps: int = 3000,
) -> tuple[npt.NDArray[np.float64], Trees]:
    """Do the first three passages hold the answer? Logistic regression, and trees for the rest."""
    inputs, target, weight = (torch.from_numpy(one) for one in (told, right, weights))
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
    linear = np.asarray(chosen.detach().numpy())
    held = lightgbm.Dataset(told, right, weight=weights, init_score=told @ linear)
    booster = lightgbm.train(BOOSTING, held, ROUNDS)
    return linear, trees_of(booster)


def report(asked: list[Asked], learned: Learned) -> None:
    """Print what was reached on questions that were not learned from."""
    for corpus in sorted({case.corpus for case in asked}):
        cases = [case for case in asked if case.corpus == corpus and len(case.read)]
        ranked = [learned.ranked(case) for case in cases]
        sure = learned.sure(np.array([row for row, _ in ranked]))
        answerable = np.array([case.answerable for case in cases])
        ranks = np.array(
            [
                int(np.argmax(relevant)) if relevant.any() else 99
                for (_, relevant), case in zip(ranked, cases, strict=True)
                if case.answerable
            ]
        )
        least = np.quantile(sure[answerable], 0.03)
        print(
            f"{corpus}: {len(ranks)} questions, R@1 {(ranks < 1).mean():.3f}"
            f" R@3 {(ranks < 3).mean():.3f}; 3 % refused at {least:.3f}: without an answer",
            *(
                f"{name} {(sure[chosen] < least).mean():.3f}"
                for name, weight in (("far", FAR), ("near", NEAR), ("vain", VAIN))
                if (chosen := [not case.answerable and case.weight == weight for case in cases])
                and any(chosen)
            ),
            flush=True,
        )


def _importance(asked: list[Asked]) -> dict[str, float]:
    """Each kind of corpus says as much, however many questions it has."""
    many = Counter(case.corpus for case in asked if case.relevant.any())
    return {corpus: IMPORTANCE.get(corpus, 1.0) / count for corpus, count in many.items()}


def _order(asked: list[Asked]) -> npt.NDArray[np.float64]:
    importance = _importance(asked)
    counts = np.array([name not in UNORDERED for name in FEATURES], dtype=float)
    cases, shares = [], []
    for case in asked:
        if case.wide is not None and case.wide_relevant is not None:
            cases.append((case.wide * counts, case.wide_relevant))
            shares.append(importance[case.corpus])
    return fit_order(cases, importance=shares)


def _first(
    asked: list[Asked], titled: bool
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """Where headlines speak, of all reports only: elsewhere any weights will do."""
    return [
        (case.shares, case.found)
        for case in asked
        if case.shares is not None
        and case.found is not None
        and case.found.any()
        and titled == case.shares[:, LEGS.index("title")].any()
        and (case.corpus == ALL_REPORTS or not titled)
    ]


def _sentences(
    asked: list[Asked],
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    return [
        (of_sentences(case.sentences, case.sentence_logits), case.answering)
        for case in asked
        if case.sentences is not None
        and case.sentence_logits is not None
        and case.answering is not None
        and case.answering.any()
    ]


def write(asked: list[Asked], out: Path, trees: Path) -> None:
    """Learn from ``asked`` what ships."""
    learned = learn(asked)

    def named(names: Sequence[str], weights: npt.NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(names, np.round(weights, 4).tolist(), strict=True))

    stored = {
        "first": named(LEGS, fit_order(_first(asked, titled=True))),
        "first_untitled": named(LEGS, fit_order(_first(asked, titled=False))),
        "order": named(FEATURES, learned.order),
        "reading": named(READ_BY, learned.reading),
        "sentence": named(SENTENCES, learned.sentence),
        "confidence": named(SIGNALS, learned.confidence),
    }
    out.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    found = learned.confidence_trees
    arrays = {name: getattr(found, name).astype(np.int16) for name in ("feature", "left", "right")}
    arrays |= {"threshold": found.threshold, "value": found.value}
    arrays["depth"] = np.array([found.depth])
    save_file(arrays, trees)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--trees", type=Path, default=TREES)
    parser.add_argument("--each", type=int, default=150, help="questions asked of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = collect(options.data, options.each, options.seed)
    question = np.cumsum([case.answerable for case in asked])  # each begins with its answerable
    held_out = [case for case, number in zip(asked, question, strict=True) if number % 5 == 0]
    some = [case for case, number in zip(asked, question, strict=True) if number % 5 > 0]
    learned = learn(some)
    report(held_out, learned)
    right = [
        relevant[by_score(rows @ learned.sentence)[0]] for rows, relevant in _sentences(held_out)
    ]
    print(f"{len(right)} passages: the first highlight answers in {np.mean(right):.3f}")
    # measured; what ships is learned from all of it
    write(asked, options.out, options.trees)


if __name__ == "__main__":
    main()
