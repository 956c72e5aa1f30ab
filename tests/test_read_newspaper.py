"""Pages of newspapers, made with known truth, come out as they were printed.

The texts here are few; ``benchmarks/layout.py`` does the same with thousands of news items.
"""

from __future__ import annotations

import pytest
from newspaper import STYLES, Judged, Page, judge, page, pages
from newspaper_texts import STORIES

from rag.read import Loaded, parse
from rag.split import split
from rag.types import Block, BlockKind, Document


@pytest.fixture(scope="module")
def judged() -> Judged:
    whole = Judged()
    for each in pages(STORIES, 63):
        whole.add(judge(each))
    return whole


def read(text: str, name: str = "page.txt") -> Document:
    return parse(Loaded(name, text.encode(), "0" * 64))


def blocks(text: str, *kinds: BlockKind) -> list[Block]:
    found = [block for article in read(text).articles for block in article.blocks]
    return [block for block in found if not kinds or block.kind in kinds]


# --- the generator --------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_page():
    assert page(STORIES, 7) == page(STORIES, 7)


@pytest.mark.parametrize("style", STYLES)
def test_every_printed_character_has_a_piece_that_it_belongs_to(style):
    for seed in range(4):
        made: Page = page(STORIES, seed, style)
        printed = [n for n, char in enumerate(made.text) if not char.isspace()]
        assert all(made.owner[place] >= 0 for place in printed)
        for number, piece in enumerate(made.pieces):
            shown = "".join(c for c, o in zip(made.text, made.owner, strict=True) if o == number)
            assert sorted(shown) == sorted("".join(piece.text.split()))  # columns may be mixed


# --- what reading makes of it ---------------------------------------------------------------------


def test_no_character_is_lost_or_made_up(judged):
    assert judged.counts["characters"] == judged.counts["characters_all"] > 10_000
    assert judged.counts["made_up"] == 0


def test_articles_begin_where_they_were_printed_to_begin(judged):
    assert judged.boundary_f1 >= 0.9


def test_sentences_that_layout_broke_are_whole_again(judged):
    assert judged.share("sentences") >= 0.96


def test_captions_are_passages_of_their_own(judged):
    assert judged.share("captions") >= 0.9


def test_what_print_says_of_itself_is_known(judged):
    assert judged.share("imprint") >= 0.9


def test_passages_do_not_mix_articles(judged):
    assert judged.share("pure") >= 0.99


def test_a_paragraph_whose_end_was_lost_is_not_joined_with_the_next_where_indents_show_it(judged):
    assert judged.share("kept_apart") >= 0.9


# --- columns --------------------------------------------------------------------------------------

LEFT = [
    "　　今年列入改造计划的四十六公里",
    "老旧供热管网，已于十月二十日全部",
    "完工，比计划提前了十一天。改造涉",
    "及一百三十七个小区、六万八千户居",
    "民，更换换热站设备五十二套。居民",
    "报修以后，维修人员两小时内到场。",
]
RIGHT = [
    "　　地铁五号线南延段全长十一点八",
    "公里，设八座车站，其中三座可以换",
    "乘。工程于二零一九年开工，总投资",
    "九十八亿元。按照计划，试验完成以",
    "后还要进行三个月的空载试运行，年",
    "底前具备开通条件。",
]
ONE, TWO = ("".join(column).strip() for column in (LEFT, RIGHT))


def test_columns_side_by_side_are_read_one_after_the_other():
    text = "\n".join(f"{a}    {b}" for a, b in zip(LEFT, RIGHT, strict=True))
    assert [block.text for block in blocks(text)] == [ONE, TWO]


def test_three_columns_side_by_side_are_read_one_after_the_other():
    text = "\n".join(f"{a}    {b}    {a}" for a, b in zip(LEFT, RIGHT[:5] + LEFT[5:], strict=True))
    assert [block.text[:9] for block in blocks(text)] == [ONE[:9], TWO[:9], ONE[:9]]


def test_a_passage_from_a_column_quotes_the_file_slice_by_slice():
    text = "\n".join(f"{a}    {b}" for a, b in zip(LEFT, RIGHT, strict=True))
    document = read(text)
    for chunk in split(document):
        assert "".join(text[a:b] for a, b in chunk.spans) == "".join(chunk.text.split("\n"))


def test_columns_whose_lines_take_turns_are_read_one_after_the_other():
    lines = [line.strip() for pair in zip(LEFT, RIGHT, strict=True) for line in pair]
    found = "\n".join(block.text for block in blocks("\n".join(lines)))
    assert ONE in found.replace("\n", "")
    assert TWO in found.replace("\n", "")


def test_lines_in_an_order_that_does_not_show_are_marked_doubtful():
    lines = [
        "甲方案由东向西推进，沿线设三处",
        "乙方案由南向北推进，途经两座桥",
        "丙方案由西向东推进，绕开旧城区",
        "丁方案由北向南推进，利用老厂房",
        "戊方案分成两段，先易后难地推进",
        "己方案分成三段，先难后易地推进",
        "庚方案全线同时开工，工期为一年",
        "辛方案分期分批开工，工期为三年",
    ]
    assert all(block.doubtful for block in blocks("\n".join(lines)))
    assert all(chunk.metadata.doubtful for chunk in split(read("\n".join(lines))))


def test_a_text_in_one_column_is_not_doubtful():
    assert not any(block.doubtful for block in blocks("\n".join(LEFT)))


def test_a_table_set_with_spaces_is_no_pair_of_columns():
    rows = [f"第{n}号仓库    存粮{n}0吨" for n in "一二三四五六七八"]
    assert blocks("\n".join(rows))[0].text.count("存粮") == 1
    found = "".join("".join(block.text.split()) for block in blocks("\n".join(rows)))
    assert found == "".join("".join(rows).split())


# --- captions, notices, columns with a title ------------------------------------------------------


@pytest.mark.parametrize(
    "caption",
    [
        "图为活动现场。 李海婷摄",
        "居民在新建的步道上散步。陈丽 摄",
        "▲学生们在北坡林场种树",
        "上图：湿地公园一角。本报记者 孙敏 摄",
        "采石坑变成了湖（图片由林业站提供）",
    ],
)
def test_a_caption_breaks_no_sentence(caption):
    text = f"老街变样\n\n本报讯 一年来，老街变了样，居民都说生活方\n\n{caption}\n\n便得多了。\n"
    assert [block.text for block in blocks(text, BlockKind.CAPTION)] == [caption]
    assert any("居民都说生活方便得多了。" in block.text for block in blocks(text))


def test_a_caption_does_not_swallow_the_paragraph_below_it():
    text = "老街变样\n\n本报讯 一年来变了样。\n\n▲居民在步道上散步\n\n下一步还要修水管。\n"
    assert [b.text for b in blocks(text, BlockKind.CAPTION)] == ["▲居民在步道上散步"]


def test_a_triangle_behind_a_lead_marks_the_items_of_a_list():
    items = ["▲修好城北的两条路。", "▲换新三百盏路灯。"]
    text = "老街变样\n\n本报讯 明年要办的事有：\n\n" + "\n\n".join(items) + "\n"
    assert [b.text for b in blocks(text, BlockKind.LIST_ITEM)] == items


def test_what_follows_a_notice_that_an_article_goes_on_elsewhere_is_another_article():
    document = read(
        "老街变样\n\n本报讯 一年来，老街变了样，居民都说生活\n\n（下转第四版）\n\n"
        "夜路亮起来\n\n新装路灯二百盏，夜路不再黑，老人孩子出门都放心，小店也关得晚了许多。\n"
    )
    assert [article.title for article in document.articles] == ["老街变样", "夜路亮起来"]


def test_an_editorial_is_an_article_of_its_own():
    document = read(
        "老街变样\n\n本报讯（记者 甲乙）一年来，老街变了样。\n\n社论\n\n修路要先修心\n\n"
        "老街的变化，靠的是一家一户商量着办。\n"
    )
    assert [article.title for article in document.articles] == ["老街变样", "修路要先修心"]


# --- unsigned articles ----------------------------------------------------------------------------

BRIDGE, LIBRARY, POND = (
    next(s for s in STORIES if word in s[0]) for word in ("大桥", "图书馆", "湿地")
)


def printed(*stories: tuple[str, tuple[str, ...]]) -> str:
    return "\n\n".join(text for title, body in stories for text in (title, *body)) + "\n"


def test_unsigned_articles_below_plain_headings_are_told_apart():
    text = "2021年9月15日 星期三\n\n" + printed(BRIDGE, LIBRARY, POND)
    titles = [article.title for article in read(text).articles]
    assert titles == [BRIDGE[0], LIBRARY[0], POND[0]]


def test_the_sections_of_an_unsigned_article_stay_with_it():
    title, body = POND
    cleaning = f"清走废石\n\n{body[1]}"
    water = f"引来清水\n\n采石坑的坑底要蓄水。{body[2]}"
    text = f"{title}\n\n{body[0]}\n\n{cleaning}\n\n{water}\n"
    assert [article.title for article in read(text).articles] == [title]


# --- hard-wrapped lines ---------------------------------------------------------------------------


def test_an_indent_begins_a_paragraph_though_the_mark_before_it_was_lost():
    text = "\n".join([*LEFT[:-1], "报修以后，维修人员两小时内到场", *RIGHT, *LEFT])
    found = [block.text for block in blocks(text, BlockKind.PARAGRAPH)]
    assert [each[:6] for each in found] == [ONE[:6], TWO[:6], ONE[:6]]
