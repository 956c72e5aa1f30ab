"""A generation in Milvus, open for questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from pydantic import TypeAdapter

from rag.errors import IndexClosed, IndexDamaged, printable
from rag.store import manifest
from rag.store.manifest import Manifest
from rag.store.milvus import Collections
from rag.store.milvus_legs import MilvusDense, MilvusFullText
from rag.store.places import Ints, Places
from rag.store.records import DocumentRecord, Field, Range, Scored, Wanted
from rag.store.seams import Vector, Vectors
from rag.store.sources import chosen
from rag.types import Chunk

_AT_ONCE = 250
"""Passages whose records fit into one answer."""


def packed(chunk: Chunk) -> str:
    """A passage as it is kept: JSON, what is not known left out."""
    body = _passages().dump_python(chunk, mode="json", exclude_defaults=True)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # names of files may hold bytes that are no UTF-8
    return text if printable(text) == text else json.dumps(body, separators=(",", ":"))


def unpacked(text: str) -> Chunk:
    """What :func:`packed` packed. Raises ValueError."""
    return _passages().validate_python(json.loads(text))


@cache
def _passages() -> TypeAdapter[Chunk]:
    return TypeAdapter(Chunk)


def read_manifest(milvus: Collections, name: str) -> Manifest:
    """What a generation is made of, if the collections that it names are there with all rows.

    Raises:
        IndexDamaged, IndexTooNew: they are not.
    """
    where = f"{milvus.uri} {name}"
    parts = milvus.read_manifest(name)
    try:
        described = manifest.unpacked(parts[manifest.FILE], parts[manifest.DOCUMENTS], where)
    except KeyError as error:
        raise IndexDamaged(where, reason=error) from error
    for collection in collections_named(described):
        if not milvus.has(collection):
            raise IndexDamaged(where, reason=collection)
    return described


def collections_named(described: Manifest) -> tuple[str, str]:
    """The collections of a generation's passages and windows, which may be a former one's.

    Raises:
        IndexDamaged: the manifest names none.
    """
    try:
        passages, windows = sorted(name for name in described.parts if name != manifest.DOCUMENTS)
    except ValueError as error:
        raise IndexDamaged(described.generation, reason=manifest.FILE) from error
    return passages, windows


def missing_rows(milvus: Collections, described: Manifest) -> list[str]:
    """The collections of a generation that have not the rows that were written.

    Their bytes are Milvus's affair: it keeps a checksum of each block.
    """
    passages, windows = collections_named(described)
    size = described.parts[windows].bytes
    wanted = {passages: described.passages, windows: size // (4 * described.shape.dimension)}
    for name in wanted:
        milvus.load(name)
    return [name for name, rows in wanted.items() if milvus.count(name) != rows]


class MilvusIndex:
    """See :class:`rag.store.seams.Index`."""

    def __init__(self, milvus: Collections, name: str) -> None:
        self.manifest = described = read_manifest(milvus, name)
        self.generation = name
        self.where = f"{milvus.uri} {name}"
        self._milvus: Collections | None = milvus
        self._passages, self._windows = collections_named(described)
        milvus.load(self._passages)
        milvus.load(self._windows)
        count = described.passages
        self._dense = MilvusDense(milvus, self._windows, described.shape.dimension, count)
        self._fulltext = MilvusFullText(milvus, self._passages, count)
        self._documents = {document.source: document for document in described.documents}
        self._place = {source: place for place, source in enumerate(self._documents)}
        counted = [document.chunks for document in described.documents]
        try:
            self._places = Places(described.firsts, counted)  # a serial is an id here
        except (ValueError, OverflowError) as error:
            raise IndexDamaged(self.where, reason=error) from error

    @property
    def docs(self) -> Path:
        """See the seam."""
        return Path(self.manifest.docs)

    def search_dense(self, query: Vector, k: int, sources: Sequence[str] = ()) -> list[Scored]:
        """See the seam."""
        return self._dense.search(query, k, self._ranges(sources))

    def search_dense_beside(self, query: Vector, k: int, ids: Sequence[int]) -> list[Scored]:
        """See the seam."""
        held = np.unique(self.documents_of(ids))
        return self._dense.search(query, k, self._places.ranges(held.tolist()))

    def documents_of(self, ids: Sequence[int]) -> Ints:
        """See the seam."""
        return self._places.documents(np.asarray(ids, np.int64))

    def search_fulltext(
        self, field: Field, terms: Sequence[str], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """See the seam."""
        return self.search_fields([Wanted(field, terms)], k, sources)

    def search_fields(
        self, wanted: Sequence[Wanted], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """See the seam."""
        return self._fulltext.search(wanted, k, self._ranges(sources))

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """See the seam."""
        rows = self._open().rows(self._passages, ids, ["record"])
        return [self._unpacked(rows[int(one)]["record"]) for one in ids]

    def chunks_of(self, source: str) -> list[Chunk]:
        """See the seam."""
        if source not in self._place:
            return []
        return [*self._between(*self._places.range(self._place[source]))]

    def all_chunks(self) -> Iterator[Chunk]:
        """See the seam."""
        return self._between(0, self.manifest.passages)

    def ids_of(self, chunk_ids: Iterable[str]) -> list[int]:
        """See the seam."""
        ids = []
        for chunk_id in chunk_ids:
            source, _, start = chunk_id.rpartition("@")
            if source not in self._place or not start.isdecimal():
                raise KeyError(chunk_id)
            first, end = self._places.range(self._place[source])
            condition = f"id >= {first} and id < {end} and start == {int(start)}"
            rows = self._open().where(self._passages, condition, [])
            if not rows:
                raise KeyError(chunk_id)
            ids.append(int(rows[0]["id"]))
        return ids

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """See the seam."""
        return self._dense.vectors(ids)

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """See the seam."""
        return self._dense.window_counts(ids)

    def document(self, source: str) -> DocumentRecord:
        """See the seam."""
        return self._documents[source]

    def documents(self) -> list[DocumentRecord]:
        """See the seam."""
        return list(self.manifest.documents)

    def damaged(self) -> list[str]:
        """See :func:`missing_rows`."""
        return missing_rows(self._open(), self.manifest)

    def close(self) -> None:
        """See the seam."""
        self._milvus = None
        self._dense.close()
        self._fulltext.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> Collections:
        milvus = self._milvus  # another thread may close meanwhile
        if milvus is None:
            raise IndexClosed(self.where)
        return milvus

    def _unpacked(self, record: str) -> Chunk:
        try:
            return unpacked(record)
        except ValueError as error:
            raise IndexDamaged(self.where, reason=self._passages) from error

    def _between(self, start: int, end: int) -> Iterator[Chunk]:
        """The passages of some ids in a row."""
        for first in range(start, end, _AT_ONCE):
            last = min(first + _AT_ONCE, end)
            condition = f"id >= {first} and id < {last}"
            rows = self._open().where(self._passages, condition, ["record"])
            if len(rows) != last - first:
                raise IndexDamaged(self.where, reason=f"{len(rows)} ≠ {last - first}")
            yield from (self._unpacked(row["record"]) for row in rows)

    def _ranges(self, sources: Sequence[str]) -> list[Range] | None:
        some = chosen(self.manifest.documents, sources)
        return None if some is None else self._places.ranges(some)
