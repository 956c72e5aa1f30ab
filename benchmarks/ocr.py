"""Text recognition on pages of known text: RapidOCR beside Tesseract (chi_sim), as far as there.

    python benchmarks/ocr.py [-q]

Pages are rendered by ``tests/scans.py``; -q takes the first of each row. A row a kind of page:
character error rate (Levenshtein over the characters of the text, white space aside, in the order
that each engine gives its lines; ours in the order of the paper) and processor seconds a page.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from newspaper_texts import STORIES
from scans import distance, scan

from rag.read import bare, recognition
from rag.read.paged import Sheet, draft

KINDS = {
    "300 dpi, 12 pt": {"dpi": 300},
    "200 dpi, 12 pt": {},
    "200 dpi, 9 pt": {"points": 9},
    "150 dpi, 12 pt": {"dpi": 150},
    "150 dpi, 7.5 pt": {"dpi": 150, "points": 7.5},
    "100 dpi, 12 pt": {"dpi": 100},
    "72 dpi, 12 pt": {"dpi": 72},
    "two columns": {"columns": 2},
    "three columns, 10 pt": {"columns": 3, "points": 10},
    "askew by 1 degree": {"skew": 1},
    "askew by 3 degrees": {"skew": 3},
    "noise": {"noise": 40},
    "blurred": {"blur": 1.6},
    "blurred and noisy, 100 dpi": {"dpi": 100, "blur": 0.8, "noise": 30},
}


def ours(sheet: Image.Image) -> str:
    """What a passage would say."""
    pixels = np.ascontiguousarray(np.asarray(sheet.convert("RGB"))[:, :, ::-1])
    seen = recognition.recognise(pixels)
    page = Sheet.recognised(1, *map(float, sheet.size), seen, 1.0)
    return "".join(block.text for block in draft([page], "ocr", []).blocks)


def tesseract(sheet: Image.Image) -> str:
    """What Tesseract says with its own analysis of the page."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        sheet.save(file.name, dpi=(200, 200))
        command = ["tesseract", file.name, "-", "-l", "chi_sim"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def seconds() -> float:
    """Processor seconds of this process and its children."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(one)[:2]) for one in who)


def main() -> None:
    """Print the table."""
    engines = {}
    if recognition.is_there():
        engines[recognition.identity()] = ours
        ours(scan(["热身。"], dpi=72))
    if shutil.which("tesseract"):
        engines["Tesseract"] = tesseract
    pages = [[text for _, body in STORIES[n : n + 4] for text in body] for n in (0, 4)]
    pages = pages[:1] if "-q" in sys.argv else pages
    print("| page | " + " | ".join(f"{name} CER | s" for name in engines) + " |")
    print("|---|" + "---|---|" * len(engines))
    started = time.perf_counter()
    for kind, how in KINDS.items():
        cells = []
        for read in engines.values():
            wrong = size = 0
            before = seconds()
            for paragraphs in pages:
                truth = bare("".join(paragraphs))
                wrong += distance(truth, bare(read(scan(paragraphs, **how))))
                size += len(truth)
            cells += [f"{wrong / size:.4f}", f"{(seconds() - before) / len(pages):.1f}"]
        print(f"| {kind} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
