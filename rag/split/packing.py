"""Sentences → passages of about the wanted length, never across articles or sections."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from math import inf

from rag.read import (
    Heading,
    boxes_of,
    heading,
    heading_of,
    line_starts,
    named,
    photographer,
    place_of,
)
from rag.split.sentences import clauses, sentences
from rag.types import Article, Block, BlockKind, Chunk, Document, Metadata, Span

_SENTENCE_MAX = 1.6  # of the wanted length: up to this a sentence stays whole
_CHUNK_MAX = 1.6
_UNNUMBERED = 20  # the level of a heading without marks
_ABOVE_ALL = -1  # the level of a kicker
_TINY = 12  # characters; shorter sentences go with the next
_HEADER = {
    BlockKind.KICKER,
    BlockKind.HEADLINE,
    BlockKind.SUBHEADLINE,
    BlockKind.HEADING,
    BlockKind.BYLINE,
}
# What it costs to end a passage there, beside what its length costs.
_AT_PARAGRAPH, _AT_SENTENCE, _IN_ITEM, _IN_SENTENCE = 0.0, 0.06, 0.3, 0.6
_AFTER_LEAD = 0.6


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never cut: a sentence, or a piece of one that is too long."""

    block: Block
    offsets: Sequence[int]
    """Where in the block's text each of its spans begins; one list for all atoms of a block."""
    sentences: tuple[Span, ...]
    """Slices of the block's text."""
    cost: float
    """Of ending a passage after this one."""

    @property
    def start(self) -> int:
        return self.sentences[0][0]

    @property
    def end(self) -> int:
        return self.sentences[-1][1]


def split(document: Document, chunk_chars: int = 250) -> list[Chunk]:
    """The passages of a document, in the order of their first character in the file.

    Every block that is no headline, heading or byline is in passages as a whole; an article that
    has no other blocks is a passage of its own. The law of citations holds for each.

    Args:
        document: what reading made of a file.
        chunk_chars: the aimed-at length; a passage has at most 1.6 times as many characters.
    """
    starts = line_starts(document.text)
    chunks = [
        _chunk(document, article, section, atoms, starts)
        for article in document.articles
        for section, run in _runs(article)
        for atoms in _packed(_atoms(run, chunk_chars), chunk_chars)
    ]
    return sorted(chunks, key=lambda chunk: chunk.spans[0])


def _runs(article: Article) -> Iterator[tuple[str | None, list[Block]]]:
    """The blocks that may share a passage, with the section they stand in."""
    if all(block.kind in _HEADER for block in article.blocks):
        yield None, list(article.blocks)
        return
    kickers = [heading(each.text).title for each in article.blocks if each.kind is BlockKind.KICKER]
    path = [(_ABOVE_ALL, " ".join(kickers))] if kickers else []
    run: list[Block] = []
    fresh = False  # the last block was a heading, whose second line may follow
    for index, block in enumerate(article.blocks):
        if block.kind is BlockKind.HEADING:
            yield from _run(path, run)
            run = []
            path = _deeper(path, _levelled(article.blocks, index), fresh)
        elif block.kind is BlockKind.CAPTION:
            yield from _run(path, [block])
        elif block.kind not in _HEADER:
            run.append(block)
        fresh = block.kind is BlockKind.HEADING
    yield from _run(path, run)


def _run(
    path: Sequence[tuple[int, str]], run: list[Block]
) -> Iterator[tuple[str | None, list[Block]]]:
    if run:
        yield " › ".join(title for _, title in path) or None, run


def _levelled(blocks: Sequence[Block], index: int) -> Heading:
    """A heading, above the numbered ones that begin anew right below it."""
    found = heading_of(blocks[index])
    after = blocks[index + 1] if index + 1 < len(blocks) else None
    if found.level == _UNNUMBERED and after is not None and after.kind is BlockKind.HEADING:
        below = heading_of(after).level
        return Heading(below - 1, found.title) if below < _UNNUMBERED else found
    return found


def _deeper(path: list[tuple[int, str]], found: Heading, fresh: bool) -> list[tuple[int, str]]:
    """The path of headings after one more: it ends those of its own depth and below."""
    if not found.title:
        return path
    if fresh and path and path[-1][0] == found.level:
        return [*path[:-1], (found.level, f"{path[-1][1]} {found.title}")]
    return [*(each for each in path if each[0] < found.level), (found.level, found.title)]


def _atoms(run: Sequence[Block], chunk_chars: int) -> list[_Atom]:
    limit = int(chunk_chars * _SENTENCE_MAX)
    atoms: list[_Atom] = []
    listed = False
    for block in run:
        if atoms and _belongs_to_item(block, atoms[-1].block):
            atoms[-1] = replace(atoms[-1], cost=_IN_ITEM)
        elif atoms and _leads(atoms[-1].block, block, behind_item=listed):
            atoms[-1] = replace(atoms[-1], cost=_AFTER_LEAD)
        listed = listed or block.kind is BlockKind.LIST_ITEM
        inside = _IN_ITEM if block.kind is BlockKind.LIST_ITEM else _AT_SENTENCE
        offsets = list(accumulate((end - start for start, end in block.spans), initial=0))
        waiting: list[Span] = []
        for start, end in sentences(block.text):
            pieces = list(clauses(block.text, start, end, limit))
            for piece in pieces:
                if waiting and piece[1] - waiting[0][0] > limit:  # white space without end
                    atoms.append(_Atom(block, offsets, tuple(waiting), inside))
                    waiting = []
                waiting.append(piece)
                cost = inside if piece is pieces[-1] else _IN_SENTENCE
                if waiting[-1][1] - waiting[0][0] >= _TINY:
                    atoms.append(_Atom(block, offsets, tuple(waiting), cost))
                    waiting = []
        if waiting:
            atoms.append(_Atom(block, offsets, tuple(waiting), inside))
        atoms[-1] = replace(atoms[-1], cost=_AT_PARAGRAPH)
    return atoms


def _belongs_to_item(block: Block, before: Block) -> bool:
    """Whether a paragraph says more about the list item above it, which is no sentence."""
    return (
        block.kind is BlockKind.PARAGRAPH
        and before.kind is BlockKind.LIST_ITEM
        and before.text[-1] not in "。！？!?；;."
    )


def _leads(above: Block, block: Block, *, behind_item: bool) -> bool:
    """Whether a list begins with ``block``, and the paragraph ``above`` leads up to it.

    Behind an earlier item a paragraph says more about that one, unless it ends in a colon.
    """
    if block.kind is not BlockKind.LIST_ITEM or above.kind is not BlockKind.PARAGRAPH:
        return False
    return not behind_item or above.text[-1] in "：:"


def _packed(atoms: Sequence[_Atom], chunk_chars: int) -> Iterator[Sequence[_Atom]]:
    """The cheapest way to cut a run: passages near the wanted length, ends where text ends."""
    sizes = list(accumulate((atom.end - atom.start for atom in atoms), initial=0))
    longest = chunk_chars * _CHUNK_MAX
    best = [0.0]
    cut = [0]
    for stop in range(1, len(atoms) + 1):
        cheapest, place = inf, stop - 1
        for start in range(stop - 1, -1, -1):
            size = sizes[stop] - sizes[start]
            if size > longest and start < stop - 1:
                break
            off = size / chunk_chars - 1
            cost = best[start] + off * off * (2 if off < 0 else 1)
            if cost < cheapest:
                cheapest, place = cost, start
        best.append(cheapest + atoms[stop - 1].cost)
        cut.append(place)
    stops = []
    stop = len(atoms)
    while stop:
        stops.append(stop)
        stop = cut[stop]
    for stop in reversed(stops):
        yield atoms[cut[stop] : stop]


def _chunk(
    document: Document,
    article: Article,
    section: str | None,
    atoms: Sequence[_Atom],
    starts: Sequence[int],
) -> Chunk:
    parts: list[str] = []
    spans: list[Span] = []
    marks: list[Span] = []
    size = 0
    for index, run in enumerate(_by_block(atoms)):
        block, start, end = run[0].block, run[0].start, run[-1].end
        inner = [sentence for atom in run for sentence in atom.sentences]
        size += index > 0
        marks.extend((size + first - start, size + last - start) for first, last in inner)
        parts.append(block.text[start:end])
        size += end - start
        spans.extend(_places(block, run[0].offsets, start, end))
    page, page_end, first, last = place_of(starts, document.pages, spans)
    return Chunk(
        chunk_id=f"{document.source}@{spans[0][0]}",
        source=document.source,
        kind=atoms[0].block.kind,
        text="\n".join(parts),
        spans=tuple(spans),
        sentences=tuple(marks),
        line_start=first,
        line_end=last,
        title=_title(article),
        section=section,
        byline=article.byline,
        date=article.date,
        page=page,
        page_end=page_end,
        boxes=boxes_of(document.pages, spans),
        metadata=replace(
            _metadata(article, atoms, "\n".join(parts)),
            recognised=_recognised(document, page, page_end),
        ),
    )


def _metadata(article: Article, atoms: Sequence[_Atom], text: str) -> Metadata:
    """What is known of a passage: what is of its article, and what its own words name."""
    found = named(text)
    taken = photographer(text) if atoms[0].block.kind is BlockKind.CAPTION else None
    return replace(
        article.metadata,
        photographer=taken or article.metadata.photographer,
        places=found.places,
        organisations=found.organisations,
        people=found.people,
        doubtful=any(atom.block.doubtful for atom in atoms),
    )


def _recognised(document: Document, first: int | None, last: int | None) -> float | None:
    """How sure the engine is that read these pages, of the page that it is the least sure of."""
    if first is None or last is None:
        return None
    pages = (page for page in document.pages if first <= page.number <= last)
    return min((page.recognised for page in pages if page.recognised is not None), default=None)


def _title(article: Article) -> str | None:
    if article.title and article.subtitle:
        between = "" if article.subtitle[0] in "—-－" else " "
        return article.title + between + article.subtitle
    return article.title


def _by_block(atoms: Sequence[_Atom]) -> Iterator[list[_Atom]]:
    """The atoms of each block that a passage quotes."""
    for _, run in groupby(atoms, key=lambda atom: id(atom.block)):
        yield list(run)


def _places(block: Block, offsets: Sequence[int], start: int, end: int) -> Iterator[Span]:
    """The slices of the file under a slice of a block's text."""
    index = bisect_right(offsets, start) - 1
    while start < end:
        first = block.spans[index][0]
        stop = min(end, offsets[index + 1])
        yield first + start - offsets[index], first + stop - offsets[index]
        start = stop
        index += 1
