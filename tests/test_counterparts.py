"""Promises of rag/encode/counterparts.py: an everyday word finds what reports call it."""

import rag
from rag.encode import counterparts, cut, load_lexicon
from rag.retrieve.question import understand


def of(question):
    asked = understand(question, load_lexicon())
    return dict(zip(asked.content, asked.counterparts, strict=True))


def test_an_everyday_word_has_the_words_of_reports():
    assert "就业" in of("去年添了多少饭碗？")["饭碗"]


def test_a_phrase_of_several_words_is_known_as_a_whole():
    assert {"没活", "干"} <= set(cut("城里没活干的人"))
    assert "失业" in of("城里没活干的人占多少？")["没活"]


def test_a_name_has_none():
    assert of("中原区的庞秀敏是谁？")["庞秀敏"] == ()


def test_no_word_is_its_own_counterpart():
    assert all(word not in others for word, others in of("公厕和饭碗").items())
    assert counterparts("", []) == ()


def test_the_word_itself_is_worth_more_than_a_counterpart(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("全市新增就业岗位三百个，帮助居民增收。\n", "utf-8")
    (docs / "b.txt").write_text("全市新增饭碗三百个，帮助居民增收。\n", "utf-8")
    rag.build(docs, tmp_path / "index")
    with rag.Retriever(tmp_path / "index") as retriever:
        hits = retriever.retrieve("新增了多少饭碗？").hits
    assert [hit.citation.source for hit in hits] == ["b.txt", "a.txt"]
