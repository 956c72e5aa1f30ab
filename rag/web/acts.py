"""What happens on the page. Every visitor's state comes in and goes out as a session."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from rag.errors import AnswerFailed, FeedbackNotWritable, WenjuError
from rag.feedback import Verdict, feedback_on, keep
from rag.types import Answer, Hit, Language, Status
from rag.web import frame, sheet, shelf, view
from rag.web.cited import read_cited
from rag.web.export import markdown
from rag.web.keeping import Keeper
from rag.web.library import Library
from rag.web.scope import EVERYTHING
from rag.web.session import Session, Turn, Visitor, kept_turns
from rag.web.texts import texts
from rag.web.writing import Draft, Stage, drafts, stopped, writes

CITED = "cited"
"""The turn of a passage that a permalink named."""
MAX_SOUGHT = 200

log = logging.getLogger(__name__)

Changes = tuple[Any, ...]


class Acts:
    """The page's acts. What each returns is in the order of the outputs that ``page`` names."""

    def __init__(self, library: Library, keeper: Keeper | None = None) -> None:
        self._library = library
        self._keeper = keeper
        self.writes = bool(library.settings.llm_base_url)
        self._first = self._generation()

    # --- arriving ---------------------------------------------------------------------------------

    def arrive(
        self, visitor: Visitor, arrival: dict[str, Any] | None, request: gr.Request
    ) -> Changes:
        """The page in the visitor's language, at the passage that a permalink names."""
        arrival = arrival if isinstance(arrival, dict) else {}
        spoken = str(request.headers.get("accept-language", ""))
        language = self._language(arrival.get("language"), spoken)
        given = arrival.get("cite")
        cited = given[:1000] if isinstance(given, str) and given else None
        generation = self._generation()
        session = visitor.change(
            lambda now: replace(
                now.in_language(language), arrived=True, cited=cited, seen=generation
            )
        )
        if language is not self._library.settings.lang or generation != self._first:
            everything = self._everything(session)
        else:  # all the rest stands there as this visitor is to see it
            everything = (*self.drawn(session), *[gr.skip()] * 9)
        return (*everything, self._sheet(session, CITED, 0) if cited else "")

    def switch_language(self, visitor: Visitor) -> Changes:
        """Everything in the other language."""
        session = visitor.change(
            lambda now: now.in_language(Language.ZH if now.language is Language.EN else Language.EN)
        )
        return (*self._everything(session), "")

    # --- asking -----------------------------------------------------------------------------------

    def ask(
        self, visitor: Visitor, question: str | None, shown: object = None
    ) -> Iterator[Changes]:
        """First the question as it stands, then its answer; ``shown`` is what the page shows."""
        page = shown if isinstance(shown, dict) else {}
        taken_up = self._take_up(visitor, page)  # then the turns have other keys now
        last = None if taken_up else page.get("last")
        yield from self._ask(visitor, question or "", page.get("wishes"), last)

    def _take_up(self, visitor: Visitor, page: Mapping[str, Any]) -> bool:
        """A conversation that the page still shows and a server started meanwhile does not know."""
        if visitor.session.turns:
            return False
        kept = self._kept(visitor.session, page.get("kept"))
        if kept.turns:
            language = self._language(str(page.get("language"))[:2], "")
            session = self._answered(kept.in_language(language))
            visitor.change(lambda now: now if now.turns else session)
        return bool(kept.turns)

    def _ask(
        self, visitor: Visitor, question: str, wishes: object, last: object = None
    ) -> Iterator[Changes]:
        """``last`` is the key of the last turn on the page at which this was asked."""
        asked = question.strip()
        key = ""

        def put(now: Session) -> Session:
            nonlocal key
            now = now.hearing(wishes)
            if not asked:
                return now.left_blank()
            put_last = now.turns[-1] if now.turns and now.editing is None else None
            if put_last and put_last.question == asked:
                if put_last.waiting or last not in (None, put_last.key):
                    return now  # Enter was pressed twice
            turn = Turn(asked, scope=now.scope, whole=now.editing_whole)
            key = turn.key
            return now.before(now.editing).asked(turn)

        session = visitor.change(put)
        if key:
            yield from self._search(visitor, key)
        else:  # while a search goes on it draws all: this might come after what it found
            shown: Any = gr.skip() if session.searching else self._conversation(session)
            yield gr.skip(), shown, *[gr.skip()] * 4

    def ask_offered(self, visitor: Visitor, event: gr.EventData) -> Iterator[Changes]:
        """A question that the page offered."""
        data = event._data
        yield from self._ask(visitor, str(data.get("question", "")), data.get("wishes"))

    def ask_word(self, visitor: Visitor, event: gr.EventData) -> Iterator[Changes]:
        """A turn's question with another word, as a question of its own."""
        data, session = event._data, visitor.session
        place = _turn_of(session, data)
        word = str(data.get("word", ""))[:MAX_SOUGHT]
        if place is not None and word:
            question = f"{session.turns[place].question} {word}"
            yield from self._ask(visitor, question, data.get("wishes"))

    def retry(self, visitor: Visitor, event: gr.EventData) -> Iterator[Changes]:
        """A turn once more, in its place."""
        yield from self._again(visitor, event, wider=False)

    def widen(self, visitor: Visitor, event: gr.EventData) -> Iterator[Changes]:
        """A turn once more, in all documents; the next questions too."""
        yield from self._again(visitor, event, wider=True)

    def stop(self, visitor: Visitor) -> str:
        """Whatever is still searched stays without an answer."""

        def ended(now: Session) -> Session:
            turns = tuple(
                replace(turn, stopped=turn.waiting or turn.stopped, written=stopped(turn.written))
                for turn in now.turns
            )
            return replace(now, turns=turns, unwritten=())

        return self._conversation(visitor.change(ended))

    def write(self, visitor: Visitor) -> Iterator[Any]:
        """What an endpoint makes of the passages, below the quotation, as it comes.

        An act of its own: the passages stand, the next question is asked meanwhile, and a slow
        endpoint takes no place from those who search.
        """
        due: tuple[str, ...] = ()

        def taken(now: Session) -> Session:
            nonlocal due
            due = now.unwritten
            for key in due:
                now = now.told(key, written=Draft(Stage.WRITING))
            return replace(now, unwritten=())

        session = visitor.change(taken)
        yield self._conversation(session) if due else gr.skip()  # none at all empties the page
        for key in due:
            place = session.place(key)
            answer = None if place is None else session.turns[place].answer
            for draft in drafts(self._library.settings, answer) if answer else ():
                session = visitor.change(partial(_drafted, key=key, draft=draft))
                yield self._conversation(session)
                if not _is_written(session, key):
                    break  # stopped, or done

    def unfold(self, visitor: Visitor, event: gr.EventData) -> str:
        """The passages of an earlier turn: they are on the page only once somebody wants them."""
        session = visitor.session
        place = _turn_of(session, event._data)
        if place is not None:
            key = session.turns[place].key
            session = visitor.change(lambda now: now.told(key, shown=True))
        return self._conversation(session)

    def edit(self, visitor: Visitor, event: gr.EventData) -> str:
        """The next question stands in for a turn of the conversation."""
        place, whole = _turn_of(visitor.session, event._data), "whole" in event._data
        if place is not None:
            visitor.change(lambda now: now.edited(place, whole=whole))
        return frame.above(visitor.session)

    def leave(self, visitor: Visitor) -> tuple[str, str]:
        """The next question is a new one after all."""
        session = visitor.change(lambda now: replace(now, editing=None, editing_whole=False))
        return frame.above(session), ""

    def judge(self, visitor: Visitor, event: gr.EventData) -> str:
        """A verdict on a passage, with a remark where there is one."""
        session = visitor.session
        place, at = _turn_of(session, event._data), _number(event._data.get("at"))
        verdict = str(event._data.get("verdict", ""))
        answer = None if place is None else session.turns[place].answer
        known = answer and at is not None and at < len(answer.hits) and verdict in list(Verdict)
        if place is None or answer is None or at is None or not known:
            return self._conversation(session)
        turn = session.turns[place]
        context = () if turn.whole else session.before(place).context()
        remark = str(event._data.get("remark") or "")
        said = feedback_on(answer, at, Verdict(verdict), history=context, remark=remark)
        try:
            keep(self._library.settings.feedback, said)
        except FeedbackNotWritable as error:
            log.error("%s", error.describe(session.language))
            gr.Warning(error.what(session.language))
            return self._conversation(session)
        judged = dict(turn.judged) | {at: Verdict(verdict)}
        changed = visitor.change(lambda now: now.told(turn.key, judged=tuple(judged.items())))
        return self._conversation(changed)

    # --- conversations ----------------------------------------------------------------------------

    def start_again(self, visitor: Visitor) -> Changes:
        """An empty conversation."""
        session = visitor.change(
            lambda now: Session(now.language, arrived=True, seen=now.seen, heard=now.heard)
        )
        return (*self.drawn(session), "")

    def resume(self, visitor: Visitor, event: gr.EventData) -> Iterator[Changes]:
        """A conversation that the browser kept: its questions, asked again."""
        kept = self._kept(visitor.session, event._data)
        if not kept.turns:
            yield (gr.skip(),) * 4  # none at all empties the page
            return
        session = visitor.change(lambda now: replace(kept, heard=now.heard))
        yield (*self.drawn(session), "")
        for told in self._answered(session).turns:
            visitor.change(
                lambda now, told=told: now.found(  # type: ignore[misc]
                    told.key, answer=told.answer, failure=told.failure, words=told.words,
                    was=told.was,
                )
            )  # fmt: skip
        yield (*self.drawn(visitor.session), gr.skip())

    def export(self, visitor: Visitor, event: gr.EventData) -> str:
        """A conversation as Markdown, with the name of a file, for the browser to save."""
        session = visitor.session
        kept = self._kept(session, event._data)
        session = session if session.name == kept.name else self._answered(kept)
        title = str(event._data.get("title", ""))[:MAX_SOUGHT]
        return frame.outbox(markdown(session, title), title or texts(session.language).name)

    # --- the documents ----------------------------------------------------------------------------

    def open_source(self, visitor: Visitor, event: gr.EventData) -> str:
        """The sheet for a turn's passage; nothing where the page holds no such passage."""
        data = event._data
        return self._sheet(visitor.session, str(data.get("turn", "")), _number(data.get("at")))

    def narrow(self, visitor: Visitor, event: gr.EventData) -> Changes:
        """The scope as the visitor has limited it."""
        session = visitor.change(lambda now: now.hearing(event._data.get("wishes")))
        state = self._library.state()
        return (
            frame.above(session),
            shelf.head(state, session, keeper=self._keeper),
            self._listed(session),
        )

    def find(self, visitor: Visitor, event: gr.EventData) -> str:
        """The documents whose name or headlines hold what is sought."""
        sought = str(event._data.get("value", ""))[:MAX_SOUGHT]
        return self._listed(visitor.change(lambda now: replace(now, sought=sought)))

    # --- inside -----------------------------------------------------------------------------------

    def _search(self, visitor: Visitor, key: str) -> Iterator[Changes]:
        """Question, conversation, examples, above, source, holdings: once asked, once answered."""
        session = visitor.session
        yield "", self._conversation(session), "", frame.above(session), "", gr.skip()
        place = session.place(key)
        if place is None:
            return
        turn = self._turn(session, place)
        seen = self._generation()
        held: Any = gr.skip()
        if seen != session.seen:
            held = frame.holdings(self._library.state(), session.language)
        found = {"answer": turn.answer, "failure": turn.failure, "words": turn.words}
        due = (key,) if turn.answer and writes(self._library.settings, turn.answer) else ()

        def ended(now: Session) -> Session:
            told = now.found(key, **found)
            return replace(told, seen=seen, unwritten=now.unwritten + (() if told is now else due))

        session = visitor.change(ended)
        yield gr.skip(), self._conversation(session), *[gr.skip()] * 3, held

    def _again(self, visitor: Visitor, event: gr.EventData, *, wider: bool) -> Iterator[Changes]:
        key = ""

        def begun(now: Session) -> Session:
            nonlocal key
            now = now.hearing(event._data.get("wishes"))
            place = _turn_of(now, event._data)
            if place is None:
                return now
            old = now.turns[place]
            new = Turn(old.question, scope=EVERYTHING if wider else old.scope, whole=old.whole)
            key = new.key
            turns = (*now.turns[:place], new, *now.turns[place + 1 :])
            return replace(now, turns=turns, scope=EVERYTHING if wider else now.scope)

        visitor.change(begun)
        if key:
            yield from self._search(visitor, key)

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
            session = session.told(
                turn.key, answer=told.answer, failure=told.failure, words=told.words,
                was=None if same else turn.was,
            )  # fmt: skip
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

    def _generation(self) -> str:
        """The generation that is answered from; empty where none can be."""
        state = self._library.state()
        return "" if isinstance(state, WenjuError) else state.generation

    def drawn(self, session: Session) -> Changes:
        """Conversation, examples, above."""
        state = self._library.state()
        offered: str = ""
        if not (session.turns or session.cited or isinstance(state, WenjuError)):
            offered = frame.examples(state.examples, session.language)
        return self._conversation(session), offered, frame.above(session)

    def _listed(self, session: Session) -> str:
        return shelf.listed(self._library.state(), session, keeper=self._keeper)

    def _everything(self, session: Session) -> Changes:
        state = self._library.state()
        language = session.language
        say = texts(language)
        return (
            *self.drawn(session),
            frame.rail(language),
            frame.history(language),
            frame.holdings(state, language),
            frame.bar(language),
            shelf.head(state, session, keeper=self._keeper),
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


def _drafted(session: Session, key: str, draft: Draft) -> Session:
    """With the draft, unless the visitor has stopped the writing meanwhile."""
    return session.told(key, written=draft) if _is_written(session, key) else session


def _is_written(session: Session, key: str) -> bool:
    """Whether an endpoint still writes about a turn."""
    place = session.place(key)
    draft = None if place is None else session.turns[place].written
    return draft is not None and draft.stage is Stage.WRITING


def _turn_of(session: Session, data: Mapping[str, Any]) -> int | None:
    place = _number(data.get("turn"))
    return place if place is not None and place < len(session.turns) else None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
