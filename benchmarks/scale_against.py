"""What people would pick instead, beside us over the same passages, each in a process of its own.

    python benchmarks/scale_against.py DATA [PASSAGES]

Seconds to index, and to take one document of 20 passages; milliseconds of a question; megabytes of
the process that did both; and how often the passage that a question's words are from is
among the first ten. We start from files and end with an index on disk; the others are handed the
passages that we made of these, and keep all in memory. The embedding is ours for all; they have one
vector a passage, as they are set up by their guides. 10,000 passages where none are named.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rivals import rivals
from scale import A_DOCUMENT, QUESTIONS, question_of, timed, write_documents

from rag.build import build
from rag.encode import load_encoder
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.store import open_index

OURS = "Wenju"
HEADER = (
    "at {:,} passages",
    "index, s",
    "one document more, s",
    "question p50, ms",
    "p99, ms",
    "memory, MB",
    "passage found in 10",
)
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")


def ours(place: Path) -> tuple[float, float, Callable[[str], list[int]]]:
    """Index and take one more; then how a question is asked."""
    settings = load_settings(docs=place / "docs", index=place / "index", keep_generations=1)
    began = time.perf_counter()
    build(settings.docs, settings.index, settings=settings)
    first = time.perf_counter() - began
    _write_passages(place)
    news = "\n\n".join(f"{passage}补充。" for passage in _passages(place)[:A_DOCUMENT])
    (settings.docs / "zzz.txt").write_text(news, "utf-8")  # sorted last: ids stay as they are
    began = time.perf_counter()
    build(settings.docs, settings.index, settings=settings)
    more = time.perf_counter() - began
    retriever = Retriever(settings=settings)

    def ask(question: str) -> list[int]:
        hits = retriever.retrieve(question, 10).hits
        return retriever.index.ids_of(hit.chunk_id for hit in hits)

    return first, more, ask


def theirs(place: Path, name: str) -> tuple[float, float, Callable[[str], list[int]]]:
    """As :func:`ours`, for one of the others."""
    encoder = load_encoder()
    (rival,) = (one for one in rivals(encoder) if one.name == name)
    passages = _passages(place)
    encoder.encode_passages(passages[:1])
    rival.index(passages[:2])  # what it imports is not its work
    began = time.perf_counter()
    rival.index(passages)
    first = time.perf_counter() - began
    began = time.perf_counter()
    rival.add([f"{passage}补充。" for passage in passages[:A_DOCUMENT]])
    more = time.perf_counter() - began
    return first, more, lambda question: rival.search(question, 10)


def measured(place: Path, name: str) -> dict[str, float]:
    """The figures of one of them."""
    first, more, ask = ours(place) if name == OURS else theirs(place, name)
    asked = json.loads((place / "asked.json").read_text("utf-8"))
    questions = [question for question, _ in asked]
    for question in questions[:20]:
        ask(question)
    p50, p99 = timed(ask, questions)
    found = sum(wanted in ask(question)[:10] for question, wanted in asked)
    # not getrusage: a process starts with the peak of the one that started it
    said = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))
    memory = int(said[1]) / 1024 if said else float("nan")
    share = found / len(asked)
    return {"first": first, "more": more, "p50": p50, "p99": p99, "memory": memory, "found": share}


def compared(data: Path, passages: int) -> Iterator[str]:
    """The table, a line a contestant."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        write_documents(data, place / "docs", passages)
        names = [OURS, *(one.name for one in rivals(load_encoder()))]
        told = {name: _apart(place, name) for name in names}
        count = len(_passages(place))
    yield "| " + " | ".join(HEADER).format(count) + " |"
    yield "|---|" + "---:|" * (len(HEADER) - 1)
    forms = {"first": ".1f", "more": ".2f", "p50": ".1f", "p99": ".1f", "memory": ".0f"}
    for name, figures in told.items():
        said = [f"{figures[key]:{form}}" for key, form in forms.items()]
        if name != OURS:
            said = [
                f"{one} (× {figures[key] / told[OURS][key]:.1f})"
                for key, one in zip(forms, said, strict=True)
            ]
        yield f"| {name} | " + " | ".join([*said, f"{figures['found']:.2f}"]) + " |"


def _apart(place: Path, name: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(place), name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _write_passages(place: Path) -> None:
    """The passages of our index, and questions, each with the place of its passage."""
    with open_index(place / "index") as index:
        passages = [chunk.text for chunk in index.all_chunks()]
    generator = random.Random(7)
    asked: list[tuple[str, int]] = []
    while len(asked) < QUESTIONS:
        one = generator.randrange(len(passages))
        sentence = generator.choice(_SENTENCE.findall(passages[one]) or [""])
        question = question_of(sentence, generator)
        if question and sum(sentence in other for other in passages) == 1:
            asked.append((question, one))
    (place / "passages.json").write_text(json.dumps(passages), "utf-8")
    (place / "asked.json").write_text(json.dumps(asked), "utf-8")


def _passages(place: Path) -> list[str]:
    passages: list[str] = json.loads((place / "passages.json").read_text("utf-8"))
    return passages


def main(arguments: Sequence[str]) -> None:
    """Command line."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(measured(Path(arguments[1]), arguments[2])))
        return
    data = Path(arguments[0]) if arguments else Path("data")
    if not (data / "news.jsonl.xz").is_file():
        print(f"skipped: no news in {data}; see the head of scale.py")
        return
    for line in compared(data, int(arguments[1]) if arguments[1:] else 10_000):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
