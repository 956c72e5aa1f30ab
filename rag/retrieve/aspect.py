"""Whether something is planned or done: what a question asks of it, and what a passage tells.

A report tells most matters twice, as what was done and as what is to be done, in the same words but
for a few. Only closed classes of the language are listed here, and what such parts of reports are
headed by.
"""

from __future__ import annotations

import re

PLANNED, UNSAID, DONE = 1, 0, -1

_ASKED = (
    re.compile(
        r"要(?![求闻素点是么])|计划|打算|准备|将(?![军近])|拟|目标|规划|力争|想(?![法象])|盘算|争取"
        r"|盼|今后|未来|预期|安排|往后|接下来"
    ),
    re.compile(r"(?<!为)了(?!解)|去年|[上前头]一?年|已经?|累计|当[年时]|那年|完成|一共|连续"),
)
_HEADED = (
    re.compile(r"安排|任务|打算|重点|目标|要求|部署|今后|计划|规划|设想|思路|展望|做好|下一步"),
    re.compile(r"回顾|总结|成就|取得|过去|情况|完成|成绩|以来|[上去]年"),
)
_TOLD = (
    re.compile(
        r"力争|争[创取]|努力实现|年内|尽快|确保|打造|[抓办做]好|探索|不低于|鼓励|将(?![军近])|推动|继续"
        r"|计划(?!生育)|拟(?!定)"
    ),
    re.compile(
        r"获[评批]|入[选围]|荣获|超额|评为|称号|累计|连续|顺利|比上年|增至|位居|同比|首[次个家]|成功|先后"
        r"|圆满|(?<!为)了(?!解)|得到|取得|去年|分别|下降|投入使用"
    ),
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def aspect_asked(question: str) -> int:
    """What a normalised question asks about: :data:`PLANNED`, :data:`DONE` or :data:`UNSAID`."""
    return _balance(_ASKED, question)


def aspect_headed(where: str, title: str, section: str) -> int:
    """What a passage tells, by its normalised headings.

    Args:
        where: headline and file name: which document it is.
        title: headline.
        section: of a year before the document's it tells what was done.
    """
    said = _balance(_HEADED, title + section)
    years, issued = _YEAR.findall(section), _YEAR.findall(where)
    if said == UNSAID and years and issued and max(years) != max(issued):
        return PLANNED if max(years) > max(issued) else DONE
    return said


def aspect_told(sentence: str) -> int:
    """What a normalised sentence tells, by its words."""
    return _balance(_TOLD, sentence)


def _balance(signs: tuple[re.Pattern[str], re.Pattern[str]], text: str) -> int:
    planned, done = (bool(one.search(text)) for one in signs)
    return planned - done
