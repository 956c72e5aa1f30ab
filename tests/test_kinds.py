"""Promises of rag/retrieve/kinds.py: the kind of thing asked for, and where a text holds one."""

import pytest

from rag.encode import normalise
from rag.retrieve.kinds import sought_by


def holds(question, sentence):
    """Whether the sentence holds what is asked for; None where the question does not say."""
    places = sought_by(normalise(question)).places_in(normalise(sentence))
    return None if places is None else bool(places)


@pytest.mark.parametrize(
    ("question", "answers", "does_not"),
    [
        ("修了多少公里的路？", "新修道路1.2万公里。", "道路于6月12日通车。"),
        ("来了多少人？", "四百余名村民到场。", "共投资300元。"),
        ("一年产多少万吨？", "年产量达到343万吨。", "年产值343亿元。"),
        ("水库有几座？", "建成三座水库。", "水库蓄水12天。"),
        ("每户给多少补助？", "每户补助800元。", "补助已经发放到户。"),
        ("占比是多少？", "占百分之三十。", "共有30名学生。"),
        ("哪一天开的会？", "3月5日召开。", "第一周完成学习，第二周检查。"),
        ("哪年建成的？", "2019年建成。", "5月建成。"),
        ("修缮用了多久？", "历时8个月。", "3月8日动工。"),
        ("什么时候通车？", "近日通车。", "道路已经通车。"),
        ("谁主持会议？", "会议由副书记韩中亮主持。", "文峰区张村的桥被洪水冲断。"),
        ("组长是谁？", "组长周光辉介绍。", "宝莲寺镇召开会议。"),
        ("去哪里参观学习？", "前往豫西抗日纪念馆参观。", "大家参观学习。"),
        ("这部短剧叫什么？", "短剧《奇迹》上演。", "短剧上演了。"),
        ("带头建园区的是哪家公司？", "由三元生物公司牵头。", "由公司牵头，各公司参加。"),
        ("双创园归哪个街道管？", "三官庙街道定期走访。", "街道定期走访。"),
        ("学生考上了哪所大学？", "他考上了郑州大学。", "他考上了大学。"),
        ("事故出在哪个国家？", "事故发生在日本。", "事故造成停工。"),
        ("报道是谁写的？", "周俊英写了报道。", "（记者 周俊英）报道写好了。"),
        ("为什么停工？", "由于连日降雨，工程停工。", "工程停工三天。"),
    ],
)
def test_a_sentence_holds_what_is_asked_for_or_does_not(question, answers, does_not):
    assert holds(question, answers) is True
    assert holds(question, does_not) is False


@pytest.mark.parametrize(
    "question", ["养老服务有哪些做法？", "镇里怎么管垃圾？", "哪几项工作要做？"]
)
def test_where_the_question_does_not_say_nothing_is_held_against_a_sentence(question):
    assert holds(question, "全镇开展了整治。") is None


@pytest.mark.parametrize(
    "question", ["谁主持？", "在哪里？", "有多少？", "叫什么？", "哪天？", "为什么？"]
)
def test_an_empty_sentence_holds_nothing(question):
    assert holds(question, "") is False
