"""What happens on the page. Every visitor's state comes in and goes out as a session."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from rag.errors import AnswerFailed, FeedbackNotWritable, WenjuError
from rag.feedback import Verdict, feedback_on, keep
from rag.types import Answer, Hit, Language, Status
from rag.web import frame, sheet, shelf, view
from rag.web.cited import read_cited
from rag.web.export import markdown
from rag.web.library import Library
from rag.web.scope import EVERYTHING, MAX_SOURCES, Scope, scope_of
from rag.web.session import Session, Turn, kept_turns
from rag.web.texts import texts
from rag.web.writing import drafts, stopped, writes

CITED = "cited"
"""The turn of a passage that a permalink named."""
MAX_SOUGHT = 200

log = logging.getLogger(__name__)

Changes = tuple[Any, ...]


class Acts:
    """The page's acts. What each returns is in the order of the outputs that ``page`` names."""

    def __init__(self, library: Library, removable: bool = False) -> None:
        self._library = library
        self._removable = removable

    # --- arriving ---------------------------------------------------------------------------------

    def arrive(self, _: Session, arrival: dict[str, Any] | None, request: gr.Request) -> Changes:
        """The page in the visitor's language, at the passage that a permalink names."""
        arrival = arrival if isinstance(arrival, dict) else {}
        spoken = str(request.headers.get("accept-language", ""))
        # one of its own, with a name of its own: what Gradio gives is a copy of the first
        session = Session(self._language(arrival.get("language"), spoken), arrived=True)
        cited = arrival.get("cite")
        opened: str | Any = ""
        if isinstance(cited, str) and cited:
            session = replace(session, cited=cited[:1000])
            opened = self._sheet(session, CITED, 0)
        return (*self._everything(session), opened)

    def switch_language(self, session: Session) -> Changes:
        """Everything in the other language."""
        other = Language.ZH if session.language is Language.EN else Language.EN
        return (*self._everything(session.in_language(other)), "")

    # --- asking -----------------------------------------------------------------------------------

    def ask(self, session: Session, question: str | None) -> Iterator[Changes]:
        """First the question as it stands, then its answer."""
        asked = (question or "").strip()
        if not asked:
            session = session.left_blank()
            yield session, gr.skip(), self._conversation(session), *[gr.skip()] * 4
            return
        turn = Turn(asked, scope=session.scope, whole=session.editing_whole)
        session = session.before(session.editing).asked(turn)
        yield from self._search(session, len(session.turns) - 1)

    def ask_offered(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """A question that the page offered."""
        yield from self.ask(session, str(event._data.get("question", "")))

    def ask_word(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """A turn's question with another word, as a question of its own."""
        place = _turn_of(session, event._data)
        word = str(event._data.get("word", ""))[:MAX_SOUGHT]
        if place is not None and word:
            yield from self.ask(session, f"{session.turns[place].question} {word}")

    def retry(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """A turn once more, in its place."""
        place = _turn_of(session, event._data)
        if place is not None:
            yield from self._again(session, place, session.turns[place].scope)

    def widen(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """A turn once more, in all documents; the next questions too."""
        place = _turn_of(session, event._data)
        if place is not None:
            yield from self._again(replace(session, scope=EVERYTHING), place, EVERYTHING)

    def stop(self, session: Session) -> tuple[Session, str]:
        """Whatever is still searched stays without an answer."""
        turns = tuple(
            replace(turn, stopped=True, written=stopped(turn.written))
            if turn.waiting
            else replace(turn, written=stopped(turn.written))
            for turn in session.turns
        )
        session = replace(session, turns=turns)
        return session, self._conversation(session)

    def edit(self, session: Session, event: gr.EventData) -> tuple[Session, str]:
        """The next question stands in for a turn of the conversation."""
        place = _turn_of(session, event._data)
        if place is not None:
            session = session.edited(place, whole="whole" in event._data)
        return session, frame.above(session)

    def leave(self, session: Session) -> tuple[Session, str, str]:
        """The next question is a new one after all."""
        session = replace(session, editing=None, editing_whole=False)
        return session, frame.above(session), ""

    def judge(self, session: Session, event: gr.EventData) -> tuple[Session, str]:
        """A verdict on a passage, with a remark where there is one."""
        place, at = _turn_of(session, event._data), _number(event._data.get("at"))
        verdict = str(event._data.get("verdict", ""))
        answer = None if place is None else session.turns[place].answer
        known = answer and at is not None and at < len(answer.hits) and verdict in list(Verdict)
        if place is None or answer is None or at is None or not known:
            return session, self._conversation(session)
        turn = session.turns[place]
        context = () if turn.whole else session.before(place).context()
        remark = str(event._data.get("remark") or "")
        said = feedback_on(answer, at, Verdict(verdict), history=context, remark=remark)
        try:
            keep(self._library.settings.feedback, said)
        except FeedbackNotWritable as error:
            log.error("%s", error.describe(session.language))
            gr.Warning(error.what(session.language))
            return session, self._conversation(session)
        judged = dict(turn.judged) | {at: Verdict(verdict)}
        session = _told(session, place, replace(turn, judged=tuple(judged.items())))
        return session, self._conversation(session)

    # --- conversations ----------------------------------------------------------------------------

    def start_again(self, session: Session) -> Changes:
        """An empty conversation."""
        session = Session(session.language, arrived=True, seen=session.seen)
        return (*self.drawn(session), "")

    def resume(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """A conversation that the browser kept: its questions, asked again."""
        session = self._kept(session, event._data)
        if not session.turns:
            return
        yield (*self.drawn(session), "")
        session = self._answered(session)
        yield (*self.drawn(session), gr.skip())

    def export(self, session: Session, event: gr.EventData) -> str:
        """A conversation as Markdown, with the name of a file, for the browser to save."""
        kept = self._kept(session, event._data)
        session = session if session.name == kept.name else self._answered(kept)
        title = str(event._data.get("title", ""))[:MAX_SOUGHT]
        return frame.outbox(markdown(session, title), title or texts(session.language).name)

    # --- the documents ----------------------------------------------------------------------------

    def open_source(self, session: Session, event: gr.EventData) -> str:
        """The sheet for a turn's passage; nothing where the page holds no such passage."""
        return self._sheet(
            session, str(event._data.get("turn", "")), _number(event._data.get("at"))
        )

    def narrow(self, session: Session, event: gr.EventData) -> Changes:
        """One limit of the scope set or taken away."""
        session = replace(session, scope=_narrowed(session.scope, event._data))
        state = self._library.state()
        return (
            session,
            frame.above(session),
            shelf.head(state, session.scope, session.language),
            self._listed(session),
        )

    def find(self, session: Session, event: gr.EventData) -> tuple[Session, str]:
        """The documents whose name or headlines hold what is sought."""
        session = replace(session, sought=str(event._data.get("value", ""))[:MAX_SOUGHT])
        return session, self._listed(session)

    # --- inside -----------------------------------------------------------------------------------

    def _search(self, session: Session, place: int) -> Iterator[Changes]:
        """Session, question, conversation, examples, above, source, holdings: twice."""
        above = frame.above(session)
        yield session, "", self._conversation(session), "", above, "", gr.skip()
        session = _told(session, place, self._turn(session, place))
        held: Any = gr.skip()
        state = self._library.state()
        seen = state.generation if not isinstance(state, WenjuError) else ""
        if seen != session.seen:
            session = replace(session, seen=seen)
            held = frame.holdings(state, session.language)
        yield session, gr.skip(), self._conversation(session), gr.skip(), gr.skip(), gr.skip(), held
        yield from self._written(session, place)

    def _written(self, session: Session, place: int) -> Iterator[Changes]:
        """The passages stand; what an endpoint makes of them comes below the quotation."""
        turn, settings = session.turns[place], self._library.settings
        if turn.answer is None or not writes(settings, turn.answer):
            return
        for draft in drafts(settings, turn.answer):
            session = _told(session, place, replace(turn, written=draft))
            yield session, gr.skip(), self._conversation(session), *[gr.skip()] * 4

    def _again(self, session: Session, place: int, scope: Scope) -> Iterator[Changes]:
        asked = session.turns[place]
        yield from self._search(
            _told(session, place, Turn(asked.question, scope=scope, whole=asked.whole)), place
        )

    def _turn(self, session: Session, place: int) -> Turn:
        asked = session.turns[place]
        context = () if asked.whole else session.before(place).context()
        try:
            answer = self._library.answer(asked.question, context, asked.scope)
            words = None
            if answer.status is Status.NOT_FOUND:
                words = self._library.words(answer, asked.scope)
            return replace(asked, answer=answer, words=words)
        except WenjuError as error:
            return replace(asked, failure=error)
        except Exception as error:  # the page must outlive a defect of the search
            log.exception("a question failed")
            return replace(asked, failure=AnswerFailed("rag", kind=type(error).__name__))

    def _kept(self, session: Session, record: object) -> Session:
        name, kept = kept_turns(record)
        turns = tuple(
            Turn(one.question, scope=one.scope, whole=one.whole, was=one.best) for one in kept
        )
        begun = Session(session.language, turns, arrived=True, seen=session.seen)
        return replace(begun, name=name) if name else begun

    def _answered(self, session: Session) -> Session:
        for place, turn in enumerate(session.turns):
            told = self._turn(session, place)
            best = told.answer.hits[0].chunk_id if told.answer and told.answer.hits else None
            same = turn.was is None or turn.was == best
            session = _told(session, place, replace(told, was=None if same else turn.was))
        return session

    def _sheet(self, session: Session, turn: str, at: int | None) -> str:
        hits = self._hits(session, turn)
        if at is None or at >= len(hits):
            return ""
        try:
            file = read_cited(self._library.docs(), hits[at])
        except WenjuError:
            return ""
        return sheet.source(file, hits[at], turn, at, len(hits), session.language)

    def _hits(self, session: Session, turn: str) -> tuple[Hit, ...]:
        if turn == CITED:
            hit = self._cited(session)
            return (hit,) if hit else ()
        place = _turn_of(session, {"turn": turn})
        answer: Answer | None = None if place is None else session.turns[place].answer
        return answer.hits if answer else ()

    def _cited(self, session: Session) -> Hit | None:
        if session.cited is None:
            return None
        try:
            return self._library.passage(session.cited)
        except WenjuError:
            return None

    def _conversation(self, session: Session) -> str:
        if session.turns:
            return view.conversation(session)
        state = self._library.state()
        problem = state if isinstance(state, WenjuError) else None
        return view.conversation(session, problem, self._cited(session))

    def drawn(self, session: Session) -> Changes:
        """Session, conversation, examples, above."""
        state = self._library.state()
        offered: str = ""
        if not (session.turns or session.cited or isinstance(state, WenjuError)):
            offered = frame.examples(state.examples, session.language)
        return session, self._conversation(session), offered, frame.above(session)

    def _listed(self, session: Session) -> str:
        return shelf.listed(
            self._library.state(),
            session.scope,
            session.sought,
            session.language,
            removable=self._removable,
        )

    def _everything(self, session: Session) -> Changes:
        state = self._library.state()
        if not isinstance(state, WenjuError):
            session = replace(session, seen=state.generation)
        language = session.language
        say = texts(language)
        return (
            *self.drawn(session),
            frame.rail(language),
            frame.history(language),
            frame.holdings(state, language),
            frame.bar(language),
            shelf.head(state, session.scope, language),
            self._listed(session),
            gr.update(label=say.ask, placeholder=say.placeholder),
            gr.update(value=say.send),
            gr.update(value=say.stop),
        )

    def _language(self, chosen: object, spoken: str) -> Language:
        """As chosen before in this browser, else as the browser asks for, else as set."""
        if chosen in tuple(Language):
            return Language(str(chosen))
        first = spoken.strip().lower()[:2]
        known = {language.value: language for language in Language}
        return known.get(first, self._library.settings.lang)


def _told(session: Session, place: int, turn: Turn) -> Session:
    turns = session.turns
    return replace(session, turns=(*turns[:place], turn, *turns[place + 1 :]))


def _turn_of(session: Session, data: Mapping[str, Any]) -> int | None:
    place = _number(data.get("turn"))
    return place if place is not None and place < len(session.turns) else None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _narrowed(scope: Scope, data: Mapping[str, Any]) -> Scope:
    """``scope`` with one part changed, as the browser says; what it cannot be changes nothing."""
    part, value, on = (
        str(data.get("part")),
        str(data.get("value") or ""),
        data.get("on") not in (None, False),
    )
    record = scope.record()
    if part == "all":
        return EVERYTHING
    if part in ("sources", "kinds"):
        chosen = [one for one in record.get(part, []) if one != value]
        if not value and part == "sources":
            chosen = []
        elif on:
            chosen.append(value)
        record[part] = chosen[-MAX_SOURCES:]
    elif part == "article":
        record[part] = value if on else ""
    elif part in ("since", "until"):
        record[part] = value
    return scope_of(record)
