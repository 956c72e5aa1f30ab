"""An open generation: what questions are asked of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from rag.errors import IndexDamaged, IndexMissing, IndexNotAFolder, IndexProblem
from rag.store import layout, manifest
from rag.store.manifest import Manifest
from rag.store.places import Ints, Places
from rag.store.records import DocumentRecord, Field, Range, Scored, Wanted
from rag.store.seams import FullTextStore, Vector, Vectors
from rag.store.shards import Shard
from rag.store.sources import chosen
from rag.types import Chunk

_PATIENCE = 10
_AT_ONCE = 500
_KEPT = 4096
"""Passages that are kept as they were read: a small index is asked for the same again and again."""


class FileIndex:
    """A generation in a folder; see :class:`rag.store.seams.Index`."""

    def __init__(self, folder: Path, described: Manifest) -> None:
        from rag.store.fulltext import FOLDER as FULLTEXT
        from rag.store.fulltext import TantivyStore

        self.folder = folder
        self.where = str(folder)
        self.manifest = described
        self.generation = described.generation
        self._documents = {document.source: document for document in described.documents}
        counted = [document.chunks for document in described.documents]
        try:
            self._places = Places(described.firsts, counted)
        except (ValueError, OverflowError) as error:
            raise IndexDamaged(folder / manifest.DOCUMENTS, reason=error) from error
        with ExitStack() as opened:
            dimension = described.shape.dimension
            self._shards = [
                Shard(folder / manifest.SHARDS / name, dimension, self._places, opened)
                for name in described.shards
            ]
            fulltext = TantivyStore(folder / FULLTEXT)
            opened.callback(fulltext.close)
            counts = (self._places.count, fulltext.count, sum(len(one.ids) for one in self._shards))
            if set(counts) != {described.passages}:
                raise IndexDamaged(folder, reason=f"{counts} ≠ {described.passages}")
            self._shard_of = np.full(described.passages, -1, np.int16)
            for number, shard in enumerate(self._shards):
                self._shard_of[shard.ids] = number
            if (self._shard_of < 0).any():
                raise IndexDamaged(folder / manifest.SHARDS, reason=manifest.DOCUMENTS)
            self._opened = opened.pop_all()
        self._fulltext: FullTextStore = fulltext
        self._kept: dict[int, Chunk] = {}

    @property
    def docs(self) -> Path:
        """The folder that the documents were read from."""
        return _docs(self.folder, self.manifest.docs)

    def search_dense(self, query: Vector, k: int, sources: Sequence[str] = ()) -> list[Scored]:
        """The ``k`` passages nearest to ``query``, best first, ties by id.

        The score of a passage is the largest inner product among its windows.
        """
        return self._nearest(query, k, self._ranges(sources))

    def search_fulltext(
        self, field: Field, terms: Sequence[str], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """The ``k`` best passages by BM25 over one field, best first, ties by id.

        The score is the sum over the distinct ``terms``; a passage with none is not returned.
        """
        return self.search_fields([Wanted(field, terms)], k, sources)

    def search_fields(
        self, wanted: Sequence[Wanted], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """As :meth:`search_fulltext`, over several fields at once: their weighted scores add up."""
        serials, scores = self._fulltext.search(wanted, k, self._ranges(sources))
        return _best_first(self._places.ids(serials), scores, k)

    def search_dense_beside(self, query: Vector, k: int, ids: Sequence[int]) -> list[Scored]:
        """As :meth:`search_dense`, in the documents that hold the passages ``ids``."""
        held = np.unique(self.documents_of(ids))
        return self._nearest(query, k, self._places.ranges(held.tolist()))

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The passages of ``ids``, in their order. Raises KeyError for an id there is not."""
        found = {one: self._kept.get(one) for one in map(int, ids)}
        missing = [one for one, chunk in found.items() if chunk is None]
        if missing:
            read = self._read(missing)
            found |= read
            if len(self._kept) + len(read) > _KEPT:
                self._kept = {}
            self._kept |= read
        return [chunk for one in ids if (chunk := found[int(one)]) is not None]

    def _read(self, ids: Sequence[int]) -> dict[int, Chunk]:
        wanted = np.asarray(ids, np.int64)
        serials = self._places.serials(wanted)
        documents = self._places.documents(wanted).tolist()
        sources = [self.manifest.documents[one].source for one in documents]
        found: dict[int, Chunk] = {}
        for shard, places in self._by_shard(wanted):
            some = shard.passages.get(serials[places].tolist(), [sources[one] for one in places])
            found |= zip([ids[one] for one in places.tolist()], some, strict=True)
        return found

    def documents_of(self, ids: Sequence[int]) -> Ints:
        """The place of each passage's document among :meth:`documents`."""
        return self._places.documents(np.asarray(ids, np.int64))

    def chunks_of(self, source: str) -> list[Chunk]:
        """The passages of one document, in order of place."""
        document = self._places_of.get(source)
        if document is None:
            return []
        start, end = self._places.starts[document : document + 2].tolist()
        return self.chunks(range(start, end))

    def all_chunks(self) -> Iterator[Chunk]:
        """Every passage, in order of id."""
        for start in range(0, self.manifest.passages, _AT_ONCE):
            yield from self.chunks(range(start, min(start + _AT_ONCE, self.manifest.passages)))

    def ids_of(self, chunk_ids: Iterable[str]) -> list[int]:
        """The ids of passages by name, in order. Raises KeyError for a name there is not."""
        return [self._id_of(chunk_id) for chunk_id in chunk_ids]

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The vectors of the windows of ``ids``, in order, shape ``[sum of counts, dimension]``.

        :meth:`window_counts` says which are whose. Raises KeyError for an id there is not.
        """
        wanted = np.asarray(ids, np.int64).reshape(-1)
        serials = self._places.serials(wanted)
        rows: list[Vectors] = [np.zeros((0, self.manifest.shape.dimension), np.float32)]
        order: list[tuple[int, int]] = []
        for shard, places in self._by_shard(wanted):
            counts = shard.dense.window_counts(serials[places])
            found = shard.dense.vectors(serials[places])
            for place, row in zip(places.tolist(), _split(found, counts), strict=True):
                order.append((place, len(rows)))
                rows.append(row)
        return np.concatenate([rows[0], *(rows[at] for _, at in sorted(order))])

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """How many windows each of ``ids`` has. Raises KeyError for an id there is not."""
        wanted = np.asarray(ids, np.int64).reshape(-1)
        serials = self._places.serials(wanted)
        counts = np.zeros(len(wanted), np.int64)
        for shard, places in self._by_shard(wanted):
            counts[places] = shard.dense.window_counts(serials[places])
        return [int(one) for one in counts]

    def document(self, source: str) -> DocumentRecord:
        """One document. Raises KeyError for a source there is not."""
        return self._documents[source]

    def documents(self) -> list[DocumentRecord]:
        """Every document, sorted by source."""
        return list(self.manifest.documents)

    def damaged(self) -> list[str]:
        """Names of the parts whose bytes are not those that were written. Reads all of them."""
        return manifest.damaged_parts(self.folder, self.manifest)

    def close(self) -> None:
        """Let go of files and memory; afterwards everything but this raises IndexClosed."""
        self._opened.close()
        self._kept = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _places_of(self) -> dict[str, int]:
        return {one.source: place for place, one in enumerate(self.manifest.documents)}

    def _nearest(self, query: Vector, k: int, ranges: list[Range] | None) -> list[Scored]:
        ids, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        for shard in self._shards:
            asked = k if ranges is not None else k + min(k, shard.dead)
            while True:
                serials, of_shard = shard.dense.search(query, asked, ranges)
                found = self._places.ids(serials)
                alive = found >= 0
                if alive.all() or alive.sum() >= k or len(serials) < asked:
                    break
                asked *= 2  # most of the nearest are of documents that were deleted
            ids.append(found[alive])
            scores.append(of_shard[alive])
        return _best_first(np.concatenate(ids), np.concatenate(scores), k)

    def _by_shard(self, ids: Ints) -> Iterator[tuple[Shard, Ints]]:
        """Each shard that holds some of ``ids``, and the places of these among them."""
        held = self._shard_of[ids]
        for number in np.unique(held).tolist():
            yield self._shards[number], np.flatnonzero(held == number)

    def _id_of(self, chunk_id: str) -> int:
        source, _, start = chunk_id.rpartition("@")
        document = self._places_of.get(source)
        if document is None or not start.isdecimal():
            raise KeyError(chunk_id)
        first, end = self._places.range(document)
        if first < end:
            one = int(self._places.starts[document])
            shard = self._shards[self._shard_of[one]]
            serial = shard.passages.starting_at(first, end, int(start))
            if serial is not None:
                return int(one + serial - first)
        raise KeyError(chunk_id)

    def _ranges(self, sources: Sequence[str]) -> list[Range] | None:
        """The passages of the documents that ``sources`` name, by serial, neighbours joined."""
        some = chosen(self.manifest.documents, sources)
        return None if some is None else self._places.ranges(some)


def _best_first(ids: Ints, scores: npt.NDArray[np.floating[Any]], k: int) -> list[Scored]:
    """The ``k`` best; the place in the corpus decides between equal scores."""
    order = np.lexsort((ids, -scores))[: max(k, 0)]
    pairs = zip(ids[order].tolist(), scores[order].tolist(), strict=True)
    return [Scored(one, score) for one, score in pairs]


def _split(rows: Vectors, counts: Sequence[int]) -> list[Vectors]:
    return np.split(rows, np.cumsum(counts)[:-1])


def open_index(path: Path) -> FileIndex:
    """Open the live generation.

    Only what is cheap is checked: the manifest, the size of every part, the number of passages.

    Raises:
        IndexMissing: nothing was built there yet.
        IndexNotAFolder: ``path`` is a file.
        IndexDamaged: a part is missing or not what was written.
        IndexTooNew: a later version wrote it.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise IndexNotAFolder(path)
    for _ in range(_PATIENCE):
        name = layout.live_generation(path)
        if name is None:
            if layout.generations(path):
                raise IndexDamaged(path / "CURRENT", reason="CURRENT")
            raise IndexMissing(path)
        try:
            return open_generation(path, name)
        except IndexDamaged:
            # a build may have published another and let go of this one between two steps
            if layout.live_generation(path) == name:
                raise
    raise IndexDamaged(path, reason=f"CURRENT ≠ {name}")


def open_generation(path: Path, name: str) -> FileIndex:
    """Open a generation by its name, live or not.

    Raises:
        IndexDamaged, IndexTooNew: as :func:`open_index`.
    """
    folder = layout.generation_folder(path, name)
    return FileIndex(folder, read_manifest(folder))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation whose parts are all there in their sizes.

    Raises:
        IndexDamaged, IndexTooNew: as :func:`open_index`.
    """
    described = manifest.read(folder)
    if described.generation != folder.name:
        raise IndexDamaged(folder, reason=f"{described.generation} ≠ {folder.name}")
    manifest.check_sizes(folder, described)
    return described


def docs_remembered(index: Path) -> Path | None:
    """The documents' folder as any generation that is kept remembers it."""
    names = layout.generations(index)[::-1]
    with suppress(IndexDamaged):
        live = layout.live_generation(index)
        names = [name for name in names if live is None or int(name) <= int(live)]
    for name in names:
        folder = layout.generation_folder(index, name)
        with suppress(IndexProblem):
            return _docs(folder, manifest.docs_of(folder))
    return None


def _docs(generation: Path, remembered: str) -> Path:
    index = generation.resolve().parent.parent
    return Path(os.path.normpath(index / remembered))
