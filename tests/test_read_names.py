"""Places, organisations and people of a passage: what is named for certain, and nothing else."""

from __future__ import annotations

import pytest

from rag.read.names import Named, named

CHECKED: tuple[tuple[str, str, str, str], ...] = (
    ("本报讯（记者 张海华 通讯员 王洋）3月5日，正定县备耕。", "正定县", "", "张海华 王洋"),
    ("县长李建国表示，三条村道年底前通车。", "", "", "李建国"),
    ("郑州大学第一附属医院的医生来到登封市义诊。", "登封市", "郑州大学第一附属医院", ""),
    ("据中国人民银行介绍，小额贷款利率下调。", "中国", "中国人民银行", ""),
    ("新华社北京1月22日电（记者刘敏、周华）全国铁路运行平稳。", "北京", "", "刘敏 周华"),
    ("江苏省人民检察院检察长陈明出席并讲话。", "江苏省", "江苏省人民检察院", "陈明"),
    ("村民们在地里忙着，老人坐在门口晒太阳。", "", "", ""),
    ("社区干部说，城区的老旧小区都要改造。", "", "", ""),
    ("高校毕业生就业、黄河治理和石油供应都在会上讨论。", "", "", ""),
    ("全市各区县要布局新产业，不能错过开局。", "", "", ""),
    ("杭州市西湖区人民法院一审宣判。", "杭州市 西湖区", "杭州市西湖区人民法院", ""),
    ("南京西路商圈客流回升，上海市发放消费券。", "上海市", "", ""),
    ("安徽省财政厅拨付资金，黟县受益最多。", "安徽省", "安徽省财政厅", ""),
    ("教授王志民认为，应当先修水渠。", "", "", "王志民"),
    ("图为工人在检修线路。赵雪摄", "", "", "赵雪"),
    ("方式和方法都要改进，任务和成员也要明确。", "", "", ""),
    ("董事长欧阳文海告诉记者，新厂设在广州。", "广州", "", "欧阳文海"),
    ("贺信说，平安是福，和谐是金。", "", "", ""),
    ("四川省气象局发布预警，成都等地有雨。", "四川省 成都", "四川省气象局", ""),
    ("他从陕西考入清华大学，毕业后回到延安市工作。", "陕西 延安市", "清华大学", ""),
)  # fmt: skip
"""Sentence, then the places, organisations and people in it, told by hand."""


def counts() -> dict[str, tuple[int, int, int]]:
    """``(right, found, there)`` of each kind over the checked sentences."""
    made = dict.fromkeys(("places", "organisations", "people"), (0, 0, 0))
    for text, *wanted in CHECKED:
        found = named(text)
        for kind, words in zip(made, wanted, strict=True):
            there, got = set(words.split()), set(getattr(found, kind))
            right, all_found, all_there = made[kind]
            made[kind] = (right + len(there & got), all_found + len(got), all_there + len(there))
    return made


@pytest.mark.parametrize("kind", ["places", "organisations", "people"])
def test_of_what_is_named_nearly_all_is_right_and_most_is_found(kind):
    right, found, there = counts()[kind]
    assert right >= 0.95 * found
    assert right >= 0.7 * there > 0


def test_a_name_is_the_passages_own_words_and_stands_once():
    text = "河北省正定县和河北省平山县。县长李建国说，李建国同志来过。"
    found = named(text)
    assert found.people == ("李建国",)
    assert found.places == ("河北省", "正定县", "平山县")
    assert all(name in text for each in (found.places, found.people) for name in each)


@pytest.mark.parametrize("text", ["", "12 abc", "的", "。。。", "記者張三說", "\ud800记者李"])
def test_what_names_nobody_gives_nothing(text):
    assert named(text).organisations == ()


def test_there_is_an_end_to_the_names_of_a_passage():
    many = "、".join(f"{one}省" for one in "河北 山西 辽宁 吉林 江苏 浙江 安徽 福建".split()) * 20
    assert len(named(many).places) <= 16
    assert named("") == Named()
