"""Reading: the folder of documents flows in, its files one by one.

Out flow Documents: decoded text, repaired blocks, articles; each block knows its place in the
file. What cannot be read flows out as a Failure or an error that says why.
"""

from rag.read.decoding import decode
from rag.read.files import Found, Loaded, digest, is_leftover, load, scan
from rag.read.law import bare, is_quote, line_starts, lines_of, quoted
from rag.read.parse import parse
from rag.read.shapes import Heading, heading

__all__ = [
    "Found",
    "Heading",
    "Loaded",
    "bare",
    "decode",
    "digest",
    "heading",
    "is_leftover",
    "is_quote",
    "line_starts",
    "lines_of",
    "load",
    "parse",
    "quoted",
    "scan",
]
