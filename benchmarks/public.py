"""Quality on public questions, each set's documents among tens of thousands of others.

    python benchmarks/public.py DATA [cmrc_dev | drcd_dev | xquad_zh | reports …] [--plot FILE.svg]

The whole way is measured: files are built into an index with the settings that ship, and asked. Of
the three comprehension sets every passage is a file, among 42,879 files of news; a hit is right
where it is of the file that the set names. ``reports`` are all government reports, asked the
questions of ``report_questions.jsonl``; a hit is right where it is of the report named and holds
the short answer. Beside it bm25s (k1 = 1.2, b = 0.75) on the same passages, over words and over
words with bigrams, the headline in the text; and what people would pick instead (``rivals.py``).

Each question is asked once more with the passages that answer it taken out of the corpus: how many
are refused at the threshold below which 3 % of the answerable ones fall, and at the one that ships.
``--plot`` draws how far the confidence can be believed, over all sets asked.

``training/README.md`` says where to get ``news.jsonl.xz`` and ``gov_reports.jsonl.xz``, and
``benchmarks/embedding.py`` the sets under ``bench/``. What is not there is skipped.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import statistics
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
from rag.evaluate import calibration_error, interval, reliability
from rag.retrieve.candidates import gather
from rag.retrieve.features import Floats
from rag.retrieve.judging import judge
from rag.retrieve.question import understand
from rag.settings import load_settings
from rag.store import Index, open_index
from rag.types import Mode
from rag.web.plots import Mark, plot

SETS = ("cmrc_dev", "drcd_dev", "xquad_zh")
REPORTS = "reports"
DEPTH = 10
CONFIDENT = 3
"""Confidence is the probability that the first so many hold the answer."""
_STYLE = """
svg { background: #fff } text { font: 12px sans-serif; fill: #444 }
.grid, .grid line { stroke: #ddd } .guide { stroke: #999; stroke-dasharray: 4 4 }
.line { fill: none; stroke: #a5342d; stroke-width: 1.8 } .dot { fill: #a5342d }
"""
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


Claimed = list[tuple[float, bool]]
"""Confidences, and whether they came true."""


def measure(asked: Sequence[Asked], folder: Path) -> Claimed:
    """Print a line for every way to search the index in ``folder``."""
    print(f"{'':24} R@1    R@3    R@10   MRR@10")
    firsts: dict[Mode, Floats] = {}
    with rag.Retriever(folder) as retriever:
        for mode in Mode:
            answers = [retriever.retrieve(one.question, k=3 * DEPTH, mode=mode) for one in asked]
            found = [[(hit.citation.source, hit.text) for hit in got.hits] for got in answers]
            ranks = [rank(one, hits) for one, hits in zip(asked, found, strict=True)]
            line(f"wenju {mode}", ranks, [got.took_ms for got in answers])
            firsts[mode] = np.array([float(one == 1) for one in ranks])
            if mode is Mode.HYBRID:
                sure = [got.confidence for got in answers]
                right = [one is not None and one <= CONFIDENT for one in ranks]
    best = max((Mode.DENSE, Mode.SPARSE), key=lambda mode: firsts[mode].mean())
    low, high = interval(firsts[Mode.HYBRID] - firsts[best])
    print(f"R@1 of hybrid less that of {best}, 95 % interval: {low:+.3f} … {high:+.3f}")
    with open_index(folder) as index:
        claimed = refusals(index, asked, sure, right)
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
    return claimed


def refusals(
    index: Index, asked: Sequence[Asked], sure: Sequence[float], right: Sequence[bool]
) -> Claimed:
    """Print how sure it is where the answer is there, and where it has been taken out."""
    encoder = load_encoder()
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
        judged = judge(index, question, found)
        without.append(judged.confidence if judged else 0.0)
    shipped = load_settings().uncertain
    at_three = float(np.quantile(sure, 0.03))
    for name, threshold in (("3 % wrongly", at_three), ("as shipped", shipped)):
        refused = np.mean(np.array(without) < threshold)
        wrongly = np.mean(np.array(sure) < threshold)
        print(f"refused {name:16} {refused:.3f} wrongly {wrongly:.3f} (below {threshold:.3f})")
    outcomes = [*right, *(False for _ in without)]
    error = calibration_error([*sure, *without], outcomes)
    print(f"calibration error {error:.3f}, as many with the answer as without", flush=True)
    return list(zip([*sure, *without], outcomes, strict=True))


def draw(claimed: Claimed, file: Path) -> None:
    """The reliability diagram, as a picture that needs no page around it."""
    sure, right = [one for one, _ in claimed], [came for _, came in claimed]
    bins = reliability(sure, right, bins=20)
    dots = [Mark(one.confidence, one.right, f"{one.count}") for one in bins]
    drawn = plot(
        "confidence", "share that came true", name="how far the confidence can be believed",
        line=[(dot.x, dot.y) for dot in dots], marks=dots, guides=[((0, 0), (1, 1))],
    )  # fmt: skip
    head, _, rest = str(drawn).partition(">")
    head = f'{head} xmlns="http://www.w3.org/2000/svg" width="510" height="450"'
    file.write_text(f"{head}><style>{_STYLE}</style>{rest}\n", "utf-8")


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
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, nargs="?", default=Path("data"))
    parser.add_argument("sets", nargs="*", default=[*SETS, REPORTS])
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    claimed: Claimed = []
    for name in options.sets:
        needed = [options.data / "gov_reports.jsonl.xz"]
        if name != REPORTS:
            needed = [options.data / "bench" / f"{name}.json.xz", options.data / "news.jsonl.xz"]
        missing = [str(path) for path in needed if not path.is_file()]
        if missing:
            print(f"{name}: skipped, no {', '.join(missing)}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            docs = Path(folder) / "docs"
            docs.mkdir()
            asked = (
                reports(options.data, docs)
                if name == REPORTS
                else comprehension(options.data, name, docs)
            )
            built = rag.build(docs, Path(folder) / "index")
            print(f"\n{name}: {len(asked)} questions, {built.passages} passages")
            claimed += measure(asked, Path(folder) / "index")
    if options.plot and claimed:
        draw(claimed, options.plot)


if __name__ == "__main__":
    main()
