"""The scores of an evaluation as one page: everything in it, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.evaluate import (
    DEPTHS,
    FALSE_REFUSALS,
    Change,
    Comparison,
    Difference,
    Outcome,
    Trial,
    by_question,
    compare,
    intervals,
    reliability,
    score,
)
from rag.types import Language, Status
from rag.web.markup import Markup, element, join
from rag.web.plots import Mark, Point, plot, range_of
from rag.web.report_texts import ReportTexts, report_texts

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_STYLE = Path(__file__).parent / "report.css"
_LISTED_DOCUMENTS = 5


def page(
    ours: Trial,
    theirs: Trial | None,
    facts: Mapping[str, str],
    language: Language,
) -> str:
    """The page.

    Args:
        ours: what it is about, with at least one question.
        theirs: the same questions, answered otherwise, to compare with.
        facts: ``mode``, ``index`` and ``model`` of ours.
        language: of the texts.
    """
    say = report_texts(language)
    outcomes = ours.outcomes
    versus = compare(outcomes, theirs.outcomes) if theirs else None
    rival = theirs.name if theirs else ""
    body = element(
        "main",
        _head(outcomes, dict(facts) | ({"against": rival} if rival else {}), say),
        _scores(outcomes, versus, rival, say),
        _files(ours, theirs, say) if len(ours.scores) > 1 else None,
        _confidence(outcomes, say),
        _changes(versus, rival, say) if versus else None,
        _questions(outcomes, say),
    )
    return (
        f'<!doctype html>\n<html lang="{say.html_lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{say.title}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _head(outcomes: Sequence[Outcome], facts: Mapping[str, str], say: ReportTexts) -> Markup:
    answerable = sum(outcome.case.answerable for outcome in outcomes)
    counts = say.counts.format(
        all=len(outcomes), answerable=answerable, unanswerable=len(outcomes) - answerable
    )
    made = say.made.format(version=_version(), when=f"{datetime.now():%Y-%m-%d %H:%M}")
    listed = [
        element("div", element("dt", say.facts[name]), element("dd", fact))
        for name, fact in facts.items()
    ]
    return element(
        "header",
        element("p", made, class_="made"),
        element("h1", say.title),
        element("p", counts, class_="counts"),
        element("dl", *listed),
    )


def _scores(
    outcomes: Sequence[Outcome], versus: Comparison | None, rival: str, say: ReportTexts
) -> Markup:
    edges = intervals(outcomes)
    values = by_question(outcomes)
    means = {name: float(np.nanmean(values[name])) for name in edges}
    differences = {one.measure: one for one in versus.differences} if versus else {}
    heads = [say.measure, say.value, "", say.interval]
    heads += [rival, say.difference, say.interval] if versus else []
    rows = []
    for name, (low, high) in edges.items():
        other = differences.get(name)
        says = f"{means[name]:.3f} [{low:.3f}, {high:.3f}]"
        cells = [
            element("th", _measure(name, say), scope="row"),
            element("td", f"{means[name]:.3f}", class_="number strong"),
            element("td", range_of(means[name], low, high, says, other.theirs if other else None)),
            element("td", f"{low:.3f} … {high:.3f}", class_="number", data_head=say.interval),
        ]
        rows.append(element("tr", *cells, *(_difference(other, rival, say) if versus else ())))
    notes = [say.scores_note] + ([say.against_note.format(rival=rival)] if versus else [])
    return _section(
        say.scores,
        *(element("p", note, class_="note") for note in notes),
        _table(heads, rows, "scores"),
    )


def _difference(other: Difference | None, rival: str, say: ReportTexts) -> list[Markup]:
    if other is None:
        return [element("td"), element("td"), element("td")]
    kind = "number strong" if other.sure else "number"
    sureness = say.sure if other.sure else say.unsure
    return [
        element("td", f"{other.theirs:.3f}", class_="number", data_head=rival),
        element("td", f"{other.difference:+.3f}", class_=kind, data_head=say.difference),
        element(
            "td",
            f"{other.low:+.3f} … {other.high:+.3f} ",
            element("span", sureness, class_="sure" if other.sure else "unsure"),
            class_="number",
            data_head=say.interval,
        ),
    ]


def _files(ours: Trial, theirs: Trial | None, say: ReportTexts) -> Markup:
    shown = [f"R@{k}" for k in DEPTHS] + ["MRR@10"]
    rows = []
    for each in (ours, theirs) if theirs else (ours,):
        for file, scores in each.scores.items():
            recall = [scores.recall[k] if scores.recall else None for k in DEPTHS]
            shares = [*recall, scores.mrr, scores.highlighted, scores.refused]
            shares.append(scores.wrongly_refused)
            name = f"{file} · {each.name}" if theirs else file
            cells = [
                element("td", "–" if share is None else f"{share:.3f}", class_="number")
                for share in shares
            ]
            count = element("td", str(len(scores.outcomes)), class_="number")
            rows.append(element("tr", element("th", name, scope="row"), count, *cells))
    heads = [say.file, "n", *shown, *say.short_measures.values()]
    return _section(say.files, _table(heads, rows, "files"))


def _confidence(outcomes: Sequence[Outcome], say: ReportTexts) -> Markup | None:
    told = [outcome for outcome in outcomes if outcome.confidence is not None]
    if not told:
        return None
    claimed = np.array([outcome.confidence or 0.0 for outcome in told])
    right = np.array([outcome.right for outcome in told])
    answerable = np.array([outcome.case.answerable for outcome in told])
    error = score(told).calibration_error or 0.0
    bins = reliability(claimed.tolist(), right.tolist())
    dots = [
        Mark(
            one.confidence,
            one.right,
            say.bin.format(
                count=one.count, confidence=f"{one.confidence:.0%}", right=f"{one.right:.0%}"
            ),
        )
        for one in bins
    ]
    figures = [
        _figure(
            say.reliability,
            say.reliability_note.format(error=f"{error:.3f}"),
            plot(
                say.reliability_x, say.reliability_y, name=say.reliability,
                line=[(dot.x, dot.y) for dot in dots], marks=dots, guides=[((0, 0), (1, 1))],
            ),
        ),
        _figure(say.risk, say.risk_note, _risk(told, claimed, right, say)),
    ]  # fmt: skip
    if answerable.any() and not answerable.all():
        figures.append(
            _figure(say.refusal, say.refusal_note, _refusal(told, claimed, answerable, say))
        )
    return _section(say.confidence, element("div", *figures, class_="figures"))


def _risk(
    outcomes: Sequence[Outcome],
    claimed: Floats,
    right: Flags,
    say: ReportTexts,
) -> Markup:
    """Risk against coverage (El-Yaniv & Wiener 2010)."""

    def at(chosen: Flags) -> Point:
        return float(chosen.mean()), float(1 - right[chosen].mean())

    line = [at(claimed >= level) for level in np.unique(claimed)[::-1]]
    marks = []
    for statuses, text, kind in (
        ((Status.FOUND,), say.found_point, "dot"),
        ((Status.FOUND, Status.UNCERTAIN), say.answered_point, "dot hollow"),
    ):
        chosen = np.array([outcome.status in statuses for outcome in outcomes])
        if chosen.any():
            share, risk = at(chosen)
            marks.append(
                Mark(share, risk, text.format(share=f"{share:.0%}", risk=f"{risk:.0%}"), kind=kind)
            )
    drawn = plot(say.risk_x, say.risk_y, name=say.risk, line=line, marks=marks)
    return _with_legend(drawn, marks)


def _refusal(
    outcomes: Sequence[Outcome],
    claimed: Floats,
    answerable: Flags,
    say: ReportTexts,
) -> Markup:
    """The share of both kinds that a threshold refuses: the ROC of refusing."""

    def at(refused: Flags) -> Point:
        return float(refused[answerable].mean()), float(refused[~answerable].mean())

    line = [at(claimed < level) for level in np.unique(claimed)] + [(1.0, 1.0)]
    wrongly, refused = at(np.array([one.status is Status.NOT_FOUND for one in outcomes]))
    text = say.refusal_point.format(refused=f"{refused:.0%}", wrongly=f"{wrongly:.0%}")
    marks = [Mark(wrongly, refused, text)]
    drawn = plot(
        say.refusal_x, say.refusal_y, name=say.refusal, line=line, marks=marks,
        guides=[((FALSE_REFUSALS, 0), (FALSE_REFUSALS, 1))],
    )  # fmt: skip
    return _with_legend(drawn, marks)


def _changes(versus: Comparison, rival: str, say: ReportTexts) -> Markup:
    heads = [say.question, say.rank, say.status, say.claimed]
    folds = []
    for heading, changes, kind in (
        (say.gained, versus.gained, "gained"),
        (say.lost, versus.lost, "lost"),
    ):
        rows = [_change_row(change, say) for change in changes]
        text = heading.format(count=len(changes))
        folds.append(_fold(text, heads, rows, kind=kind, is_open=True))
    return _section(say.changes.format(rival=rival), *folds)


def _change_row(change: Change, say: ReportTexts) -> Markup:
    pairs = [
        (_rank(outcome, say), say.statuses[outcome.status], _percent(outcome.confidence))
        for outcome in (change.theirs, change.ours)
    ]
    cells = [
        element("td", f"{before} → {now}" if before != now else now, data_head=head)
        for before, now, head in zip(*pairs, (say.rank, say.status, say.claimed), strict=True)
    ]
    return element("tr", _question(change.ours, say), *cells)


def _questions(outcomes: Sequence[Outcome], say: ReportTexts) -> Markup:
    told = [(outcome, outcome.problems) for outcome in outcomes]
    heads = [say.question, say.expected, say.rank, say.status, say.claimed]
    folds = []
    for heading, kind in ((say.short, "short"), (say.good, "good")):
        listed = [each for each in told if bool(each[1]) == (kind == "short")]
        rows = [_row(outcome, problems, say) for outcome, problems in listed]
        text = heading.format(count=len(listed))
        folds.append(_fold(text, heads, rows, kind=kind, is_open=kind == "short"))
    return _section(say.questions, *folds)


def _row(outcome: Outcome, problems: Sequence[str], say: ReportTexts) -> Markup:
    told = element("p", " · ".join(say.problems[one] for one in problems), class_="problem")
    return element(
        "tr",
        _question(outcome, say, told if problems else None),
        element("td", *_expected(outcome, say), class_="expected", data_head=say.expected),
        element("td", _rank(outcome, say), data_head=say.rank),
        element(
            "td", say.statuses[outcome.status], class_=f"status {outcome.status}",
            data_head=say.status,
        ),
        element("td", _percent(outcome.confidence), class_="number", data_head=say.claimed),
    )  # fmt: skip


def _question(outcome: Outcome, say: ReportTexts, note: Markup | None = None) -> Markup:
    history = outcome.case.history
    before = element("p", say.after.format(history=" / ".join(history)), class_="history")
    return element(
        "th", before if history else None, outcome.case.question, note, scope="row", class_="asked"
    )


def _expected(outcome: Outcome, say: ReportTexts) -> list[Markup]:
    case = outcome.case
    if not case.answerable:
        return [element("p", say.expected_none, class_="soft")]
    if case.source is None:
        return [element("p", "–", class_="soft")]
    return [element("p", " / ".join(case.answer)), element("p", case.source, class_="soft file")]


def _rank(outcome: Outcome, say: ReportTexts) -> str:
    case = outcome.case
    if not case.answerable:
        return "–"
    if case.judged:
        ranks = outcome.document_ranks[:_LISTED_DOCUMENTS]
        if ranks:
            return say.documents.format(ranks=", ".join(map(str, ranks)))
        return say.rank_none
    return say.rank_none if outcome.rank is None else str(outcome.rank)


def _measure(name: str, say: ReportTexts) -> Markup:
    depth = name.removeprefix("R@")
    known = say.measures["R@"].format(k=depth) if depth != name else say.measures[name]
    named = None if name in ("highlighted", "refused", "wrongly_refused") else name
    return join(element("b", f"{named} ") if named else None, known)


def _section(heading: str, *children: Markup) -> Markup:
    return element("section", element("h2", heading), *children)


def _figure(heading: str, note: str, drawn: Markup) -> Markup:
    return element(
        "figure",
        element("figcaption", element("h3", heading), element("p", note, class_="note")),
        drawn,
    )


def _with_legend(drawn: Markup, marks: Sequence[Mark]) -> Markup:
    lines = [
        element("li", element("i", class_=mark.kind, aria_hidden="true"), mark.says)
        for mark in marks
    ]
    return join(drawn, element("ul", *lines, class_="legend"))


def _fold(
    heading: str, heads: Sequence[str], rows: Sequence[Markup], *, kind: str, is_open: bool
) -> Markup:
    if not rows:
        return element("p", heading, class_="fold empty")
    return element(
        "details",
        element("summary", heading),
        _table(heads, rows, "questions"),
        open=is_open,
        class_=f"fold {kind}",
    )


def _table(heads: Sequence[str], rows: Sequence[Markup], kind: str) -> Markup:
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    table = element("table", element("thead", head), element("tbody", *rows), class_=kind)
    return element("div", table, class_="wide")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _version() -> str:
    try:
        return version("wenju")
    except PackageNotFoundError:  # run from a folder that nobody has installed
        return ""
