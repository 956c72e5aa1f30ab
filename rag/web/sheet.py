"""The source beside the answer: a file opened at the cited lines, as a sheet on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from unicodedata import east_asian_width
from urllib.parse import quote

from rag.types import Box, Hit, Language, Page
from rag.web.cited import CitedFile, Line
from rag.web.marks import pieces
from rag.web.markup import Markup, element, join
from rag.web.parts import button, copying, icon, place
from rag.web.texts import Texts, texts


def source(file: CitedFile, hit: Hit, turn: str, at: int, hits: int, language: Language) -> Markup:
    """The sheet that shows the cited lines in their file.

    Args:
        file: the file as it is now.
        hit: the passage that is cited.
        turn: the turn that it answers, as a number from 0, or ``cited``.
        at: the passage among those of the turn, from 0.
        hits: how many passages the answer has.
        language: of the page.
    """
    say = texts(language)
    citation = hit.citation
    notice = {"changed": say.changed, "missing": say.missing, "unreadable": say.unreadable}
    total = (say.of_lines.format(total=file.total),) if file.lines else ()
    return element(
        "aside",
        element(
            "header",
            element("p", say.source, class_="kicker"),
            element("h2", citation.title or say.untitled, tabindex=-1),
            place(citation, say, *total),
            element(
                "nav",
                _step(say.previous, turn, at - 1, disabled=at == 0),
                element("span", say.hit_of.format(number=at + 1, total=hits), class_="count"),
                _step(say.next, turn, at + 1, disabled=at + 1 == hits),
                _views(say) if file.pages and file.lines else None,
                element("span", class_="gap"),
                copying(hit.text, citation, say, hit.chunk_id),
                aria_label=say.passages_heading,
            ),
            icon("close-icon", say.close, data_event="shut"),
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
        _paper(file, hit, say) if file.pages else None,
        _window(file, say),
        element(
            "div",
            *(_line(line, say, hit) for line in file.lines),
            class_="lines",
            tabindex=0,
            role="region",
            aria_label=citation.source,
        )
        if file.lines
        else None,
        class_="sheet",
        data_turn=turn,
        data_at=at,
        aria_label=f"{say.source} {citation.label}",
        lang=say.html_lang,
    )


def _views(say: Texts) -> Markup:
    """What chooses between the page as a picture and its text; ``page.js`` remembers it."""
    return element(
        "span",
        button(say.as_picture, data_view="picture", aria_pressed="true"),
        button(say.as_text, data_view="text", aria_pressed="false"),
        class_="views",
        role="group",
        aria_label=say.source,
    )


def _paper(file: CitedFile, hit: Hit, say: Texts) -> Markup:
    """The pages as pictures, with the passage marked on them."""
    citation = hit.citation
    answering = answer_boxes(file.lines, citation.boxes)
    return element(
        "div",
        *(_leaf(page, hit, answering, say) for page in file.pages),
        class_="paper",
        tabindex=0,
        role="region",
        aria_label=f"{citation.source} {say.page.format(page=citation.page)}",
    )


def _leaf(page: Page, hit: Hit, answering: Sequence[Box], say: Texts) -> Markup:
    address = f"page?cite={quote(hit.chunk_id, safe='')}&number={page.number}"
    boxes = [box for box in hit.citation.boxes if box.page == page.number]
    return element(
        "figure",
        element(
            "div",
            element(
                "img",
                src=address,
                alt=say.picture_of.format(page=page.number, name=hit.citation.source),
                width=round(page.width),
                height=round(page.height),
            ),
            *(_mark(box, page, "box") for box in boxes),
            *(_mark(box, page, "box answering") for box in answering if box.page == page.number),
            class_="leaf",
        ),
        element("figcaption", say.page.format(page=page.number)),
        element("p", say.no_picture, class_="notice"),
    )


def answer_boxes(lines: Sequence[Line], boxes: Sequence[Box]) -> list[Box]:
    """The parts of a passage's boxes that the sentence that answers fills.

    A line of the text is a line on paper, and so one of the boxes; within it a letter takes its
    share of the width. None where lines and boxes are not the same number, or a line runs down the
    paper.
    """
    cited = [line for line in lines if line.cited and line.text.strip()]
    if len(cited) != len(boxes):
        return []
    found = []
    for line, box in zip(cited, boxes, strict=True):
        start, end = line.cited[0][0], line.cited[-1][1]
        if not line.answering or box.bottom - box.top > box.right - box.left:
            continue
        low, high = line.answering[0][0], line.answering[-1][1]
        whole = _breadth(line.text[start:end])
        width = box.right - box.left
        left = box.left + width * _breadth(line.text[start:low]) / whole
        right = box.left + width * _breadth(line.text[start:high]) / whole
        found.append(replace(box, left=left, right=right))
    return found


def _breadth(text: str) -> float:
    """How wide ``text`` is printed, in full-width characters."""
    return sum(1.0 if east_asian_width(char) in "WFA" else 0.5 for char in text)


def _mark(box: Box, page: Page, kind: str) -> Markup:
    left, top = 100 * box.left / page.width, 100 * box.top / page.height
    width = 100 * (box.right - box.left) / page.width
    height = 100 * (box.bottom - box.top) / page.height
    style = f"left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"
    return element("span", class_=kind, style=style, aria_hidden="true")


def _step(label: str, turn: str, at: int, *, disabled: bool) -> Markup:
    return button(label, data_event="open", data_turn=turn, data_at=at, disabled=disabled)


def _window(file: CitedFile, say: Texts) -> Markup | None:
    if not file.lines or len(file.lines) == file.total:
        return None
    first, last = file.lines[0].number, file.lines[-1].number
    text = say.window.format(start=first, end=last, total=file.total)
    return element("p", text, class_="aside")


def _line(line: Line, say: Texts, hit: Hit) -> Markup:
    citation = hit.citation
    between = not line.text.strip() and citation.line_start < line.number < citation.line_end
    shortened = (
        element("span", say.shortened_line.format(length=line.whole), class_="aside")
        if line.whole
        else None
    )
    content = [
        _piece(piece.text, cited=piece.answer, answering=piece.term)
        for piece in pieces(line.text, line.cited, line.answering)
    ]
    return element(
        "div",
        element("span", *content, class_="words"),
        shortened,
        class_="line cited" if line.cited else "line between" if between else "line",
        data_number=line.number,
    )


def _piece(text: str, *, cited: bool, answering: bool) -> Markup:
    if not cited:
        return join(text)
    return element("mark", text, class_="answering" if answering else None)
