"""What is stated of a file stands in the place of what is printed."""

from __future__ import annotations

import pytest

from rag.read import is_quote
from rag.read.files import Loaded
from rag.read.parse import parse
from rag.split import split

BODY = "# 养老驿站开工\n\n本报讯（记者 甲乙）养老驿站开工。\n"


def chunks(top, body=BODY):
    text = f"---\n{top}---\n\n{body}"
    document = parse(Loaded("a.md", text.encode(), "0" * 64))
    made = split(document)
    assert all(is_quote(chunk.text, document.text, chunk.spans) for chunk in made)
    return made


def last(top, body=BODY):
    return chunks(top, body)[-1]


def test_front_matter_states_title_date_and_publisher():
    chunk = last("title: 驿站\ndate: 2021-06-03\npublisher: 临河日报\n")
    assert (chunk.title, chunk.date) == ("驿站", "2021-06-03")
    assert (chunk.metadata.publisher, chunk.metadata.issued) == ("临河日报", "2021-06-03")


def test_what_is_not_stated_is_as_printed():
    chunk = last("author: 丙\n")
    assert (chunk.title, chunk.metadata.publisher) == ("养老驿站开工", None)


def test_a_date_that_is_not_iso_8601_stays_as_it_is_written():
    chunk = last("date: 去年夏天\n")
    assert (chunk.date, chunk.metadata.issued) == ("去年夏天", None)


def test_a_date_in_chinese_is_understood_as_exactly_as_it_is_written():
    assert last("date: 2021年6月3日\n").metadata.issued == "2021-06-03"
    assert last("date: 2021年6月\n").metadata.issued == "2021-06"


def test_the_title_is_that_of_the_first_article_and_the_rest_of_all():
    two = BODY + "\n# 山路通车\n\n本报讯（记者 丙丁）山路通车。\n"
    made = chunks("title: 驿站\npublisher: 临河日报\n", two)
    assert {chunk.title for chunk in made} == {"驿站", "山路通车"}
    assert {chunk.metadata.publisher for chunk in made} == {"临河日报"}


@pytest.mark.parametrize(
    "top", ["", "[\n", "- a\n", "title: [a]\n", "title: ''\n", "a: &a [*a]\n", "[" * 5000 + "\n"]
)
def test_what_states_nothing_changes_nothing(top):
    assert last(top).title == "养老驿站开工"
