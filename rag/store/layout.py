"""The folders and names of an index, and how a generation becomes the live one.

    CURRENT                     the live generation's name
    generations/000012/         a published generation
    generations/.building-…     one being written; hidden names are never read
    cache/vectors.sqlite        vectors by text and model
    calibration.json            of the confidence, by rag.retrieve; no build touches it
    .lock                       held by the one writer, and says who that is

A generation with a higher number than the live one was never live: its build died in between.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import (
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    IndexNotAFolder,
    IndexNotWritable,
)

_CURRENT = "CURRENT"
_CURRENT_NEW = "CURRENT.new"
_NAME = re.compile(r"[0-9]{6,12}")
_LONGEST_NAME = 64
_BLOCK = 1 << 20


def live_generation(index: Path) -> str | None:
    """The name of the live generation, or None where there is none yet.

    Raises:
        IndexDamaged: CURRENT cannot be read or names nothing.
    """
    current = Path(index) / _CURRENT
    try:
        with current.open("rb") as file:
            data = file.read(_LONGEST_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise IndexDamaged(current, reason=error.strerror or error) from error
    name = data.strip().decode("ascii", "replace")
    if not _NAME.fullmatch(name):
        raise IndexDamaged(current, reason=f"CURRENT = {name[:20]!r}")
    return name


def docs_from(index: Path, docs: Path) -> str:
    """The documents' folder as an index remembers it: relative, so that both may be moved."""
    try:
        return Path(os.path.relpath(docs.resolve(), index.resolve())).as_posix()
    except ValueError:  # on another drive
        return docs.resolve().as_posix()


def generation_folder(index: Path, name: str) -> Path:
    """Where a generation stands."""
    return index / "generations" / name


def building_folder(index: Path, name: str) -> Path:
    """Where a generation is written before it is published."""
    return index / "generations" / f".building-{name}"


def cache_file(index: Path) -> Path:
    """Where vectors are kept by text and model."""
    return index / "cache" / "vectors.sqlite"


def generations(index: Path) -> list[str]:
    """Names of all published generations, oldest first."""
    try:
        names = [entry.name for entry in (index / "generations").iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((name for name in names if _NAME.fullmatch(name)), key=int)


def published(index: Path) -> list[str]:
    """Names of the generations that are or were live, oldest first; the live one is the last.

    Raises:
        IndexMissing: nothing was built there yet.
        IndexNotAFolder: ``index`` is a file.
        IndexDamaged: CURRENT names nothing.
    """
    if index.exists() and not index.is_dir():
        raise IndexNotAFolder(index)
    while True:
        live = live_generation(index)
        names = generations(index)
        if live is None:
            raise IndexDamaged(index / _CURRENT, reason=_CURRENT) if names else IndexMissing(index)
        if live in names:
            return names[: names.index(live) + 1]
        if live_generation(index) == live:  # no build has moved on meanwhile
            raise IndexDamaged(index / _CURRENT, reason=f"{_CURRENT} = {live}")


def next_name(index: Path) -> str:
    """A name that no generation has."""
    return f"{max((int(name) for name in generations(index)), default=0) + 1:06d}"


@contextmanager
def locked(index: Path) -> Iterator[None]:
    """Be the one writer. The lock is the system's: it falls with the process that held it.

    Raises:
        IndexLocked: there is another writer.
        IndexNotAFolder, IndexNotWritable: no lock can be had here.
    """
    if index.exists() and not index.is_dir():
        raise IndexNotAFolder(index)
    lock = FileLock(index / ".lock", timeout=0)
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise IndexLocked(index, **_holder(index)) from error
    except (OSError, NotImplementedError) as error:
        raise IndexNotWritable(index, reason=getattr(error, "strerror", None) or error) from error
    try:
        _sign(index)
        yield
    finally:
        lock.release()


def _sign(index: Path) -> None:
    """Say in the lock who holds it. A full disk, or Windows, may leave it unsigned."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    with suppress(OSError):
        (index / ".lock").write_text(json.dumps({"pid": os.getpid(), "since": since}), "ascii")


def _holder(index: Path) -> dict[str, object]:
    """Who signed the lock that another process holds."""
    try:
        signed = json.loads((index / ".lock").read_bytes())
        return {"pid": int(signed["pid"]), "since": str(signed["since"])}
    except (OSError, ValueError, TypeError, KeyError):
        return {"pid": "?", "since": "?"}


def stand(index: Path, name: str) -> None:
    """Give the settled generation in the building folder its place; it is not live yet."""
    building_folder(index, name).rename(generation_folder(index, name))
    _sync_folder(index / "generations")


def go_live(index: Path, name: str) -> None:
    """Make the generation that stands in its place the live one, at one stroke."""
    new = index / _CURRENT_NEW
    with new.open("wb") as file:
        file.write(f"{name}\n".encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    new.replace(index / _CURRENT)
    _sync_folder(index)


def leftovers(index: Path, keep: int) -> list[Path]:
    """What dead builds left, and the generations beyond the newest ``keep`` up to the live one.

    Where CURRENT names nothing, no generation can be told from one that was never live.
    """
    try:
        live = live_generation(index)
    except IndexDamaged:
        live = None
    names = generations(index)
    if live is not None:
        never_live = [name for name in names if int(name) > int(live)]
        names = [name for name in names if int(name) <= int(live)]
    else:
        never_live = []
    folder = index / "generations"
    hidden = [entry for entry in _entries(folder) if entry.name.startswith(".")]
    gone = [folder / name for name in never_live + names[:-keep]]
    return hidden + gone + [path for path in (index / _CURRENT_NEW,) if path.exists()]


def remove(path: Path) -> None:
    """Remove a file or folder; a folder vanishes under its name at one stroke.

    What cannot be removed now, such as a file that another process holds open on Windows, is
    left for the next build.
    """
    try:
        if not path.is_dir() or path.is_symlink():
            path.unlink(missing_ok=True)
            return
        if not path.name.startswith("."):
            path = path.rename(path.with_name(f".gone-{path.name}"))
    except OSError:
        return
    shutil.rmtree(path, ignore_errors=True)


def discard(index: Path, name: str) -> None:
    """Remove what there is of a generation, unless it is live."""
    remove(building_folder(index, name))
    folder = generation_folder(index, name)
    with suppress(IndexDamaged):  # nothing is thrown away on a guess
        if folder.exists() and live_generation(index) != name:
            remove(folder)


def share(part: Path, copy: Path) -> None:
    """Have a part, which is never changed, in another generation too, without a second copy."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(part, copy)
    except OSError:  # no links here, or too many
        shutil.copyfile(part, copy)


def settle(
    folder: Path, known: Mapping[tuple[int, int], tuple[int, str]] | None = None
) -> dict[str, tuple[int, str]]:
    """Bring every file and folder below ``folder`` to the disk; name → (bytes, sha256) of each.

    Args:
        folder: the generation.
        known: what is known of files that were shared, by their :func:`identity`: they are on the
            disk, and are not read again.
    """
    parts: dict[str, tuple[int, str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _sync_folder(path)
        elif known and (told := known.get(identity(path))):
            parts[path.relative_to(folder).as_posix()] = told
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
            parts[path.relative_to(folder).as_posix()] = (path.stat().st_size, digest(path))
    _sync_folder(folder)
    return parts


def identity(path: Path) -> tuple[int, int]:
    """The same for all names of one file, and for no other file."""
    found = path.lstat()
    return found.st_dev, found.st_ino


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and bring it and its name to the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def digest(path: Path) -> str:
    """The sha256 of a part, read in blocks."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
    return sha256.hexdigest()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle on a folder to sync
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
