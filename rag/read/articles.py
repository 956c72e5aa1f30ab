"""Blocks → articles: which headings begin an article, and which only a section.

A unit is a run of headings with the text below it. An article is signed once: a unit that opens
with a signature of its own (本报讯, a byline or a sub-headline under its headline), or that ends
with one when the article before it is signed already, begins an article. So does one below the
title of a column (社论, 简讯), or below a notice that the article above goes on elsewhere. Of any
other unit its words decide whether it is a section of the article before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.read import shapes
from rag.read.boundaries import LEAST, Part, Words, begins_article
from rag.read.imprint import is_masthead
from rag.types import Article, Block, BlockKind

_HEADER = {BlockKind.HEADING, BlockKind.SUBHEADLINE}


@dataclass(slots=True)
class _Unit:
    header: list[Block] = field(default_factory=list)
    body: list[Block] = field(default_factory=list)

    @property
    def opens_signed(self) -> bool:
        kinds = [block.kind for block in self.header]
        if BlockKind.SUBHEADLINE in kinds or any(map(_is_signature, self.header)):
            return True
        text = self.first_text
        return shapes.has_dateline(text) or shapes.lead_byline(text) is not None

    @property
    def ends_signed(self) -> bool:
        return any(
            _is_signature(block)
            or (block.kind is BlockKind.PARAGRAPH and shapes.tail_byline(block.text) is not None)
            for block in self.body
        )

    @property
    def first_text(self) -> str:
        return next((b.text for b in self.body if b.kind is BlockKind.PARAGRAPH), "")

    @property
    def begins(self) -> bool:
        """Whether it is an article whatever stands above."""
        columns = any(shapes.is_column_title(block.text) for block in self.header)
        return self.opens_signed or self.is_pictures or not self.body or columns

    @property
    def goes_on(self) -> bool:
        """Whether its end is on another page."""
        return self.body[-1:] != [] and shapes.is_notice(self.body[-1].text)

    @property
    def is_of_newspaper(self) -> bool:
        return (
            self.opens_signed
            or self.ends_signed
            or any(b.kind is BlockKind.CAPTION or shapes.is_masthead(b.text) for b in self.blocks)
        )

    @property
    def blocks(self) -> list[Block]:
        return [*self.header, *self.body]

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.body)

    @property
    def is_pictures(self) -> bool:
        return bool(self.body) and all(block.kind is BlockKind.CAPTION for block in self.body)


def articles(blocks: Sequence[Block]) -> tuple[Article, ...]:
    """The articles of a document, in reading order; every block is in exactly one of them."""
    units = list(_units(blocks))
    parts = [_part(unit, before) for before, unit in zip([None, *units], units, strict=False)]
    spaces = [part.space for part in parts[1:] if part is not None] or [0]
    in_newspaper = any(unit.is_of_newspaper for unit in units)
    groups: list[list[_Unit]] = []
    words = Words()
    signed = False
    for place, (unit, part) in enumerate(zip(units, parts, strict=True)):
        own = not groups or unit.begins or (unit.ends_signed and signed)
        own = own or groups[-1][-1].goes_on or _begins_part(unit, groups[-1])
        if not own and part is not None and not _is_below(unit, groups[-1]):
            above = parts[place - 1] if len(groups[-1]) > 1 else None
            beside = [each.title for each in (above, *parts[place + 1 : place + 2]) if each]
            own = begins_article(part, words, beside, spaces, in_newspaper=in_newspaper)
        if own:
            groups.append([])
            words = Words()
            signed = unit.opens_signed
        groups[-1].append(unit)
        words.add(unit.text)
        signed = signed or unit.ends_signed
    made = [article for group in groups for article in _article(group)]
    return tuple(made)


def _part(unit: _Unit, before: _Unit | None) -> Part | None:
    """A unit as one that may be a section or an article: under a heading, unsigned."""
    top = _top(unit)
    if top is None or unit.begins:
        return None
    found = shapes.heading(top.text)
    numbered = any(shapes.is_numbered(shapes.heading(block.text).title) for block in unit.header)
    if not found.title or numbered or len(unit.text) < LEAST:
        return None
    start = unit.header[0].spans[0][0]
    end = max(stop for _, stop in before.blocks[-1].spans) if before else start
    return Part(found.title, unit.first_text, unit.text, max(start - end, 0))


def _is_below(unit: _Unit, group: Sequence[_Unit]) -> bool:
    """Whether marks put a unit's heading below that of the article before it."""
    tops = [shapes.heading_of(top) for top in map(_top, (unit, group[0])) if top is not None]
    return len(tops) == 2 and 6 >= tops[0].level > tops[1].level


def _units(blocks: Sequence[Block]) -> Iterator[_Unit]:
    unit = _Unit()
    for block in blocks:
        heads = block.kind in _HEADER or (block.kind is BlockKind.BYLINE and not unit.body)
        news = block.kind is BlockKind.PARAGRAPH and shapes.has_dateline(block.text)
        if unit.body and (heads or (news and not unit.is_pictures)):
            yield unit
            unit = _Unit()
        (unit.header if heads else unit.body).append(block)
    if unit.header or unit.body:
        yield unit


def _begins_part(unit: _Unit, group: Sequence[_Unit]) -> bool:
    """Whether a unit's own first-level heading stands beside that of the article before it."""
    tops = [shapes.heading_of(top) for top in map(_top, (unit, group[0])) if top is not None]
    return len(tops) == 2 and all(
        top.level == 1 and not shapes.is_numbered(top.title) for top in tops
    )


def _top(unit: _Unit) -> Block | None:
    return next((block for block in unit.header if block.kind is BlockKind.HEADING), None)


def _article(units: Sequence[_Unit]) -> Iterator[Article]:
    """One article, and one more for each photo story that stands within or behind it."""
    first = units[0]
    header = _titled(first)
    stories: list[Block] = []
    kept: list[Block] = list(header)
    for unit in units:
        kept.extend(() if unit is first else unit.header)
        for block in unit.body:
            apart = block.kind is BlockKind.CAPTION and shapes.is_photo_story(block.text)
            (stories if apart and not unit.is_pictures else kept).append(block)
    if kept:
        yield Article(
            title=_wording(header, BlockKind.HEADLINE),
            subtitle=_wording(header, BlockKind.SUBHEADLINE),
            byline=_byline(kept),
            date=_date(kept),
            blocks=tuple(kept),
        )
    for story in stories:
        yield Article(None, None, None, None, (story,))


def _titled(unit: _Unit) -> list[Block]:
    """The header of an article's first unit, with headline, kickers and sections told apart."""
    header = list(unit.header)
    heads = _before_signature(header)
    named = [
        index
        for index in heads
        if (title := shapes.heading(header[index].text).title) and not shapes.is_numbered(title)
    ]
    named = [i for i in named if not shapes.is_column_title(header[i].text)] or named
    if not named or not unit.body:
        return header
    levels = {index: shapes.heading_of(header[index]).level for index in named}
    if min(levels.values()) <= 6:  # Markdown's, or those of a format with styles
        top = min(named, key=lambda index: levels[index])
    else:
        top = named[-1] if unit.opens_signed else named[0]
    for index in named:
        if index <= top:
            kind = BlockKind.HEADLINE if index == top else BlockKind.KICKER
            header[index] = replace(header[index], kind=kind)
    return header


def _before_signature(header: Sequence[Block]) -> list[int]:
    """The headings above the first sub-headline or byline; those below it are sections."""
    heads: list[int] = []
    for index, block in enumerate(header):
        if is_masthead(block.text):
            continue
        if block.kind is BlockKind.HEADING:
            heads.append(index)
        elif heads:
            break
    return heads


def _wording(header: Sequence[Block], kind: BlockKind) -> str | None:
    words = [shapes.heading(block.text).title for block in header if block.kind is kind]
    return " ".join(words) or None


def _is_signature(block: Block) -> bool:
    return block.kind is BlockKind.BYLINE and shapes.byline(block.text) is not None


def _byline(blocks: Sequence[Block]) -> str | None:
    lines = [
        shapes.byline(block.text)
        for block in blocks
        if block.kind is BlockKind.BYLINE and not shapes.is_staff(block.text)
    ]
    own = " ".join(line for line in lines if line)
    if own:
        return own
    texts = [block.text for block in blocks if block.kind is BlockKind.PARAGRAPH]
    for text in texts:
        if found := shapes.lead_byline(text) or shapes.tail_byline(text):
            return found
    return None


def _date(blocks: Sequence[Block]) -> str | None:
    for block in blocks:
        if block.kind in (BlockKind.BYLINE, BlockKind.SUBHEADLINE):
            found = shapes.full_date(block.text)
        elif block.kind is BlockKind.PARAGRAPH:
            return shapes.dateline_date(block.text)
        else:
            found = None
        if found:
            return found
    return None
