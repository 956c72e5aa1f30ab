"""Pages that look like newspapers read by machine, with the truth about each character.

A page is made of stories. Each becomes an article of one of the forms that papers print: signed
news, a feature with sections, plain unsigned pieces, briefs, interviews, editorials, lists, tables,
photo stories, articles that go on elsewhere. The page is then set and read back in one of the ways
that scanning and conversion leave behind: broken columns, hard-wrapped lines with or without their
indents, columns side by side, columns read line by line in turn. Noise of reading comes on top.

Everything is drawn from a seeded generator: the same seed gives the same page.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rag.read import Loaded, parse
from rag.split import split
from rag.types import BlockKind, Document

Story = tuple[str, Sequence[str]]
"""A headline and the paragraphs below it."""

_SENTENCE = re.compile(r"[^。！？!?]*(?:[。！？!?]+[”’」』）)]*|$)")
_LONGEST = 380  # characters: what is longer may be cut into clauses
CONFUSED = {
    "曰": "日", "日": "曰", "末": "未", "未": "末", "0": "O", "1": "l", "己": "已", "已": "己",
    "人": "入", "入": "人", "土": "士", "大": "太", "天": "夭", "千": "干", "田": "由", "目": "日",
    "侯": "候", "候": "侯", "折": "拆", "微": "徽", "育": "肓", "氏": "民", "玉": "王", "戊": "戌",
    "，": "．", "、": "，", "；": ":", "“": "〝",
}  # fmt: skip
_SURNAMES, _GIVEN = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗",
    "文明华建国志强晓敏丽娟春雷海涛婷雪峰",
)
_PAPERS = ("河湾日报", "江城晚报", "北原日报", "青川时报")
_SLOGANS = ("践行初心使命 谱写时代新篇", "奋进新征程", "关注民生 服务百姓", "走进新时代")


class Role(StrEnum):
    """What a piece of a page is."""

    KICKER = "kicker"
    HEADLINE = "headline"
    SUBHEADLINE = "subheadline"
    BYLINE = "byline"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CAPTION = "caption"
    FURNITURE = "furniture"
    """Masthead, slogan, notice of where an article goes on: of no article."""


_RUNNING = {Role.PARAGRAPH, Role.ITEM}


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, headline … as it is printed."""

    role: Role
    text: str
    article: int
    torn: bool = False
    """Its end or beginning is on another page, or was lost: it is no whole sentence there."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a machine read it."""

    style: str
    text: str
    pieces: tuple[Piece, ...]
    owner: tuple[int, ...]
    """For each character of ``text`` the piece it belongs to, or -1 for white space of layout."""

    @property
    def shows_paragraphs(self) -> bool:
        """Whether a paragraph is seen to begin even where the end of the one before was lost."""
        return self.style in ("indented", "side by side")

    @property
    def starts(self) -> list[int]:
        """Where each article begins, in order; blank lines and furniture belong to none."""
        first: dict[int, int] = {}
        for place, owner in enumerate(self.owner):
            if owner >= 0 and (article := self.pieces[owner].article) >= 0:
                first.setdefault(article, place)
        return sorted(first.values())

    @property
    def sentences(self) -> Iterator[str]:
        """Every sentence of running text that is whole on this page."""
        for piece in self.pieces:
            if piece.role in _RUNNING:
                found = sentences(piece.text)
                if piece.torn:
                    found = found[:-1]
                yield from (one for one in found if len(one) <= _LONGEST)

    @property
    def captions(self) -> list[str]:
        """The captions."""
        return [piece.text for piece in self.pieces if piece.role is Role.CAPTION]


@dataclass(slots=True)
class Judged:
    """Counts of what reading made of pages; added up over pages."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str, str]] = field(default_factory=list)
    """(style, what, text) of what went wrong."""

    def share(self, what: str) -> float:
        """Of ``what`` how much came out right; 1 where there was none of it."""
        total = self.counts[f"{what}_all"]
        return self.counts[what] / total if total else 1.0

    @property
    def boundary_f1(self) -> float:
        """F1 of where articles begin, the first of each page left out."""
        right = 2 * self.counts["boundaries"]
        return right / max(self.counts["boundaries_all"] + self.counts["boundaries_found"], 1)

    def add(self, other: Judged) -> None:
        """Take up the counts of other pages."""
        self.counts.update(other.counts)
        self.misses += other.misses


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return [one.strip() for one in _SENTENCE.findall(text) if one.strip()]


def bare(text: str) -> str:
    """Without white space."""
    return "".join(text.split())


# --- judging --------------------------------------------------------------------------------------


def judge(page: Page, chunk_chars: int = 250) -> Judged:
    """Read a page and compare with the truth."""
    judged = Judged()
    document = parse(Loaded("page.txt", page.text.encode(), "0" * 64))
    chunks = split(document, chunk_chars)
    _judge_boundaries(page, document, judged)
    _judge_characters(page, document, judged)
    quotes = [bare(chunk.text) for chunk in chunks]
    for sentence in page.sentences:
        whole = any(bare(sentence) in quote for quote in quotes)
        _count(judged, page, "sentences", sentence, whole)
    apart = {
        bare(block.text)
        for article in document.articles
        for block in article.blocks
        if block.kind is BlockKind.CAPTION
    }
    for caption in page.captions:
        _count(judged, page, "captions", caption, bare(caption) in apart)
    for chunk in chunks:
        owners = {
            page.pieces[page.owner[place]].article
            for start, end in chunk.spans
            for place in range(start, end)
            if page.owner[place] >= 0
        } - {-1}
        _count(judged, page, "pure", chunk.text, len(owners) <= 1)
    _judge_imprint(page, document, judged)
    for before, after in zip(page.pieces, page.pieces[1:], strict=False):
        if (before.role, after.role) == (Role.PARAGRAPH, Role.ITEM):
            lead, first = bare(sentences(before.text)[-1]), bare(sentences(after.text)[0])
            _count(judged, page, "leads", lead, any(lead in q and first in q for q in quotes))
        if (before.role, after.role) == (Role.PARAGRAPH, Role.PARAGRAPH) and before.torn:
            last, first = bare(before.text)[-6:], bare(after.text)[:6]
            joined = any(
                last + first in bare(block.text)
                for article in document.articles
                for block in article.blocks
            )
            if page.shows_paragraphs:
                _count(judged, page, "kept_apart", last + " | " + first, not joined)
    return judged


def _count(judged: Judged, page: Page, what: str, text: str, right: bool) -> None:
    judged.counts[what] += right
    judged.counts[f"{what}_all"] += 1
    if not right:
        judged.misses.append((page.style, what, text))


def _judge_boundaries(page: Page, document: Document, judged: Judged) -> None:
    found = set()
    for article in document.articles:
        places = sorted(
            place
            for block in article.blocks
            for start, end in block.spans
            for place in range(start, end)
            if page.owner[place] >= 0 and page.pieces[page.owner[place]].article >= 0
        )
        if places:
            found.add(places[0])
    wanted = set(page.starts)
    first = min(wanted, default=-1)
    wanted, found = wanted - {first}, found - {first}
    judged.counts["boundaries"] += len(wanted & found)
    judged.counts["boundaries_all"] += len(wanted)
    judged.counts["boundaries_found"] += len(found)
    for place in wanted - found:
        judged.misses.append((page.style, "article missed", page.text[place : place + 40]))
    for place in found - wanted:
        judged.misses.append((page.style, "article made up", page.text[place : place + 40]))


def _judge_imprint(page: Page, document: Document, judged: Judged) -> None:
    """Kickers, sub-headlines, reporters, and what the masthead says, each of some article."""
    known = [article.metadata for article in document.articles]
    kickers = bare("".join(one.kicker or "" for one in known))
    below = bare("".join(one.subheadline or "" for one in known))
    wrote = {name for one in known for name in one.reporters}
    for piece in page.pieces:
        text = bare(piece.text)
        if piece.role is Role.SUBHEADLINE:
            _count(judged, page, "imprint", text, text in below)
        elif piece.role is Role.KICKER and not _STANDING.fullmatch(text):
            _count(judged, page, "imprint", text, text in kickers)
        elif piece.role is Role.FURNITURE:
            for fact, shape in _PRINTED.items():
                if found := shape.search(piece.text):
                    told = {getattr(one, fact) for one in known}
                    wanted = "-".join(
                        f"{int(n):02}" if n.isdecimal() else n for n in found.groups()
                    )
                    wanted = wanted.lstrip("0")
                    _count(judged, page, "imprint", f"{fact} {wanted}", told == {wanted})
        for found in _WROTE.finditer(piece.text):
            _count(judged, page, "imprint", found[0], found[1] in wrote)


_STANDING = re.compile("社论|本报评论员|今日快评|编辑手记")
_PRINTED = {
    "publisher": re.compile(f"({'|'.join(_PAPERS)})"),
    "edition": re.compile(r"(?:第|^0)(\d)(?=版| 要闻)"),
    "issued": re.compile(r"(\d{4})年(\d+)月(\d+)日"),
}
_WROTE = re.compile(r"(?:本报讯[（(]记者|□本报记者) (\w{2,3})(?=[ ）)])")


def _judge_characters(page: Page, document: Document, judged: Judged) -> None:
    seen: Counter[int] = Counter()
    for article in document.articles:
        for block in article.blocks:
            for start, end in block.spans:
                seen.update(place for place in range(start, end) if not page.text[place].isspace())
    printed = [place for place, char in enumerate(page.text) if not char.isspace()]
    judged.counts["characters_all"] += len(printed)
    judged.counts["characters"] += sum(seen[place] == 1 for place in printed)
    judged.counts["made_up"] += sum(seen.values()) - sum(seen[place] >= 1 for place in printed)


# --- stories → articles ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Desk:
    """Writes articles; numbers them."""

    rng: random.Random
    marked: bool
    """Headings carry Markdown's marks."""
    number: int = -1

    def pieces(self, story: Story, form: str) -> list[Piece]:
        title, paragraphs = story
        self.number += 1
        made = getattr(self, f"_{form}")(title, list(paragraphs))
        return [self._marked(piece) for piece in made]

    def _marked(self, piece: Piece) -> Piece:
        marks = {Role.HEADLINE: "# ", Role.HEADING: "## "}
        if self.marked and piece.role in marks:
            return replace(piece, text=marks[piece.role] + piece.text)
        return piece

    def _piece(self, role: Role, text: str, torn: bool = False) -> Piece:
        return Piece(role, text, self.number, torn)

    def _name(self) -> str:
        given = "".join(self.rng.sample(_GIVEN, self.rng.choice((1, 2))))
        return self.rng.choice(_SURNAMES) + given

    def _paragraphs(self, paragraphs: Iterable[str]) -> list[Piece]:
        return [self._piece(Role.PARAGRAPH, text) for text in paragraphs]

    def _clause(self, text: str, low: int = 5, high: int = 14) -> str | None:
        """A clause of ``text`` that could stand as a heading."""
        fit = [
            clause
            for clause in re.split(r"[，。！？；：、“”（）《》]", text)
            if low <= len(clause) <= high
            and re.fullmatch(r"[\u4e00-\u9fff\d]+", clause)
            and clause[-1] not in "的了和与在是把被从对将为说道称"
            and clause[0] not in "的了和与而但并也都就却还又则其这那他她它我你"
        ]
        return self.rng.choice(fit) if fit else None

    def _photo(self, paragraphs: Sequence[str]) -> list[Piece]:
        if self.rng.random() > 0.45:
            return []
        clause = self._clause(" ".join(paragraphs), 6, 22)
        if clause is None:
            return []
        form = self.rng.choice(
            (
                f"图为{clause}。{self._name()} 摄",
                f"图为{clause}。",
                f"{clause}（资料图片）",
                f"{clause}。（本报记者 {self._name()} 摄）",
                f"▲{clause}",
                f"{clause}。 {self._name()}摄",
                f"上图：{clause}。本报记者 {self._name()} 摄",
                f"{clause}（图片由主办方提供）",
            )
        )
        return [self._piece(Role.CAPTION, form)]

    def _amid(self, body: list[Piece], extra: list[Piece]) -> list[Piece]:
        """``extra`` behind one of the pieces of ``body`` but the last."""
        if not extra or len(body) < 2:
            return body + extra
        place = self.rng.randrange(1, len(body))
        return body[:place] + extra + body[place:]

    def _signed(self, title: str, paragraphs: list[str]) -> list[Piece]:
        one, two = self._name(), self._name()
        head = self._head(title, paragraphs)
        form = self.rng.randrange(6)
        if form == 0:
            paragraphs[0] = f"本报讯（记者 {one} 通讯员 {two}）{paragraphs[0]}"
        elif form == 1:
            paragraphs[0] = f"本报讯 {paragraphs[0]}"
            paragraphs[-1] += f"（记者 {one}）"
        elif form == 2:
            day = f"{self.rng.randrange(1, 13)}月{self.rng.randrange(1, 29)}日"
            paragraphs[0] = f"新华社石门{day}电（记者{one}、{two}）{paragraphs[0]}"
        elif form == 3:
            head.append(self._piece(Role.BYLINE, f"□本报记者 {one} 通讯员 {two}"))
        elif form == 4:
            head.append(self._piece(Role.BYLINE, f"本报记者 {one} 文/图"))
        else:
            paragraphs[0] = f"本报讯（{one}）{paragraphs[0]}"
        return head + self._amid(self._paragraphs(paragraphs), self._photo(paragraphs))

    def _head(self, title: str, paragraphs: Sequence[str]) -> list[Piece]:
        head = [self._piece(Role.HEADLINE, title)]
        if self.rng.random() < 0.2 and (above := self._clause(paragraphs[0], 6, 16)):
            head.insert(0, self._piece(Role.KICKER, above))
        if self.rng.random() < 0.25 and (below := self._clause(paragraphs[-1], 8, 20)):
            head.append(self._piece(Role.SUBHEADLINE, f"——{below}"))
        return head

    def _unsigned(self, title: str, paragraphs: list[str]) -> list[Piece]:
        body = self._amid(self._paragraphs(paragraphs), self._photo(paragraphs))
        return [self._piece(Role.HEADLINE, title), *body]

    def _feature(self, title: str, paragraphs: list[str]) -> list[Piece]:
        made = self._head(title, paragraphs)
        signed = self.rng.random() < 0.7
        if signed:
            made.append(self._piece(Role.BYLINE, f"本报记者 {self._name()}"))
        made += self._paragraphs(paragraphs[:1])
        rest = paragraphs[1:]
        double = self.rng.random() < 0.4  # 把牢方向 凝聚共识: the sections of an article are alike
        low = self.rng.randrange(4, 10)
        while rest:
            some, rest = rest[:2], rest[2:]
            parts = [self._clause(" ".join(some), low, low + 4) for _ in range(1 + double)]
            if all(parts):
                made.append(self._piece(Role.HEADING, " ".join(filter(None, parts))))
            made += self._amid(self._paragraphs(some), self._photo(some))
        return made

    def _editorial(self, title: str, paragraphs: list[str]) -> list[Piece]:
        sign = self.rng.choice(("社论", "本报评论员", "今日快评", "编辑手记"))
        made = [
            self._piece(Role.KICKER, sign),
            self._piece(Role.HEADLINE, title),
            *self._paragraphs(paragraphs),
        ]
        return made if self.rng.random() < 0.6 else [*made[1:2], made[0], *made[2:]]

    def _interview(self, title: str, paragraphs: list[str]) -> list[Piece]:
        asks, answers = self.rng.choice(
            (("记者：", "答："), ("问：", "答："), ("记者：", "李工："))
        )
        made = [self._piece(Role.HEADLINE, title), *self._paragraphs(paragraphs[:1])]
        for text in paragraphs[1:]:
            clause = self._clause(text, 5, 16) or "具体情况"
            made += self._paragraphs((f"{asks}请问{clause}是怎么回事？", f"{answers}{text}"))
        return made

    def _listing(self, title: str, paragraphs: list[str]) -> list[Piece]:
        mark = self.rng.choice("●■◆▲")
        if self.rng.random() < 0.7:
            paragraphs[0] = f"本报讯（记者 {self._name()}）{paragraphs[0]}"
        parts = [one for text in paragraphs[1:] for one in sentences(text)]
        if len(parts) < 2:
            return self._unsigned(title, paragraphs)
        return [
            self._piece(Role.HEADLINE, title),
            *self._paragraphs((paragraphs[0] + "主要有以下几个方面：",)),
            *(self._piece(Role.ITEM, mark + one) for one in parts),
        ]

    def _table(self, title: str, paragraphs: list[str]) -> list[Piece]:
        space = self.rng.choice(("\t", " | "))
        rows = [
            ("项目", "单位", "数量"),
            ("道路", "公里", "128"),
            ("水井", "眼", "36"),
            ("学校", "所", "9"),
        ]
        made = self._signed(title, paragraphs)
        edge = "|" if "|" in space else ""
        lines = [f"{edge} {space.join(row)} {edge}".strip() for row in rows]
        return [*made, *(self._piece(Role.ROW, line) for line in lines)]

    def _story(self, title: str, paragraphs: list[str]) -> list[Piece]:
        clause = self._clause(" ".join(paragraphs), 6, 22) or "活动现场"
        end = f"图为{clause}。（本报记者 {self._name()} 摄）"
        told = sentences(paragraphs[0])[0]
        return [self._piece(Role.CAPTION, told + end)]

    def _parted(self, title: str, paragraphs: list[str]) -> list[Piece]:
        """An article that goes on elsewhere, cut off amid a sentence."""
        paragraphs[0] = f"本报讯（记者 {self._name()}）{paragraphs[0]}"
        body = self._paragraphs(paragraphs)
        last = body[-1].text
        cut = max(len(last) * 2 // 3, 4)
        body[-1] = replace(body[-1], text=last[:cut], torn=True)
        page = self.rng.choice(("二", "三", "4", "A06"))
        notice = replace(self._piece(Role.FURNITURE, f"（下转第{page}版）"), article=self.number)
        return [self._piece(Role.HEADLINE, title), *body, notice]

    def _briefs(self, title: str, paragraphs: list[str]) -> list[Piece]:
        """One of a column of briefs: a headline and one paragraph."""
        return [self._piece(Role.HEADLINE, title), *self._paragraphs(paragraphs[:1])]


_FORMS = {
    "signed": 30, "unsigned": 22, "feature": 14, "editorial": 6, "interview": 5, "listing": 6,
    "table": 4, "story": 6, "parted": 4, "briefs": 8,
}  # fmt: skip


# --- articles → pages -----------------------------------------------------------------------------

Ink = list[tuple[str, int]]
"""Characters, each with the piece it belongs to."""


def page(stories: Sequence[Story], seed: int, style: str | None = None) -> Page:
    """A page of some of ``stories``, all drawn by ``seed``.

    Args:
        stories: at least six.
        seed: of the generator.
        style: one of :data:`STYLES`; drawn by the seed where None.
    """
    rng = random.Random(seed)
    style = style or rng.choice(tuple(STYLES))
    desk = _Desk(rng, marked=style == "marked")
    names, weights = list(_FORMS), list(_FORMS.values())
    articles: list[list[Piece]] = []
    for story in rng.sample(list(stories), rng.randrange(3, 7)):
        form = rng.choices(names, weights)[0]
        articles.append(desk.pieces(story, form))
    articles = [[_noised(piece, rng) for piece in article] for article in articles]
    if rng.random() < 0.5:
        articles = [[_half_width(piece) for piece in article] for article in articles]
    furniture = _furniture(rng)
    pieces, lines = STYLES[style](articles, furniture, rng)
    text: list[str] = []
    owner: list[int] = []
    for line in lines:
        for char, piece in [*line, ("\n", -1)]:
            text.append(char)
            owner.append(-1 if char.isspace() else piece)
    return Page(style, "".join(text), tuple(pieces), tuple(owner))


def pages(stories: Sequence[Story], count: int, seed: int = 0) -> Iterator[Page]:
    """``count`` pages, the styles in turn."""
    styles = tuple(STYLES)
    for number in range(count):
        yield page(stories, seed * 100_000 + number, styles[number % len(styles)])


def _furniture(rng: random.Random) -> list[Piece]:
    """The masthead and whatever else stands on a page for itself."""
    paper, day = rng.choice(_PAPERS), f"2021年{rng.randrange(1, 13)}月{rng.randrange(1, 29)}日"
    week = "星期" + rng.choice("一二三四五六日")
    some = rng.choice(
        (
            [],
            [f"{paper} {day} {week} 第{rng.randrange(1, 9)}版"],
            [f"{day} {week}", f"责编 {rng.choice(_SURNAMES)}文 校对 {rng.choice(_SURNAMES)}雪"],
            [rng.choice(_SLOGANS)],
            [f"0{rng.randrange(1, 9)} 要闻", f"{day} {week}"],
        )
    )
    return [Piece(Role.FURNITURE, text, -1) for text in some]


def _noised(piece: Piece, rng: random.Random) -> Piece:
    """A piece as a machine may read it: some characters confused, a mark or a space astray."""
    chars = list(piece.text)
    for place, char in enumerate(chars):
        if char in CONFUSED and rng.random() < 0.01:
            chars[place] = CONFUSED[char]
    text = "".join(chars)
    if piece.role is Role.PARAGRAPH:
        if len(text) > 40 and rng.random() < 0.1:
            place = rng.randrange(10, len(text) - 10)
            text = f"{text[:place]} {text[place:]}"
        if rng.random() < 0.03 and text[-1] == "。":
            return replace(piece, text=text[:-1], torn=True)
    return replace(piece, text=text)


_HALVES = str.maketrans("，；：？！（）", ",;:?!()")


def _half_width(piece: Piece) -> Piece:
    return replace(piece, text=piece.text.translate(_HALVES))


def _inked(pieces: Sequence[Piece], number: int) -> Ink:
    return [(char, number) for char in pieces[number].text]


def _broken_columns(
    articles: list[list[Piece]], furniture: list[Piece], rng: random.Random
) -> tuple[list[Piece], list[Ink]]:
    """Paragraphs are lines; a column's end leaves a blank line amid a sentence, or a caption."""
    pieces = [*furniture, *(piece for article in articles for piece in article)]
    gap = rng.choice((1, 1, 2, 3))  # blank lines before an article
    height = rng.randrange(120, 420)
    room = rng.randrange(60, height)
    lines: list[Ink] = []
    waiting: list[int] = []
    for number, piece in enumerate(pieces):
        new = number > 0 and piece.article != pieces[number - 1].article
        if waiting and (piece.role is not Role.PARAGRAPH or new):
            lines += [line for one in waiting for line in (_inked(pieces, one), [])]
            waiting = []
        lines += [[]] * (gap - 1 if new and lines else 0)
        if piece.role is Role.CAPTION and not new and rng.random() < 0.6:
            waiting.append(number)  # it goes where the next column ends
            continue
        ink = _inked(pieces, number)
        while piece.role in _RUNNING and room < len(ink) - 2:
            lines += [ink[:room], []]
            if waiting:
                lines += [line for one in waiting for line in (_inked(pieces, one), [])]
                waiting = []
            ink = ink[room:]
            room = height
        room = max(room - len(ink), 3) if piece.role in _RUNNING else room
        lines += [ink, []]
    lines += [line for one in waiting for line in (_inked(pieces, one), [])]
    return pieces, lines


def _wrapped(ink: Ink, width: int, indent: int) -> Iterator[Ink]:
    """The lines of a paragraph, each ``width`` Chinese characters wide; no mark leads a line."""
    line: Ink = [("\u3000", -1)] * indent
    for each in ink:
        room = 2 * width - _columns(line) - _columns([each])
        if room < 0 and each[0] not in "，。、；：？！”’）》,;:?!)":
            yield line
            line = []
        line.append(each)
    if line:
        yield line


def _lined(
    pieces: Sequence[Piece],
    numbers: Iterable[int],
    width: int,
    indent: int,
    *,
    beside: bool = False,
) -> Iterator[Ink]:
    """Pieces in a column: headings set apart by blank lines, paragraphs wrapped.

    Of other pieces the long ones; with ``beside``, of a column that another stands beside, all that
    are wider than it.
    """
    before: Piece | None = None
    for number in numbers:
        piece = pieces[number]
        flows = piece.role in _RUNNING and before is not None and before.role in _RUNNING
        if before is not None and not flows and {piece.role, before.role} != {Role.ROW}:
            yield []
        ink = _inked(pieces, number)
        long = piece.role in _RUNNING or len(piece.text) > 2 * width
        if long or (beside and _columns(ink) > 2 * width):
            yield from _wrapped(ink, width, indent if long else 0)
        else:
            yield ink
        before = piece


def _hard_wrapped(indent: int) -> Callable[..., tuple[list[Piece], list[Ink]]]:
    def made(
        articles: list[list[Piece]], furniture: list[Piece], rng: random.Random
    ) -> tuple[list[Piece], list[Ink]]:
        """Each printed line is a line."""
        pieces = [*furniture, *(piece for article in articles for piece in article)]
        width = rng.randrange(15, 30)
        gap = rng.choice((1, 2))
        lines: list[Ink] = []
        groups = _grouped(pieces)
        for group in groups:
            if lines:
                lines += [[]] * gap
            lines += list(_lined(pieces, group, width, indent))
        return pieces, lines

    return made


def _grouped(pieces: Sequence[Piece]) -> list[list[int]]:
    groups: list[list[int]] = []
    for number, piece in enumerate(pieces):
        if not groups or piece.article != pieces[groups[-1][-1]].article:
            groups.append([])
        groups[-1].append(number)
    return groups


def _side_by_side(
    articles: list[list[Piece]], furniture: list[Piece], rng: random.Random
) -> tuple[list[Piece], list[Ink]]:
    """As a converter that keeps the layout writes it: two columns in each line, spaces between."""
    pieces = [*furniture, *(piece for article in articles for piece in article)]
    width = rng.randrange(16, 26)
    lines: list[Ink] = []
    for group in _grouped(pieces):
        heads = [n for n in group if pieces[n].role not in _RUNNING | {Role.CAPTION, Role.HEADING}]
        body = [n for n in group if n not in heads]
        top = heads if group[0] in heads else []
        tail = [n for n in heads if n > max(body, default=-1)]
        top = [n for n in top if n not in tail]
        if lines:
            lines.append([])
        for number in top:
            lines += [_inked(pieces, number), []]
        rest = [n for n in group if n not in {*top, *tail}]
        column = list(_lined(pieces, rest, width, 2, beside=True))
        half = -(-len(column) // 2)
        left, right = column[:half], column[half:]
        if len(column) < 8:
            left, right = column, []
        while right and not right[0]:
            right.pop(0)
        for row in range(len(left)):
            line = list(left[row])
            if row < len(right) and right[row]:
                line += [(" ", -1)] * (2 * (width + 3) - _columns(line))
                line += right[row]
            lines.append(line)
        for number in tail:
            lines += [[], _inked(pieces, number)]
    return pieces, lines


def _columns(line: Ink) -> int:
    return sum(1 if char.isascii() else 2 for char, _ in line)


def _in_turn(
    articles: list[list[Piece]], furniture: list[Piece], rng: random.Random
) -> tuple[list[Piece], list[Ink]]:
    """As an engine that goes by height reads two columns: a line of the left, one of the right."""
    pieces = [*furniture, *(piece for article in articles for piece in article)]
    width = rng.randrange(15, 24)
    lines: list[Ink] = []
    for group in _grouped(pieces):
        if lines:
            lines.append([])
        running = [n for n in group if pieces[n].role in _RUNNING]
        rest = [n for n in group if n not in running]
        before = [n for n in rest if n < min(running, default=0)] if running else rest
        after = [n for n in rest if n not in before and pieces[n].role is not Role.HEADING]
        inner = [n for n in group if n not in {*before, *after}]
        for number in before:
            lines += [_inked(pieces, number), []]
        column = [line for n in inner for line in _wrapped(_inked(pieces, n), width, 0)]
        if len(column) < 8 or any(pieces[n].role is not Role.PARAGRAPH for n in inner):
            lines += column
        else:
            half = -(-len(column) // 2)
            for row in range(half):
                lines.append(column[row])
                if half + row < len(column):
                    lines.append(column[half + row])
        for number in after:
            lines += [[], _inked(pieces, number)]
    return pieces, lines


STYLES: dict[str, Callable[..., tuple[list[Piece], list[Ink]]]] = {
    "broken": _broken_columns,
    "indented": _hard_wrapped(2),
    "marked": _broken_columns,
    "flush": _hard_wrapped(0),
    "broken again": _broken_columns,
    "side by side": _side_by_side,
    "in turn": _in_turn,
}
"""How a page was set and read."""
