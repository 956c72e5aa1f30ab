"""Every passage is the file's own words; together they are the whole text."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import FileEmpty
from rag.read import Loaded, bare, is_quote, line_starts, lines_of, parse, quoted
from rag.split import sentences, split
from rag.types import BlockKind, Chunk, Document

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
HEADER = {
    BlockKind.KICKER,
    BlockKind.HEADLINE,
    BlockKind.SUBHEADLINE,
    BlockKind.HEADING,
    BlockKind.BYLINE,
}


def read(text: str, name: str = "page.txt") -> Document:
    return parse(Loaded(name, text.encode(), "0" * 64))


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def visible(text: str, spans) -> list[int]:
    return [i for start, end in spans for i in range(start, end) if not text[i].isspace()]


def assert_lawful(document: Document, chunks: list[Chunk]) -> None:
    """The law of citations, for every passage."""
    starts = line_starts(document.text)
    for chunk in chunks:
        assert is_quote(chunk.text, document.text, chunk.spans)
        assert chunk.chunk_id == f"{document.source}@{chunk.spans[0][0]}"
        assert (chunk.line_start, chunk.line_end) == lines_of(starts, chunk.spans)
        assert all(end <= start for (_, end), (start, _) in pairwise(chunk.sentences))
        said = "".join(chunk.text[start:end] for start, end in chunk.sentences)
        assert bare(said) == bare(chunk.text)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


def assert_nothing_lost(document: Document, chunks: list[Chunk]) -> None:
    """Each visible character is in one block, and in one passage or in a header."""
    blocks = [block for article in document.articles for block in article.blocks]
    placed = [i for block in blocks for i in visible(document.text, block.spans)]
    assert sorted(placed) == visible(document.text, [(0, len(document.text))])

    said = [i for chunk in chunks for i in visible(document.text, chunk.spans)]
    assert len(said) == len(set(said))
    headers = {
        i for block in blocks if block.kind in HEADER for i in visible(document.text, block.spans)
    }
    assert set(said) | headers == set(placed)


def assert_blocks_map_back(document: Document) -> None:
    """A block's text is that of its spans, but for line breaks that stand as a space."""
    for article in document.articles:
        for block in article.blocks:
            source = quoted(document.text, block.spans)
            assert len(source) == len(block.text)
            assert all(
                shown == there or (shown == " " and there in "\r\n")
                for shown, there in zip(block.text, source, strict=True)
            )


# --- the five reports ----------------------------------------------------------------------------


@pytest.fixture(params=SEEDS, ids=lambda path: path.name[:3])
def report(request) -> Document:
    return parse(Loaded(request.param.name, request.param.read_bytes(), "0" * 64))


def test_every_passage_of_the_reports_is_a_quotation(report):
    assert_blocks_map_back(report)
    assert_lawful(report, split(report))


def test_nothing_of_the_reports_is_lost(report):
    assert_nothing_lost(report, split(report))


def test_the_reports_passages_have_about_the_wanted_length(report):
    prose = [c for c in split(report) if c.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)]
    whole = {(c.title, c.section): 0 for c in prose}
    for chunk in prose:
        whole[chunk.title, chunk.section] += len(chunk.text)

    assert all(len(chunk.text) <= 400 for chunk in prose)
    assert all(len(c.text) >= 120 or whole[c.title, c.section] == len(c.text) for c in prose)


def test_a_headline_byline_and_section_come_with_each_passage(report):
    titles = {article.title for article in report.articles}

    for chunk in split(report):
        assert chunk.title is None or any(t and chunk.title.startswith(t) for t in titles)
        assert chunk.section is None or bare(chunk.section) in bare(report.text.replace("#", ""))


# --- any text ------------------------------------------------------------------------------------

_clause = st.text(alphabet="市区新建养老驿站个十二完成率工作开展a1", min_size=1, max_size=30)
_sentence = st.builds(
    lambda clauses, end: "，".join(clauses) + end,
    st.lists(_clause, min_size=1, max_size=4),
    st.sampled_from(["。", "！", "？”", "……", "；", "", "：", "。）", "1.2万。", ". "]),
)
_piece = st.one_of(
    st.lists(_sentence, min_size=1, max_size=6).map("".join),
    _clause.map("# {}".format),
    _clause.map("### {}".format),
    _clause.map("一、{}".format),
    _clause.map("● {}".format),
    _clause.map("本报讯（记者 周俊英）{}。".format),
    _clause.map("——{}".format),
    _clause.map("{}（资料图）".format),
    _clause.map("活动结束。图为{}。（李晓敏 摄）".format),
    _clause.map("| {} | 二 |".format),
    _clause.map("　　{}".format),
    _clause.map("> {}".format),
    st.sampled_from(
        ["记者 张改华 通讯员 王洋", "---", "====", "```", "- 12 -", "12", "2023年1月5日", "“", "（"]
    ),
    st.text(max_size=20),
)
_page = st.builds(
    lambda pieces, ends: "".join(piece + end for piece, end in zip(pieces, ends, strict=False)),
    st.lists(_piece, min_size=1, max_size=14),
    st.lists(
        st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n", "\n \n\n", "\r", " "]), min_size=14
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(_page, st.sampled_from(["page.txt", "page.md"]), st.integers(50, 400))
def test_the_law_holds_and_nothing_is_lost_for_any_page(text, name, size):
    text = "".join(c for c in text if c.isprintable() or c in "\n\r\t")
    try:
        document = read("\ufeff" + text, name)  # marked: which encoding it is, is not at stake
    except FileEmpty:
        assert not text.strip()
        return
    chunks = split(document, size)

    assert document.text == text
    assert_blocks_map_back(document)
    assert_lawful(document, chunks)
    assert_nothing_lost(document, chunks)


@settings(max_examples=100)
@given(st.text(alphabet="他说今天。！？…，；：“”（）《》\"'.a1 \n", max_size=80))
def test_sentences_add_up_to_any_text(text):
    assert "".join(map(bare, cut(text))) == bare(text)
    assert all(not piece[0].isspace() and not piece[-1].isspace() for piece in cut(text))


# --- sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expected",
    [
        ["他说：“今天很好。明天更好。”", "大家都同意。"],
        ["新建12所（其中小学3所。中学9所）。", "已经完成。"],
        ["增长5.2%，达到1.2万亿元……下一步要继续努力。", "真的吗？！", "是的。"],
        ["提出“要坚持什么。要怎样。”的要求。", "会议结束。"],
        ["“下一步要延伸到一线。”周光辉表示。", "大家鼓掌。"],
        ["图为社区在宣传。（李晓敏 摄）"],
        ["“没有说完的话。", "第二句。"],
        ["1. 第一条。", "2. 第二条。"],
        ["老旧小区改造；农村环境整治；城乡供水。"],
    ],
)
def test_chinese_sentences_stay_whole(expected):
    assert cut("".join(expected)) == expected


def test_english_sentences_stay_whole():
    expected = [
        "The St. Louis office of the U.S. branch said 3.5 percent.",
        "See a.com/x?y=1 now!",
        "Done.",
    ]

    assert cut(" ".join(expected)) == expected


def test_a_quote_too_long_to_stay_whole_is_cut_between_its_sentences():
    pieces = cut("“" + "这是一句话。" * 100 + "”")

    assert len(pieces) == 100


# --- packing -------------------------------------------------------------------------------------


def test_passages_never_cross_articles_or_sections():
    document = read(
        "# 水务\n\n新铺水管。\n\n## 东区\n\n东区完工。\n\n"
        "## 西区\n\n西区完工。\n\n# 路灯\n\n新装路灯。\n",
        "a.md",
    )

    assert [(c.title, c.section, c.text) for c in split(document)] == [
        ("水务", None, "新铺水管。"),
        ("水务", "东区", "东区完工。"),
        ("水务", "西区", "西区完工。"),
        ("路灯", None, "新装路灯。"),
    ]


def test_sections_within_sections_are_named_from_the_outside_in():
    document = read(
        "报告\n\n开头。\n\n今年安排\n\n一、抓项目\n\n（一）建驿站\n\n新建十二个。\n\n"
        "（二）修道路\n\n新修三条。\n\n二、促消费\n\n办好夜市。\n"
    )

    assert [chunk.section for chunk in split(document)] == [
        None,
        "今年安排 › 一、抓项目 › （一）建驿站",
        "今年安排 › 一、抓项目 › （二）修道路",
        "今年安排 › 二、促消费",
    ]


def test_paragraphs_of_a_section_share_a_passage():
    (chunk,) = split(read("第一段说完了。\n\n第二段也说完了。\n"))

    assert chunk.text == "第一段说完了。\n第二段也说完了。"
    assert (chunk.line_start, chunk.line_end) == (1, 3)


def test_passages_are_balanced_and_leave_no_tail():
    text = "今年新建养老驿站十二个，服务老人三千名。" * 13 + "完成。"

    lengths = [len(chunk.text) for chunk in split(read(text))]

    assert len(lengths) == 1 or min(lengths) > 100
    assert sum(lengths) == len(text)


def test_a_caption_is_a_passage_of_its_own_and_breaks_no_sentence():
    document = read("工作组入户走访群众，了解受影\n\n现场督导（资料图）\n\n响的农田情况。\n")

    assert [(c.kind, c.text) for c in split(document)] == [
        (BlockKind.PARAGRAPH, "工作组入户走访群众，了解受影响的农田情况。"),
        (BlockKind.CAPTION, "现场督导（资料图）"),
    ]


@pytest.mark.parametrize("length", range(60, 300, 20))
def test_a_list_keeps_the_sentence_that_leads_up_to_it(length):
    told = ("全区一年来办了许多实事，" * 30)[:length] + "。"
    lead = "明年要抓好下面几件事："
    items = [
        f"●第{n}件是修好城北的{n}条路，" + "路灯和人行道一并换新，" * 5 + "年底以前完工。"
        for n in "一二三四"
    ]
    text = "\n\n".join(["城北修路", told + lead, *items])
    [first] = [chunk for chunk in split(read(text)) if "●第一件" in chunk.text]
    assert lead in first.text


def test_a_point_of_a_list_stays_with_what_is_said_about_it():
    points = [
        f"●打通第{n}条断头路，进一步畅通城市道路微循环体系\n\n"
        f"已打通并完工第{n}条路，{'沿线居民出行更加方便，' * 8}大家都说好。\n\n"
        for n in "一二三四"
    ]

    for chunk in split(read("".join(points))):
        assert chunk.text.startswith("●")
        assert chunk.text.endswith("大家都说好。")


def test_a_sentence_over_the_limit_is_cut_at_commas():
    clause = "沿线居民出行更加方便快捷"
    text = "，".join([clause] * 60) + "。"

    chunks = split(read(text))

    assert all(len(chunk.text) <= 400 for chunk in chunks)
    assert all(chunk.text.endswith(("，", "。")) for chunk in chunks)


def test_a_sentence_without_any_mark_is_cut_hard_and_wholly_kept():
    text = "一二三四五六七八九十" * 100

    chunks = split(read(text))

    assert "".join(chunk.text for chunk in chunks) == text
    assert all(len(chunk.text) <= 400 for chunk in chunks)


def test_an_article_of_headings_only_is_a_passage_so_that_nothing_is_lost():
    (chunk,) = split(read("开新局 出新彩\n记者基层行\n"))

    assert chunk.kind is BlockKind.HEADING
    assert chunk.text == "开新局 出新彩\n记者基层行"


def test_the_same_sentence_in_two_places_is_two_passages():
    document = read("# 东区\n\n已经完工。\n\n# 西区\n\n已经完工。\n", "a.md")

    first, second = split(document)

    assert first.text == second.text
    assert first.chunk_id != second.chunk_id


# --- large and odd -------------------------------------------------------------------------------


def test_one_line_of_ten_megabytes_is_read_and_split():
    text = ("今年全市新建养老驿站十二个，完成率为百分之一百零二点五。" * 130_000)[:3_500_000]

    document = read(text)
    chunks = split(document)

    assert len(text.encode()) > 10_000_000
    assert sum(len(chunk.text) for chunk in chunks) == len(text)
    assert max(len(chunk.text) for chunk in chunks) <= 400


def test_a_hundred_thousand_blank_lines_change_nothing_but_the_line_number():
    (chunk,) = split(read("开头。" + "\n" * 100_000 + "结尾。"))

    assert chunk.text == "开头。\n结尾。"
    assert (chunk.line_start, chunk.line_end) == (1, 100_001)


@pytest.mark.parametrize("text", ["“（《" * 30_000, "啊。" * 30_000, "." * 60_000, "。" * 60_000])
def test_marks_without_end_do_no_harm(text):
    assert "".join(chunk.text for chunk in split(read(text))) == text
