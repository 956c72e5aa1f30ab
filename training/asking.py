"""Corpora of several kinds, sizes and passage lengths, built by the package itself and asked.

- Reading-comprehension passages as articles among news, with their own questions; most have their
  titles as headlines, and half of these lose the words they open with, as a report's body seldom
  repeats its headline;
- government reports and pages of several broadcast items, all of one kind of language, with
  questions made from their statements (``training/questions.py``);
- all government reports, thousands of news articles, and small folders of pages with several
  items each, with the questions of ``written.jsonl``: written one by one as people ask, in other
  words than the text, some of them about what the item does not tell.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.build import build
from rag.settings import load_settings
from rag.store import Index, open_index
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
LARGE, NEWS_AROUND, SMALL = 700, 9000, 40
"""Written questions asked of each large corpus, news articles in one of them, small folders."""
_T = TypeVar("_T")


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


@dataclass(frozen=True, slots=True)
class Posed:
    """A question put to an index."""

    text: str
    document: list[int]
    """The passages of the one that answers."""
    answers: Sequence[str]
    """The first that any of these holds counts."""
    vain: str | None
    """What the same document does not answer."""


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


def asked_of_all(
    ask: Callable[[Index, str, Posed], list[_T]],
    data: Path,
    each: int,
    seed: int,
    more: int = 1,
) -> list[_T]:
    """What ``ask`` makes of every question of every corpus, in their order, two corpora at a time.

    Args:
        ask: takes the index, the corpus's name and a question. It can be pickled.
        data: the folder.
        each: questions made of a corpus that comes without.
        seed: of all that is chosen at random.
        more: times as many questions of each corpus.
    """
    asked = []
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            pool.submit(
                _asked_of, ask, replace(corpus, limit=more * corpus.limit), data, seed + number
            )
            for number, corpus in enumerate(corpora(data, each, seed))
        ]
        for job in jobs:
            asked.extend(job.result())
    return asked


def _asked_of(
    ask: Callable[[Index, str, Posed], list[_T]], corpus: Corpus, data: Path, seed: int
) -> list[_T]:
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
            posed = list(_posed(index, corpus, data, seed))
            asked = [made for one in posed for made in ask(index, corpus.name, one)]
    print(f"{corpus.name}: {built.passages} passages, {len(posed)} questions", flush=True)
    return asked


def _posed(index: Index, corpus: Corpus, data: Path, seed: int) -> Iterator[Posed]:
    """The questions of a corpus, or some that are made."""
    holders: dict[str, list[int]] = {}
    chunks = list(index.all_chunks())
    for place, chunk in enumerate(chunks):
        holders.setdefault(chunk.source, []).append(place)
    for case in corpus.cases[: corpus.limit]:
        yield Posed(case.question, holders.get(case.source, []), case.answers, case.vain)
    if corpus.cases:
        return
    asker = Asker(data, seed)
    random = np.random.default_rng(seed)
    left = corpus.limit
    for place in random.permutation(len(chunks))[: 2 * corpus.limit]:
        chunk = chunks[place]
        made = asker.ask(chunk.text, chunk.title, placed=len(chunks) > 4000)
        if made and left:
            left -= 1
            vain = asker.ask_in_vain(chunk.text)
            yield Posed(made[0], holders[chunk.source], [made[1]], vain)


def right_passages(index: Index, posed: Posed) -> tuple[set[int], str]:
    """The passages that answer, and the answer that they hold, without spaces; none where none."""
    texts = {
        passage: bare(chunk.text)
        for passage, chunk in zip(posed.document, index.chunks(posed.document), strict=True)
    }
    for answer in posed.answers:  # the evidence first, which says more than the answer alone
        right = {passage for passage, held in texts.items() if bare(answer) in held}
        if right:
            return right, bare(answer)
    return set(), ""


def bare(text: str) -> str:
    """``text`` without spaces."""
    return "".join(text.split())
