"""Promises of rag/retrieve/question.py and features.py: what of a question is looked for."""

import pytest

import rag
from rag.encode import load_lexicon
from rag.retrieve.features import FEATURES, SENTENCE
from rag.retrieve.question import understand


def content(question):
    return understand(question, load_lexicon()).content


@pytest.mark.parametrize(
    ("question", "looked_for"),
    [
        ("郭麐在哪一年去世？", ("郭", "麐", "去世")),
        ("该奖由谁颁发？", ("该奖", "颁发")),
        ("李健多少岁？", ("李健",)),
        ("肖扬是第几个登上月球的？", ("肖扬", "登上", "月球")),
    ],
)
def test_words_that_ask_are_not_looked_for(question, looked_for):
    assert content(question) == looked_for


@pytest.mark.parametrize("question", ["几内亚的首都在哪？", "哪吒是谁？", "何润东演过什么？"])
def test_a_name_that_begins_like_a_word_that_asks_is(question):
    assert content(question)[0] == question[: len(content(question)[0])]


def test_a_name_that_was_cut_with_the_verb_behind_it_is_looked_for_without():
    assert content("尚恩有什么爱好？") == ("尚恩", "爱好")


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("县里的表彰大会是由谁来主持的？", "主持"),
        ("水库大坝加固一共花了多少资金？", "资金"),
        ("养老驿站 数量", "数量"),
    ],
)
def test_what_stands_beside_the_word_that_asks_is_the_focus(question, focus):
    asked = understand(question, load_lexicon())
    assert asked.focus[asked.content.index(focus)] == max(asked.focus) == 1.0


def test_words_of_an_earlier_turn_are_never_the_focus():
    asked = understand("面积有多大？", load_lexicon(), earlier="人民公园建在哪里？")
    assert dict(zip(asked.content, asked.focus, strict=True))["公园"] == 0.0


def test_every_feature_has_a_name_of_its_own():
    assert len(set(FEATURES)) == len(FEATURES)
    assert len(set(SENTENCE)) == len(SENTENCE)


def test_who_asks_for_a_thing_gets_what_is_about_it_before_what_speaks_of_it(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    told = "产于印度洋与太平洋，栖息在水深一百米的岩礁，以小鱼和乌贼为食，肉质细嫩。\n"
    (docs / "a.txt").write_text(f"丝尾红钻鱼又称长尾滨鲷，形似红钻鱼，{told}", "utf-8")
    (docs / "b.txt").write_text(f"红钻鱼又称大口滨鲷，形似丝尾红钻鱼，{told}", "utf-8")
    rag.build(docs, tmp_path / "index")
    with rag.Retriever(tmp_path / "index") as retriever:
        for question, first in (("红钻鱼又叫什么？", "b.txt"), ("丝尾红钻鱼又叫什么？", "a.txt")):
            assert retriever.retrieve(question).hits[0].citation.source == first
