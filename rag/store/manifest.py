"""``manifest.json``: what a generation is made of, written last, and the proof of its parts.

The documents stand in a part of their own, ``documents.json``, a short row each: a hundred thousand
of them are written and read in tenths of a second.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from rag.errors import IndexDamaged, IndexOutdated, IndexTooNew
from rag.store import layout
from rag.store.records import DocumentRecord
from rag.types import Problem

SCHEMA = 10
"""Counts up whenever the parts or the manifest of a generation change their form."""
FILE = "manifest.json"
DOCUMENTS = "documents.json"
SHARDS = "shards"


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything but the documents that a generation's contents depend on."""

    chunk_chars: int
    reading: str
    """Identity of the rules for reading and splitting."""
    terms: str
    """Identity of the rules for terms."""
    model: str
    fingerprint: str
    dimension: int
    window_chars: int | None
    """Of the windows that have a vector each; None where a whole passage has one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a generation."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of."""

    schema: int
    generation: str
    created: str
    """UTC, ISO 8601."""
    docs: str
    """The documents' folder, relative to the index where that can be said."""
    shape: Shape
    passages: int
    documents: tuple[DocumentRecord, ...]
    """Sorted by source."""
    firsts: tuple[int, ...]
    """Serial number of the first passage of each of them; the others follow."""
    next_serial: int
    """No passage has this number, or a higher one."""
    dropped: int
    """Passages taken out of the full text since it was written whole."""
    parts: dict[str, Part]
    """By posix path relative to the generation's folder."""
    restored_from: str | None = None
    """The generation that this one is again, after a rollback; None where it was built."""

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the shards that hold the passages."""
        below = f"{SHARDS}/"
        return tuple(sorted({part.split("/")[1] for part in self.parts if part.startswith(below)}))


_APART = {"documents", "firsts"}
_COLUMNS = ("source", "sha256", "encoding", "size", "chunks", "titles", "sidecar")


def write_documents(
    folder: Path, documents: Sequence[DocumentRecord], firsts: Sequence[int]
) -> None:
    """Write the part that :func:`write` leaves out."""
    layout.write_durably(folder / DOCUMENTS, packed_documents(documents, firsts))


def packed_documents(documents: Sequence[DocumentRecord], firsts: Sequence[int]) -> bytes:
    """The documents as they are kept, each with the serial of its first passage."""
    rows = [
        [
            *(getattr(one, column) for column in _COLUMNS),
            [astuple(each) for each in one.problems],
            first,
        ]
        for one, first in zip(documents, firsts, strict=True)
    ]
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return data.encode("utf-8", "surrogatepass")


def write(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest`` into its generation's folder, durably."""
    layout.write_durably(folder / FILE, packed(manifest))


def packed(manifest: Manifest) -> bytes:
    """A manifest as it is kept, but for its documents."""
    body = {
        field.name: getattr(manifest, field.name)
        for field in fields(Manifest)
        if field.name not in _APART
    }
    body["shape"] = asdict(manifest.shape)
    body["parts"] = {name: asdict(part) for name, part in manifest.parts.items()}
    data = json.dumps(body | {"sha256": _checksum(body)}, ensure_ascii=False, indent=1)
    # the documents' folder may be named in bytes that are no UTF-8
    return data.encode("utf-8", "surrogatepass")


def read(folder: Path) -> Manifest:
    """The manifest of the generation in ``folder``.

    Raises:
        IndexTooNew: a later version wrote it.
        IndexOutdated: an earlier version wrote it.
        IndexDamaged: it or its documents are missing or not what was written.
    """
    path = folder / DOCUMENTS
    body = _body_of_today(_bytes(folder / FILE), folder / FILE)
    return _with_documents(body, _bytes(path), path)


def unpacked(data: bytes, documents: bytes, where: str) -> Manifest:
    """What :func:`packed` and :func:`packed_documents` packed. Raises as :func:`read`."""
    return _with_documents(_body_of_today(data, where), documents, where)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IndexDamaged(path, reason=error.strerror or error) from error


def _with_documents(body: dict[str, Any], data: bytes, where: Path | str) -> Manifest:
    try:
        if hashlib.sha256(data).hexdigest() != body["parts"][DOCUMENTS]["sha256"]:
            raise IndexDamaged(where, reason="sha256")
        return _manifest(body, json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IndexDamaged(where, reason=DOCUMENTS) from error


def docs_of(folder: Path) -> str:
    """The documents' folder, from a manifest that is whole, whatever became of the parts.

    One of an earlier version says it too: what is built anew is built of the same documents.

    Raises:
        IndexDamaged, IndexTooNew: as :func:`read`.
    """
    return str(_body(_bytes(folder / FILE), folder / FILE)["docs"])


def docs_in(data: bytes, where: str) -> str:
    """As :func:`docs_of`, of a packed manifest."""
    return str(_body(data, where)["docs"])


def _body_of_today(data: bytes, path: Path | str) -> dict[str, Any]:
    body = _body(data, path)
    if body["schema"] < SCHEMA:
        raise IndexOutdated(path, reason=f"schema {body['schema']} < {SCHEMA}")
    return body


def _body(data: bytes, path: Path | str) -> dict[str, Any]:
    """What the manifest itself says, checked against its own sha256."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise IndexDamaged(path, reason=FILE) from error
    if not isinstance(body, dict) or not isinstance(body.get("schema"), int):
        raise IndexDamaged(path, reason=FILE)
    if body["schema"] > SCHEMA:
        raise IndexTooNew(path, found=body["schema"], known=SCHEMA)
    if body.pop("sha256", None) != _checksum(body) or "docs" not in body:
        raise IndexDamaged(path, reason="sha256")
    return body


def parts_named(data: bytes) -> list[str]:
    """The names of the parts of a packed manifest, of this version or a later one.

    Raises:
        IndexDamaged: it is none.
    """
    try:
        return [*json.loads(data)["parts"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IndexDamaged(FILE, reason=FILE) from error


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Every part is there with its size, in a folder of its own; what opening can afford.

    Raises:
        IndexDamaged: naming the first part that is missing, cut or not a plain file, or the first
            folder that is a link to another.
    """
    folders = {folder / above for name in manifest.parts for above in PurePosixPath(name).parents}
    for path in sorted(folders):
        if path.is_symlink():
            raise IndexDamaged(path, reason=f"{path.name} → {path.readlink()}")
    for name, part in manifest.parts.items():
        path = folder / name
        try:
            found = path.lstat()  # asked once: a build may remove the generation meanwhile
        except OSError as error:
            raise IndexDamaged(path, reason=name) from error
        if not stat.S_ISREG(found.st_mode) or found.st_size != part.bytes:
            raise IndexDamaged(path, reason=name)


def damaged_parts(folder: Path, manifest: Manifest) -> list[str]:
    """Names of the parts whose bytes are not those that were written. Reads all of them."""

    def intact(name: str) -> bool:
        try:
            return layout.digest(folder / name) == manifest.parts[name].sha256
        except OSError:
            return False

    return [name for name in manifest.parts if not intact(name)]


def _manifest(body: dict[str, Any], rows: list[Any]) -> Manifest:
    for name in [*body["parts"], *(row[0] for row in rows)]:
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(name)  # leads out of the folder
    described: dict[str, Any] = {
        "shape": Shape(**body.pop("shape")),
        "parts": {name: Part(**part) for name, part in body.pop("parts").items()},
        "documents": tuple(_record(*row[:-1]) for row in rows),
        "firsts": tuple(int(row[-1]) for row in rows),
    }
    return Manifest(**body, **described)


def _record(*row: Any) -> DocumentRecord:
    source, sha256, encoding, size, chunks, titles, sidecar, problems = row
    parts = tuple(Problem(*problem) for problem in problems)
    return DocumentRecord(source, sha256, encoding, size, chunks, tuple(titles), parts, sidecar)


def _checksum(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
