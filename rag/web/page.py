"""The page: which parts it has and what happens when one of them is used."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from rag.errors import AnswerFailed, WenjuError
from rag.types import Language
from rag.web import api, view
from rag.web.cited import read_cited
from rag.web.library import Library
from rag.web.session import Session, Turn
from rag.web.texts import texts

HERE = Path(__file__).parent
AT_ONCE = 16
"""Questions that are answered at the same time; more wait in line."""

log = logging.getLogger(__name__)


def create(library: Library) -> gr.Blocks:
    """The page over ``library``."""
    page = _Page(library)
    script = (HERE / "page.js").read_text("utf-8")
    start = Session(library.settings.lang)
    say = texts(start.language)
    blocks = gr.Blocks(title=say.name, analytics_enabled=False, fill_width=True)
    with blocks:
        session = gr.State(start)
        with gr.Row(elem_id="top"):
            masthead = _drawn("masthead", view.masthead(start.language))
            shelf = _drawn("shelf")
            fresh = gr.Button(say.new_conversation, elem_id="fresh", size="sm")
            switch = gr.Button(say.other_language, elem_id="switch", size="sm")
        conversation = _drawn("conversation", script=script)
        with gr.Row(elem_id="composer"):
            question = gr.Textbox(
                label=say.ask,
                placeholder=say.placeholder,
                lines=1,  # with one line at first, Enter sends and Shift-Enter breaks
                max_lines=8,
                autofocus=True,
                elem_id="question",
                html_attributes=gr.InputHTMLAttributes(
                    autocomplete="off", spellcheck=False, enterkeyhint="send"
                ),
            )
            send = gr.Button(say.send, variant="primary", elem_id="send", scale=0, min_width=96)
        source = _drawn("source", script=script)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        everything = [masthead, shelf, fresh, switch, conversation, question, send, source]
        blocks.load(page.show, session, [shelf, conversation], **quiet)
        for asked in (question.submit, send.click):
            asked(
                page.ask,
                [session, question],
                [session, question, conversation, source, shelf],
                trigger_mode="once",
                concurrency_limit=AT_ONCE,
                concurrency_id="ask",
                **quiet,
            )
        conversation.ask(
            page.ask_offered,
            session,
            [session, question, conversation, source, shelf],
            trigger_mode="once",
            concurrency_limit=AT_ONCE,
            concurrency_id="ask",
            **quiet,
        )
        for sheet in (conversation, source):
            sheet.open(page.open_source, session, source, concurrency_limit=AT_ONCE, **quiet)
        source.shut(lambda: "", None, source, queue=False, **quiet)
        fresh.click(page.start_again, session, [session, conversation, source], **quiet)
        switch.click(page.switch_language, session, [session, *everything], **quiet)
        api.place(library)
    return blocks


def _drawn(name: str, value: str = "", script: str | None = None) -> gr.HTML:
    """A part of the page whose HTML ``view`` makes and ``page.css`` styles, without Gradio's."""
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


class _Page:
    """What happens on the page. Every visitor's state comes in and goes out as a session."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def show(self, session: Session) -> tuple[str, str]:
        state = self._library.state()
        return view.shelf(state, session.language), self._conversation(session)

    def ask(self, session: Session, question: str | None) -> Iterator[tuple[Any, ...]]:
        """First the question as it stands, then its answer."""
        asked = (question or "").strip()
        if not asked:
            session = session.left_blank()
            yield session, gr.skip(), self._conversation(session), gr.skip(), gr.skip()
            return
        waiting = session.asked(Turn(asked))
        yield session, "", self._conversation(waiting), "", gr.skip()
        session = session.asked(self._turn(session, asked))
        shelf = view.shelf(self._library.state(), session.language)
        yield session, gr.skip(), self._conversation(session), gr.skip(), shelf

    def ask_offered(self, session: Session, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from self.ask(session, str(event._data.get("question", "")))

    def open_source(self, session: Session, event: gr.EventData) -> str:
        """The sheet for ``turn:hit``; nothing where the page holds no such passage."""
        turn, _, at = str(event._data.get("place", "")).partition(":")
        if not (turn.isdecimal() and at.isdecimal() and int(turn) < len(session.turns)):
            return ""
        answer = session.turns[int(turn)].answer
        if answer is None or int(at) >= len(answer.hits):
            return ""
        hit = answer.hits[int(at)]
        file = read_cited(self._library.docs(), hit.citation)
        return view.source(file, hit, (int(turn), int(at)), len(answer.hits), session.language)

    def start_again(self, session: Session) -> tuple[Session, str, str]:
        session = Session(session.language)
        return session, self._conversation(session), ""

    def switch_language(self, session: Session) -> tuple[Any, ...]:
        session = session.in_language(
            Language.ZH if session.language is Language.EN else Language.EN
        )
        say = texts(session.language)
        return (
            session,
            view.masthead(session.language),
            view.shelf(self._library.state(), session.language),
            gr.update(value=say.new_conversation),
            gr.update(value=say.other_language),
            self._conversation(session),
            gr.update(label=say.ask, placeholder=say.placeholder),
            gr.update(value=say.send),
            "",
        )

    def _turn(self, session: Session, question: str) -> Turn:
        try:
            return Turn(question, answer=self._library.answer(question, session.context()))
        except WenjuError as error:
            return Turn(question, failure=error)
        except Exception as error:  # the page must outlive a defect of the search
            log.exception("a question failed")
            return Turn(question, failure=AnswerFailed("rag", kind=type(error).__name__))

    def _conversation(self, session: Session) -> str:
        if session.turns:
            return view.conversation(session, ())
        state = self._library.state()
        if isinstance(state, WenjuError):
            return view.conversation(session, (), state)
        return view.conversation(session, state.examples)
