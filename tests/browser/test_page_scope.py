"""What is indexed, and where a question is looked for."""

from __future__ import annotations

from pathlib import Path

from chat import ASKED, Visit, playwright
from serving import serving

from rag.build import build

expect = playwright.expect


def opened(visit: Visit, address: str) -> Visit:
    visit.open(address)
    visit.page.locator(".chip-button").click()
    expect(visit.drawer).to_be_visible()
    return visit


def test_the_documents_are_listed_with_counts_and_since_when(visit: Visit, address: str) -> None:
    opened(visit, address)
    expect(visit.drawer.locator(".counts")).to_contain_text("8 份文件")
    expect(visit.drawer.locator(".counts")).to_contain_text("建立索引")
    row = visit.drawer.locator(".list > li", has_text="石榴.txt")
    expect(row).to_contain_text("1 段")
    expect(row).to_contain_text("白石桥村的石榴")
    expect(visit.page.locator(".holdings")).to_contain_text("8 份文件")


def test_a_question_is_limited_to_chosen_documents(visit: Visit, address: str) -> None:
    opened(visit, address)
    visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    expect(visit.page.locator(".chip")).to_contain_text("石榴.txt")
    visit.page.keyboard.press("Escape")
    visit.ask("今年采摘石榴多少斤？")
    sources = visit.page.locator(".hit .where").all_text_contents()
    assert sources
    assert all("石榴.txt" in source for source in sources)
    expect(visit.turns.last.locator(".limited")).to_contain_text("石榴.txt")


def test_what_the_scope_leaves_out_is_offered_where_it_hides_the_answer(
    visit: Visit, address: str
) -> None:
    opened(visit, address)
    visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    visit.page.keyboard.press("Escape")
    visit.ask(ASKED)
    expect(visit.verdict).to_contain_text("在所选范围里没有找到答案")
    visit.verdict.get_by_role("button", name="改查全部文件").click()
    expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
    expect(visit.page.locator(".chip")).to_have_count(0)
    expect(visit.turns).to_have_count(1)


def test_a_question_is_limited_to_one_article(visit: Visit, address: str) -> None:
    opened(visit, address)
    row = visit.drawer.locator(".list > li", has_text="水渠.txt")
    row.locator("summary").click()
    row.locator("li", has_text="柳树沟再修水渠").get_by_role("button").click()
    expect(visit.page.locator(".chip")).to_contain_text("《柳树沟再修水渠》")
    visit.page.keyboard.press("Escape")
    visit.ask("柳树沟村的水渠全长多少米？")
    expect(visit.verdict.locator("blockquote")).to_contain_text("六千五百米")
    expect(visit.page.locator(".hit")).to_have_count(1)


def test_a_question_is_limited_to_a_kind_of_file(visit: Visit, address: str) -> None:
    opened(visit, address)
    visit.drawer.get_by_role("checkbox", name="MD (1)").check()
    expect(visit.page.locator(".chip")).to_contain_text("MD")
    visit.page.keyboard.press("Escape")
    visit.ask("水库投放了多少鱼苗？")
    sources = visit.page.locator(".hit .where").all_text_contents()
    assert sources
    assert all(".md" in source for source in sources)


def test_a_question_is_limited_to_dates(visit: Visit, address: str) -> None:
    opened(visit, address)
    visit.drawer.get_by_label("从").fill("2023-01-01")
    expect(visit.page.locator(".chip")).to_contain_text("2023-01-01 起")
    visit.page.keyboard.press("Escape")
    visit.ask("柳树沟村的水渠全长多少米？")
    expect(visit.verdict.locator("blockquote")).to_contain_text("六千五百米")
    expect(visit.page.locator(".hits")).not_to_contain_text("四千二百米")


def test_a_limit_is_taken_away_at_its_chip_and_all_of_them_at_once(
    visit: Visit, address: str
) -> None:
    opened(visit, address)
    visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    visit.drawer.get_by_role("checkbox", name="水渠.txt").check()
    expect(visit.page.locator(".chip")).to_contain_text("2 份文件")
    visit.drawer.get_by_role("button", name="清除范围").click()
    expect(visit.page.locator(".chip")).to_have_count(0)
    expect(visit.drawer.get_by_role("checkbox", name="石榴.txt")).not_to_be_checked()
    visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    visit.page.keyboard.press("Escape")
    visit.page.locator(".chip").get_by_role("button").click()
    expect(visit.page.locator(".chip")).to_have_count(0)


def test_a_document_is_found_by_its_name_and_by_a_headline(visit: Visit, address: str) -> None:
    opened(visit, address)
    rows = visit.drawer.locator(".list > li")
    visit.drawer.get_by_role("searchbox").fill("石榴.")
    expect(rows).to_have_count(1)
    visit.drawer.get_by_role("searchbox").fill("花园口镇主题教育")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("004_6f6e1652de062d90.txt")
    visit.drawer.get_by_role("searchbox").fill("没有这样的文件")
    expect(visit.drawer.locator(".documents")).to_contain_text("没有名字或题目含有这些字的文件")


def test_a_question_never_overtakes_the_limit_that_was_set_before_it(
    visit: Visit, address: str
) -> None:
    opened(visit, address)
    held: list[playwright.Route] = []
    visit.page.route("**/queue/join*", lambda route: held.append(route), times=1)
    visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    visit.page.keyboard.press("Escape")
    visit.ask(ASKED)
    expect(visit.verdict).to_contain_text("在所选范围里没有找到答案")
    held[0].continue_()
    expect(visit.page.locator(".chip")).to_contain_text("石榴.txt")


def test_what_is_asked_while_the_stream_of_answers_closes_is_answered(
    visit: Visit, address: str
) -> None:
    opened(visit, address)
    held: list[tuple[playwright.Route, playwright.APIResponse]] = []
    with visit.page.expect_request("**/queue/data*"):
        visit.page.route(
            "**/queue/data*", lambda route: held.append((route, route.fetch())), times=1
        )
        visit.drawer.get_by_role("checkbox", name="石榴.txt").check()
    visit.page.keyboard.press("Escape")
    visit.box.fill(ASKED)
    with visit.page.expect_response("**/queue/join*"):
        visit.box.press("Enter")
    [(route, closed)] = held
    assert "close_stream" in closed.text()
    route.fulfill(response=closed)
    expect(visit.turns).to_have_count(1)
    expect(visit.verdict).to_contain_text("在所选范围里没有找到答案")


def test_the_list_stands_still_under_the_finger_that_ticks(visit: Visit, address: str) -> None:
    opened(visit, address)
    before = visit.drawer.locator(".file").all_text_contents()
    visit.drawer.get_by_role("checkbox", name=before[-1]).check()
    expect(visit.page.locator(".chip")).to_contain_text(before[-1])
    assert visit.drawer.locator(".file").all_text_contents() == before


def test_a_question_is_limited_to_what_passages_name(visit: Visit, address: str) -> None:
    opened(visit, address)
    place, person = visit.drawer.get_by_label("地点"), visit.drawer.get_by_label("人物")
    place.fill("花园口")  # a part of the name
    place.press("Enter")
    person.fill("何田")  # before the page has answered
    expect(visit.page.locator(".chip")).to_have_text("地点：花园口去掉：地点：花园口")
    expect(person).to_have_value("何田")
    person.press("Enter")
    expect(visit.page.locator(".chip")).to_have_count(2)
    visit.page.locator(".chip").first.get_by_role("button").evaluate("button => button.click()")
    expect(visit.page.locator(".chip")).to_have_text(["人物：何田去掉：人物：何田"])
    expect(place).to_have_value("")
    visit.page.keyboard.press("Escape")
    visit.ask("柳树沟村修的水渠有多少米？")
    expect(visit.page.locator(".hit")).to_have_count(2)
    expect(visit.turns.last.locator(".limited")).to_contain_text("人物：何田")


def test_a_publisher_is_chosen_from_those_that_occur(visit: Visit, address: str) -> None:
    opened(visit, address)
    publisher = visit.drawer.get_by_label("报刊或发布机构")
    assert publisher.locator("option").all_text_contents() == ["不限", "<b>青杨岭</b>渔业报"]
    publisher.select_option("<b>青杨岭</b>渔业报")
    expect(visit.page.locator(".chip")).to_contain_text("<b>青杨岭</b>渔业报")
    visit.page.keyboard.press("Escape")
    visit.ask("今年投放鱼苗多少尾？")
    expect(visit.verdict.locator("blockquote")).to_contain_text("八千尾")
    expect(visit.page.locator(".hit")).to_have_count(1)
    visit.page.locator(".chip").get_by_role("button").click()
    expect(visit.page.locator(".chip")).to_have_count(0)
    visit.page.locator(".chip-button").click()
    expect(publisher).to_have_value("")


def test_names_that_do_not_occur_are_not_offered(visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "石榴.txt").write_text("今年的石榴又大又红，收成比去年多了三成。", "utf-8")
    build(folder, tmp_path / "index")
    with serving(tmp_path / "index", folder) as address:
        opened(visit, address)
        expect(visit.drawer.get_by_role("searchbox")).to_be_visible()
        expect(visit.drawer.locator("fieldset")).to_have_count(0)
