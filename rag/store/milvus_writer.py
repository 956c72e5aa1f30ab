"""Writing a generation into Milvus beside the live one, and publishing it whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import numpy as np

from rag.encode import Additive, Encoder
from rag.errors import (
    IndexDamaged,
    IndexNotWritable,
    PublishedMeanwhile,
)
from rag.split import windows
from rag.store import manifest, packing
from rag.store.manifest import SCHEMA, Manifest, Part, Shape
from rag.store.milvus import Collections, coded, passages_of, windows_of
from rag.store.milvus_index import MilvusIndex, packed
from rag.store.passages import text_hash
from rag.store.prepared import Prepared
from rag.store.records import DocumentRecord, Field
from rag.store.seams import Progress, Vectors
from rag.store.terms import terms_of
from rag.store.vectors import VectorCache, sound
from rag.types import Chunk

_BATCH = 500
_ROW = np.dtype("<f4")


class MilvusWriter:
    """See :class:`rag.store.seams.IndexWriter`. Nothing but a batch is held in memory."""

    def __init__(
        self,
        milvus: Collections,
        name: str,
        encoder: Encoder,
        shape: Shape,
        live: MilvusIndex | None,
        cache: VectorCache | None,
    ) -> None:
        """Args: ``cache`` keeps the vectors of models that take their time."""
        self._milvus = milvus
        self._name = name
        self._encoder = encoder
        self._shape = shape
        self._live = live
        self._cache = cache
        self._was = milvus.live()
        self._documents: list[DocumentRecord] = []
        self._batch: list[tuple[dict[str, Any], bytes, list[str]]] = []
        self._passages = self._windows = self._encoded = self._bytes = 0
        milvus.create(name, encoder.dimension)

    def keep(self, record: DocumentRecord) -> None:
        """See the seam. Collections share nothing: it is written anew."""
        if self._live is None:
            raise ValueError("there is no live generation")
        chunks = self._live.chunks_of(record.source)
        self._add(record, chunks, map(terms_of, chunks))

    def add(self, record: DocumentRecord, prepared: Prepared) -> None:
        """See the seam."""
        rows = zip(prepared.rows, prepared.starts, strict=True)
        chunks = [packing.unpacked(row, record.source, start) for row, start in rows]
        self._add(record, chunks, prepared.terms)

    def _add(
        self, record: DocumentRecord, chunks: Sequence[Chunk], terms: Iterable[Sequence[str]]
    ) -> None:
        for chunk, of_chunk in zip(chunks, terms, strict=True):
            texts = windows(chunk.text, chunk.sentences, self._encoder.window_chars)
            row = {
                "id": self._passages,
                "start": packing.start_of(chunk),
                "record": packed(chunk),
                **{
                    field.value: " ".join(map(coded, of_field.split(" ")))
                    for field, of_field in zip(Field, of_chunk, strict=True)
                },
            }
            self._batch.append((row, text_hash(texts), texts))
            self._passages += 1
            if len(self._batch) == _BATCH:
                self._flush()
        self._documents.append(record)

    def encode(self, progress: Progress) -> int:
        """See the seam."""
        self._flush()
        progress("encode", self._passages, self._passages)
        return self._encoded

    def finish(self, docs: str) -> MilvusIndex:
        """See the seam."""
        self._flush()
        self._milvus.finish(self._name, self._windows)
        counts = [record.chunks for record in self._documents]
        firsts = [0, *accumulate(counts)][: len(counts)]
        documents = manifest.packed_documents(self._documents, firsts)
        size = self._windows * self._encoder.dimension * _ROW.itemsize
        described = Manifest(
            schema=SCHEMA,
            generation=self._name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            docs=docs,
            shape=self._shape,
            passages=self._passages,
            documents=tuple(self._documents),
            firsts=tuple(firsts),
            next_serial=self._passages,
            dropped=0,
            parts={
                manifest.DOCUMENTS: Part(len(documents), hashlib.sha256(documents).hexdigest()),
                passages_of(self._name): Part(self._bytes, ""),
                windows_of(self._name): Part(size, ""),
            },
        )
        write_manifest(self._milvus, described)
        index = MilvusIndex(self._milvus, self._name)
        missing = index.damaged()
        if missing:
            index.close()
            raise IndexNotWritable(self._milvus.uri, reason=", ".join(missing))
        return index

    def publish(self) -> None:
        """See the seam."""
        now = self._milvus.live()
        if now != self._was:
            raise PublishedMeanwhile(self._milvus.uri, name=now)
        self._milvus.switch(self._name)

    def prune(self, keep: int) -> None:
        """See the seam."""
        clean(self._milvus, keep)

    def _flush(self) -> None:
        """Encode and send what has come together."""
        if not self._batch:
            return
        vectors = self._vectors([(hashed, texts) for _, hashed, texts in self._batch])
        rows = [row for row, _, _ in self._batch]
        owners = np.repeat([row["id"] for row in rows], [len(texts) for _, _, texts in self._batch])
        self._milvus.insert(passages_of(self._name), rows)
        self._milvus.insert(
            windows_of(self._name),
            [
                {"id": self._windows + i, "passage": int(owner), "vector": vector}
                for i, (owner, vector) in enumerate(zip(owners, vectors, strict=True))
            ],
        )
        self._windows += len(vectors)
        self._bytes += sum(
            len(value.encode("utf-8"))
            for row in rows
            for value in row.values()
            if isinstance(value, str)
        )
        self._batch = []

    def _vectors(self, batch: Sequence[tuple[bytes, list[str]]]) -> Vectors:
        """The vectors of the windows of some passages, in order."""
        known: dict[bytes, bytes] = {}
        size = self._encoder.dimension * _ROW.itemsize
        if self._cache:
            kept = self._cache.get([hashed for hashed, _ in batch])
            known = {h: kept[h] for h, texts in batch if len(kept.get(h, b"")) == size * len(texts)}
        new = {hashed: texts for hashed, texts in batch if hashed not in known}
        if new:
            rows = self._computed([text for texts in new.values() for text in texts])
            start, fresh = 0, {}
            for hashed, texts in new.items():
                fresh[hashed] = rows[start : start + len(texts)].tobytes()
                start += len(texts)
            if self._cache:
                self._cache.put(fresh)
            known |= fresh
            self._encoded += len(new)
        data = b"".join(known[hashed] for hashed, _ in batch)
        return np.frombuffer(data, _ROW).astype(np.float32).reshape(-1, self._encoder.dimension)

    def _computed(self, texts: Sequence[str]) -> Vectors:
        step = max(1, self._encoder.batch)
        rows = np.concatenate(
            [
                self._encoder.encode_passages(texts[start : start + step])
                for start in range(0, len(texts), step)
            ]
        )
        return sound(rows, len(texts), self._encoder).astype(_ROW)


def write_manifest(milvus: Collections, described: Manifest) -> None:
    """Keep a generation's manifest; whatever there was of it is thrown away."""
    milvus.write_manifest(
        described.generation,
        {
            manifest.FILE: manifest.packed(described),
            manifest.DOCUMENTS: manifest.packed_documents(described.documents, described.firsts),
        },
    )


def takes_time(encoder: Encoder) -> bool:
    """Whether vectors are worth keeping: adding up token vectors is quicker than a database."""
    return not isinstance(encoder, Additive)


def clean(milvus: Collections, keep: int) -> None:
    """Remove :func:`leftovers`. The caller holds the lock."""
    for collection in leftovers(milvus, keep):
        milvus.drop(collection)


def leftovers(milvus: Collections, keep: int) -> list[str]:
    """Collections that no generation needs: of dead builds, and beyond the newest ``keep``.

    The one before the live one stays at least: questions that came before the switch are still
    being answered from it.
    """
    live = milvus.live()
    found = milvus.names()
    generations = sorted(
        (number for name, number in found.items() if name.endswith(f"_{number}")), key=int
    )
    kept = [one for one in generations if live and int(one) <= int(live)][-max(keep, 2) :]
    needed: set[str] = set()
    for one in kept:
        needed.add(manifest_of(one))
        try:
            needed |= {*manifest.parts_named(milvus.read_manifest(one).get(manifest.FILE, b""))}
        except IndexDamaged:  # nothing is thrown away on a guess
            needed |= {name for name, number in found.items() if number == one}
    return [name for name in found if name not in needed]


def manifest_of(name: str) -> str:
    """The collection of a generation's manifest."""
    return passages_of(name).removesuffix("_passages")
