"""Files → passages, in order, on all cores; short files of our own formats without a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from rag.errors import (
    ReaderDied,
    ReaderFailed,
    ReadError,
    ReadingTooBig,
    ReadingTooLong,
    WenjuError,
)
from rag.intake import passages
from rag.intake.passages import Reading, Text, Then
from rag.intake.pool import Lost, LostTo, Pool
from rag.read import Found, is_own, size_of
from rag.settings import Settings
from rag.types import Page

_AT_HOME = 200_000  # bytes of our own formats that are read in less time than a worker starts in
_ITEMS_AHEAD = 64


class Intake:
    """Reads files within the bounds of the settings; a context manager. Starts workers on demand.

    Attributes:
        pool: the workers, for whoever has other work for them.
    """

    def __init__(self, settings: Settings, then: Then | None = None) -> None:
        """Nothing is started yet.

        Args:
            settings: bounds for a file, and the length of a passage.
            then: what is made of the passages, in the worker.
        """
        self._settings = settings
        self._then = then
        self._home = _AT_HOME
        self.pool = Pool(settings.max_file_seconds, settings.max_file_memory_mb)

    def __enter__(self) -> Intake:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.__exit__(kind, error, trace)

    def readings(
        self, wanted: Iterable[tuple[str, Found | None]]
    ) -> Iterator[tuple[str, Reading | WenjuError | None]]:
        """What each source holds, in order; None where there is nothing to read.

        ``wanted`` is taken a little ahead of what is given back, never as a whole.
        """
        waiting: deque[tuple[str, Found | None, Future[Any] | None]] = deque()
        under_way = 0
        for source, found in wanted:
            future = None if found is None or self._at_home(found) else self._submit(found)
            under_way += future is not None
            waiting.append((source, found, future))
            while under_way >= self.pool.ahead or len(waiting) >= _ITEMS_AHEAD:
                under_way -= waiting[0][2] is not None
                yield self._settled(*waiting.popleft())
        while waiting:
            yield self._settled(*waiting.popleft())

    def read(self, found: Found) -> Reading | WenjuError:
        """What one file holds."""
        _, reading = next(self.readings([(found.source, found)]))
        assert reading is not None
        return reading

    def text_of(self, found: Found) -> Text:
        """A file's text as it is now.

        Raises:
            ReadError: it cannot be read.
        """
        most = self._settings.max_file_mb
        given = passages.text(found, most, own=True) if self._at_home(found) else None
        if given is None:
            given = self._asked("text", found)
        if isinstance(given, WenjuError):
            raise given
        assert isinstance(given, Text)
        return given

    def picture_of(self, found: Found, page: int) -> tuple[bytes, str]:
        """A page of a file, from 1, as a PNG, and the file's sha256.

        Raises:
            ReadError: it cannot be read, or not be drawn.
        """
        png, sha256 = self._asked("picture", found, page)
        return png, sha256

    def pages_of(self, found: Found, first: int, last: int) -> tuple[tuple[Page, ...], str]:
        """Pages of a file, from 1, by their sizes alone, and the file's sha256.

        Raises:
            ReadError: it cannot be read, or has no such page.
        """
        made, sha256 = self._asked("pages", found, first, last)
        return made, sha256

    def _asked(self, task: str, found: Found, *arguments: object) -> Any:
        """What a worker tells of a file, by a function of ``passages``.

        Raises:
            ReadError: it cannot be read.
        """
        called = f"rag.intake.passages:{task}"
        given = self.pool.submit(called, found, self._settings.max_file_mb, *arguments).result()
        if isinstance(given, Lost):
            raise self._error(found, given)
        if isinstance(given, WenjuError):
            raise given
        return given

    def _at_home(self, found: Found) -> bool:
        """Whether a file may be read in this process."""
        if not is_own(found.source):
            return False
        try:
            size = size_of(found)
        except ReadError:
            size = 0  # reading says what is wrong with it
        if size > self._home:
            return False
        self._home -= size
        return True

    def _submit(self, found: Found) -> Future[Any]:
        settings = self._settings
        arguments = (found, settings.max_file_mb, settings.chunk_chars, self._then)
        return self.pool.submit("rag.intake.passages:read", *arguments)

    def _settled(
        self, source: str, found: Found | None, future: Future[Any] | None
    ) -> tuple[str, Reading | WenjuError | None]:
        if found is None:
            return source, None
        settings = self._settings
        if future is None:
            reading = passages.read(
                found, settings.max_file_mb, settings.chunk_chars, self._then, own=True
            )
            if reading is not None:
                return source, reading
            future = self._submit(found)  # its contents are not what its name says
        given = future.result()
        return source, self._error(found, given) if isinstance(given, Lost) else given

    def _error(self, found: Found, lost: Lost) -> WenjuError:
        if lost.to is LostTo.TIME:
            return ReadingTooLong(found.source, seconds=f"{self._settings.max_file_seconds:g}")
        if lost.to is LostTo.MEMORY:
            return ReadingTooBig(found.source, memory_mb=f"{self._settings.max_file_memory_mb:g}")
        if lost.reason.startswith(("signal", "exit")):
            return ReaderDied(found.source, reason=lost.reason)
        return ReaderFailed(found.source, reason=lost.reason)
