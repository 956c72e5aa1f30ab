"""Bytes → text, decided on the whole file.

Strict decoding does most of the work: UTF-8 that decodes is UTF-8, and a byte order mark is
believed. Only what neither explains is judged by how its characters look. A statistical detector
(charset-normalizer and its like) is not used: it samples, it guesses between dozens of encodings
that reports are never in, and on short Chinese files it often names one of those.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from functools import cache

from rag.errors import EncodingUnknown, FileEmpty, NotText, TextDamaged

_MAGIC = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF-": "PDF",
    b"PK\x03\x04": "ZIP, DOCX, XLSX",
    b"\xd0\xcf\x11\xe0": "DOC, XLS",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7Z",
    b"\x7fELF": "ELF",
    b"SQLite format 3": "SQLite",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as the next one does
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# What encodings are called by those who mean a larger one; https://encoding.spec.whatwg.org
_LABELS = dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb-2312", "cp936", "hz-gb-2312"), "gb18030")
_LABELS |= dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cp950"), "big5hkscs")
_LABELS |= dict.fromkeys(("iso-8859-1", "latin1", "ascii", "us-ascii"), "cp1252")
_LABELS |= {"shift-jis": "cp932", "sjis": "cp932", "euc-kr": "cp949"}
_LABELS |= dict.fromkeys(("utf-16", "utf-16le", "utf-16be", "unicode"), "")  # ASCII was read there
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b\x1c-\x1f\x7f]")
_PLAUSIBLE = 0.8  # text in the right encoding is near 1, in a wrong one near 0.3
_DAMAGE = 20  # valid multibyte characters for each bad byte: below, it was never UTF-8


def decode(data: bytes, where: str) -> tuple[str, str]:
    """The text of a file and the encoding it is in, by Python's name.

    UTF-8, UTF-16, UTF-32 and GB18030 with or without a byte order mark, and Big5.
    The mark is no part of the text; nothing else is dropped, replaced or rewritten, line ends
    included.

    Raises:
        FileEmpty: there is nothing but white space.
        NotText: a picture, an archive, zeros: the reason names what was seen.
        TextDamaged: it is text in a known encoding but for some bytes; names the first place.
        EncodingUnknown: none of the encodings above makes sense of it.
    """
    text, encoding = _decode(data, where)
    if not text.strip():
        raise FileEmpty(where)
    if control := _CONTROL.search(text):
        position = len(text[: control.start()].encode(encoding, "surrogatepass"))
        raise NotText(where, reason=f"0x{ord(control.group()):02X} @ {position}")
    return text, encoding


def decode_marked(data: bytes, where: str, declared: str | None) -> tuple[str, str]:
    """The text of a file that declares its encoding, as a browser finds it.

    A byte order mark counts most. Bytes that are UTF-8 are, whatever is declared; then the
    declaration is believed if it holds for the whole file, else the bytes are judged.

    Raises:
        FileEmpty, NotText, TextDamaged, EncodingUnknown: as :func:`decode` does.
    """
    name = _LABELS.get((declared or "").lower().replace("_", "-"), declared or "")
    marked = any(data.startswith(bom) for bom, _ in _BOMS)
    if name and not marked and not _is_utf8(data):
        try:
            text = data.decode(name)
        except (LookupError, ValueError):
            return decode(data, where)
        if text.strip() and not _CONTROL.search(text):
            return text, codecs.lookup(name).name
    return decode(data, where)


def _is_utf8(data: bytes) -> bool:
    try:
        return not data.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _decode(data: bytes, where: str) -> tuple[str, str]:
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise NotText(where, reason=name)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data[len(bom) :], encoding, where, len(bom)), encoding
    if b"\0" in data:
        return _zeros(data, where)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _other(data, where)
    return _gb2312_mistaken(data) or (text, "utf-8")


def _zeros(data: bytes, where: str) -> tuple[str, str]:
    """UTF-16 and UTF-32 without a mark have zeros (in every line end); UTF-8, GB18030 have none.

    What is not UTF-32 does not decode as such: its code points end at 0x10FFFF.
    """
    looks, text, encoding = _best(data, "utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
    if looks < _PLAUSIBLE:
        raise NotText(where, reason=f"0x00 @ {data.index(0)}")
    return text, encoding


def _other(data: bytes, where: str) -> tuple[str, str]:
    """What is not UTF-8: damaged UTF-8, GB18030, or UTF-16 that happens to hold no zero."""
    read = data.decode("utf-8", "replace")
    bad = read.count("\ufffd")
    if sum(char > "\u07ff" for char in read) - bad > _DAMAGE * bad:
        _strict(data, "utf-8", where)
    looks, text, encoding = _best(data, "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
    if looks >= _PLAUSIBLE:
        return text, encoding
    if _looks(data.decode("gb18030", "replace")) >= _PLAUSIBLE:
        _strict(data, "gb18030", where)
    if bad <= 1:
        _strict(data, "utf-8", where)
    raise EncodingUnknown(where)


def _strict(data: bytes, encoding: str, where: str, offset: int = 0) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise TextDamaged(
            where, line=line, byte=error.start + offset + 1, encoding=encoding.upper()
        ) from error


def _gb2312_mistaken(data: bytes) -> tuple[str, str] | None:
    """A few common words in GB2312 are also valid UTF-8, of letters that stand in no report."""
    high = [byte for byte in data if byte > 0x7F] if len(data) <= 64 else []
    if not high or not all(0xA1 <= byte <= 0xDF for byte in high):
        return None
    looks, text, encoding = _best(data, "gb18030")
    latin = any(char.isascii() and char.isalpha() for char in text)  # café
    return (text, encoding) if looks == 1 and not latin else None


def _best(data: bytes, *encodings: str) -> tuple[float, str, str]:
    """How it looks, the text, and the encoding that makes it look best."""
    guesses = [(0.0, "", "")]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        guesses.append((_looks(text), text, encoding))
    return max(guesses, key=lambda guess: guess[0])


def _looks(text: str) -> float:
    """The share of a text's characters that common Chinese and English text is made of."""
    common = _common()
    return sum(n for char, n in Counter(text).items() if char in common) / max(len(text), 1)


@cache
def _common() -> frozenset[str]:
    simplified = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    traditional = (
        bytes((row, cell))
        for row in range(0xA4, 0xC7)
        for cell in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    )
    han = b"".join(simplified).decode("gb2312", "ignore")
    han += b"".join(traditional).decode("big5", "ignore")
    marks = "，。、；：？！“”‘’（）《》〈〉【】「」『』—…·～％①②③④⑤●○□■◆△▲★※℃㎡×\u3000\u00a0"
    wide = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    return frozenset(han + marks + wide + "".join(map(chr, range(32, 127))) + "\t\n\r\f\v")
