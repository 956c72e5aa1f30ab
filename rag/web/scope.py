"""Where a question is looked for: documents, article, kinds of file, dates, what is named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rag.store import DocumentRecord

MAX_SOURCES = 500
"""Documents that can be chosen one by one; whoever wants more wants all."""
MAX_TEXT = 300
NAMED = ("publisher", "place", "organisation", "person")
"""What else is known of a passage and can be chosen, by the retriever's names for it."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOTHING = "\0"
"""A source that no document has: the scope leaves nothing to search."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is limited to; every empty part means no limit."""

    sources: tuple[str, ...] = ()
    """Exact names of documents."""
    article: str = ""
    """Headline of an article."""
    kinds: tuple[str, ...] = ()
    """Suffixes of file names, lower case, without the dot."""
    since: str = ""
    """``YYYY-MM-DD``, inclusive."""
    until: str = ""
    publisher: str = ""
    place: str = ""
    """A part of its name is enough, as of an organisation's."""
    organisation: str = ""
    person: str = ""

    def __bool__(self) -> bool:
        return self != EVERYTHING

    @property
    def where(self) -> tuple[str, ...]:
        """The retriever's conditions on what is known of a passage."""
        asked = (
            *((f"issued{sign}", day) for sign, day in ((">=", self.since), ("<=", self.until))),
            *((f"{name}=", getattr(self, name)) for name in NAMED),
        )
        return tuple(condition + value for condition, value in asked if value)

    def of(self, documents: Sequence[DocumentRecord]) -> tuple[str, ...]:
        """The sources to search; empty where there is no limit by document."""
        if not (self.sources or self.kinds or self.article):
            return ()
        named = set(self.sources)
        kept = tuple(
            document.source
            for document in documents
            if (not named or document.source in named)
            and (not self.kinds or kind_of(document.source) in self.kinds)
            and (not self.article or self.article in document.titles)
        )
        return kept or (_NOTHING,)

    def narrowed(self, wish: Mapping[str, Any]) -> Scope:
        """With one part changed, as a browser says; what it cannot be changes nothing."""
        part, value = str(wish.get("part")), str(wish.get("value") or "")
        on = wish.get("on") not in (None, False)
        record = self.record()
        if part == "all":
            return EVERYTHING
        if part in ("sources", "kinds"):
            chosen = [one for one in record.get(part, []) if one != value]
            if not value and part == "sources":
                chosen = []
            elif on:
                chosen.append(value)
            record[part] = chosen[-MAX_SOURCES:]
        elif part == "article":
            record[part] = value if on else ""
        elif part in ("since", "until", *NAMED):
            record[part] = value
        return scope_of(record)

    def record(self) -> dict[str, Any]:
        """As plain data, for the browser's storage; what is empty is left out."""
        parts = {
            "sources": list(self.sources), "article": self.article, "kinds": list(self.kinds),
            "since": self.since, "until": self.until,
            **{name: getattr(self, name) for name in NAMED},
        }  # fmt: skip
        return {name: value for name, value in parts.items() if value}


EVERYTHING = Scope()


def scope_of(record: object) -> Scope:
    """A scope from plain data that came from a browser: whatever cannot be one is left out."""
    if not isinstance(record, Mapping):
        return EVERYTHING
    return Scope(
        sources=_strings(record.get("sources"))[:MAX_SOURCES],
        article=_string(record.get("article")),
        kinds=tuple(one.lower() for one in _strings(record.get("kinds")))[:20],
        since=_day(record.get("since")),
        until=_day(record.get("until")),
        **{name: _string(record.get(name)) for name in NAMED},
    )


def kind_of(source: str) -> str:
    """The kind of a file, by its name."""
    return PurePosixPath(source).suffix.lower().removeprefix(".")


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(one for one in value if isinstance(one, str) and one))


def _string(value: object) -> str:
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def _day(value: object) -> str:
    return value if isinstance(value, str) and _DAY.fullmatch(value) else ""
