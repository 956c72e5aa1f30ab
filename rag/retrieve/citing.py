"""Chunk → citation, checked against the file as it is now."""

from __future__ import annotations

import stat
import time
from collections.abc import Sequence
from pathlib import Path

from rag.errors import FileInaccessible, ReadError
from rag.read import Found, digest, locate
from rag.retrieve.labels import label
from rag.store import Index
from rag.types import Chunk, Citation


class Citer:
    """Makes the citations of one answer; every file is looked at once an answer."""

    def __init__(self, docs: Path, index: Index) -> None:
        """Args: ``docs`` is the documents' folder, ``index`` what was made of it."""
        self._docs = docs
        self._index = index
        self._seen: dict[str, str | None] = {}

    def cite(self, chunk: Chunk) -> Citation:
        """The citation of ``chunk``; ``stale`` says whether its file has changed since."""
        return Citation(
            source=chunk.source,
            title=chunk.title,
            section=chunk.section,
            byline=chunk.byline,
            date=chunk.date,
            page=chunk.page,
            line_start=chunk.line_start,
            line_end=chunk.line_end,
            spans=chunk.spans,
            sha256=self._index.document(chunk.source).sha256,
            label=label(chunk),
            stale=self._stale(chunk.source),
            metadata=chunk.metadata,
            page_end=chunk.page_end,
            boxes=chunk.boxes,
        )

    def cite_all(self, chunks: Sequence[Chunk]) -> tuple[Citation, ...]:
        """The citations of several, in their order."""
        return tuple(map(self.cite, chunks))

    def _stale(self, source: str) -> str | None:
        if source not in self._seen:
            self._seen[source] = self._look(source)
        return self._seen[source]

    def _look(self, source: str) -> str | None:
        found, record = locate(self._docs, source), self._index.document(source)
        if not found.path.exists():
            return "missing"
        try:
            return None if _as_it_was(found, record.size, record.sha256) else "changed"
        except FileInaccessible:
            return "unreadable"
        except ReadError:
            return "changed"


_SETTLED = 2_000_000_000  # nanoseconds after which a clock has moved on on every file system
_proven: dict[tuple[str, str, str], tuple[int, ...]] = {}
"""By path, place in an archive and sha256, the state in which a file was last proven to have it."""


def _as_it_was(file: Found, size: int, sha256: str) -> bool:
    """Whether a file still has the sha256 that it was indexed with.

    Its bytes are read unless it has another size, or was proven before and nothing was done to it
    since: the change time, which no program can set back, stands still. A change within the same
    tick of that clock could go unseen; so a file that has just been written is not remembered.

    Raises:
        FileInaccessible: it may not be read.
    """
    try:
        found = file.path.stat()
    except OSError as error:
        raise FileInaccessible(file.path, reason=error.strerror) from error
    if stat.S_ISREG(found.st_mode) and not file.inside and found.st_size != size:
        return False
    state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    key = (str(file.path), file.inside, sha256)
    if _proven.get(key) == state:
        return True
    now = time.time_ns()
    if digest(file) != sha256:
        return False
    if max(found.st_mtime_ns, found.st_ctime_ns) + _SETTLED < now:
        _proven[key] = state
    return True
