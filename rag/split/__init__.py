"""Splitting: a Document flows in.

Out flow its Chunks: complete sentences of one section of one article, about 250 characters each,
with the slices of the file that they quote, and the windows of each that get a vector.
"""

from rag.split.packing import split
from rag.split.sentences import sentences
from rag.split.windows import windows

__all__ = ["sentences", "split", "windows"]
