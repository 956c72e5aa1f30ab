"""A page as a picture, where the text says it stands: of a PDF by pdfium, of a scan by Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from rag.errors import FileDamaged, ReaderMissing
from rag.read.scanned import frame, is_picture, paper

if TYPE_CHECKING:
    from PIL import Image

WIDTH = 1400
"""Pixels across a page: twice what the page beside an answer takes, for sharp screens."""
_MOST = 6_000_000  # pixels of a picture, whatever the shape of the page


def picture(data: bytes, where: str, page: int, width: int = WIDTH) -> bytes:
    """The page, from 1, as a PNG of ``width`` pixels across, or fewer where it is very long.

    Raises:
        ReaderMissing: pypdfium2 is not installed.
        FileDamaged: there is no such page, or it cannot be drawn.
    """
    image = frame(data, where, page) if is_picture(data) else _drawn(data, where, page, width)
    image.thumbnail((width, max(1, _MOST // width)))
    png = BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def size(data: bytes, where: str, page: int) -> tuple[float, float]:
    """Width and height of the page, in points; its text need not be read for that.

    Raises:
        ReaderMissing, FileDamaged: as :func:`picture` does.
    """
    if is_picture(data):
        return paper(frame(data, where, page))
    with _opened(data, where, page) as opened:
        across, down = opened.get_size()
    return float(across), float(down)


def _drawn(data: bytes, where: str, page: int, width: int) -> Image.Image:
    with _opened(data, where, page) as opened:
        across, down = (max(side, 1.0) for side in opened.get_size())
        scale = min(width / across, (_MOST / (across * down)) ** 0.5)
        image: Image.Image = opened.render(scale=scale).to_pil()
    return image


@contextmanager
def _opened(data: bytes, where: str, page: int) -> Iterator[Any]:
    """A page of a PDF."""
    try:
        import pypdfium2
    except ImportError as error:
        raise ReaderMissing(where, format="PDF", package="pypdfium2") from error
    try:
        file = pypdfium2.PdfDocument(data)
        if not 1 <= page <= len(file):
            raise FileDamaged(where, reason=f"page {page} of {len(file)}")
        yield file[page - 1]
    except pypdfium2.PdfiumError as error:
        raise FileDamaged(where, reason=str(error)) from error
