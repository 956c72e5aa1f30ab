"""Useful, not useful, wrong citation: the buttons below a passage, and what was said."""

from __future__ import annotations

from rag.feedback import MAX_REMARK, Verdict
from rag.types import Language
from rag.web.markup import Markup, element
from rag.web.parts import button
from rag.web.service_texts import service_texts


def judging(turn: str, at: int, said: Verdict | None, language: Language) -> Markup:
    """What can be said of the hit ``at`` of a turn; after a verdict, room for a remark."""
    say = service_texts(language)
    choices = [
        button(
            say.verdicts[verdict],
            data_event="judge",
            data_turn=turn,
            data_at=at,
            data_verdict=verdict,
            aria_pressed="true" if verdict is said else "false",
        )
        for verdict in Verdict
    ]
    remark = None
    if said is not None:
        remark = element(
            "span",
            element("span", say.thanks, class_="thanks", role="status"),
            element(
                "input",
                type="text",
                class_="remark",
                aria_label=say.remark,
                placeholder=say.remark,
                maxlength=MAX_REMARK,
            ),
            button(
                say.send_remark, data_event="judge", data_turn=turn, data_at=at, data_verdict=said
            ),
            class_="remarking",
        )
    return element(
        "div",
        element("span", say.judge, class_="asks"),
        *choices,
        remark,
        class_="feedback",
        role="group",
        aria_label=say.judge,
    )
