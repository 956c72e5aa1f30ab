"""Formats that are known and not read: the error says what to save the file as."""

from __future__ import annotations

from pathlib import PurePosixPath

from rag.errors import FileDamaged, FileEncrypted, FormatRefused, ReadError
from rag.read.delimited import Delimited
from rag.read.package import Package, package
from rag.read.reader import Draft

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
# What each is saved as instead.
_NAMES = {
    ".doc": "DOCX",
    ".dot": "DOCX",
    ".wps": "DOCX",
    ".wpt": "DOCX",
    ".rtf": "DOCX",
    ".odt": "DOCX",
    ".xls": "XLSX",
    ".xlt": "XLSX",
    ".xlsb": "XLSX",
    ".et": "XLSX",
    ".ods": "XLSX",
    ".ppt": "PDF",
    ".pptx": "PDF",
    ".dps": "PDF",
    ".odp": "PDF",
    ".ofd": "PDF",
    ".epub": "PDF",
    ".caj": "PDF",
    ".ceb": "PDF",
}
_STREAMS = {
    "WordDocument": (".doc", "DOCX"),
    "Workbook": (".xls", "XLSX"),
    "Book": (".xls", "XLSX"),
    "PowerPoint Document": (".ppt", "PDF"),
}
_PACKAGES = {Package.PPTX, Package.ODT, Package.ODS, Package.ODP, Package.OFD, Package.EPUB}


class Refused:
    """See :class:`rag.read.reader.Reader`; ``read`` always raises, but for tables saved as text."""

    name = "DOC, XLS, PPT, WPS, OFD"
    suffixes = frozenset(_NAMES)
    own = False

    def knows(self, data: bytes) -> bool:
        """By the marks of OLE, RTF, and by the parts of packages."""
        return data.startswith((_OLE, b"{\\rtf")) or package(data) in _PACKAGES

    def read(self, data: bytes, where: str) -> Draft:
        """See :class:`rag.read.reader.Reader`.

        Raises:
            FileEncrypted: it is an office file behind a password.
            FormatRefused: what to save it as.
        """
        suffix = PurePosixPath(where).suffix.lower()
        if data.startswith(_OLE):
            head = data[:4_000_000] + data[-4_000_000:]
            if _LOCKED in head:
                raise FileEncrypted(where)
            for stream, (known, better) in _STREAMS.items():
                if stream.encode("utf-16-le") in head:
                    raise FormatRefused(
                        where, format=_called(suffix if suffix in _NAMES else known), better=better
                    )
            better = _NAMES.get(suffix, "PDF")
            raise FormatRefused(where, format=_called(suffix or ".doc"), better=better)
        kind = package(data)
        if kind in _PACKAGES:
            suffix = f".{kind}"
        elif data.startswith(b"{\\rtf"):
            suffix = ".rtf"
        elif suffix in (".xls", ".et"):  # many a program calls a table of tabs so
            try:
                return Delimited().read(data, where)
            except ReadError:
                raise FileDamaged(where) from None
        better = _NAMES.get(suffix, "PDF")
        raise FormatRefused(where, format=_called(suffix or ".doc"), better=better)


def _called(suffix: str) -> str:
    return suffix.removeprefix(".").upper()
