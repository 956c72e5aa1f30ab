"""What one visitor's page has asked and been told."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
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
    shown: bool = False
    """Whether the passages are on the page although the turn is not the last one."""
    judged: tuple[tuple[int, Verdict], ...] = ()
    """What the visitor said of passages, by their places from 0."""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    """Names the turn for as long as the page is open, wherever it stands."""

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
    heard: int = 0
    """The number of the last limit that the visitor set and that ``scope`` has taken up."""
    unwritten: tuple[str, ...] = ()
    """Keys of the turns that an endpoint is yet to write about."""
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

    def told(self, key: str, **changes: Any) -> Session:
        """With what is known now of the turn of that key, where the page still has it."""
        turns = tuple(replace(turn, **changes) if turn.key == key else turn for turn in self.turns)
        return replace(self, turns=turns)

    def found(self, key: str, **changes: Any) -> Session:
        """As :meth:`told`, unless the visitor has stopped that search meanwhile."""
        place = self.place(key)
        waiting = place is not None and self.turns[place].waiting
        return self.told(key, **changes) if waiting else self

    def place(self, key: str) -> int | None:
        """Where the turn of that key stands, from 0."""
        return next((at for at, turn in enumerate(self.turns) if turn.key == key), None)

    def hearing(self, wishes: object) -> Session:
        """With the limits that the visitor has set meanwhile, in their order, each once.

        A browser sends each of them with its number, and again with whatever follows until the page
        shows it: nothing that is asked may overtake the limit that was set before it.
        """
        session = self
        for wish in wishes if isinstance(wishes, list) else ():
            number = wish.get("n") if isinstance(wish, Mapping) else None
            if isinstance(number, int) and number > session.heard:
                session = replace(session, scope=session.scope.narrowed(wish), heard=number)
        return session

    @property
    def searching(self) -> bool:
        """Whether any turn is still searched."""
        return any(turn.waiting for turn in self.turns)

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


class Visitor:
    """The session of one page, as it stands. Safe from many threads.

    What happens on a page overlaps: a box is ticked, a passage judged while an answer is still
    written. Each of them changes what the others have made of the session, not a copy of its own.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()

    @property
    def session(self) -> Session:
        """As it is now."""
        return self._session

    def change(self, step: Callable[[Session], Session]) -> Session:
        """The session after ``step``; no other change comes in between."""
        with self._lock:
            self._session = step(self._session)
            return self._session

    def __deepcopy__(self, memo: object) -> Visitor:
        """Another visitor of the same page; so Gradio makes one for each that arrives."""
        return Visitor(replace(self._session, name=secrets.token_hex(8)))


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
