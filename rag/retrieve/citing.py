"""Chunk → citation, checked against the file as it is now."""

from __future__ import annotations

from pathlib import Path

from rag.errors import FileInaccessible, ReadError
from rag.read import digest
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
        )

    def _stale(self, source: str) -> str | None:
        if source not in self._seen:
            self._seen[source] = self._look(source)
        return self._seen[source]

    def _look(self, source: str) -> str | None:
        path = self._docs / source
        if not path.exists():
            return "missing"
        try:
            return None if digest(path) == self._index.document(source).sha256 else "changed"
        except FileInaccessible:
            return "unreadable"
        except ReadError:
            return "changed"


def label(chunk: Chunk) -> str:
    """The one line that a person reads: 《题目》 文件 第 x–y 行."""
    title = f"《{chunk.title}》 " if chunk.title else ""
    page = f" 第 {chunk.page} 页" if chunk.page is not None else ""
    lines = (
        f"第 {chunk.line_start} 行"
        if chunk.line_start == chunk.line_end
        else f"第 {chunk.line_start}–{chunk.line_end} 行"
    )
    return f"{title}{chunk.source}{page} {lines}"
