"""Passages → windows: the stretches of a passage that get a vector each."""

from __future__ import annotations

from collections.abc import Sequence

from rag.split.sentences import clauses
from rag.types import Span

_STRETCH = 1.5  # of the wanted length: up to this a sentence stays whole
_REST = 0.5  # of the wanted length: shorter windows go with their neighbour


def windows(text: str, sentences: Sequence[Span], chars: int | None) -> list[str]:
    """The windows of a passage, in order: whole sentences, together all of its words.

    The vector of a whole passage blurs what one sentence says; the best of its windows does not.

    Args:
        text: the passage.
        sentences: its sentences, slices of it.
        chars: the aimed-at length; a long sentence is cut at a mark within it. None makes the
            whole passage one window.
    """
    if chars is None or len(text) <= chars:
        return [text]
    packed: list[Span] = []
    for sentence in sentences:
        for start, end in clauses(text, *sentence, int(chars * _STRETCH)):
            if packed and end - packed[-1][0] <= chars:
                packed[-1] = (packed[-1][0], end)
            else:
                packed.append((start, end))
    joined: list[Span] = []
    for start, end in packed:
        short = end - start < chars * _REST
        before = joined and joined[-1][1] - joined[-1][0] < chars * _REST
        if joined and (short or before):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [text[start:end] for start, end in joined]
