"""Places, organisations and people that a passage names, by its words alone.

jieba's dictionary tells words and their kinds (through rjieba, which tags fourteen million
characters a second); rules about suffixes, surnames and what stands beside a name decide. What is
not certain is left out: a filter that shows something else is worse than one that misses something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff·"
_RUN = re.compile(rf"[{_HAN}]+")
_MOST = 16
"""Names of a kind that are kept of one passage."""

_PLACE = re.compile(
    r"(?:省|自治区|特别行政区|市|自治州|地区|盟|县|自治县|区|旗|镇|乡|街道|村|社区)$"
)
_PART = re.compile(r"(?:街道|社区|镇|乡|村|县|市|区)$")
_NO_PLACE = re.compile(
    r"(?:.*(?:城市|全市|全区|全县|全省|城区|市区|地区|小区|园区|校区|社区|片区|灾区|山区|景区|辖区"
    r"|特区|郊区|战区|城镇|乡镇|农村|乡村|全村|本市|我市|我区|我县|我省|该市|该区|该县|该村|该镇|本村"
    r"|各地|当地|外地|内地|基地|大陆|海外|国外|国内|省市|县市|市县|区县|村镇|新村|街道|新区|库区|开发区"
    r"|保护区|示范区|工业区|试验区|自贸区|度假区|住宅区|居住区|生活区|街区|厂区|矿区|林区|牧区|赛区|湾区|地市|[上下]半区))$"
)
_SHORT = frozenset(
    (
        "北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东"
        " 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏"
        " 宁夏 新疆 香港 澳门 石家庄 太原 沈阳 长春 哈尔滨 南京 杭州 合肥 福州 南昌 济南"
        " 郑州 武汉 长沙 广州 深圳 海口 成都 贵阳 昆明 西安 兰州 西宁 呼和浩特 南宁 拉萨"
        " 银川 乌鲁木齐 苏州 无锡 宁波 温州 厦门 青岛 大连 珠海 洛阳 开封 唐山 烟台 中国"
        " 美国 英国 法国 德国 俄罗斯 日本 韩国 朝鲜 印度 巴西 加拿大 澳大利亚 意大利"
        " 西班牙 埃及 伊朗 伊拉克 以色列 叙利亚 乌克兰 土耳其 泰国 越南 新加坡 马来西亚"
        " 印度尼西亚 菲律宾 巴基斯坦 阿富汗 南非 墨西哥 阿根廷 瑞士 瑞典 荷兰 比利时 希腊"
        " 波兰 蒙古国 缅甸 老挝 柬埔寨 尼泊尔 沙特阿拉伯 华盛顿 纽约 伦敦 巴黎 柏林 莫斯科"
        " 东京 首尔 日内瓦 布鲁塞尔"
    ).split()
)
"""Written without their suffix; of other short words the dictionary is not sure enough."""

_KINDS = frozenset("城市 农村 乡村 民主党 共和党 全国 各地 当地 各乡镇 各县区".split())
_STREET = re.compile(r"[东西南北中]?[一二三四]?(?:路|街|大街|大道|胡同|巷)$")
_OFFICE = re.compile(
    r"(?:(?<![开结布格全大战平政时])局|委员会|办公室|人民政府|政府|法院|检察院|公安局|派出所|税务所|财政厅|教育厅|厅|司法所"
    r"|大学|学院|中学|小学|幼儿园|学校|医院|卫生院|卫生服务中心|研究院|研究所|研究中心|实验室"
    r"|公司|集团|银行|支行|分行|合作社|联合社|事务所|出版社|通讯社|电视台|广播电台|日报社|报社"
    r"|协会|学会|联合会|商会|基金会|(?:省|市|区|县|镇|乡|党|纪|团|工|发改|卫健|国资|住建|农)委|总工会|妇联|街道办事处|办事处|居委会|村委会|管委会"
    r"|博物馆|图书馆|文化馆|纪念馆|美术馆|科技馆|体育馆|展览馆|档案馆|服务中心|管理中心|控制中心"
    r"|管理处|管理站|服务站|消防救援支队|消防救援大队|支队|大队|俱乐部|海关|法庭)$"
)
_WITHIN = frozenset("n nz nt ns nr nrt nrfg ng vn an j b l i nl s f eng a ad v vg q m t".split())
_JOINTS = frozenset(
    (
        "的 和 与 及 等 在 是 为 由 对 从 到 向 把 被 将 让 了 着 过 说 称 也"
        " 都 就 还 又 并 或 之 各 全 多 个 家 名 有 对于 以及 组织 来到 走进 前往"
        " 联合 邀请 参观 开展 举办 举行 召开 印发 出台 发布 通过 根据 按照 经 据 随 至"
        " 往 去 来 到访 获得 获 当选 成为 担任 作为 包括 其中 位于 坐落 成立 建立 设立"
        " 推动 支持 加强 负责 协助 配合 要求 表示 介绍 了解 派出 选派 进入 加入 离开"
        " 考入 毕业 就读 送往 送到 赶到 赶往 属于 隶属 启动 实施 推进 建设"
    ).split()
)
_LONGEST = 24

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧肖田董潘袁蔡蒋余于杜叶程魏"
    "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵"
    "万覃武钱戴严莫孔向常汤康易乔赖文庞樊殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦左柳冉祝耿关"
    "詹欧柯纪梅童凌霍涂成苗裴盛曲翁骆路管辛兰卫解柏桂甄邢岳晏褚单车祁阮邬艾原宫喻游滕"
)
_NO_NAME = frozenset(
    (
        "白皮书 白皮 贺词 贺信 贺电 高校 高中 高级 成员 成为 时任 任何 任务 方面 方式"
        " 路上 单位 单独 常委 常务 安全 万元 石油 黄金 黄河 金融 江河 林业 水利 马上"
        " 马路 高铁 高速 施工 白天 温馨 华为 何时 关于 关注 史上 向前 和平 和谐 文化"
        " 文明 时间 平安 平均 包括 包装 管理 管委 房管 田间 田野 花园 花卉 连续 连同"
        " 申请 申报 全国 全省 全市 全区 全体 应急 应该 曲线 解放 解决 解释 车辆 车间"
        " 牛奶 羊肉 鲁迅"
    ).split()
)
_DOUBLE = ("欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "令狐", "慕容", "尉迟", "公孙")
_FIRST = _SURNAMES | {double[0] for double in _DOUBLE}
_ROLE = re.compile(
    r"(?:记者|通讯员|书记|主席|总理|部长|省长|市长|区长|县长|镇长|乡长|村长|厅长|局长|处长|科长|所长"
    r"|院长|校长|馆长|站长|队长|厂长|社长|会长|秘书长|检察长|庭长|行长|台长|团长|园长|班长|组长"
    r"|主任|主管|经理|董事长|总裁|总监|教授|研究员|研究生|工程师|院士|博士|医生|医师|护士|教练|律师"
    r"|法官|检察官|民警|警官|老师|教师|村民|居民|市民|业主|网友|学生|同学|代表|委员|常委|发言人|负责人"
    r"|创始人|同志|专家|学者|作家|诗人|画家|导演|演员|歌手|选手|运动员|司机|工人|农民|职工|员工|站长"
    r"|支书|专员|参赞|大使|将军|上校|政委|司令员|志愿者|摄影|作者|编辑|老人|小伙|党员|队员|户主|巡视员)$"
)
_SAYS = re.compile(
    r"^(?:说|表示|介绍|告诉|认为|指出|强调|称|坦言|透露|解释|回忆|出席|主持|宣布|致辞|讲话|感慨|笑着"
    r"|向记者|一行|同志|先生|女士|老人|摄|报道|总书记|书记|主席|总理|部长|省长|市长|区长|县长|局长|院长|校长"
    r"|主任|教授|院士|博士|医生|老师|董事长|总经理|经理)"
)
_ENDS = re.compile(r"^[，。、；：！？,;:!?）)（(\s”’的等在和与及是从对为向率带]")
_BETWEEN = re.compile(r"\s?[、\s，,]\s?")


@dataclass(frozen=True, slots=True)
class Named:
    """What is named, each once, in order."""

    places: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class _Word(NamedTuple):  # made for each word of every passage: half the time of a dataclass
    text: str
    tag: str
    start: int
    end: int


def named(text: str) -> Named:
    """The places, organisations and people that ``text`` names for certain."""
    places: dict[str, None] = {}
    offices: dict[str, None] = {}
    people: dict[str, None] = {}
    words = _tagged(text)
    taken = [False] * len(words)
    for first, last in _offices(words):
        offices["".join(word.text for word in words[first : last + 1])] = None
        taken[first : last + 1] = [True] * (last + 1 - first)
    places.update(dict.fromkeys(_places(words)))
    people.update(dict.fromkeys(_people(text, words, taken)))
    kept = (tuple(each)[:_MOST] for each in (places, offices, people))
    return Named(*kept)


def _tagged(text: str) -> list[_Word]:
    import rjieba  # loads its dictionary, which takes a while

    words: list[_Word] = []
    for run in _RUN.finditer(text):
        start = run.start()
        for word, tag in rjieba.tag(run[0]):
            end = start + len(word)
            words.append(_Word(word, tag, start, end))
            start = end
    return words


def _places(words: Sequence[_Word]) -> Iterator[str]:
    for index, word in enumerate(words):
        if word.tag != "ns":
            continue
        after = words[index + 1] if index + 1 < len(words) else None
        if after is not None and after.start != word.end:
            after = None
        own = len(word.text) > 2 and _PLACE.search(word.text)
        if own and not _NO_PLACE.fullmatch(word.text):
            yield word.text
        elif after is not None and after.text in _SUFFIXES:
            before = words[index - 1] if index and words[index - 1].end == word.start else None
            if before is None or before.tag in ("ns", "p", "v", "f", "c", "u", "ul", "uj"):
                yield word.text + after.text
        elif word.text in _SHORT and not (after and _STREET.match(after.text)):
            yield word.text


_SUFFIXES = frozenset("省 市 区 县 镇 乡 村 街道 社区 自治区 自治州 自治县 新区".split())


_BEGIN = ("ns", "nt")
"""Tags of the words that the name of an office may begin with: a place, an institution."""


def _offices(words: Sequence[_Word]) -> Iterator[tuple[int, int]]:
    """First and last word of each office, company, school …; it begins with where it is."""
    index = 0
    while index < len(words):
        if words[index].tag not in _BEGIN or not _may_begin(words, index):
            index += 1
            continue
        best = None
        last = index
        while last < len(words) and words[last].end - words[index].start <= _LONGEST:
            word = words[last]
            if last > index and (
                word.tag not in _WITHIN or word.text in _JOINTS or word.start != words[last - 1].end
            ):
                break
            whole = "".join(each.text for each in words[index : last + 1])
            if _OFFICE.search(word.text) and _is_own(words[index : last + 1], whole):
                best = last
            last += 1
        if best is None:
            index += 1
            continue
        yield index, best
        index = best + 1


def _may_begin(words: Sequence[_Word], index: int) -> bool:
    """Whether the name of an office may begin here: with a place, and not amid a longer name."""
    word = words[index]
    if len(word.text) < 2 or word.text in _KINDS:
        return False
    before = words[index - 1] if index and words[index - 1].end == word.start else None
    if word.text[0] == "各" or (before is not None and before.text == "驻"):
        return False
    return before is None or before.tag not in ("n", "nz", "j", "b", "vn", "ng", "nt")


def _is_own(words: Sequence[_Word], whole: str) -> bool:
    """Whether it names one office, and not a kind of them."""
    least = 4 if words[0].tag == "nt" and len(words) == 1 and whole.endswith("大学") else 5
    if len(whole) < least or any(
        word.tag in ("v", "a", "ad", "m") and len(word.text) == 1 for word in words[1:]
    ):
        return False
    if words[0].tag == "ns":
        return len(words) > 1 or _OFFICE.search(whole) is not None
    return len(words) > 1 or len(whole) >= 6 or whole.endswith("大学")


def _people(text: str, words: Sequence[_Word], taken: Sequence[bool]) -> Iterator[str]:
    """Whoever a role introduces, a title or a verb of saying follows, or is named beside such."""
    known = 0  # where the name before ended
    for index, word in enumerate(words):
        if taken[index] or word.start < known or word.text[0] not in _FIRST:
            continue
        role = (
            _ROLE.search(text[max(word.start - 12, 0) : word.start].rstrip("：: \u3000"))
            is not None
        )
        beside = known > 0 and _BETWEEN.fullmatch(text[known : word.start]) is not None
        if word.tag in ("nr", "nrfg") and _is_name(word.text):
            after = text[word.end : word.end + 8].lstrip()
            if role or beside or _SAYS.match(after):
                known = word.end
                yield word.text
        elif (role or beside) and (name := _unknown(text, words, index)):
            known = word.start + len(name)
            yield name


def _unknown(text: str, words: Sequence[_Word], index: int) -> str | None:
    """A name that the dictionary cuts into words: 张 改华; it ends where one must end."""
    start = words[index].start
    ends = [word.end for word in words[index : index + 3]]
    for end in ends:
        name = text[start:end]
        after = text[end : end + 8]
        if _is_name(name) and (not after or _ENDS.match(after) or _SAYS.match(after)):
            return name
    return None


def _is_name(text: str) -> bool:
    if text in _NO_NAME or "某" in text or not text.isalpha():  # 文/图
        return False
    if text.startswith(_DOUBLE):
        return 3 <= len(text) <= 4
    return 2 <= len(text) <= 3 and text[0] in _SURNAMES
