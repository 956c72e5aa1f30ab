"""What one visitor's page has asked and been told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.errors import WenjuError
from rag.feedback import Verdict
from rag.types import Answer, Language
from rag.web.scope import EVERYTHING, Scope, scope_of
from rag.web.writing import Draft

MAX_TURNS = 30
"""Questions that a page keeps; a page that is open for days must not grow without end."""
CONTEXT_TURNS = 6
"""Earlier questions that a follow-up is understood by."""
MAX_KEPT_CHARS = 4000
"""Code points of a question that the browser keeps."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, or with what went wrong; with neither while it is searched."""

    question: str
    answer: Answer | None = None
    failure: WenjuError | None = None
    stopped: bool = False
    """Whether the visitor stopped the search."""
    scope: Scope = EVERYTHING
    words: Words | None = None
    """Of an answer that was not found: what might help."""
    was: str | None = None
    """Of a turn that was asked again: the best passage's name then, where it is another now."""
    whole: bool = False
    """Whether the question was put as it is searched, without the conversation before it."""
    written: Draft | None = None
    """What an endpoint wrote of the passages, where one is set."""
    judged: tuple[tuple[int, Verdict], ...] = ()
    """What the visitor said of passages, by their places from 0."""

    @property
    def waiting(self) -> bool:
        """Whether it is still searched."""
        return self.answer is None and self.failure is None and not self.stopped


@dataclass(frozen=True, slots=True)
class Words:
    """Of a question without an answer: what the documents do and do not say."""

    absent: tuple[str, ...] = ()
    """Words of the question that stand in no passage."""
    offered: tuple[str, ...] = ()
    """Words near in meaning that do."""
    elsewhere: int = 0
    """Better passages outside the scope that was set; 0 where none was."""


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor's page. Every change makes a new one."""

    language: Language
    turns: tuple[Turn, ...] = ()
    dropped: bool = False
    """Whether earlier turns had to go."""
    blank: bool = False
    """Whether the last thing asked was nothing."""
    scope: Scope = EVERYTHING
    """Where the next question is looked for."""
    editing: int | None = None
    """The turn that the next question stands in for."""
    editing_whole: bool = False
    """Whether it is the question as searched that is edited."""
    cited: str | None = None
    """The passage that a permalink named."""
    arrived: bool = False
    """Whether the page is drawn for its visitor, and not yet for anyone."""
    seen: str = ""
    """The generation that the page says is indexed."""
    sought: str = ""
    """What is looked for in the list of documents."""
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    """The conversation's name in the browser's history."""

    def asked(self, turn: Turn) -> Session:
        """With one more turn at the end."""
        turns = (*self.turns, turn)
        return replace(
            self,
            turns=turns[-MAX_TURNS:],
            dropped=self.dropped or len(turns) > MAX_TURNS,
            blank=False,
            editing=None,
            editing_whole=False,
            cited=None,
        )

    def told(self, turn: Turn) -> Session:
        """With the last turn as it is now."""
        return replace(self, turns=(*self.turns[:-1], turn))

    def before(self, place: int | None) -> Session:
        """Without the turn at ``place`` and those after it."""
        return self if place is None else replace(self, turns=self.turns[:place])

    def edited(self, place: int, *, whole: bool) -> Session:
        """Ready to put another question in the place of a turn."""
        return replace(self, editing=place, editing_whole=whole, blank=False)

    def context(self) -> tuple[str, ...]:
        """The earlier questions that were answered, oldest first."""
        answered = [turn.question for turn in self.turns if turn.answer is not None]
        return tuple(answered[-CONTEXT_TURNS:])

    def left_blank(self) -> Session:
        """As it was, with the remark that nothing was asked."""
        return replace(self, blank=True)

    def in_language(self, language: Language) -> Session:
        """The same conversation in another language."""
        return replace(self, language=language)

    def record(self) -> dict[str, Any]:
        """What the browser keeps of the conversation: the questions, and where each led.

        Not the answers: asked again they are those of the index as it is then, with citations that
        hold, and no document's text stays behind in a browser.
        """
        turns = [_turn_record(turn) for turn in self.turns if not turn.waiting]
        return {"id": self.name, "turns": turns}


def _turn_record(turn: Turn) -> dict[str, Any]:
    record: dict[str, Any] = {"q": turn.question[:MAX_KEPT_CHARS]}
    if turn.scope:
        record["scope"] = turn.scope.record()
    if turn.whole:
        record["whole"] = True
    if turn.answer is not None and turn.answer.hits:
        record["c"] = turn.answer.hits[0].chunk_id
    return record


@dataclass(frozen=True, slots=True)
class Kept:
    """A turn as the browser kept it."""

    question: str
    scope: Scope
    whole: bool
    best: str | None


def kept_turns(record: object) -> tuple[str, tuple[Kept, ...]]:
    """``(name, turns)`` of a conversation that a browser kept; what cannot be one is left out."""
    if not isinstance(record, Mapping):
        return "", ()
    name = record.get("id")
    turns = record.get("turns")
    rows: Sequence[object] = turns[-MAX_TURNS:] if isinstance(turns, list) else ()
    kept = tuple(
        Kept(
            row["q"][:MAX_KEPT_CHARS],
            scope_of(row.get("scope")),
            row.get("whole") is True,
            row["c"] if isinstance(row.get("c"), str) else None,
        )
        for row in rows
        if isinstance(row, Mapping) and isinstance(row.get("q"), str) and row["q"].strip()
    )
    return (name[:40] if isinstance(name, str) else ""), kept
