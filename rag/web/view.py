"""Answers, passages, files and trouble as HTML. What is foreign goes through ``markup`` as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from itertools import groupby
from math import exp

from rag.errors import WenjuError
from rag.types import Answer, Citation, Hit, Language, Span, Status
from rag.web.cited import CitedFile, Line
from rag.web.library import Shelf
from rag.web.marks import pieces, question_terms, term_spans
from rag.web.markup import Markup, element, join
from rag.web.session import MAX_TURNS, Session, Turn
from rag.web.texts import Texts, texts

QUESTION_SHOWN = 400
"""Characters of a question that are shown at once."""
PASSAGE_SHOWN = 360
"""Characters from which a passage folds."""
EXCERPT_MARGIN = 90
LISTED_DOCUMENTS = 200


class Grade(IntEnum):
    """How much a passage is worth, as people are told."""

    LOW = 0
    MIDDLE = 1
    HIGH = 2

    def word(self, say: Texts) -> str:
        """The grade in the page's language."""
        return (say.low, say.middle, say.high)[self]


def masthead(language: Language) -> Markup:
    """The page's name."""
    say = texts(language)
    return element(
        "header",
        element("span", "据", class_="seal", aria_hidden="true"),
        element("h1", say.name, class_="name"),
        element("p", say.motto, class_="motto"),
        class_="masthead",
        lang=say.html_lang,
    )


def shelf(contents: Shelf | WenjuError, language: Language) -> Markup:
    """What is indexed and since when; opens to the list of documents."""
    say = texts(language)
    if isinstance(contents, WenjuError):
        return element("p", say.nothing_indexed, class_="shelf", lang=say.html_lang)
    summary = say.shelf.format(documents=len(contents.documents), passages=contents.passages)
    if contents.created:
        summary += " · " + say.since.format(when=_local_time(contents.created))
    rows = [
        element(
            "tr",
            element("td", document.source, class_="file"),
            element("td", _first(document.titles)),
            element("td", str(document.chunks), class_="number"),
        )
        for document in contents.documents[:LISTED_DOCUMENTS]
    ]
    more = len(contents.documents) - len(rows)
    head = element(
        "tr",
        element("th", say.document, scope="col"),
        element("th", say.headlines, scope="col"),
        element("th", say.passages, scope="col", class_="number"),
    )
    return element(
        "details",
        element("summary", summary),
        element(
            "div",
            element("h2", say.indexed_documents),
            element("table", element("thead", head), element("tbody", *rows)),
            element("p", say.more_documents.format(count=more)) if more else None,
            class_="documents",
        ),
        class_="shelf",
        lang=say.html_lang,
    )


def conversation(
    session: Session, examples: Sequence[str], problem: WenjuError | None = None
) -> Markup:
    """Every question with its answer; before the first one, what this is and what to ask."""
    say = texts(session.language)
    if session.turns:
        body = [
            element("p", say.earlier_dropped.format(count=MAX_TURNS), class_="aside")
            if session.dropped
            else None,
            *(_turn(number, turn, say, session) for number, turn in enumerate(session.turns)),
        ]
    elif problem is not None:
        body = [_trouble(problem, say, session.language)]
    else:
        body = [_welcome(examples, say)]
    hint = element("p", say.blank, class_="hint", role="status") if session.blank else None
    return element("div", *body, hint, class_="conversation", lang=say.html_lang)


def source(
    file: CitedFile, hit: Hit, place: tuple[int, int], hits: int, language: Language
) -> Markup:
    """The sheet that shows the cited lines in their file.

    Args:
        file: the file as it is now.
        hit: the passage that is cited.
        place: number of the turn and of the hit, from 0.
        hits: how many passages the answer has.
        language: of the page.
    """
    say = texts(language)
    citation = hit.citation
    turn, at = place
    notice = {"changed": say.changed, "missing": say.missing, "unreadable": say.unreadable}
    details = [citation.source, _lines(citation, say), citation.date, citation.byline]
    if file.lines:
        details.append(say.of_lines.format(total=file.total))
    return element(
        "aside",
        element(
            "header",
            element("p", say.source, class_="kicker"),
            element("h2", citation.title or say.untitled, tabindex=-1),
            element("p", " · ".join(part for part in details if part), class_="where"),
            element(
                "nav",
                _button(say.previous, data_open=f"{turn}:{at - 1}", disabled=at == 0),
                element("span", f"{at + 1} / {hits}", class_="count"),
                _button(say.next, data_open=f"{turn}:{at + 1}", disabled=at + 1 == hits),
                aria_label=say.passages_heading,
            ),
            element(
                "button", "×", type="button", class_="close", data_close=True, aria_label=say.close
            ),
        ),
        element("p", notice[file.state], class_="notice", role="status") if file.state else None,
        element(
            "section",
            element("h3", say.as_indexed),
            element("p", hit.text, class_="passage"),
            class_="as-indexed",
        )
        if file.state
        else None,
        _window(file, say),
        element("div", *(_line(line, say) for line in file.lines), class_="lines", tabindex=0)
        if file.lines
        else None,
        class_="sheet",
        aria_label=f"{say.source} {citation.label}",
        lang=say.html_lang,
    )


# --- parts of the conversation --------------------------------------------------------------------


def _welcome(examples: Sequence[str], say: Texts) -> Markup:
    offered = [
        element("li", element("button", question, type="button", data_ask=question))
        for question in examples
    ]
    return element(
        "section",
        element("h2", say.welcome),
        element("p", say.what_this_is),
        join(
            element("h3", say.try_these, id="examples"),
            element("ul", *offered, class_="examples", aria_labelledby="examples"),
        )
        if offered
        else None,
        class_="welcome",
    )


def _trouble(error: WenjuError, say: Texts, language: Language) -> Markup:
    return element(
        "section",
        element("h2", say.trouble),
        element("p", error.what(language)),
        element("p", element("code", error.where), class_="where"),
        element("p", element("strong", say.what_to_do), " ", error.next_step(language)),
        class_="trouble",
        role="alert",
    )


def _turn(number: int, turn: Turn, say: Texts, session: Session) -> Markup:
    shown = turn.question[:QUESTION_SHOWN]
    long = len(turn.question) > len(shown)
    if turn.answer is not None:
        outcome = _answer(number, turn.answer, say)
    elif turn.failure is not None:
        outcome = _trouble(turn.failure, say, session.language)
    else:
        outcome = element("p", say.searching, class_="searching", role="status")
    return element(
        "section",
        element("h2", shown + ("……" if long else ""), class_="question"),
        element(
            "p",
            say.long_question.format(length=len(turn.question), shown=len(shown)),
            class_="aside",
        )
        if long
        else None,
        outcome,
        class_="turn",
    )


def _answer(number: int, answer: Answer, say: Texts) -> Markup:
    searched = (
        element(
            "p",
            say.searched_as.format(query=answer.query[:QUESTION_SHOWN]),
            " ",
            _button(say.edit_question, data_edit=answer.query, class_="link"),
            class_="aside",
        )
        if answer.query.strip() != answer.question.strip()
        else None
    )
    seconds = say.took.format(seconds=f"{answer.took_ms / 1000:.2f}")
    if answer.status is Status.NOT_FOUND:
        heading = say.near_heading if answer.hits else say.nothing_near
    else:
        heading = f"{say.passages_heading} · {seconds}"
    return join(
        searched,
        _verdict(number, answer, say),
        element("h3", heading, class_="hits-heading"),
        element(
            "ol", *(_hit(number, at, answer, say) for at in range(len(answer.hits))), class_="hits"
        )
        if answer.hits
        else None,
    )


def _verdict(number: int, answer: Answer, say: Texts) -> Markup:
    """What the answer claims: a quotation, a possible one, or that there is none."""
    if answer.status is Status.NOT_FOUND or not answer.hits:
        return element(
            "div",
            element("p", say.not_found, class_="status", role="status"),
            element("p", say.not_found_advice, class_="advice"),
            class_="verdict not-found",
        )
    hit = answer.hits[0]
    start, end = hit.highlights[0] if hit.highlights else (0, len(hit.text))
    quote = hit.text[start:end].strip()
    sure = answer.status is Status.FOUND
    confidence = say.confidence.format(word=_grade(answer.confidence).word(say))
    meaning = say.confidence_meaning.format(percent=round(answer.confidence * 100))
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
                data_open=f"{number}:0",
            ),
            element("span", confidence, class_="confidence", title=meaning),
            element("span", f"（{meaning}）", class_="meaning"),
            _copy(quote, hit.citation, say),
        ),
        None if sure else element("p", say.uncertain_advice, class_="advice"),
        class_=f"verdict {answer.status}",
    )


def _hit(number: int, at: int, answer: Answer, say: Texts) -> Markup:
    hit = answer.hits[at]
    citation = hit.citation
    terms = question_terms(answer.query)
    near = answer.status is Status.NOT_FOUND
    grade = _relevance(hit, answer)
    where = [citation.source, _lines(citation, say), citation.date, citation.byline]
    return element(
        "li",
        element(
            "article",
            element(
                "header",
                element("h4", citation.title or say.untitled),
                element(
                    "span",
                    say.only_near if near else say.relevance.format(word=grade.word(say)),
                    class_="relevance",
                ),
                element("p", citation.section, class_="section") if citation.section else None,
                element("p", " · ".join(part for part in where if part), class_="where"),
            ),
            element("p", say.stale[citation.stale], class_="notice") if citation.stale else None,
            _passage(hit, () if near else hit.highlights[:1], terms, say),
            element(
                "footer",
                None if near else element("p", _why(hit, terms, say), class_="why"),
                _button(say.open_source, data_open=f"{number}:{at}"),
                _copy(hit.text, citation, say),
            ),
            class_=f"hit {'near' if near else grade.name.lower()}",
        ),
    )


def _passage(hit: Hit, answers: Sequence[Span], terms: Sequence[str], say: Texts) -> Markup:
    whole = element("p", *_marked(hit.text, answers, terms), class_="passage")
    if len(hit.text) <= PASSAGE_SHOWN:
        return whole
    start, end = hit.highlights[0] if hit.highlights else (0, EXCERPT_MARGIN)
    low, high = max(0, start - EXCERPT_MARGIN), min(len(hit.text), end + EXCERPT_MARGIN)
    inside = [(max(a, low) - low, min(b, high) - low) for a, b in answers if a < high and b > low]
    excerpt = element(
        "span",
        "……" if low else None,
        *_marked(hit.text[low:high], inside, terms),
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
    )


def _marked(text: str, answers: Sequence[Span], terms: Sequence[str]) -> list[Markup]:
    marked = []
    runs = groupby(pieces(text, answers, term_spans(text, terms)), key=lambda piece: piece.answer)
    for is_answer, run in runs:
        inner = join(
            *(element("b", one.text, class_="term") if one.term else one.text for one in run)
        )
        marked.append(element("mark", inner) if is_answer else inner)
    return marked


def _relevance(hit: Hit, answer: Answer) -> Grade:
    """The answer's own grade for the best passage; for another one also how close it comes.

    Only differences of scores mean anything: ``exp`` of one is the odds that the passage is as good
    as the best (the ranking is a pairwise logistic model).
    """
    odds = exp(min(0.0, hit.score - answer.hits[0].score))
    close = Grade.HIGH if odds >= 0.5 else Grade.MIDDLE if odds >= 0.05 else Grade.LOW
    return min(_grade(answer.confidence), close)


def _why(hit: Hit, terms: Sequence[str], say: Texts) -> str:
    """What the question and the passage have in common, in words."""
    low = f"{hit.citation.title or ''} {hit.citation.section or ''} {hit.text}".lower()
    same: list[str] = []
    for term in terms:
        if term in low and not any(term in longer for longer in same):
            same.append(term)
    return say.matched_words.format(words="、".join(same[:6])) if same else say.by_meaning


def _grade(confidence: float) -> Grade:
    if confidence >= 0.8:
        return Grade.HIGH
    return Grade.MIDDLE if confidence >= 0.5 else Grade.LOW


def _copy(quote: str, citation: Citation, say: Texts) -> Markup:
    copied = say.citation.format(quote=quote, label=citation.label)
    return _button(say.copy, data_copy=copied, data_done=say.copied, aria_live="polite")


def _button(label: str, **attributes: str | int | bool | None) -> Markup:
    return element("button", label, type="button", **attributes)


def _lines(citation: Citation, say: Texts) -> str:
    template = say.line if citation.line_start == citation.line_end else say.lines
    lines = template.format(start=citation.line_start, end=citation.line_end)
    return f"{say.page.format(page=citation.page)} {lines}" if citation.page else lines


# --- parts of the source --------------------------------------------------------------------------


def _window(file: CitedFile, say: Texts) -> Markup | None:
    if not file.lines or len(file.lines) == file.total:
        return None
    first, last = file.lines[0].number, file.lines[-1].number
    text = say.window.format(start=first, end=last, total=file.total)
    return element("p", text, class_="aside")


def _line(line: Line, say: Texts) -> Markup:
    shortened = (
        element("span", say.shortened_line.format(length=line.whole), class_="aside")
        if line.whole
        else None
    )
    content = [
        element("mark", piece.text) if piece.answer else join(piece.text)
        for piece in pieces(line.text, line.cited, ())
    ]
    return element(
        "div",
        element("span", *content, class_="words"),
        shortened,
        class_="line cited" if line.cited else "line",
        data_number=line.number,
    )


def _first(titles: Sequence[str]) -> str:
    more = f" (+{len(titles) - 1})" if len(titles) > 1 else ""
    return f"{titles[0]}{more}" if titles else ""


def _local_time(created: str) -> str:
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return created
