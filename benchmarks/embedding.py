"""The embedded model alone, on public questions among news: R@1, R@10, R@50, passages a second.

With one vector a passage, and with one a window.

    python benchmarks/embedding.py DATA

DATA holds ``news.jsonl.xz`` and ``bench/*.json.xz`` (``training/README.md`` says where to get the
news; the sets are ymcui/cmrc2018 dev, DRCKnowledgeTeam/DRCD dev and google-deepmind/xquad zh, each
as ``{"corpus": {id: text}, "queries": [{"question", "relevant"}]}``). Without them it skips.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from rag.encode import Encoder, load_encoder
from rag.split import sentences, windows

DISTRACTORS = 42_879
LONGEST = 250
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")


def news_passages(data: Path) -> list[str]:
    """The first passages of the news, sentences packed to at most LONGEST characters."""
    passages: list[str] = []
    with lzma.open(data / "news.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            passage = ""
            for sentence in _SENTENCE.findall(json.loads(line)["text"]):
                if passage and len(passage) + len(sentence) > LONGEST:
                    passages.append(passage)
                    passage = ""
                passage += sentence
            if len(passages) >= DISTRACTORS:
                break
    return passages[:DISTRACTORS]


def windowed(encoder: Encoder, passages: list[str], chars: int | None) -> tuple[Any, list[int]]:
    """The vectors of all windows, and where those of each passage begin."""
    cut = [windows(text, sentences(text), chars) for text in passages]
    starts = list(accumulate((len(one) for one in cut), initial=0))[:-1]
    return encoder.encode_passages([window for one in cut for window in one]), starts


def main() -> None:
    """Command line."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
    if not (data / "bench").is_dir():
        print(f"skipped: no public sets in {data}; see the head of {Path(__file__).name}")
        return
    encoder = load_encoder()
    news = news_passages(data)
    for chars in (None, encoder.window_chars):
        began = time.perf_counter()
        around = windowed(encoder, news, chars)
        rate = len(news) / (time.perf_counter() - began)
        each = len(around[0]) / len(news)
        print(f"{len(news)} news passages, {each:.2f} windows each, {rate:.0f} a second")
        for file in sorted((data / "bench").glob("*.json.xz")):
            shares = [f"R@{k} {share:.3f}" for k, share in recalls(encoder, file, around, chars)]
            print(f"{file.name.removesuffix('.json.xz'):10} {'  '.join(shares)}")


def recalls(
    encoder: Encoder, file: Path, around: tuple[Any, list[int]], chars: int | None
) -> list[tuple[int, float]]:
    """R@1, R@10 and R@50 of one public set among the news; a passage's best window counts."""
    with lzma.open(file, "rt", encoding="utf-8") as stream:
        record = json.load(stream)
    place = {name: row for row, name in enumerate(record["corpus"])}
    passages, starts = windowed(encoder, list(record["corpus"].values()), chars)
    asked = encoder.encode_queries([query["question"] for query in record["queries"]])
    ranks = []
    for query, vector in zip(record["queries"], asked, strict=True):
        own = np.maximum.reduceat(passages @ vector, starts)
        others = np.maximum.reduceat(around[0] @ vector, around[1])
        wanted = query["relevant"]
        names = wanted if isinstance(wanted, list) else [wanted]
        best = own[[place[name] for name in names]].max()
        ranks.append((own > best).sum() + (others > best).sum())
    return [(k, float(np.mean(np.array(ranks) < k))) for k in (1, 10, 50)]


if __name__ == "__main__":
    main()
