"""PDF, by pdfium: its text layer in the order of its contents, with the box of every glyph.

pdfium (BSD, Apache-2.0) is the engine of Chromium, maintained with it, and maps Chinese fonts to
characters without further files. The file's text is the text of its pages, one
after another, a line break between two of them.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import FileDamaged, FileEncrypted, PagesAreImages, ReaderMissing
from rag.read import repair, shapes
from rag.read.lines import Line, lines
from rag.read.reader import Draft
from rag.types import Page, Problem, Span

_MAGIC_WITHIN = 1024  # bytes, as readers of PDF allow
_HYPHENS = (0x02, 0xFFFE)  # what pdfium says of a hyphen at the end of a line
_LOCKED = (4, 5)  # FPDF_ERR_PASSWORD; FPDF_ERR_SECURITY, a lock that pdfium has no key for
_END = 2048  # bytes: how far from the end of a whole file its last table is named, at most
_KNOWN = 0.7  # of a page's glyphs whose characters are known, below which it is not what it says
_EDGE = 2  # lines at the top and at the bottom of a page that may be a running head or foot
_REPEATED = 0.5  # of the pages that a running head stands on, at least


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
    source = lines(text)
    apart = set(_running(source, pages))
    return Draft(
        text=text,
        encoding="pdf",
        blocks=repair.blocks([line for index, line in enumerate(source) if index not in apart]),
        pages=tuple(pages),
        furniture=tuple(_span(source[index]) for index in sorted(apart)),
        problems=tuple(problems),
    )


def _page(file: Any, index: int) -> tuple[float, float, str, array[float], float]:
    """Width, height, text, glyph boxes of a page; how many of its glyphs have a character."""
    from pypdfium2 import raw

    page = file[index]
    textpage = page.get_textpage()
    try:
        width, height = page.get_size()
        characters: list[str] = []
        glyphs: array[float] = array("f")
        drawn = unknown = 0
        for place in range(textpage.count_chars()):
            code = raw.FPDFText_GetUnicode(textpage, place)
            character = _character(code)
            characters.append(character)
            if character.isspace():
                glyphs.extend((0.0,) * 4)
                continue
            drawn += 1
            unknown += (
                raw.FPDFText_HasUnicodeMapError(textpage, place) or not character.isprintable()
            )
            left, bottom, right, top = textpage.get_charbox(place, loose=True)
            glyphs.extend((left, height - top, right, height - bottom))
        known = 1 - unknown / max(drawn, 1)
        return width, height, "".join(characters), glyphs, known
    finally:
        textpage.close()
        page.close()


def _character(code: int) -> str:
    if code in _HYPHENS:
        return "-"
    character = chr(code) if code <= 0x10FFFF else "\ufffd"
    if character in "\t\r\n" or (code >= 0x20 and not 0xD800 <= code <= 0xDFFF):
        return character
    return "\ufffd"  # a glyph that no character is known for; it is not dropped


def _running(source: Sequence[Line], pages: Sequence[Page]) -> Iterator[int]:
    """Running heads and feet, page numbers: lines at a page's edge that most pages share."""
    edges: list[int] = []
    for page in pages:
        own = [n for n, line in enumerate(source) if page.start <= line.start < page.end]
        edges += own[:_EDGE] + own[max(_EDGE, len(own) - _EDGE) :]
    seen = Counter(_shape(source[index].text) for index in edges)
    for index in edges:
        text = source[index].text
        often = seen[_shape(text)] >= max(3, _REPEATED * len(pages))
        if often and len(text) <= shapes.REACH and not shapes.is_complete(text):
            yield index


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _span(line: Line) -> Span:
    return line.start, line.end


def _ranges(numbers: Sequence[int]) -> str:
    """1, 3–5 of 1, 3, 4, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
