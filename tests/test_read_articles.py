"""A page is split into its articles, and what broke its sentences is repaired."""

import random
from pathlib import Path

import pytest
from newspaper_texts import STORIES

from rag.read import Loaded, bare, parse
from rag.types import BlockKind, Document

SEEDS = Path(__file__).parent.parent / "seeds"


def read(text: str, name: str = "page.txt") -> Document:
    return parse(Loaded(name, text.encode(), "0" * 64))


def seed(number: str) -> Document:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return parse(Loaded(path.name, path.read_bytes(), "0" * 64))


def texts(document: Document, *kinds: BlockKind) -> list[str]:
    return [
        block.text
        for article in document.articles
        for block in article.blocks
        if not kinds or block.kind in kinds
    ]


# --- the five reports ----------------------------------------------------------------------------

TITLES = {
    "000": [
        "入户走访1.2万余户2.8万余人次,征集并梳理群众诉求3231条 走好关键“三步” 办实办细实事",
        "中原区文化旅游体育局 聚焦群众所盼 让文化服务丰富多元",
        "中原区教育系统 用好红色资源 传承红色精神 切实抓好青少年党史学习教育",
        "绿东村街道 这些举措 切实解决群众“烦心事”",
    ],
    "001": [
        "中原区真学笃行 牢牢把握“为民办实事”基本着力点 "
        "高质量开展党史学习教育 把学习成效转化为工作质效",
        "中原区春季干部培训班开班",
        "中原区人大常委会视察 退役军人事务工作开展情况",
        "中原区举行 政法队伍先进事迹报告会",
    ],
    "002": [
        "践行为民初心 厚植为民情怀",
        "文峰区(高新区) 学习贯彻党代会精神",
        "育才西社区 把党代会精神传入千家万户",
        "光华路街道 抓好大气污染防治 持续改善空气质量",
        "区人社局仲裁院 专递送达零接触 云端服务拓新局",
        None,  # a photo with its story
        "图说新闻",
        "民生无小事 枝叶总关情",
        None,  # the page's slogan
    ],
    "003": ["紧扣群众需求 办好民生实事", "以“一谈三微”小举措撬动中原社区治理“大格局”"],
    "004": [
        "上街区济源路街道抓牢“321”党建项目工作机制 让群众感受主题教育带来的“温度”",
        "郑东新区农贸市场“食安创建”成效可期",
        "郑东新区如意湖办事处 2100人次参加技能培训",
        "新加坡教育同仁 造访郑州七十七中",
        "惠济区花园口镇主题教育在“路”上 道路修复赢群众点赞",
    ],
}


@pytest.mark.parametrize("number", TITLES)
def test_each_report_falls_into_the_articles_that_are_printed(number):
    assert [article.title for article in seed(number).articles] == TITLES[number]


@pytest.mark.parametrize(
    ("number", "bylines"),
    [
        (
            "000",
            [
                "记者 张改华 通讯员 王洋",
                "记者 张改华 常静静 王景碧",
                "记者 张改华",
                "记者 张改华 通讯员 钟文华 史冬梅",
            ],
        ),
        (
            "001",
            [
                "记者 张改华 通讯员 吕杨子",
                "记者 张改华 通讯员 潘铁楠 王维",
                "记者 张改华 通讯员 张磊",
                "记者 张改华 通讯员 赵欢",
            ],
        ),
        ("003", ["记者 鲁燕", "记者 鲁燕 通讯员 蔡青 宋少康 文/图"]),
    ],
)
def test_each_article_has_its_byline(number, bylines):
    assert [article.byline for article in seed(number).articles] == bylines


def test_a_subheadline_is_told_from_the_headline():
    article = seed("002").articles[0]

    assert article.subtitle == "——文峰区(高新区)开展“我为群众办实事”实践活动纪实"
    assert article.byline == "本报记者 周俊英 通讯员 张梦珂"


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("000", "全区近40名县处级领导干部每人联系两个基层单位"),
        ("001", "芝麻街双创园作为河南省重点建设项目之一"),
        ("001", "通过开展座谈、问卷调查、开设群众意见箱和实地走访等多种形式"),
        ("002", "了解受影响的农田和当前农民秋收秋种情况。"),
        ("002", "在区委第三巡察组的持续跟踪督办下,施工队加班加点"),
        ("003", "●对5条区管道路进行改造提升;新建公厕10座"),
        ("003", "三官庙街道郑上路社区助餐点,中原西路街道绿都社区助餐点)"),
        ("003", "形成中原区社区发展治理优秀案例。案例以图文并茂的形式"),
        ("004", "人多了,车多了,老百姓的路还好走吗?"),
    ],
)
def test_a_sentence_that_a_column_broke_is_whole_again(number, sentence):
    assert any(sentence in text for text in texts(seed(number)))


def test_a_caption_between_the_halves_of_a_sentence_stands_apart():
    captions = texts(seed("002"), BlockKind.CAPTION)

    assert "区委第三巡察组在施工现场督导(资料图)" in captions


def test_each_point_of_a_list_is_a_block():
    assert len(texts(seed("003"), BlockKind.LIST_ITEM)) == 10


@pytest.mark.parametrize(
    ("number", "headings"),
    [
        (
            "000",
            [
                "注重三个“全” 走好民情民意征集步",
                "找准三个“点” 走好精心制定方案步",
                "抓好三个“实” 走好分层分类实施步",
            ],
        ),
        (
            "004",
            [
                "三个导向定项目",
                "把党员干部的身心凝聚到为民服务上",
                "两个关键抓落实",
                "把无形的组织力转化为有形的服务力",
                "一条标准重评价",
                "把以人民为中心的发展理念落到实处",
            ],
        ),
    ],
)
def test_headings_within_an_article_begin_no_new_one(number, headings):
    assert texts(seed(number), BlockKind.HEADING) == headings


# --- reports that look different -----------------------------------------------------------------

GOVERNMENT = """# 某市2023年政府工作报告

——2023年1月5日在某市第五届人民代表大会第三次会议上

市长 李晓敏

各位代表：

现在，我代表市人民政府向大会报告工作，请予审议。

## 一、2022年工作回顾

过去一年，全市生产总值增长5.2%，达到1.2万亿元。

（一）稳增长成效明显。新增企业3万家，工业增加值增长6%。

（二）民生持续改善

新建学校12所，新增学位2700个。

## 二、2023年重点工作

抓项目、促消费、稳外贸。
"""


def test_a_government_report_is_one_article_with_sections():
    (article,) = read(GOVERNMENT, "report.md").articles

    assert article.title == "某市2023年政府工作报告"
    assert article.subtitle == "——2023年1月5日在某市第五届人民代表大会第三次会议上"
    assert article.byline == "市长 李晓敏"
    assert article.date == "2023年1月5日"
    assert [b.text for b in article.blocks if b.kind is BlockKind.HEADING] == [
        "## 一、2022年工作回顾",
        "（二）民生持续改善",
        "## 二、2023年重点工作",
    ]


def test_a_government_report_without_marks_or_blank_lines_is_the_same():
    text = "\n".join(line.lstrip("# ") for line in GOVERNMENT.splitlines() if line)

    (article,) = read(text).articles

    assert article.title == "某市2023年政府工作报告"
    assert [b.text for b in article.blocks if b.kind is BlockKind.HEADING] == [
        "一、2022年工作回顾",
        "（二）民生持续改善",
        "二、2023年重点工作",
    ]


def test_a_news_item_has_its_agency_byline_and_date():
    (article,) = read(
        "四国外长商讨停火\n新华社柏林1月22日电（记者商婧）四国外长21日晚举行会晤。\n会晤持续两小时。（完）\n"
    ).articles

    assert (article.title, article.byline, article.date) == (
        "四国外长商讨停火",
        "记者商婧",
        "1月22日",
    )


def test_a_long_report_signed_at_its_very_end_is_one_article():
    document = read(
        "老街换新颜\n\n一年来，老街变了样，居民都说好。\n\n水通了\n\n新铺水管三公里，家家通水。\n\n"
        "灯亮了\n\n新装路灯二百盏，夜路不再黑。（记者 张改华）\n"
    )

    assert [article.title for article in document.articles] == ["老街换新颜"]
    assert document.articles[0].byline == "记者 张改华"


def test_articles_that_are_each_signed_at_the_end_are_told_apart():
    document = read(
        "水通了\n\n新铺水管三公里，家家通水。记者 张改华\n\n"
        "灯亮了\n\n新装路灯二百盏，夜路不再黑。记者 刘斐\n"
    )

    assert [(a.title, a.byline) for a in document.articles] == [
        ("水通了", "记者 张改华"),
        ("灯亮了", "记者 刘斐"),
    ]


def test_news_without_a_headline_begins_an_article_all_the_same():
    document = read("水通了\n\n本报讯 新铺水管三公里。\n\n本报讯（记者 刘斐）新装路灯二百盏。\n")

    assert [a.title for a in document.articles] == ["水通了", None]


def test_each_first_level_heading_of_markdown_begins_an_article():
    document = read("# 水务\n\n新铺水管三公里。\n\n# 路灯\n\n新装路灯二百盏。\n", "a.md")

    assert [a.title for a in document.articles] == ["水务", "路灯"]


def test_text_wrapped_at_seventy_columns_is_joined_and_its_paragraphs_kept():
    first = "今年以来全市新建养老驿站十二个，覆盖十四个街道，服务老人三千余名。" * 5
    second = "下一步将继续扩大覆盖面，让更多老人在家门口吃上热饭，得到照料。" * 4
    wrapped = "\n".join(
        t[i : i + 35] for t in (first, "　　" + second) for i in range(0, len(t), 35)
    )

    assert [text.strip() for text in texts(read(wrapped))] == [first, second]


def test_a_wrapped_english_mail_keeps_its_spaces_headers_and_list():
    document = read(
        "From: the office\nSubject: Quarterly report\n\n"
        "The committee met on Tuesday, 3 May, and agreed that the budget for the\n"
        "coming year will rise by 3.5 percent to 1.2 million. The St. Louis branch of the U.S.\n"
        "office said that work would start in June.\n\n"
        "  - first item, which is rather long and goes on in the next line since\n"
        "    it is wrapped\n  - second item\n"
    )

    assert texts(document) == [
        "From: the office",
        "Subject: Quarterly report",
        "The committee met on Tuesday, 3 May, and agreed that the budget for the "
        "coming year will rise by 3.5 percent to 1.2 million. The St. Louis branch of the U.S. "
        "office said that work would start in June.",
        "- first item, which is rather long and goes on in the next line since it is wrapped",
        "- second item",
    ]


def test_markdown_keeps_rows_code_and_underlined_headings():
    document = read(
        "---\ntitle: x\n---\n\n年度报告\n========\n\n开头一段。\n\n| 项目 | 数量 |\n| --- | --- |\n"
        "| 驿站 | 12 |\n\n```\n# 不是标题\n```\n",
        "a.md",
    )

    assert document.articles[0].title == "x"  # as stated
    assert texts(document, BlockKind.TABLE_ROW)[-1] == "| 驿站 | 12 |"
    assert "# 不是标题" in texts(document, BlockKind.PARAGRAPH)
    assert "title: x" in texts(document, BlockKind.BYLINE)


def test_a_number_torn_in_two_is_one_number_again():
    assert "地区生产总值达到12345亿元，增长6.5%，创历史新高。" in texts(
        read("开头一段在这里。\n\n地区生产总值达到123\n\n45亿元，增长6.5%，创历史新高。\n")
    )


def test_an_untagged_caption_within_a_torn_word_stands_apart():
    document = read(
        "工作组来到现场，入户走访群众，了解民情民意，掌握实际困难，征求意见，并了解受影\n\n"
        "工作人员走访农户\n\n响的农田情况，逐一登记造册。\n"
    )

    assert texts(document, BlockKind.CAPTION) == ["工作人员走访农户"]
    assert any("了解受影响的农田" in text for text in texts(document))


def test_a_heading_after_a_finished_paragraph_is_not_swallowed():
    document = read("第一段到这里结束了。\n\n健全工作机制\n\n第二段从这里开始，讲机制。\n")

    assert "健全工作机制" in texts(document, BlockKind.HEADING)


def test_a_headline_may_ask_and_call():
    document = read(
        "养老驿站好用吗？\n\n本报讯 新建驿站十二个。\n\n夜路亮起来！\n\n本报讯 新装路灯二百盏。\n"
    )

    assert [a.title for a in document.articles] == ["养老驿站好用吗？", "夜路亮起来！"]


def test_a_headline_after_a_text_that_was_cut_off_is_not_swallowed():
    document = read(
        "水通了\n\n本报讯 新铺水管三公里，家家户户都通上了自来水，居民拍手叫好并表\n\n"
        "明珠社区亮起路灯\n\n本报讯 新装路灯二百盏。\n"
    )

    assert [a.title for a in document.articles] == ["水通了", "明珠社区亮起路灯"]


def test_a_photo_story_within_an_article_is_an_article_of_its_own():
    story = "连日来，社区开展宣传活动，居民踊跃参加。图为活动现场。（张改华 摄）"
    document = read(f"水通了\n\n本报讯 新铺水管三公里。\n\n{story}\n\n居民都说好。\n")

    assert [a.title for a in document.articles] == ["水通了", None]
    assert texts(document, BlockKind.CAPTION) == [story]


def test_line_ends_stay_in_the_text():
    assert read("一行。\r\n二行。\r三行。\n").text == "一行。\r\n二行。\r三行。\n"


def broken_anywhere(stories, share=0.03):
    """Each paragraph with line breaks behind characters of any kind, as a conversion leaves it."""
    chance = random.Random(4)
    pieces = [text for title, paragraphs in stories for text in (title, *paragraphs)]
    return "\n\n".join(
        "".join(char + "\n" * (chance.random() < share) for char in text) for text in pieces
    )


def test_sentences_that_break_off_anywhere_are_whole_again():
    document = read(broken_anywhere(STORIES))
    said = {bare(block.text) for article in document.articles for block in article.blocks}
    pieces = [bare(text) for title, paragraphs in STORIES for text in (title, *paragraphs)]
    assert len([piece for piece in pieces if piece not in said]) <= 0.05 * len(pieces)


def test_a_list_without_marks_is_not_taken_for_a_text_that_breaks_off():
    names = "\n".join(("东风路街道", "望湖新区", "柳林口村", "青杨岭乡", "白石桥乡", "临河镇") * 3)
    document = read(f"获奖名单\n\n{names}\n\n以上单位予以表彰。\n\n特此通报。\n")
    blocks = [block.text for article in document.articles for block in article.blocks]
    assert "东风路街道望湖新区" not in bare("".join(f"{text}|" for text in blocks))
