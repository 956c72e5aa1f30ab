"""The store of an organisation: generations in Milvus, for readers on many machines.

All that a reader needs is there. The machine that builds keeps its lock and the vectors of slow
models in the index's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rag.encode import Encoder
from rag.errors import IndexDamaged, IndexMissing, IndexProblem
from rag.store import layout, manifest
from rag.store.manifest import Manifest, Shape
from rag.store.milvus import Collections, collections
from rag.store.milvus_index import MilvusIndex, missing_rows, read_manifest
from rag.store.milvus_writer import (
    MilvusWriter,
    clean,
    leftovers,
    manifest_of,
    takes_time,
    write_manifest,
)
from rag.store.seams import Index, IndexWriter
from rag.store.vectors import VectorCache


class MilvusStore:
    """See :class:`rag.store.seams.Store`."""

    def __init__(self, uri: str, token: str, folder: Path) -> None:
        """Args: ``folder`` is the index's, on the machine that builds."""
        self._uri = uri
        self._token = token
        self._folder = folder

    @property
    def _milvus(self) -> Collections:
        return collections(self._uri, self._token)

    def live(self) -> str | None:
        """See the seam."""
        return self._milvus.live()

    def open(self, name: str | None = None) -> Index:
        """See the seam."""
        milvus = self._milvus
        if name:
            return MilvusIndex(milvus, name)
        live = milvus.live()
        if live is None:
            raise IndexMissing(milvus.uri)
        try:
            return MilvusIndex(milvus, live)
        except IndexDamaged:
            now = milvus.live()
            if now in (live, None):
                raise
            return MilvusIndex(milvus, str(now))

    def published(self) -> list[str]:
        """See the seam."""
        milvus = self._milvus
        live = milvus.live()
        if live is None:
            raise IndexMissing(milvus.uri)
        numbers = {number for name, number in milvus.names().items() if name == manifest_of(number)}
        return sorted((one for one in numbers if int(one) <= int(live)), key=int)

    def manifest(self, name: str) -> Manifest:
        """See the seam."""
        return read_manifest(self._milvus, name)

    def locked(self) -> AbstractContextManager[None]:
        """See the seam. One machine builds; its lock is its own."""
        return layout.locked(self._folder)

    def damaged(self, described: Manifest) -> list[str]:
        """See the seam."""
        return missing_rows(self._milvus, described)

    @contextmanager
    def writing(
        self, encoder: Encoder, shape: Shape, live: Manifest | None = None
    ) -> Iterator[IndexWriter]:
        """See the seam."""
        milvus = self._milvus
        name = self._next()
        with ExitStack() as opened:
            cache = None
            if takes_time(encoder):
                cache = VectorCache(layout.cache_file(self._folder))
                opened.callback(cache.close)
                cache.use(encoder.fingerprint)
            former = None
            if live is not None:
                former = opened.enter_context(MilvusIndex(milvus, live.generation))
            try:
                yield MilvusWriter(milvus, name, encoder, shape, former, cache)
            finally:
                self._discard(name)

    def restore(self, name: str) -> Manifest:
        """See the seam. The generation that is published names the old one's collections."""
        milvus = self._milvus
        with MilvusIndex(milvus, name) as index:
            missing = index.damaged()
            described = index.manifest
        if missing:
            raise IndexDamaged(milvus.uri, reason=", ".join(missing))
        anew = replace(
            described,
            generation=self._next(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            restored_from=described.restored_from or name,
        )
        try:
            write_manifest(milvus, anew)
            MilvusIndex(milvus, anew.generation).close()
            milvus.switch(anew.generation)
        finally:
            self._discard(anew.generation)
        return anew

    def leftovers(self, keep: int) -> list[str]:
        """See the seam."""
        return leftovers(self._milvus, keep)

    def clean(self, keep: int) -> None:
        """See the seam."""
        clean(self._milvus, keep)

    def docs(self) -> Path | None:
        """See the seam."""
        with suppress(IndexProblem):
            live = self._milvus.live()
            if live:
                data = self._milvus.read_manifest(live).get(manifest.FILE, b"")
                return Path(manifest.docs_in(data, self._milvus.uri))
        return None

    def docs_named(self, docs: Path) -> str:
        """See the seam: whole, since readers have no folder that it could be relative to."""
        return docs.resolve().as_posix()

    def _next(self) -> str:
        """A number that no generation has, whole or half."""
        return f"{max((int(one) for one in self._milvus.names().values()), default=0) + 1:06d}"

    def _discard(self, name: str) -> None:
        """Remove what there is of a generation, unless it is live."""
        with suppress(IndexProblem):  # Milvus may be gone; the next build cleans up
            milvus = self._milvus
            if milvus.live() != name:
                for collection, number in milvus.names().items():
                    if number == name:
                        milvus.drop(collection)
