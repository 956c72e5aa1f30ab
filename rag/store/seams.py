"""The seams of the index: what a store must do, and its engines for vectors and for full text.

A :class:`Store` keeps the generations of an index: in a folder, by FAISS, tantivy and SQLite, or in
Milvus. What is to the right of this folder knows :class:`Store`, :class:`IndexWriter` and
:class:`Index`, and no engine.

A passage is known to an engine by its serial number, which it keeps for life: generations share
what is written of it. ``ranges`` limits a search to some serials; None means all. A passage has a
vector for each of its windows, one at least; the best of them is its score. A search gives the
``k`` best, and all that score as much as the last of them, so that the place in the corpus can tell
between these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from rag.encode import Encoder
from rag.store.manifest import Manifest, Shape
from rag.store.prepared import Prepared
from rag.store.records import DocumentRecord, Field, Range, Scored, Wanted
from rag.types import Chunk

Vector = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
Serials = npt.NDArray[np.int64]
Found = tuple[Serials, npt.NDArray[np.float32]]
"""Serials and their scores, best first."""
Progress = Callable[[str, int, int], None]
"""Told ``(stage, done, total)``; the stages are ``read``, in files, and ``encode``, in passages."""


class Index(Protocol):
    """One generation, held open until it is closed, whatever is published or removed meanwhile.

    Safe from many threads. Searching writes nothing. ``sources`` are globs over the whole path
    (``2024/*``, ``*年报.txt``; an exact name always matches itself); none means all documents.
    """

    generation: str
    manifest: Manifest
    where: str
    """The generation, for people."""

    @property
    def docs(self) -> Path:
        """The folder that the documents were read from."""
        ...

    def search_dense(self, query: Vector, k: int, sources: Sequence[str] = ()) -> list[Scored]:
        """The ``k`` passages nearest to ``query``, best first, ties by id.

        The score of a passage is the largest inner product among its windows.
        """
        ...

    def search_fulltext(
        self, field: Field, terms: Sequence[str], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """The ``k`` best passages by BM25 over one field, best first, ties by id.

        The score is the sum over the distinct ``terms``; a passage with none is not returned.
        """
        ...

    def search_fields(
        self, wanted: Sequence[Wanted], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """As :meth:`search_fulltext`, over several fields at once: their weighted scores add up."""
        ...

    def search_dense_beside(self, query: Vector, k: int, ids: Sequence[int]) -> list[Scored]:
        """As :meth:`search_dense`, in the documents that hold the passages ``ids``."""
        ...

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The passages of ``ids``, in their order. Raises KeyError for an id there is not."""
        ...

    def documents_of(self, ids: Sequence[int]) -> npt.NDArray[np.int64]:
        """The place of each passage's document among :meth:`documents`."""
        ...

    def chunks_of(self, source: str) -> list[Chunk]:
        """The passages of one document, in order of place."""
        ...

    def all_chunks(self) -> Iterator[Chunk]:
        """Every passage, in order of id."""
        ...

    def ids_of(self, chunk_ids: Iterable[str]) -> list[int]:
        """The ids of passages by name, in order. Raises KeyError for a name there is not."""
        ...

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The vectors of the windows of ``ids``, in order, shape ``[sum of counts, dimension]``.

        :meth:`window_counts` says which are whose. Raises KeyError for an id there is not.
        """
        ...

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """How many windows each of ``ids`` has. Raises KeyError for an id there is not."""
        ...

    def document(self, source: str) -> DocumentRecord:
        """One document. Raises KeyError for a source there is not."""
        ...

    def documents(self) -> list[DocumentRecord]:
        """Every document, sorted by source."""
        ...

    def damaged(self) -> list[str]:
        """Names of the parts that are not what was written; whatever it takes to tell."""
        ...

    def close(self) -> None:
        """Let go of files and memory; afterwards everything but this raises IndexClosed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class IndexWriter(Protocol):
    """A generation in the making."""

    def keep(self, record: DocumentRecord) -> None:
        """Take a document over from the live generation. Documents come sorted by source."""
        ...

    def add(self, record: DocumentRecord, prepared: Prepared) -> None:
        """Append a new document with its passages. Documents come sorted by source."""
        ...

    def encode(self, progress: Progress) -> int:
        """Bring in the vectors of all passages; returns how many of them had to be computed."""
        ...

    def finish(self, docs: str) -> Index:
        """Finish all parts and prove that they are whole; the generation stands, but is not live.

        It is opened, can be opened by its name, and goes with the end of :meth:`Store.writing`
        unless it is published.
        """
        ...

    def publish(self) -> None:
        """Make the finished generation the live one, at one stroke."""
        ...

    def prune(self, keep: int) -> None:
        """After publishing: let go of generations beyond ``keep`` and of vectors none needs."""
        ...


class Store(Protocol):
    """Where the generations of an index are kept. Opening it is cheap and checks nothing."""

    def live(self) -> str | None:
        """The live generation's name, or None where there is none yet. Cheap.

        Raises:
            IndexDamaged: it cannot be told.
            StoreUnreachable: the store does not answer; so may all the others.
        """
        ...

    def open(self, name: str | None = None) -> Index:
        """Open a generation by its name, live or not; by default the live one.

        Only what is cheap is checked: the manifest, and that every part is there.

        Raises:
            IndexMissing: nothing was built there yet.
            IndexNotAFolder: a file stands in its place.
            IndexDamaged: a part is missing or not what was written.
            IndexTooNew: a later version wrote it.
        """
        ...

    def published(self) -> list[str]:
        """Names of the generations that are or were live, oldest first; the live one is the last.

        Raises:
            IndexMissing, IndexNotAFolder, IndexDamaged: as :meth:`open`.
        """
        ...

    def manifest(self, name: str) -> Manifest:
        """What a generation is made of, if all of that is there.

        Raises:
            IndexDamaged, IndexTooNew: as :meth:`open`.
        """
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Be the one writer. The lock falls with the process that held it.

        Raises:
            IndexLocked: there is another writer.
            IndexNotAFolder, IndexNotWritable: no lock can be had here.
        """
        ...

    def damaged(self, described: Manifest) -> list[str]:
        """Names of the parts of a generation that are not what was written. Reads all of them."""
        ...

    def writing(
        self, encoder: Encoder, shape: Shape, live: Manifest | None = None
    ) -> AbstractContextManager[IndexWriter]:
        """Write one generation; until it is published the live one is as it was.

        What was written and not published is thrown away at the end. The caller holds the lock.

        Args:
            encoder: makes the vectors.
            shape: what the contents depend on beside the documents.
            live: the live generation, if every part of it is whole.

        Raises:
            IndexNotWritable: anything within could not be written.
        """
        ...

    def restore(self, name: str) -> Manifest:
        """Publish a former generation once more. The caller holds the lock.

        Raises:
            IndexDamaged, IndexTooNew: it is not what was written; the live one stays.
            IndexNotWritable: there is no room for it; the live one stays.
        """
        ...

    def leftovers(self, keep: int) -> list[str]:
        """What dead builds left, and the generations beyond the newest ``keep``."""
        ...

    def clean(self, keep: int) -> None:
        """Remove :meth:`leftovers`. The caller holds the lock."""
        ...

    def docs(self) -> Path | None:
        """The documents' folder as the index remembers it; None where it does not.

        Any generation that is kept remembers it, should the live one be damaged.
        """
        ...

    def docs_named(self, docs: Path) -> str:
        """The documents' folder as a manifest remembers it."""
        ...


class DenseStore(Protocol):
    """Answers by inner product, over the passages of one shard. Safe from many threads."""

    serials: Serials
    """Of all passages here, ascending; those of deleted documents too."""

    def search(self, query: Vector, k: int, ranges: Sequence[Range] | None) -> Found:
        """The ``k`` nearest; all there are where ``k`` is more."""
        ...

    def vectors(self, serials: Sequence[int] | Serials) -> Vectors:
        """The rows of ``serials``, in their order, all windows of each."""
        ...

    def window_counts(self, serials: Sequence[int] | Serials) -> list[int]:
        """How many rows each of ``serials`` has."""
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...


class DenseWriter(Protocol):
    """Takes vectors, or what tells them."""

    def add(
        self,
        serials: Sequence[int],
        counts: Sequence[int] | npt.NDArray[np.uint16],
        vectors: Vectors | None = None,
        tokens: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]] | None = None,
    ) -> None:
        """Add passages: either their rows, shape ``[sum(counts), dimension]``, or their tokens.

        ``tokens`` are the number of tokens of each window, and the tokens of all of them.
        """
        ...

    def take(self, folder: Path, serials: Serials) -> None:
        """Add passages of another shard."""
        ...

    def close(self) -> None:
        """Everything is on disk. Raises OSError where that cannot be."""
        ...


class FullTextWriter(Protocol):
    """Takes terms."""

    def add(self, serial: int, terms: Sequence[str]) -> None:
        """Add the terms of a passage, a string a field; repeated terms count as they stand."""
        ...

    def drop(self, ranges: Sequence[Range]) -> None:
        """Remove passages that were taken over from another generation."""
        ...

    def close(self) -> None:
        """Everything is on disk. Raises OSError where that cannot be."""
        ...

    def abandon(self) -> None:
        """Stop writing and let go of files, closed or not; what is not closed is worth nothing."""
        ...


class FullTextStore(Protocol):
    """Answers by BM25, k1 = 1.2 and b = 0.75. Safe from many threads."""

    def search(self, wanted: Sequence[Wanted], k: int, ranges: Sequence[Range] | None) -> Found:
        """The ``k`` best of those with any of the terms: the sum over all distinct terms."""
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...
