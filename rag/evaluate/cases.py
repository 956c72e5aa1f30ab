"""A file of questions with known answers → cases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import CasesError, CasesMissing


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its known answer."""

    question: str
    source: str | None
    """The file that answers, as in :attr:`Citation.source`; None where none does."""
    answer: tuple[str, ...]
    """Strings any one of which a passage must hold to answer; none where ``source`` is None."""
    history: tuple[str, ...] = ()
    """The questions asked before this one, oldest first."""


def load_cases(path: Path | str) -> list[Case]:
    """The cases of a file of JSON lines, in order; blank lines are passed over.

    A line is ``{"question": …, "source": …, "answer": […]}`` with optional ``"history": […]``;
    ``"source": null`` and ``"answer": []`` say that the documents do not answer. Other keys are
    for whoever keeps the file.

    Raises:
        CasesMissing: there is no such file, or it cannot be read.
        CasesError: a line is not a case (the first such line is named), or there is no case.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CasesMissing(path) from error
    cases = [
        _case(line, path, number)
        for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
        if line.strip()
    ]
    if not cases:
        raise CasesError(path, line=1, reason='"question"')
    return cases


def _case(line: bytes, path: Path | str, number: int) -> Case:
    try:
        record = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CasesError(path, line=number, reason="JSON, UTF-8") from error
    if not isinstance(record, dict):
        raise CasesError(path, line=number, reason="JSON")
    source = record.get("source")
    checks = {
        "question": _is_text(record.get("question")),
        "source": "source" in record and (source is None or _is_text(source)),
        "answer": _are_texts(record.get("answer")) and (source is None) != bool(record["answer"]),
        "history": _are_texts(record.get("history", [])),
    }
    for name, holds in checks.items():
        if not holds:
            raise CasesError(path, line=number, reason=f'"{name}"')
    return Case(
        record["question"], source, tuple(record["answer"]), tuple(record.get("history", []))
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)
