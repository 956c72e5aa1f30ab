"""A file of questions with known answers → cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    judged: tuple[tuple[str, int], ...] = ()
    """In the place of ``source`` and ``answer`` where whole documents are judged: sources, and
    how well each answers; 0 does not."""

    @property
    def answerable(self) -> bool:
        """Whether the documents are known to answer."""
        return self.source is not None or bool(self.judged)


def load_cases(path: Path | str) -> list[Case]:
    """The cases of a file of JSON lines, in order; blank lines are passed over.

    A line is ``{"question": …, "source": …, "answer": […]}`` with optional ``"history": […]``;
    ``"source": null`` and ``"answer": []`` say that the documents do not answer. Other keys are
    for whoever keeps the file.

    Raises:
        CasesMissing: there is no such file, or it cannot be read.
        CasesError: a line is not a case (the first such line is named), or there is no case.
    """
    cases = [_case(record, path, number) for number, record in records(path, CasesError)]
    if not cases:
        raise CasesError(path, line=1, reason='"question"')
    return cases


def lines(path: Path | str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, with their numbers from 1.

    Raises:
        CasesMissing: there is no such file, or it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except OSError as error:
        raise CasesMissing(path) from error


def records(path: Path | str, broken: type[CasesError]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, with the numbers of their lines.

    Raises:
        CasesMissing: there is no such file, or it cannot be read.
        broken: a line is no JSON object in UTF-8.
    """
    for number, line in lines(path):
        try:
            record = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise broken(path, line=number, reason="JSON, UTF-8") from error
        if not isinstance(record, dict):
            raise broken(path, line=number, reason="JSON")
        yield number, record


def is_text(value: Any) -> bool:
    """Whether it is a string with something in it."""
    return isinstance(value, str) and bool(value.strip())


def _case(record: dict[str, Any], path: Path | str, number: int) -> Case:
    source = record.get("source")
    checks = {
        "question": is_text(record.get("question")),
        "source": "source" in record and (source is None or is_text(source)),
        "answer": _are_texts(record.get("answer")) and (source is None) != bool(record["answer"]),
        "history": _are_texts(record.get("history", [])),
    }
    for name, holds in checks.items():
        if not holds:
            raise CasesError(path, line=number, reason=f'"{name}"')
    return Case(
        record["question"], source, tuple(record["answer"]), tuple(record.get("history", []))
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(is_text(item) for item in value)
