"""PDF, by pdfium: its text layer, with the box of every glyph; read in the order of the paper.

pdfium (BSD, Apache-2.0) is the engine of Chromium, maintained with it, and maps Chinese fonts to
characters without further files. The file's text is the text of its pages as pdfium gives it, one
after another, a line break between two of them; radicals, compatibility forms and ligatures, which
fonts that name their glyphs carelessly make of plain characters, stand as those characters.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from rag.errors import FileDamaged, FileEncrypted, PagesAreImages, ReaderMissing
from rag.read import repair, shapes
from rag.read.reader import Draft
from rag.read.typeset import Row, typeset
from rag.types import Block, BlockKind, Page, Problem, Span

_MAGIC_WITHIN = 1024  # bytes, as readers of PDF allow
_HYPHENS = (0x02, 0xFFFE)  # what pdfium says of a hyphen at the end of a line
_LOCKED = (4, 5)  # FPDF_ERR_PASSWORD; FPDF_ERR_SECURITY, a lock that pdfium has no key for
_END = 2048  # bytes: how far from the end of a whole file its last table is named, at most
_KNOWN = 0.7  # of a page's glyphs whose characters are known, below which it is not what it says
_MARGIN = 0.15  # of a page's height, at either end
_FOLIO = re.compile(
    r"[-—–·•\s]*(?:第\s*)?\d{1,4}\s*页?(?:[\s/／，]*共?\s*\d{1,4}\s*页?)?[-—–·•\s]*"
    r"|page \d{1,4}(?: of \d{1,4})?",
    re.IGNORECASE,
)
_HYPHEN = re.compile(r"[A-Za-z]-$")
# Radicals that look like characters, as fonts name them; all others have their own decomposition.
_RADICALS = dict(
    zip(
        "\u2e81\u2e8a\u2e9d\u2e9e\u2ea0\u2ea7\u2eac\u2eae\u2eaf\u2eb6\u2ebb\u2ec1\u2ec4\u2ec5\u2ec6"
        "\u2ec9\u2eca\u2ecb\u2ed1\u2ed3\u2ed4\u2ed7\u2ed9\u2eda\u2edb\u2edc\u2edd\u2ee2\u2ee3\u2ee4"
        "\u2ee5\u2ee6\u2ee7\u2ee8\u2ee9\u2eea\u2eec\u2eee\u2ef0",
        "厂卜月歹民牛示竹糸羊聿虎西见角贝足车長长门雨韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙",
        strict=True,
    )
)
_SPACE = 0.15  # of a glyph's width more than others stand apart, from which on a gap is a space
_NOWHERE = (0.0, 0.0, 0.0, 0.0)
_EDGE = 2  # lines at the top and at the bottom of a page that may be a running head or foot
_REPEATED = 0.5  # of the pages that a running head stands on, at least

_Glyph = tuple[str, tuple[float, float, float, float], bool]
"""What it says, its box, whether it is a space that is not in the file."""


class Pdf:
    """See :class:`rag.read.reader.Reader`."""

    name = "PDF"
    suffixes = frozenset({".pdf"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By the header."""
        return b"%PDF-" in data[:_MAGIC_WITHIN]

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            ReaderMissing: pypdfium2 is not installed.
            FileEncrypted: a password is needed.
            FileDamaged: no page can be read.
            PagesAreImages: there is no text on any page.
        """
        try:
            import pypdfium2
        except ImportError as error:
            raise ReaderMissing(where, format="PDF", package="pypdfium2") from error
        try:
            file = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) in _LOCKED
            if locked and b"/Encrypt" in data:
                raise FileEncrypted(where) from error
            raise FileDamaged(where, reason=str(error)) from error
        pages: list[Page] = []
        texts: list[str] = []
        images: list[int] = []
        damaged: list[int] = []
        unmapped: list[int] = []
        start = 0
        for number in range(1, len(file) + 1):
            try:
                width, height, text, glyphs, known = _page(file, number - 1)
            except pypdfium2.PdfiumError:
                damaged.append(number)
                continue
            if not text.strip():
                images.append(number)
            elif known < _KNOWN:
                unmapped.append(number)
            text += "\n"
            glyphs.extend((0.0,) * 4)
            pages.append(Page(number, start, start + len(text), width, height, glyphs))
            texts.append(text)
            start += len(text)
        if len(images) == len(pages):
            raise PagesAreImages(where, part=_ranges(images)) if images else FileDamaged(where)
        found = {"PagesAreImages": images, "PagesUnmapped": unmapped, "PagesDamaged": damaged}
        problems = [Problem(code, _ranges(numbers)) for code, numbers in found.items() if numbers]
        if b"%%EOF" not in data[-_END:]:
            problems.append(Problem("FileCutOff", ""))
        return _draft("".join(texts), pages, problems)


def _draft(text: str, pages: list[Page], problems: Sequence[Problem]) -> Draft:
    set_pages = [typeset(text, page) for page in pages]
    apart = {id(row) for row in _running(set_pages)}
    furniture = [
        span for rows in set_pages for row in rows if id(row) in apart for span in _all(row)
    ]
    rows = [row for rows in set_pages for row in rows if id(row) not in apart]
    for place in range(len(rows) - 1):
        line, after = rows[place].line, rows[place + 1].line
        if not rows[place].cells and _HYPHEN.search(line.text) and after.text[0].islower():
            rows[place] = replace(rows[place], line=line.going_on(hyphen=True))
            furniture.append((line.end - 1, line.end))
    return Draft(
        text=text,
        encoding="pdf",
        blocks=list(_blocks(text, rows)),
        pages=tuple(pages),
        furniture=tuple(sorted(furniture)),
        problems=tuple(problems),
    )


def _all(row: Row) -> tuple[Span, ...]:
    return row.cells or ((row.line.start, row.line.end),)


def _blocks(text: str, rows: Sequence[Row]) -> Iterator[Block]:
    """Prose is repaired, rows of tables are blocks of their own."""
    prose: list[Row] = []
    for row in [*rows, None]:
        if row is not None and not row.cells:
            prose.append(row)
            continue
        kinds = {at: BlockKind.HEADING for at, one in enumerate(prose) if _is_headline(prose, at)}
        yield from repair.blocks([one.line for one in prose], kinds)
        prose = []
        if row is not None:
            yield _table_row(text, row.cells)


def _is_headline(rows: Sequence[Row], at: int) -> bool:
    """Whether a row is set larger than the text, and is no sentence."""
    return rows[at].headline and not shapes.is_complete(rows[at].line.text)


def _table_row(text: str, cells: Sequence[Span]) -> Block:
    parts: list[str] = []
    spans: list[Span] = []
    for place, (start, end) in enumerate(cells):
        parts.append(text[start:end])
        spans.append((start, end))
        if place < len(cells) - 1 and text[end : end + 1].isspace():
            parts.append(" ")
            spans.append((end, end + 1))
    return Block(BlockKind.TABLE_ROW, "".join(parts), tuple(spans))


def _page(file: Any, index: int) -> tuple[float, float, str, array[float], float]:
    """Width, height, text, glyph boxes of a page; how many of its glyphs have a character."""
    from pypdfium2 import raw

    page = file[index]
    textpage = page.get_textpage()
    try:
        width, height = page.get_size()
        place_of = _paper(page.get_bbox(), page.get_rotation())
        glyphs: list[_Glyph] = []
        drawn = unknown = 0
        for place in range(textpage.count_chars()):
            said = _characters(raw.FPDFText_GetUnicode(textpage, place))
            if said.isspace():
                made_up = said == " " and bool(raw.FPDFText_IsGenerated(textpage, place))
                glyphs.append((said, _NOWHERE, made_up))
                continue
            drawn += 1
            unknown += (
                bool(raw.FPDFText_HasUnicodeMapError(textpage, place))
                or said == "\ufffd"
                or not said.isprintable()  # for private use, as fonts of emblems have it
            )
            glyphs.append((said, place_of(*textpage.get_charbox(place, loose=True)), False))
        text: list[str] = []
        boxes: array[float] = array("f")
        for said, box, _ in _spaced(glyphs):
            text.append(said)
            boxes.extend(box * len(said))
        return width, height, "".join(text), boxes, 1 - unknown / max(drawn, 1)
    finally:
        textpage.close()
        page.close()


def _spaced(glyphs: Sequence[_Glyph]) -> Iterator[_Glyph]:
    """The glyphs without the spaces that pdfium sees where a line is only set wide.

    It makes a space of every gap; in a justified line all characters stand apart.
    """
    for line in _lines(glyphs):
        seen = [glyph for glyph in line if not glyph[0].isspace()]
        gaps = [_gap(one, other) for one, other in pairwise(seen) if _are_ideographs(one, other)]
        usual = median(gaps) if gaps else 0.0
        for place, glyph in enumerate(line):
            if glyph[2] and 0 < place < len(line) - 1:
                before, after = line[place - 1], line[place + 1]
                wide = max(_extent(before), _extent(after))
                if (
                    (_is_ideograph(before[0]) or _is_ideograph(after[0]))
                    and not after[0].isspace()
                    and _gap(before, after) < usual + _SPACE * wide
                ):
                    continue
            yield glyph


def _lines(glyphs: Sequence[_Glyph]) -> Iterator[Sequence[_Glyph]]:
    start = 0
    for place, glyph in enumerate(glyphs):
        if glyph[0] in "\r\n":
            yield glyphs[start : place + 1]
            start = place + 1
    yield glyphs[start:]


def _gap(one: _Glyph, other: _Glyph) -> float:
    """How far apart two neighbours stand, whichever way the line runs."""
    (left, top, right, bottom), after = one[1], other[1]
    return max(after[0] - right, left - after[2], after[1] - bottom, top - after[3])


def _extent(glyph: _Glyph) -> float:
    left, top, right, bottom = glyph[1]
    return min(right - left, bottom - top)


def _are_ideographs(one: _Glyph, other: _Glyph) -> bool:
    return _is_ideograph(one[0]) and _is_ideograph(other[0])


def _is_ideograph(character: str) -> bool:
    return shapes.columns(character[0]) == 2


def _paper(
    around: tuple[float, float, float, float], rotation: int
) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """From the page's own space (left, bottom, right, top) to the paper as it is shown."""
    x0, y0, x1, y1 = around
    shown: dict[int, Callable[[float, float, float, float], tuple[float, float, float, float]]] = {
        0: lambda left, low, right, top: (left - x0, y1 - top, right - x0, y1 - low),
        90: lambda left, low, right, top: (low - y0, left - x0, top - y0, right - x0),
        180: lambda left, low, right, top: (x1 - right, low - y0, x1 - left, top - y0),
        270: lambda left, low, right, top: (y1 - top, x1 - right, y1 - low, x1 - left),
    }
    return shown[rotation % 360]


@lru_cache(maxsize=20_000)
def _characters(code: int) -> str:
    """What a glyph says: nearly always one character."""
    if code in _HYPHENS:
        return "-"
    if not (0x20 <= code <= 0x10FFFF or code in (9, 10, 13)) or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"  # a glyph that no character is known for; it is not dropped
    character = chr(code)
    if character in _RADICALS:
        return _RADICALS[character]
    if "\u2e80" <= character <= "\u2fd5" or "\uf900" <= character <= "\ufb06":
        return unicodedata.normalize("NFKC", character)
    return character


def _running(pages: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """Running heads and feet, page numbers: rows at a page's edge that most pages share."""
    edges: list[tuple[Row, bool]] = []
    for rows in pages:
        down = sorted(rows, key=lambda row: row.top)
        head, foot = down[:_EDGE], down[max(_EDGE, len(down) - _EDGE) :]
        edges += [(row, row.bottom < _MARGIN or row.top > 1 - _MARGIN) for row in (*head, *foot)]
    seen = Counter(_shape(row.line.text) for row, _ in edges)
    for row, outside in edges:
        text = row.line.text
        times = seen[_shape(text)]
        often = times >= max(3, _REPEATED * len(pages)) or (outside and times == len(pages) > 1)
        brief = len(text) <= shapes.REACH and not shapes.is_complete(text)
        if (often and brief) or (outside and _FOLIO.fullmatch(text)):
            yield row


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _ranges(numbers: Sequence[int]) -> str:
    """1, 3–5 of 1, 3, 4, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
