"""Writing a generation beside the live one, and publishing it whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import accumulate, islice, pairwise
from pathlib import Path

import numpy as np

from rag.encode import Additive, Encoder, Tokens
from rag.errors import (
    IndexDamaged,
    IndexNotWritable,
    IndexProblem,
)
from rag.store import layout, manifest, passages
from rag.store.index import FileIndex
from rag.store.manifest import SCHEMA, Manifest, Part, Shape
from rag.store.records import DocumentRecord
from rag.store.seams import DenseWriter, FullTextWriter, Progress
from rag.store.terms import terms_of
from rag.store.vectors import VectorCache, sound
from rag.types import Chunk

_BATCH = 256
_ROW = np.dtype("<f4")
_TOKEN = np.dtype("<u2")


@contextmanager
def writing(index: Path, encoder: Encoder) -> Iterator[FileWriter]:
    """Write one generation; until it is published the live one is as it was.

    What was written and not published is thrown away at the end. The caller holds the lock.

    Raises:
        IndexNotWritable: anything within could not be written.
    """
    name = layout.next_name(index)
    folder = layout.building_folder(index, name)
    try:
        folder.mkdir(parents=True)
        with ExitStack() as opened:
            yield FileWriter(index, name, encoder, opened)
    except (OSError, sqlite3.Error) as error:
        raise IndexNotWritable(index, reason=getattr(error, "strerror", None) or error) from error
    finally:
        layout.discard(index, name)


class FileWriter:
    """A generation in the making; see :func:`writing`."""

    def __init__(self, index: Path, name: str, encoder: Encoder, opened: ExitStack) -> None:
        from rag.store.dense import FaissWriter
        from rag.store.fulltext import FOLDER as FULLTEXT
        from rag.store.fulltext import TantivyWriter

        self._index = index
        self._name = name
        self._encoder = encoder
        self._folder = layout.building_folder(index, name)
        self._documents: list[DocumentRecord] = []
        self._passages = passages.PassagesWriter(self._folder / passages.FILE, encoder.window_chars)
        opened.callback(self._passages.abandon)
        cache = layout.cache_file(index)
        self._cache = VectorCache(cache, encoder.fingerprint)
        opened.callback(self._cache.close)
        self._additive = encoder if isinstance(encoder, Additive) else None
        self._dense: DenseWriter = FaissWriter(self._folder, encoder.dimension, self._additive)
        self._fulltext: FullTextWriter = TantivyWriter(self._folder / FULLTEXT)
        opened.callback(self._fulltext.abandon)

    def add(self, document: DocumentRecord, chunks: Sequence[Chunk]) -> None:
        """Append a document with its passages. Documents come sorted by source."""
        in_order = sorted(chunks, key=passages.start_of)
        self._passages.add(document.source, in_order)
        for chunk in in_order:
            self._fulltext.add(terms_of(chunk))
        self._documents.append(document)

    @property
    def empty(self) -> bool:
        """Whether there is no document yet."""
        return not self._documents

    def encode(self, progress: Progress) -> int:
        """Bring in the vectors of all passages; returns how many of them had to be computed."""
        done = encoded = 0
        every = self._passages.windows()
        while batch := list(islice(every, _BATCH)):
            known = self._known(batch)
            new = {text_hash: windows for text_hash, windows in batch if text_hash not in known}
            for start in range(0, len(new), self._encoder.batch):
                some = dict(islice(new.items(), start, start + self._encoder.batch))
                fresh = self._encoded(some)
                self._cache.put(fresh)
                known |= fresh
                encoded += len(some)
                progress("encode", done + len(known), self._passages.count)
            counts = [len(windows) for _, windows in batch]
            self._add_vectors([known[text_hash] for text_hash, _ in batch], counts)
            done += len(batch)
            progress("encode", done, self._passages.count)
        return encoded

    def _known(self, batch: Sequence[tuple[bytes, list[str]]]) -> dict[bytes, bytes]:
        """What the cache has of passages, as far as it can be of them."""
        kept = self._cache.get([text_hash for text_hash, _ in batch])
        if self._additive:
            return {
                text_hash: kept[text_hash]
                for text_hash, windows in batch
                if text_hash in kept and _fits(kept[text_hash], len(windows))
            }
        size = self._encoder.dimension * _ROW.itemsize
        return {
            text_hash: kept[text_hash]
            for text_hash, windows in batch
            if text_hash in kept and len(kept[text_hash]) == size * len(windows)
        }

    def _encoded(self, passages: Mapping[bytes, Sequence[str]]) -> dict[bytes, bytes]:
        """What is kept of each passage: a row a window, or the tokens of each window."""
        texts = [window for windows in passages.values() for window in windows]
        ends = list(accumulate(map(len, passages.values()), initial=0))
        if self._additive:
            tokens = self._additive.tokens(texts)
            lengths = np.diff(tokens.starts).astype(_TOKEN)
            ids = tokens.ids.astype(_TOKEN)
            starts = tokens.starts
            return {
                text_hash: lengths[a:b].tobytes() + ids[starts[a] : starts[b]].tobytes()
                for text_hash, (a, b) in zip(passages, pairwise(ends), strict=True)
            }
        rows = self._encoder.encode_passages(texts)
        kept = sound(rows, len(texts), self._encoder).astype(_ROW)
        return {
            text_hash: kept[a:b].tobytes()
            for text_hash, (a, b) in zip(passages, pairwise(ends), strict=True)
        }

    def _add_vectors(self, kept: Sequence[bytes], counts: Sequence[int]) -> None:
        if self._additive:
            each = [np.frombuffer(data, _TOKEN) for data in kept]
            pairs = list(zip(each, counts, strict=True))
            lengths = np.concatenate([data[:count] for data, count in pairs]).astype(np.int64)
            ids = np.concatenate([data[count:] for data, count in pairs]).astype(np.int64)
            tokens = Tokens(ids, np.concatenate([[0], np.cumsum(lengths)]))
            self._dense.add(self._additive.pooled(tokens)[0], counts, tokens)
        else:
            rows = np.frombuffer(b"".join(kept), _ROW).astype(np.float32)
            self._dense.add(rows.reshape(-1, self._encoder.dimension), counts)

    def finish(self, shape: Shape, docs: str) -> Manifest:
        """Finish all parts and prove that they are whole; the generation stands, but is not live.

        It can be opened by its name, and goes with the end of :func:`writing` unless it is
        published.
        """
        self._passages.close()
        self._dense.close()
        self._fulltext.close()
        manifest.write_documents(self._folder, self._documents)
        parts = layout.settle(self._folder)
        described = Manifest(
            schema=SCHEMA,
            generation=self._name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            docs=docs,
            shape=shape,
            passages=self._passages.count,
            documents=tuple(self._documents),
            parts={name: Part(size, sha256) for name, (size, sha256) in parts.items()},
        )
        manifest.write(self._folder, described)
        try:
            manifest.check_sizes(self._folder, manifest.read(self._folder))
            FileIndex(self._folder, described).close()
        except IndexDamaged as error:
            raise IndexNotWritable(self._folder, reason=error.details["reason"]) from error
        layout.stand(self._index, self._name)
        return described

    def publish(self) -> None:
        """Make the finished generation the live one."""
        layout.go_live(self._index, self._name)

    def prune(self, keep: int) -> None:
        """After publishing: let go of generations beyond ``keep`` and of vectors none needs."""
        clean(self._index, keep)
        kept = []
        for name in layout.generations(self._index):
            folder = layout.generation_folder(self._index, name)
            try:
                kept.append((manifest.read(folder).shape.fingerprint, folder))
            except IndexProblem:  # not ours to read, so not ours to prune for
                continue
        try:
            self._cache.prune(kept)
        except sqlite3.Error:  # the index is published; the next build prunes
            return


def _fits(kept: bytes, windows: int) -> bool:
    """Whether it can be the tokens of so many windows."""
    if len(kept) % _TOKEN.itemsize or len(kept) < windows * _TOKEN.itemsize:
        return False
    values = np.frombuffer(kept, _TOKEN)
    return int(values[:windows].sum(dtype=np.int64)) == len(values) - windows


def clean(index: Path, keep: int) -> None:
    """Remove :func:`~rag.store.layout.leftovers`. The caller holds the lock."""
    for path in layout.leftovers(index, keep):
        layout.remove(path)
