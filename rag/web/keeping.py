"""Documents by way of the page: what may come into their folder, and what may go.

A document comes in under a plain name, is read once to see that it can be, and only then stands
in the folder, all at once. Nothing here ever writes or deletes outside the folder.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rag.errors import (
    DocsMissing,
    DocumentElsewhere,
    DocumentInArchive,
    DocumentNotWritable,
    DocumentUnknown,
    FileEmpty,
    FileTooLarge,
    NameRefused,
    WenjuError,
)
from rag.intake import Intake
from rag.read import SIDECAR, Found, is_archive_of_documents, is_leftover
from rag.settings import Settings
from rag.store import docs_of
from rag.types import Language
from rag.web.gate import is_loopback

MAX_NAME_BYTES = 255
"""Of a file's name in UTF-8; no file system of today takes more."""
_MB = 1_000_000
_UNFINISHED = ".wenju-{}.part"
_FORGOTTEN = 3600.0
"""Seconds after which an unfinished upload of a dead server is removed."""
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


class Change(StrEnum):
    """What became of a document since the index was last built from here."""

    ADDED = "added"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that the index does not know yet."""

    source: str
    change: Change


class Keeper:
    """The documents' folder, for those who may change it. Safe from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._waiting: dict[str, Change] = {}

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What was changed from here and waits for a build, oldest first."""
        with self._lock:
            return tuple(Waiting(source, change) for source, change in self._waiting.items())

    def taken_up(self, changes: tuple[Waiting, ...]) -> None:
        """A build has seen these changes."""
        with self._lock:
            for one in changes:
                if self._waiting.get(one.source) is one.change:
                    del self._waiting[one.source]

    async def take(self, name: str, data: AsyncIterable[bytes], length: int | None) -> Waiting:
        """Put a document into the folder; one of the same name is replaced.

        Args:
            name: a plain file name.
            data: the file, piece by piece.
            length: bytes that are announced, if they are.

        Raises:
            NameRefused: the name is a path, or no system's or reader's file could have it.
            FileTooLarge: it is over ``RAG_MAX_FILE_MB``.
            ReadError: it cannot be read; the error is the one that a build would report.
            DocsMissing, DocumentNotWritable: the folder takes no file.
        """
        from starlette.concurrency import run_in_threadpool

        folder = self._folder()
        plain = checked_name(name)
        self._check_size(name, length or 0)
        part = folder / _UNFINISHED.format(secrets.token_hex(8))
        try:
            try:
                with part.open("xb") as file:
                    size = 0
                    async for piece in data:
                        size += len(piece)
                        self._check_size(name, size)
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise DocumentNotWritable(plain, reason=error.strerror or error) from error
            if not size:
                raise FileEmpty(plain)
            return await run_in_threadpool(self._place, part, plain)
        finally:
            part.unlink(missing_ok=True)

    def remove(self, source: str) -> Waiting:
        """Delete a document, and what is stated beside it.

        Args:
            source: its path in the folder, as citations name it.

        Raises:
            DocumentUnknown: there is no such file.
            DocumentElsewhere: a link leads out of the folder.
            DocumentInArchive: it lies in one, which can only be deleted as a whole.
            DocumentNotWritable: it cannot be deleted.
        """
        folder = self._folder().resolve()
        parts = source.split("/")
        if "\0" in source or "\\" in source or any(part in ("", ".", "..") for part in parts):
            raise DocumentUnknown(source)
        path = folder.joinpath(*parts)
        try:
            if path.is_symlink() or not path.parent.resolve().is_relative_to(folder):
                raise DocumentElsewhere(source)
            if archive := self.archive_of(source):
                raise DocumentInArchive(source, archive=archive)
            if not path.is_file():
                raise DocumentUnknown(source)
            path.unlink()
            path.with_name(path.name + SIDECAR).unlink(missing_ok=True)
        except OSError as error:
            raise DocumentNotWritable(source, reason=error.strerror or error) from error
        return self._note(source, Change.REMOVED)

    def archive_of(self, source: str) -> str | None:
        """The archive that a document lies in, by its path in the folder; None for a file.

        A folder may be named like an archive: what is a file on the way is one.
        """
        outer = source.split("/")[:-1]
        ways = ("/".join(outer[:end]) for end in range(1, len(outer) + 1))
        folder = docs_of(self._settings)
        return next((way for way in ways if (folder / way).is_file()), None)

    def tidy(self) -> None:
        """Remove what uploads to a server that died have left."""
        try:
            for part in self._folder().glob(_UNFINISHED.format("*")):
                if time.time() - part.stat().st_mtime > _FORGOTTEN:
                    part.unlink(missing_ok=True)
        except (OSError, DocsMissing):
            return

    def _place(self, part: Path, name: str) -> Waiting:
        """Read the file once, then give it its name."""
        found = Found(name, part)
        with Intake(self._settings) as intake:
            reading = intake.read(found)
        if isinstance(reading, WenjuError) and not is_archive_of_documents(part, name):
            raise reading
        target = part.parent / name
        with self._lock:  # of two uploads of one name, one is first
            twin = _twin(target)
            if twin:
                raise NameRefused(
                    name,
                    reason_zh=f"已有只差大小写或写法的 {twin}",
                    reason_en=f"{twin} differs from it by case or form only",
                )
            there = target.is_symlink() or target.exists()
            if there and (target.is_symlink() or not target.is_file()):
                raise NameRefused(
                    name,
                    reason_zh="同名的是链接或目录",
                    reason_en="a link or folder has that name",
                )
            try:
                part.chmod(0o644)
                part.replace(target)
            except OSError as error:
                raise DocumentNotWritable(name, reason=error.strerror or error) from error
        return self._note(name, Change.REPLACED if there else Change.ADDED)

    def _note(self, source: str, change: Change) -> Waiting:
        with self._lock:
            before = self._waiting.pop(source, None)
            if before is Change.ADDED and change is Change.REPLACED:
                change = Change.ADDED
            if not (before is Change.ADDED and change is Change.REMOVED):
                self._waiting[source] = change
        return Waiting(source, change)

    def _folder(self) -> Path:
        folder = docs_of(self._settings)
        if not folder.is_dir():
            raise DocsMissing(folder)
        return folder

    def _check_size(self, name: str, size: int) -> None:
        limit = self._settings.max_file_mb
        if size > limit * _MB:
            raise FileTooLarge(name, size_mb=f"{size / _MB:.1f}", limit_mb=f"{limit:g}")


def keeper_of(settings: Settings) -> Keeper | None:
    """Who keeps the documents; None where the settings do not let the page's visitors.

    They do where ``RAG_ADMIN`` is set, and a password is asked for or only this machine can come.
    """
    if settings.admin and (settings.password or is_loopback(settings.host)):
        keeper = Keeper(settings)
        keeper.tidy()
        return keeper
    return None


def upload(keeper: Keeper, language: Language) -> Callable[[Any], Any]:
    """The endpoint that takes a document: ``PUT /documents?name=…``, the file as it is."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse

    async def answer(request: Any) -> Any:
        asked = request.query_params.get("lang", "")
        lang = Language(asked) if asked in list(Language) else language
        announced = request.headers.get("content-length", "")
        length = int(announced) if announced.isascii() and announced.isdecimal() else None
        try:
            taken = await keeper.take(
                request.query_params.get("name", ""), request.stream(), length
            )
        except WenjuError as error:
            told = {"code": error.code, "what": error.what(lang), "next": error.next_step(lang)}
            return JSONResponse(told, 413 if isinstance(error, FileTooLarge) else 422)
        except ClientDisconnect:
            return JSONResponse({}, 400)  # nobody is there to read it
        return JSONResponse({"source": taken.source, "change": taken.change})

    return answer


def checked_name(name: str) -> str:
    """``name`` in Unicode's composed form, where a file of it may be made.

    Raises:
        NameRefused: it is a path, hidden, too long, or a name that some system cannot have.
    """
    plain = unicodedata.normalize("NFC", name)
    problems = (
        (not plain.strip(), "是空的", "it is empty"),
        (_is_path(plain), "含有路径", "it is a path"),
        (
            any(not char.isprintable() for char in plain),
            "含有看不见的字符",
            "it has characters that cannot be seen",
        ),
        (bool(set(plain) & set('<>:"|?*')), '含有 <>:"|?* 之一', 'it has one of <>:"|?*'),
        (bool(_RESERVED.fullmatch(plain)), "是系统保留的名字", "it is a name that systems keep"),
        (
            plain != plain.strip() or plain.endswith("."),
            "首尾有空格或点",
            "it ends in a dot or space",
        ),
        (
            is_leftover(plain),
            "是隐藏文件或临时文件",
            "it is one of hidden or temporary files",
        ),
        (
            len(plain.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES,
            f"超过 {MAX_NAME_BYTES} 字节",
            f"it has more than {MAX_NAME_BYTES} bytes",
        ),
    )
    for holds, zh, en in problems:
        if holds:
            raise NameRefused(name[:100], reason_zh=zh, reason_en=en)
    return plain


def _is_path(name: str) -> bool:
    return name in (".", "..") or "/" in name or "\\" in name or bool(re.match(r"[A-Za-z]:", name))


def _twin(target: Path) -> str | None:
    """A file there whose name is another one, and would be the same on other systems."""
    folded = unicodedata.normalize("NFC", target.name).casefold()
    for one in target.parent.iterdir():
        if one.name != target.name:
            if unicodedata.normalize("NFC", one.name).casefold() == folded:
                return one.name
    return None
