"""A page as a picture, where the text says it stands: of a PDF by pdfium, of a scan by Pillow."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from rag.errors import FileDamaged, ReaderMissing
from rag.read.scanned import frame, is_picture

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


def _drawn(data: bytes, where: str, page: int, width: int) -> Image.Image:
    try:
        import pypdfium2
    except ImportError as error:
        raise ReaderMissing(where, format="PDF", package="pypdfium2") from error
    try:
        file = pypdfium2.PdfDocument(data)
        if not 1 <= page <= len(file):
            raise FileDamaged(where, reason=f"page {page} of {len(file)}")
        drawn = file[page - 1]
        across, down = (max(side, 1.0) for side in drawn.get_size())
        scale = min(width / across, (_MOST / (across * down)) ** 0.5)
        image: Image.Image = drawn.render(scale=scale).to_pil()
    except pypdfium2.PdfiumError as error:
        raise FileDamaged(where, reason=str(error)) from error
    return image
