"""PDF, by pdfium: its text layer, with the box of every glyph; read in the order of the paper.

pdfium (BSD, Apache-2.0) is the engine of Chromium, maintained with it, and maps Chinese fonts to
characters without further files. The file's text is the text of its pages as pdfium gives it, one
after another, a line break between two of them; radicals, compatibility forms and ligatures, which
fonts that name their glyphs carelessly make of plain characters, stand as those characters.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from rag.errors import (
    FileDamaged,
    FileEncrypted,
    PagesAreImages,
    PagesWithoutText,
    ReaderMissing,
)
from rag.read import recognition, shapes
from rag.read.paged import Sheet, draft
from rag.read.reader import Draft
from rag.types import Problem

_MAGIC_WITHIN = 1024  # bytes, as readers of PDF allow
_HYPHENS = (0x02, 0xFFFE)  # what pdfium says of a hyphen at the end of a line
_LOCKED = (4, 5)  # FPDF_ERR_PASSWORD; FPDF_ERR_SECURITY, a lock that pdfium has no key for
_END = 2048  # bytes: how far from the end of a whole file its last table is named, at most
_KNOWN = 0.7  # of a page's glyphs whose characters are known, below which it is not what it says
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
_STAMP = 40  # glyphs of text, at most, that a program puts upon a scan
_MOST = 3200  # dots of the longer side of a page that is recognised
_SPACE = 0.15  # of a glyph's width more than others stand apart, from which on a gap is a space
_NOWHERE = (0.0, 0.0, 0.0, 0.0)

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
            PagesAreImages: there is no text on any page, and the extra ``ocr`` is not installed.
            PagesWithoutText: nor is any recognised.
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
        sheets, found = _sheets(file)
        if not any(sheet.text.strip() for sheet in sheets):
            for kind in (PagesWithoutText, PagesAreImages):
                if numbers := found.get(kind.__name__):
                    raise kind(where, part=_ranges(numbers))
            raise FileDamaged(where)
        problems = [Problem(code, _ranges(numbers)) for code, numbers in found.items()]
        if b"%%EOF" not in data[-_END:]:
            problems.append(Problem("FileCutOff", ""))
        return draft(sheets, "pdf", problems)


def _sheets(file: Any) -> tuple[list[Sheet], dict[str, list[int]]]:
    """The pages that can be opened, and by the code of its problem each that has one."""
    import pypdfium2

    sheets: list[Sheet] = []
    found: dict[str, list[int]] = {}
    recognises = recognition.is_there()
    for number in range(1, len(file) + 1):
        try:
            sheet, known, is_picture = _page(file, number)
            if recognises and (is_picture or known < _KNOWN):
                sheet = _recognised(file, sheet)
        except pypdfium2.PdfiumError:
            found.setdefault("PagesDamaged", []).append(number)
            continue
        if not sheet.text.strip():
            code = "PagesWithoutText" if recognises else "PagesAreImages"
            found.setdefault(code, []).append(number)
        elif sheet.certainty is None and known < _KNOWN:
            found.setdefault("PagesUnmapped", []).append(number)
        sheets.append(sheet)
    return sheets, found


def _recognised(file: Any, sheet: Sheet) -> Sheet:
    """The page as it is read from its picture, where that says more than its text layer."""
    scale = min(recognition.DPI / 72, _MOST / max(sheet.width, sheet.height, 1))
    page = file[sheet.number - 1]
    try:
        seen = recognition.recognise(page.render(scale=scale).to_numpy()[:, :, :3])
    finally:
        page.close()
    size = sheet.number, sheet.width, sheet.height
    made = Sheet.recognised(*size, seen, 1 / scale)
    return made if len(made.text) > len(sheet.text) or (made.text.strip() and sheet.text) else sheet


def _page(file: Any, number: int) -> tuple[Sheet, float, bool]:
    """A page, how many of its glyphs have a character, and whether it is a picture of a page."""
    from pypdfium2 import raw

    page = file[number - 1]
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
        sheet = Sheet(number, width, height, "".join(text), boxes)
        is_picture = drawn == 0 or (drawn <= _STAMP and _is_covered(page, width * height))
        return sheet, 1 - unknown / max(drawn, 1), is_picture
    finally:
        textpage.close()
        page.close()


def _is_covered(page: Any, area: float) -> bool:
    """Whether a picture covers most of a page: a scan that a program stamped with a few words."""
    from pypdfium2 import raw

    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > area / 2:
            return True
    return False


def _spaced(glyphs: Sequence[_Glyph]) -> Iterator[_Glyph]:
    """The glyphs without the spaces that pdfium sees where a line is only set wide.

    It makes a space of every gap; in a justified line all characters stand apart.
    """
    for line in _lines(glyphs):
        seen = [glyph for glyph in line if not glyph[0].isspace()]
        pairs = [(one, other) for one, other in pairwise(seen) if _are_ideographs(one, other)]
        usual = median(_gap(*pair) for pair in pairs) if pairs else 0.0
        pitch = median(_step(*pair) for pair in pairs) if pairs else 0.0
        for place, glyph in enumerate(line):
            if glyph[2] and 0 < place < len(line) - 1:
                before, after = line[place - 1], line[place + 1]
                wide = max(_extent(before), _extent(after))
                if _are_ideographs(before, after):  # some boxes are as narrow as their ink
                    apart = _step(before, after) - pitch
                else:
                    apart = _gap(before, after) - usual
                if (
                    (_is_ideograph(before[0]) or _is_ideograph(after[0]))
                    and not after[0].isspace()
                    and apart < _SPACE * wide
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


def _step(one: _Glyph, other: _Glyph) -> float:
    """From the middle of one to the middle of its neighbour, whichever way the line runs."""
    (left, top, right, bottom), after = one[1], other[1]
    across = abs(after[0] + after[2] - left - right) / 2
    return max(across, abs(after[1] + after[3] - top - bottom) / 2)


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


def _ranges(numbers: Sequence[int]) -> str:
    """1, 3–5 of 1, 3, 4, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
