"""EML: a mail's headers, its text, and what is attached to it, one after another in one document.

Python's email package takes it apart. Of text in two forms the plain one is read, else the HTML.
An attachment that a reader exists for is read by it; any other is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from rag.errors import FileDamaged, FileEmpty, ReadError
from rag.read import repair
from rag.read.composition import Composition
from rag.read.decoding import decode_marked
from rag.read.html import page
from rag.read.lines import lines
from rag.read.metadata import Stated
from rag.read.reader import Draft, Reader
from rag.types import BlockKind, Problem

_PARTS_MAX = 200
_HEADER = re.compile(
    rb"(?:^|\n)(From|To|Subject|Date|Received|MIME-Version|Message-ID|Content-Type):", re.I
)
_SAID = (("From", "发件人"), ("To", "收件人"), ("Cc", "抄送"), ("Date", "日期"))
ReaderOf = Callable[[str, bytes], Reader | None]


class Mail:
    """See :class:`rag.read.reader.Reader`."""

    name = "EML"
    suffixes = frozenset({".eml", ".mht", ".mhtml"})
    own = False

    def __init__(self, reader_of: ReaderOf) -> None:
        """``reader_of`` is asked who reads an attachment."""
        self._reader_of = reader_of

    def knows(self, data: bytes) -> bool:
        """By its headers: the file begins with one, and has three of those that mails have."""
        head = re.split(rb"\r?\n\r?\n", data[:4096], maxsplit=1)[0]
        named = {name.lower() for name in _HEADER.findall(head)}
        return len(named) >= 3 and re.match(rb"[A-Za-z-]{2,40}:[ \t]", head) is not None

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            FileDamaged: it cannot be taken apart.
            FileEmpty: there is no word in it.
        """
        try:
            message = BytesParser(policy=policy.default).parsebytes(data)
            assert isinstance(message, EmailMessage)
            drafts = list(self._drafts(message, where))
        except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise FileDamaged(where) from error
        if not any(draft.text.strip() for draft in drafts[1:]) and not _header(message, "Subject"):
            raise FileEmpty(where)
        # a page was saved on some day, which is not when it was written
        return _joined(drafts, Stated(date=None if _is_page(message) else _date(message)))

    def _drafts(self, message: EmailMessage, where: str) -> Iterator[Draft]:
        composition = Composition()
        if _is_page(message):
            yield composition.draft("eml")
        else:
            yield self._head(message, composition)
        body = message.get_body(("plain", "html"))
        if body is not None and (draft := _body(body, where)) is not None:
            yield draft
        for place, part in enumerate(message.walk()):
            if place > _PARTS_MAX:
                break
            file = part.get_filename()
            if part is not body and file and not part.is_multipart():
                yield from self._attached(part, " ".join(file.split()), where)

    def _head(self, message: EmailMessage, composition: Composition) -> Draft:
        if subject := _header(message, "Subject"):
            composition.add(subject, BlockKind.HEADING, level=1)
        for name, called in _SAID:
            if value := _header(message, name):
                composition.add(f"{called}：{value}", BlockKind.BYLINE)
        return composition.draft("eml")

    def _attached(self, part: Message, name: str, where: str) -> Iterator[Draft]:
        named = Composition()
        data = part.get_payload(decode=True)
        reader = self._reader_of(name, data) if isinstance(data, bytes) and data else None
        if reader is None or isinstance(reader, Mail):
            named.add(f"附件：{name}", BlockKind.BYLINE)
            yield named.draft("eml")
            return
        assert isinstance(data, bytes)
        named.add(f"附件：{name}", BlockKind.HEADING, level=1)
        try:
            draft = reader.read(data, f"{where}/{name}")
        except FileEmpty:  # a picture without a word, a file without a byte
            yield named.draft("eml")
            return
        except ReadError as error:
            failed = Problem("AttachmentUnread", f"{name}（{error.what()}）")
            yield replace(named.draft("eml"), problems=(failed,))
            return
        yield named.draft("eml")
        yield draft


def _is_page(message: EmailMessage) -> bool:
    """Whether it is a web page that a browser saved, with what it is made of."""
    saved = _header(message, "From").strip('<>" ').lower().startswith("saved by")
    return saved or message.get("Snapshot-Content-Location") is not None


def _body(part: Message, where: str) -> Draft | None:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return None
    try:
        text, encoding = decode_marked(data, where, part.get_content_charset())
        if part.get_content_type() == "text/html":
            return page(text, encoding, where)
    except FileEmpty:
        return None
    if not text.endswith("\n"):
        text += "\n"
    return Draft(text, encoding, repair.blocks(lines(text)))


def _joined(drafts: list[Draft], stated: Stated) -> Draft:
    """One draft of several, whose texts stand one after another; pages are not counted."""
    parts: list[str] = []
    blocks = []
    furniture = []
    size = 0
    for draft in drafts:
        for block in draft.blocks:
            spans = tuple((start + size, end + size) for start, end in block.spans)
            blocks.append(replace(block, spans=spans))
        furniture += [(start + size, end + size) for start, end in draft.furniture]
        text = draft.text if draft.text.endswith("\n") or not draft.text else draft.text + "\n"
        parts.append(text)
        size += len(text)
    problems = tuple(each for draft in drafts for each in draft.problems)
    return Draft(
        "".join(parts), "eml", blocks, furniture=tuple(furniture), problems=problems, stated=stated
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        IndexError,
    ):  # the package's defects
        return ""


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, IndexError):
        return None
