"""Foreign markup, in questions, documents and names, is only ever text."""

from __future__ import annotations

from chat import HOSTILE_NAME, Visit, playwright

expect = playwright.expect


def test_foreign_markup_is_shown_as_text_everywhere(visit: Visit, address: str) -> None:
    question = (
        "<img src=x onerror=bad()>青杨岭水库投放了多少鱼苗？${bad()}{{bad}}<script>bad()</script>"
    )
    visit.page.add_init_script("window.bad = () => { window.harmed = true; }")
    visit.open(address).ask(question)
    expect(visit.page.locator(".question")).to_have_text(question)
    expect(visit.history.first.locator(".title")).to_contain_text("<img src=x onerror=bad()>")
    card = visit.page.locator(".hit", has_text=HOSTILE_NAME).first
    expect(card).to_contain_text("<img src=x onerror=bad()>八千尾")
    expect(card).to_contain_text("[点这里](javascript:bad())")
    card.get_by_role("button", name="看原文").click()
    expect(visit.sheet).to_contain_text("# <b>青杨岭</b><script>bad()</script>")
    visit.page.locator(".chip-button").click()
    expect(visit.drawer).to_contain_text(HOSTILE_NAME)
    visit.drawer.get_by_role("checkbox", name=HOSTILE_NAME).check()
    expect(visit.page.locator(".chip")).to_contain_text(HOSTILE_NAME)
    parts = ":is(#conversation, #source, #documents, #history, #above)"
    made = f"{parts} :is(img, script, a, iframe, style)"
    expect(visit.page.locator(made)).to_have_count(0)
    visit.open(address, "/?cite=" + "%3Cimg%20src%3Dx%20onerror%3Dbad()%3E%40" + "0")
    expect(visit.page.locator(".cited-gone")).to_contain_text("<img src=x onerror=bad()>")
    assert visit.page.evaluate("window.harmed") is None
