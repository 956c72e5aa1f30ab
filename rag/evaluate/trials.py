"""Files of questions, and one or two configurations → what each made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SettingRefused
from rag.evaluate.beir import Collection, load_collection
from rag.evaluate.cases import Case, load_cases
from rag.evaluate.corpus import indexed
from rag.evaluate.scores import Outcome, Scores, evaluate, score
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.store import Progress, store_of
from rag.types import Failure, Mode

Questions = Mapping[str, list[Case] | Collection]
"""By the name of their file or folder."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A configuration to compare with: another mode on the same index, or another index."""

    name: str
    mode: Mode | None
    index: Path | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What one configuration made of some files of questions."""

    name: str
    """As a person would name the configuration."""
    scores: dict[str, Scores]
    """By file; at least one."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Of all files together."""
        return tuple(outcome for scores in self.scores.values() for outcome in scores.outcomes)

    @property
    def total(self) -> Scores:
        """The scores of all files together."""
        return score(self.outcomes)


def load_questions(names: Iterable[str]) -> Questions:
    """The cases of files of JSON lines, and of folders in the form of BEIR.

    Raises:
        CasesError: one of them is missing or has a line that cannot be used.
    """
    return {
        name: load_collection(name) if Path(name).is_dir() else load_cases(name) for name in names
    }


def rival_of(name: str, questions: Questions) -> Rival:
    """The configuration that a person names: a mode, or the folder of an index.

    Raises:
        SettingRefused: it is neither, or an index for questions that bring their own documents.
    """
    if name in list(Mode):
        return Rival(name, Mode(name), None)
    if not Path(name).is_dir():
        raise SettingRefused(
            "--against",
            rule_zh=f"须是 {'、'.join(Mode)} 之一，或一个索引目录",
            rule_en=f"must be one of {', '.join(Mode)}, or the folder of an index",
            value=name,
        )
    if any(isinstance(asked, Collection) for asked in questions.values()):
        raise SettingRefused(
            "--against",
            rule_zh=f"问题自带文档时只能是 {'、'.join(Mode)} 之一",
            rule_en=f"must be one of {', '.join(Mode)} where questions bring their own documents",
            value=name,
        )
    return Rival(name, None, Path(name))


def run_trials(
    questions: Questions,
    settings: Settings,
    mode: Mode,
    *,
    docs: Path | None = None,
    rival: Rival | None = None,
    progress: Progress | None = None,
) -> tuple[Trial, Trial | None, tuple[Failure, ...]]:
    """Ask every question, of the rival too.

    Args:
        questions: of files, and of collections, which bring their own documents.
        settings: which index the files are asked on.
        mode: which legs answer.
        docs: in the place of the index, a folder of documents that is indexed for the time.
        rival: what to compare with.
        progress: told how far it is.

    Returns:
        The trial, the rival's, and the documents that could not be read.

    Raises:
        WenjuError: what indexing and searching raise.
    """
    ours: dict[str, Scores] = {}
    theirs: dict[str, Scores] = {}
    failed: list[Failure] = []
    with ExitStack() as opened:
        if docs:
            settings, failures = opened.enter_context(indexed(docs, settings, progress))
            failed += failures
        for name, asked in questions.items():
            with ExitStack() as own:
                here = settings
                if isinstance(asked, Collection):
                    here, failures = own.enter_context(indexed(asked, settings, progress))
                    failed += failures
                cases = asked.cases if isinstance(asked, Collection) else asked
                retriever = own.enter_context(Retriever(settings=here))
                ours[name] = evaluate(retriever, cases, mode=mode, progress=progress)
                if rival:
                    other = retriever
                    if rival.index:
                        other = own.enter_context(_opened(rival.index, settings))
                    theirs[name] = evaluate(
                        other, cases, mode=rival.mode or mode, progress=progress
                    )
    return Trial(str(mode), ours), Trial(rival.name, theirs) if rival else None, tuple(failed)


def _opened(index: Path, settings: Settings) -> Retriever:
    """Another index, with the model that it was built with."""
    there = settings.model_copy(update={"index": index})
    with store_of(there).open() as opened:
        model = opened.manifest.shape.model
    return Retriever(settings=there.model_copy(update={"model": model}))
