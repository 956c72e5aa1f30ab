"""The real server in a process of its own, for tests that ask it from outside.

It is forked from a process that has imported what a server needs (``warm.py``), and so it comes up
in a tenth of the time.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parent.parent
WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["tests.warm"])


@contextmanager
def serving(index: Path, docs: Path, **settings: str) -> Iterator[str]:
    """The chat as ``rag chat`` starts it, with settings by environment name; its address."""
    given = {"RAG_INDEX": str(index), "RAG_DOCS": str(docs), "RAG_PORT": "0", "RAG_LANG": "zh"}
    reading, writing = WARM.Pipe(duplex=False)
    server = WARM.Process(target=_chat, args=(os.environ | given | settings, writing))
    server.start()
    writing.close()
    try:
        said = ""
        with os.fdopen(os.dup(reading.fileno()), encoding="utf-8") as lines:
            while (address := re.search(r"http://[\d.:]+", said)) is None:
                line = lines.readline()
                assert line, said
                said += line
            yield address[0]
    finally:
        server.terminate()
        server.join()
        reading.close()


def _chat(environment: dict[str, str], said: Connection) -> None:
    from rag.cli import main

    os.environ.clear()
    os.environ.update(environment)
    os.dup2(said.fileno(), 2)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", closefd=False)
    os.chdir(ROOT)
    sys.exit(main(["chat"]))
