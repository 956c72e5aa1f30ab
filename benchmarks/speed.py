"""Speed on the seeds: building, a cold search, warm questions.

    python benchmarks/speed.py

Machines differ and are noisy: look at the ratios, and at medians.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rag
from rag.build import build
from rag.encode import load_encoder

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
RUNS = 5
RAG = [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())"]


def whole_process(*commands: list[str]) -> list[float]:
    """The median seconds of each command, the commands run in turn."""
    seconds: list[list[float]] = [[] for _ in commands]
    for _ in range(RUNS + 1):  # the first run warms the system's file cache
        for times, command in zip(seconds, commands, strict=True):
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - began)
    return [statistics.median(times[1:]) for times in seconds]


def main() -> None:
    """Print a line a figure."""
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        build(SEEDS, folder, encoder=encoder)
        print(f"first build, model loaded       {time.perf_counter() - began:8.3f} s")

        indexed = ["--index", folder]
        search = [*RAG, "search", "中原区发放了多少份调查问卷？", *indexed]
        reference = [sys.executable, "-c", "import sentence_transformers"]
        start, again, cold, heavy = whole_process(
            [*RAG, "--help"], [*RAG, "build", str(SEEDS), *indexed], search, reference
        )
        print(f"second build, beyond start-up   {again - start:8.3f} s")
        print(f"cold `rag search`               {cold:8.3f} s")
        print(f"import sentence_transformers    {heavy:8.3f} s")
        print(f"ratio of the two                {cold / heavy:8.2f}")

        golden = (ROOT / "tests" / "golden" / "questions.jsonl").read_text("utf-8")
        questions = [json.loads(line)["question"] for line in golden.splitlines()]
        with rag.Retriever(folder) as retriever:
            retriever.retrieve(questions[0])
            took = [retriever.retrieve(question).took_ms for question in questions]
        centiles = statistics.quantiles(took, n=100)
        print(f"warm question, p50 and p99      {centiles[49]:8.2f} {centiles[98]:.2f} ms")


if __name__ == "__main__":
    main()
