"""The kind of thing that a question wants, and where a text holds one.

Only closed classes of the language are listed here: words that ask, measure words, units of time,
endings of names. Whether a sentence holds what is asked for says more of it than any word it shares
with the question: of the written questions of ``training/`` that ask for a number 93 % are answered
by a sentence with one of that measure, which 27 % of the sentences around it have too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rag.encode import load_lexicon, tagged
from rag.read import named


class Kind(StrEnum):
    """What kind of thing a question wants."""

    NUMBER = "number"
    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    NAME = "name"
    REASON = "reason"
    CLASS = "class"
    """One of a class of things that the question names: 哪个街道, 哪所大学, 哪家公司."""


_FEW = "一两二三四五六七八九十几数"
_CLASSES = (
    ("大学|学院|[高院学]校|[中小]学|幼儿园", rf"大学|学院|[中小]学|学校|高中|幼儿园|[{_FEW}\d]中"),
    ("医院", "医院|卫生院|服务中心"),
    ("公司|企业|集团|[工酒药]?厂|商家|品牌", "公司|集团|企业|厂|行|股份|科技|实业|商城|超市"),
    ("银行", "行|信用社"),
    ("单位|部门|机构|组织|机关|团队|协会", "[局委办院部会社所厅署处队团]|中心|大学|公司|银行|街道"),
    ("镇|乡|街道", "[镇乡]|街道"),
    ("社区|小区", "社区|小区|[苑园城里]"),
    ("县市?|区县?", "[县市区旗州]"),
    (
        "机场|铁路|高速|高铁|公园|水库|景区|园区|港口|村|路|街|桥|河|湖|山|岛"
        "|法院|派出所|出版社|报|杂志|电视台|剧院|博物馆|图书馆",
        "",
    ),
)  # fmt: skip
"""Names of a class: how the question calls it, and how names of it end where they end otherwise."""
_ASKS = {
    Kind.PERSON: re.compile(r"谁|哪位|何人|什么人|姓名|哪个人|[人者员长师手生家]叫[什啥]"),
    Kind.CLASS: re.compile(
        rf"哪[一两二三几些]*[个家座条所款部项处]?(?:{'|'.join(f'({one})' for one, _ in _CLASSES)})"
    ),
    Kind.PLACE: re.compile(
        r"哪一?[个座]?(?:国家?|城市|省份?|市(?!场)|州|地[方区])|哪[里儿]|何[地处]|[什啥]么?地[方点]"
        r"|[在到去往]哪(?![个位些年天月日一几家种项])"
    ),
    Kind.TIME: re.compile(r"[什啥]么?时候?|何时|哪一?[年天月日]|几[月号点]|多久|多长时间|时间"),
    Kind.NUMBER: re.compile(
        r"多少|(?<!哪)几(?!乎)|多[大长高远宽重]|占比|比例|百分比|总额"
        r"|面积|金额|数量"
    ),
    Kind.NAME: re.compile(r"叫做?[什啥]么?|名[字称]|什么名|称[作为]?什么|书名|片名"),
    Kind.REASON: re.compile(r"为什么|为何|为啥|原因|怎么会|咋会|缘故|凭什么"),
}
"""How a question asks for a kind; the first that fits is what it wants."""
_EVERY_END = "各该本全每这那个的一两几些哪了着过在到于和与及或,。、;:"
"""What stands before the name of a class where it names none of it."""
_BYLINE = re.compile(r"[(（][^()（）]*(?:记者|通讯员|编辑|摄影?|[文图]/)[^()（）]*[)）]")
_WHEN = re.compile(
    r"\d+[年月日号时点天]|[早晚上中下凌][午上晨]|[今去明前昨当次本上同][年天日月]|[\d上下本每]周"
    r"|周[一二三四五六日末]|星期|期间|[前初中末后晚早时]期|近日|日前|世纪|年代"
)
_BECAUSE = re.compile(r"因|由于|为了|为[^.]{2,}[,，]|受|导致|以便|使得|避免|防止|解决")
_CALLED = re.compile(r"[《“\"「『]|名为|名叫|称|叫|命名|简称")
_PLACE_ENDS = frozenset("省市县区州旗镇乡村庄屯路街巷桥寺庙山岭峰河湖江海岛湾港馆院校园站")
_EVERY = frozenset("全本该各我")
"""How words begin that end as places do and name none."""
_THING_ENDS = frozenset("鱼鸟虫龙属科目语族奖节殿赛法书员者部委会性化感度")
"""How words end that jieba takes for names of people and that are none."""
_TITLED = re.compile(
    r"总?书记|主席|总理|部长|[省市区县镇局院校队]长|主任|同志|先生|女士|说|表示|指出|强调|介绍|告诉|认为"
)
_RARE = 11.0
"""Rarity of a name, in nats; what jieba takes for one and is in every paper is a common word."""
_SOME = rf"[\d{_FEW}][余多]?[万亿]*"
"""The end of a number: all but small and round ones have been written in digits."""
_LASTING = re.compile(
    rf"(?:(?<!\d)\d{{1,3}}|[{_FEW}半])[余多]?(?:[年天周载]|个(?:半?月|季度)|半月|个?(?:星期|小时|钟头)|分钟|秒)"
    r"(?!前|后)|长期|全[年天]"
)
"""How long something takes."""
_UNITS = (
    (re.compile(r"多久|多长时间|几[天年]|几个月|几小时"), _LASTING.pattern),
    (
        re.compile(r"哪一?[天日]|几[号日]|日期"),
        r"\d[日号]|[今昨前当次明同][天日]|近日|日前|周[一二三四五六日末]|星期",
    ),
    (re.compile(r"哪一?年|年份"), r"\d年|[今去前明当次同]年|年代|世纪"),
    (re.compile(r"哪个?月|几月"), r"\d月|[上本当次同]月"),
)
"""What time a question asks for to the day, the year, the month."""
_MEASURE = re.compile(
    r"(?:多少|几)[百千万亿]*个?(平方公里|平方米|公里|公顷|公斤|千克|小时|分钟|百分点|[美欧日]元"
    r"|[人名位家户所项条件次年月天日块钱元吨斤克升米里亩座栋幢间套台辆架艘只头匹棵株本册份张篇期届场轮批种类样款级层岁度秒倍"
    r"成遍趟班箱瓶袋桶包盒支枚颗粒根把组队部首对双处例起宗笔门])"
)
"""What is counted; what stands behind 多少 else is a thing, which says nothing of its measure."""
_SAME_MEASURE = (
    "人名位", "钱元块", "块枚处片", "天日", "年岁", "家户所", "项条件", "次场趟回遍起列",
    "座栋幢处", "台辆架部", "种类样款", "册本部", "成倍",
)  # fmt: skip
_DIMENSIONS = (
    (re.compile(r"面积"), "平方|公顷|亩"),
    (re.compile(r"多[长远宽]|长度|里程"), "米|公里|里|小时|天|个?月|年|分钟"),
    (re.compile(r"比例|占比|百分|[比率]是?多[少高]|几成"), "%|成|倍|个?百分点"),
    (re.compile(r"多少钱|(?:金额|总额|经费|资金|投资)(?!.*[增涨降幅])"), "[美欧日]?元|块"),
)
_COUNT = re.compile(
    r"\d[余多]?(?![\d.年月日号时点])|[两三四五六七八九十几数百千][余多]?[个名位项家条种次类成倍]"
)
"""A number that is no date."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What kind of thing a question wants."""

    kind: Kind | None
    """None where nothing tells."""
    pattern: re.Pattern[str] | None
    """What it looks like in normalised text; None where the words' tags tell."""
    present: float
    """Weight of evidence (Good 1950) that a sentence answers, in nats, where it holds one: by how
    often answering sentences do, and the sentences around them."""
    absent: float
    """The same where it holds none; below 0."""

    def places_in(self, sentence: str) -> list[int] | None:
        """Where a normalised sentence holds what is asked for; None where nothing tells."""
        if self.kind is Kind.PERSON:
            return _persons(sentence)
        if self.kind is Kind.PLACE:
            return _places(sentence)
        if self.pattern is None:
            return None
        return [match.start() for match in self.pattern.finditer(sentence)]


def sought_by(question: str) -> Sought:
    """The kind of thing that a normalised question wants; the first that it asks for."""
    for kind, asks in _ASKS.items():
        asked = asks.search(question)
        if asked:
            return _SOUGHT[kind](question, asked)
    return Sought(None, None, 0.0, 0.0)


def _person(question: str, asked: re.Match[str]) -> Sought:
    return Sought(Kind.PERSON, None, 0.6, -1.1)


def _class(question: str, asked: re.Match[str]) -> Sought:
    """A name of the class that the question names."""
    ends = _CLASSES[(asked.lastindex or 1) - 1][1] or re.escape(asked[asked.lastindex or 0])
    return Sought(Kind.CLASS, re.compile(rf"\w[^{_EVERY_END}](?:{ends})"), 1.4, -2.0)


def _place(question: str, asked: re.Match[str]) -> Sought:
    return Sought(Kind.PLACE, None, 0.45, -1.7)


def _time(question: str, asked: re.Match[str]) -> Sought:
    """What of a time the question names: how long, the day, the year, the month."""
    for exactly, units in _UNITS:
        if exactly.search(question):
            return Sought(Kind.TIME, re.compile(units), 1.7, -2.3)
    return Sought(Kind.TIME, _WHEN, 1.0, -1.6)


def _number(question: str, asked: re.Match[str]) -> Sought:
    """A number with the measure word that the question names, or one as good."""
    for names, measures in _DIMENSIONS:
        if names.search(question):
            return Sought(Kind.NUMBER, re.compile(rf"{_SOME}(?:{measures})"), 2.0, -2.4)
    counted = _MEASURE.search(question)
    if not counted:
        return Sought(Kind.NUMBER, _COUNT, 0.9, -2.4)
    measure = counted[1]
    alike = "".join(same for same in _SAME_MEASURE if measure in same)
    measured = re.compile(rf"{_SOME}(?:个?{measure}|[{alike}个])")
    return Sought(Kind.NUMBER, measured, 1.7, -2.2)


def _name(question: str, asked: re.Match[str]) -> Sought:
    return Sought(Kind.NAME, _CALLED, 0.9, -0.8)


def _reason(question: str, asked: re.Match[str]) -> Sought:
    return Sought(Kind.REASON, _BECAUSE, 1.05, -0.9)


def _persons(sentence: str) -> list[int]:
    """Where a sentence names a person, by jieba's tags nr, nrfg, nrt, half of which are wrong.

    A name is rare, or a title or a verb of saying follows it; it does not end as places do. One
    that the dictionary does not have is a surname with what stands behind it.
    """
    found, start = [], 0
    sentence = _BYLINE.sub(lambda byline: " " * len(byline[0]), sentence)
    for (word, tag), (after, _) in pairwise([*tagged(sentence), ("", "")]):
        start = max(sentence.find(word, start), start)
        if not tag.startswith("nr"):
            continue
        if len(word) == 1:
            known = 0 < len(after) < 3 and sentence.startswith(after, start + 1)
        else:
            known = word[-1] not in _PLACE_ENDS | _THING_ENDS and after[:1] not in _PLACE_ENDS
            known = known and (load_lexicon().rarity(word) >= _RARE or bool(_TITLED.match(after)))
        if known:
            found.append(start)
    sure = (sentence.find(name) for name in named(sentence).people)
    return sorted({*found, *sure})


def _places(sentence: str) -> list[int]:
    """Where a sentence names a place: by jieba's tags ns, nt, or by how the word ends."""
    found, start = [], 0
    for word, tag in tagged(sentence):
        start = max(sentence.find(word, start), start)
        if tag[:2] in ("ns", "nt") or (
            len(word) > 1 and word[-1] in _PLACE_ENDS and word[0] not in _EVERY
        ):
            found.append(start)
    return found


_SOUGHT = {
    Kind.PERSON: _person,
    Kind.CLASS: _class,
    Kind.PLACE: _place,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
    Kind.NAME: _name,
    Kind.REASON: _reason,
}
