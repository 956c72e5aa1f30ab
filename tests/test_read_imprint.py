"""What print says of itself: paper, date, page; reporters, photographer, kicker, dateline."""

from __future__ import annotations

import pytest

from rag.read import Loaded, parse
from rag.read.imprint import photographer, reporters
from rag.split import split
from rag.types import Metadata

NEWS = "山路通车\n\n本报讯（记者 甲文 通讯员 乙雪）山路昨日通车，全长三十公里。\n"
OTHER = "水渠开工\n\n新华社石门1月22日电（记者刘敏、周华）水渠昨日开工，年底完工。\n"


def articles(text):
    return parse(Loaded("page.txt", text.encode(), "0" * 64)).articles


def told(text) -> list[Metadata]:
    return [article.metadata for article in articles(text)]


@pytest.mark.parametrize(
    ("masthead", "publisher", "edition", "issued"),
    [
        ("河湾日报 2021年6月3日 星期四 第3版", "河湾日报", "3", "2021-06-03"),
        ("2021年6月3日星期四 第十二版 责任编辑：王文", None, "12", "2021-06-03"),
        ("A02版 民生 2021.6.3", None, "A02", "2021-06-03"),
        ("河湾日报\n2021年6月3日 星期四", "河湾日报", None, "2021-06-03"),
        ("03 要闻\n\n2021年6月3日 星期四", None, "3", "2021-06-03"),
        ("第三版", None, "3", None),
    ],
)
def test_a_masthead_names_paper_page_and_date(masthead, publisher, edition, issued):
    for known in told(f"{masthead}\n\n{NEWS}\n\n{OTHER}"):
        assert (known.publisher, known.edition, known.issued) == (publisher, edition, issued)


@pytest.mark.parametrize(
    "line", ["2021年6月3日起停水", "走进新时代", "第3版教材已经发到各校", "20 人", "2021年第3期"]
)
def test_what_is_no_masthead_says_nothing(line):
    assert {(k.publisher, k.edition, k.issued) for k in told(f"{line}\n\n{NEWS}")} == {(None,) * 3}


def test_a_masthead_speaks_for_what_comes_after_it_up_to_the_next():
    two = f"2021年6月3日 星期四 第1版\n\n{NEWS}\n\n2021年6月4日 星期五 第2版\n\n{OTHER}"
    assert [(k.edition, k.issued) for k in told(two)] == [
        ("1", "2021-06-03"),
        ("2", "2021-06-04"),
    ]


def test_what_two_mastheads_say_differently_is_not_known_of_what_stands_before_both():
    text = f"{NEWS}\n\n2021年6月3日 星期四\n\n{OTHER}\n\n2021年6月4日 星期五\n\n{NEWS}"
    assert [k.issued for k in told(text)][1:] == ["2021-06-03", "2021-06-04"]


def test_a_masthead_is_no_headline():
    assert [a.title for a in articles(f"04 要闻\n\n2021年6月3日 星期四\n\n{NEWS}")] == ["山路通车"]


def test_an_articles_own_imprint_comes_before_that_of_the_page():
    own = "来源：临河县统计局\n发布时间：2021-05-30"
    text = f"2021年6月3日 星期四\n\n通知\n\n{own}\n\n{'水渠开工。' * 9}\n"
    known = told(text)[-1]
    assert (known.publisher, known.issued) == ("临河县统计局", "2021-05-30")


def test_reporters_and_dateline_are_as_printed():
    first, second = told(f"{NEWS}\n\n{OTHER}")
    assert (first.reporters, first.dateline) == (("甲文",), "本报讯")
    assert (second.reporters, second.dateline) == (("刘敏", "周华"), "新华社石门1月22日电")
    assert first.issued is None  # the date of a dateline is not that of the paper


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("本报记者 张三丰 李四 通讯员 王五", ("张三丰", "李四")),
        ("记者刘敏、周华", ("刘敏", "周华")),
        ("本报记者 王 强 文/图", ("王强",)),
        ("本报评论员", ()),
        (None, ()),
    ],
)
def test_reporters_are_those_whom_a_byline_calls_so(line, names):
    assert reporters(line) == names


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("图为春耕现场。赵雪摄", "赵雪"),
        ("图为春耕。（本报记者 王文 摄）", "王文"),
        ("春耕。 李 明 摄影报道", "李明"),
        ("春耕（资料图片）", None),
    ],
)
def test_a_caption_names_its_photographer(caption, name):
    assert photographer(caption) == name


def test_who_wrote_and_took_the_pictures_is_both():
    known = told(
        "山路通车\n\n本报记者 王强 文/图\n\n山路昨日通车，全长三十公里，村民出行方便了。\n"
    )[0]
    assert (known.reporters, known.photographer) == (("王强",), "王强")


def test_kicker_and_subheadline_stand_beside_the_headline():
    body = NEWS.partition("\n\n")[2]
    text = f"一条路连起八个村\n# 山路通车\n——出行缩短四十分钟\n\n{body}"
    article = articles(text)[0]
    assert article.title == "山路通车"
    assert article.metadata.kicker == "一条路连起八个村"
    assert article.metadata.subheadline == "——出行缩短四十分钟"


def test_a_passage_knows_what_its_article_and_its_own_words_say():
    news = NEWS.replace("山路昨日", "河北省正定县的山路昨日")
    text = f"河湾日报 2021年6月3日 星期四 第3版\n\n{news}"
    document = parse(Loaded("page.txt", text.encode(), "0" * 64))
    known = split(document)[-1].metadata
    assert (known.publisher, known.edition) == ("河湾日报", "3")
    assert known.places == ("河北省", "正定县")
