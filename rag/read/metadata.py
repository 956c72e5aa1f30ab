"""What whoever keeps a file states of it: it stands in the place of what is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from rag.types import Article

_FRONT_MATTER = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(.{0,20000}?)^---[ \t]*$", re.S | re.M)
_ISO = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of a whole file; None is not stated."""

    title: str | None = None
    """Of its first article."""
    date: str | None = None
    publisher: str | None = None


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
    return Stated(*(_line(given.get(name)) for name in ("title", "date", "publisher")))


def with_stated(articles: Sequence[Article], stated: Stated) -> tuple[Article, ...]:
    """The articles of a file with what is stated in the place of what was found."""
    made = []
    for place, article in enumerate(articles):
        issued = stated.date if stated.date and _ISO.fullmatch(stated.date) else None
        metadata = replace(
            article.metadata,
            publisher=stated.publisher or article.metadata.publisher,
            issued=issued or (None if stated.date else article.metadata.issued),
        )
        title = stated.title if place == 0 else None
        made.append(
            replace(
                article,
                title=title or article.title,
                date=stated.date or article.date,
                metadata=metadata,
            )
        )
    return tuple(made)


def _line(value: object) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None
