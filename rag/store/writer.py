"""Writing a generation beside the live one, and publishing it whole.

What the live generation has of documents that did not change is taken over by links: a build costs
what changed. Where there is little, or nothing to be shared, all is written anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from itertools import accumulate, islice, pairwise
from pathlib import Path

import numpy as np

from rag.encode import Additive, Encoder
from rag.errors import (
    IndexDamaged,
    IndexNotWritable,
    IndexProblem,
)
from rag.split import windows
from rag.store import layout, manifest, passages
from rag.store.index import FileIndex, open_generation
from rag.store.manifest import SCHEMA, SHARDS, Manifest, Part, Shape
from rag.store.places import Places
from rag.store.prepared import Prepared, prepare
from rag.store.records import DocumentRecord
from rag.store.seams import FullTextWriter, Progress
from rag.store.shards import ShardWriter, taken
from rag.store.vectors import VectorCache, sound

_BATCH = 256
_ROW = np.dtype("<f4")
WRITTEN_WHOLE = 2_000
"""Passages up to which a generation shares nothing: to write them takes about a second, and nothing
of a deleted document stays on the disk with them."""
_DROPPED = 0.2
"""Share of the passages that may have left the full text before it is written anew: what was taken
out still counts in how rare a term is."""


@contextmanager
def writing(
    index: Path, encoder: Encoder, shape: Shape, live: Manifest | None = None
) -> Iterator[FileWriter]:
    """Write one generation; until it is published the live one is as it was.

    What was written and not published is thrown away at the end. The caller holds the lock.

    Args:
        index: its folder.
        encoder: makes the vectors.
        shape: what the contents depend on beside the documents.
        live: the live generation, if every part of it is whole.

    Raises:
        IndexNotWritable: anything within could not be written.
    """
    name = layout.next_name(index)
    folder = layout.building_folder(index, name)
    try:
        folder.mkdir(parents=True)
        with ExitStack() as opened:
            yield FileWriter(index, name, encoder, shape, live, opened)
    except (OSError, sqlite3.Error) as error:
        raise IndexNotWritable(index, reason=getattr(error, "strerror", None) or error) from error
    finally:
        layout.discard(index, name)


class FileWriter:
    """A generation in the making; see :func:`writing`."""

    def __init__(
        self,
        index: Path,
        name: str,
        encoder: Encoder,
        shape: Shape,
        live: Manifest | None,
        opened: ExitStack,
    ) -> None:
        from rag.store.fulltext import FOLDER as FULLTEXT
        from rag.store.fulltext import TantivyWriter

        self._index = index
        self._name = name
        self._encoder = encoder
        self._shape = shape
        self._live = live
        self._opened = opened
        self._folder = layout.building_folder(index, name)
        self._documents: list[DocumentRecord] = []
        self._firsts: list[int] = []
        self._kept: set[str] = set()
        self._shared = live if live is not None and _shareable(live, shape) else None
        self._next = self._shared.next_serial if self._shared else 0
        self._live_places = (
            {one.source: at for at, one in enumerate(live.documents)} if live else {}
        )
        self._live_index: FileIndex | None = None
        self._shard: ShardWriter | None = None
        self._count = 0
        """Passages in the new shard that are no other's."""
        like = None
        if self._shared:
            like = layout.generation_folder(index, self._shared.generation) / FULLTEXT
        self._fulltext: FullTextWriter = TantivyWriter(self._folder / FULLTEXT, like)
        opened.callback(self._fulltext.abandon)

    def keep(self, record: DocumentRecord) -> None:
        """Take a document over from the live generation. Documents come sorted by source."""
        if self._live is None:
            raise ValueError("there is no live generation")
        if self._shared:
            self._documents.append(record)
            self._firsts.append(self._shared.firsts[self._live_places[record.source]])
            self._kept.add(record.source)
            return
        if self._live_index is None:
            opened = open_generation(self._index, self._live.generation)
            self._live_index = self._opened.enter_context(opened)
        additive = isinstance(self._encoder, Additive)
        chunks = self._live_index.chunks_of(record.source)
        self.add(record, prepare(chunks, self._encoder.window_chars, additive))

    def add(self, record: DocumentRecord, prepared: Prepared) -> None:
        """Append a new document with its passages. Documents come sorted by source."""
        self._documents.append(record)
        self._firsts.append(self._next)
        if prepared.rows:
            self._open_shard().add(self._next, prepared)
            for serial, terms in enumerate(prepared.terms, self._next):
                self._fulltext.add(serial, terms)
        self._next += len(prepared.rows)
        self._count += len(prepared.rows)

    @property
    def empty(self) -> bool:
        """Whether there is no document yet."""
        return not self._documents

    def encode(self, progress: Progress) -> int:
        """Bring in the vectors of all passages; returns how many of them had to be computed."""
        if isinstance(self._encoder, Additive) or self._shard is None:
            progress("encode", self._count, self._count)
            return self._count
        cache = self._opened.enter_context(_cache(self._index))
        cache.use(self._encoder.fingerprint)
        done = encoded = 0
        shard = self._shard
        every = (
            (serial, windows(chunk.text, chunk.sentences, self._encoder.window_chars))
            for serial, chunk in shard.passages.read()
        )
        while some := list(islice(every, _BATCH)):
            batch = [(serial, passages.text_hash(cut), cut) for serial, cut in some]
            known = self._known(cache, batch)
            new = {hashed: cut for _, hashed, cut in batch if hashed not in known}
            for start in range(0, len(new), self._encoder.batch):
                part = dict(islice(new.items(), start, start + self._encoder.batch))
                fresh = self._encoded(part)
                cache.put(fresh)
                known |= fresh
                encoded += len(part)
                progress("encode", done + len(known), self._count)
            rows = np.frombuffer(b"".join(known[hashed] for _, hashed, _ in batch), _ROW)
            shard.dense.add(
                [serial for serial, _, _ in batch],
                [len(cut) for _, _, cut in batch],
                rows.astype(np.float32).reshape(-1, self._encoder.dimension),
            )
            shard.passages.keep([(serial, hashed) for serial, hashed, _ in batch])
            done += len(batch)
            progress("encode", done, self._count)
        return encoded

    def _known(
        self, cache: VectorCache, batch: Sequence[tuple[int, bytes, list[str]]]
    ) -> dict[bytes, bytes]:
        """What the cache has of passages, as far as it can be of them."""
        kept = cache.get([hashed for _, hashed, _ in batch])
        size = self._encoder.dimension * _ROW.itemsize
        return {
            hashed: kept[hashed]
            for _, hashed, cut in batch
            if hashed in kept and len(kept[hashed]) == size * len(cut)
        }

    def _encoded(self, each: Mapping[bytes, Sequence[str]]) -> dict[bytes, bytes]:
        """The rows of each passage, one a window."""
        texts = [window for cut in each.values() for window in cut]
        ends = list(accumulate(map(len, each.values()), initial=0))
        rows = self._encoder.encode_passages(texts)
        kept = sound(rows, len(texts), self._encoder).astype(_ROW)
        return {
            hashed: kept[a:b].tobytes() for hashed, (a, b) in zip(each, pairwise(ends), strict=True)
        }

    def _open_shard(self) -> ShardWriter:
        if self._shard is None:
            folder = self._folder / SHARDS / self._name
            self._shard = ShardWriter(folder, self._encoder, self._opened)
        return self._shard

    def finish(self, docs: str) -> FileIndex:
        """Finish all parts; the generation stands, is opened, and is not live.

        It goes with the end of :func:`writing` unless it is published.
        """
        dropped = self._take_over() if self._shared else 0
        if self._shard:
            self._shard.close()
        self._fulltext.close()
        manifest.write_documents(self._folder, self._documents, self._firsts)
        parts = layout.settle(self._folder, self._on_disk())
        described = Manifest(
            schema=SCHEMA,
            generation=self._name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            docs=docs,
            shape=self._shape,
            passages=sum(one.chunks for one in self._documents),
            documents=tuple(self._documents),
            firsts=tuple(self._firsts),
            next_serial=self._next,
            dropped=dropped,
            parts={name: Part(size, sha256) for name, (size, sha256) in parts.items()},
        )
        manifest.write(self._folder, described)
        layout.stand(self._index, self._name)
        try:
            return open_generation(self._index, self._name)
        except IndexDamaged as error:
            raise IndexNotWritable(self._index, reason=error.details["reason"]) from error

    def _take_over(self) -> int:
        """Link the live generation's shards, or write anew what is left of them.

        Returns how many passages the full text has lost since it was written.
        """
        from rag.store.dense import serials_in

        live = self._shared
        assert live is not None
        folder = layout.generation_folder(self._index, live.generation)
        live_places = Places(live.firsts, [one.chunks for one in live.documents])
        gone = [at for at, one in enumerate(live.documents) if one.source not in self._kept]
        self._fulltext.drop(live_places.ranges(gone))
        places = Places(self._firsts, [one.chunks for one in self._documents])
        serials = [serials_in(folder / SHARDS / name) for name in live.shards]
        alive = [of_shard[places.ids(of_shard) >= 0] for of_shard in serials]
        sizes = [(len(a), len(every)) for a, every in zip(alive, serials, strict=True)]
        chosen = taken(sizes, self._count)
        for at, name in enumerate(live.shards):
            if at not in chosen:
                for part in live.parts:
                    if part.startswith(f"{SHARDS}/{name}/"):
                        layout.share(folder / part, self._folder / part)
            elif len(alive[at]):
                self._open_shard().take(folder / SHARDS / name, alive[at])
        return live.dropped + sum(live.documents[at].chunks for at in gone)

    def _on_disk(self) -> dict[tuple[int, int], tuple[int, str]]:
        """What is known of the live generation's parts, by what tells a shared file."""
        if not self._shared:
            return {}
        folder = layout.generation_folder(self._index, self._shared.generation)
        return {
            layout.identity(folder / name): (part.bytes, part.sha256)
            for name, part in self._shared.parts.items()
        }

    def publish(self) -> None:
        """Make the finished generation the live one."""
        layout.go_live(self._index, self._name)

    def prune(self, keep: int) -> None:
        """After publishing: let go of generations beyond ``keep`` and of vectors none needs."""
        clean(self._index, keep)
        if not layout.cache_file(self._index).exists():
            return
        kept: dict[str, tuple[str, Path]] = {}
        for name in layout.generations(self._index):
            folder = layout.generation_folder(self._index, name)
            try:
                described = manifest.read(folder)
            except IndexProblem:  # not ours to read, so not ours to prune for
                continue
            for shard in described.shards:
                path = folder / SHARDS / shard / passages.FILE
                kept[shard] = described.shape.fingerprint, path
        try:
            with _cache(self._index) as cache:
                cache.prune(kept.values())
        except (sqlite3.Error, OSError):  # the index is published; the next build prunes
            return


def _shareable(live: Manifest, shape: Shape) -> bool:
    """Whether the next generation shares what the live one has."""
    return (
        live.shape == shape
        and live.passages > WRITTEN_WHOLE
        and live.dropped <= _DROPPED * live.passages
    )


def _cache(index: Path) -> closing[VectorCache]:
    return closing(VectorCache(layout.cache_file(index)))


def clean(index: Path, keep: int) -> None:
    """Remove :func:`~rag.store.layout.leftovers`. The caller holds the lock."""
    for path in layout.leftovers(index, keep):
        layout.remove(path)
