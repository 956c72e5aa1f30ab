"""What readers make of files rendered from known text: ours, markitdown's and Kreuzberg's.

    python benchmarks/converters.py [FOLDER]

The files are made by ``tests/renderings.py`` of the texts of the tests, or of news in FOLDER (see
``benchmarks/layout.py``). What comes out: edits for each character (Markdown's marks and spaces do
not count), neighbouring sentences in order, sentences whole in a line, cells in a line with the
names of their row and column, notes found anywhere, navigation and running heads kept out. Pages a
second: each reader in a process of its own, which has read a file of the format before. Then the
most memory that such a process takes, by the size of the file.

markitdown (MIT) stands for what most people would use, Kreuzberg 4 (MIT; PDF by pdfium, all of it
in Rust) for the fastest. Both are in the extra ``bench``.
Kreuzberg reads scans by Tesseract, if it is there.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

ASPECTS = ("errors", "order", "whole", "rows", "anywhere", "apart")
SIZES = {"PDF": (1, 20, 200), "DOCX": (1, 20, 200), "HTML": (1, 20, 200), "XLSX": (1, 20, 100)}
"""Times the stories of the tests; an XLSX has a hundred rows for each."""


def wenju() -> Callable[[Path], str]:
    """Ours, as a worker of a build does it: blocks, articles and passages."""
    from rag.read import Loaded, parse
    from rag.split import split

    def convert(path: Path) -> str:
        document = parse(Loaded(path.name, path.read_bytes(), "0" * 64))
        split(document)
        blocks = (block for article in document.articles for block in article.blocks)
        return "\n".join(block.text.replace("\n", " ") for block in blocks)

    return convert


def markitdown() -> Callable[[Path], str]:
    """Microsoft's, with all of its readers."""
    from markitdown import MarkItDown

    reader = MarkItDown(enable_plugins=False)
    return lambda path: reader.convert(str(path)).text_content


def kreuzberg() -> Callable[[Path], str]:
    """With Tesseract for Chinese where a page is a picture."""
    from kreuzberg import ExtractionConfig, OcrConfig, extract_file_sync

    config = ExtractionConfig(
        ocr=OcrConfig(backend="tesseract", language="chi_sim"), use_cache=False
    )
    return lambda path: str(extract_file_sync(str(path), config=config).content)


READERS = {"wenju": wenju, "markitdown": markitdown, "kreuzberg": kreuzberg}


def work(name: str, paths: Sequence[str]) -> None:
    """In a process of its own: what a reader says of files, how long it took, and its memory."""
    keep = os.dup(1)
    os.dup2(2, 1)  # what the libraries print
    convert = READERS[name]()
    results = []
    warm = set()
    for path in map(Path, paths):
        for _ in range(1 + (path.suffix not in warm)):
            started = time.perf_counter()
            try:
                said = convert(path)
            except Exception as error:
                said = type(error).__name__
            took = time.perf_counter() - started
        warm.add(path.suffix)
        results.append((said, took))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    os.write(keep, json.dumps({"results": results, "mb": most}).encode())


def run(name: str, paths: Sequence[Path]) -> tuple[list[tuple[str, float]], float]:
    """The same from outside."""
    command = [sys.executable, __file__, "--work", name, *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    if ran.returncode:
        return [], 0.0
    told = json.loads(ran.stdout)
    return [(said, seconds) for said, seconds in told["results"]], told["mb"]


def main() -> None:
    """Print the tables."""
    from layout import stories as news
    from newspaper_texts import STORIES
    from renderings import judge, renderings

    stories = news(Path(sys.argv[1]), 8) if len(sys.argv) > 1 else list(STORIES)
    files = list(renderings(stories))
    with tempfile.TemporaryDirectory() as name:
        paths = []
        for number, file in enumerate(files):
            path = Path(name, f"{number:02}", file.file)
            path.parent.mkdir()
            path.write_bytes(file.data)
            paths.append(path)
        told = {reader: run(reader, paths)[0] for reader in READERS}
        print("| file | reader | " + " | ".join(ASPECTS) + " | pages a second |")
        print("|---|---|" + "---|" * (len(ASPECTS) + 1))
        for number, file in enumerate(files):
            for reader, results in told.items():
                said, seconds = results[number]
                judged = judge(file, said)
                cells = (f"{getattr(judged, aspect):.3f}" for aspect in ASPECTS)
                speed = file.size / seconds
                print(f"| {file.name} | {reader} | {' | '.join(cells)} | {speed:.3g} |")
        print()
        memory(Path(name), stories)


def memory(folder: Path, stories: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Print the table of memory, in MB."""
    from renderings import printed, sheet, web, word

    makes = {
        "PDF": lambda times: printed("", "a.pdf", stories * times, 1, running=False),
        "DOCX": lambda times: word(stories * times),
        "HTML": lambda times: web([(stories[0][0], stories[0][1] * times * 8)], "utf-8"),
        "XLSX": lambda times: sheet(times * 100),
    }
    print("| format | size, KB | " + " | ".join(f"{reader}, MB | s" for reader in READERS) + " |")
    print("|---|---|" + "---|---|" * len(READERS))
    for kind, sizes in SIZES.items():
        for times in sizes:
            made = makes[kind](times)
            path = folder / made.file
            path.write_bytes(made.data)
            cells = []
            for reader in READERS:
                results, most = run(reader, [path])
                took = f"{results[0][1]:.2f}" if results else "–"
                cells.append(f"{most:.0f} | {took}")
            print(f"| {kind} | {len(made.data) // 1024} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], sys.argv[3:])
    else:
        main()
