"""Questions to try, made from the documents at hand and kept only where the index answers them.

A clause that says how many of something there are becomes the question for that number:
「全年新建公厕10座」 gives 「全年新建公厕多少座？」. Where such clauses are too few, headlines
become questions for what the article says. No question is shown that the retriever does not find,
with the words it was made from.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from rag.retrieve import Retriever
from rag.store import Index
from rag.types import Chunk, Hit, Status

WANTED = 5
SAMPLED = 400
"""Passages looked at, spread evenly over the index."""
TRIED = 60
"""Questions put to the retriever before giving up."""
_PATIENCE = 2.0
"""Seconds after which no more are put: whoever opens the page waits, and a reranker is slow."""

_CLAUSE = re.compile(r"[^，。；！？：、,.;!?:\s（）()“”\"《》〈〉…—●]+")
_COUNTED = re.compile(
    r"(?P<what>[\u4e00-\u9fff]{6,14}?)(?:约|近|达|达到|超过|了)?"
    r"\d+(?:\.\d+)?万?余?(?P<unit>[个家名条项次人座户场份件所处篇幅台套间亩起期支辆只张本批])"
)
_LOOSE_START = frozenset("的了着过和与及其并也又还再已将被把为是在由至从对以而但且使让向按这那该")
_HEADLINE_CHARS = range(6, 29)


@dataclass(frozen=True, slots=True)
class _Candidate:
    question: str
    source: str
    proof: str
    """Words that the best passage, or its headline, must hold."""


def example_questions(retriever: Retriever) -> tuple[str, ...]:
    """Up to five questions that the index answers with the words each was made from."""
    sample = sampled(retriever.index)
    candidates = chain(_in_turn(sample, _of_counts), _in_turn(sample, _of_headlines))
    kept: dict[str, None] = {}
    until = time.monotonic() + _PATIENCE
    for tried, candidate in enumerate(candidates):
        if len(kept) == WANTED or tried == TRIED or time.monotonic() > until:
            break
        answer = retriever.retrieve(candidate.question, 1)
        if answer.status is Status.FOUND and _proven(candidate, answer.hits[0]):
            kept[candidate.question] = None
    return tuple(kept)


def sampled(index: Index, wanted: int = SAMPLED) -> list[Chunk]:
    """So many passages, or all there are, spread evenly over the index."""
    count = index.manifest.passages
    step = max(1, count // wanted)
    return index.chunks(range(0, count, step)[:wanted])


def _in_turn(
    sample: Iterable[Chunk], candidates_of: Callable[[Chunk], list[_Candidate]]
) -> Iterator[_Candidate]:
    """One of each document, then a second of each, so that no document fills the list."""
    of_source: dict[str, list[_Candidate]] = {}
    for chunk in sample:
        of_source.setdefault(chunk.source, []).extend(candidates_of(chunk)[:1])
    rounds = zip_longest(*of_source.values())
    return (candidate for each in rounds for candidate in each if candidate is not None)


def _of_counts(chunk: Chunk) -> list[_Candidate]:
    found = []
    for clause in _CLAUSE.findall(chunk.text):
        counted = _COUNTED.fullmatch(clause)
        if counted and counted["what"][0] not in _LOOSE_START:
            question = f"{counted['what']}多少{counted['unit']}？"
            found.append(_Candidate(question, chunk.source, clause))
    return sorted(found, key=lambda candidate: -len(candidate.question))


def _of_headlines(chunk: Chunk) -> list[_Candidate]:
    title = chunk.title
    if title is None or len(title) not in _HEADLINE_CHARS:
        return []
    return [_Candidate(f"《{title}》讲了什么？", chunk.source, title)]


def _proven(candidate: _Candidate, hit: Hit) -> bool:
    if hit.citation.source != candidate.source:
        return False
    quoted = [hit.text[start:end] for start, end in hit.highlights]
    return hit.citation.title == candidate.proof or any(candidate.proof in one for one in quoted)
