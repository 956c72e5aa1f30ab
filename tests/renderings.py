"""Files of every format made from known text, with what a reader ought to get out of each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from html import escape
from itertools import pairwise
from typing import Any

import paper
import scans
from newspaper import sentences
from scans import distance

from rag.read import Loaded, bare, parse

Story = tuple[str, Sequence[str]]

HEADER = ("乡镇", "养老驿站", "完成率", "验收日期")
ROWS = (
    ("临河镇", "12", "80.0%", "2021-03-05"),
    ("白石桥乡", "7", "45.5%", "2021-04-18"),
    ("望湖新区", "1,250", "3.5%", "2021-11-30"),
    ("柳林口村", "36", "100.0%", "2021-12-01"),
)
_VALUES = (
    ("临河镇", 12, 0.8, date(2021, 3, 5)),
    ("白石桥乡", 7, 0.455, date(2021, 4, 18)),
    ("望湖新区", 1250, 0.035, date(2021, 11, 30)),
    ("柳林口村", 36, 1, date(2021, 12, 1)),
)
NOTE = "截至三月底的数字，含在建。"
ITEMS = ("向所在社区提出申请，填写登记表。", "街道在五个工作日之内审核完毕。")
_NAVIGATION = ("网站首页", "政务公开", "互动交流", "无障碍浏览")
_ASIDE = ("推荐阅读：春耕物资准备充足", "扫一扫在手机打开当前页")
_FOOT = ("版权所有：河湾县融媒体中心", "备案号：00000000")
_HEAD = "河湾县统计年报"


@dataclass(frozen=True, slots=True)
class Rendering:
    """A file, and what it says.

    Attributes:
        name: what it is, for people.
        file: its name.
        data: its bytes.
        text: headings, paragraphs, items, in the order in which they are read.
        anywhere: what has to be there, in whatever place: notes, captions.
        rows: of its tables, each with its cells by the names of their columns.
        furniture: what has no place in the text.
        beside: what marks a line that may be there or not.
        pages: as printed, or a thousand characters each.
    """

    name: str
    file: str
    data: bytes
    text: tuple[str, ...]
    anywhere: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    furniture: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    pages: float = 0.0

    @property
    def size(self) -> float:
        """In pages."""
        return self.pages or max(sum(map(len, self.text)), 100) / 1000


_TABLE = tuple(dict(zip(HEADER, row, strict=True)) for row in ROWS)


def plain(stories: Sequence[Story]) -> tuple[str, ...]:
    """Headlines and paragraphs."""
    return tuple(text for title, paragraphs in stories for text in (title, *paragraphs))


def _html(stories: Sequence[Story]) -> str:
    return "".join(
        f"<h2>{escape(title)}</h2>" + "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
        for title, paragraphs in stories
    )


def printed(
    name: str, file: str, stories: Sequence[Story], columns: int, *, running: bool
) -> Rendering:
    """A PDF by Chromium; with ``running`` heads and page numbers."""
    style = f"body {{ columns: {columns}; column-gap: 8mm }} h2 {{ font-size: 15pt }}"
    style += "h2 { column-span: all }" if columns == 1 else ""
    if running:
        style += (
            f"@page {{ @top-center {{ content: '{_HEAD}'; font-size: 9pt }}"
            "@bottom-center { content: '— ' counter(page) ' —'; font-size: 9pt } }"
        )
    data = paper.printed(_html(stories), style)
    import pypdfium2

    pages = len(pypdfium2.PdfDocument(data))
    furniture = (_HEAD, *(f"— {n} —" for n in range(1, pages + 1))) if running else ()
    return Rendering(name, file, data, plain(stories), furniture=furniture, pages=pages)


def newspaper(stories: Sequence[Story], columns: int) -> Rendering:
    """A page of articles, each under a headline that spans its columns."""
    body = "".join(
        f"<article><h2>{escape(title)}</h2><div>"
        + "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
        + "</div></article>"
        for title, paragraphs in stories
    )
    style = f"body {{ font-size: 10pt }} div {{ columns: {columns}; column-gap: 6mm }}"
    data = paper.printed(body, style)
    import pypdfium2

    pages = len(pypdfium2.PdfDocument(data))
    name = f"PDF, newspaper of {columns} columns"
    return Rendering(name, f"paper{columns}.pdf", data, plain(stories), pages=pages)


def scanned(stories: Sequence[Story]) -> Rendering:
    """A PDF of nothing but pictures."""
    paragraphs = [text for _, body in stories for text in body][:5]
    held = io.BytesIO()
    scans.scan(paragraphs, dpi=150).save(held, "PDF", resolution=150)
    return Rendering("PDF, scanned", "scan.pdf", held.getvalue(), tuple(paragraphs), pages=1)


def add_footnote(document: Any, paragraph: Any, said: str) -> None:
    """A footnote at the end of ``paragraph``; python-docx makes none."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import OxmlElement
    from docx.oxml.ns import nsdecls, qn

    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), "2")
    paragraph.add_run()._r.append(mark)
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="2"><w:p><w:r><w:t>{said}</w:t></w:r></w:p>'
        "</w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def word(stories: Sequence[Story]) -> Rendering:
    """Headings by style, a numbered list, a table, a footnote, a running head."""
    import docx

    document: Any = docx.Document()
    text: list[str] = []
    for title, paragraphs in stories:
        document.add_heading(title, 1)
        for each in paragraphs:
            document.add_paragraph(each)
        text += [title, *paragraphs]
    add_footnote(document, document.paragraphs[-1], NOTE)
    for item in ITEMS:
        document.add_paragraph(item, style="List Number")
    text += ITEMS
    table = document.add_table(rows=0, cols=len(HEADER))
    for row in (HEADER, *ROWS):
        for cell, said in zip(table.add_row().cells, row, strict=True):
            cell.text = said
    document.sections[0].header.paragraphs[0].text = _HEAD
    held = io.BytesIO()
    document.save(held)
    return Rendering(
        "DOCX", "a.docx", held.getvalue(), tuple(text), (NOTE,), _TABLE, furniture=(_HEAD,)
    )


def web(stories: Sequence[Story], encoding: str) -> Rendering:
    """An article among navigation, side notes and a foot, in an encoding that it declares."""
    title, paragraphs = stories[0]
    table = "".join(
        "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
        for tag, row in (("th", HEADER), *(("td", row) for row in ROWS))
    )
    links = "".join(f"<li><a href='/{n}'>{one}</a></li>" for n, one in enumerate(_NAVIGATION))
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    items = "".join(f"<li>{item}</li>" for item in ITEMS)
    page = (
        f"<!doctype html><html><head><meta charset='{encoding}'><title>{title}</title></head><body>"
        f"<nav><ul>{links}</ul></nav><main><article><h1>{title}</h1>{body}<ol>{items}</ol>"
        f"<table>{table}</table></article>"
        f"<aside><p><a href='/x'>{_ASIDE[0]}</a></p><p>{_ASIDE[1]}</p></aside></main>"
        f"<footer><p>{_FOOT[0]}</p><p>{_FOOT[1]}</p></footer>"
        "<script>let a = 1;</script></body></html>"
    )
    return Rendering(
        f"HTML, {encoding}",
        f"{encoding}.html",
        page.encode(encoding),
        (title, *paragraphs, *ITEMS),
        (),
        _TABLE,
        (*_NAVIGATION, *_ASIDE, *_FOOT),
    )


def sheet(times: int = 1) -> Rendering:
    """A table with the formats that numbers and days are shown in; each row ``times`` over."""
    import openpyxl

    book = openpyxl.Workbook()
    one: Any = book.active
    one.title = "进度"
    one.append(HEADER)
    for place, values in enumerate(_VALUES * times, start=2):
        one.append(values)
        for column, shape in (("B", "#,##0"), ("C", "0.0%"), ("D", "yyyy-mm-dd")):
            one[f"{column}{place}"].number_format = shape
    held = io.BytesIO()
    book.save(held)
    return Rendering("XLSX", "a.xlsx", held.getvalue(), (), (), _TABLE, pages=1)


def delimited(encoding: str) -> Rendering:
    """The same as text; one cell has the delimiter in it."""
    held = io.StringIO()
    csv.writer(held).writerows((HEADER, *ROWS))
    data = held.getvalue().encode(encoding)
    return Rendering(f"CSV, {encoding}", "a.csv", data, (), (), _TABLE, pages=1)


def mail(stories: Sequence[Story]) -> Rendering:
    """A mail in GB18030, quoted-printable, and once more as HTML."""
    title, paragraphs = stories[0]
    message = EmailMessage()
    message["From"], message["To"] = "a@example.org", "b@example.org"
    message["Date"], message["Subject"] = "Mon, 08 Mar 2021 09:00:00 +0800", title
    body = "\n\n".join(paragraphs)
    message.set_content(body, charset="gb18030", cte="quoted-printable")
    message.add_alternative(f"<p>{body}</p>", subtype="html")
    return Rendering(
        "EML",
        "a.eml",
        message.as_bytes(),
        tuple(paragraphs),
        (title,),
        beside=("example.org", "2021"),
    )


def wrapped(stories: Sequence[Story], encoding: str) -> Rendering:
    """Text broken at 30 characters, each paragraph indented, as programs of old saved it."""
    lines: list[str] = []
    for title, paragraphs in stories:
        lines += [title, ""]
        for text in paragraphs:
            lines += scans.wrapped("\u3000\u3000" + text, 60)
        lines.append("")
    data = "\r\n".join(lines).encode(encoding)
    return Rendering(f"text, wrapped, {encoding}", f"{encoding}.txt", data, plain(stories))


def renderings(stories: Sequence[Story]) -> Iterator[Rendering]:
    """One of each; those that need a program that is not here are left out."""
    makes: list[Callable[[], Rendering]] = []
    if paper.CHROMIUM:
        makes += [
            lambda: printed("PDF, one column", "one.pdf", stories, 1, running=True),
            lambda: printed("PDF, two columns", "two.pdf", stories, 2, running=True),
            lambda: newspaper(stories, 2),
            lambda: newspaper(stories, 3),
        ]
    makes += [
        lambda: word(stories),
        lambda: web(stories, "utf-8"),
        lambda: web(stories, "gb2312"),
        sheet,
        lambda: delimited("gb18030"),
        lambda: mail(stories),
        lambda: wrapped(stories, "gb18030"),
        lambda: wrapped(stories, "utf-16"),
        lambda: wrapped(stories, "utf-8"),
    ]
    if scans.FONT:
        makes.append(lambda: scanned(stories))
    for make in makes:
        yield make()


# --- judging --------------------------------------------------------------------------------------

_MARKS = re.compile(
    r"^\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+)|\*\*|__|<!--.*?-->|!\[[^\]]*\]\([^)]*\)|\\(?=[\W_])|\[\^?\d+\]:?"
    r"|<[^<>]{1,60}>"
)
_NUMBER = re.compile(r"^\s*\d{1,2}[.、)]\s*")


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out, as shares of what should; ``errors``: edits for each character of the text."""

    errors: float
    order: float
    """Of neighbouring sentences, those that follow each other with nothing in between."""
    whole: float
    """Of sentences, those that stand in one line."""
    rows: float
    """Of the cells of tables, those that stand in one line with their column's name."""
    anywhere: float
    apart: float
    """Of what has no place in the text, what is not in it."""


def judge(rendering: Rendering, said: str) -> Judged:
    """Compare what a reader says with the truth; Markdown's marks do not count, nor spaces."""
    lines = [bare(_NUMBER.sub("", _MARKS.sub("", line))) for line in said.splitlines()]
    lines = [line for line in lines if line and not any(one in line for one in rendering.beside)]
    tables = [line for line in lines if _is_of_table(line, rendering)]
    prose = [line for line in lines if line not in tables]
    text = "".join(prose)
    found = [bare(one) in text for one in rendering.anywhere]
    for one in rendering.anywhere:
        text = text.replace(bare(one), "", 1)
    told = [bare(one) for piece in rendering.text for one in sentences(piece)]
    pairs = [one + other for one, other in pairwise(told)]
    cells = [
        any(bare(value) in line and bare(name) in line and bare(key) in line for line in tables)
        for row in rendering.rows
        for key in (row[HEADER[0]],)
        for name, value in row.items()
    ]
    truth = "".join(told)
    page = "".join(lines)
    return Judged(
        errors=distance(truth, text) / len(truth) if truth else 0.0,
        order=_share(pair in text for pair in pairs),
        whole=_share(any(one in line for line in prose) for one in told),
        rows=_share(cells),
        anywhere=_share(found),
        apart=_share(bare(one) not in page for one in rendering.furniture),
    )


def _is_of_table(line: str, rendering: Rendering) -> bool:
    """Whether a line is made of nothing but cells and names of columns."""
    cells = {bare(said) for row in rendering.rows for pair in row.items() for said in pair}
    for cell in sorted(cells, key=len, reverse=True):
        line = line.replace(cell, "")
    return bool(rendering.rows) and not re.search(r"\w", line)


def _share(right: Iterable[bool]) -> float:
    each = list(right)
    return sum(each) / len(each) if each else 1.0


def read(rendering: Rendering) -> str:
    """What we make of a file: a line for each of its blocks."""
    document = parse(Loaded(rendering.file, rendering.data, "0" * 64))
    return "\n".join(
        block.text.replace("\n", " ") for article in document.articles for block in article.blocks
    )
