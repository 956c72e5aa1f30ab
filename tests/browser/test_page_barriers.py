"""axe-core's rules for people who use a screen reader, the keyboard or large letters."""

from __future__ import annotations

import pytest
from chat import ASKED, Visit, playwright

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_no_barrier_in_any_state_of_the_page(
    visit: Visit, address: str, width: int, scheme: str
) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = []

    def look(state: str) -> None:
        page.wait_for_timeout(50)  # a drawer's first frame
        for fault in axe.Axe().run(page).response["violations"]:
            places = [node["html"][:160] for node in fault["nodes"]]
            found.append(f"{state}: {fault['impact']} {fault['id']}: {places}")

    visit.open(address)
    look("welcome")
    visit.ask(ASKED)
    look("answer")
    visit.verdict.locator(".cite").click()
    expect(visit.sheet.locator("h2")).to_be_focused()
    look("source")
    page.keyboard.press("Escape")
    expect(visit.sheet).to_have_count(0)
    if width < 1100:
        visit.button("菜单").click()
    visit.history.locator("summary").first.click()
    look("conversations")
    page.keyboard.press("Escape")
    page.locator("#rail [data-drawer=documents]").click()
    expect(visit.drawer.locator("h2").first).to_be_focused()
    look("documents")
    assert found == []
