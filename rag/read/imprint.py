"""What print says of itself: paper, date and page in mastheads; who wrote, who took the picture.

A masthead is a whole line of nothing but such facts. It speaks for the page it stands on: in a file
with pages for that page, else for what comes after it, up to the next.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.read import shapes
from rag.read.lines import Line, lines
from rag.types import Article, BlockKind, Metadata, Page

_HAN = "\u3400-\u9fff"
_LONGEST = 80  # characters of a masthead
_TOKENS = re.compile(r"[\s|｜/／·•丨│┃:：]+")
_DATE = re.compile(r"(?P<y>[12]\d{3})\s?[年./-]\s?(?P<m>\d{1,2})\s?[月./-]\s?(?P<d>\d{1,2})\s?日?")
_WEEKDAY = re.compile(
    r"(?:星期|周)[一二三四五六日天]|第?\d{2,6}期|总第?\s?\d+\s?期|农历.{2,10}|[甲-癸]?.年.月.{1,3}"
)
_EDITION = re.compile(
    r"第\s?(?P<a>[A-Z]?\d{1,3}|[一二三四五六七八九十]{1,3})\s?版|(?P<b>[A-Z]?\d{1,3})\s?版"
)
_CODE = re.compile(r"(?P<c>[A-D]\d{1,2}|0[1-9]|[12]\d)")
_PAPER = re.compile(
    rf"[{_HAN}]{{2,9}}(?:日报|晚报|早报|晨报|时报|商报|快报|都市报|青年报|周报|周刊|学报|导报|观察报|工人报|农民报|法制报|经济报|教育报|文汇报)"
    r"|参考消息|北京青年报|人民日报|光明日报|经济日报|南方周末"
)
_SECTION = re.compile(rf"[{_HAN}]{{2,6}}")
_SECTIONS = frozenset(
    (
        "要闻 时政 综合 社会 民生 经济 财经 文化 体育 教育 国际 国内 本地 评论 副刊 专题 专版 新闻"
        " 广告 健康 科技 法治 农业 城事 关注 视点 理论 深度 头版 综合新闻 本市新闻"
        " 社会新闻 国内新闻 国际新闻 经济新闻 今日关注 特别报道"
    ).split()
)
_STAFF = re.compile(
    rf"(?:责任编辑|责编|编辑|校对|美编|版式|值班|主编|审读|组版|本版)(?:[{_HAN}]{{0,4}})"
)
_SOURCE = re.compile(
    r"(?:来源|发布机构|发文机关|发布单位)\s*[：:]\s*(?P<who>[^\s：:，,；;]{2,24})$"
)
_NUMERALS = {char: value for value, char in enumerate("一二三四五六七八九十", 1)}

_NAME = rf"[{_HAN}](?:[{_HAN}]{{1,3}}|\s[{_HAN}](?![{_HAN}])|[{_HAN}·]{{3,9}})"
_REPORTERS = re.compile(rf"记者\s*[：:/]?\s*(?P<names>{_NAME}(?:[\s、，,]+{_NAME})*)")
_ROLES = re.compile(r"\s*(?:通讯员|实习生|记者|摄影|文图|图文|文|图|摄|编辑)")
_TOOK = re.compile(
    rf"(?:^|[。！？.\s\u3000（(）)/／])(?:[{_HAN}]{{0,6}}(?:记者|通讯员)\s?)?(?P<name>{_NAME})\s?[/／]?\s?(?:摄影报道|摄影|摄)[）)]?[。.]?$"
)
_BOTH = re.compile(r"(?:文\s*[/／]?\s*图|图\s*[/／]?\s*文|摄影报道)\s*[）)]?$")
_PICTURES = re.compile(rf"(?:摄影|图片)(?:记者)?\s*[：:/]?\s*(?P<name>{_NAME})")


@dataclass(frozen=True, slots=True)
class _Masthead:
    place: int
    publisher: str | None
    edition: str | None
    issued: str | None


def with_imprint(articles: Sequence[Article], text: str, pages: Sequence[Page]) -> list[Article]:
    """The articles with what is printed of each: paper, date, page; reporters, picture, kicker.

    Args:
        articles: of one file.
        text: the file's.
        pages: of a file that has any.
    """
    heads = _mastheads(text)
    made = []
    for place, article in enumerate(articles):
        own = [block for block in article.blocks if not is_masthead(block.text)] or article.blocks
        start = min(span[0] for block in own for span in block.spans)
        said = _said(heads, start, pages, first=place == 0)
        made.append(replace(article, metadata=_told(article, said)))
    return made


def photographer(caption: str) -> str | None:
    """Who took the picture that a caption is of."""
    found = _TOOK.search(caption[-shapes.REACH :])
    return _tight(found["name"]) if found else None


def reporters(byline: str | None) -> tuple[str, ...]:
    """The reporters that a byline names, each once."""
    names: dict[str, None] = {}
    for found in _REPORTERS.finditer(byline or ""):
        for name in re.findall(_NAME, found["names"]):
            if _ROLES.match(name):
                break
            names[_tight(name)] = None
    return tuple(names)


def _told(article: Article, said: _Masthead | None) -> Metadata:
    """What is known of an article: its own imprint before that of its page."""
    issued = publisher = None
    for block in article.blocks:
        own = block.kind is BlockKind.BYLINE and _facts(block.text) is None
        if own and shapes.is_imprint(block.text):
            issued = issued or _iso(block.text)
            named = _SOURCE.search(block.text)
            publisher = publisher or (named["who"] if named else None)
    kickers = [
        title
        for block in article.blocks
        if block.kind is BlockKind.KICKER and _facts(block.text) is None
        if (title := shapes.heading(block.text).title)
    ]
    byline = article.byline or ""
    wrote = reporters(byline)
    pictured = _PICTURES.search(byline)
    taken = _tight(pictured["name"]) if pictured else None
    if taken is None and len(wrote) == 1 and _BOTH.search(_signature(article)):
        taken = wrote[0]
    first = next((b.text for b in article.blocks if b.kind is BlockKind.PARAGRAPH), "")
    return replace(
        article.metadata,
        publisher=publisher or (said.publisher if said else None),
        edition=said.edition if said else None,
        issued=issued or (said.issued if said else None),
        photographer=taken,
        reporters=wrote,
        kicker=" ".join(kickers) or None,
        subheadline=article.subtitle,
        dateline=shapes.dateline(first),
    )


def _signature(article: Article) -> str:
    lines = [b.text for b in article.blocks if b.kind is BlockKind.BYLINE]
    return next((one for one in lines if _REPORTERS.search(one)), article.byline or "")


def _said(
    heads: Sequence[_Masthead], start: int, pages: Sequence[Page], *, first: bool
) -> _Masthead | None:
    """The masthead that speaks for what begins at ``start``."""
    if not heads:
        return None
    if pages:
        place = max(bisect_right([page.start for page in pages], start) - 1, 0)
        own = [head for head in heads if pages[place].start <= head.place < pages[place].end]
        return _merged(own)
    before = [head for head in heads if head.place <= start]
    if before:
        # lines of one masthead stand together; what is said again begins another page
        return _merged(_last_group(before))
    if first or len({(h.edition, h.issued, h.publisher) for h in heads}) == 1:
        return _merged(heads[:1])
    return None


def _last_group(heads: Sequence[_Masthead]) -> list[_Masthead]:
    group: list[_Masthead] = []
    for head in heads:
        again = any(
            getattr(head, fact) and any(getattr(one, fact) for one in group)
            for fact in ("publisher", "edition", "issued")
        )
        group = [head] if again else [*group, head]
    return group


def _merged(heads: Sequence[_Masthead]) -> _Masthead | None:
    """One masthead of several lines; what they say differently is not known."""

    def one(fact: str) -> str | None:
        values = {getattr(head, fact) for head in heads} - {None}
        return values.pop() if len(values) == 1 else None

    return _Masthead(0, one("publisher"), one("edition"), one("issued")) if heads else None


def _mastheads(text: str) -> list[_Masthead]:
    found: list[_Masthead] = []
    source = lines(text)
    for index, line in enumerate(source):
        if len(line.text) > _LONGEST:
            continue
        facts = _facts(line.text)
        if facts is not None:
            found.append(replace(facts, place=line.start))
        elif _PAPER.fullmatch(line.text.replace(" ", "")) and _beside(source, index):
            name = "".join(line.text.split())
            found.append(_Masthead(line.start, name, None, None))
    return found


def _beside(source: Sequence[Line], index: int) -> bool:
    """Whether a masthead stands right above or below a line."""
    around = [*source[max(index - 1, 0) : index], *source[index + 1 : index + 2]]
    return any(len(each.text) <= _LONGEST and _facts(each.text) is not None for each in around)


def _facts(line: str) -> _Masthead | None:
    """What a line that is a masthead says; None of any other."""
    seen: dict[str, str] = {}
    for token in _tokens(_DATE.sub(" ", line)):
        known = _token(token)
        if known is None:
            if "staff" in seen and _SECTION.fullmatch(token):
                continue  # a name
            return None
        seen[known[0]] = known[1]
    edition = seen.get("edition")
    if edition is None and seen.keys() & {"section", "publisher", "week"}:
        edition = seen.get("code")
    issued = _iso(line) if edition or seen.keys() & {"week", "publisher"} else None
    if not (edition or issued):
        return None
    return _Masthead(0, seen.get("publisher"), edition and _number(edition), issued)


def _token(token: str) -> tuple[str, str] | None:
    """What a part of a masthead is, and says."""
    if found := _EDITION.fullmatch(token):
        return "edition", found["a"] or found["b"]
    if found := _CODE.fullmatch(token):
        return "code", found["c"]
    if token in _SECTIONS:
        return "section", token
    kinds = (("publisher", _PAPER), ("week", _WEEKDAY), ("staff", _STAFF))
    return next(((kind, token) for kind, shape in kinds if shape.fullmatch(token)), None)


def is_masthead(line: str) -> bool:
    """Whether a whole line says only which paper, day and page it is, or who made the page."""
    return len(line) <= _LONGEST and (
        _facts(line) is not None
        or shapes.is_staff(line)
        or _PAPER.fullmatch(line.replace(" ", "")) is not None
    )


def _tokens(text: str) -> Iterator[str]:
    joined = re.sub(r"第\s?(\S{1,3})\s?版", r" 第\1版 ", text)
    joined = re.sub(r"((?:星期|周)[一二三四五六日天])", r" \1 ", joined)
    yield from (token for token in _TOKENS.split(joined) if token.strip("—-－*#"))


def _number(edition: str) -> str:
    """The number of a page: 3 of 三 and of 03, A02 as it is."""
    if edition.isdecimal():
        return str(int(edition))
    if all(char in _NUMERALS for char in edition):
        tens, _, ones = edition.rpartition("十")
        if "十" not in edition:
            return str(_NUMERALS[edition]) if len(edition) == 1 else edition
        return str((_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0))
    return edition


def _iso(text: str) -> str | None:
    found = _DATE.search(text)
    if not found or not (1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31):
        return None
    return f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"


def _tight(name: str) -> str:
    return "".join(name.split())
