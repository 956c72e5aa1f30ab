"""The store of one machine: generations in a folder, by FAISS, tantivy and SQLite."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from rag.encode import Encoder
from rag.store import layout
from rag.store.index import docs_remembered, open_generation, open_index, read_manifest
from rag.store.manifest import Manifest, Shape, damaged_parts
from rag.store.restoring import restore
from rag.store.seams import Index, IndexWriter
from rag.store.writer import clean, writing


class FileStore:
    """See :class:`rag.store.seams.Store`."""

    def __init__(self, index: Path) -> None:
        self._index = index

    def live(self) -> str | None:
        """See the seam."""
        return layout.live_generation(self._index)

    def open(self, name: str | None = None) -> Index:
        """See the seam."""
        return open_generation(self._index, name) if name else open_index(self._index)

    def published(self) -> list[str]:
        """See the seam."""
        return layout.published(self._index)

    def manifest(self, name: str) -> Manifest:
        """See the seam."""
        return read_manifest(layout.generation_folder(self._index, name))

    def locked(self) -> AbstractContextManager[None]:
        """See the seam."""
        return layout.locked(self._index)

    def damaged(self, described: Manifest) -> list[str]:
        """See the seam."""
        folder = layout.generation_folder(self._index, described.generation)
        return damaged_parts(folder, described)

    def writing(
        self, encoder: Encoder, shape: Shape, live: Manifest | None = None
    ) -> AbstractContextManager[IndexWriter]:
        """See the seam."""
        return writing(self._index, encoder, shape, live)

    def restore(self, name: str) -> Manifest:
        """See the seam."""
        return restore(self._index, name)

    def leftovers(self, keep: int) -> list[str]:
        """See the seam."""
        return [path.name for path in layout.leftovers(self._index, keep)]

    def clean(self, keep: int) -> None:
        """See the seam."""
        clean(self._index, keep)

    def docs(self) -> Path | None:
        """See the seam."""
        return docs_remembered(self._index)

    def docs_named(self, docs: Path) -> str:
        """See the seam."""
        return layout.docs_from(self._index, docs)
