"""Where the time of a build and of a question goes, in microseconds of one core.

    python benchmarks/scale_profile.py DATA [PASSAGES]

Builds an index of so many passages (10,000 where none are named), each step by itself, and asks it
a hundred questions. What a worker does is divided among the cores; what the writer does is not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from scale import write_documents

from rag.build import build
from rag.encode import Additive, load_encoder, load_lexicon
from rag.intake.passages import check
from rag.read import Found, load, parse
from rag.retrieve import Retriever
from rag.retrieve.candidates import gather
from rag.retrieve.features import weigh
from rag.retrieve.question import understand
from rag.retrieve.shortlist import LOOKED_AT
from rag.settings import load_settings
from rag.split import split
from rag.store import Field, Wanted, open_index, prepare
from rag.store.dense import FaissWriter
from rag.store.fulltext import TantivyWriter
from rag.store.packing import packed
from rag.store.passages import PassagesWriter
from rag.store.terms import terms_of

T = TypeVar("T")


def step(name: str, count: int, work: Callable[[], T], unit: str = "passage") -> T:
    """Do it, and print what it took for one."""
    began = time.process_time()
    done = work()
    print(
        f"| {name} | {(time.process_time() - began) / count * 1e6:,.0f} µs a {unit} |", flush=True
    )
    return done


def building(docs: Path, place: Path) -> None:
    """The steps of a first build."""
    found = [Found(path.relative_to(docs).as_posix(), path) for path in sorted(docs.rglob("*.txt"))]
    encoder = load_encoder()
    assert isinstance(encoder, Additive)
    warm = split(parse(load(found[0], 100)), 250)
    prepare(warm, encoder.window_chars, True)
    count = sum(len(split(parse(load(one, 100)), 250)) for one in found)
    documents = step(
        "read: load and parse", count, lambda: [parse(load(one, 100)) for one in found]
    )
    cut = step(
        "split, with places and people", count, lambda: [split(one, 250) for one in documents]
    )
    step(
        "the law of citations",
        count,
        lambda: [check(*pair) for pair in zip(documents, cut, strict=True)],
    )
    step("pack", count, lambda: [packed(chunk) for chunks in cut for chunk in chunks])
    step("terms", count, lambda: [terms_of(chunk) for chunks in cut for chunk in chunks])
    prepared = [prepare(chunks, encoder.window_chars, True) for chunks in cut]
    step("pack, terms and tokens", count, lambda: [prepare(one, 60, True) for one in cut])
    full_text = TantivyWriter(place / "fulltext")
    rows = PassagesWriter(place / "passages.sqlite")
    dense = FaissWriter(place, encoder.dimension, encoder)

    def write_terms() -> None:
        serial = 0
        for one in prepared:
            for terms in one.terms:
                full_text.add(serial, terms)
                serial += 1
        full_text.close()

    def write_rows() -> None:
        serial = 0
        for one in prepared:
            rows.add(serial, one.starts, one.rows)
            serial += len(one.rows)
        rows.close()

    def write_vectors() -> None:
        serial = 0
        for one in prepared:
            assert one.tokens
            tokens = (one.tokens.lengths, one.tokens.tokens)
            dense.add(range(serial, serial + len(one.rows)), one.tokens.counts, tokens=tokens)
            serial += len(one.rows)
        dense.close()

    step("write the full text", count, write_terms)
    step("write the passages", count, write_rows)
    step("write the vectors", count, write_vectors)


def answering(docs: Path, index: Path, questions: Sequence[str]) -> None:
    """The steps of a question."""
    settings = load_settings(docs=docs, index=index)
    build(docs, index, settings=settings)
    encoder, lexicon = load_encoder(), load_lexicon()
    with Retriever(settings=settings) as retriever, open_index(index) as opened:
        for question in questions[:30]:
            retriever.retrieve(question, 10)
        count = len(questions)
        asked = step(
            "understand", count, lambda: [understand(q, lexicon) for q in questions], "question"
        )
        vectors = [encoder.encode_queries([question])[0] for question in questions]
        step(
            "the nearest by meaning",
            count,
            lambda: [opened.search_dense(v, 50) for v in vectors],
            "question",
        )
        step(
            "the best by terms",
            count,
            lambda: [
                opened.search_fields(
                    [Wanted(Field.WORDS, q.words), Wanted(Field.BIGRAMS, q.bigrams)], 50
                )
                for q in asked
            ],
            "question",
        )
        found = step(
            "all legs", count, lambda: [gather(opened, encoder, q) for q in asked], "question"
        )
        near = [one.ids[:LOOKED_AT] for one in found]
        chunks = step(
            "read passages", count, lambda: [opened.chunks(ids) for ids in near], "question"
        )
        step(
            "weigh the evidence",
            count,
            lambda: [
                weigh(q, some, one.shares[: len(some)], lexicon)
                for q, some, one in zip(asked, chunks, found, strict=True)
            ],
            "question",
        )
        step("all", count, lambda: [retriever.retrieve(q, 10) for q in questions], "question")


def main() -> None:
    """Command line."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
    if not (data / "news.jsonl.xz").is_file():
        print(f"skipped: no news in {data}; see the head of scale.py")
        return
    passages = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        _, questions = write_documents(data, place / "docs", passages)
        print(f"| at about {passages:,} passages | |\n|---|---:|")
        building(place / "docs", place)
        answering(place / "docs", place / "index", questions)


if __name__ == "__main__":
    main()
