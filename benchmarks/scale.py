"""How the index grows: the same figures at more and more passages, side by side in one run.

    python benchmarks/scale.py DATA [PASSAGES …] [--out FOLDER] [--work FOLDER] [--against N]

DATA holds ``news.jsonl.xz`` (``training/README.md`` says where to get it); without it the benchmark
skips. PASSAGES are 1,000, 10,000, 100,000 and 1,000,000 where none are named (the last takes a
quarter of an hour, and 5 GB of disk); beyond what the news hold, sentences of theirs are
recombined. A document has 20 passages. ``--out`` writes the figures and the plot; ``--work`` keeps
documents and indexes from run to run; ``--against`` puts what others use beside it, at so many
passages. Machines differ and are noisy: look at the ratios, and at medians; nothing else should
run.

Each size has a process of its own. A build is the command ``rag build``, its start-up included. A
question is some words of a sentence of one passage, in their order, as people type them. ``dense``
and ``full text`` are a leg alone: the 50 nearest by meaning; the 50 best by all fields of the full
text. Recall is that of the dense leg's first ten against comparing with every vector.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scale_plot import Panel, drawn

from rag.encode import bigrams, cut, load_encoder, words
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.store import Field, Index, Wanted

SIZES = (1_000, 10_000, 100_000, 1_000_000)
A_DOCUMENT = 20
_PARAGRAPHS = 27
"""They make 20 passages: short ones are packed together."""
QUESTIONS = 100
THREADS = 32
_MORE = 5
"""Rounds of the questions where many are asked at once."""
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CLAUSE = re.compile(r"[，。；！？、：\s]")
_TAILS = ("", "", "是怎么回事？", "情况如何？", "有哪些？", "是什么时候？")
_RAG = [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())"]
_OPENED = """
import json, re, sys, time
from pathlib import Path
from rag.retrieve import Retriever
from rag.settings import load_settings
questions = json.load(sys.stdin)
began = time.perf_counter()
with Retriever(settings=load_settings(index=sys.argv[1])) as retriever:
    took = time.perf_counter() - began
    for question in questions:
        retriever.retrieve(question, 10)
# not getrusage: a process starts with the peak of the one that started it
print(took, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures at one size."""

    passages: int
    text_bytes: int
    build: float
    """Seconds, as :attr:`add`, :attr:`change`, :attr:`delete` and :attr:`nothing`."""
    build_memory: float
    """Megabytes, of the largest process."""
    add: float
    change: float
    delete: float
    nothing: float
    """Of a build that finds nothing new."""
    hybrid: tuple[float, float]
    """Milliseconds, the median and the 99th of 100, as the legs."""
    dense: tuple[float, float]
    fulltext: tuple[float, float]
    recall: float
    many: float
    """Times the throughput of one thread."""
    opened: float
    """Seconds."""
    memory: float
    """Megabytes, of a process that opened and answered."""
    disk: int
    """Bytes."""


def paragraphs(data: Path) -> Iterator[str]:
    """Paragraphs of about a passage's length: the news', then sentences of theirs recombined."""
    for article in _articles(data):
        paragraph = ""
        for sentence in article:
            if paragraph and len(paragraph) + len(sentence) > 250:
                yield paragraph
                paragraph = ""
            paragraph += sentence
        if paragraph:
            yield paragraph


def _articles(data: Path) -> Iterator[list[str]]:
    """The sentences of the news, then any of them in articles as long as theirs; without end."""
    seen: list[str] = []
    lengths: list[int] = []
    with lzma.open(data / "news.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            article = _SENTENCE.findall(_CONTROL.sub("", json.loads(line)["text"]))
            seen += article
            lengths.append(len(article))
            yield article
    generator = random.Random(0)
    while True:
        yield generator.choices(seen, k=generator.choice(lengths))


def write_documents(data: Path, folder: Path, passages: int) -> tuple[int, list[str]]:
    """Write documents of about ``passages`` passages; their bytes, and questions about them."""
    source = paragraphs(data)
    size = 0
    questions: list[str] = []
    generator = random.Random(passages)
    for number in range(passages // A_DOCUMENT):
        text = "\n\n".join(next(source) for _ in range(_PARAGRAPHS)) + "\n"
        below = folder / f"{number // 1000:04d}"
        below.mkdir(parents=True, exist_ok=True)
        path = below / f"{number:07d}.txt"
        path.write_text(text, "utf-8")
        size += path.stat().st_size
        wanted = 5 * QUESTIONS * A_DOCUMENT / passages
        for _ in range(int(wanted + generator.random())):
            asked = question_of(generator.choice(_SENTENCE.findall(text)), generator)
            questions += [asked] if asked else []
    generator.shuffle(questions)
    return size, questions[:QUESTIONS]


def question_of(sentence: str, generator: random.Random) -> str | None:
    """Some words of a sentence, in their order, as people type them; None where it has too few."""
    clauses = [cut(part) for part in _CLAUSE.split(sentence)]
    runs = [part for part in clauses if len(part) >= 3 and 8 <= sum(map(len, part)) <= 30]
    if not runs:
        return None
    run = generator.choice(runs)
    kept = sorted(generator.sample(range(len(run)), max(3, len(run) * 2 // 3)))
    return "".join(run[place] for place in kept) + generator.choice(_TAILS)


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
    for start in range(0, count, 20_000):
        ids = range(start, min(start + 20_000, count))
        starts = np.cumsum([0, *index.window_counts(ids)])[:-1]
        scores = asked @ index.vectors(ids).T
        best[:, start : start + len(ids)] = np.maximum.reduceat(scores, starts, axis=1)
    found = 0
    for row, vector in enumerate(asked):
        # passages that share a sentence are equally near
        least = np.partition(best[row], count - 10)[count - 10] - 1e-5
        found += sum(best[row, one.id] >= least for one in index.search_dense(vector, 10))
    return found / len(asked) / 10


def built(settings: Any) -> tuple[float, int]:
    """Run ``rag build``; its seconds, and how many passages the index has."""
    began = time.perf_counter()
    command = [*_RAG, "build", str(settings.docs), "--index", str(settings.index), "--json"]
    environment = os.environ | {"RAG_KEEP_GENERATIONS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began, int(json.loads(done.stdout)["passages"])


def measured(data: Path, place: Path, passages: int) -> Row:
    """The figures at one size."""
    docs, target = place / "docs", place / "index"
    known = place / "questions.json"
    if not known.exists():
        shutil.rmtree(docs, ignore_errors=True)
        known.write_text(json.dumps(write_documents(data, docs, passages)), "utf-8")
    text_bytes, questions = json.loads(known.read_text("utf-8"))
    shutil.rmtree(target, ignore_errors=True)
    settings = load_settings(docs=docs, index=target, keep_generations=1)
    first, count = built(settings)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    disk = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    extra = docs / "extra.txt"
    news = paragraphs(data)
    seconds = []
    for said in ("新增", "改动", None, None):
        if said:
            lines = (f"{said}{next(news)}" for _ in range(_PARAGRAPHS))
            extra.write_text("\n\n".join(lines), "utf-8")
        else:
            extra.unlink(missing_ok=True)
        seconds.append(built(settings)[0])
    encoder = load_encoder()
    with Retriever(settings=settings) as retriever:
        index = retriever.index
        for question in questions[:30]:
            retriever.retrieve(question, 10)
        hybrid = timed(lambda question: retriever.retrieve(question, 10), questions)
        dense = timed(
            lambda question: index.search_dense(encoder.encode_queries([question])[0], 50),
            questions,
        )
        fulltext = timed(lambda question: index.search_fields(_fields(question), 50), questions)
        many = questions * _MORE
        began = time.perf_counter()
        retriever.retrieve_many(many, 10)
        alone = time.perf_counter() - began
        with ThreadPoolExecutor(THREADS) as pool:
            began = time.perf_counter()
            list(pool.map(lambda question: retriever.retrieve(question, 10), many))
            together = time.perf_counter() - began
        share = recall(index, questions)
    command = [sys.executable, "-c", _OPENED, str(target)]
    said = json.dumps(questions)
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=said)
    opened, memory = map(float, done.stdout.split())
    return Row(
        passages=count,
        text_bytes=text_bytes,
        build=first,
        build_memory=children,
        add=seconds[0],
        change=seconds[1],
        delete=seconds[2],
        nothing=seconds[3],
        hybrid=hybrid,
        dense=dense,
        fulltext=fulltext,
        recall=share,
        many=alone / together,
        opened=opened,
        memory=memory,
        disk=disk,
    )


def _fields(question: str) -> list[Wanted]:
    """A question to all fields of the full text."""
    cut_words, cut_bigrams = words(question), bigrams(question)
    return [
        Wanted(Field.WORDS, cut_words),
        Wanted(Field.BIGRAMS, cut_bigrams),
        Wanted(Field.TITLE_WORDS, cut_words, 2.0),
        Wanted(Field.TITLE_BIGRAMS, cut_bigrams, 2.0),
    ]


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table."""

    what: str
    of: Callable[[Row], float]
    form: str = "{:.1f}"
    growth: bool = False
    """Whether it is told how many times the figure of the size before."""


FIGURES = (
    Figure("first build, s", lambda row: row.build, growth=True),
    Figure("its largest process, MB", lambda row: row.build_memory, "{:.0f}"),
    Figure("a document added, s", lambda row: row.add, growth=True),
    Figure("changed, s", lambda row: row.change, growth=True),
    Figure("deleted, s", lambda row: row.delete, growth=True),
    Figure("nothing new, s", lambda row: row.nothing),
    Figure("hybrid question p50, ms", lambda row: row.hybrid[0], growth=True),
    Figure("p99, ms", lambda row: row.hybrid[1]),
    Figure("full text alone p50, ms", lambda row: row.fulltext[0]),
    Figure("p99, ms", lambda row: row.fulltext[1]),
    Figure("hybrid ÷ full text, p50", lambda row: row.hybrid[0] / row.fulltext[0], "× {:.1f}"),
    Figure("dense alone p50, ms", lambda row: row.dense[0]),
    Figure("p99, ms", lambda row: row.dense[1]),
    Figure("dense recall@10", lambda row: row.recall, "{:.3f}"),
    Figure("32 threads ÷ one", lambda row: row.many, "× {:.2f}"),
    Figure("opens, s", lambda row: row.opened, "{:.2f}"),
    Figure("memory, MB", lambda row: row.memory, "{:.0f}"),
    Figure("on disk, bytes a passage", lambda row: row.disk / row.passages, "{:.0f}"),
    Figure(
        "of 1.5 × text + 400 bytes a passage",
        lambda row: row.disk / (1.5 * row.text_bytes + 400 * row.passages),
        "× {:.2f}",
    ),
)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The figures as Markdown, a column a size; the last says how the last step grew."""
    sizes = [f"{row.passages:,}" for row in rows]
    last = [f"{rows[-1].passages / rows[-2].passages:.0f} × the passages"] if rows[1:] else []
    yield "| passages | " + " | ".join([*sizes, *last]) + " |"
    yield "|---|" + "---:|" * len([*sizes, *last])
    for figure in FIGURES:
        told = [figure.form.format(figure.of(row)) for row in rows]
        if last:
            ratio = figure.of(rows[-1]) / figure.of(rows[-2])
            told.append(f"× {ratio:.1f}" if figure.growth else "")
        yield f"| {figure.what} | " + " | ".join(told) + " |"


def panels(rows: Sequence[Row]) -> list[Panel]:
    """What the plot shows."""
    sizes = [row.passages for row in rows]

    def panel(title: str, limit: float | None, *lines: tuple[str, Callable[[Row], float]]) -> Panel:
        return Panel(title, sizes, [(n, [of(row) for row in rows]) for n, of in lines], limit)

    return [
        panel("first build, s", 720, ("", lambda row: row.build)),
        panel(
            "one document, s",
            5,
            ("added", lambda row: row.add),
            ("changed", lambda row: row.change),
            ("deleted", lambda row: row.delete),
        ),
        panel(
            "question p50, ms",
            15,
            ("hybrid", lambda row: row.hybrid[0]),
            ("full text", lambda row: row.fulltext[0]),
            ("dense", lambda row: row.dense[0]),
        ),
        panel(
            "question p99, ms",
            40,
            ("hybrid", lambda row: row.hybrid[1]),
            ("full text", lambda row: row.fulltext[1]),
            ("dense", lambda row: row.dense[1]),
        ),
        panel("memory, MB", 1500, ("", lambda row: row.memory)),
        panel("on disk, bytes a passage", None, ("", lambda row: row.disk / row.passages)),
    ]


def apart(arguments: Sequence[str]) -> Any:
    """What this file prints in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="How the index grows.")
    parser.add_argument("data", type=Path, nargs="?", default=Path("data"))
    parser.add_argument("passages", type=int, nargs="*", default=[*SIZES])
    parser.add_argument("--out", type=Path, help="folder for the figures and the plot")
    parser.add_argument("--work", type=Path, help="folder that keeps documents and indexes")
    parser.add_argument("--against", type=int, help="passages at which others are measured beside")
    parser.add_argument("--row", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not (given.data / "news.jsonl.xz").is_file():
        print(f"skipped: no news in {given.data}; see the head of {Path(__file__).name}")
        return
    if given.row:
        print(json.dumps(asdict(measured(given.data, given.work, given.passages[0]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        rows = []
        for passages in given.passages:
            place = work / f"{passages}"
            place.mkdir(parents=True, exist_ok=True)
            row = apart([str(given.data), str(passages), "--row", "--work", str(place)])
            rows.append(Row(**row))
            print(f"{passages:,}: {row}", file=sys.stderr, flush=True)
            if not given.work:
                shutil.rmtree(place)
        print("\n".join(table(rows)), flush=True)
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            (given.out / "scale.json").write_text(json.dumps([*map(asdict, rows)]), "utf-8")
            (given.out / "scale.svg").write_text(drawn(panels(rows)), "utf-8")
        if given.against:
            from scale_against import compared

            print("\n".join(compared(given.data, given.against)), flush=True)


if __name__ == "__main__":
    main()
