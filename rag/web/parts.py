"""Small parts that several places of the page are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from itertools import groupby
from math import exp

from rag.retrieve import reference
from rag.types import Answer, Citation, Hit, Span
from rag.web.marks import pieces, term_spans
from rag.web.markup import Markup, element, join
from rag.web.scope import NAMED, Scope
from rag.web.texts import Texts


class Grade(IntEnum):
    """How much a passage is worth, as people are told."""

    LOW = 0
    MIDDLE = 1
    HIGH = 2

    def word(self, say: Texts) -> str:
        """The grade in the page's language."""
        return (say.low, say.middle, say.high)[self]


def confidence_grade(confidence: float) -> Grade:
    """The grade of an answer."""
    if confidence >= 0.8:
        return Grade.HIGH
    return Grade.MIDDLE if confidence >= 0.5 else Grade.LOW


def passage_grade(hit: Hit, answer: Answer) -> Grade:
    """The answer's own grade for the best passage; for another one also how close it comes.

    Only differences of scores mean anything: ``exp`` of one is the odds that the passage is as good
    as the best (the ranking is a pairwise logistic model).
    """
    odds = exp(min(0.0, hit.score - answer.hits[0].score))
    close = Grade.HIGH if odds >= 0.5 else Grade.MIDDLE if odds >= 0.05 else Grade.LOW
    return min(confidence_grade(answer.confidence), close)


def button(label: str, **attributes: str | int | bool | None) -> Markup:
    """A button; ``data_event`` names what it does on the server."""
    return element("button", label, type="button", **attributes)


def icon(name: str, label: str, **attributes: str | int | bool | None) -> Markup:
    """A button that shows a picture of ``page.css`` and is read out as ``label``."""
    return element(
        "button",
        element("span", label, class_="unseen"),
        type="button",
        class_=f"icon {name}",
        title=label,
        **attributes,
    )


def lines(citation: Citation, say: Texts) -> str:
    """Page and lines of a citation."""
    template = say.line if citation.line_start == citation.line_end else say.lines
    numbers = template.format(start=citation.line_start, end=citation.line_end)
    return f"{say.page.format(page=citation.page)} {numbers}" if citation.page else numbers


def place(citation: Citation, say: Texts, *more: str) -> Markup:
    """File, lines, date and byline of a citation, one after the other."""
    parts = [citation.source, lines(citation, say), citation.date, citation.byline, *more]
    shown = [element("span", part) for part in parts if part]
    return element("p", *shown, class_="where")


def marked(text: str, answers: Sequence[Span], terms: Sequence[str]) -> list[Markup]:
    """``text`` with the answering sentences and the question's terms marked."""
    made = []
    runs = groupby(pieces(text, answers, term_spans(text, terms)), key=lambda piece: piece.answer)
    for is_answer, run in runs:
        inner = join(
            *(element("b", one.text, class_="term") if one.term else one.text for one in run)
        )
        made.append(element("mark", inner) if is_answer else inner)
    return made


def copying(quote: str, citation: Citation, say: Texts, chunk_id: str | None = None) -> Markup:
    """The buttons that copy ``quote`` with its citation, the entry by GB/T 7714, and a link."""
    copied = say.citation.format(quote=quote, label=citation.label)
    entry = reference(citation)
    return element(
        "span",
        button(say.copy, data_copy=copied, data_done=say.copied, aria_live="polite"),
        button(
            say.copy_reference,
            data_copy=entry,
            data_done=say.copied,
            aria_live="polite",
            title=f"GB/T 7714: {entry}",
        ),
        linking(chunk_id, say) if chunk_id else None,
        class_="copies",
    )


def linking(chunk_id: str, say: Texts) -> Markup:
    """The button that copies a link to the passage."""
    return button(say.copy_link, data_link=chunk_id, data_done=say.copied, aria_live="polite")


def limits(scope: Scope, say: Texts) -> list[tuple[str, str, str]]:
    """What a scope limits, ``(part, value, in words)`` each."""
    found: list[tuple[str, str, str]] = []
    if len(scope.sources) == 1:
        found.append(("sources", "", scope.sources[0]))
    elif scope.sources:
        found.append(("sources", "", say.scope_documents.format(count=len(scope.sources))))
    if scope.article:
        found.append(("article", "", f"《{scope.article}》"))
    found += [("kinds", kind, kind.upper()) for kind in scope.kinds]
    if scope.since:
        found.append(("since", "", say.scope_since.format(day=scope.since)))
    if scope.until:
        found.append(("until", "", say.scope_until.format(day=scope.until)))
    found += [
        (name, "", say.scope_named.format(sort=say.named[name], name=value))
        for name in NAMED
        if (value := getattr(scope, name))
    ]
    return found


def local_time(created: str) -> str:
    """A moment in UTC, ISO 8601, on the clock of this machine."""
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return created
