"""Documents of one's own → an index that lives as long as an evaluation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rag.build import build
from rag.evaluate.beir import Collection
from rag.settings import Settings
from rag.store import Progress
from rag.types import Failure


@contextmanager
def indexed(
    docs: Path | Collection, settings: Settings, progress: Progress | None = None
) -> Iterator[tuple[Settings, tuple[Failure, ...]]]:
    """Index a folder of documents, or those of a collection, and forget the index afterwards.

    Yields:
        The settings to open it with, and what could not be read.

    Raises:
        WenjuError: what :func:`rag.build.build` raises, and :meth:`Collection.write`.
    """
    with tempfile.TemporaryDirectory(prefix="wenju-") as made:
        folder = docs
        if isinstance(docs, Collection):
            folder = Path(made) / "docs"
            folder.mkdir()
            docs.write(folder)
        own = settings.model_copy(update={"docs": folder, "index": Path(made) / "index"})
        failed = build(settings=own, progress=progress).failed
        if isinstance(docs, Collection):
            failed = tuple(replace(one, source=docs.place(one.source)) for one in failed)
        yield own, failed
