"""The retrieval function."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from rag.encode import Encoder, Reranker, load_encoder, load_lexicon, load_reranker, whole
from rag.errors import ModelMismatch, QuestionError
from rag.retrieve.calibration import Calibration, calibration_in_force, status_of, thresholds
from rag.retrieve.candidates import DEPTH, Candidates, gather
from rag.retrieve.citing import Citer
from rag.retrieve.duplicates import Distinct
from rag.retrieve.features import Floats
from rag.retrieve.filters import Condition, conditions
from rag.retrieve.followup import rewrite
from rag.retrieve.judging import judge, legs_of, moved, sentences_of
from rag.retrieve.question import Question, understand
from rag.retrieve.ranking import READ
from rag.settings import NO_RERANKER, Settings, load_settings
from rag.store import DocumentRecord, Index, store_of
from rag.types import Answer, Chunk, Citation, Hit, Leg, Mode, Span, Status

_AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Questions that are searched at once; the others wait. A search is Python for the most part: 32
threads that take the interpreter from each other answer half as many questions as two."""
_HIGHLIGHTS = 2
"""Sentences of a passage that are marked, best first."""
_RERANKED = 20
"""Passages that a reranker reads; the rest keep their order behind them."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a question is looked for."""

    sources: tuple[str, ...]
    where: tuple[Condition, ...]


class Retriever:
    """Answers questions over one index. Safe from many threads; moves on to a new generation."""

    def __init__(
        self,
        index: str | Path | None = None,
        *,
        model: str | None = None,
        docs: str | Path | None = None,
        settings: Settings | None = None,
        calibrated: bool = True,
        generation: str | None = None,
    ) -> None:
        """Open the index.

        Args:
            index: its folder.
            model: the embedding model.
            docs: the documents' folder; by default as the index remembers it.
            settings: by default those in force, with the above.
            calibrated: take up the calibration beside the index, where there is one.
            generation: stay with this one, by its name, live or not.

        Raises:
            IndexProblem: it is missing, damaged or of a later version.
            ModelError: the model cannot be loaded, or is not the one the index was built with.
        """
        self._settings = settings or load_settings(index=index, model=model)
        if docs is None and settings is not None:
            docs = settings.docs
        self._docs = None if docs is None else Path(docs)
        self._lock = threading.Lock()
        self._store = store_of(self._settings)
        self._reranker = _reranker(self._settings.reranker)
        self._calibrated = calibrated
        self._generation = generation
        self._calibration: Calibration | None = None
        self._index = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    @property
    def index(self) -> Index:
        """The generation in use: the live one, taken up as soon as a build has published it."""
        live = self._generation or self._store.live()
        if live is not None and live != self._index.generation:
            with self._lock:
                if live != self._index.generation:
                    self._index = self._open()
        return self._index

    @property
    def docs(self) -> Path:
        """The folder that the documents stand in: as named, else as the index remembers it."""
        return self._docs or self.index.docs

    def documents(self) -> list[DocumentRecord]:
        """What is indexed."""
        return self.index.documents()

    def passage(self, chunk_id: str) -> Hit | None:
        """The passage of that name, cited; None where the live generation has none.

        ``score`` is 0 and nothing is highlighted: no question was asked.
        """
        index = self.index
        try:
            (chunk,) = index.chunks(index.ids_of([chunk_id]))
        except KeyError:
            return None
        citation = Citer(self._docs or index.docs, index).cite(chunk)
        return _hit(1, chunk, 0.0, (citation, ()), (), {})

    def retrieve_many(self, questions: Sequence[str], k: int | None = None) -> list[Answer]:
        """The answers to several questions, in their order."""
        return [self.retrieve(question, k) for question in questions]

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
        """The ``k`` passages that answer ``question`` best, or fewer where there are fewer.

        Args:
            question: in natural language; one without a letter or digit gets no hits.
            k: at least 1; the setting's where None.
            history: the earlier questions of the conversation, oldest first.
            mode: ``hybrid``, ``dense`` or ``sparse``.
            sources: globs over the documents' paths; none means all.
            where: conditions on what is known of a passage, which must all hold:
                ``place=正定县``, ``issued>=2021-03``; see :mod:`rag.retrieve.filters`.

        Raises:
            QuestionError: ``k``, ``mode`` or ``where`` cannot be used.
        """
        began = time.perf_counter()
        wanted = self._checked(k)
        scope = _Scope(tuple(sources), conditions(where))
        leg_mode = _checked_mode(mode)
        index = self.index
        spoken = whole(question)
        query, earlier = rewrite(spoken, [whole(turn) for turn in history])
        asked = understand(spoken, load_lexicon(), earlier=earlier)
        hits: tuple[Hit, ...] = ()
        confidence = 0.0
        if any(char.isalnum() for char in spoken):
            with _AT_ONCE:
                hits, confidence = self._search(index, asked, wanted, leg_mode, scope)
        return Answer(
            question=question,
            query=query,
            status=self._status(confidence if hits else 0.0),
            confidence=confidence,
            hits=hits,
            generation=index.generation,
            took_ms=round((time.perf_counter() - began) * 1000, 3),
        )

    def _open(self) -> Index:
        index = self._store.open(self._generation)
        encoder = _encoder(self._settings.model)
        shape = index.manifest.shape
        if shape.fingerprint != encoder.fingerprint:
            index.close()
            raise ModelMismatch(
                self._settings.index,
                indexed=f"{shape.model} ({shape.fingerprint})",
                wanted=f"{encoder.name} ({encoder.fingerprint})",
                wanted_name=encoder.name,
            )
        if self._calibrated:
            self._calibration = calibration_in_force(self._settings, shape.fingerprint)
        return index

    def _checked(self, k: int | None) -> int:
        wanted = self._settings.k if k is None else k
        if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
            raise QuestionError(
                "k",
                rule_zh="须是不小于 1 的整数",
                rule_en="must be a whole number from 1",
                value=repr(wanted),
            )
        return wanted

    def _status(self, confidence: float) -> Status:
        return status_of(confidence, *thresholds(self._settings, self._calibration))

    def _search(
        self,
        index: Index,
        question: Question,
        k: int,
        mode: Mode,
        scope: _Scope,
        depth: int = DEPTH,
    ) -> tuple[tuple[Hit, ...], float]:
        encoder = _encoder(self._settings.model)
        found, depth = _gathered(index, encoder, question, max(depth, k), scope)
        judged = judge(index, question, found, mode, k)
        if judged is None:
            return (), 0.0
        chunks, distinct = judged.chunks, judged.distinct
        ranked, scores = judged.ranked, judged.scores
        seen = {"reading": judged.reading}
        confidence = judged.confidence
        if self._calibration:
            confidence = self._calibration.applied(confidence)
        if self._reranker and mode is Mode.HYBRID:
            first = ranked[:_RERANKED]
            said = _reranked(self._reranker, question.text, [chunks[place] for place in first])
            seen["reranker"] = legs_of(first, said)
            ranked, scores = moved(ranked, scores, said)
        rest = self._rest(index, found, judged.far, distinct, k - len(ranked))
        full = len(ranked) + len(rest) >= k and 2 * distinct.most < depth
        if distinct.most and not full and depth < index.manifest.passages:
            # copies of one passage have taken the places of others
            return self._search(index, question, k, mode, scope, 4 * depth)
        citer = Citer(self._docs or index.docs, index)
        hits: list[Hit] = []
        for place in ranked[:k]:
            chunk = chunks[place]
            best = judged.sentences(place)[:_HIGHLIGHTS]
            spans = tuple(chunk.sentences[sentence] for sentence in best)
            legs = found.legs(found.ids[judged.near[place]])
            legs |= {name: told[place] for name, told in seen.items() if place in told}
            cited = citer.cite(chunk), citer.cite_all(distinct.also(chunk))
            hits.append(_hit(len(hits) + 1, chunk, scores[place], cited, spans, legs))
        floor = hits[-1].score
        more = rest[: k - len(hits)]
        marked = sentences_of(
            question, [chunk for _, chunk in more], found.shares[[row for row, _ in more]]
        )
        for (row, chunk), best in zip(more, marked, strict=True):
            score = floor - (judged.first[judged.far[0]] - judged.first[row])
            legs = found.legs(found.ids[row])
            cited = citer.cite(chunk), citer.cite_all(distinct.also(chunk))
            spans = tuple(chunk.sentences[sentence] for sentence in best[:_HIGHLIGHTS])
            hits.append(_hit(len(hits) + 1, chunk, score, cited, spans, legs))
        return tuple(hits), confidence

    def _rest(
        self, index: Index, found: Candidates, far: Sequence[int], distinct: Distinct, missing: int
    ) -> list[tuple[int, Chunk]]:
        """The first ``missing`` different passages of those that were not looked at closely.

        All of them are read where a passage has been seen in several places: there may be more.
        """
        taken: list[tuple[int, Chunk]] = []
        step = max(missing, READ)
        for start in range(0, len(far), step):
            if len(taken) >= missing and not distinct.most:
                break
            some = far[start : start + step]
            chunks = index.chunks([found.ids[place] for place in some])
            taken += [
                (place, chunk)
                for place, chunk in zip(some, chunks, strict=True)
                if distinct.takes(chunk)
            ]
        return taken


def _gathered(
    index: Index, encoder: Encoder, question: Question, depth: int, scope: _Scope
) -> tuple[Candidates, int]:
    """The candidates within ``scope``, and how deep the legs were asked for them.

    Conditions are looked at in the candidates themselves; where they leave few, more are taken, as
    long as there are any.
    """
    while True:
        found = gather(index, encoder, question, depth=depth, sources=scope.sources)
        if not scope.where:
            return found, depth
        chunks = zip(found.ids, index.chunks(found.ids), strict=True)
        out = {one for one, chunk in chunks if not all(each.holds(chunk) for each in scope.where)}
        if len(found.ids) - len(out) >= depth // 2 or depth >= index.manifest.passages:
            return found.without(out), depth
        depth *= 4


def _checked_mode(mode: str) -> Mode:
    try:
        return Mode(mode)
    except ValueError:
        known = ", ".join(Mode)
        raise QuestionError(
            "mode", rule_zh=f"只能是 {known}", rule_en=f"must be one of {known}", value=repr(mode)
        ) from None


@cache
def _encoder(model: str) -> Encoder:
    return load_encoder(model)


@cache
def _reranker(model: str) -> Reranker | None:
    return None if model == NO_RERANKER else load_reranker(model)


def _reranked(reranker: Reranker, question: str, chunks: Sequence[Chunk]) -> Floats:
    """What a reranker says of passages."""
    texts = [
        "\n".join(part for part in (chunk.title, chunk.section, chunk.text) if part)
        for chunk in chunks
    ]
    return np.round(reranker.scores(question, texts), 6).astype(np.float64)


def _hit(
    rank: int,
    chunk: Chunk,
    score: float,
    cited: tuple[Citation, tuple[Citation, ...]],
    highlights: tuple[Span, ...],
    legs: dict[str, Leg],
) -> Hit:
    return Hit(
        rank=rank,
        score=round(float(score), 6),
        text=chunk.text,
        highlights=highlights,
        chunk_id=chunk.chunk_id,
        citation=cited[0],
        legs=legs,
        also=cited[1],
    )


_opened: dict[tuple[str, str, str], Retriever] = {}
_opening = threading.Lock()


def retrieve(
    question: str,
    k: int | None = None,
    index: str | Path | None = None,
    *,
    history: Sequence[str] = (),
    mode: str = Mode.HYBRID,
    sources: Sequence[str] = (),
    where: Sequence[str] = (),
    model: str | None = None,
) -> Answer:
    """The retrieval function: opens the index once a process and keeps it.

    The arguments are those of :meth:`Retriever.retrieve`, with the index's folder and the model.
    """
    settings = load_settings(index=index, model=model)
    key = (str(settings.index.resolve()), settings.model, settings.reranker)
    with _opening:
        retriever = _opened.get(key)
        if retriever is None:
            retriever = _opened[key] = Retriever(settings=settings)
    return retriever.retrieve(question, k, history=history, mode=mode, sources=sources, where=where)
