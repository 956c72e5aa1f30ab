"""A scan that takes its time, without a picture: a task for a worker."""

from __future__ import annotations

import time

from rag.read import recognition


def turn_pages(count: int, seconds: float) -> str:
    """As that many pages are read, one after another."""
    for _ in range(count):
        time.sleep(seconds)
        recognition.after_page()
    return "read"
