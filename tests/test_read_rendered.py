"""What is in a file comes out of it: files of every format, made from known text."""

from __future__ import annotations

import pytest
from newspaper_texts import STORIES
from renderings import Rendering, judge, read, renderings

from rag.read import Loaded, parse

FILES = {file.name: file for file in renderings(STORIES)}


@pytest.fixture(params=FILES)
def file(request) -> Rendering:
    return FILES[request.param]


def test_all_of_the_text_comes_out_in_order_with_its_wraps_mended_and_nothing_else(file):
    judged = judge(file, read(file))
    assert judged.errors <= (0.02 if "scanned" in file.name else 0)
    assert judged.order == judged.whole == 1 or "scanned" in file.name
    assert judged.apart == judged.anywhere == 1


def test_each_cell_of_a_table_stands_with_the_name_of_its_column_and_of_its_row(file):
    assert judge(file, read(file)).rows == 1


def test_headlines_of_one_size_each_begin_an_article():
    papers = [file for file in FILES.values() if file.name.startswith("PDF, newspaper")]
    for paper in papers:
        document = parse(Loaded(paper.file, paper.data, "0" * 64))
        assert [article.title for article in document.articles] == [title for title, _ in STORIES]
