"""What a line looks like by its own words: marks, bylines, captions, datelines, sentence ends.

Every pattern looks only at a line's ends, so that a line of 10 MB costs no more than a short one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rag.types import Block

REACH = 120  # characters at a line's end that decide about it

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_NUMERALS = "〇零一二三四五六七八九十百"
_CLOSERS = "”’」』）)】》〉\"'］]"
_OPEN_TO_CLOSE = dict(zip("“‘「『（(【《〈［", "”’」』）)】》〉］", strict=True))
_CLOSE_TO_OPEN = {close: mark for mark, close in _OPEN_TO_CLOSE.items()}

_SENTENCE_END = re.compile(rf"[。！？!?…；;：:.．]+[{re.escape(_CLOSERS)}]*$")
_INNER_END = re.compile(r"[。！？!?；;][^”’」』）)】》]|[a-z\d][.] [A-Z]")
_ATX = re.compile(r"(#{1,6})[ \t\u3000]+(?=\S)")
_UNDERLINED = re.compile(r"(.+) ([=-])[=-]{2,}", re.DOTALL)
_NUMBERED = (
    re.compile(rf"第[{_NUMERALS}\d]{{1,4}}[编篇部分卷]{{1,2}}"),
    re.compile(rf"第[{_NUMERALS}\d]{{1,4}}章"),
    re.compile(rf"第[{_NUMERALS}\d]{{1,4}}节"),
    re.compile(rf"[{_NUMERALS}]{{1,3}}[、.．]"),
    re.compile(rf"[（(][{_NUMERALS}]{{1,3}}[）)]、?"),
    re.compile(r"\d{1,2}(?:[.．]\d{1,2}){1,3}[.．、]?\s*(?=[^\d\s%％])"),
)
_LIST = re.compile(
    r"[●•◆◇■□▪▲△★☆○◎➤►✦·]\s*(?=\S)|[-*+]\s+(?=\S)|(?:——|－－|--)(?=\S)"
    r"|[（(]?\d{1,2}[）)、]\s*(?=\S)|\d{1,2}[.．]\s*(?=[^\d\s])|[①-⑳]"
)
_TABLE = re.compile(r"\|.*\|$|[^\t]+\t+[^\t]+\t+.*")
_RULE = re.compile(
    r">+|</?[a-z]{1,12}[^<>]{0,40}>|<!--.*-->|[-=_*—－·.～~\s]{3,}|[-—－·\s]+\d{1,4}[-—－·\s]+|第\s*\d{1,4}\s*页.{0,12}"
)
_PAGE_NUMBER = re.compile(r"\d{1,4}")
_LABEL = re.compile(r"[^\s：:，。]{1,10}[：:]\s*\S.{0,60}")

_NAME = rf"[{_HAN}](?:[{_HAN}·]{{1,9}}|\s?[{_HAN}])"
_ROLE = (
    rf"(?:[{_HAN}]{{0,10}}?(?:记者|通讯员|实习生|撰稿人?|摄影|摄像|文字|图片|文图|责编|编辑|校对|作者)"
    rf"|[{_HAN}]{{0,14}}?(?:主席|省长|州长|市长|区长|县长|旗长|镇长|乡长|主任|院长|检察长))"
)
_SIGNED = rf"{_ROLE}(?:\s+|\s*[：:/]\s*){_NAME}(?:[\s、，,/]+{_NAME})*"
_SIGNATURE = rf"{_SIGNED}(?:[\s，,；;/]+{_SIGNED})*(?:\s*[/／]?\s*(?:文\s*[/／]?\s*图|[文图摄]))?"
_BYLINE = re.compile(rf"[□■◇◆○●◎▲△☆★]?\s*[（(]?\s*({_SIGNATURE})\s*[）)]?")
_TIGHT = re.compile(rf"[（(]\s*({_ROLE}\s*[：:]?\s*{_NAME}(?:[\s、，,/]+{_NAME})*)\s*[）)]")
_TAIL_BYLINE = re.compile(rf"(?<=[。！？!?…”）)])\s*[（(]?\s*({_SIGNATURE})\s*[）)]?$")
_LEAD_BYLINE = re.compile(r"[（(]([^（）()]{0,20}(?:记者|通讯员)[^（）()]{1,60})[）)]")
_DATELINE = re.compile(
    rf"(?:本[报刊网台社](?:讯|[{_HAN}\d]{{0,14}}?日?[电讯])"
    rf"|[{_HAN}]{{1,4}}[社网报台][{_HAN}]{{0,8}}?\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?日\s?[{_HAN}]{{0,6}}?[电讯])"
)
_IMPRINT = re.compile(
    r"(?:(?:来源|作者|编辑|责任编辑|责编|发布时间|发布日期|发布机构|发文机关|成文日期|时间|日期)\s*[：:]\s*\S.{0,60}"
    r"|[（(]?\s*\d{4}\s?[年./-]\s?\d{1,2}\s?[月./-]\s?\d{1,2}\s?日?"
    r"(?:\s*星期[一二三四五六日天])?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*[）)]?)"
)
_FULL_DATE = re.compile(r"\d{4}\s?[年./-]\s?\d{1,2}\s?[月./-]\s?\d{1,2}\s?日?")
_DATELINE_DATE = re.compile(r"(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?日(?=[^，。]{0,7}?[电讯])")
_CREDIT = re.compile(
    r"[（(](?:资料图片?|图片?(?:来源|由|自)[^（）()]{0,30}|网络图片?|效果图|示意图"
    r"|[^（）()。]{0,30}\s?(?:摄影报道|摄影|摄|供图|制图|绘图|图))[）)][。.]?$"
)
_SHOT = re.compile(
    rf"(?:^|[。！？.\s\u3000）)])(?:[{_HAN}]{{0,6}}(?:记者|通讯员))?\s?{_NAME}(?:[\s、]{_NAME})*\s?[/／]?\s?(?:摄影|摄|供图|制图)$"
)
_CAPTION_MAX = 120  # characters of a caption that only its photographer tells
_NOTICE = re.compile(
    rf"[（(【\[]?\s?(?:[上下紧]\s?[转接]|转)\s?(?:第\s?)?[A-Z]?[{_NUMERALS}\d]{{1,4}}\s?版[^，。]{{0,16}}[）)】\]]?"
)
_MASTHEAD = re.compile(rf"星期[一二三四五六日天]|第\s?[{_NUMERALS}\dA-Z]{{1,4}}\s?版")
_COLUMN = re.compile(
    rf"[【\[]?(?:[{_HAN}]{{0,6}}(?:社论|社评|时评|快评|短评|锐评|漫评|微评|论坛|评论员文章)|编者按|编辑手记|记者手记|采访手记|短讯|简讯|要闻|快讯)[】\]]?"
)
_COMMENTATOR = re.compile(rf"[□■◇◆]?\s?[{_HAN}]{{0,8}}(?:评论员|编辑部)(?:[\s：:]{{0,2}}{_NAME})?")
_CAPTION_START = re.compile(
    r"(?:[▲△▼▽◀▶←→↑↓]\s*\S|[上下左右本]?图\s?[①-⑳\d一二三四五六七八九十]{0,2}\s?(?:为|[：:]))"
)
_STORY = re.compile(r"[。！？]\s*[上下左右]?图[①-⑳\d]?为")
_DAY = r"[\d〇○零一二三四五六七八九十]{1,4}"
_SUBTITLE = re.compile(
    rf"(?:——|－－|--|—)\s*\S"
    rf"|[（(]?{_DAY}年{_DAY}月{_DAY}日[^，。]{{0,40}}(?:会议?上?|通过|批准|发布)[）)]?$"
)
_OPENS_IN_THE_AIR = re.compile(r"(?:随着|按照|根据|由于|[^，,]{0,4}?在(?![于]))")
_LOCATIVE = re.compile(r"[上下中里内外前后时间际旁边]")
_NEVER_LAST = re.compile(r"[的和与及并把被将在是从向对为以或而且若如其该][”’]?$|[，,、—–·（(“‘《]$")
_NEVER_FIRST = re.compile(r"[，。、；：！？”’）》」』】,;:!?)%％]|[的了着们地得](?![的士确])")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading says without its marks, and how deep it stands: 1 is the outermost."""

    level: int
    title: str


def heading(text: str) -> Heading:
    """The wording and depth of a heading block's text; an ornament has an empty wording.

    Markdown's marks give levels 1 to 6, Chinese numbering (第一章, 一、, （一）, 1.1) 10 to 15,
    everything else is deepest.
    """
    marks = _ATX.match(text)
    if marks:
        title = text[marks.end() :].rstrip("# \t")
        return Heading(len(marks.group(1)), _unmarked(title))
    if _RULE.fullmatch(text):
        return Heading(99, "")
    if underlined := _UNDERLINED.fullmatch(text):
        level = 1 if underlined.group(2) == "=" else 2
        return Heading(level, _unmarked(underlined.group(1)))
    title = text
    for depth, pattern in enumerate(_NUMBERED):
        if pattern.match(title):
            return Heading(10 + depth, _unmarked(title))
    return Heading(20, _unmarked(title))


def heading_of(block: Block) -> Heading:
    """The same of a block: where its format tells how deep it stands, that holds."""
    found = heading(block.text)
    return found if block.level is None else Heading(block.level, found.title)


def _unmarked(title: str) -> str:
    return re.sub(r"(\*\*|__)(.+?)\1", r"\2", title).strip()


def is_atx(text: str) -> bool:
    """Whether the line is a heading by Markdown's number signs."""
    return _ATX.match(text) is not None


def is_numbered(text: str) -> bool:
    """Whether the line begins with a number of Chinese documents' headings."""
    return any(pattern.match(text) for pattern in _NUMBERED)


def is_list_item(text: str) -> bool:
    """Whether the line begins with a bullet or a number of a list."""
    return _LIST.match(text) is not None


def is_table_row(text: str) -> bool:
    """Whether the line is a row of a Markdown table or has two tabs and more."""
    return (text[0] == "|" or "\t" in text[:200]) and _TABLE.match(text) is not None


def is_ornament(text: str) -> bool:
    """Whether the line is a rule or a page number: furniture of the page."""
    return len(text) <= REACH and _RULE.fullmatch(text) is not None


def is_page_number(text: str) -> bool:
    """Whether the line is a bare number."""
    return _PAGE_NUMBER.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Whether the line is of the form 「时间：三月五日」."""
    return _LABEL.fullmatch(text) is not None


def is_subtitle(text: str) -> bool:
    """Whether the line could be a sub-headline: a dash in front, and no sentence."""
    return len(text) <= 80 and _SUBTITLE.match(text) is not None and not is_complete(text)


def is_caption(text: str) -> bool:
    """Whether the line is a picture's caption: 图为…, （资料图）, （李晓敏 摄）."""
    return (
        _CAPTION_START.match(text) is not None
        or _CREDIT.search(text[-REACH:]) is not None
        or (len(text) <= _CAPTION_MAX and _SHOT.search(text) is not None)
    )


def is_notice(text: str) -> bool:
    """Whether a whole line only says where an article goes on or comes from: （下转第四版）."""
    return len(text) <= 30 and _NOTICE.fullmatch(text) is not None


def is_masthead(text: str) -> bool:
    """Whether a whole line is a page's own: the day of the week, the number of the page."""
    return len(text) <= 60 and _MASTHEAD.search(text) is not None


def is_column_title(text: str) -> bool:
    """Whether a whole line is the standing title of a column: 社论, 今日快评, 简讯."""
    return len(text) <= 16 and _COLUMN.fullmatch(text) is not None


def is_photo_story(text: str) -> bool:
    """Whether a caption tells its own story before it comes to the picture."""
    return _STORY.search(text[:2000]) is not None


def byline(text: str) -> str | None:
    """The byline that a whole line is, without its marks."""
    if len(text) > REACH:
        return None
    if _COMMENTATOR.fullmatch(text):
        return text.lstrip("□■◇◆ ")
    match = _BYLINE.fullmatch(text) or _TIGHT.fullmatch(text)
    return match.group(1).strip() if match else None


def is_staff(text: str) -> bool:
    """Whether a line names those who made the page: 责编 王文 校对 李雪."""
    return re.match(r"(?:责任编辑|责编|值班|校对|美编|版式)", text) is not None


def is_imprint(text: str) -> bool:
    """Whether a whole line is a date, a source or another line of an article's imprint."""
    return len(text) <= 80 and (_IMPRINT.fullmatch(text) is not None or is_notice(text))


def tail_byline(text: str) -> str | None:
    """The byline at the end of a paragraph, without its brackets."""
    tail = text[-REACH:]
    match = _TAIL_BYLINE.search(tail)
    if match is None:
        tight = [each for each in _TIGHT.finditer(tail) if each.end() == len(tail)]
        match = tight[-1] if tight else None
    return match.group(1).strip() if match else None


def lead_byline(text: str) -> str | None:
    """The byline in brackets at the beginning of a paragraph: 本报讯（记者 …）."""
    match = _LEAD_BYLINE.search(text[:REACH])
    if match is None or match.start() > 30 or match.end() == len(text):
        return None
    return match.group(1).strip()


def has_dateline(text: str) -> bool:
    """Whether a paragraph begins as a news item does: 本报讯, 新华社北京1月22日电."""
    return _DATELINE.match(text) is not None


def dateline(text: str) -> str | None:
    """How a news item begins: 新华社北京1月22日电, 本报讯."""
    match = _DATELINE.match(text[:60])
    return match.group() if match else None


def dateline_date(text: str) -> str | None:
    """The date in a dateline: 1月22日 of 新华社北京1月22日电."""
    match = _DATELINE_DATE.search(text[:40]) if has_dateline(text) else None
    return match.group() if match else None


def full_date(text: str) -> str | None:
    """The first date with a year in a line."""
    match = _FULL_DATE.search(text[:REACH])
    return match.group().strip() if match else None


def is_complete(text: str) -> bool:
    """Whether a text ends where a sentence may end."""
    tail = text[-REACH:]
    return (
        _SENTENCE_END.search(tail) is not None
        or _CREDIT.search(tail) is not None
        or _SHOT.search(tail) is not None
        or tail_byline(tail) is not None
        or is_notice(tail)
    )


def has_inner_end(text: str) -> bool:
    """Whether a sentence ends within a line, and another begins."""
    return _INNER_END.search(text) is not None


def has_inner_space(text: str) -> bool:
    """Whether the line is set in two parts, as Chinese headlines are."""
    return re.search(rf"[{_HAN}”》）)][ \u3000]+[{_HAN}“《（(\d]", text) is not None


def commas(text: str) -> int:
    """How many clauses end within the line."""
    return sum(text.count(mark) for mark in "，,；;")


def columns(text: str) -> int:
    """The width of a text on a terminal: two columns for a Chinese character."""
    return sum(map(_COLUMNS.__getitem__, text))


class _Columns(dict[str, int]):
    """The columns of each character seen so far: every line of every document asks for its own."""

    def __missing__(self, char: str) -> int:
        self[char] = 1 + (unicodedata.east_asian_width(char) in "WF")
        return self[char]


_COLUMNS = _Columns()


def unclosed(text: str) -> list[str]:
    """The brackets and quotes that a text opens and does not close, in order."""
    waiting: list[str] = []
    for char in text:
        if char in _OPEN_TO_CLOSE:
            waiting.append(char)
        elif waiting and waiting[-1] == _CLOSE_TO_OPEN.get(char):
            waiting.pop()
    return waiting


def closes_more(text: str) -> Iterator[str]:
    """The opening marks whose closing ones a text has, without having opened them."""
    waiting: list[str] = []
    for char in text:
        if char in _OPEN_TO_CLOSE:
            waiting.append(char)
        elif char in _CLOSE_TO_OPEN:
            if waiting:
                waiting.pop()
            else:
                yield _CLOSE_TO_OPEN[char]


def hangs(text: str) -> bool:
    """Whether a line cannot be a whole by itself: it ends in 的, or 在… has not come to 中."""
    if _NEVER_LAST.search(text[-4:]):
        return True
    opening = _OPENS_IN_THE_AIR.match(text[:20])
    if opening is None or _SENTENCE_END.search(text):
        return False
    return "在" not in opening.group() or _LOCATIVE.search(text[opening.end() :]) is None


def torn(tail: str, head: str) -> bool:
    """Whether a text was torn apart between two pieces: a word, a bracket, a clause spans it.

    Args:
        tail: the end of the first piece (``REACH`` characters are enough).
        head: the beginning of the second.
    """
    tail, head = tail[-REACH:].rstrip(), head[:REACH].lstrip()
    if re.search(r"[，,、（(“‘《]$", tail) or _NEVER_FIRST.match(head):
        return True
    if re.search(r"[a-z\d,]$", tail) and re.match(r"[a-z]", head):
        return True
    if re.search(r"\d[.．,]?$", tail) and re.match(r"[.．]?\d", head):
        return True
    opened = unclosed(tail)
    if opened and opened[-1] in closes_more(head):
        return True
    return _word_spans(tail[-8:], head[:8])


def _word_spans(tail: str, head: str) -> bool:
    """Whether a dictionary word stands across the border of two texts."""
    if not (re.search(rf"[{_HAN}]$", tail) and re.match(rf"[{_HAN}]", head)):
        return False
    import rjieba  # loads its dictionary, which takes a while

    position = 0
    for word in rjieba.cut(tail + head, False):
        if position < len(tail) < position + len(word):
            return len(word) <= 3  # longer entries are phrases, which meet by chance
        position += len(word)
    return False
