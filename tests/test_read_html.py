"""Of a web page the article is read, in the encoding that a browser finds, and nothing is lost."""

from __future__ import annotations

import pytest

from rag.errors import FileEmpty, NestedTooDeep, TextDamaged
from rag.intake.passages import check
from rag.read import Loaded, parse
from rag.split import split

WORDS = "首页 新闻中心 政务公开 办事服务 互动交流".split()
NAVIGATION = "".join(f'<li><a href="/{n}">{word}</a></li>' for n, word in enumerate(WORDS))
NEWS = "".join(
    f'<li><a href="/n{n}">{line}</a></li>'
    for n, line in enumerate(("县里召开春季防火工作会议", "三名教师获评优秀班主任", "公交线路调整"))
)
FOOT = "<p>主办：青河县人民政府办公室　网站标识码：4100000012</p><a href=/m>网站地图</a>"
PARAGRAPHS = (
    "　　本报讯（记者 李晓明）3月12日，县里通报民生实事进展。计划新建养老驿站12个，已开工9个。",
    "　　县民政局负责人表示，驿站将为老人提供助餐、助浴等服务，每餐收费不高于12元。",
    "　　全年还要改造46个小区，涉及居民8300户，6月底前全部开工。",
)
BODY = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)

TRADITIONAL = str.maketrans(
    "过页闻务开办动讯记晓县里报进划个养驿负责为浴类务项区户题点会议师获评优线调热站图办织政号识码标",
    "過頁聞務開辦動訊記曉縣裡報進劃個養驛負責為浴類務項區戶題點會議師獲評優線調熱站圖辦織政號識碼標",
)


def web(body, head="", charset="utf-8"):
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>'
        f"民生实事过半开工_青河县</title>{head}</head><body><ul class=nav>{NAVIGATION}</ul>{body}"
        f"<div class=side><h3>热点</h3>"
        f"<ul>{NEWS}</ul></div><div class=footer>{FOOT}</div></body></html>"
    )


def read(data, source="a.html"):
    document = parse(Loaded(source, data if isinstance(data, bytes) else data.encode(), "0" * 64))
    check(document, split(document))
    return document


def said(document):
    return "\n".join(chunk.text for chunk in split(document))


SHAPES = {
    "paragraphs": f"<div class=content><h1>民生实事过半开工</h1>{BODY}</div>",
    "divs": "<div><div>民生实事过半开工</div>" + BODY.replace("p>", "div>") + "</div>",
    "line breaks in a table": "<table><tr><td><b>民生实事过半开工</b><br>"
    + "<br>".join(PARAGRAPHS)
    + "</td></tr></table>",
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_the_article_is_read_and_the_navigation_is_not(body):
    document = read(web(body))
    text = said(document)
    assert all(each.strip() in text for each in PARAGRAPHS)
    assert not any(word in text for word in (*WORDS, "防火", "网站地图", "标识码"))
    assert [article.title for article in document.articles] == ["民生实事过半开工"]


def test_what_stands_around_the_article_is_in_the_text_and_in_no_passage():
    document = read(web(SHAPES["paragraphs"]))
    apart = [document.text[start:end] for start, end in document.furniture]
    assert {*WORDS, "网站地图"} <= set(apart)


def test_a_short_notice_is_an_article_too():
    notice = "因管道检修，4月2日8时至20时东关社区停水，请居民提前储水。"
    assert said(read(web(f"<div><h2>停水通知</h2><p>{notice}</p></div>"))) == notice


def test_a_paragraph_is_a_line():
    document = read(web(SHAPES["paragraphs"]))
    (chunk,) = split(document)
    lines = document.text.split("\n")[chunk.line_start - 1 : chunk.line_end]
    assert [line.strip() for line in lines] == [each.strip() for each in PARAGRAPHS]


def test_a_table_is_read_row_by_row_with_its_header():
    table = (
        "<table><tr><th rowspan=2>乡镇</th><th colspan=2>产量</th></tr><tr><th>小麦</th>"
        "<th>玉米</th></tr><tr><td>临河镇</td><td>1200</td><td>3400</td></tr></table>"
    )
    text = said(
        read(web(f"<div><h1>各乡镇粮食产量</h1><p>单位是吨，由统计局公布。</p>{table}</div>"))
    )
    assert "乡镇：临河镇；产量 小麦：1200；产量 玉米：3400" in text


def test_lists_keep_their_numbers_and_headings_their_depth():
    body = (
        "<div><h1>办事指南</h1><h2>申请条件</h2><ul><li>年满60周岁的本县户籍老人；</li></ul>"
        "<h2>办理流程</h2><ol><li>向社区提出申请，填写表格。</li><li>街道在5日内审核。</li></ol></div>"
    )
    chunks = split(read(web(body)))
    assert [(chunk.title, chunk.section) for chunk in chunks] == [
        ("办事指南", "申请条件"),
        ("办事指南", "办理流程"),
    ]
    assert chunks[1].text == "1. 向社区提出申请，填写表格。\n2. 街道在5日内审核。"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("gb2312", "gb18030"),
        ("gbk", "gb18030"),
        ("big5", "big5hkscs"),
        ("utf-8", "utf-8"),
        ("gb2312", "utf-8"),  # a false declaration: the bytes are UTF-8 beyond doubt
        ("utf-8", "gb18030"),
        ("utf-8", "utf-16"),  # with a mark, which counts most
        ("", "gb18030"),
        ("no-such-charset", "utf-8"),
    ],
)
def test_the_encoding_is_found_as_a_browser_finds_it(declared, encoding):
    page = web(SHAPES["paragraphs"], charset=declared)
    if encoding == "big5hkscs":
        page = page.translate(TRADITIONAL).encode(encoding, "xmlcharrefreplace").decode(encoding)
    text = said(read(page.encode(encoding)))
    assert "驿站12个" in text or "驛站12個" in text


def test_an_older_declaration_counts_too():
    page = "<html><head><META http-equiv=Content-Type content='text/html; charset=gb2312'></head>"
    page += f"<body>{BODY}</body></html>"
    assert read(page.encode("gbk")).encoding == "gb18030"


def test_a_page_that_is_cut_in_the_middle_of_a_character_is_refused_with_the_place():
    with pytest.raises(TextDamaged):
        read(web(SHAPES["paragraphs"]).encode()[:-900][:-1] + b"\xe5")


def test_what_a_page_states_of_itself_is_known():
    head = (
        '<meta name="ArticleTitle" content="民生实事过半开工">'
        '<meta name="PubDate" content="2024-03-13">'
        '<meta name="SiteName" content="青河县人民政府">'
    )
    (article,) = read(web(SHAPES["divs"], head)).articles
    assert (article.title, article.date) == ("民生实事过半开工", "2024-03-13")
    assert (article.metadata.publisher, article.metadata.issued) == ("青河县人民政府", "2024-03-13")


def test_json_ld_states_the_same():
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "过半开工", '
        '"datePublished": "2024-03-13T08:00:00+08:00", "publisher": {"name": "青河日报"}}</script>'
    )
    (article,) = read(web(SHAPES["divs"], head)).articles
    assert (article.title, article.metadata.issued) == ("过半开工", "2024-03-13")
    assert article.metadata.publisher == "青河日报"


@pytest.mark.parametrize("name", ["a.txt", "a.doc", "a.xls", "page"])
def test_a_page_is_told_by_its_contents(name):
    assert read(web(SHAPES["divs"]), name).text == read(web(SHAPES["divs"])).text


def test_what_nobody_sees_is_not_read():
    body = f"<style>p {{}}</style><script>alert(1)</script><p hidden>暗处</p>{BODY}<!-- 注释 -->"
    assert not {"alert", "暗处", "注释"} & set(read(web(body)).text.split())


@pytest.mark.parametrize("page", ["<html></html>", "<!doctype html><p>&nbsp;</p>", "<html><body>"])
def test_a_page_without_words_is_empty(page):
    with pytest.raises(FileEmpty):
        read(page)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 200 + BODY,
        "<b>" * 900 + BODY,
        f"<ol start=99999999999999999><li>{BODY}",
        f"<table><tr><td colspan=999999 rowspan=999999>{BODY}</td><td>b<tr><td>c</table>",
        f'<script type="application/ld+json">{"[" * 50_000}</script>{BODY}',
        f"<p>𰀀𰀁𰀂{BODY}&#xD800;&#0;&#x110000;",
        f"<!DOCTYPE html [<!ENTITY a '&a;&a;'>]><html>{BODY}&a;",
    ],
    ids="deep bold number span json marks entity".split(),
)
def test_a_nasty_page_is_read_all_the_same(page):
    assert "养老驿站12个" in read(page).text


@pytest.mark.parametrize("tag", ["<div>", "<table><tr><td>", "<b>"])
def test_a_page_that_is_nested_beyond_measure_is_refused_not_cut(tag):
    with pytest.raises(NestedTooDeep):
        read(tag * 20_000 + BODY)
