"""Promises of rag/retrieve/aspect.py: what is planned is told from what is done."""

import pytest

from rag.encode import normalise
from rag.retrieve.aspect import DONE, PLANNED, UNSAID, aspect_asked, aspect_headed, aspect_told


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("2016年要新修多少间公共厕所？", PLANNED),
        ("打算引哪家银行进来？", PLANNED),
        ("换了多长的老煤气管？", DONE),
        ("上一年城镇新增就业多少人？", DONE),
        ("平均工资是多少？", UNSAID),
        ("为了方便群众，开设了什么？", DONE),
        ("为了方便群众，设什么窗口？", UNSAID),
    ],
)
def test_a_question_asks_about_what_is_planned_or_done(question, aspect):
    assert aspect_asked(normalise(question)) == aspect


@pytest.mark.parametrize(
    ("where", "title", "section", "aspect"),
    [
        ("某市2016年政府工作报告", "某市2016年政府工作报告", "三、2016年工作安排", PLANNED),
        ("某市2016年政府工作报告", "某市2016年政府工作报告", "一、2015年工作回顾", DONE),
        ("某市2014年政府工作报告", "某市2014年政府工作报告", "2013年发展稳进向好", DONE),
        ("某市2014年政府工作报告", "某市2014年政府工作报告", "展望2015年", PLANNED),
        ("某市2014年政府工作报告", "某市2014年政府工作报告", "", UNSAID),
        ("社区来了新邻居", "社区来了新邻居", "", UNSAID),
    ],
)
def test_headings_tell_what_a_passage_is_about(where, title, section, aspect):
    assert aspect_headed(where, title, section) == aspect


@pytest.mark.parametrize(
    ("sentence", "aspect"),
    [
        ("力争粮食总产量稳定在76亿斤以上。", PLANNED),
        ("明年将新建三所学校。", PLANNED),
        ("累计建成三所学校。", DONE),
        ("成功创建国家卫生城市。", DONE),
        ("学校有三所。", UNSAID),
    ],
)
def test_a_sentence_tells_of_what_is_planned_or_done(sentence, aspect):
    assert aspect_told(normalise(sentence)) == aspect
