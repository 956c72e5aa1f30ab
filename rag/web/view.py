"""The conversation as HTML. What is foreign goes through ``markup`` as text."""

from __future__ import annotations

import json

from rag.errors import WenjuError
from rag.types import Hit
from rag.web import answers, frame
from rag.web.markup import Markup, element
from rag.web.session import MAX_TURNS, Session
from rag.web.texts import texts


def conversation(
    session: Session, problem: WenjuError | None = None, cited: Hit | None = None
) -> Markup:
    """Every question with its answer; before the first one, what this is.

    ``data-kept`` is what ``page.js`` keeps of it in the browser, ``data-last`` the last turn's key.
    """
    say = texts(session.language)
    if session.turns:
        body = [
            element("p", say.earlier_dropped.format(count=MAX_TURNS), class_="aside")
            if session.dropped
            else None,
            *(answers.turn(number, session) for number in range(len(session.turns))),
        ]
    elif problem is not None:
        body = [frame.trouble(problem, session.language)]
    elif session.cited is not None:
        body = [answers.cited(cited, session.cited, session)]
    else:
        body = [frame.welcome(session.language)]
    hint = element("p", say.blank, class_="hint", role="status") if session.blank else None
    return element(
        "div",
        *body,
        hint,
        class_="conversation",
        lang=say.html_lang,
        data_arrived=session.arrived,
        data_last=session.turns[-1].key if session.turns else "",
        data_kept=json.dumps(session.record(), ensure_ascii=False) if session.turns else None,
    )
