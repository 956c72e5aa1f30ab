"""The interface for programs: ``/retrieve``, ``/documents`` and ``/status``.

Gradio serves each as a named endpoint and, where MCP is on, as a tool of the same name. What comes
back are the records of :mod:`rag.types`, as JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from rag.errors import AnswerFailed, QuestionError, WenjuError
from rag.settings import Settings
from rag.store import DocumentRecord
from rag.types import Answer, Mode
from rag.web.library import Library, Shelf

MAX_PASSAGES = 100
"""Passages that one call may ask for."""
MAX_CHARS = 20_000
"""Characters of a question, and of all earlier ones together."""
MAX_LISTED = 1000
"""Documents that one call may ask for."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DocumentList:
    """Documents of the index, by source."""

    total: int
    """How many there are in all, of those asked for."""
    documents: tuple[DocumentRecord, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no question can be answered."""

    code: str
    where: str
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What this server answers from."""

    ready: bool
    version: str
    generation: str | None
    created: str | None
    """When the index was built: UTC, ISO 8601."""
    documents: int
    passages: int
    trouble: Trouble | None


class Interface:
    """The functions behind the endpoints. Safe from many threads."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def retrieve(
        self,
        question: str,
        k: int | None = None,
        mode: Mode = Mode.HYBRID,
        sources: list[str] | None = None,
        history: list[str] | None = None,
        where: list[str] | None = None,
    ) -> Answer:
        """Find the passages of the documents that answer a question, word for word, each with a citation (file, headline, lines) that anyone can check.

        Look at `status` first: `found`, `uncertain`, or `not_found`; with `not_found` the hits are
        only the nearest passages and do not answer. Quote `text`, and give `citation.label` with
        it. `highlights` are slices of `text`, the sentence that answers first.

        Args:
            question: the question in natural language, best in Chinese
            k: passages wanted, 1 to 100; the server's setting where none is given
            mode: hybrid, dense or sparse
            sources: only documents whose path is one of these, or fits one of these globs
            history: the earlier questions of the conversation, oldest first
            where: only passages of which all of this is known: place=郑州, organisation=…, person=…, publisher=…, kind=pdf, issued>=2021-03

        Returns:
            the answer: question, query as searched, status, confidence (0 to 1), hits
        """  # noqa: E501 - the first line is what an assistant is told about the tool
        earlier = _texts("history", history)
        _check("question", _is_text(question), "须是文字", "must be text", question)
        length = len(question) + sum(map(len, earlier))
        _check("question", length <= MAX_CHARS, *_at_most(MAX_CHARS), length)
        _check("k", not isinstance(k, int) or k <= MAX_PASSAGES, *_at_most(MAX_PASSAGES), k)
        return self._library.retrieve(
            question,
            k,
            history=earlier,
            mode=mode,
            sources=_texts("sources", sources),
            where=_texts("where", where),
        )

    def documents(
        self, sources: list[str] | None = None, limit: int = 100, offset: int = 0
    ) -> DocumentList:
        """List the documents that are indexed: path, headlines, number of passages, sha256.

        Args:
            sources: only documents whose path is one of these, or fits one of these globs
            limit: documents wanted, 1 to 1000
            offset: documents to pass over

        Returns:
            the list, and how many there are in all
        """
        wanted = _texts("sources", sources)
        _check("limit", _within(limit, 1, MAX_LISTED), *_at_most(MAX_LISTED), limit)
        _check("offset", _within(offset, 0, None), "不得小于 0", "must be at least 0", offset)
        known = [
            document
            for document in self._library.shelf().documents
            if not wanted
            or any(document.source == one or fnmatchcase(document.source, one) for one in wanted)
        ]
        return DocumentList(len(known), tuple(known[offset : offset + limit]))

    def status(self) -> ServiceStatus:
        """Tell whether questions can be answered, and from what.

        Returns:
            the state of the index, or what is wrong with it and the next step
        """
        return service_status(self._library.state(), self._library.settings)


def service_status(state: Shelf | WenjuError, settings: Settings) -> ServiceStatus:
    """The state of the library as a record."""
    if isinstance(state, WenjuError):
        lang = settings.lang
        trouble = Trouble(state.code, state.where, state.what(lang), state.next_step(lang))
        return ServiceStatus(False, _version(), None, None, 0, 0, trouble)
    return ServiceStatus(
        ready=True,
        version=_version(),
        generation=state.generation,
        created=state.created,
        documents=len(state.documents),
        passages=state.passages,
        trouble=None,
    )


def place(library: Library) -> None:
    """Put the endpoints into the page that is being made.

    None of them waits in the page's queue: a call is answered by the server's threads, and MCP
    calls the function itself in the place of a request to this server.
    """
    interface = Interface(library)
    for function in (interface.retrieve, interface.documents, interface.status):
        gr.api(  # type: ignore[attr-defined]
            _told(function, library.settings),
            api_name=function.__name__,
            queue=False,
            concurrency_limit=None,
        )


P = ParamSpec("P")
R = TypeVar("R")


def _told(function: Callable[P, R], settings: Settings) -> Callable[P, R]:
    """``function``, with its errors as those that Gradio passes on to the caller."""

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except WenjuError as error:
            failure = error
        except Exception as error:
            log.exception("a call failed")
            failure = AnswerFailed("rag", kind=type(error).__name__)
        raise gr.Error(
            f"{failure.code}: {failure.describe(settings.lang)}", print_exception=False
        ) from failure

    told.__signature__ = signature(function, eval_str=True)  # type: ignore[attr-defined]
    return told


def _check(name: str, holds: bool, zh: str, en: str, value: Any) -> None:
    if not holds:
        raise QuestionError(name, rule_zh=zh, rule_en=en, value=repr(value)[:200])


def _texts(name: str, values: Any) -> list[str]:
    given = [] if values is None else values
    fits = isinstance(given, list) and all(_is_text(one) for one in given)
    _check(name, fits, "须是文字的列表", "must be a list of texts", values)
    return list(given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _within(value: Any, low: int, high: int | None) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and low <= value and (high is None or value <= high)


def _at_most(limit: int) -> tuple[str, str]:
    return f"不得大于 {limit}", f"must be at most {limit}"


def _version() -> str:
    try:
        return version("wenju")
    except PackageNotFoundError:
        return ""
