"""Conversations, kept in the browser."""

from __future__ import annotations

from pathlib import Path

from chat import ASKED, ROOT, UNKNOWN, Visit, playwright, visiting
from serving import serving

from rag.build import build

expect = playwright.expect
OTHER = "中原区打通了几条断头路？"


def menu(visit: Visit, row: int, act: str) -> None:
    """Do something with a conversation of the list."""
    visit.history.nth(row).hover()
    visit.history.nth(row).locator("summary").click()
    visit.history.nth(row).get_by_role("button", name=act).click()


def test_a_conversation_is_listed_and_comes_back_after_a_reload(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED).ask("那花了多少钱？")
    expect(visit.history).to_have_count(1)
    visit.open(address)
    expect(visit.turns).to_have_count(0)
    visit.history.first.get_by_role("button", name=ASKED).first.click()
    expect(visit.turns).to_have_count(2)
    expect(visit.turns.first.locator("blockquote")).to_contain_text("2700万元")
    visit.ask(OTHER)
    expect(visit.turns).to_have_count(3)
    expect(visit.history).to_have_count(1)


def test_a_new_conversation_forgets_what_came_before(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.button("新对话").first.click()
    expect(visit.page.locator(".welcome")).to_be_visible()
    visit.ask(OTHER)
    expect(visit.turns).to_have_count(1)
    expect(visit.history).to_have_count(2)
    expect(visit.history.first).to_contain_text("断头路")


def test_a_conversation_can_be_renamed(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    menu(visit, 0, "重命名")
    field = visit.page.locator(".history input")
    field.fill("道路")
    field.press("Enter")
    expect(visit.history.first.locator(".title")).to_have_text("道路")
    visit.ask(OTHER)
    expect(visit.history.first.locator(".title")).to_have_text("道路")
    menu(visit, 0, "重命名")
    field.fill("别的")
    field.press("Escape")
    expect(visit.history.first.locator(".title")).to_have_text("道路")


def test_a_deleted_conversation_can_be_taken_back(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    menu(visit, 0, "删除")
    expect(visit.history).to_have_count(0)
    visit.button("撤销").click()
    expect(visit.history).to_have_count(1)
    menu(visit, 0, "删除")
    visit.open(address)
    expect(visit.history).to_have_count(0)


def test_a_conversation_is_exported_as_markdown_with_its_citations(
    visit: Visit, address: str, tmp_path: Path
) -> None:
    visit.open(address).ask(ASKED).ask(UNKNOWN)
    for _ in range(2):  # the one on the page, then one that only the browser keeps
        with visit.page.expect_download() as download:
            menu(visit, 0, "导出")
        assert download.value.suggested_filename.endswith(".md")
        download.value.save_as(tmp_path / "saved.md")
        saved = (tmp_path / "saved.md").read_text("utf-8")
        assert "2700万元" in saved
        assert "第 75–79 行" in saved
        assert "没有找到答案" in saved
        visit.open(address)


def test_a_page_may_be_left_while_an_answer_is_on_its_way(visit: Visit, address: str) -> None:
    for _ in range(3):
        visit.open(address).box.fill(ASKED)
        visit.box.press("Enter")
    visit.open(address).ask(OTHER)
    expect(visit.verdict.locator("blockquote")).to_contain_text("断头路")


def test_two_tabs_do_not_lose_each_others_conversations(
    visit: Visit, address: str, context: playwright.BrowserContext
) -> None:
    visit.open(address)
    for other in visiting(context):
        other.open(address).ask(ASKED)
        expect(visit.history).to_have_count(1)
        visit.ask(OTHER)
        expect(visit.history).to_have_count(2)
        expect(other.history).to_have_count(2)


def test_the_browser_keeps_questions_and_no_text_of_a_document(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    expect(visit.history).to_have_count(1)
    stored = visit.page.evaluate("JSON.stringify(localStorage)")
    assert ASKED in stored
    assert "2700万元" not in stored


def test_what_another_program_left_in_the_browser_breaks_nothing(
    visit: Visit, address: str
) -> None:
    visit.open(address)
    for left in ("{", '[{"id": 1}, null, {"id": "x", "turns": [{"q": 5}, {"q": "<b>"}]}]', "[[]]"):
        visit.page.evaluate("left => localStorage.setItem('wenju.conversations', left)", left)
        visit.open(address).ask(ASKED)
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")


def test_a_page_that_is_open_while_the_server_starts_again_goes_on_with_its_conversation(
    visit: Visit, tmp_path: Path
) -> None:
    build(ROOT / "seeds", tmp_path / "index")
    with serving(tmp_path / "index", ROOT / "seeds") as address:
        visit.open(address).ask(ASKED)
    with serving(tmp_path / "index", ROOT / "seeds", RAG_PORT=address.rpartition(":")[2]) as again:
        assert again == address
        visit.ask("那是哪个镇？")
        expect(visit.turns).to_have_count(2)
        expect(visit.turns.first.locator("blockquote")).to_contain_text("2700万元")
        expect(visit.turns.last.locator(".searched")).to_contain_text("花园口")
        expect(visit.history).to_have_count(1)
    visit.complaints.clear()  # of the server that was away
