"""Scans as pictures: PNG, JPEG, TIFF of several pages, BMP, WebP; read by text recognition."""

from __future__ import annotations

import io
import warnings

from rag.errors import FileDamaged, FileEmpty, PictureTooLarge, ReaderMissing
from rag.read import recognition
from rag.read.paged import Sheet, draft
from rag.read.reader import Draft

_MAGIC = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_PIXELS = 80_000_000  # of a page: A2 at 300 dots an inch has 35 million
_DPI = 200.0  # where the file does not say


class Scanned:
    """See :class:`rag.read.reader.Reader`."""

    name = "PNG, JPEG, TIFF"
    suffixes = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
    own = False

    def knows(self, data: bytes) -> bool:
        """By the first bytes."""
        return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")

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
        import numpy as np
        from PIL import Image

        sheets: list[Sheet] = []
        try:
            with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
                for number in range(getattr(image, "n_frames", 1)):
                    image.seek(number)
                    if image.width * image.height > _PIXELS:
                        size = f"{image.width} × {image.height}"
                        raise PictureTooLarge(where, size=size)
                    dpi = float(image.info.get("dpi", (0, 0))[0]) or _DPI
                    scale = 72 / (dpi if 50 <= dpi <= 1200 else _DPI)
                    pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
                    seen = recognition.recognise(np.ascontiguousarray(pixels))
                    size_of = image.width * scale, image.height * scale
                    sheets.append(Sheet.recognised(number + 1, *size_of, seen, scale))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise FileDamaged(where, reason=str(error)) from error
        if not any(sheet.text.strip() for sheet in sheets):
            raise FileEmpty(where)
        return draft(sheets, "ocr", [])
