"""Which reader reads a file: told by its contents where they show it, else by its name."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath

from rag.read.delimited import Delimited
from rag.read.html import Html
from rag.read.mail import Mail
from rag.read.markdown import Markdown
from rag.read.pdf import Pdf
from rag.read.plain import PlainText
from rag.read.reader import Reader
from rag.read.refused import Refused
from rag.read.scanned import Scanned
from rag.read.sheets import Xlsx
from rag.read.word import Docx

_HEAD = 4096  # bytes that a format which has a mark is told by

READERS: tuple[Reader, ...] = (
    Pdf(),
    Scanned(),
    Docx(),
    Xlsx(),
    Refused(),
    Html(),
    PlainText(),
    Markdown(),
    Delimited(),
    Mail(lambda source, data: reader_of(source, data)),
)
"""One entry a format; those that know their contents first."""


def reader_named(source: str) -> Reader | None:
    """The reader for a file's name, or None."""
    return _reader_named(PurePosixPath(source).suffix.lower())


@cache
def _reader_named(suffix: str) -> Reader | None:
    return next((reader for reader in READERS if suffix in reader.suffixes), None)


def reader_of(source: str, data: bytes) -> Reader | None:
    """The reader for a file, or None."""
    known = next((reader for reader in READERS if reader.knows(data)), None)
    return known or reader_named(source)


def reader_found(source: str, path: Path) -> Reader | None:
    """The reader for a file that has not been read: by its name, else by how it begins."""
    named = reader_named(source)
    if named is not None:
        return named
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    return reader_beginning(source, head)


def reader_beginning(source: str, head: bytes) -> Reader | None:
    """The same of a file of which only the beginning is known."""
    return reader_named(source) or next((one for one in READERS if one.knows(head)), None)


def is_own(source: str) -> bool:
    """Whether a file's name says that it is read by code of ours alone."""
    reader = reader_named(source)
    return reader is not None and reader.own
