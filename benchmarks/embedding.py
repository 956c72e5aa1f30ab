"""The embedded model alone, on public questions among news: R@1, R@10, R@50, passages a second.

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
from pathlib import Path

import numpy as np

from rag.encode import load_encoder

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


def main() -> None:
    """Command line."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data")
    if not (data / "bench").is_dir():
        print(f"skipped: no public sets in {data}; see the head of {Path(__file__).name}")
        return
    encoder = load_encoder()
    news = news_passages(data)
    began = time.perf_counter()
    around = encoder.encode_passages(news)
    print(f"{len(news)} news passages, {len(news) / (time.perf_counter() - began):.0f} a second")
    for file in sorted((data / "bench").glob("*.json.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as stream:
            record = json.load(stream)
        place = {name: row for row, name in enumerate(record["corpus"])}
        passages = encoder.encode_passages(list(record["corpus"].values()))
        asked = encoder.encode_queries([query["question"] for query in record["queries"]])
        own, others = asked @ passages.T, asked @ around.T
        ranks = []
        for row, query in enumerate(record["queries"]):
            wanted = query["relevant"]
            names = wanted if isinstance(wanted, list) else [wanted]
            best = own[row, [place[name] for name in names]].max()
            ranks.append((own[row] > best).sum() + (others[row] > best).sum())
        shares = [f"R@{k} {np.mean(np.array(ranks) < k):.3f}" for k in (1, 10, 50)]
        print(f"{file.name.removesuffix('.json.xz'):10} {'  '.join(shares)}")


if __name__ == "__main__":
    main()
