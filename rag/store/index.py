"""An open generation: what questions are asked of."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Self

from rag.errors import IndexDamaged, IndexMissing, IndexNotAFolder, IndexProblem
from rag.store import layout, manifest, passages
from rag.store.manifest import Manifest
from rag.store.records import DocumentRecord, Field, Range, Scored, Wanted
from rag.store.seams import DenseStore, FullTextStore, Vector, Vectors
from rag.store.sources import ranges_of
from rag.types import Chunk

_PATIENCE = 10


class FileIndex:
    """A generation in a folder; see :class:`rag.store.seams.Index`."""

    def __init__(self, folder: Path, described: Manifest) -> None:
        from rag.store.dense import FaissStore
        from rag.store.fulltext import FOLDER as FULLTEXT
        from rag.store.fulltext import TantivyStore

        self.folder = folder
        self.where = str(folder)
        self.manifest = described
        self.generation = described.generation
        with ExitStack() as opened:
            self._passages = passages.Passages(folder / passages.FILE)
            opened.callback(self._passages.close)
            dense = FaissStore(folder)
            fulltext = TantivyStore(folder / FULLTEXT)
            counts = (self._passages.count, dense.count, fulltext.count)
            if set(counts) != {described.passages} or dense.dimension != described.shape.dimension:
                raise IndexDamaged(folder, reason=f"{counts} ≠ {described.passages}")
            opened.pop_all()
        self._documents = {document.source: document for document in described.documents}
        counted = [document.chunks for document in described.documents]
        self._starts = [0, *accumulate(counted[:-1])] if counted else []
        self._dense: DenseStore = dense
        self._fulltext: FullTextStore = fulltext

    @property
    def docs(self) -> Path:
        """The folder that the documents were read from."""
        return _docs(self.folder, self.manifest.docs)

    def search_dense(self, query: Vector, k: int, sources: Sequence[str] = ()) -> list[Scored]:
        """The ``k`` passages nearest to ``query``, best first, ties by id.

        The score of a passage is the largest inner product among its windows.
        """
        return self._dense.search(query, k, self._ranges(sources))

    def search_fulltext(
        self, field: Field, terms: Sequence[str], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """The ``k`` best passages by BM25 over one field, best first, ties by id.

        The score is the sum over the distinct ``terms``; a passage with none is not returned.
        """
        return self._fulltext.search([Wanted(field, terms)], k, self._ranges(sources))

    def search_fields(
        self, wanted: Sequence[Wanted], k: int, sources: Sequence[str] = ()
    ) -> list[Scored]:
        """As :meth:`search_fulltext`, over several fields at once: their weighted scores add up."""
        return self._fulltext.search(wanted, k, self._ranges(sources))

    def search_dense_beside(self, query: Vector, k: int, ids: Sequence[int]) -> list[Scored]:
        """As :meth:`search_dense`, in the documents that hold the passages ``ids``."""
        held = sorted({bisect_right(self._starts, one) - 1 for one in ids})
        return self._dense.search(query, k, [self._range(place) for place in held])

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The passages of ``ids``, in their order. Raises KeyError for an id there is not."""
        return self._passages.get(ids)

    def chunks_of(self, source: str) -> list[Chunk]:
        """The passages of one document, in order of place."""
        return self._passages.of(source)

    def all_chunks(self) -> Iterator[Chunk]:
        """Every passage, in order of id."""
        return self._passages.all()

    def ids_of(self, chunk_ids: Iterable[str]) -> list[int]:
        """The ids of passages by name, in order. Raises KeyError for a name there is not."""
        return self._passages.ids_of(chunk_ids)

    def vectors(self, ids: Sequence[int]) -> Vectors:
        """The vectors of the windows of ``ids``, in order, shape ``[sum of counts, dimension]``.

        :meth:`window_counts` says which are whose. Raises KeyError for an id there is not.
        """
        return self._dense.vectors(ids)

    def window_counts(self, ids: Sequence[int]) -> list[int]:
        """How many windows each of ``ids`` has. Raises KeyError for an id there is not."""
        return self._dense.window_counts(ids)

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
        self._passages.close()
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

    def _ranges(self, sources: Sequence[str]) -> list[Range] | None:
        return ranges_of(self.manifest.documents, self._starts, sources)

    def _range(self, place: int) -> Range:
        """The passages of the document at ``place``."""
        return self._starts[place], self._starts[place] + self.manifest.documents[place].chunks


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
