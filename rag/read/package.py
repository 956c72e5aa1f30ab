"""ZIP packages: what kind of file one is, by what it holds, and whether it may be unpacked."""

from __future__ import annotations

import io
import zipfile
from enum import StrEnum

from rag.errors import ArchiveTooBig, FileDamaged

MAGIC = b"PK\x03\x04"
_EMPTY_MAGIC = b"PK\x05\x06"
_MOST_BYTES = (
    400_000_000  # of an office file's parts but pictures; as a tree they take ten times that
)
_MEDIA = ("word/media/", "xl/media/", "word/embeddings/", "xl/embeddings/", "word/fonts/")


class Package(StrEnum):
    """What a ZIP package is."""

    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    OFD = "ofd"
    EPUB = "epub"
    ZIP = "zip"


_PARTS = {
    "word/document.xml": Package.DOCX,
    "xl/workbook.xml": Package.XLSX,
    "ppt/presentation.xml": Package.PPTX,
    "OFD.xml": Package.OFD,
}
_FOLDERS = {"word/": Package.DOCX, "xl/": Package.XLSX, "ppt/": Package.PPTX}
_TYPES = {
    b"application/vnd.oasis.opendocument.text": Package.ODT,
    b"application/vnd.oasis.opendocument.spreadsheet": Package.ODS,
    b"application/vnd.oasis.opendocument.presentation": Package.ODP,
    b"application/epub+zip": Package.EPUB,
}


def package(data: bytes) -> Package | None:
    """What kind of package a file is, or None; of one that is cut off, by how it begins."""
    if not data.startswith((MAGIC, _EMPTY_MAGIC)):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return _by_beginning(data)
    for part, kind in _PARTS.items():
        if part in names:
            return kind
    if "[Content_Types].xml" in names:
        for folder, kind in _FOLDERS.items():
            if any(name.startswith(folder) for name in names):
                return kind
    return _by_type(data) or Package.ZIP


def _by_beginning(data: bytes) -> Package:
    head = data[:4096]
    for part, kind in _PARTS.items():
        if part.encode() in head:
            return kind
    return _by_type(data) or Package.ZIP


def _by_type(data: bytes) -> Package | None:
    """By the part ``mimetype``, which comes first and is not packed."""
    held = data[30:130]
    return next((kind for kind_of, kind in _TYPES.items() if kind_of in held), None)


def check_size(data: bytes, where: str) -> None:
    """See that an office file may be unpacked in memory.

    Raises:
        FileDamaged: it is no ZIP package.
        ArchiveTooBig: its parts are too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(
                part.file_size
                for part in archive.infolist()
                if not part.filename.startswith(_MEDIA)
            )
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise FileDamaged(where) from error
    if size > _MOST_BYTES:
        raise ArchiveTooBig(where, reason=f"{size / 1e6:.0f} MB > {_MOST_BYTES / 1e6:.0f} MB")
