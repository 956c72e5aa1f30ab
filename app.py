"""Starts the web chat: the same as ``rag chat``."""

from rag.settings import load_settings
from rag.web import launch

if __name__ == "__main__":
    launch(load_settings())
