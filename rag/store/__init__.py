"""Passages with their terms and vectors flow in; generations on disk flow out, and answers of them.

An index is opened for reading by :func:`open_index` and written by one process at a time, under
:func:`locked`, through :func:`writing`. FAISS, tantivy and SQLite stay behind their modules.
"""

from rag.store.choosing import docs_of, store_of
from rag.store.index import open_generation, open_index, read_manifest
from rag.store.layout import (
    docs_from,
    generation_folder,
    leftovers,
    live_generation,
    locked,
    published,
)
from rag.store.manifest import SCHEMA, Manifest, Part, Shape, damaged_parts
from rag.store.packing import start_of
from rag.store.prepared import Prepared, prepare
from rag.store.records import DocumentRecord, Field, Scored, Wanted
from rag.store.restoring import restore
from rag.store.seams import Index, IndexWriter, Progress, Store, Vector, Vectors
from rag.store.writer import clean, writing

__all__ = [
    "SCHEMA",
    "DocumentRecord",
    "Field",
    "Index",
    "IndexWriter",
    "Manifest",
    "Part",
    "Prepared",
    "Progress",
    "Scored",
    "Shape",
    "Store",
    "Vector",
    "Vectors",
    "Wanted",
    "clean",
    "damaged_parts",
    "docs_from",
    "docs_of",
    "generation_folder",
    "leftovers",
    "live_generation",
    "locked",
    "open_generation",
    "open_index",
    "prepare",
    "published",
    "read_manifest",
    "restore",
    "start_of",
    "store_of",
    "writing",
]
