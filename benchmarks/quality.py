"""Quality on the golden set, beside plain BM25 over jieba words on the same passages.

    python benchmarks/quality.py [FILE.jsonl …]

Beside it too, where they are installed, what people would pick instead (``rivals.py``), with our
embedding. The documents are ``seeds/``; the baseline is bm25s (k1 = 1.2, b = 0.75) over
:func:`rag.encode.words` of each passage. It refuses nothing and highlights nothing.
"""

import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import bm25s
from rivals import Rival, rivals

import rag
from rag.encode import load_encoder, words
from rag.evaluate import DEPTHS, Case, Outcome, Scores, evaluate, load_cases, rank_of, score
from rag.store import Index, open_index
from rag.terminal.printing import print_scores
from rag.terminal.texts import EN
from rag.types import Chunk, Mode, Status

ROOT = Path(__file__).parent.parent
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.jsonl"))


def baseline(index: Index, cases: Sequence[Case]) -> Scores:
    """What plain BM25 makes of ``cases``; the earlier questions of a case are not used."""
    chunks = list(index.all_chunks())
    engine = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    engine.index([words(chunk.text) for chunk in chunks], show_progress=False)
    asked = [words(case.question) for case in cases]
    found, _ = engine.retrieve(asked, k=min(DEPTHS[-1], len(chunks)), show_progress=False)
    return scored(chunks, cases, found)


def beside(rival: Rival, index: Index, cases: Sequence[Case]) -> Scores:
    """What a rival makes of ``cases``, the headline in the text."""
    chunks = list(index.all_chunks())
    rival.index([f"{chunk.title or ''}\n{chunk.text}" for chunk in chunks])
    return scored(chunks, cases, [rival.search(case.question, DEPTHS[-1]) for case in cases])


def scored(
    chunks: Sequence[Chunk], cases: Sequence[Case], found: Iterable[Sequence[int]]
) -> Scores:
    """The measures of the passages ``found``, by place among ``chunks``, for each case."""
    outcomes = []
    for case, ids in zip(cases, found, strict=True):
        passages = [(chunks[number].source, chunks[number].text) for number in ids]
        outcomes.append(Outcome(case, rank_of(case, passages), False, Status.FOUND))
    return replace(score(outcomes), highlighted=None, refused=None, wrongly_refused=None)


def main() -> None:
    """Print a table a file."""
    files = [Path(name) for name in sys.argv[1:]] or GOLDEN
    with tempfile.TemporaryDirectory() as folder:
        rag.build(ROOT / "seeds", folder)
        with rag.Retriever(folder) as retriever, open_index(Path(folder)) as index:
            for file in files:
                cases = load_cases(file)
                rows = {f"wenju {mode}": evaluate(retriever, cases, mode=mode) for mode in Mode}
                rows["BM25, jieba words"] = baseline(index, cases)
                for rival in rivals(load_encoder()):
                    rows[rival.name] = beside(rival, index, cases)
                print(file.name)
                print_scores(rows, EN)
                print()


if __name__ == "__main__":
    main()
