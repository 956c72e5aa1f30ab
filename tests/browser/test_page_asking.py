"""A question, what it gets, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from chat import ASKED, Visit, playwright
from foreign import cross_encoder
from serving import serving

from rag.build import build

expect = playwright.expect


def test_a_question_gets_the_sentence_that_answers_with_its_citation(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask(ASKED)
    expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
    expect(visit.verdict.locator(".cite")).to_contain_text("004_6f6e1652de062d90.txt")
    expect(visit.page.locator(".hit mark").first).to_contain_text("2700万元")
    expect(visit.box).to_have_value("")


def test_a_card_says_where_it_stands_what_it_is_worth_and_why(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    card = visit.page.locator(".hit").first
    expect(card.locator("h4")).to_contain_text("花园口镇主题教育")
    expect(card.locator(".where")).to_contain_text("第 75–79 行")
    expect(card.locator(".relevance")).to_have_text("相关 高")
    expect(card.locator(".why")).to_contain_text("花园口")
    expect(card.locator(".why")).to_contain_text("意思")
    expect(card.locator(".term").first).to_have_text("花园口")


def test_an_older_answer_folds_its_passages_and_keeps_its_quotation(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask(ASKED).ask("中原区打通了几条断头路？")
    first = visit.turns.first
    expect(first.locator("blockquote")).to_be_visible()
    expect(first.locator(".hit").first).to_be_hidden()
    first.get_by_role("button", name="出处与上下文").press("Enter")
    expect(first.locator(".hit").first).to_be_visible()
    expect(first.locator(".passages > summary")).to_be_focused()
    visit.ask("上街区的养老驿站？")
    expect(first.locator(".hit").first).to_be_visible()


def test_the_enter_that_ends_a_composition_sends_nothing(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.box.focus()
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Input.imeSetComposition", {"text": "huayuan", "selectionStart": 7,
                                             "selectionEnd": 7})  # fmt: skip
    composing = "isComposing: true, key: 'Enter', bubbles: true, cancelable: true"
    for kind in ("keydown", "keypress"):
        visit.box.evaluate(
            f"box => box.dispatchEvent(new KeyboardEvent('{kind}', {{{composing}}}))"
        )
    session.send("Input.insertText", {"text": "花园口镇"})
    visit.page.keyboard.type("在哪个区？")
    expect(visit.turns).to_have_count(0)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".question")).to_have_text("花园口镇在哪个区？")


def test_shift_enter_breaks_the_line(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.box.focus()
    visit.page.keyboard.type(ASKED)
    visit.page.keyboard.press("Shift+Enter")
    visit.page.keyboard.type("请说明")
    expect(visit.box).to_have_value(ASKED + "\n请说明")
    expect(visit.turns).to_have_count(0)


def test_a_follow_up_shows_what_was_searched_and_it_can_be_edited(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask("花园口镇修好了多少条乡村道路？").ask("那花了多少钱？")
    searched = visit.turns.last.locator(".searched")
    expect(searched).to_contain_text("花园口")
    searched.get_by_role("button", name="改一改再查").click()
    expect(visit.box).to_have_value("那花了多少钱？ 花园口 镇 修好 条 乡村 道路")
    expect(visit.page.locator(".editing")).to_contain_text("第 2 问")
    visit.box.fill("花园口镇修路花了多少钱？")
    visit.box.press("Enter")
    expect(visit.turns.last.locator(".question")).to_have_text("花园口镇修路花了多少钱？")
    expect(visit.turns).to_have_count(2)
    expect(visit.turns.last.locator(".searched")).to_have_count(0)


def test_the_last_question_can_be_edited_and_the_edit_can_be_left(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask("上街区的养老驿站？")
    visit.button("修改问题").click()
    expect(visit.box).to_have_value("上街区的养老驿站？")
    visit.page.locator(".editing").get_by_role("button", name="取消").click()
    expect(visit.box).to_have_value("")
    visit.button("修改问题").click()
    expect(visit.page.locator(".editing")).to_be_visible()
    visit.box.fill(ASKED)
    visit.box.press("Enter")
    expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
    expect(visit.turns).to_have_count(1)


def test_one_click_copies_the_quotation_with_its_citation(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.get_by_role("button", name="复制引文").click()
    expect(visit.verdict.get_by_role("button", name="已复制")).to_be_visible()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "2700万元" in copied
    assert copied.endswith("行")


def test_one_click_copies_the_entry_for_a_list_of_references(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.get_by_role("button", name="复制参考文献").click()
    expect(visit.verdict.get_by_role("button", name="已复制")).to_be_visible()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "[Z]. " in copied
    assert copied.endswith("行.")


def test_the_examples_are_answered(visit: Visit, address: str) -> None:
    visit.open(address)
    examples = visit.page.locator(".examples button")
    expect(examples).to_have_count(5)
    examples.nth(2).click()
    expect(visit.verdict).to_have_class("verdict found")
    expect(examples).to_have_count(0)


def test_what_is_asked_the_moment_an_answer_arrives_is_answered(visit: Visit, address: str) -> None:
    visit.open(address)
    for number in range(8):  # the answer is on screen before the act behind it has ended
        visit.ask(f"花园口镇投资多少万元？{'？' * number}")


def test_enter_pressed_twice_asks_once(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.box.fill(ASKED)
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Enter")
    visit.verdict.wait_for()
    visit.ask("那是哪个镇？")
    expect(visit.page.locator(".question")).to_have_text([ASKED, "那是哪个镇？"])


def test_a_long_search_is_stopped_and_tried_again(visit: Visit, docs: Path, tmp_path: Path) -> None:
    model = cross_encoder(tmp_path / "model", ASKED, times=8, layers=12)
    build(docs, tmp_path / "index")
    with serving(tmp_path / "index", docs, RAG_RERANKER=str(model)) as address:
        visit.open(address)
        visit.box.fill(ASKED)
        visit.box.press("Enter")
        expect(visit.turns.last.locator(".searching")).to_be_visible()
        visit.button("停止").click()
        expect(visit.turns.last.locator(".stopped")).to_be_visible()
        expect(visit.button("停止")).to_be_hidden()
        visit.turns.last.get_by_role("button", name="重新查找").click()
        expect(visit.verdict).to_be_visible()


def test_nothing_asked_is_remarked_upon_and_nothing_breaks(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.box.fill("  ")
    visit.box.press("Enter")
    expect(visit.page.locator(".hint")).to_be_visible()
    visit.ask(ASKED)
    expect(visit.page.locator(".hint")).to_have_count(0)


def test_a_question_of_100000_characters_is_survived(visit: Visit, address: str) -> None:
    visit.open(address).ask("花园口镇修路" * 16_667)
    expect(visit.turns.last).to_contain_text("100002 字")
    visit.ask(ASKED)
    expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")


def test_a_long_passage_folds_and_opens(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    card = visit.page.locator(".hit:has(details)").first
    whole = card.locator("p.passage")
    expect(whole).to_be_hidden()
    card.locator(".more").click()
    expect(whole).to_be_visible()
    card.get_by_role("button", name="有用", exact=True).click()
    expect(card.locator(".thanks")).to_be_visible()
    expect(whole).to_be_visible()
    card.locator(".less").click()
    expect(whole).to_be_hidden()
