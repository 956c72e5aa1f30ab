"""Citation → an entry for a list of references: GB/T 7714-2015, BibTeX, CSL-JSON 1.0.2.

Only what is known is said. A citation with a publisher and an edition is of a newspaper (N); of
any other it is not known what it is (Z, misc, document), and the file's name stands in the place
of what contains it. A byline is one name, as it is printed: it is never cut into people.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from rag.retrieve.labels import place
from rag.types import Citation, CitationStyle

_DAY = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?!\d)"
    r"(?:\s*[-./年]\s*(?P<m>\d{1,2})(?!\d)(?:\s*[-./月]\s*(?P<d>\d{1,2})(?!\d))?)?"
)
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "&%$#_"},
}


def references(citations: Sequence[Citation], style: CitationStyle) -> str:
    """The entries of ``citations``, in order: lines from ``[1]`` on, BibTeX, or a JSON array."""
    if style is CitationStyle.GBT7714:
        return "\n".join(f"[{n}] {_gbt7714(each)}" for n, each in enumerate(citations, 1))
    if style is CitationStyle.BIBTEX:
        return "\n\n".join(map(_bibtex, citations))
    return json.dumps([_csl(each) for each in citations], ensure_ascii=False, indent=1)


def reference(citation: Citation) -> str:
    """The entry of one citation by GB/T 7714, without a number."""
    return _gbt7714(citation)


def _gbt7714(citation: Citation) -> str:
    newspaper = _is_newspaper(citation)
    known = citation.metadata
    date = known.issued or _flat(citation.date)
    author = f"{_flat(citation.byline)}. " if citation.byline else ""
    title = f"{_title(citation)}[{'N' if newspaper else 'Z'}]"
    if newspaper:
        held = ", ".join(filter(None, (_flat(known.publisher), date)))
        where = f"{held}({_flat(known.edition)})"
    else:
        parts = (_flat(known.publisher), citation.title and _flat(citation.source), date)
        where = ", ".join(part for part in parts if part)
    shown = f"{where}: {place(citation)}" if where else place(citation)
    return f"{author}{title}. {shown}."


def _bibtex(citation: Citation) -> str:
    newspaper = _is_newspaper(citation)
    year, month, day = _date(citation)
    undated = "" if year else _flat(citation.date)
    worded = {
        "title": _title(citation),
        "author": _flat(citation.byline),
        "journal" if newspaper else "publisher": _flat(citation.metadata.publisher),
        "number": _flat(citation.metadata.edition) if newspaper else "",
        "howpublished": "" if newspaper else _flat(citation.source),
        "note": f"{undated}, {_note(citation)}" if undated else _note(citation),
    }
    dated = {"year": year, "month": month, "day": day}
    lines = [
        # doubled: a title keeps its capitals, and a byline is one name whatever is in it
        *(f"  {name} = {{{{{_tex(value)}}}}}," for name, value in worded.items() if value),
        *(f"  {name} = {{{value}}}," for name, value in dated.items() if value),
    ]
    return "\n".join([f"@{'article' if newspaper else 'misc'}{{{_key(citation)},", *lines, "}"])


def _csl(citation: Citation) -> dict[str, Any]:
    newspaper = _is_newspaper(citation)
    known = citation.metadata
    entry: dict[str, Any] = {
        "id": _key(citation),
        "type": "article-newspaper" if newspaper else "document",
        "title": _title(citation),
        "language": "zh-CN",
    }
    if citation.byline:
        entry["author"] = [{"literal": _flat(citation.byline)}]
    if known.publisher:
        entry["container-title" if newspaper else "publisher"] = _flat(known.publisher)
    if newspaper:
        entry["page"] = _flat(known.edition)
    date = [part for part in _date(citation) if part]
    if date:
        entry["issued"] = {"date-parts": [date]}
    elif citation.date:
        entry["issued"] = {"literal": _flat(citation.date)}
    return entry | {"archive_location": _flat(citation.source), "note": _note(citation)}


def _is_newspaper(citation: Citation) -> bool:
    return bool(citation.metadata.publisher and citation.metadata.edition)


def _title(citation: Citation) -> str:
    return _flat(citation.title or citation.source)


def _date(citation: Citation) -> tuple[int | None, int | None, int | None]:
    """Year, month and day as far as they are known; a date without a year is none."""
    found = _DAY.search(citation.metadata.issued or citation.date or "")
    if not found:
        return None, None, None
    month, day = found["m"], found["d"]
    return int(found["y"]), int(month) if month else None, int(day) if day else None


def _note(citation: Citation) -> str:
    """What proves it, whatever a style makes of the rest: file, place, sha256."""
    return f"{_flat(citation.source)}, {place(citation)}, sha256 {citation.sha256}"


def _key(citation: Citation) -> str:
    """A key of letters and figures, the same for the same place of the same file."""
    start = citation.spans[0][0] if citation.spans else citation.line_start
    place = f"{citation.source}\0{citation.sha256}\0{start}"
    return f"wenju-{hashlib.sha256(place.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _flat(text: str | None) -> str:
    """On one line: an entry must not be broken by what is printed."""
    shown = (char if char.isprintable() else " " for char in text or "")
    return " ".join("".join(shown).split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(char, char) for char in text)
