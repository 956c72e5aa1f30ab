"""What the page asks and shows: the index, opened when it is first needed.

An index that cannot be opened is tried again at the next question, so that a page that was open
before ``rag build`` ran begins to answer by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import WenjuError
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.store import DocumentRecord
from rag.types import Answer, Mode
from rag.web.examples import example_questions


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


class Library:
    """The index behind the page. Safe from many threads."""

    def __init__(self, settings: Settings, retriever: Retriever | None = None) -> None:
        self.settings = settings
        self._retriever = retriever
        self._shelf: Shelf | None = None
        self._lock = threading.Lock()

    def answer(self, question: str, context: Sequence[str] = ()) -> Answer:
        """The answer to ``question``, asked after the questions of ``context``.

        Raises:
            WenjuError: there is no index that can be used, or the question cannot.
        """
        return self._open().retrieve(question, history=context)

    def retrieve(
        self,
        question: str,
        k: int | None = None,
        *,
        history: Sequence[str] = (),
        mode: str = Mode.HYBRID,
        sources: Sequence[str] = (),
    ) -> Answer:
        """The retrieval function over this index; see :meth:`rag.retrieve.Retriever.retrieve`.

        Raises:
            WenjuError: there is no index that can be used, or the question cannot.
        """
        return self._open().retrieve(question, k, history=history, mode=mode, sources=sources)

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
            known = self._shelf = Shelf(
                generation=index.generation,
                documents=tuple(index.documents()),
                passages=described.passages,
                created=described.created,
                examples=example_questions(retriever),
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
