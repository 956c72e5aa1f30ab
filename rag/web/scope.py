"""Where a question is looked for: which documents, article, kinds of file and dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rag.store import DocumentRecord
from rag.types import Hit

MAX_SOURCES = 500
"""Documents that can be chosen one by one; whoever wants more wants all."""
MAX_TEXT = 300

_DATE = re.compile(r"(?P<y>[12]\d{3})\s*[年./-]\s*(?P<m>\d{1,2})\s*[月./-]\s*(?P<d>\d{1,2})")
_MONTH = re.compile(r"(?P<y>[12]\d{3})\s*[年./-]\s*(?P<m>\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?P<y>[12]\d{3})\s*年?")
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

    def __bool__(self) -> bool:
        return self != EVERYTHING

    @property
    def reads_passages(self) -> bool:
        """Whether passages have to be looked at one by one, beyond their document's name."""
        return bool(self.article or self.since or self.until)

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

    def holds(self, hit: Hit) -> bool:
        """Whether a passage of a document that is searched lies within."""
        citation = hit.citation
        if self.article and citation.title != self.article:
            return False
        if not (self.since or self.until):
            return True
        days = days_of(citation.metadata.issued or citation.date or "")
        return (
            days is not None and days[1] >= self.since and (not self.until or days[0] <= self.until)
        )

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
        elif part in ("since", "until"):
            record[part] = value
        return scope_of(record)

    def record(self) -> dict[str, Any]:
        """As plain data, for the browser's storage; what is empty is left out."""
        parts = {
            "sources": list(self.sources), "article": self.article, "kinds": list(self.kinds),
            "since": self.since, "until": self.until,
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
    )


def kind_of(source: str) -> str:
    """The kind of a file, by its name."""
    return PurePosixPath(source).suffix.lower().removeprefix(".")


def days_of(date: str) -> tuple[str, str] | None:
    """The first and last day, ``YYYY-MM-DD``, of a date as printed; None where it names no year."""
    if found := _DATE.search(date):
        day = f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
        return day, day
    if found := _MONTH.search(date):
        month = f"{found['y']}-{int(found['m']):02}"
        return f"{month}-01", f"{month}-31"
    if found := _YEAR.search(date):
        return f"{found['y']}-01-01", f"{found['y']}-12-31"
    return None


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(one for one in value if isinstance(one, str) and one))


def _string(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _day(value: object) -> str:
    return value if isinstance(value, str) and _DAY.fullmatch(value) else ""
