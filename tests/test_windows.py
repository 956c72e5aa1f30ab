"""The stretches of a passage that get a vector each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.split import sentences, windows

TEXT = st.text(alphabet="今年新建养老驿站十二个。，；！?\n A1.“”", min_size=1, max_size=400).filter(
    str.strip
)


def bare(text):
    return "".join(text.split())


@given(TEXT, st.none() | st.integers(20, 90))
def test_windows_hold_every_character_in_order(text, chars):
    assert bare("".join(windows(text, sentences(text), chars))) == bare(text)


@given(TEXT, st.integers(20, 90))
def test_no_window_is_more_than_twice_as_long_as_wanted(text, chars):
    text = text.replace("\n", "").replace(" ", "")
    assert all(len(one) <= 2 * chars for one in windows(text, sentences(text), chars))


def test_a_window_is_whole_sentences():
    one, two, three = "甲" * 39 + "。", "乙" * 29 + "。", "丙" * 28 + "。"
    assert windows(one + two + three, sentences(one + two + three), 60) == [one, two + three]


def test_a_short_rest_goes_with_its_neighbour():
    text = "甲" * 59 + "。" + "乙" * 9 + "。"
    assert windows(text, sentences(text), 60) == [text]


def test_a_long_sentence_is_cut_at_a_mark():
    text = "甲" * 50 + "，" + "乙" * 50 + "，" + "丙" * 45 + "。"
    parts = windows(text, sentences(text), 60)
    assert len(parts) == 3
    assert all(part[-1] in "，。" for part in parts)


@pytest.mark.parametrize("chars", [None, 1000])
def test_without_a_length_or_below_it_a_passage_is_one_window(chars):
    text = "甲。" * 200
    assert windows(text, sentences(text), chars) == [text]
