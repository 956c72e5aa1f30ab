"""What one visitor's page has asked and been told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.errors import WenjuError
from rag.types import Answer, Language

MAX_TURNS = 30
"""Questions that a page keeps; a page that is open for days must not grow without end."""
CONTEXT_TURNS = 6
"""Earlier questions that a follow-up is understood by."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, or with what went wrong; with neither while it is searched."""

    question: str
    answer: Answer | None = None
    failure: WenjuError | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor's page. Every change makes a new one."""

    language: Language
    turns: tuple[Turn, ...] = ()
    dropped: bool = False
    """Whether earlier turns had to go."""
    blank: bool = False
    """Whether the last thing asked was nothing."""

    def asked(self, turn: Turn) -> Session:
        """With one more turn at the end."""
        turns = (*self.turns, turn)
        return replace(
            self,
            turns=turns[-MAX_TURNS:],
            dropped=self.dropped or len(turns) > MAX_TURNS,
            blank=False,
        )

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
