"""ZIP archives: each file in one is a document of its own, ``archive.zip/folder/file.txt``.

An archive is never unpacked onto the disk. How many files it has, how large they are and how often
archives lie within archives is bounded. Python's zipfile reads it.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from rag.errors import (
    ArchiveTooBig,
    FileDamaged,
    FileEncrypted,
    FileInaccessible,
    FileTooLarge,
    MemberNameRefused,
    ReadError,
    UnsupportedFormat,
)
from rag.read.formats import reader_beginning
from rag.read.package import MAGIC

SUFFIX = ".zip"
_FILES_MAX = 10_000
_UNPACKED_MAX = 1_000_000_000  # bytes of all files of an archive together
_RATIO_MAX = 300  # bytes for each packed one, of a file beyond ...
_RATIO_FROM = 10_000_000
_DEEPEST = 3  # archives within archives
_DIRECTORY_MAX = 20_000_000  # bytes of an archive's table of contents
_END = struct.Struct("<4s4H2LH")
_HEAD = 4096
_Opened = tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]
_MB = 1_000_000
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path there, and why it cannot be read if that is seen already."""

    name: str
    error: ReadError | None = None


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive of files, and no office file, by its contents."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) not in (MAGIC, b"PK\x05\x06"):
                return False
            with zipfile.ZipFile(file) as archive:
                names = set(archive.namelist())
    except (OSError, *_BROKEN):
        return path.suffix.lower() == SUFFIX
    return not names & {"[Content_Types].xml", "OFD.xml", "mimetype"}


def is_archive_of_documents(path: Path, name: str) -> bool:
    """Whether a file that is to be called ``name`` is an archive with something to read in it.

    Raises:
        FileDamaged, ArchiveTooBig: it is an archive that cannot be read.
    """
    if not name.lower().endswith(SUFFIX) or not is_archive(path):
        return False
    return any(member.error is None for member in members(path, name))


def members(path: Path, where: str) -> Iterator[Member]:
    """The files of an archive, and of archives in it, in the order of their names.

    Raises:
        FileInaccessible: it cannot be seen.
        FileDamaged: it is no ZIP archive, or broken.
        ArchiveTooBig: it is beyond the bounds; nothing of it is read.
    """
    try:
        with path.open("rb") as file:
            found = list(_members(file, where, "", _DEEPEST))
    except OSError as error:
        raise FileInaccessible(where, reason=error.strerror or error) from error
    if len(found) > _FILES_MAX:
        raise ArchiveTooBig(where, reason=f"{len(found)} > {_FILES_MAX} files")
    yield from sorted(found, key=lambda each: each.name)


def unpacked(path: Path, inside: str, max_file_mb: float) -> bytes:
    """The bytes of the file ``inside`` an archive.

    Raises:
        FileInaccessible: the archive, or the file in it, is not there.
        FileDamaged, FileEncrypted, FileTooLarge, ArchiveTooBig: it cannot be unpacked.
    """
    where = f"{path.name}/{inside}"
    try:
        status = path.stat()
        archive, named = _opened(path, status.st_mtime_ns, status.st_size)
        return _unpacked(archive, named, inside, where, int(max_file_mb * _MB))
    except OSError as error:
        raise FileInaccessible(where, reason=error.strerror or error) from error
    except _BROKEN as error:
        raise FileDamaged(where) from error


@lru_cache(maxsize=4)  # the files of an archive are asked for one after another
def _opened(
    path: Path, mtime: int, size: int
) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    with path.open("rb") as file:
        _check(file, path.name)
    archive = zipfile.ZipFile(path)
    return archive, {_name(info): info for info in archive.infolist()}


def _unpacked(
    archive: zipfile.ZipFile,
    named: dict[str, zipfile.ZipInfo],
    inside: str,
    where: str,
    limit: int,
) -> bytes:
    if inside in named:
        return _read(archive, named[inside], where, limit)
    parts = inside.split("/")
    for count in range(1, len(parts)):
        outer = "/".join(parts[:count])
        if outer in named:
            file = io.BytesIO(_read(archive, named[outer], where, limit))
            _check(file, where)
            with zipfile.ZipFile(file) as within:
                rest = "/".join(parts[count:])
                names = {_name(info): info for info in within.infolist()}
                return _unpacked(within, names, rest, where, limit)
    raise FileInaccessible(where, reason="not in the archive")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, limit: int) -> bytes:
    _check_member(info, where)
    if info.file_size > limit:
        size = f"{info.file_size / _MB:.1f}"
        raise FileTooLarge(where, size_mb=size, limit_mb=f"{limit / _MB:g}")
    with archive.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise FileDamaged(where)
    return data


def _check_member(info: zipfile.ZipInfo, where: str) -> None:
    """See that a file may be unpacked at all."""
    if info.flag_bits & 1:
        raise FileEncrypted(where)
    if info.file_size > max(_RATIO_FROM, _RATIO_MAX * info.compress_size):
        raise ArchiveTooBig(where, reason=f"{info.file_size} / {info.compress_size} bytes")


def _members(file: IO[bytes], where: str, before: str, depth: int) -> Iterator[Member]:
    try:
        _check(file, where)
        with zipfile.ZipFile(file) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            size = sum(info.file_size for info in infos)
            if size > _UNPACKED_MAX:
                reason = f"{size / _MB:.0f} MB > {_UNPACKED_MAX / _MB:.0f} MB"
                raise ArchiveTooBig(where, reason=reason)
            seen: set[str] = set()
            for info in infos:
                name = _name(info)
                if not _is_plain(name) or name in seen or stat.S_ISLNK(info.external_attr >> 16):
                    yield Member(before + name, MemberNameRefused(f"{where}/{name}"))
                    continue
                seen.add(name)
                yield from _member(archive, info, f"{where}/{name}", before + name, depth)
    except _BROKEN as error:
        raise FileDamaged(where) from error


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, name: str, depth: int
) -> Iterator[Member]:
    try:
        _check_member(info, where)
        with archive.open(info) as file:
            head = file.read(_HEAD)
        if name.lower().endswith(SUFFIX) and head.startswith(MAGIC):
            if depth <= 1:
                raise ArchiveTooBig(where, reason=f"> {_DEEPEST} archives within each other")
            inner = io.BytesIO(_read(archive, info, where, _UNPACKED_MAX // 4))
            yield from _members(inner, where, f"{name}/", depth - 1)
        elif reader_beginning(name, head) is None:
            raise UnsupportedFormat(where, format=PurePosixPath(name).suffix or name)
        else:
            yield Member(name)
    except ReadError as error:
        yield Member(name, error)
    except _BROKEN:
        yield Member(name, FileDamaged(where))


def _check(file: IO[bytes], where: str) -> None:
    """See that an archive's table of contents is of a size to be read."""
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(max(0, size - 66_000))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    if place < 0 or len(tail) - place < _END.size:
        raise FileDamaged(where)
    *_, files, directory, _, _ = _END.unpack_from(tail, place)
    if files > _FILES_MAX or directory > _DIRECTORY_MAX:  # 65535 of ZIP64 is too many as well
        raise ArchiveTooBig(where, reason=f"{files} > {_FILES_MAX} files")


def _name(info: zipfile.ZipInfo) -> str:
    """A file's path in an archive; where it is not marked as UTF-8, it is in GBK more often."""
    name = info.filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_plain(name: str) -> bool:
    """Whether a path stays in the archive and can be written down."""
    parts = name.split("/")
    return all(part not in ("", ".", "..") for part in parts) and name.isprintable()
