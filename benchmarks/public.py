"""Quality on public questions, each set's documents among tens of thousands of others.

    python benchmarks/public.py DATA [cmrc_dev | drcd_dev | xquad_zh | reports …]

The whole way is measured: files are built into an index with the settings that ship, and asked. Of
the three comprehension sets every passage is a file, among 42,879 files of news; a hit is right
where it is of the file that the set names. ``reports`` are all government reports, asked the
questions of ``report_questions.jsonl``; a hit is right where it is of the report named and holds
the short answer. Beside it bm25s (k1 = 1.2, b = 0.75) on the same passages, over words and over
words with bigrams, the headline in the text; and what people would pick instead (``rivals.py``).

Each question is asked once more with the passages that answer it taken out of the corpus: how many
are refused at the threshold below which 3 % of the answerable ones fall, and at the one that ships.

``training/README.md`` says where to get ``news.jsonl.xz`` and ``gov_reports.jsonl.xz``, and
``benchmarks/embedding.py`` the sets under ``bench/``. What is not there is skipped.
"""

from __future__ import annotations

import json
import lzma
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from embedding import news_passages
from rivals import rivals

import rag
from rag.encode import bigrams, load_encoder, load_lexicon, words
from rag.evaluate import calibration_error
from rag.retrieve.candidates import gather
from rag.retrieve.features import weigh
from rag.retrieve.question import understand
from rag.retrieve.ranking import LOOKED_AT, by_score, load_ranking
from rag.settings import load_settings
from rag.store import Index, open_index
from rag.types import Mode

SETS = ("cmrc_dev", "drcd_dev", "xquad_zh")
REPORTS = "reports"
DEPTH = 10
CONFIDENT = 3
"""Confidence is the probability that the first so many hold the answer."""
_UNFIT = re.compile(r'[/\\:*?"<>|\s]')


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the files that answer it, and what a passage of theirs must hold to."""

    question: str
    sources: frozenset[str]
    answers: tuple[str, ...]
    """Empty: any passage of the files will do."""


def comprehension(data: Path, name: str, docs: Path) -> list[Asked]:
    """Write the passages and the news into ``docs``; the questions."""
    with lzma.open(data / "bench" / f"{name}.json.xz", "rt", encoding="utf-8") as stream:
        record = json.load(stream)
    for passage, text in record["corpus"].items():
        (docs / f"{passage}.txt").write_text(f"{text}\n", "utf-8")
    for number, text in enumerate(news_passages(data)):
        (docs / f"news{number:05}.txt").write_text(f"{text}\n", "utf-8")
    return [
        Asked(query["question"], frozenset(f"{one}.txt" for one in query["relevant"]), ())
        for query in record["queries"]
    ]


def reports(data: Path, docs: Path) -> list[Asked]:
    """Write every report into ``docs``; the questions."""
    sources: dict[str, str] = {}
    with lzma.open(data / "gov_reports.jsonl.xz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            name = f"{_UNFIT.sub('_', row['title'])[:60]}_{number}.md"
            (docs / name).write_text(f"# {row['title']}\n\n{row['body']}\n", "utf-8")
            sources[row["title"]] = name
    asked = Path(__file__).with_name("report_questions.jsonl").read_text("utf-8").splitlines()
    cases = map(json.loads, asked)
    return [
        Asked(case["question"], frozenset([sources[case["title"]]]), tuple(case["answer"]))
        for case in cases
    ]


def rank(asked: Asked, passages: Sequence[tuple[str, str]]) -> int | None:
    """The rank, from 1, of the first right one of ``(source, text)``; files count once each."""
    seen: set[str] = set()
    place = 0
    for source, text in passages:
        if not asked.answers and source in seen:
            continue
        seen.add(source)
        place += 1
        bare = "".join(text.split())
        if source in asked.sources and (
            not asked.answers or any("".join(one.split()) in bare for one in asked.answers)
        ):
            return place
    return None


def line(name: str, ranks: Sequence[int | None], took: Sequence[float] = ()) -> None:
    """Print the measures of one way to search."""
    best = [one or DEPTH + 1 for one in ranks]
    shares = "  ".join(f"{sum(one <= k for one in best) / len(best):.3f}" for k in (1, 3, 10))
    mrr = sum(1 / one for one in best if one <= DEPTH) / len(best)
    speed = f"  {statistics.median(took):6.1f} ms" if took else ""
    print(f"{name:24} {shares}  {mrr:.3f}{speed}", flush=True)


def measure(asked: Sequence[Asked], folder: Path) -> None:
    """Print a line for every way to search the index in ``folder``."""
    print(f"{'':24} R@1    R@3    R@10   MRR@10")
    with rag.Retriever(folder) as retriever:
        for mode in Mode:
            answers = [retriever.retrieve(one.question, k=3 * DEPTH, mode=mode) for one in asked]
            found = [[(hit.citation.source, hit.text) for hit in got.hits] for got in answers]
            ranks = [rank(one, hits) for one, hits in zip(asked, found, strict=True)]
            line(f"wenju {mode}", ranks, [got.took_ms for got in answers])
            if mode is Mode.HYBRID:
                sure = [got.confidence for got in answers]
                right = [one is not None and one <= CONFIDENT for one in ranks]
    with open_index(folder) as index:
        refusals(index, asked, sure, right)
        passages = [(one.source, one.text, one.title or "") for one in index.all_chunks()]
    for name, terms in (("BM25 words", words), ("BM25 words + bigrams", _both)):
        ranks = list(_bm25(asked, passages, terms))
        line(name, ranks)
    for rival in rivals(load_encoder()):
        rival.index([f"{title}\n{text}" for _, text, title in passages])
        ranks, took = [], []
        for one in asked:
            began = time.perf_counter()
            places = rival.search(one.question, 3 * DEPTH)
            took.append((time.perf_counter() - began) * 1000)
            ranks.append(rank(one, [passages[place][:2] for place in places]))
        line(rival.name, ranks, took)


def refusals(
    index: Index, asked: Sequence[Asked], sure: Sequence[float], right: Sequence[bool]
) -> None:
    """Print how sure it is where the answer is there, and where it has been taken out."""
    encoder, ranking = load_encoder(), load_ranking()
    holders: dict[str, list[int]] = {}
    texts: dict[int, str] = {}
    for place, chunk in enumerate(index.all_chunks()):
        holders.setdefault(chunk.source, []).append(place)
        texts[place] = "".join(chunk.text.split())
    without = []
    for one in asked:
        question = understand(one.question, load_lexicon())
        gone = {
            place
            for source in one.sources
            for place in holders.get(source, ())
            if not one.answers or any("".join(a.split()) in texts[place] for a in one.answers)
        }
        found = gather(index, encoder, question).without(gone)
        near = by_score(found.shares @ ranking.first)[:LOOKED_AT]
        chunks = index.chunks([found.ids[place] for place in near])
        matrix = weigh(question, chunks, found.shares[near], load_lexicon()).matrix
        without.append(ranking.confident(matrix[by_score(ranking.scores(matrix))]))
    shipped = load_settings().uncertain
    at_three = float(np.quantile(sure, 0.03))
    for name, threshold in (("3 % wrongly", at_three), ("as shipped", shipped)):
        refused = np.mean(np.array(without) < threshold)
        wrongly = np.mean(np.array(sure) < threshold)
        print(f"refused {name:16} {refused:.3f} wrongly {wrongly:.3f} (below {threshold:.3f})")
    outcomes = [*right, *(False for _ in without)]
    error = calibration_error([*sure, *without], outcomes)
    print(f"calibration error {error:.3f}, as many with the answer as without", flush=True)


def _both(text: str) -> list[str]:
    return [*words(text), *bigrams(text)]


def _bm25(
    asked: Sequence[Asked],
    passages: Sequence[tuple[str, str, str]],
    terms: Callable[[str], list[str]],
) -> Iterator[int | None]:
    engine = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    engine.index([terms(f"{title}\n{text}") for _, text, title in passages], show_progress=False)
    for one in asked:
        ids, _ = engine.retrieve([terms(one.question)], k=3 * DEPTH, show_progress=False)
        yield rank(one, [passages[place][:2] for place in ids[0]])


def main() -> None:
    """A table a set."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
    for name in sys.argv[2:] or (*SETS, REPORTS):
        needed = [data / "gov_reports.jsonl.xz"]
        if name != REPORTS:
            needed = [data / "bench" / f"{name}.json.xz", data / "news.jsonl.xz"]
        missing = [str(path) for path in needed if not path.is_file()]
        if missing:
            print(f"{name}: skipped, no {', '.join(missing)}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            docs = Path(folder) / "docs"
            docs.mkdir()
            asked = reports(data, docs) if name == REPORTS else comprehension(data, name, docs)
            built = rag.build(docs, Path(folder) / "index")
            print(f"\n{name}: {len(asked)} questions, {built.passages} passages")
            measure(asked, Path(folder) / "index")


if __name__ == "__main__":
    main()
