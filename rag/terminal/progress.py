"""How far a command is: a bar on stderr, on a terminal only, for what takes longer than a moment.

tqdm draws it: it is small, is there with sentence-transformers anyway, counts rate and remaining
time, and knows the width of Chinese characters. rich would bring a console of its own.
"""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rag.terminal.texts import Texts

if TYPE_CHECKING:
    from tqdm import tqdm

DELAY = 2.0
"""Seconds that pass before anything is shown."""


class Progress:
    """To be called with ``(stage, done, total)``; draws one bar a stage."""

    def __init__(self, words: Texts) -> None:
        self._words = words
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()
        self._stage = ""
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show ``stage done/total``, the rate and the time that remains."""
        if not self._shown:
            return
        if self._bar is None or stage != self._stage or done < self._bar.n:
            self._open(stage, total)
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def _open(self, stage: str, total: int) -> None:
        from tqdm import tqdm

        self._close()
        tqdm.monitor_interval = 0  # no thread that watches over the bar
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        waited = time.monotonic() - self._began
        self._stage = stage
        self._bar = tqdm(
            total=total,
            desc=self._words.stages[stage],
            unit=self._words.units[stage],
            bar_format=self._words.progress,
            delay=max(0.0, DELAY - waited),
            leave=False,
            # some terminals do not tell their size
            ncols=None if width else 80,
            nrows=None if width else 24,
            dynamic_ncols=width > 0,
            file=sys.stderr,
        )

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
