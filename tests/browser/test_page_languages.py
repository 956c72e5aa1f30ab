"""Chinese first, English by the browser's language or by a switch."""

from __future__ import annotations

from chat import ASKED, Visit, playwright, visiting

expect = playwright.expect


def test_english_is_a_switch_that_keeps_the_conversation(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.button("English").click()
    expect(visit.verdict).to_contain_text("In the document's own words")
    expect(visit.verdict).to_contain_text("2700万元")
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    visit.button("New conversation").first.click()
    expect(visit.page.locator(".welcome")).to_contain_text("verify")


def test_the_language_that_was_chosen_is_remembered(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.button("English").click()
    expect(visit.page.locator(".welcome")).to_contain_text("verify")
    visit.open(address)
    expect(visit.page.locator(".welcome")).to_contain_text("verify")
    expect(visit.button("Ask")).to_be_visible()


def test_a_browser_that_speaks_english_gets_english(
    browser: playwright.Browser, address: str
) -> None:
    context = browser.new_context(locale="en-GB")
    for visit in visiting(context):
        visit.open(address)
        expect(visit.page.locator(".welcome")).to_contain_text("verify")
        expect(visit.box).to_have_attribute("placeholder", "Ask in plain words")
    context.close()
