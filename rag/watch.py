"""Building whenever the documents change, for as long as it is let run.

watchfiles (the notify crate) tells of changes, by the system's own means: no polling, no threads of
ours. What it cannot tell is found out at each tick: a folder that vanished, and one that came back.
Which files changed is never taken from it: a build tells that by sha256.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rag.build import build
from rag.encode import Encoder, load_encoder
from rag.errors import DocsMissing, IndexProblem, WenjuError
from rag.settings import Settings
from rag.store import Progress, docs_of
from rag.types import BuildReport

QUIET = 1.0
"""Seconds without a change before a build begins, so that what is being written is finished."""
_LONGEST = 30.0
"""Seconds after which a build begins though changes go on."""
_TICK = 1.0
"""Seconds between two looks at the folder."""
_RETRIES = (5.0, 15.0, 60.0)
"""Seconds until a build that failed for the index's sake is tried again; the last one repeats."""

Seen = BuildReport | WenjuError
"""What watching tells: that a build published something, or what stands in its way."""


Showing = Callable[[], AbstractContextManager[Progress | None]]
"""What shows how far one build is, opened for each."""


def watch(
    settings: Settings, *, showing: Showing = nullcontext, stop: threading.Event | None = None
) -> Iterator[Seen]:
    """Bring the index up to date now, and whenever the documents change.

    Told are the first build, each one that published something or met other failures than the one
    before, and each new trouble, once: a folder that is not there, an index that cannot be
    written. None of them ends the watching.

    Args:
        settings: which documents and which index.
        showing: shows how far each build is.
        stop: ends the watching when set.

    Raises:
        ModelError: the model cannot be used.
    """
    stop = stop or threading.Event()
    builds = _Builds(settings, load_encoder(settings.model), showing)
    while not stop.is_set():
        docs = docs_of(settings)
        if (place := _place(docs)) is None:
            yield from builds.missing(docs)
            stop.wait(_TICK)
            continue
        # the first tick comes when the watch stands: what changed before is in the first build
        wanted = True
        for changed in _ticks(docs, settings.index, stop):
            if _place(docs) != place:
                break
            if changed or wanted or builds.due():
                yield from builds.run()
            wanted = False


class _Builds:
    """One build after the other, and what has been told of them."""

    def __init__(self, settings: Settings, encoder: Encoder, showing: Showing) -> None:
        self._settings = settings
        self._encoder = encoder
        self._showing = showing
        self._told: object = None
        self._failed = 0
        self._again: float | None = None

    def due(self) -> bool:
        """Whether a build that failed is to be tried again now."""
        return self._again is not None and time.monotonic() >= self._again

    def missing(self, docs: Path) -> Iterator[Seen]:
        """The folder is not there: the index stays as it is."""
        yield from self._news(DocsMissing(docs))

    def run(self) -> Iterator[Seen]:
        """Build once."""
        self._again = None
        try:
            with self._showing() as progress:
                report = build(settings=self._settings, encoder=self._encoder, progress=progress)
        except WenjuError as error:
            if isinstance(error, IndexProblem):
                wait = _RETRIES[min(self._failed, len(_RETRIES) - 1)]
                self._again = time.monotonic() + wait
                self._failed += 1
            yield from self._news(error)
            return
        self._failed = 0
        if report.published or self._told != report.failed:
            self._told = report.failed
            yield report

    def _news(self, error: WenjuError) -> Iterator[Seen]:
        said = error.describe()
        if self._told != said:
            self._told = said
            yield error


def _ticks(docs: Path, index: Path, stop: threading.Event) -> Iterator[bool]:
    """At least once a tick: whether anything changed, when it has come to rest."""
    from watchfiles import watch as changes

    own = str(index.resolve())
    try:
        for changed in changes(
            docs,
            watch_filter=lambda _, path: not (path == own or path.startswith(own + "/")),
            debounce=int(_LONGEST * 1000),
            step=int(QUIET * 1000),
            rust_timeout=int(_TICK * 1000),
            yield_on_timeout=True,
            stop_event=stop,
            ignore_permission_denied=True,
        ):
            yield bool(changed)
    except FileNotFoundError:  # it vanished before the watch stood
        return


def _place(docs: Path) -> tuple[int, int] | None:
    """Which folder this is, so that another one under its name is told from it; None: it's gone."""
    try:
        found = docs.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if docs.is_dir() else None
