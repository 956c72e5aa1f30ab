"""Bytes → Document: the decoded text, in articles and blocks."""

from __future__ import annotations

from pathlib import PurePosixPath

from rag.errors import UnsupportedFormat
from rag.read.articles import articles
from rag.read.decoding import decode
from rag.read.files import Loaded
from rag.read.formats import reader_of
from rag.types import Document


def parse(loaded: Loaded) -> Document:
    """The document that a file's bytes hold.

    Raises:
        UnsupportedFormat: no reader for this kind of file.
        NotText: the bytes are not text.
        FileEmpty: there is nothing but white space.
    """
    reader = reader_of(loaded.source)
    if reader is None:
        suffix = PurePosixPath(loaded.source).suffix
        raise UnsupportedFormat(loaded.source, format=suffix or loaded.source)
    text, encoding = decode(loaded.data, loaded.source)
    blocks = reader.blocks(text)
    return Document(loaded.source, loaded.sha256, encoding, text, articles(blocks))
