"""What whoever keeps a file states of it: it stands in the place of what is printed.

In front matter, at the top of the file; or beside it, in ``report.pdf.meta.toml``, which comes
before that. A sidecar that cannot be used is told and nothing of it is taken: half of what was
meant is not what was meant.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path

import yaml

from rag.types import Article, Metadata, Problem

SIDECAR = ".meta.toml"
"""What a sidecar's name has behind that of its document."""
_SIDECAR_MAX = 100_000  # bytes

_FRONT_MATTER = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(.{0,20000}?)^---[ \t]*$", re.S | re.M)
_ISO = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_CHINESE = re.compile(r"(\d{4})\s?年(?:\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?日)?)?")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of a whole file; None is not stated."""

    title: str | None = None
    """Of its first article."""
    date: str | None = None
    publisher: str | None = None
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What stands beside a document."""

    sha256: str = ""
    """Of its bytes; empty where there is none."""
    stated: Stated = Stated()
    problem: Problem | None = None
    """Why nothing of it was taken."""


def sidecar_of(document: Path) -> Sidecar:
    """What the sidecar of a document says, if it has one."""
    try:
        with Path(f"{document}{SIDECAR}").open("rb") as file:
            data = file.read(_SIDECAR_MAX + 1)
    except FileNotFoundError:
        return Sidecar()
    except OSError as error:
        return Sidecar("?", problem=_unusable(error.strerror or str(error)))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        if len(data) > _SIDECAR_MAX:
            raise ValueError(f"> {_SIDECAR_MAX} bytes")
        return Sidecar(sha256, _stated(tomllib.loads(data.decode("utf-8-sig"))))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError too
        return Sidecar(sha256, problem=_unusable(str(error)))


def _stated(given: Mapping[str, object]) -> Stated:
    """Raises ValueError for a name that is not known, or a value that is no line of text."""
    known = {field.name for field in fields(Stated)}
    said: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{name}? ({', '.join(sorted(known))})")
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            value = value.isoformat()
        if name == "edition" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if (line := _line(value)) is None:
            raise ValueError(f"{name} = {value!r}"[:80])
        said[name] = line
    return Stated(**said)


def _unusable(reason: str) -> Problem:
    return Problem("SidecarUnusable", " ".join(reason.split())[:200])


def front_matter(text: str) -> Stated:
    """What the YAML between two ``---`` at the top of a file states; nothing where it is none."""
    found = _FRONT_MATTER.match(text)
    try:
        # every scalar as it is written: 2021-06-03 is no date object, and no is no False
        given = yaml.load(found[1], Loader=yaml.BaseLoader) if found else None
    except (yaml.YAMLError, RecursionError):
        return Stated()
    if not isinstance(given, Mapping):
        return Stated()
    return Stated(*(_line(given.get(name)) for name in ("title", "date", "publisher", "edition")))


def with_stated(
    articles: Sequence[Article], known: Metadata, *stated: Stated
) -> tuple[Article, ...]:
    """The articles of a file with what is stated in the place of what was found.

    Args:
        articles: of one file.
        known: what the format itself says of the file.
        stated: by whoever keeps it; the first that says something counts.
    """
    said = {
        field.name: next((v for one in stated if (v := getattr(one, field.name))), None)
        for field in fields(Stated)
    }
    told = {field.name: v for field in fields(Metadata) if (v := getattr(known, field.name))}
    told |= {name: said[name] for name in ("publisher", "edition") if said[name]}
    if said["date"]:
        told["issued"] = _iso(said["date"])
    made = []
    for place, article in enumerate(articles):
        title = said["title"] if place == 0 else None
        made.append(
            replace(
                article,
                title=title or article.title,
                subtitle=None if title else article.subtitle,
                date=said["date"] or article.date,
                metadata=replace(article.metadata, **told),
            )
        )
    return tuple(made)


def _iso(text: str) -> str | None:
    """A date as ISO 8601, where it is one for certain."""
    if found := _CHINESE.fullmatch(text):
        text = "-".join(f"{int(part):02}" for part in found.groups() if part)
    return text if _ISO.fullmatch(text) else None


def _line(value: object) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None
