"""What every person needs of the page: keys alone, every width, letters that stand out."""

from __future__ import annotations

import pytest
from chat import ASKED, UNKNOWN, Visit, playwright

expect = playwright.expect
WIDTHS = (1440, 1024, 720, 390)
"""CSS pixels; 720 is a window of 1440 at 200 % zoom."""
FAINT = """() => {
  const shown = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= .03928 ? c / 12.92
    : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !shown(node) || node.closest(":disabled")) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) faint.push(`${innerWidth} px: ${contrast.toFixed(2)} ${text}`);
  }
  return faint;
}"""

CROSSING = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter((node) => node.checkVisibility() && !node.closest(".unseen"))
  .filter((node) => node.getBoundingClientRect().right
    > node.parentElement.getBoundingClientRect().right + 1)
  .map((node) => `${innerWidth} px: ${node.outerHTML.slice(0, 80)} reaches out`)"""


def test_the_keyboard_alone_is_enough(visit: Visit, address: str) -> None:
    visit.open(address)
    keyboard = visit.page.keyboard
    expect(visit.box).to_be_focused()
    keyboard.type(ASKED)
    keyboard.press("Shift+Enter")
    keyboard.type("请说明")
    expect(visit.box).to_have_value(ASKED + "\n请说明")
    keyboard.press("Enter")
    cite = visit.verdict.locator(".cite")
    cite.wait_for()
    for _ in range(60):
        keyboard.press("Shift+Tab")
        if cite.evaluate("node => node === document.activeElement"):
            break
    assert cite.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    keyboard.press("Enter")
    expect(visit.sheet.locator("h2")).to_be_focused()
    keyboard.press("Escape")
    expect(visit.sheet).to_have_count(0)
    expect(cite).to_be_focused()


def test_the_documents_open_and_close_by_keys_and_focus_returns(visit: Visit, address: str) -> None:
    visit.open(address)
    keyboard = visit.page.keyboard
    opener = visit.page.locator("#rail [data-drawer=documents]")
    expect(visit.page.locator("#documents input[type=checkbox]").first).to_be_attached()
    opener.focus()
    keyboard.press("Enter")
    expect(visit.drawer.locator("h2").first).to_be_focused()
    keyboard.press("Escape")
    expect(visit.drawer).not_to_be_visible()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_scrolls_sideways_and_every_text_stands_out(
    visit: Visit, address: str, scheme: str
) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    visit.open(address)
    found: list[str] = []

    def look(state: str) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{state}: {wide} px wide at {width} px")
            for defect in (FAINT, CROSSING):
                found.extend(f"{state}, {text}" for text in page.evaluate(defect))
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    look("welcome")
    visit.ask(ASKED).ask(UNKNOWN)
    look("answers")
    visit.turns.first.locator(".cite").click()
    visit.sheet.wait_for()
    look("source")
    page.keyboard.press("Escape")
    expect(visit.sheet).to_have_count(0)
    page.locator("#rail [data-drawer=documents]").click()
    expect(visit.drawer).to_be_visible()
    look("documents")
    assert found == []
