"""A conversation as Markdown: every question, the sentence that answers, and its citation."""

from __future__ import annotations

import re
from datetime import datetime

from rag.types import Hit, Status
from rag.web.parts import limits
from rag.web.session import Session, Turn
from rag.web.texts import Texts, texts

_MARKED = re.compile(r"([\\`*_\[\]<>#|~$])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def markdown(session: Session, title: str) -> str:
    """The whole conversation. What is foreign is escaped: it stays text in any reader."""
    say = texts(session.language)
    generations = dict.fromkeys(
        turn.answer.generation for turn in session.turns if turn.answer is not None
    )
    checked = say.export_checked.format(
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        generation="、".join(generations) or "–",
    )
    parts = [f"# {_plain(title or say.export_title)}", checked]
    for number, turn in enumerate(session.turns, 1):
        parts += _turn(number, turn, say)
    return "\n\n".join(parts) + "\n"


def _turn(number: int, turn: Turn, say: Texts) -> list[str]:
    parts = [f"## {number}. {_plain(turn.question)}"]
    answer = turn.answer
    if turn.scope:
        within = "、".join(words for _, _, words in limits(turn.scope, say))
        parts.append(f"{say.export_scope}：{_plain(within)}")
    if answer is None:
        parts.append(turn.failure.what() if turn.failure else say.stopped)
        return parts
    if answer.query.strip() != answer.question.strip():
        parts.append(_plain(say.searched_as.format(query=answer.query)))
    if answer.status is Status.NOT_FOUND or not answer.hits:
        parts.append(f"**{say.not_found_within if turn.scope else say.not_found}**")
        return parts
    if answer.status is Status.UNCERTAIN:
        parts.append(f"**{say.uncertain}**")
    first = answer.hits[0]
    start, end = first.highlights[0] if first.highlights else (0, len(first.text))
    parts += [f"> {_plain(first.text[start:end])}", f"—— {_plain(first.citation.label)}"]
    parts.append(f"### {say.passages_heading}")
    parts.append("\n".join(_hit(hit, say) for hit in answer.hits))
    return parts


def _hit(hit: Hit, say: Texts) -> str:
    stale = f"（{say.stale[hit.citation.stale]}）" if hit.citation.stale else ""
    return f"{hit.rank}. {_plain(hit.citation.label)}{stale}\n   > {_plain(hit.text)}"


def _plain(text: str) -> str:
    return _MARKED.sub(r"\\\1", _UNSEEN.sub(" ", text)).strip()
