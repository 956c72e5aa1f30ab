"""How much is still found in text with errors of reading: the golden set, clean and noisy.

    python benchmarks/tolerance.py [SHARE] [DOCS] [QUESTIONS]

A copy of the documents is made for each kind of error, with SHARE (0.03) of the characters touched;
the answers of the questions are carried over by their place, character by character. A question is
answered at k where a passage among the first k holds the place of its answer: what it says there is
as misread as the file. The same seed makes the same errors.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from newspaper import CONFUSED

from rag import Retriever, build
from rag.evaluate import Case, load_cases
from rag.read import decode
from rag.types import Hit

ROOT = Path(__file__).parent.parent
_MARKS = "，。、；：！？,;:!?"
_DEPTH = 5


def _confused(char: str, rng: random.Random) -> str:
    """As its like, where it has one; else as any other of the characters that have."""
    return CONFUSED.get(char) or rng.choice(sorted(CONFUSED.values()))


def _spaced(char: str, rng: random.Random) -> str:
    return char + rng.choice((" ", "\u3000", "  "))


def _broken(char: str, rng: random.Random) -> str:
    return char + "\n"


def _mixed(char: str, rng: random.Random) -> str:
    if char in _MARKS:
        return ""
    return rng.choice((_confused, _spaced))(char, rng)


Error = Callable[[str, random.Random], str]
KINDS: dict[str, tuple[Callable[[str], bool], Error]] = {
    "likes confused": (lambda char: char in CONFUSED, lambda char, rng: CONFUSED[char]),
    "any confused": (str.isalnum, _confused),
    "stray spaces": (str.isalnum, _spaced),
    "lines broken": (str.isalnum, _broken),
    "marks missing": (lambda char: char in _MARKS, lambda char, rng: ""),
    "mixed": (lambda char: not char.isspace(), _mixed),
}
"""Which characters are touched, and what becomes of one."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A text with errors, and where each of the characters before went."""

    text: str
    places: Sequence[int]
    """One more than there were characters."""


def noisy(text: str, kind: str, share: float, seed: int) -> Noisy:
    """``text`` with ``share`` of all its visible characters touched, as far as there are such."""
    rng = random.Random(seed)
    touches, error = KINDS[kind]
    able = [place for place, char in enumerate(text) if touches(char)]
    visible = sum(not char.isspace() for char in text)
    chosen = set(rng.sample(able, min(len(able), round(share * visible))))
    parts: list[str] = []
    places: list[int] = []
    size = 0
    for place, char in enumerate(text):
        places.append(size)
        parts.append(error(char, rng) if place in chosen else char)
        size += len(parts[-1])
    return Noisy("".join(parts), [*places, size])


def spans_of(text: str, case: Case) -> list[tuple[int, int]]:
    """Where the answers of a case stand in its file; white space does not count."""
    at = [place for place, char in enumerate(text) if not char.isspace()]
    flat = "".join(text[place] for place in at)
    found = []
    for answer in case.answer:
        wanted = "".join(answer.split())
        start = flat.find(wanted)
        while start >= 0:
            found.append((at[start], at[start + len(wanted) - 1] + 1))
            start = flat.find(wanted, start + 1)
    return found


def holds(hit: Hit, source: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a passage covers the place of an answer."""
    cited = hit.citation
    if cited.source != source:
        return False
    return any(
        all(any(a <= place < b for a, b in cited.spans) for place in (start, max(start, end - 1)))
        for start, end in spans
    )


def main() -> None:
    """Print a row for each kind of error."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 0.03
    docs = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "seeds"
    file = Path(sys.argv[3]) if len(sys.argv) > 3 else ROOT / "tests/golden/questions.jsonl"
    cases = [case for case in load_cases(file) if case.answer]
    texts = {path.name: decode(path.read_bytes(), path.name)[0] for path in sorted(docs.iterdir())}
    print(f"{len(cases)} questions, {share:.0%} of the characters")
    print(f"{'errors':<16}{'R@1':>8}{'R@5':>8}")
    for kind in ("none", *KINDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "docs").mkdir()
            made = {}
            for number, (source, text) in enumerate(texts.items()):
                plain = Noisy(text, range(len(text) + 1))
                made[source] = plain if kind == "none" else noisy(text, kind, share, number)
                (folder / "docs" / source).write_text(made[source].text, "utf-8", newline="")
            build(folder / "docs", folder / "index")
            ranks = []
            with Retriever(folder / "index") as retriever:
                for case in cases:
                    places = made[case.source].places
                    # up to its last character: a break behind that is no part of the answer
                    found = spans_of(texts[case.source], case)
                    spans = [(places[a], places[b - 1] + 1) for a, b in found]
                    hits = retriever.retrieve(case.question, _DEPTH).hits
                    right = (hit.rank for hit in hits if holds(hit, case.source, spans))
                    ranks.append(next(right, _DEPTH + 1))
        first = sum(rank == 1 for rank in ranks) / len(ranks)
        within = sum(rank <= _DEPTH for rank in ranks) / len(ranks)
        print(f"{kind:<16}{first:>8.3f}{within:>8.3f}", flush=True)


if __name__ == "__main__":
    main()
