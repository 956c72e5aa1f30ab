"""The source beside the answer, and permalinks."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from chat import ASKED, EDITED, ROOT, Visit, playwright

expect = playwright.expect


def test_the_source_opens_at_the_cited_lines(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    cited = visit.sheet.locator(".line.cited")
    expect(cited.filter(has_text="2700万元")).to_be_in_viewport()
    expect(visit.sheet.locator("h2")).to_contain_text("花园口镇主题教育")
    lines = (ROOT / "seeds" / "004_6f6e1652de062d90.txt").read_text("utf-8").split("\n")
    for line in visit.sheet.locator(".line").all():
        number = int(line.get_attribute("data-number") or 0)
        assert line.locator(".words").text_content() == lines[number - 1]


def test_of_the_cited_lines_the_sentence_that_answers_is_marked(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    quoted = visit.verdict.locator("blockquote").text_content() or ""
    visit.verdict.locator(".cite").click()
    expect(visit.sheet.locator("mark.answering").first).to_be_in_viewport()
    marked = "".join(visit.sheet.locator("mark.answering").all_text_contents())
    assert "".join(marked.split()) == "".join(quoted.split())


def test_previous_and_next_go_through_the_passages(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    expect(visit.sheet.get_by_role("button", name="上一条")).to_be_disabled()
    visit.sheet.get_by_role("button", name="下一条").click()
    expect(visit.sheet.locator(".count")).to_contain_text("第 2 条，共 5 条")
    expect(visit.page.locator(".hits > li").nth(1).locator(".hit")).to_have_class("hit low opened")
    visit.sheet.get_by_role("button", name="上一条").click()
    expect(visit.sheet.locator(".count")).to_contain_text("第 1 条")


def test_on_a_wide_screen_the_answer_stays_readable_beside_the_source(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    visit.page.locator("body.beside").wait_for()
    quotation = visit.verdict.locator("blockquote").bounding_box()
    sheet = visit.sheet.bounding_box()
    assert quotation and sheet
    assert quotation["x"] + quotation["width"] <= sheet["x"]


def test_on_a_phone_the_source_is_a_sheet_over_the_answer(visit: Visit, address: str) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    box = visit.sheet.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] > 0
    expect(visit.sheet.locator(".line.cited").filter(has_text="2700万元")).to_be_in_viewport()
    visit.sheet.get_by_role("button", name="关闭").click()
    expect(visit.sheet).to_have_count(0)


def test_a_file_that_changed_or_went_since_indexing_says_so(
    visit: Visit, address: str, docs: Path
) -> None:
    visit.open(address).ask("白石桥村今年采摘石榴多少斤？")
    expect(visit.verdict.locator("blockquote")).to_contain_text("两万斤")
    try:
        (docs / "石榴.txt").write_text(EDITED.replace("两万斤", "一万斤"), "utf-8")
        visit.verdict.locator(".cite").click()
        expect(visit.sheet.locator(".notice")).to_contain_text("改动过")
        expect(visit.sheet.locator(".as-indexed")).to_contain_text("两万斤")
        expect(visit.sheet.locator(".lines")).to_contain_text("一万斤")
        expect(visit.sheet.locator("mark")).to_have_count(0)
        visit.sheet.get_by_role("button", name="关闭").click()
        (docs / "石榴.txt").unlink()
        visit.verdict.locator(".cite").click()
        expect(visit.sheet.locator(".notice")).to_contain_text("不在原处")
    finally:
        (docs / "石榴.txt").write_text(EDITED, "utf-8")


def test_a_copied_link_opens_the_passage_with_its_source(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.page.locator(".hit").first.get_by_role("button", name="复制链接").click()
    expect(visit.button("已复制").first).to_be_visible()
    link = visit.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(address + "/?cite=004_6f6e1652de062d90.txt%40")
    visit.page.goto(link)
    expect(visit.page.locator(".permalink .passage")).to_contain_text("2700万元")
    expect(visit.sheet.locator(".line.cited").filter(has_text="2700万元")).to_be_in_viewport()
    visit.ask(ASKED)
    expect(visit.page.locator(".permalink")).to_have_count(0)


def test_a_link_to_a_passage_that_is_gone_says_so(visit: Visit, address: str) -> None:
    visit.open(address, "/?cite=" + quote("旧文件.txt@120"))
    expect(visit.page.locator(".cited-gone")).to_contain_text("不在现在的索引里")
    expect(visit.page.locator(".cited-gone")).to_contain_text("旧文件.txt")
    visit.ask(ASKED)
    expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
