"""Pages of cited files as pictures: drawn in a bounded worker, kept in memory, never written.

``GET /page?cite=PASSAGE&number=N``. Only a page that a passage of the index stands on is given, and
only while its file is as it was indexed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from rag.errors import ReadError, WenjuError
from rag.intake import Intake
from rag.read import digest, locate
from rag.settings import Settings
from rag.web.library import Library

ROUTE = "/page"
MOST_BYTES = 64_000_000
"""Of pictures that are kept."""
SECONDS = 20.0
"""That one page may take."""
DRAWN_AT_ONCE = 8
"""More wait no longer: whoever asks is told to come again."""

Key = tuple[str, int]


class Pictures:
    """The pages that were looked at last. Safe from many threads."""

    def __init__(self, library: Library, most_bytes: int = MOST_BYTES) -> None:
        self._library = library
        self._most = most_bytes
        settings = library.settings
        self._settings: Settings = settings.model_copy(
            update={"max_file_seconds": min(SECONDS, settings.max_file_seconds)}
        )
        self._intake: Intake | None = None
        self._opened = ExitStack()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._drawing = threading.BoundedSemaphore(DRAWN_AT_ONCE)

    def close(self) -> None:
        """End the worker that draws."""
        self._opened.close()

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return sum(map(len, self._kept.values()))

    def page(self, chunk_id: str, number: int) -> bytes | None:
        """The page of that number as a PNG; None where it is not the cited one any more.

        That is: where the passage does not stand on it, or its file is not what was indexed.

        Raises:
            WenjuError: there is no index, the file cannot be read, or the page not be drawn.
        """
        hit = self._library.passage(chunk_id)
        if hit is None or hit.citation.page is None:
            return None
        cited = hit.citation
        assert cited.page is not None
        if not cited.page <= number <= (cited.page_end or cited.page):
            return None
        found = locate(self._library.docs(), cited.source)
        if digest(found) != cited.sha256:
            return None
        key = cited.sha256, number
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            if self._intake is None:
                self._intake = self._opened.enter_context(Intake(self._settings))
        png, sha256 = self._intake.picture_of(found, number)
        if sha256 != cited.sha256:
            return None
        with self._lock:
            self._kept[key] = png
            while sum(map(len, self._kept.values())) > self._most:
                self._kept.popitem(last=False)
        return png

    def answer(self) -> Callable[[Any], Any]:
        """The endpoint."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse, Response

        async def given(request: Any) -> Any:
            number = request.query_params.get("number", "")
            plain = number.isascii() and number.isdecimal() and len(number) < 7
            if not plain:
                return JSONResponse({}, 404)
            if not self._drawing.acquire(blocking=False):
                return JSONResponse({}, 503, {"retry-after": "1"})
            try:
                cite = request.query_params.get("cite", "")
                png = await run_in_threadpool(self.page, cite, int(number))
            except ReadError as error:
                return JSONResponse({"code": error.code}, 422)
            except WenjuError as error:
                return JSONResponse({"code": error.code}, 503)
            finally:
                self._drawing.release()
            if png is None:
                return JSONResponse({}, 404)
            return Response(png, 200, {"cache-control": "private, max-age=600"}, "image/png")

        return given
