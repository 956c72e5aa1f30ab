"""How well pages of newspapers are read: articles, captions, sentences, columns, every character.

    python benchmarks/layout.py [FOLDER] [PAGES] [-v]

The pages are made by ``tests/newspaper.py`` from news text in FOLDER (``news.jsonl.xz``,
``xinhua_uhgeval_news.jsonl.xz``, ``xinwenlianbo.jsonl.xz``), or, without one, from the few texts
of the tests. The truth about every character is known; a table a style, and all of them together.
"""

import json
import lzma
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from newspaper import Judged, Story, judge, pages
from newspaper_texts import STORIES

_PLAIN = 40  # shortest paragraph, in characters
_SHARES = ("sentences", "captions", "leads", "kept_apart", "imprint", "pure", "characters")


def stories(folder: Path, count: int = 3000) -> list[Story]:
    """News with headline and paragraphs, from what there is in ``folder``; always the same."""
    found: list[Story] = []
    for name in ("xinhua_uhgeval_news.jsonl.xz", "xinwenlianbo.jsonl.xz"):
        with lzma.open(folder / name, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                paragraphs = list(_paragraphs(record["body"]))
                title = " ".join(record["title"].split())
                if 5 <= len(title) <= 40 and "（" not in title and len(paragraphs) >= 2:
                    found.append((title, tuple(paragraphs[:7])))
    return random.Random(1).sample(found, min(count, len(found)))


def _paragraphs(body: str) -> Iterator[str]:
    """The paragraphs of an article without the agency's own dateline and end mark."""
    for line in body.splitlines():
        text = line.strip().removesuffix("（完）")
        if text.startswith("新华社"):
            text = text.partition("）")[2] if "）" in text[:60] else text.partition("电")[2]
        if _PLAIN <= len(text) <= 420 and text[-1] in "。！？”":
            yield text.strip()


def main() -> None:
    """Print the tables."""
    arguments = [one for one in sys.argv[1:] if one != "-v"]
    source = stories(Path(arguments[0])) if arguments else list(STORIES)
    count = int(arguments[1]) if len(arguments) > 1 else 70
    styles: dict[str, Judged] = defaultdict(Judged)
    whole = Judged()
    for page in pages(source, count):
        judged = judge(page)
        styles[page.style].add(judged)
        whole.add(judged)
    print(f"{count} pages, {whole.counts['sentences_all']} sentences")
    print(f"{'style':<16}{'article F1':>12}" + "".join(f"{name:>12}" for name in _SHARES))
    for name, judged in [*styles.items(), ("all", whole)]:
        row = "".join(f"{judged.share(what):>12.3f}" for what in _SHARES)
        print(f"{name:<16}{judged.boundary_f1:>12.3f}{row}")
    print(
        f"characters lost or twice: {whole.counts['characters_all'] - whole.counts['characters']}"
    )
    print(f"characters made up: {whole.counts['made_up']}")
    if "-v" in sys.argv:
        for style, what, text in whole.misses:
            print(f"{style}\t{what}\t{text[:100]!r}")


if __name__ == "__main__":
    main()
