"""Scans as pictures: PNG, JPEG, TIFF of several pages, BMP, WebP; read by text recognition."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.errors import FileDamaged, FileEmpty, PictureTooLarge, ReaderMissing
from rag.read import recognition
from rag.read.paged import Sheet, draft
from rag.read.reader import Draft

if TYPE_CHECKING:
    from PIL import Image

_MAGIC = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_PIXELS = 80_000_000  # of a page: A2 at 300 dots an inch has 35 million
_DPI = 200.0  # where the file does not say
_DPI_OF_SCANNERS = (200, 1200)  # what cameras and programs say below is of no paper


class Scanned:
    """See :class:`rag.read.reader.Reader`."""

    name = "PNG, JPEG, TIFF"
    suffixes = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By the first bytes."""
        return is_picture(data)

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            ReaderMissing: the extra ``ocr`` is not installed.
            FileDamaged: it cannot be opened.
            PictureTooLarge: it has more pixels than any page.
            FileEmpty: no text is recognised in it.
        """
        if not recognition.is_there():
            raise ReaderMissing(where, format=self.name, package=recognition.EXTRA)
        with _opened(data, where) as image:
            frames = range(getattr(image, "n_frames", 1))
            sheets = [_sheet(_shown(image, number, where), number + 1) for number in frames]
        if not any(sheet.text.strip() for sheet in sheets):
            raise FileEmpty(where)
        return draft(sheets, "ocr", [])


def is_picture(data: bytes) -> bool:
    """Whether the first bytes are those of a picture."""
    return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def frame(data: bytes, where: str, page: int) -> Image.Image:
    """A page of a scan, from 1.

    Raises:
        FileDamaged: there is none, or it cannot be opened.
        PictureTooLarge: it has more pixels than any page.
    """
    with _opened(data, where) as image:
        if not 1 <= page <= getattr(image, "n_frames", 1):
            raise FileDamaged(where, reason=f"page {page}")
        return _shown(image, page - 1, where)


@contextmanager
def _opened(data: bytes, where: str) -> Iterator[Image.Image]:
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
            yield image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FileDamaged(where, reason=str(error)) from error


def _shown(image: Image.Image, number: int, where: str) -> Image.Image:
    """A frame as it is to be looked at: turned as the camera was held."""
    from PIL import ImageOps

    image.seek(number)
    if image.width * image.height > _PIXELS:
        raise PictureTooLarge(where, size=f"{image.width} × {image.height}")
    shown = ImageOps.exif_transpose(image).convert("RGB")
    shown.info = dict(image.info)
    return shown


def _sheet(shown: Image.Image, number: int) -> Sheet:
    import numpy as np

    said = _said(shown)
    width, height = paper(shown)
    if _DPI_OF_SCANNERS[0] <= said <= _DPI_OF_SCANNERS[1]:
        share = recognition.DPI / said
        shown.thumbnail((max(1.0, share * shown.width), max(1.0, share * shown.height)))
    seen = recognition.recognise(np.ascontiguousarray(np.asarray(shown)[:, :, ::-1]))
    return Sheet.recognised(number, width, height, seen, width / shown.width)


def paper(shown: Image.Image) -> tuple[float, float]:
    """Width and height of the sheet that was scanned, in points."""
    said = _said(shown)
    dpi = said if 50 <= said <= _DPI_OF_SCANNERS[1] else _DPI
    return shown.width * 72 / dpi, shown.height * 72 / dpi


def _said(shown: Image.Image) -> float:
    """The dots an inch that the file states, or 0."""
    return float(shown.info.get("dpi", (0, 0))[0])
