"""The label of a citation: what is known of where it stands, as an office writes it."""

from __future__ import annotations

from dataclasses import replace

from rag.retrieve.labels import label
from rag.types import Citation, Metadata

PLAIN = Citation(
    source="reports/0001.txt", title="养老驿站开工", section=None, byline=None,
    date=None, page=None, line_start=3, line_end=5, spans=((10, 40),),
    sha256="ab" * 32, label="",
)  # fmt: skip
NEWS = Metadata(publisher="临河日报", edition="2", issued="2021-06-03")


def test_a_newspaper_is_cited_by_headline_paper_date_page_and_lines():
    assert label(replace(PLAIN, metadata=NEWS)) == (
        "《养老驿站开工》，临河日报，2021年6月3日，第 2 版，reports/0001.txt 第 3–5 行"
    )


def test_where_only_the_headline_is_known_it_names_headline_file_and_lines():
    assert label(PLAIN) == "《养老驿站开工》 reports/0001.txt 第 3–5 行"
    assert label(replace(PLAIN, title=None, line_end=3)) == "reports/0001.txt 第 3 行"


def test_each_part_that_is_not_known_is_left_out():
    known = replace(PLAIN, metadata=Metadata(publisher="临河县统计局"))
    assert label(known) == "《养老驿站开工》，临河县统计局，reports/0001.txt 第 3–5 行"
    untitled = replace(PLAIN, title=None, metadata=Metadata(issued="2021-06"))
    assert label(untitled) == "2021年6月，reports/0001.txt 第 3–5 行"


def test_a_date_without_a_year_is_no_date_of_the_paper():
    assert label(replace(PLAIN, date="6月3日")) == label(PLAIN)
    assert "，2021年6月3日，" in label(replace(PLAIN, date="2021年6月3日"))


def test_pages_of_a_paged_file_are_named():
    paged = replace(PLAIN, page=2, page_end=2)
    assert label(paged).endswith("0001.txt 第 2 页第 3–5 行")
    across = replace(paged, page_end=3, line_end=1)
    assert label(across).endswith("第 2 页第 3 行–第 3 页第 1 行")


def test_a_label_is_one_line_whatever_is_printed():
    broken = replace(PLAIN, title="上\n下", metadata=Metadata(publisher="甲\r\n乙"))
    assert label(broken).startswith("《上 下》，甲 乙，")
