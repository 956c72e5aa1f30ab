"""The generations of an index: what each brought, how two differ, going back to one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from rag.encode import load_encoder
from rag.errors import GenerationMissing, IndexProblem, ModelMismatch, NothingEarlier
from rag.settings import Settings
from rag.store import (
    DocumentRecord,
    Index,
    Manifest,
    Store,
    store_of,
)
from rag.types import Chunk


class Kind(StrEnum):
    """What became of a document or a passage."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"
    """A document under another name, to the byte."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation that is kept."""

    generation: str
    live: bool
    damaged: str | None
    """What is wrong with it, in one line; then all the following are empty."""
    created: str = ""
    """UTC, ISO 8601."""
    restored_from: str | None = None
    """The generation that it is again, after a rollback."""
    model: str = ""
    documents: int = 0
    passages: int = 0
    bytes: int = 0
    """Of its parts; generations may share parts on disk."""
    changes: dict[Kind, int] | None = None
    """Documents by what became of them since the generation before it; None for the first that
    is kept."""


@dataclass(frozen=True, slots=True)
class PassageChange:
    """A passage that one of two generations has and the other has not, or has in other words."""

    kind: Kind
    before: str | None
    """Its text then; None of an added one."""
    after: str | None
    """Its text now; None of a removed one."""
    chunk_id: str
    """Where it stands now; of a removed one, where it stood."""


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document that two generations have not alike."""

    kind: Kind
    source: str
    """Its name now; of a removed one, its name then."""
    was: str | None
    """The former name of a renamed one."""
    passages: tuple[PassageChange, ...]
    """In order of place; none of a renamed one."""


@dataclass(frozen=True, slots=True)
class Diff:
    """How two generations differ."""

    before: str
    after: str
    documents: tuple[DocumentChange, ...]
    """Sorted by source."""
    passages: dict[Kind, int]
    """Passages added, removed and changed."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """What going back did."""

    generation: str
    """The live generation now."""
    restored: str
    """The generation that it is again."""
    was: str
    """The live generation before."""
    documents: int
    passages: int
    changes: dict[Kind, int]
    """Documents by what became of them."""
    took_ms: float


def history(settings: Settings) -> tuple[Generation, ...]:
    """The generations that are kept, oldest first; the live one is the last.

    Raises:
        IndexProblem: there is no index, or it does not say which generation is live.
    """
    store = store_of(settings)
    names = store.published()
    told: list[Generation] = []
    before: Manifest | None = None
    for name in names:
        live = name == names[-1]
        try:
            described = store.manifest(name)
        except IndexProblem as error:
            told.append(Generation(name, live, error.what(settings.lang)))
            before = None
            continue
        told.append(
            Generation(
                generation=name,
                live=live,
                damaged=None,
                created=described.created,
                restored_from=described.restored_from,
                model=described.shape.model,
                documents=len(described.documents),
                passages=described.passages,
                bytes=sum(part.bytes for part in described.parts.values()),
                changes=_counted(_documents(before, described)) if before else None,
            )
        )
        before = described
    return tuple(told)


def diff(settings: Settings, before: str | None = None, after: str | None = None) -> Diff:
    """How the documents and passages of two generations differ.

    Passages are aligned document by document, by their text: a sentence put in at the top moves
    all that follow and changes none of them.

    Args:
        settings: which index.
        before: a generation by its number; by default the one before ``after``.
        after: the other; by default the live one.

    Raises:
        GenerationMissing, NothingEarlier: one of them is not kept.
        IndexProblem: one of them cannot be read.
    """
    store = store_of(settings)
    names = store.published()
    new = _named(settings, names, after) if after else names[-1]
    old = _named(settings, names, before) if before else _earlier(settings, store, names, new)
    changes = []
    with store.open(old) as a, store.open(new) as b:
        for kind, was, source in _documents(a.manifest, b.manifest):
            passages = tuple(_passages(a, b, kind, source)) if was is None else ()
            if kind is not Kind.CHANGED or passages or _altered(a, b, source):
                changes.append(DocumentChange(kind, source, was, passages))
    found = [passage.kind for change in changes for passage in change.passages]
    kinds = (Kind.ADDED, Kind.REMOVED, Kind.CHANGED)
    return Diff(old, new, tuple(changes), {kind: found.count(kind) for kind in kinds})


def rollback(settings: Settings, to: str | None = None) -> Rollback:
    """Publish an old generation anew; readers move on to it as after a build.

    Args:
        settings: which index, and how many generations are kept.
        to: the generation by its number; by default the one before the live one. Where that is
            itself the outcome of a rollback, the one before the generation it went back to: so
            going back twice goes back two steps.

    Raises:
        GenerationMissing, NothingEarlier: it is not kept.
        ModelMismatch: it was built with another model than the one that is set.
        IndexProblem: it is damaged, or the index cannot be written; the live one stays.
    """
    started = time.perf_counter()
    store = store_of(settings)
    store.published()  # where there is no index, no lock is left either
    with store.locked():
        names = store.published()
        store.clean(keep=len(names))  # what a dead process left, and no generation
        live = names[-1]
        chosen = _named(settings, names, to) if to else _earlier(settings, store, names, live)
        described = store.manifest(chosen)
        _check_model(settings, described)
        before = _described(store, live)
        restored = store.restore(chosen) if chosen != live else described
        store.clean(settings.keep_generations)
    return Rollback(
        generation=restored.generation,
        restored=restored.restored_from or chosen,
        was=live,
        documents=len(restored.documents),
        passages=restored.passages,
        changes=_counted(_documents(before, restored)) if before else {},
        took_ms=(time.perf_counter() - started) * 1000,
    )


def _named(settings: Settings, names: Sequence[str], wanted: str) -> str:
    """The generation that a person names: ``3`` is ``000003``."""
    for name in names:
        if wanted.isdecimal() and int(name) == int(wanted):
            return name
    kept = ", ".join(str(int(name)) for name in names)
    raise GenerationMissing(settings.index, name=wanted, kept=kept)


def _earlier(settings: Settings, store: Store, names: Sequence[str], name: str) -> str:
    """The generation before ``name``, or before the one that it is again."""
    described = _described(store, name)
    stands_for = described.restored_from if described else None
    earlier = [one for one in names if int(one) < int(stands_for or name)]
    if not earlier:
        raise NothingEarlier(settings.index, name=int(name))
    return earlier[-1]


def _described(store: Store, name: str) -> Manifest | None:
    """The manifest of a generation, whatever became of its parts; None where it is damaged."""
    try:
        return store.manifest(name)
    except IndexProblem:
        return None


def _check_model(settings: Settings, described: Manifest) -> None:
    encoder, shape = load_encoder(settings.model), described.shape
    if encoder.fingerprint != shape.fingerprint:
        raise ModelMismatch(
            f"{settings.index} {described.generation}",
            indexed=f"{shape.model} ({shape.fingerprint})",
            wanted=f"{encoder.name} ({encoder.fingerprint})",
            wanted_name=encoder.name,
        )


def _documents(before: Manifest, after: Manifest) -> Iterator[tuple[Kind, str | None, str]]:
    """``(kind, former name, source)`` of what may differ, sorted by source.

    Where the rules of reading changed, every document that stayed is looked at.
    """
    old, new = _by_source(before), _by_source(after)
    gone: dict[str, list[str]] = {}
    for source, record in old.items():
        if source not in new:
            gone.setdefault(record.sha256, []).append(source)
    same_rules = _rules(before) == _rules(after)
    found: list[tuple[Kind, str | None, str]] = []
    for source, record in new.items():
        if source not in old:
            was = gone.get(record.sha256)
            if was and same_rules:
                found.append((Kind.RENAMED, was.pop(0), source))
            else:
                found.append((Kind.ADDED, None, source))
        elif record.made_of != old[source].made_of or not same_rules:
            found.append((Kind.CHANGED, None, source))
    found += [(Kind.REMOVED, None, source) for sources in gone.values() for source in sources]
    yield from sorted(found, key=lambda one: one[2])


def _counted(changes: Iterator[tuple[Kind, str | None, str]]) -> dict[Kind, int]:
    kinds = [kind for kind, _, _ in changes]
    return {kind: kinds.count(kind) for kind in Kind}


def _passages(before: Index, after: Index, kind: Kind, source: str) -> Iterator[PassageChange]:
    old = before.chunks_of(source) if kind is not Kind.ADDED else []
    new = after.chunks_of(source) if kind is not Kind.REMOVED else []
    texts = [chunk.text for chunk in old], [chunk.text for chunk in new]
    for step, i, j, k, m in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if step != "equal":
            yield from _paired(old[i:j], new[k:m])


def _paired(old: Sequence[Chunk], new: Sequence[Chunk]) -> Iterator[PassageChange]:
    """Passages between two that both generations have: changed as far as there are pairs."""
    for was, now in zip(old, new, strict=False):
        yield PassageChange(Kind.CHANGED, was.text, now.text, now.chunk_id)
    for was in old[len(new) :]:
        yield PassageChange(Kind.REMOVED, was.text, None, was.chunk_id)
    for now in new[len(old) :]:
        yield PassageChange(Kind.ADDED, None, now.text, now.chunk_id)


def _altered(before: Index, after: Index, source: str) -> bool:
    return before.document(source).made_of != after.document(source).made_of


def _by_source(manifest: Manifest) -> dict[str, DocumentRecord]:
    return {record.source: record for record in manifest.documents}


def _rules(manifest: Manifest) -> tuple[int, str]:
    return manifest.shape.chunk_chars, manifest.shape.reading
