"""Which store the settings name."""

from __future__ import annotations

from pathlib import Path

from rag.settings import DEFAULT_DOCS, Engine, Settings
from rag.store.files import FileStore
from rag.store.seams import Store


def store_of(settings: Settings) -> Store:
    """The store of the index."""
    if settings.store is Engine.MILVUS:
        from rag.store.milvus_store import MilvusStore

        token = settings.milvus_token.get_secret_value() if settings.milvus_token else ""
        return MilvusStore(settings.milvus_uri, token, settings.index)
    return FileStore(settings.index)


def docs_of(settings: Settings) -> Path:
    """The folder of the documents: as set, else as the index remembers it, else ``seeds``."""
    if settings.docs is not None:
        return settings.docs
    return store_of(settings).docs() or DEFAULT_DOCS
