"""What stands around the answers: rail, empty page, trouble, the line above the composer."""

from __future__ import annotations

from collections.abc import Sequence

from rag.errors import WenjuError
from rag.types import Language
from rag.web.library import Shelf
from rag.web.markup import Markup, element, join
from rag.web.parts import button, icon, limits, local_time
from rag.web.session import Session
from rag.web.texts import Texts, texts

EDITED_SHOWN = 40
"""Characters of an edited question that are shown above the composer."""


def rail(language: Language) -> Markup:
    """The page's name and the button that begins anew."""
    say = texts(language)
    return element(
        "div",
        element("a", say.skip_to_question, href="#question", class_="skip"),
        element(
            "header",
            element("span", "据", class_="seal", aria_hidden="true"),
            element("h1", say.name, class_="name"),
            element("p", say.motto, class_="motto"),
            class_="masthead",
        ),
        button(say.new_conversation, data_event="fresh", class_="fresh"),
        class_="rail",
        lang=say.html_lang,
    )


def history(language: Language) -> Markup:
    """The frame of the list of conversations; ``page.js`` fills it from the browser's storage."""
    say = texts(language)
    menu = element(
        "details",
        element("summary", "⋯"),
        element(
            "div",
            button(say.rename, data_do="rename"),
            button(say.export, data_do="export"),
            button(say.delete, data_do="delete"),
        ),
        class_="menu",
    )
    row = element("li", button("", class_="title", data_do="resume"), menu)
    return element(
        "nav",
        element("h2", say.history),
        element("template", row),
        element("ul"),
        element("p", say.no_history, class_="none"),
        element(
            "p",
            element("span"),
            " ",
            button(say.undo, data_do="undo"),
            class_="undo",
            role="status",
            hidden=True,
        ),
        class_="history",
        aria_label=say.history,
        lang=say.html_lang,
        data_more=say.more_actions,
        data_name=say.name_of_conversation,
        data_deleted=say.deleted,
    )


def holdings(contents: Shelf | WenjuError, language: Language) -> Markup:
    """At the rail's foot: what is indexed, since when, and the switch of language."""
    say = texts(language)
    if isinstance(contents, WenjuError):
        held: Markup = element("p", say.nothing_indexed, class_="held")
    else:
        since = say.since.format(when=local_time(contents.created)) if contents.created else None
        held = element(
            "button",
            element("strong", say.shelf_button),
            element(
                "span",
                say.shelf.format(documents=len(contents.documents), passages=contents.passages),
            ),
            element("span", since) if since else None,
            type="button",
            data_drawer="documents",
            class_="held",
        )
    return element(
        "footer",
        held,
        button(say.other_language, data_event="switch", class_="language", lang=say.other_lang),
        class_="holdings",
        lang=say.html_lang,
    )


def bar(language: Language) -> Markup:
    """Where the rail does not fit: what opens it, the name, a new conversation."""
    say = texts(language)
    return element(
        "div",
        icon("menu-icon", say.menu, data_drawer="rail"),
        element("span", "据", class_="seal", aria_hidden="true"),
        element("h1", say.name, class_="name"),
        icon("fresh-icon", say.new_conversation, data_event="fresh"),
        class_="bar",
        lang=say.html_lang,
    )


def welcome(language: Language) -> Markup:
    """What the page is for."""
    say = texts(language)
    return element(
        "section",
        element("h2", say.welcome),
        element("p", say.what_this_is),
        class_="welcome",
    )


def examples(questions: Sequence[str], language: Language) -> Markup:
    """Questions to try."""
    say = texts(language)
    offered = [
        element("li", button(question, data_event="ask", data_question=question))
        for question in questions
    ]
    if not offered:
        return join()
    return element(
        "section",
        element("h2", say.try_these, id="try-these"),
        element("ul", *offered, aria_labelledby="try-these"),
        class_="examples",
        lang=say.html_lang,
    )


def trouble(error: WenjuError, language: Language) -> Markup:
    """Why there is no answer, and the next step."""
    say = texts(language)
    return element(
        "section",
        element("h2", say.trouble),
        element("p", error.what(language)),
        element("p", element("code", error.where), class_="where"),
        element("p", element("strong", say.what_to_do), " ", error.next_step(language)),
        class_="trouble",
        role="alert",
    )


def above(session: Session) -> Markup:
    """The line above the composer: the scope, and which question is being edited."""
    say = texts(session.language)
    return element(
        "div",
        _editing(session, say),
        _scope(session, say),
        class_="above",
        lang=say.html_lang,
        data_heard=session.heard,
    )


def outbox(text: str, name: str) -> Markup:
    """A file for the browser to save; ``page.js`` does, and takes it away."""
    return element("template", data_text=text, data_name=f"{name}.md")


def _editing(session: Session, say: Texts) -> Markup | None:
    place = session.editing
    if place is None or place >= len(session.turns):
        return None
    question = session.turns[place].question
    short = question[:EDITED_SHOWN] + ("……" if len(question) > EDITED_SHOWN else "")
    return element(
        "p",
        say.editing.format(number=place + 1, question=short),
        " ",
        button(say.cancel, data_event="leave", class_="link"),
        class_="editing",
        role="status",
    )


def _scope(session: Session, say: Texts) -> Markup:
    chips = [
        element(
            "span",
            words,
            icon(
                "remove-icon",
                say.remove.format(what=words),
                data_event="narrow",
                data_part=part,
                data_value=value,
            ),
            class_="chip",
        )
        for part, value, words in limits(session.scope, say)
    ]
    return element(
        "div",
        element("span", say.scope, class_="label"),
        *chips,
        button(say.scope_all if not chips else "＋", data_drawer="documents", class_="chip-button",
               aria_label=say.documents_and_scope if chips else None),
        class_="scope",
    )  # fmt: skip
