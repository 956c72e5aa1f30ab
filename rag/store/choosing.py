"""Which store the settings name."""

from __future__ import annotations

from pathlib import Path

from rag.settings import DEFAULT_DOCS, Settings
from rag.store.files import FileStore
from rag.store.seams import Store


def store_of(settings: Settings) -> Store:
    """The store of the index."""
    return FileStore(settings.index)


def docs_of(settings: Settings) -> Path:
    """The folder of the documents: as set, else as the index remembers it, else ``seeds``."""
    if settings.docs is not None:
        return settings.docs
    return store_of(settings).docs() or DEFAULT_DOCS
