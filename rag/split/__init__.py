"""Splitting: a Document flows in.

Out flow its Chunks: complete sentences of one section of one article, about 250 characters each,
with the slices of the file that they quote.
"""

from rag.split.packing import split
from rag.split.sentences import sentences

__all__ = ["sentences", "split"]
