"""Reading: the folder of documents flows in, its files one by one.

Out flow Documents: decoded text, repaired blocks, articles; each block knows its place in the
file. What cannot be read flows out as a Failure or an error that says why.
"""

from rag.read.archive import is_archive_of_documents
from rag.read.decoding import decode
from rag.read.files import (
    Found,
    Loaded,
    digest,
    is_leftover,
    load,
    locate,
    scan,
    sidecar_digest,
    size_of,
)
from rag.read.formats import is_own, reader_of
from rag.read.imprint import photographer
from rag.read.law import bare, is_quote, line_starts, lines_of, place_of, quoted
from rag.read.metadata import SIDECAR
from rag.read.names import named
from rag.read.paper import boxes_of
from rag.read.parse import parse
from rag.read.picture import picture
from rag.read.picture import size as size_of_page
from rag.read.recognition import identity as recognition_identity
from rag.read.shapes import Heading, heading, heading_of

__all__ = [
    "SIDECAR",
    "Found",
    "Heading",
    "Loaded",
    "bare",
    "boxes_of",
    "decode",
    "digest",
    "heading",
    "heading_of",
    "is_archive_of_documents",
    "is_leftover",
    "is_own",
    "is_quote",
    "line_starts",
    "lines_of",
    "load",
    "locate",
    "named",
    "parse",
    "photographer",
    "picture",
    "place_of",
    "quoted",
    "reader_of",
    "recognition_identity",
    "scan",
    "sidecar_digest",
    "size_of",
    "size_of_page",
]
