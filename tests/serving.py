"""The real server in a process of its own, for tests that ask it from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def serving(index: Path, docs: Path, **settings: str) -> Iterator[str]:
    """The chat as ``python app.py`` starts it, with settings by environment name; its address."""
    given = {"RAG_INDEX": str(index), "RAG_DOCS": str(docs), "RAG_PORT": "0", "RAG_LANG": "zh"}
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT, env=os.environ | given | settings, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stderr is not None
            said = ""
            while (address := re.search(r"http://[\d.:]+", said)) is None:
                line = server.stderr.readline()
                assert line, said
                said += line
            yield address[0]
        finally:
            server.terminate()
