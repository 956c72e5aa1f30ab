"""What the page asks and shows: the index, opened when it is first needed.

An index that cannot be opened is tried again at the next question, so that a page that was open
before ``rag build`` ran begins to answer by itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import WenjuError
from rag.retrieve import Retriever, conditions, known_of
from rag.settings import Settings
from rag.store import DocumentRecord
from rag.types import Answer, Chunk, Hit, Mode, Status
from rag.web.examples import example_questions, sampled
from rag.web.nearby import absent_words, offered_words
from rag.web.scope import EVERYTHING, NAMED, Scope, kind_of
from rag.web.session import Words

LOOKED_THROUGH = 500
"""Passages of the documents in scope that are looked through for its article."""
NAMES_FROM = 5000
"""Passages, spread evenly over the index, whose names are offered to limit a question to."""
NAMES = 200
"""Names of a sort that are offered; any other can be typed."""
NEAREST = 20
"""Passages whose words are offered where nothing was found."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is indexed."""

    generation: str
    documents: tuple[DocumentRecord, ...]
    passages: int
    created: str
    """UTC, ISO 8601."""
    examples: tuple[str, ...]
    """Questions that the index answers."""
    kinds: tuple[tuple[str, int], ...]
    """Kinds of file and how many documents are of each, most first."""
    dated: bool
    """Whether articles have dates that a question can be limited to."""
    named: Mapping[str, tuple[str, ...]]
    """What passages name, most named first, by the names of :data:`rag.web.scope.NAMED`."""


def _named(chunks: Sequence[Chunk]) -> Mapping[str, tuple[str, ...]]:
    found = {
        name: Counter(one for chunk in chunks for one in known_of(name, chunk)) for name in NAMED
    }
    return {name: tuple(one for one, _ in many.most_common(NAMES)) for name, many in found.items()}


class Library:
    """The index behind the page. Safe from many threads."""

    def __init__(self, settings: Settings, retriever: Retriever | None = None) -> None:
        self.settings = settings
        self._retriever = retriever
        self._shelf: Shelf | None = None
        self._lock = threading.Lock()

    def answer(
        self, question: str, context: Sequence[str] = (), scope: Scope = EVERYTHING
    ) -> Answer:
        """The answer to ``question`` within ``scope``, asked after the questions of ``context``.

        Raises:
            WenjuError: there is no index that can be used, or the question cannot.
        """
        retriever = self._open()
        sources, where = scope.of(retriever.documents()), scope.where
        if not scope.article:
            return retriever.retrieve(question, history=context, sources=sources, where=where)
        answer = retriever.retrieve(
            question, LOOKED_THROUGH, history=context, sources=sources, where=where
        )
        own = [hit for hit in answer.hits if hit.citation.title == scope.article]
        within = own[: self.settings.k]
        hits = tuple(replace(hit, rank=rank) for rank, hit in enumerate(within, 1))
        best = bool(hits) and hits[0].chunk_id == answer.hits[0].chunk_id
        # the confidence speaks of the passages that were best before the article was looked at
        status = answer.status if best else Status.UNCERTAIN if hits else Status.NOT_FOUND
        if answer.status is Status.NOT_FOUND:
            status = Status.NOT_FOUND
        confidence = answer.confidence if best else 0.0
        return replace(answer, hits=hits, status=status, confidence=confidence)

    def words(self, answer: Answer, scope: Scope) -> Words:
        """What could help where ``answer`` found nothing within ``scope``.

        Raises:
            WenjuError: there is no index that can be used.
        """
        retriever = self._open()
        wide = retriever.retrieve(answer.query, NEAREST)
        return Words(
            absent=absent_words(retriever.index, answer.query),
            offered=offered_words(answer.query, wide.hits),
            elsewhere=len(wide.hits[:3]) if scope and wide.status is Status.FOUND else 0,
        )

    def passage(self, chunk_id: str) -> Hit | None:
        """The passage of that name as a hit by itself; None where the live index has none.

        Raises:
            WenjuError: there is no index that can be used.
        """
        return self._open().passage(chunk_id)

    def retrieve(
        self,
        question: str,
        k: int | None = None,
        *,
        history: Sequence[str] = (),
        mode: str = Mode.HYBRID,
        sources: Sequence[str] = (),
        where: Sequence[str] = (),
    ) -> Answer:
        """The retrieval function over this index; see :meth:`rag.retrieve.Retriever.retrieve`.

        Raises:
            WenjuError: there is no index that can be used, or the question cannot.
        """
        return self._open().retrieve(
            question, k, history=history, mode=mode, sources=sources, where=where
        )

    def shelf(self) -> Shelf:
        """What is indexed, in the live generation.

        Raises:
            WenjuError: there is no index that can be used.
        """
        retriever = self._open()
        index = retriever.index
        known = self._shelf
        if known is None or known.generation != index.generation:
            described = index.manifest
            documents = tuple(index.documents())
            sample = sampled(index, NAMES_FROM)
            [issued] = conditions(["issued>=1000"])
            kinds = Counter(kind_of(document.source) for document in documents)
            known = self._shelf = Shelf(
                generation=index.generation,
                documents=documents,
                passages=described.passages,
                created=described.created,
                examples=example_questions(retriever),
                kinds=tuple(kinds.most_common()),
                dated=any(issued.holds(chunk) for chunk in sample),
                named=_named(sample),
            )
        return known

    def docs(self) -> Path:
        """The folder that the documents stand in."""
        return self._open().docs

    def state(self) -> Shelf | WenjuError:
        """What is indexed, or why nothing is."""
        try:
            return self.shelf()
        except WenjuError as error:
            return error

    def _open(self) -> Retriever:
        with self._lock:
            if self._retriever is None:
                self._retriever = Retriever(settings=self.settings)
            return self._retriever
