"""A page of a PDF as a picture, by pdfium: what the paper shows, where the text says it stands."""

from __future__ import annotations

from io import BytesIO

from rag.errors import FileDamaged, ReaderMissing

WIDTH = 1400
"""Pixels across a page: twice what the page beside an answer takes, for sharp screens."""
_MOST = 6_000_000  # pixels of a picture, whatever the shape of the page


def picture(data: bytes, where: str, page: int, width: int = WIDTH) -> bytes:
    """The page, from 1, as a PNG of ``width`` pixels across, or fewer where it is very long.

    Raises:
        ReaderMissing: pypdfium2 is not installed.
        FileDamaged: there is no such page, or it cannot be drawn.
    """
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
        image = drawn.render(scale=scale).to_pil()
    except pypdfium2.PdfiumError as error:
        raise FileDamaged(where, reason=str(error)) from error
    png = BytesIO()
    image.save(png, "PNG")
    return png.getvalue()
