"""The written answer as HTML: each sentence with its citations, marked where they do not hold."""

from __future__ import annotations

from rag.types import Language
from rag.web.markup import Markup, element
from rag.web.parts import button
from rag.web.service_texts import ServiceTexts, service_texts
from rag.web.writing import Claim, Draft, Stage


def written(number: int, draft: Draft | None, language: Language) -> Markup | None:
    """What is written so far below the quotation of the turn ``number``."""
    if draft is None:
        return None
    say = service_texts(language)
    body = element("p", *(_claim(number, one, say) for one in draft.claims), class_="words")
    notice: str | None = None
    if draft.stage is Stage.WRITING and not draft.claims:
        notice = say.writing
    elif draft.stage is Stage.ABSTAINED:
        notice = say.abstained
    elif draft.trouble is not None:
        notice = f"{say.not_written}：{draft.trouble.what(language)}。"
        notice += draft.trouble.next_step(language)
    return element(
        "section",
        element("h3", say.written),
        body if draft.claims else None,
        element("p", notice, class_="notice", role="status") if notice else None,
        element("p", say.written_note, class_="aside") if draft.claims else None,
        class_=f"written {draft.stage}",
        aria_busy="true" if draft.stage is Stage.WRITING else None,
    )


def _claim(number: int, claim: Claim, say: ServiceTexts) -> Markup:
    cites = [
        button(
            str(rank),
            data_event="open",
            data_turn=number,
            data_at=rank - 1,
            class_="number",
            aria_label=say.cited_passage.format(rank=rank),
        )
        for rank in claim.cites
    ]
    if claim.doubt is None:
        return element("span", claim.text, *cites, class_="claim")
    doubt = say.doubts[claim.doubt]
    if claim.missing:
        doubt = say.missing.format(doubt=doubt, words="、".join(claim.missing))
    return element(
        "span",
        element("span", claim.text, class_="said"),
        *cites,
        element("span", f"（{doubt}）", class_="doubt"),
        class_="claim doubtful",
    )
