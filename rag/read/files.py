"""The documents' folder: which files are documents, and their bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import (
    DocsEmpty,
    DocsMissing,
    FileChanging,
    FileEmpty,
    FileInaccessible,
    FileNameNotText,
    FileTooLarge,
    LinkRepeats,
    NameHasMarks,
    NamesAlike,
    ReadError,
    SidecarAlone,
    UnsupportedFormat,
)
from rag.read.archive import SUFFIX, is_archive, members, unpacked
from rag.read.formats import reader_found
from rag.read.metadata import SIDECAR, Sidecar, sidecar_of
from rag.types import Failure, Language

if TYPE_CHECKING:  # a worker that reads files has no use for settings, and they load slowly
    from rag.settings import Settings

_BLOCK = 1 << 20
_MB = 1_000_000
_ANY_MB = 1000  # of a file in an archive: what the archive itself may hold
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # there is none on Windows
# What editors, office programs and file managers leave beside a document while it is open.
_LEFTOVER = re.compile(
    r"\..*|~\$.*|.*~|#.*#|.*\.(?:swp|swo|tmp|temp|bak|part|crdownload|lock)"
    r"|thumbs\.db|desktop\.ini|__macosx|__pycache__",
    re.IGNORECASE | re.DOTALL,
)
# Line breaks, other controls, marks of direction, spaces without width.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a reader exists for; ``source`` is its posix path relative to the folder."""

    source: str
    path: Path
    inside: str = ""
    """Where in the archive ``path`` it lies; empty of a file of its own."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's bytes as they were at one moment, and their sha256 in hexadecimal."""

    source: str
    data: bytes
    sha256: str
    sidecar: Sidecar = field(default_factory=Sidecar)
    """What is stated beside it."""


def scan(docs: Path, settings: Settings) -> tuple[tuple[Found, ...], tuple[Failure, ...]]:
    """Every document below ``docs`` and everything there that cannot be one, sorted by source.

    Hidden files and editors' leftovers are not documents. Links are followed, but nothing is read
    twice: what lies below ``docs`` goes by its own name only, and a second link to what is read
    already is a failure. So is a folder that cannot be listed, under the folder's name: what lies
    below it is unknown, not deleted. A name that looks like another one's, or that has marks that
    nobody sees, is a failure too, though what it names is read: a citation must name one file.

    Raises:
        DocsMissing: ``docs`` is not a folder.
        DocsEmpty: there is no file in it.
        FileInaccessible: ``docs`` itself cannot be listed.
    """
    if not docs.is_dir():
        raise DocsMissing(docs)
    walk = _Walk(docs.resolve(), settings.lang)
    walk.walk(docs)
    if not walk.found and not walk.failures:
        raise DocsEmpty(docs)
    return (
        tuple(sorted(walk.found, key=lambda each: each.source)),
        tuple(sorted(walk.failures, key=lambda each: each.source)),
    )


class _Walk:
    def __init__(self, root: Path, language: Language) -> None:
        self.root = root
        self.language = language
        self.seen: set[Path] = {root}
        self.found: list[Found] = []
        self.failures: list[Failure] = []
        self.waiting: list[tuple[Path, Path, str]] = []
        """Folders still to be entered: by the name they go by, in truth, and as sources begin."""

    def walk(self, docs: Path) -> None:
        self._enter(docs, self.root, "")
        while self.waiting:  # folders may lie deeper than calls can
            folder, real, prefix = self.waiting.pop()
            try:
                self._enter(folder, real, prefix)
            except FileInaccessible as error:
                self._fail(error, prefix.rstrip("/"))

    def _enter(self, folder: Path, real: Path, prefix: str) -> None:
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            raise FileInaccessible(folder, reason=error.strerror) from error
        twins: dict[str, str] = {}
        for entry in entries:
            if not _LEFTOVER.fullmatch(entry.name):
                source = prefix + entry.name
                path = Path(entry.path)
                try:
                    self._visit(entry, path, real, source)
                    self._look_at(path, source, twins)
                except ReadError as error:
                    self._fail(error, source)
                except OSError as error:  # a path too long for the system, a disk that fails
                    self._fail(FileInaccessible(path, reason=error.strerror), source)

    def _look_at(self, path: Path, source: str, twins: dict[str, str]) -> None:
        """Report a name that nobody can tell from another, or that has marks nobody sees."""
        other = twins.setdefault(_as_seen(path.name), source)
        if other != source:
            raise NamesAlike(path, other=other)
        if _UNSEEN.search(path.name):
            raise NameHasMarks(path)

    def _visit(self, entry: os.DirEntry[str], path: Path, above: Path, source: str) -> None:
        """Take up what stands in a folder; ``above`` is that folder in truth."""
        if _has_surrogate(entry.name):
            raise FileNameNotText(path)
        is_link = entry.is_symlink()  # the entry knows what it is: the disk is not asked again
        if is_link and not self._follows(path):
            return
        if entry.is_dir():
            real = path.resolve() if is_link else above / entry.name
            self.seen.add(real)
            self.waiting.append((path, real, source + "/"))
        elif not entry.is_file():
            raise UnsupportedFormat(path, format=_node(path))
        elif source.endswith(SIDECAR):
            if not path.with_name(path.name.removesuffix(SIDECAR)).is_file():
                raise SidecarAlone(path)
        elif path.suffix.lower() == SUFFIX and is_archive(path):
            self._open(path, source)
        elif reader_found(source, path) is None:
            raise UnsupportedFormat(path, format=path.suffix or path.name)
        else:
            self.found.append(Found(source, path))

    def _open(self, path: Path, source: str) -> None:
        """Each file of an archive is a document."""
        any_file = False
        for member in members(path, source):
            parts = member.name.split("/")
            if ".." not in parts and any(map(_LEFTOVER.fullmatch, parts)):
                continue
            any_file = True
            if member.error is not None:
                self._fail(member.error, f"{source}/{member.name}")
            else:
                self.found.append(Found(f"{source}/{member.name}", path, member.name))
        if not any_file:
            raise FileEmpty(path)

    def _follows(self, link: Path) -> bool:
        """Whether a link leads to something that is not read under its own name."""
        try:
            target = link.resolve(strict=True)
        except OSError as error:
            raise FileInaccessible(link, reason=error.strerror) from error
        except RuntimeError as error:  # what a link to itself was before Python 3.13
            raise FileInaccessible(link, reason=os.strerror(errno.ELOOP)) from error
        if target.is_relative_to(self.root) and target != self.root:
            below = target.relative_to(self.root).parts
            if not any(_LEFTOVER.fullmatch(part) for part in below):
                return False
        if target in self.seen or self.root.is_relative_to(target):
            raise LinkRepeats(link, target=target)
        self.seen.add(target)
        return True

    def _fail(self, error: ReadError, source: str) -> None:
        self.failures.append(error.failure(source, self.language))


def load(found: Found, max_file_mb: float) -> Loaded:
    """The bytes of a file, all of one moment.

    Raises:
        FileInaccessible: it is gone, is no regular file, or may not be read.
        FileChanging: it was written to while it was read.
        FileTooLarge: it is over ``max_file_mb``; it is not read at all.
        FileEmpty: it has no bytes.
    """
    limit = int(max_file_mb * _MB)
    if found.inside:
        data = unpacked(found.path, found.inside, max_file_mb)
        if not data:
            raise FileEmpty(found.source)
        return Loaded(found.source, data, hashlib.sha256(data).hexdigest())
    try:
        # a pipe put in the place of a file must not block the build
        with os.fdopen(os.open(found.path, os.O_RDONLY | _NONBLOCK), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise FileInaccessible(found.path, reason=_node(found.path))
            if before.st_size > limit:
                size = f"{before.st_size / _MB:.1f}"
                raise FileTooLarge(found.path, size_mb=size, limit_mb=f"{max_file_mb:g}")
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise FileInaccessible(found.path, reason=error.strerror) from error
    if _state(before) != _state(after) or len(data) != before.st_size:
        raise FileChanging(found.path)
    if not data:
        raise FileEmpty(found.path)
    sha256 = hashlib.sha256(data).hexdigest()
    return Loaded(found.source, data, sha256, sidecar_of(found.path))


def locate(docs: Path, source: str) -> Found:
    """Where a document that is named by its ``source`` lies, if it is there at all."""
    path = docs / source
    if not path.exists():
        parts = source.split("/")
        for count in range(1, len(parts)):
            archive = docs.joinpath(*parts[:count])
            if archive.suffix.lower() == SUFFIX and archive.is_file():
                return Found(source, archive, "/".join(parts[count:]))
    return Found(source, path)


def size_of(found: Found) -> int:
    """The size of a file as it is now, in bytes.

    Raises:
        FileInaccessible: it is gone, or may not be looked at.
    """
    if found.inside:
        return len(unpacked(found.path, found.inside, _ANY_MB))
    try:
        return found.path.stat().st_size
    except OSError as error:
        raise FileInaccessible(found.path, reason=error.strerror) from error


def digest(found: Found) -> str:
    """The sha256 of a file as it is now, hexadecimal; it is never held in memory as a whole.

    Raises:
        FileInaccessible: it is gone, is no file, or may not be read.
    """
    if found.inside:
        return hashlib.sha256(unpacked(found.path, found.inside, _ANY_MB)).hexdigest()
    sha256 = hashlib.sha256()
    try:
        with found.path.open("rb", buffering=0) as file:
            at_once = min(_BLOCK, os.fstat(file.fileno()).st_size + 1)
            while block := file.read(at_once):
                sha256.update(block)
    except OSError as error:
        raise FileInaccessible(found.path, reason=error.strerror) from error
    return sha256.hexdigest()


def sidecar_digest(found: Found) -> str:
    """The sha256 of what stands beside a document as it is now; empty where nothing does.

    What stands beside an archive says nothing of the documents in it.
    """
    return "" if found.inside else sidecar_of(found.path).sha256


def is_leftover(name: str) -> bool:
    """Whether a file of that name is passed over: hidden, or left by an editor or a system."""
    return bool(_LEFTOVER.fullmatch(name))


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _as_seen(name: str) -> str:
    """What a name looks like, and is on systems where capitals do not count."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", name)).casefold()


def _has_surrogate(name: str) -> bool:
    return _SURROGATE.search(name) is not None


def _node(path: Path) -> str:
    """What kind of thing a path is that is no regular file."""
    for kind in ("is_fifo", "is_socket", "is_block_device", "is_char_device", "is_dir"):
        if getattr(path, kind)():
            return kind.removeprefix("is_").replace("_", " ")
    return "special file"
