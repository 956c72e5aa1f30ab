"""The law of citations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.read.law import is_quote, line_starts, lines_of, quoted

FILE = "第一行，\n第二行。\r\n第三\r第四行"


def test_a_passage_over_two_lines_is_a_quotation_without_the_line_break():
    assert is_quote("第一行，第二行。", FILE, [(0, 9)])


def test_spans_are_joined_in_the_order_they_are_given():
    assert is_quote("第二行。第一行，", FILE, [(5, 9), (0, 4)])


def test_one_other_character_breaks_the_law():
    assert not is_quote("第一行,第二行。", FILE, [(0, 9)])


def test_a_missing_character_breaks_the_law():
    assert not is_quote("第一行，第二行", FILE, [(0, 9)])


@pytest.mark.parametrize("span", [(0, 999), (-3, 4), (4, 4), (9, 5)])
def test_spans_that_are_no_slice_of_the_file_never_quote(span):
    assert not is_quote(quoted(FILE, [span]), FILE, [span])


def test_nothing_visible_is_no_quotation():
    assert not is_quote(" ", " \n ", [(0, 3)])
    assert not is_quote("", FILE, [])


def test_lines_are_counted_from_one_by_any_of_the_three_line_ends():
    starts = line_starts(FILE)
    places = [FILE.index(word) for word in ("一行", "二行", "三", "四")]
    assert [lines_of(starts, [(place, place + 1)]) for place in places] == [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 4),
    ]


def test_a_form_feed_or_a_line_separator_ends_no_line():
    text = "甲\x0c乙\u2028丙\x85丁"
    assert lines_of(line_starts(text), [(0, len(text))]) == (1, 1)


def test_lines_of_spans_run_from_the_first_to_the_last_whatever_their_order():
    starts = line_starts(FILE)
    assert lines_of(starts, [(12, 13), (0, 2)]) == (1, 3)


@given(st.text("ab \n\r", max_size=40), st.data())
def test_the_line_of_a_character_is_one_more_than_the_line_ends_before_it(text, data):
    if not text:
        return
    place = data.draw(st.integers(0, len(text) - 1))
    before = text[:place]
    if text[place] == "\n" and before.endswith("\r"):
        before = before[:-1]  # the two are one line end, on one line
    ends = before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert lines_of(line_starts(text), [(place, place + 1)]) == (ends + 1, ends + 1)
