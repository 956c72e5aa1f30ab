"""Bytes → Document: the file's text, in articles and blocks."""

from __future__ import annotations

from pathlib import PurePosixPath

from rag.errors import UnsupportedFormat
from rag.read.articles import articles
from rag.read.files import Loaded
from rag.read.formats import reader_of
from rag.read.imprint import with_imprint
from rag.read.metadata import with_stated
from rag.types import Document


def parse(loaded: Loaded) -> Document:
    """The document that a file's bytes hold.

    Raises:
        UnsupportedFormat: no reader for this kind of file.
        NotText: the bytes are not text.
        FileEmpty: there is nothing but white space.
    """
    reader = reader_of(loaded.source, loaded.data)
    if reader is None:
        suffix = PurePosixPath(loaded.source).suffix
        raise UnsupportedFormat(loaded.source, format=suffix or loaded.source)
    draft = reader.read(loaded.data, loaded.source)
    beside = loaded.sidecar
    printed = with_imprint(articles(draft.blocks), draft.text, draft.pages)
    return Document(
        source=loaded.source,
        sha256=loaded.sha256,
        encoding=draft.encoding,
        text=draft.text,
        articles=with_stated(printed, draft.metadata, beside.stated, draft.stated),
        pages=draft.pages,
        furniture=draft.furniture,
        problems=(*draft.problems, *filter(None, [beside.problem])),
    )
