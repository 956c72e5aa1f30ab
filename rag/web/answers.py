"""A question with what it got: the sentence that answers as a quotation, then the passages."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Answer, Citation, Hit, Language, Span, Status
from rag.web.frame import trouble
from rag.web.judged import judging
from rag.web.marks import question_terms
from rag.web.markup import Markup, element, join
from rag.web.parts import (
    button,
    confidence_grade,
    copying,
    limits,
    marked,
    passage_grade,
    place,
)
from rag.web.session import Session, Turn
from rag.web.texts import Texts, texts
from rag.web.written import written

QUESTION_SHOWN = 400
"""Characters of a question that are shown at once."""
PASSAGE_SHOWN = (360, 160)
"""Characters from which a passage folds: the best one, and the others."""
EXCERPT_MARGIN = 30
WORDS_SHOWN = 6
_NEAR_IN_MEANING = 5
"""Rank among the passages by meaning up to which one is called near."""


def turn(number: int, session: Session) -> Markup:
    """The turn ``number``, from 0: the question, and what came of it."""
    say = texts(session.language)
    asked = session.turns[number]
    last = number + 1 == len(session.turns)
    return element(
        "section",
        _question(number, asked, say),
        _searched(number, asked, say),
        _limited(asked, say),
        _outcome(number, asked, say, session, last=last),
        class_="turn last" if last else "turn",
    )


def cited(hit: Hit | None, name: str, session: Session) -> Markup:
    """The passage that a permalink named, or that there is none."""
    say = texts(session.language)
    if hit is None:
        source = name.rpartition("@")[0] or name
        return element(
            "section",
            element("h2", say.cited_gone, class_="status"),
            element("p", say.cited_gone_advice.format(name=source), class_="advice"),
            class_="verdict not-found cited-gone",
            role="status",
        )
    return element(
        "section",
        element("h2", say.cited, class_="kicker"),
        element("div", _card("cited", 0, hit, say, near=False, heading="h3"), class_="hits"),
        class_="turn last permalink",
    )


def _question(number: int, asked: Turn, say: Texts) -> Markup:
    shown = asked.question[:QUESTION_SHOWN]
    length = len(asked.question)
    return join(
        element(
            "header",
            element("h2", shown + ("……" if length > len(shown) else ""), class_="question"),
            _edit(number, asked.question, say.edit_question) if not asked.waiting else None,
            class_="asked",
        ),
        element("p", say.long_question.format(length=length, shown=QUESTION_SHOWN), class_="aside")
        if length > QUESTION_SHOWN
        else None,
    )


def _searched(number: int, asked: Turn, say: Texts) -> Markup | None:
    """The question as it was searched, where the conversation made another of it."""
    answer = asked.answer
    if answer is None or answer.query.strip() == answer.question.strip():
        return None
    return element(
        "p",
        say.searched_as.format(query=answer.query[:QUESTION_SHOWN]),
        " ",
        _edit(number, answer.query, say.edit_searched, whole=True),
        class_="aside searched",
    )


def _limited(asked: Turn, say: Texts) -> Markup | None:
    within = [words for _, _, words in limits(asked.scope, say)]
    if not within:
        return None
    return element("p", f"{say.scope}：" + "、".join(within), class_="aside limited")


def _outcome(number: int, asked: Turn, say: Texts, session: Session, *, last: bool) -> Markup:
    again = button(say.retry, data_event="retry", data_turn=number, class_="link")
    if asked.answer is not None:
        return _answer(number, asked, asked.answer, session.language, last=last)
    if asked.failure is not None:
        return join(trouble(asked.failure, session.language), again)
    if asked.stopped:
        return element("p", say.stopped, " ", again, class_="aside stopped", role="status")
    return element("p", say.searching, class_="searching", role="status")


def _answer(number: int, asked: Turn, answer: Answer, language: Language, *, last: bool) -> Markup:
    say = texts(language)
    near = answer.status is Status.NOT_FOUND
    if near:
        heading = say.near_heading if answer.hits else say.nothing_near
    else:
        heading = say.passages_heading
    took = say.took.format(seconds=f"{answer.took_ms / 1000:.2f}")
    counted = f"{heading} · {len(answer.hits)}" if answer.hits else heading
    shown = last or asked.shown
    cards = [
        element(
            "li",
            _card(
                str(number),
                at,
                hit,
                say,
                answer=answer,
                near=near,
                fold=f"{asked.key}-{at}",
                feedback=judging(str(number), at, dict(asked.judged).get(at), language),
            ),
        )
        for at, hit in enumerate(answer.hits if shown else ())
    ]
    return join(
        element("p", say.moved, class_="notice") if asked.was else None,
        _verdict(number, asked, answer, say),
        written(number, asked.written, language),
        element(
            "details",
            element(
                "summary",
                element("h3", counted),
                element("span", took, class_="took"),
            ),
            element("ol", *cards, class_="hits"),
            class_="passages",
            open=True,
            data_fold=asked.key,
        )
        if cards
        else button(counted, data_event="unfold", data_turn=number, class_="unfold")
        if answer.hits
        else element("p", counted, class_="aside"),
    )


def _verdict(number: int, asked: Turn, answer: Answer, say: Texts) -> Markup:
    """What the answer claims: a quotation, a possible one, or that there is none."""
    if answer.status is Status.NOT_FOUND or not answer.hits:
        return _not_found(number, asked, answer, say)
    hit = answer.hits[0]
    start, end = hit.highlights[0] if hit.highlights else (0, len(hit.text))
    quote = hit.text[start:end].strip()
    sure = answer.status is Status.FOUND
    grade = confidence_grade(answer.confidence)
    percent = round(answer.confidence * 100)
    return element(
        "figure",
        element("p", say.found if sure else say.uncertain, class_="status", role="status"),
        element("blockquote", quote),
        element(
            "figcaption",
            element(
                "button",
                hit.citation.label,
                type="button",
                class_="cite",
                data_event="open",
                data_turn=number,
                data_at=0,
            ),
            element(
                "span",
                element("strong", say.confidence.format(word=grade.word(say))),
                f" · {say.confidence_meaning.format(percent=percent)}" if percent else None,
                class_=f"confidence {grade.name.lower()}",
            ),
            copying(quote, hit.citation, say),
        ),
        None if sure else element("p", say.uncertain_advice, class_="advice"),
        class_=f"verdict {answer.status}",
    )


def _not_found(number: int, asked: Turn, answer: Answer, say: Texts) -> Markup:
    words = asked.words
    wider = button(say.wider, data_event="widen", data_turn=number, class_="offer")
    offered = [
        button(word, data_event="word", data_turn=number, data_word=word, class_="offer")
        for word in (words.offered if words else ())
    ]
    return element(
        "div",
        element(
            "p", say.not_found_within if asked.scope else say.not_found,
            class_="status", role="status",
        ),
        element("p", say.searched_for.format(query=answer.query[:QUESTION_SHOWN]), class_="advice"),
        element("p", say.absent_words.format(words="、".join(words.absent)), class_="advice")
        if words and words.absent
        else None,
        element("p", say.wider_found if words and words.elsewhere else None, " ", wider)
        if asked.scope
        else None,
        element(
            "div",
            element("p", say.offered_words, class_="advice"),
            element("p", *offered, class_="offers"),
        )
        if offered
        else None,
        element("p", say.other_way, class_="advice"),
        class_="verdict not-found",
    )  # fmt: skip


def _card(
    turn: str,
    at: int,
    hit: Hit,
    say: Texts,
    *,
    answer: Answer | None = None,
    near: bool,
    fold: str = "",
    heading: str = "h4",
    feedback: Markup | None = None,
) -> Markup:
    """A passage: where it stands, its words, why it is shown, and what can be done with it."""
    citation = hit.citation
    terms = question_terms(answer.query) if answer else ()
    grade = passage_grade(hit, answer) if answer else None
    worth, kind = None, "hit"
    if near:
        worth, kind = say.only_near, "hit near"
    elif grade is not None:
        worth, kind = say.relevance.format(word=grade.word(say)), f"hit {grade.name.lower()}"
    return element(
        "article",
        element(
            "header",
            element(heading, citation.title or say.untitled),
            element("span", worth, class_="relevance") if worth else None,
            element("p", citation.section, class_="section") if citation.section else None,
            place(citation, say),
            element("p", _also(hit, say), class_="where also") if hit.also else None,
        ),
        element("p", say.stale[citation.stale], class_="notice") if citation.stale else None,
        _recognised(citation, say),
        _passage(hit, () if near else hit.highlights[:1], terms, say, PASSAGE_SHOWN[at > 0], fold),
        element("p", _why(hit, terms, say), class_="why") if answer else None,
        element(
            "footer",
            button(say.open_source, data_event="open", data_turn=turn, data_at=at),
            copying(hit.text, citation, say, hit.chunk_id),
            feedback,
        ),
        class_=kind,
    )


def _also(hit: Hit, say: Texts) -> str:
    """The other places where the same words stand."""
    return say.also_in.format(places=say.joined.join(one.label for one in hit.also))


def _passage(
    hit: Hit, answers: Sequence[Span], terms: Sequence[str], say: Texts, shown: int, fold: str
) -> Markup:
    whole = element("p", *marked(hit.text, answers, terms), class_="passage")
    if len(hit.text) <= shown:
        return whole
    start, end = hit.highlights[0] if hit.highlights else (0, EXCERPT_MARGIN)
    low, high = max(0, start - EXCERPT_MARGIN), min(len(hit.text), end + EXCERPT_MARGIN)
    inside = [(max(a, low) - low, min(b, high) - low) for a, b in answers if a < high and b > low]
    excerpt = element(
        "span",
        "……" if low else None,
        *marked(hit.text[low:high], inside, terms),
        "……" if high < len(hit.text) else None,
        class_="passage excerpt",
    )
    return element(
        "details",
        element(
            "summary",
            excerpt,
            element("span", say.show_all, class_="more"),
            element("span", say.show_less, class_="less"),
        ),
        whole,
        class_="fold",
        data_fold=fold,
    )


def _recognised(citation: Citation, say: Texts) -> Markup | None:
    """That the words were recognised in a scan, and how sure the reading is."""
    certainty = citation.metadata.recognised
    if certainty is None:
        return None
    return element("p", say.recognised.format(certainty=int(certainty * 100)), class_="notice")


def _why(hit: Hit, terms: Sequence[str], say: Texts) -> str:
    """What the question and the passage have in common, in words and in meaning."""
    low = f"{hit.citation.title or ''} {hit.citation.section or ''} {hit.text}".lower()
    own = [term for term in terms if not any(term != one and term in one for one in terms)]
    same = [term for term in own if term in low]
    words = "、".join(same[:WORDS_SHOWN])
    if not same:
        reasons = [say.no_words]
    elif len(same) == len(own):
        reasons = [say.all_words.format(words=words)]
    else:
        reasons = [say.some_words.format(total=len(own), count=len(same), words=words)]
    meaning = hit.legs.get("dense")
    if meaning is not None and meaning.rank is not None:
        near = meaning.rank <= _NEAR_IN_MEANING
        nearest = say.nearest_meaning if meaning.rank == 1 else say.near_meaning
        reasons.append(nearest if near else say.far_meaning)
    return say.joined.join(reasons)


def _edit(number: int, question: str, label: str, *, whole: bool = False) -> Markup:
    return button(
        label,
        data_event="edit",
        data_turn=number,
        data_question=question,
        data_whole=whole or None,
        class_="link",
    )
