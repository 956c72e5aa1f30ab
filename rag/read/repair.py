"""Lines → blocks: sentences that layout broke are whole again, everything else stays apart.

A line joins the paragraph before it when that paragraph is unfinished, or when the text is
hard-wrapped and the line before was full. It does not when it is marked as something of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.read import shapes
from rag.read.lines import Line
from rag.types import Block, BlockKind, Span

_WIDTH_MAX = 160  # columns: what is wrapped at more than this is not hard-wrapped
_WIDTH_MIN = 24
_BREAKS = 6  # lines that break off, at least, in a text that is ragged
_BROKEN = 0.6  # of the lines that another follows at once
_TORN = 0.25  # of those that break off, amid a word or a clause for certain
_HEADING_MAX = 40  # characters, or half of them where a comma stands within
_HEADLINE_MAX = 80
_ONE_LINE = {
    BlockKind.HEADING,
    BlockKind.SUBHEADLINE,
    BlockKind.BYLINE,
    BlockKind.TABLE_ROW,
}
_FLOWING = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.CAPTION}
_WITHIN = {BlockKind.CAPTION, BlockKind.LIST_ITEM}  # what a line within a paragraph may look like
_INDENT = 4  # columns: two characters, as every paragraph in Chinese print begins
_LATIN_UNIT = re.compile(r"[!-~]+")


@dataclass(slots=True)
class _Draft:
    kind: BlockKind
    lines: list[Line]
    parts: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    tail: str = ""
    level: int | None = None
    is_prose: bool = False
    """Whether a sentence has ended within it."""
    doubtful: bool = False
    wrapped: bool = False
    """Whether it stands on several lines."""

    def add(self, line: Line, *, spaced: bool = False) -> None:
        if self.lines:
            self.wrapped = True
            last = self.lines[-1]
            spaces = not last.hyphen and last.stop >= 0 and _needs_space(self.tail, line.text)
            if spaced or spaces:
                self._take(" ", last.stop, last.stop + 1)
            self.lines[-1] = line  # only the last line decides what follows
        else:
            self.lines.append(line)
        self._take(line.text, line.start, line.end)
        self.doubtful = self.doubtful or line.doubtful
        self.is_prose = self.is_prose or shapes.has_inner_end(line.text)
        self.tail = (self.tail + line.text)[-shapes.REACH :]

    def _take(self, text: str, start: int, end: int) -> None:
        self.parts.append(text)
        if self.spans and self.spans[-1][1] == start:
            start = self.spans.pop()[0]
        self.spans.append((start, end))

    def block(self) -> Block:
        if self.kind is BlockKind.PARAGRAPH and self.wrapped and shapes.is_caption(self.tail):
            self.kind = BlockKind.CAPTION  # what its first line alone did not tell
        return Block(self.kind, "".join(self.parts), tuple(self.spans), self.doubtful, self.level)


def blocks(
    source: Sequence[Line],
    kinds: Mapping[int, BlockKind] | None = None,
    underlines: Collection[int] = (),
    begins: Collection[int] = (),
    levels: Mapping[int, int] | None = None,
) -> list[Block]:
    """The blocks of a text, in reading order; each line is in exactly one of them.

    Headlines are not told from headings yet: both are ``HEADING``.

    Args:
        source: the lines.
        kinds: lines, by index, that a format's own marks make a block each of this kind.
        underlines: indices of lines that belong to the heading above them.
        begins: indices of lines that begin a block by a format's own marks.
        levels: how deep headings stand, by index, where a format says so.
    """
    return _Repair(source, kinds or {}, underlines, begins, levels or {}).run()


class _Repair:
    def __init__(
        self,
        source: Sequence[Line],
        kinds: Mapping[int, BlockKind],
        underlines: Collection[int],
        begins: Collection[int],
        levels: Mapping[int, int],
    ) -> None:
        self.lines = source
        self.kinds = kinds
        self.underlines = underlines
        self.begins = begins
        self.levels = levels
        self.width = wrap_width(source)
        self.indented = has_indents(source)
        if self.width is None and not self.indented and is_ragged(source):
            self.lines = rejoined(source)
        self.marked = sum(shapes.is_atx(line.text) for line in source) >= 2 or len(levels) >= 2
        self.drafts: list[_Draft] = []
        self.open: _Draft | None = None
        self.latest = _Draft(BlockKind.PARAGRAPH, [])
        """What the line before went to."""

    def run(self) -> list[Block]:
        for index, line in enumerate(self.lines):
            if index and self.lines[index - 1].goes_on:
                self.latest.add(line)
                continue
            if index in self.underlines:
                self.drafts[-1].add(line, spaced=True)
                continue
            if index in self.begins:
                self.open = None
            if index in self.kinds or line.text.startswith(">"):
                draft = self._aside(self.kinds.get(index, BlockKind.PARAGRAPH), line)
                draft.level = self.levels.get(index)
                self.open = None
                continue
            kind = self._marked_kind(index)
            if kind in _WITHIN and self._flows(index):
                kind = None
            if kind is None and self._is_broken_off() and self._is_interposed(index):
                kind = BlockKind.CAPTION
            if kind is BlockKind.CAPTION and self._is_broken_off():
                self._aside(BlockKind.CAPTION, line)
            elif kind is None and self.open is not None and self._continues(index):
                self.open.add(line)
                self.latest = self.open
            else:
                self._begin(kind or self._plain_kind(index), line)
        return [draft.block() for draft in self.drafts]

    def _flows(self, index: int) -> bool:
        """Whether a line goes on with the open paragraph by the way the text is set."""
        draft, line = self.open, self.lines[index]
        if draft is None or line.gap or draft.kind not in _FLOWING:
            return False
        if line.top and any(after.gap for after in self.lines[index + 1 : index + 4]):
            return False  # it stands alone at the head of a column
        if self.indented:
            return line.indent < _INDENT
        return not shapes.is_complete(draft.tail) and self._is_full(draft.lines[-1], line)

    def _begin(self, kind: BlockKind, line: Line) -> None:
        self.open = self._aside(kind, line)
        if kind in _ONE_LINE:
            self.open = None

    def _aside(self, kind: BlockKind, line: Line) -> _Draft:
        draft = _Draft(kind, [])
        draft.add(line)
        self.drafts.append(draft)
        self.latest = draft
        return draft

    def _next(self, index: int) -> Line | None:
        return self.lines[index + 1] if index + 1 < len(self.lines) else None

    def _last_of(self, index: int) -> int:
        """The last of the lines that go on with one for certain."""
        while self.lines[index].goes_on and index + 1 < len(self.lines):
            index += 1
        return index

    def _next_but_captions(self, index: int) -> Line:
        """The first of the next few lines that is no caption, or the very next."""
        coming = self.lines[index + 1 : index + 4]
        return next((each for each in coming if not shapes.is_caption(each.text)), coming[0])

    def _is_broken_off(self) -> bool:
        return self.open is not None and not shapes.is_complete(self.open.tail)

    def _marked_kind(self, index: int) -> BlockKind | None:
        """What a line is by its own marks, whatever stands around it."""
        text = self.lines[index].text
        if shapes.is_atx(text) or shapes.is_ornament(text) or shapes.is_column_title(text):
            return BlockKind.HEADING
        if shapes.is_table_row(text):
            return BlockKind.TABLE_ROW
        if shapes.byline(text) is not None or shapes.is_imprint(text):
            return BlockKind.BYLINE
        if self._is_marked_item(text):
            return BlockKind.LIST_ITEM
        if shapes.is_caption(text):
            return BlockKind.CAPTION
        if shapes.is_subtitle(text) and self._follows_heading():
            return BlockKind.SUBHEADLINE
        if shapes.is_numbered(text):
            return BlockKind.HEADING if self._is_heading(index) else BlockKind.LIST_ITEM
        if shapes.is_list_item(text) or self._is_label(index):
            return BlockKind.LIST_ITEM
        return None

    def _is_marked_item(self, text: str) -> bool:
        """Whether what may begin a caption (▲) is an item: behind one with its mark, or 「：」."""
        if not self.drafts or not shapes.is_list_item(text):
            return False
        above = self.drafts[-1]
        if above.kind is BlockKind.LIST_ITEM:
            return above.parts[0][0] == text[0]
        return above.kind is BlockKind.PARAGRAPH and above.tail[-1:] in ("：", ":")

    def _follows_heading(self) -> bool:
        return not self.drafts or self.drafts[-1].kind is BlockKind.HEADING

    def _is_label(self, index: int) -> bool:
        around = (self.lines[index - 1] if index else None, self._next(index))
        return shapes.is_label(self.lines[index].text) and any(
            line is not None and shapes.is_label(line.text) for line in around
        )

    def _continues(self, index: int) -> bool:
        """Whether a line without marks goes on with the open paragraph."""
        draft, line = self.open, self.lines[index]
        assert draft is not None
        last = draft.lines[-1]
        if self.indented and draft.kind in _FLOWING and (line.gap == 0 or line.indent >= _INDENT):
            return line.indent < _INDENT
        if draft.kind is BlockKind.CAPTION and line.gap:
            return not shapes.is_complete(draft.tail) and shapes.torn(draft.tail, line.text)
        full = self._is_full(last, line)
        indented = line.indent > last.indent and draft.kind is not BlockKind.LIST_ITEM
        if shapes.is_complete(draft.tail):
            begins_small = line.gap == 0 and line.text[0].islower()  # it ended in an abbreviation
            return (full or begins_small) and not indented
        if full and not indented:
            return True
        after = self._next(index)
        if line.gap and after is not None and _opens_news(after) and self._is_heading(index):
            return False
        if shapes.torn(draft.tail, line.text):
            return True
        if line.indent >= 4 and line.gap == 0 and draft.kind is not BlockKind.LIST_ITEM:
            return False
        if draft.kind is not BlockKind.PARAGRAPH and not draft.is_prose:
            return line.gap == 0 and line.indent > last.indent
        if self.width is not None and line.gap == 0:
            return False
        return not self._is_heading(index)

    def _is_interposed(self, index: int) -> bool:
        """Whether a line is a caption without marks, between the halves of a torn text."""
        draft, line, after = self.open, self.lines[index], self._next(index)
        assert draft is not None
        return (
            after is not None
            and bool(line.gap and after.gap)
            and len(line.text) <= _HEADING_MAX
            and not shapes.is_complete(line.text)
            and not shapes.torn(draft.tail, line.text)
            and not shapes.torn(line.text, after.text)
            and shapes.torn(draft.tail, after.text)
        )

    def _plain_kind(self, index: int) -> BlockKind:
        if not self._is_heading(index):
            return BlockKind.PARAGRAPH
        line, above = self.lines[index], self.lines[index - 1] if index else None
        if above is not None and self._follows_heading() and line.gap == 0 < line.indent:
            return BlockKind.SUBHEADLINE if line.indent > above.indent else BlockKind.HEADING
        return BlockKind.HEADING

    def _is_heading(self, index: int) -> bool:
        """Whether a line without Markdown's marks is a headline or a heading."""
        last = self._last_of(index)
        line, after = self.lines[last], self._next(last)
        text = "".join(one.text for one in self.lines[index : last + 1])
        if self._is_asking_headline(index):
            return True
        if _is_sentence(text):
            return False
        if after is not None and (self._is_full(line, after) or self._is_followed(after)):
            return False
        if shapes.is_numbered(text):
            return len(text) <= _HEADING_MAX
        if after is not None and self._announces(after):
            return True
        if self.marked:
            return self._is_kicker(index)
        if shapes.commas(text) > 1 + (index == 0):
            return False
        size = max(len(text) // 2, shapes.columns(text) // 2)
        if size > (_HEADING_MAX if shapes.commas(text) == 0 else _HEADING_MAX // 2):
            return index == 0 and (after is None or after.gap > 0)
        if after is None or shapes.has_inner_space(text):
            return True
        beyond = self._next_but_captions(last)
        return not (shapes.torn(text, beyond.text) or shapes.hangs(text))

    def _is_followed(self, after: Line) -> bool:
        """Whether the next line goes on with a paragraph, as it has no indent."""
        return self.indented and after.gap == 0 and after.indent < _INDENT

    def _is_kicker(self, index: int) -> bool:
        """Whether a line without marks belongs to the marked headline right below it."""
        line, after = self.lines[index], self._next(index)
        return (
            after is not None
            and shapes.is_atx(after.text)
            and len(line.text) <= _HEADING_MAX // 2
            and shapes.commas(line.text) == 0
            and not self._is_broken_off()
        )

    def _is_asking_headline(self, index: int) -> bool:
        """Whether a line that ends in 「？」 or 「！」 is a headline all the same."""
        line, after = self.lines[index], self._next(index)
        return (
            after is not None
            and len(line.text) <= _HEADING_MAX
            and line.text[-1] in "？！?!"
            and not shapes.has_inner_end(line.text)
            and (_opens_news(after) or (index == 0 and after.gap > 0))
        )

    def _announces(self, line: Line) -> bool:
        """Whether only a headline can stand before this line."""
        return _opens_news(line) or shapes.byline(line.text) is not None

    def _is_full(self, line: Line, after: Line) -> bool:
        """Whether a line was broken only because nothing more went into it."""
        if line.full is not None:
            return line.full and after.gap == 0
        return self.width is not None and after.gap == 0 and _fills(line, after, self.width)


def _is_sentence(text: str) -> bool:
    """Whether a line cannot be a heading by its words: it is a sentence, or a piece of one."""
    return (
        len(text) > _HEADLINE_MAX
        or shapes.is_complete(text)
        or shapes.has_dateline(text)
        or text[0].islower()
        or bool(shapes.unclosed(text))
        or text[-1] in "，,、"
        or shapes.has_inner_end(text)
    )


def has_indents(source: Sequence[Line]) -> bool:
    """Whether paragraphs begin with an indent, and the lines that go on with them do not."""
    begun = [a for a, b in pairwise(source) if b.gap == 0 and b.indent >= _INDENT > a.indent]
    flush = sum(b.gap == 0 and a.indent - b.indent >= _INDENT for a, b in pairwise(source))
    ended = sum(shapes.is_complete(line.text) for line in begun)
    return flush >= 3 and 2 * ended >= len(begun)


def is_ragged(source: Sequence[Line]) -> bool:
    """Whether lines break off anywhere, amid words too, and blank lines set paragraphs apart."""
    pairs = list(_neighbours(source))
    broken = [(a.text, b.text) for a, b in pairs if not shapes.is_complete(a.text)]
    if len(broken) < _BREAKS or len(broken) < _BROKEN * len(pairs):
        return False
    apart = [a for a, b in pairwise(source) if b.gap]
    if len(apart) < 2:
        return False
    return sum(shapes.torn(*pair) for pair in broken) >= _TORN * len(broken)


def rejoined(source: Sequence[Line]) -> list[Line]:
    """The lines of such a text: those that break off go on in the next, if it follows at once."""
    made = list(source)
    for place, (line, after) in enumerate(pairwise(source)):
        if (
            after.gap == 0
            and not shapes.is_complete(line.text)
            and not any(_stands_apart(one.text) for one in (line, after))
            and not _is_of_its_own(after.text)
            and not (_is_of_its_own(line.text) and not shapes.torn(line.text, after.text))
        ):
            made[place] = line.going_on()
    return made


def _is_of_its_own(text: str) -> bool:
    """Whether a line is marked as the beginning of something, or as all of it."""
    return (
        shapes.is_list_item(text)
        or shapes.is_numbered(text)
        or shapes.is_ornament(text)
        or shapes.is_label(text)
        or shapes.is_imprint(text)
        or shapes.byline(text) is not None
        or shapes.has_dateline(text)
        or shapes.is_caption(text)
    )


def wrap_width(source: Sequence[Line]) -> int | None:
    """The column at which a text is hard-wrapped, or None where its lines are paragraphs."""
    pairs = list(_neighbours(source))
    if len(pairs) < 2:
        return None
    widths = sorted(_width(a) for a, _ in pairs)
    width = widths[int(len(widths) * 0.9)] if len(widths) >= 10 else widths[-1]
    if not _WIDTH_MIN <= width <= _WIDTH_MAX:
        return None
    full = sum(_fills(a, b, width) for a, b in pairs)
    short = sum(not (_fills(a, b, width) or shapes.is_complete(a.text)) for a, b in pairs)
    return width if full >= 0.4 * len(pairs) and full > 2 * short else None


def _neighbours(source: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    for line, after in pairwise(source):
        if (after.gap, after.indent > line.indent) == (0, False) and not (
            _stands_apart(line.text)
            or shapes.is_label(line.text)
            or _stands_apart(after.text)
            or shapes.is_list_item(after.text)
        ):
            yield line, after


def _opens_news(line: Line) -> bool:
    return shapes.has_dateline(line.text) or shapes.is_subtitle(line.text)


def _stands_apart(text: str) -> bool:
    return text[0] == ">" or shapes.is_atx(text) or shapes.is_table_row(text)


def _fills(line: Line, after: Line, width: int) -> bool:
    """Whether the first word of the next line would not have gone into this one."""
    unit = _LATIN_UNIT.match(after.text[:_WIDTH_MAX])
    room = 1 + len(unit.group()) if unit else 4  # a character and a mark that may not lead a line
    return _width(line) + room > width


def _width(line: Line) -> int:
    return line.indent + shapes.columns(line.text[: _WIDTH_MAX + 1])


def _needs_space(tail: str, head: str) -> bool:
    """Whether a line break stands between two words of a script that sets spaces."""
    left = next((char for char in reversed(tail) if char.isalnum()), "")
    right = next((char for char in head[:8] if char.isalnum()), "")
    if not left or not right or not left.isascii() or not right.isascii():
        return False
    if left.isdigit() and right.isdigit() and not tail.isascii():
        return False
    return tail[-1] not in "-/（“《" and head[0] not in ",.;:!?)%，。"
