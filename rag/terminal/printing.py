"""Records → lines on stdout, and what belongs on stderr."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import click

from rag.doctor import Check
from rag.errors import printable
from rag.evaluate import DEPTHS, Change, Comparison, Fit, Outcome, Scores, Trial, Verdict
from rag.feedback import Feedback
from rag.history import Diff, Generation, Kind, Rollback
from rag.retrieve import CalibrationState, references
from rag.saved import SavedReport
from rag.settings import Settings
from rag.status import Behind, IndexStatus
from rag.terminal.layout import cells, pad, paragraph
from rag.terminal.texts import Texts
from rag.types import Answer, BuildReport, CitationStyle, Failure, Status
from rag.verify import VerifyReport, lines_named

_MARKS = {Kind.ADDED: "+", Kind.CHANGED: "~", Kind.REMOVED: "-"}
_LISTED = 20
"""Names listed before "and so many more"."""


def prepare() -> None:
    """Let stdout and stderr take any character; what their encoding lacks is shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """A line on stderr."""
    click.echo(text, err=True)


def print_json(record: Any) -> None:
    """One JSON object, always UTF-8, on one line."""
    fields = asdict(record) if is_dataclass(record) and not isinstance(record, type) else record
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    click.echo(json.dumps(fields, ensure_ascii=False))


def print_build(report: BuildReport, words: Texts) -> None:
    """What a build did."""
    if report.published:
        for mark, sources in (("+", report.added), ("~", report.changed), ("-", report.deleted)):
            _print_listed((f"{mark} {printable(source)}" for source in sources), words)
        counts = {
            "added": len(report.added),
            "changed": len(report.changed),
            "deleted": len(report.deleted),
            "unchanged": report.unchanged,
        }
        click.echo(words.built.format(seconds=f"{report.took_ms / 1000:.1f}", **counts))
    else:
        click.echo(words.unchanged)
    if report.generation:
        click.echo(
            words.totals.format(
                generation=report.generation,
                documents=report.documents,
                passages=report.passages,
            )
        )


def print_watching(docs: object, index: object, words: Texts) -> None:
    """What is watched; on stderr, as it is no result."""
    say(words.watching.format(docs=printable(docs), index=printable(index)))


def print_seen(seen: BuildReport, words: Texts) -> None:
    """What a build did while watching, under the time of day."""
    if seen.published:
        click.echo(f"[{time.strftime('%H:%M:%S')}]")
        print_build(seen, words)
        sys.stdout.flush()


def say_failures(failures: Sequence[Failure], words: Texts) -> None:
    """The inputs that failed, on stderr."""
    if failures:
        say(words.failed.format(count=len(failures)))
    for failure in failures:
        say("  " + words.problem.format(**asdict(failure)))


def print_answer(answer: Answer, words: Texts) -> None:
    """The status in words, then each passage under its label."""
    click.echo(_status(answer, words))
    if answer.query != answer.question:
        click.echo(words.searched_as.format(query=printable(answer.query)))
    width = _width() if sys.stdout.isatty() else None
    for hit in answer.hits:
        click.echo(f"\n{hit.rank}. {printable(hit.citation.label)}")
        if hit.citation.stale:
            click.echo(f"   ⚠ {words.stale[hit.citation.stale]}")
        certainty = hit.citation.metadata.recognised
        if certainty is not None:
            click.echo(f"   ⚠ {words.recognised.format(certainty=int(certainty * 100))}")
        for one in hit.also:
            stale = f"  ⚠ {words.stale[one.stale]}" if one.stale else ""
            click.echo(f"   {words.also.format(label=printable(one.label))}{stale}")
        click.echo(paragraph(hit.text, hit.highlights[:1], width, indent="   "))


def print_references(answer: Answer, style: CitationStyle, words: Texts) -> None:
    """The passages as references; the status, and what is stale, on stderr.

    Nothing is cited where nothing was found: the nearest passages are no answer.
    """
    say(_status(answer, words))
    hits = () if answer.status is Status.NOT_FOUND else answer.hits
    for hit in hits:
        if hit.citation.stale:
            say(f"⚠ {printable(hit.citation.source)}  {words.stale[hit.citation.stale]}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    made = references([hit.citation for hit in hits], style)
    click.echo(made, nl=bool(made))


def print_status(status: IndexStatus, behind: Behind | None, words: Texts) -> None:
    """What the index holds and what a build would do."""
    lines = (words.generation, words.model, words.documents)
    fields = {
        "generation": status.generation,
        "created": status.created,
        "size": f"{status.bytes / 1e6:.1f} MB",
        "model": status.model,
        "fingerprint": status.fingerprint,
        "documents": len(status.documents),
        "passages": status.passages,
    }
    for line in lines:
        click.echo(line.format(**fields))
    if status.calibration is not CalibrationState.NONE:
        click.echo(words.calibrations[status.calibration])
    _print_listed(
        (
            "  " + words.document.format(source=printable(one.source), chunks=one.chunks)
            for one in status.documents
        ),
        words,
    )
    if behind:
        counts = {name: len(items) for name, items in asdict(behind).items()}
        text = words.behind if any(counts.values()) else words.up_to_date
        click.echo(text.format(**counts))


def print_history(generations: Sequence[Generation], words: Texts) -> None:
    """A line a generation, oldest first, and one about what it changed."""
    for one in generations:
        number = int(one.generation)
        mark = f"  {words.live}" if one.live else ""
        if one.damaged:
            line = words.generation_damaged.format(generation=number, problem=one.damaged)
            click.echo(line + mark)
            continue
        fields = asdict(one) | {"generation": number, "size": f"{one.bytes / 1e6:.1f} MB"}
        click.echo(words.generation_line.format(**fields) + mark)
        changes = words.generation_first
        if one.changes is not None:
            changes = words.document_changes.format(**one.changes)
        if one.restored_from:
            again = words.restored.format(generation=int(one.restored_from))
            changes = f"{again}  {changes}"
        click.echo(f"  {changes}")


def print_diff(diff: Diff, words: Texts, *, whole: bool) -> None:
    """A line a document, with its passages where ``whole``, then the passages counted."""
    click.echo(words.diff_heading.format(before=int(diff.before), after=int(diff.after)))
    if not diff.documents:
        click.echo(words.no_difference)
        return
    lines: list[str] = []
    for change in diff.documents:
        name = printable(change.source)
        if change.was:
            name = words.renamed.format(was=printable(change.was), source=name)
        counts = [
            f"{mark}{count}"
            for kind, mark in _MARKS.items()
            if (count := sum(passage.kind is kind for passage in change.passages))
        ]
        lines.append(f"{_MARKS.get(change.kind, '>')} {name}  {' '.join(counts)}".rstrip())
        if whole:
            for passage in change.passages:
                lines += [f"    - {printable(passage.before)}"] if passage.before else []
                lines += [f"    + {printable(passage.after)}"] if passage.after else []
    if whole:
        click.echo("\n".join(lines))
    else:
        _print_listed(lines, words)
    click.echo(words.passage_changes.format(**diff.passages))


def print_rollback(done: Rollback, words: Texts) -> None:
    """What going back did."""
    if done.generation == done.was:
        click.echo(words.already_live.format(generation=int(done.generation)))
        return
    numbers = {"restored": done.restored, "generation": done.generation, "was": done.was}
    click.echo(words.rolled_back.format(**{name: int(one) for name, one in numbers.items()}))
    if done.changes:
        click.echo(words.document_changes.format(**done.changes))
    click.echo(words.next_build)


def print_gate(verdict: Verdict, words: Texts) -> None:
    """Whether a generation was let through; if not, what fell and which questions were lost."""
    fields = {
        "questions": verdict.scores.answerable + verdict.scores.unanswerable,
        "live": int(verdict.live or 0),
        "margin": f"{verdict.margin:g}",
    }
    if verdict.passed:
        passed = words.gate_passed if verdict.live else words.gate_first
        click.echo(passed.format(**fields))
        return
    click.echo(words.gate_refused.format(**fields))
    for fell in verdict.fell:
        scores = {"ours": _share(fell.ours), "theirs": _share(fell.theirs)}
        name = _measure(fell.measure, words)
        click.echo(words.gate_fell.format(measure=name, **scores))
    click.echo(words.lost.format(count=len(verdict.lost)))
    for change in verdict.lost:
        click.echo(f"- {_change(change, words)}")


def print_verify(report: VerifyReport, words: Texts) -> None:
    """How many citations hold, and what does not."""
    text = words.broken if report.problems else words.verified
    click.echo(
        text.format(proven=report.proven, passages=report.passages, problems=len(report.problems))
    )
    for problem in report.problems:
        where = problem.chunk_id or problem.source
        fields = {"source": printable(where), "what": problem.what, "next_step": problem.next_step}
        click.echo("  " + words.problem.format(**fields))


def print_saved(report: SavedReport, words: Texts) -> None:
    """How many citations of a saved answer hold, then what became of each."""
    if not report.proofs:
        click.echo(words.saved_without)
        return
    heading = words.saved_proven if report.proven == len(report.proofs) else words.saved_broken
    click.echo(heading.format(citations=len(report.proofs), proven=report.proven))
    for one in report.proofs:
        lines = lines_named(one.place)
        where = words.saved_place.format(source=printable(one.source), lines=lines)
        step = f" → {one.next_step}" if one.next_step else ""
        click.echo(f"{one.rank}. {where}  {one.what or words.saved_holds}{step}")
        for sentence in one.lost:
            click.echo(f"   - {printable(sentence)}")


def print_trials(trials: Sequence[Trial], words: Texts) -> None:
    """A table of scores, a row a file and configuration, and one for all files."""
    rows: dict[str, Scores] = {}
    for trial in trials:
        named = trial.scores | ({words.all_files: trial.total} if len(trial.scores) > 1 else {})
        mark = f"  {trial.name}" if len(trials) > 1 else ""
        rows |= {f"{file}{mark}": scores for file, scores in named.items()}
    print_scores(rows, words)


def print_scores(rows: Mapping[str, Scores], words: Texts) -> None:
    """A table, a row each."""
    graded = any(scores.ndcg is not None for scores in rows.values())
    ranked = [f"R@{k}" for k in DEPTHS] + ["MRR@10"] + (["nDCG@10"] if graded else [])
    shares = [words.highlight, words.refused, words.wrongly_refused, "ECE"]
    table = [[words.scores_of, "n", *ranked, *shares]]
    for name, scores in rows.items():
        recall = [scores.recall[k] if scores.recall else None for k in DEPTHS]
        row = [*recall, scores.mrr, *([scores.ndcg] if graded else []), scores.highlighted]
        row += [scores.refused, scores.wrongly_refused, scores.calibration_error]
        table.append([printable(name), str(len(scores.outcomes)), *map(_share, row)])
    _print_table(table)


def print_comparison(versus: Comparison, rival: str, words: Texts, *, whole: bool) -> None:
    """What differs and how surely, then the questions gained and lost; all of them or the first."""
    click.echo(f"\n{words.compared.format(rival=printable(rival))}")
    table = [["", "n", words.ours, printable(rival), words.difference, words.interval]]
    for one in versus.differences:
        table.append(
            [
                _measure(one.measure, words),
                str(one.questions),
                _share(one.ours),
                _share(one.theirs),
                f"{one.difference:+.3f}",
                f"{one.low:+.3f} … {one.high:+.3f}{'  *' if one.sure else ''}",
            ]
        )
    _print_table(table)
    for text, mark, changes in (
        (words.gained, "+", versus.gained),
        (words.lost, "-", versus.lost),
    ):
        click.echo(f"\n{text.format(count=len(changes))}")
        lines = [f"{mark} {_change(change, words)}" for change in changes]
        if whole:
            click.echo("\n".join(lines), nl=bool(lines))
        else:
            _print_listed(lines, words)


def print_fit(fit: Fit, settings: Settings, words: Texts) -> None:
    """What a calibration is worth, its thresholds, and what stands in their way."""
    calibration = fit.calibration
    click.echo(
        words.fitted.format(
            all=calibration.questions, answerable=fit.answerable, unanswerable=fit.unanswerable
        )
    )
    heads = [words.refused, words.wrongly_refused, words.found_share, words.precision]
    table = [["", "ECE", *heads]]
    for name, checked in ((words.before, fit.before), (words.left_out, fit.after)):
        row = [checked.calibration_error, checked.refused, checked.wrongly_refused]
        table.append([name, *map(_share, [*row, checked.found, checked.precision])])
    _print_table(table)
    if calibration.found is None:
        click.echo(words.found_unreached.format(found=settings.found))
    else:
        click.echo(words.found_from.format(found=calibration.found))
    click.echo(words.uncertain_from.format(uncertain=calibration.uncertain))
    for name in ("found", "uncertain"):
        if name in settings.model_fields_set:
            click.echo(words.set_wins.format(name=f"RAG_{name.upper()}"))
    click.echo(words.calibration_written.format(index=printable(settings.index)))


def print_reset(removed: bool, words: Texts) -> None:
    """Whether there was a calibration to take back."""
    click.echo(words.calibration_removed if removed else words.no_calibration)


def print_shortfalls(scores: Scores, words: Texts) -> None:
    """Every question that was not answered well, and how."""
    for outcome in scores.outcomes:
        for problem in _shortfalls(outcome, words):
            click.echo(f"{printable(outcome.case.question)}  {problem}")


def print_checks(checks: Sequence[Check], words: Texts) -> None:
    """A line a check: how it stands, what it is about, what was found, what to do."""
    level_width = max(map(cells, words.levels.values()))
    name_width = max(map(cells, words.checks.values()))
    for check in checks:
        level = pad(words.levels[check.level], level_width)
        name = pad(words.checks[check.name], name_width)
        step = f" → {check.next_step}" if check.next_step else ""
        click.echo(f"{level}  {name}  {check.what}{step}")


def _status(answer: Answer, words: Texts) -> str:
    status = {
        Status.FOUND: words.found,
        Status.UNCERTAIN: words.uncertain,
        Status.NOT_FOUND: words.not_found if answer.hits else words.nothing,
    }[answer.status]
    return words.confidence.format(status=status, percent=round(answer.confidence * 100))


def _change(change: Change, words: Texts) -> str:
    before, now = (_place(outcome, words) for outcome in (change.theirs, change.ours))
    return f"{printable(change.ours.case.question)}  {before} → {now}"


def _measure(name: str, words: Texts) -> str:
    names = {
        "highlighted": words.highlight,
        "refused": words.refused,
        "wrongly_refused": words.wrongly_refused,
    }
    return names.get(name, name)


def _place(outcome: Outcome, words: Texts) -> str:
    if not outcome.case.answerable:
        return words.statuses[outcome.status]
    if outcome.case.judged:
        ranks = ", ".join(map(str, outcome.document_ranks))
        return words.documents_at.format(ranks=ranks) if ranks else words.missed
    return words.rank.format(rank=outcome.rank) if outcome.rank else words.missed


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _print_table(table: Sequence[Sequence[str]]) -> None:
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    for fields in table:
        padded = (pad(text, width) for text, width in zip(fields, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _shortfalls(outcome: Outcome, words: Texts) -> list[str]:
    said = {
        "not_refused": words.not_refused,
        "refused": words.refused_though_answered,
        "missed": words.missed,
        "not_first": words.not_first,
        "not_highlighted": words.not_highlighted,
    }
    return [said[one].format(status=outcome.status, rank=outcome.rank) for one in outcome.problems]


def _print_listed(lines: Iterable[str], words: Texts) -> None:
    every = list(lines)
    for line in every[:_LISTED]:
        click.echo(line)
    if len(every) > _LISTED:
        click.echo(words.more.format(count=len(every) - _LISTED))


def _width() -> int:
    import shutil

    return max(shutil.get_terminal_size().columns, 20)


def print_feedback(said: Sequence[Feedback], words: Texts) -> None:
    """Every verdict: what was asked, the passage it is about, the remark."""
    for one in said:
        click.echo(f"{one.said_at}  {words.verdicts[one.verdict]}  {printable(one.question)}")
        click.echo(f"  {printable(one.label)}")
        if one.remark:
            click.echo(f"  「{printable(one.remark)}」")
