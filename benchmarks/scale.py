"""How the index grows: the same figures at more and more passages, in one run.

    python benchmarks/scale.py DATA [PASSAGES …]

DATA holds ``news.jsonl.xz`` (``training/README.md`` says where to get it); without it the benchmark
skips. PASSAGES are 1,000, 10,000 and 100,000 where none are named; beyond what the news hold,
sentences of theirs are recombined. A document has 20 passages. Machines differ and are noisy: look
at the ratios, and at medians; nothing else should run.

Prints one row a size: seconds of the first build, of a build after one document of 20 passages was
added, and of one after it was deleted; p50 and p99 of a warm hybrid question (k = 10), of its dense
and its full-text leg alone; recall@10 of the dense leg against comparing with every vector; seconds
to open; memory of the process that answered; bytes on disk a passage, against the text.
"""

from __future__ import annotations

import json
import lzma
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rag.build import build
from rag.encode import load_encoder, words
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.store import Field, Index, open_index

SIZES = (1_000, 10_000, 100_000)
A_DOCUMENT = 20
QUESTIONS = 100
THREADS = 32
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")
_CLAUSE = re.compile(r"[，。；！？、：\s]")
HEADER = (
    "passages",
    "build s",
    "add s",
    "delete s",
    "hybrid ms p50 p99",
    "dense ms",
    "text ms",
    "recall@10",
    "32 threads",
    "open s",
    "memory MB",
    "bytes/passage",
    "of text",
)
OPENED = """
import resource, sys, time
from rag.retrieve import Retriever
from rag.settings import load_settings
began = time.perf_counter()
with Retriever(settings=load_settings(index=sys.argv[1])) as retriever:
    took = time.perf_counter() - began
    for question in sys.argv[2:]:
        retriever.retrieve(question, 10)
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def paragraphs(data: Path) -> Iterator[str]:
    """Paragraphs of about a passage's length: the news', then sentences of theirs recombined."""
    seen: list[str] = []
    with lzma.open(data / "news.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            paragraph = ""
            for sentence in _SENTENCE.findall(json.loads(line)["text"].replace("\n", "")):
                if paragraph and len(paragraph) + len(sentence) > 250:
                    yield paragraph
                    paragraph = ""
                paragraph += sentence
                seen.append(sentence)
            if paragraph:
                yield paragraph
    generator = random.Random(0)
    while True:
        yield "".join(generator.choices(seen, k=5))[:400]


def write_documents(data: Path, folder: Path, passages: int) -> tuple[int, list[str]]:
    """Write documents of about ``passages`` passages; their bytes, and questions about them."""
    source = paragraphs(data)
    size = 0
    clauses: list[str] = []
    generator = random.Random(passages)
    for number in range(passages // A_DOCUMENT):
        text = "\n\n".join(next(source) for _ in range(A_DOCUMENT)) + "\n"
        below = folder / f"{number // 1000:04d}"
        below.mkdir(parents=True, exist_ok=True)
        path = below / f"{number:07d}.txt"
        path.write_text(text, "utf-8")
        size += path.stat().st_size
        if generator.random() < 5 * QUESTIONS * A_DOCUMENT / passages:
            parts = [part for part in _CLAUSE.split(text) if 10 <= len(part) <= 30]
            clauses += generator.sample(parts, min(1, len(parts)))
    generator.shuffle(clauses)
    return size, clauses[:QUESTIONS]


def timed(ask: Callable[[str], object], questions: Sequence[str]) -> tuple[float, float]:
    """The median and the 99th of 100 milliseconds of a question."""
    took = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), float(np.quantile(took, 0.99))


def recall(index: Index, questions: Sequence[str]) -> float:
    """The share of the ten nearest passages that the dense leg finds."""
    asked = load_encoder().encode_queries(questions)
    count = index.manifest.passages
    best = np.full((len(asked), count), -2.0, dtype=np.float32)
    for start in range(0, count, 5000):
        ids = range(start, min(start + 5000, count))
        starts = np.cumsum([0, *index.window_counts(ids)])[:-1]
        scores = asked @ index.vectors(ids).T
        best[:, start : start + len(ids)] = np.maximum.reduceat(scores, starts, axis=1)
    found = 0
    for row, vector in enumerate(asked):
        least = np.sort(best[row])[-10] - 1e-5  # passages that share a sentence are equally near
        found += sum(best[row, one.id] >= least for one in index.search_dense(vector, 10))
    return found / len(asked) / 10


def measured(data: Path, passages: int) -> list[str]:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as place:
        docs, target = Path(place) / "docs", Path(place) / "index"
        text_bytes, questions = write_documents(data, docs, passages)
        settings = load_settings(docs=docs, index=target, keep_generations=1)
        seconds = []
        added = docs / "added.txt"
        news = paragraphs(data)
        for step in ("first", "added", "deleted"):
            if step == "added":
                more = "\n\n".join(f"新增{next(news)}" for _ in range(A_DOCUMENT))
                added.write_text(more, "utf-8")
            if step == "deleted":
                added.unlink()
            began = time.perf_counter()
            report = build(docs, target, settings=settings)
            seconds.append(time.perf_counter() - began)
        disk = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
        encoder = load_encoder()
        with Retriever(settings=settings) as retriever, open_index(target) as index:
            for question in questions[:20]:
                retriever.retrieve(question, 10)
            hybrid = timed(lambda question: retriever.retrieve(question, 10), questions)
            dense = timed(
                lambda question: index.search_dense(encoder.encode_queries([question])[0], 50),
                questions,
            )
            fulltext = timed(
                lambda question: index.search_fulltext(Field.WORDS, words(question), 50), questions
            )
            began = time.perf_counter()
            retriever.retrieve_many(questions, 10)
            alone = time.perf_counter() - began
            with ThreadPoolExecutor(THREADS) as pool:
                began = time.perf_counter()
                list(pool.map(lambda question: retriever.retrieve(question, 10), questions))
                together = time.perf_counter() - began
            share = recall(index, questions)
        command = [sys.executable, "-c", OPENED, str(target), *questions[:20]]
        opened = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        each = disk / report.passages
        return [
            f"{report.passages:,}",
            *(f"{one:.1f}" for one in seconds),
            f"{hybrid[0]:.1f} {hybrid[1]:.1f}",
            f"{dense[0]:.1f} {dense[1]:.1f}",
            f"{fulltext[0]:.1f} {fulltext[1]:.1f}",
            f"{share:.3f}",
            f"× {alone / together:.2f}",
            f"{float(opened[0]):.2f}",
            f"{float(opened[1]):.0f}",
            f"{each:.0f}",
            f"× {disk / text_bytes:.2f}",
        ]


def main() -> None:
    """Command line."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
    if not (data / "news.jsonl.xz").is_file():
        print(f"skipped: no news in {data}; see the head of {Path(__file__).name}")
        return
    print("| " + " | ".join(HEADER) + " |")
    print("|" + "---|" * len(HEADER), flush=True)
    for passages in [int(one) for one in sys.argv[2:]] or SIZES:
        print("| " + " | ".join(measured(data, passages)) + " |", flush=True)


if __name__ == "__main__":
    main()
