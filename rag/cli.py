"""The ``rag`` command: a thin shell over the functions of the same names.

Results go to stdout, everything else to stderr. Exit status: 0 all done; 1 done, but some input
failed or a check did not hold; 2 could not run; 130 interrupted. What is heavy is imported by the
command that needs it, so that help and search start quickly.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.errors import ReadError, SettingsError, WenjuError
from rag.settings import Settings, load_settings
from rag.terminal import printing, usage
from rag.terminal.progress import Progress
from rag.terminal.texts import Texts, texts
from rag.types import CitationStyle, Language, Mode

if TYPE_CHECKING:
    from rag.evaluate import Trial

OK, INCOMPLETE, CANNOT_RUN, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141

ACTIONS = ("list", "export")
"""What ``rag feedback`` does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    language = _language()
    words = texts(language)
    given = list(sys.argv[1:] if arguments is None else arguments)
    printing.prepare()
    try:
        with command_line(words).make_context("rag", given or ["--help"]) as context:
            status: int = context.command.invoke(context)
        sys.stdout.flush()
        return status
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        printing.say(usage.describe(error, words))
    except WenjuError as error:
        printing.say(error.describe(language))
    except KeyboardInterrupt:
        printing.say(words.interrupted)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read the output has enough; nothing must be left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:  # a defect: shown whole, and never mistaken for exit status 1
        traceback.print_exc()
        printing.say(words.unexpected.format(kind=type(error).__name__))
    return CANNOT_RUN


def command_line(words: Texts) -> click.Group:
    """The command with its subcommands, its texts in one language."""
    whole = usage.whole(words)
    index = _option("--index", metavar="DIR", help=words.index)
    docs = _option("--docs", metavar="DIR", help=words.docs)
    own_docs = _option("--docs", metavar="DIR", help=words.own_docs)
    as_json = _option("--json", "as_json", is_flag=True, help=words.json)
    mode = _option(
        "--mode",
        metavar="MODE",
        default=Mode.HYBRID.value,
        callback=usage.one_of(words, list(Mode)),
        help=words.mode,
    )
    group = usage.Group(words, words.about, name="rag", subcommand_metavar=words.command_metavar)

    def add(
        run: Callable[..., int], summary: str, *params: click.Parameter, more: str = ""
    ) -> None:
        name = run.__name__.removeprefix("_")
        group.add_command(
            usage.Command(words, summary, more, name=name, callback=run, params=list(params))
        )

    add(
        _build,
        words.build,
        click.Argument(["docs"], required=False, metavar="[DOCS]"),
        _option("--gate", "gates", metavar="FILE", multiple=True, help=words.gate),
        index,
        as_json,
        more=words.build_more,
    )
    add(
        _search,
        words.search,
        click.Argument(["question"], metavar=words.question, callback=usage.text(words)),
        _option("-k", metavar="N", callback=whole, help=words.k),
        mode,
        _option("--source", "sources", metavar="GLOB", multiple=True, help=words.source),
        _option("--where", metavar="NAME=VALUE", multiple=True, help=words.where),
        _option(
            "--cite",
            metavar="STYLE",
            callback=usage.one_of(words, list(CitationStyle)),
            help=words.cite,
        ),
        docs,
        index,
        as_json,
        more=words.search_more,
    )
    add(
        _chat,
        words.chat,
        _option("--host", metavar="HOST", help=words.host),
        _option("--port", metavar="PORT", callback=whole, help=words.port),
        docs,
        index,
    )
    add(
        _watch,
        words.watch,
        click.Argument(["docs"], required=False, metavar="[DOCS]"),
        index,
        as_json,
        more=words.watch_more,
    )
    add(_status, words.status, docs, index, as_json)
    add(_history, words.history, index, as_json, more=words.history_more)
    add(
        _diff,
        words.diff,
        click.Argument(["a"], required=False, metavar="[A]"),
        click.Argument(["b"], required=False, metavar="[B]"),
        _option("-v", "--verbose", is_flag=True, help=words.passages_too),
        index,
        as_json,
        more=words.diff_more,
    )
    add(
        _rollback,
        words.rollback,
        click.Argument(["number"], required=False, metavar="[N]"),
        index,
        as_json,
        more=words.rollback_more,
    )
    add(
        _verify,
        words.verify,
        click.Argument(["answer"], required=False, metavar=words.answer),
        docs,
        index,
        as_json,
        more=words.verify_more,
    )
    add(
        _eval,
        words.eval,
        click.Argument(["files"], nargs=-1, required=True, metavar=words.file),
        own_docs,
        mode,
        _option("--against", metavar="MODE|DIR", help=words.against),
        _option("--html", metavar="FILE", help=words.html),
        _option("-v", "--verbose", is_flag=True, help=words.verbose),
        index,
        as_json,
        more=words.eval_more,
    )
    add(
        _calibrate,
        words.calibrate,
        click.Argument(["files"], nargs=-1, metavar=words.file),
        own_docs,
        _option("--reset", is_flag=True, help=words.reset),
        index,
        as_json,
        more=words.calibrate_more,
    )
    add(
        _feedback,
        words.feedback,
        click.Argument(
            ["action"], default="list", metavar="[export]", callback=usage.one_of(words, ACTIONS)
        ),
        as_json,
        more=words.feedback_more,
    )
    add(_doctor, words.doctor, docs, index, as_json)
    return group


def _build(docs: str | None, gates: tuple[str, ...], index: str | None, as_json: bool) -> int:
    from rag.build import build
    from rag.evaluate import Gate, load_cases

    # records of documents live as long as the command: to look among them for cycles, again and
    # again, takes a tenth of the time
    gc.set_threshold(100_000)
    settings = load_settings(docs=docs, index=index)
    words = texts(settings.lang)
    cases = [case for file in gates for case in load_cases(file)]
    with _told_if_late(settings, words), Progress(words) as progress:
        gate = Gate(cases, settings, progress) if cases else None
        report = build(settings=settings, progress=progress, approve=gate)
    verdict = gate.verdict if gate else None
    refused = verdict is not None and not verdict.passed
    if as_json:
        body = asdict(report)
        printing.print_json(body | {"gate": asdict(verdict)} if verdict else body)
    else:
        if verdict:
            printing.print_gate(verdict, words)
        if not refused:
            printing.print_build(report, words)
    printing.say_failures(report.failed, words)
    return INCOMPLETE if report.failed or refused else OK


@contextmanager
def _told_if_late(settings: Settings, words: Texts) -> Iterator[None]:
    """Where Ctrl-C came after a generation had gone live, say so: the index is not as it was."""
    from rag.store import store_of

    store = store_of(settings)
    before = store.live()
    try:
        yield
    except KeyboardInterrupt:
        now = store.live()
        if now is None or now == before:
            raise
        printing.say(words.interrupted_late.format(generation=int(now)))
        raise click.exceptions.Exit(INTERRUPTED) from None


def _search(
    question: str,
    k: int | None,
    mode: str,
    sources: tuple[str, ...],
    where: tuple[str, ...],
    cite: str | None,
    docs: str | None,
    index: str | None,
    as_json: bool,
) -> int:
    from rag.retrieve import Retriever

    settings = load_settings(docs=docs, index=index, k=k)
    words = texts(settings.lang)
    if cite and as_json:
        raise click.UsageError(words.cite_or_json, click.get_current_context())
    with Retriever(settings=settings) as retriever:
        answer = retriever.retrieve(question, mode=mode, sources=sources, where=where)
    if as_json:
        printing.print_json(answer)
    elif cite:
        printing.print_references(answer, CitationStyle(cite), words)
    else:
        printing.print_answer(answer, words)
    return OK


def _chat(host: str | None, port: int | None, docs: str | None, index: str | None) -> int:
    from rag.web import launch

    launch(load_settings(host=host, port=port, docs=docs, index=index))
    return OK


def _watch(docs: str | None, index: str | None, as_json: bool) -> int:
    from rag.store import docs_of
    from rag.watch import watch

    settings = load_settings(docs=docs, index=index)
    words = texts(settings.lang)
    printing.print_watching(docs_of(settings), settings.index, words)
    try:
        for seen in watch(settings, showing=lambda: Progress(words)):
            if isinstance(seen, WenjuError):
                printing.say(seen.describe(settings.lang))
                continue
            if as_json:
                printing.print_json(seen)
            else:
                printing.print_seen(seen, words)
            printing.say_failures(seen.failed, words)
    except KeyboardInterrupt:  # how watching ends
        printing.say(words.watched)
    return OK


def _status(docs: str | None, index: str | None, as_json: bool) -> int:
    from rag.status import behind, status

    settings = load_settings(docs=docs, index=index)
    state = status(settings)
    try:
        waiting = behind(settings, state.documents)
    except ReadError as error:
        waiting = None
        printing.say(error.describe(settings.lang))
    if as_json:
        printing.print_json(asdict(state) | {"behind": waiting and asdict(waiting)})
    else:
        printing.print_status(state, waiting, texts(settings.lang))
    return OK if waiting else INCOMPLETE


def _history(index: str | None, as_json: bool) -> int:
    from rag.history import history

    settings = load_settings(index=index)
    generations = history(settings)
    if as_json:
        printing.print_json({"generations": [asdict(one) for one in generations]})
    else:
        printing.print_history(generations, texts(settings.lang))
    return INCOMPLETE if any(one.damaged for one in generations) else OK


def _diff(a: str | None, b: str | None, verbose: bool, index: str | None, as_json: bool) -> int:
    from rag.history import diff

    settings = load_settings(index=index)
    found = diff(settings, a, b)
    if as_json:
        printing.print_json(found)
    else:
        printing.print_diff(found, texts(settings.lang), whole=verbose)
    return OK


def _rollback(number: str | None, index: str | None, as_json: bool) -> int:
    from rag.history import rollback

    settings = load_settings(index=index)
    words = texts(settings.lang)
    with _told_if_late(settings, words):
        done = rollback(settings, number)
    if as_json:
        printing.print_json(done)
    else:
        printing.print_rollback(done, words)
    return OK


def _verify(answer: str | None, docs: str | None, index: str | None, as_json: bool) -> int:
    from rag.verify import verify

    settings = load_settings(docs=docs, index=index)
    if answer is not None:
        return _verify_saved(answer, settings, as_json)
    report = verify(language=settings.lang, settings=settings)
    if as_json:
        printing.print_json(report)
    else:
        printing.print_verify(report, texts(settings.lang))
    return INCOMPLETE if report.problems else OK


def _verify_saved(answer: str, settings: Settings, as_json: bool) -> int:
    from rag.saved import verify_saved
    from rag.store import docs_of

    report = verify_saved(answer, docs_of(settings), language=settings.lang)
    if as_json:
        printing.print_json(report)
    else:
        printing.print_saved(report, texts(settings.lang))
    return OK if report.proven == len(report.proofs) else INCOMPLETE


def _eval(
    files: tuple[str, ...],
    docs: str | None,
    mode: str,
    against: str | None,
    html: str | None,
    verbose: bool,
    index: str | None,
    as_json: bool,
) -> int:
    from rag.evaluate import compare, intervals, load_questions, rival_of, run_trials
    from rag.web import write_report

    settings = load_settings(index=index)
    words = texts(settings.lang)
    questions = load_questions(files)
    rival = rival_of(against, questions) if against else None
    with Progress(words) as progress:
        ours, theirs, failed = run_trials(
            questions,
            settings,
            Mode(mode),
            docs=Path(docs) if docs else None,
            rival=rival,
            progress=progress,
        )
    versus = compare(ours.outcomes, theirs.outcomes) if theirs else None
    if html:
        facts = {"mode": mode, "index": docs or str(settings.index), "model": settings.model}
        write_report(Path(html), ours, theirs, facts, settings.lang)
    if as_json:
        body = {"mode": mode} | _by_file(ours) | {"intervals": intervals(ours.outcomes)}
        if theirs and versus:
            body |= {"against": {"name": theirs.name} | _by_file(theirs) | asdict(versus)}
        printing.print_json(body)
    else:
        printing.print_trials([ours, theirs] if theirs else [ours], words)
        if theirs and versus:
            printing.print_comparison(versus, theirs.name, words, whole=verbose)
        if verbose:
            printing.print_shortfalls(ours.total, words)
    printing.say_failures(failed, words)
    return INCOMPLETE if failed else OK


def _calibrate(
    files: tuple[str, ...], docs: str | None, reset: bool, index: str | None, as_json: bool
) -> int:
    from rag.evaluate import calibrate, load_cases
    from rag.retrieve import remove_calibration, write_calibration

    settings = load_settings(index=index)
    words = texts(settings.lang)
    if reset == bool(files):
        problem = words.files_or_reset
        raise click.UsageError(problem, click.get_current_context())
    if reset:
        removed = remove_calibration(settings.index)
        if as_json:
            printing.print_json({"removed": removed})
        else:
            printing.print_reset(removed, words)
        return OK
    cases = [case for file in files for case in load_cases(file)]
    with Progress(words) as progress:
        fit, failed = calibrate(
            cases, settings, docs=Path(docs) if docs else None, progress=progress
        )
    write_calibration(settings.index, fit.calibration)
    if as_json:
        printing.print_json(fit)
    else:
        printing.print_fit(fit, settings, words)
    printing.say_failures(failed, words)
    return INCOMPLETE if failed else OK


def _feedback(action: str, as_json: bool) -> int:
    from rag.feedback import cases, kept

    settings = load_settings()
    words = texts(settings.lang)
    said = kept(settings.feedback)
    if action == "export":
        lines = list(cases(said))
        for line in lines:
            printing.print_json(line)
        printing.say(words.exported.format(cases=len(lines), verdicts=len(said)))
    elif as_json:
        printing.print_json({"feedback": [asdict(one) for one in said]})
    else:
        printing.print_feedback(said, words)
    return OK


def _by_file(trial: Trial) -> dict[str, Any]:
    """A trial as a record: all files together, then each with its outcomes."""
    summary = replace(trial.total, outcomes=())
    files = {file: asdict(scores) for file, scores in trial.scores.items()}
    return {"all": asdict(summary), "files": files}


def _doctor(docs: str | None, index: str | None, as_json: bool) -> int:
    from rag.doctor import Level, examine

    language = _language()
    checks = examine(docs=docs, index=index, language=language)
    if as_json:
        printing.print_json({"checks": [asdict(check) for check in checks]})
    else:
        printing.print_checks(checks, texts(language))
    return INCOMPLETE if any(check.level is Level.BAD for check in checks) else OK


def _option(*names: str, **keywords: Any) -> click.Option:
    return click.Option(names, **keywords)


def _language() -> Language:
    """The language of the settings; broken settings must not keep help and doctor from speaking."""
    try:
        return load_settings().lang
    except SettingsError:
        return Language.EN if os.environ.get("RAG_LANG") == Language.EN else Language.ZH
