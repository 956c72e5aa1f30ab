"""The page: which parts it has and which act each of them starts.

The rail on the left, the conversation with its composer in the middle, the source beside it, and a
drawer with the documents. ``page.css`` puts them in their places, ``page.js`` turns a press on
``data-event="ask"`` into the event ``ask``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from rag.web import api, frame, shelf
from rag.web.acts import Acts
from rag.web.keeping import Keeper
from rag.web.keeping_acts import KeepingActs
from rag.web.library import Library
from rag.web.session import Session, Visitor
from rag.web.texts import texts

HERE = Path(__file__).parent
AT_ONCE = 16
"""Questions that are answered at the same time; more wait in line."""
_EVENTS = (
    "ask", "edit", "export", "find", "fresh", "judge", "kept", "leave", "narrow", "open", "rebuild",
    "remove", "resume", "retry", "shut", "switch", "unfold", "widen", "word",
)  # fmt: skip
_SCRIPT = f"window.wenju(element, trigger, watch); // {' '.join(map(repr, _EVENTS))}"
"""Gradio lets a part have the events that its script names."""
_KEEPING = f"window.wenjuKeep(element, trigger); {_SCRIPT}"
_ARRIVAL = """(visitor, _) => [visitor, {
  cite: new URLSearchParams(location.search).get("cite"),
  language: localStorage.getItem("wenju.language"),
}]"""
_SHOWN = "(visitor, question, _) => [visitor, question, window.wenjuShown()]"
"""What the visitor has set and the page does not show yet goes along with the question, and what
the page shows: a server that was started meanwhile knows nothing of it."""


def create(library: Library, keeper: Keeper | None = None) -> gr.Blocks:
    """The page over ``library``; documents may be changed where there is a ``keeper``."""
    start = Session(library.settings.lang)
    blocks = gr.Blocks(title=texts(start.language).name, analytics_enabled=False, fill_width=True)
    with blocks:
        _Page(library, start, keeper).wire(blocks)
        api.place(library)
    return blocks


class _Page:
    """The parts and the acts.

    All is drawn at once as a visitor without any wishes sees it, so that the first paint does not
    wait for the server.
    """

    def __init__(self, library: Library, start: Session, keeper: Keeper | None) -> None:
        state = library.state()
        language = start.language
        say = texts(language)
        acts = self.acts = Acts(library, keeper)
        conversation, offered, above = acts.drawn(start)
        self.visitor = gr.State(Visitor(start))
        self.arrival = gr.JSON(visible=False)
        self.shown = gr.JSON(visible=False)
        self.bar = _drawn("bar", frame.bar(language))
        with gr.Column(elem_id="rail", scale=0, min_width=0):
            self.rail = _drawn("top", frame.rail(language))
            self.history = _drawn("history", frame.history(language))
            self.holdings = _drawn("holdings", frame.holdings(state, language))
        with gr.Column(elem_id="middle", scale=0, min_width=0):
            self.conversation = _drawn("conversation", conversation)
            with gr.Column(elem_id="composer", scale=0, min_width=0):
                self.above = _drawn("above", above)
                with gr.Row(elem_id="asking"):
                    self.question = gr.Textbox(
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
                    self.send = gr.Button(say.send, variant="primary", elem_id="send", scale=0)
                    self.stop = gr.Button(say.stop, elem_id="stop", scale=0)
            self.examples = _drawn("examples", offered)
        self.source = _drawn("source")
        with gr.Column(elem_id="documents", scale=0, min_width=0):
            self.limits = _drawn("limits", shelf.head(state, start, keeper=keeper))
            listed = shelf.listed(state, start, keeper=keeper)
            self.listed = _drawn("listed", listed)
            self.keeping = _drawn("keeping", script=_KEEPING) if keeper else None
        self.keeps = KeepingActs(library, keeper) if keeper else None
        self.outbox = _drawn("outbox")

    def wire(self, blocks: gr.Blocks) -> None:
        """Every act to what starts it."""
        acts, visitor = self.acts, self.visitor
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quick = quiet | {"concurrency_limit": AT_ONCE, "concurrency_id": "quick"}
        drawn = [self.conversation, self.examples, self.above]
        everything = [
            *drawn, self.rail, self.history, self.holdings, self.bar, self.limits, self.listed,
            self.question, self.send, self.stop, self.source,
        ]  # fmt: skip
        arrived = blocks.load(
            acts.arrive, [visitor, self.arrival], everything, js=_ARRIVAL, **quick
        )

        asks: dict[str, Any] = {
            "outputs": [
                self.question, self.conversation, self.examples, self.above, self.source,
                self.holdings,
            ],
            "trigger_mode": "multiple",  # or what is asked while an act ends is dropped in silence
            "concurrency_limit": AT_ONCE,
            "concurrency_id": "ask",
            **quiet,
        }  # fmt: skip
        written = [visitor, self.question, self.shown]
        asking = [
            self.question.submit(acts.ask, written, js=_SHOWN, **asks),
            self.send.click(acts.ask, written, js=_SHOWN, **asks),
            self.examples.ask(acts.ask_offered, visitor, **asks),
            self.conversation.word(acts.ask_word, visitor, **asks),
            self.conversation.retry(acts.retry, visitor, **asks),
            self.conversation.widen(acts.widen, visitor, **asks),
        ]
        if acts.writes:
            long = quiet | {
                "concurrency_limit": None, "concurrency_id": "writing", "trigger_mode": "multiple",
            }  # fmt: skip
            for asked in asking:
                asked.then(acts.write, visitor, self.conversation, **long)
        self.history.resume(acts.resume, visitor, [*drawn, self.source], **quick)
        # no ``cancels``: Gradio would cancel what is asked next, too, while the search still runs
        self.stop.click(acts.stop, visitor, self.conversation, **quick)
        self.conversation.unfold(acts.unfold, visitor, self.conversation, **quick)
        self.conversation.edit(acts.edit, visitor, self.above, **quick)
        self.above.leave(acts.leave, visitor, [self.above, self.question], **quick)

        for part in (self.rail, self.bar):
            part.fresh(acts.start_again, visitor, [*drawn, self.source], **quick)
        switched = self.holdings.switch(acts.switch_language, visitor, everything, **quick)
        self.history.export(acts.export, visitor, self.outbox, **quick)

        for part in (self.conversation, self.source):
            part.open(acts.open_source, visitor, self.source, **quick)
        self.source.shut(lambda: "", None, self.source, queue=False, **quiet)
        # none dropped, and what the page shows in the end is what was set last
        limiting = quiet | {"trigger_mode": "multiple", "concurrency_id": "limiting"}
        limited = [self.above, self.limits, self.listed]
        for part in limited:
            part.narrow(acts.narrow, visitor, limited, concurrency_limit=1, **limiting)
        self.limits.find(acts.find, visitor, self.listed, **quick | {"trigger_mode": "always_last"})
        self.conversation.judge(acts.judge, visitor, self.conversation, **quick)
        if self.keeps and self.keeping:
            keeps, keeping = self.keeps, self.keeping
            # whoever follows a build holds a place as long as it takes
            long = quiet | {"concurrency_limit": None, "concurrency_id": "keeping"}
            indexed = [keeping, self.holdings, self.limits, self.listed]
            for begun in (arrived, switched):
                begun.then(keeps.follow, visitor, indexed, **long)
            keeping.kept(keeps.kept, visitor, keeping, **quick)
            keeping.rebuild(keeps.rebuild, visitor, indexed, **long)
            self.listed.remove(keeps.remove, visitor, keeping, **quick)


def _drawn(name: str, value: str = "", script: str = _SCRIPT) -> gr.HTML:
    """A part of the page whose HTML our own modules make and ``page.css`` styles."""
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def head() -> str:
    """Style and script of the page, for its head; ``css=`` would be rescoped by Gradio."""
    style, script = (
        "\n".join((HERE / name).read_text("utf-8") for name in names)
        for names in (("page.css", "service.css"), ("stream.js", "page.js", "service.js"))
    )
    return f"<style>{style}</style><script>{script}</script>"
