"""axe-core's rules for people who use a screen reader, the keyboard or large letters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat import playwright
from screens import Sites, sites, walk

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")


@pytest.fixture(scope="module")
def everywhere(
    shared: playwright.BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sites]:
    with sites(shared, tmp_path_factory.mktemp("sites")) as addresses:
        yield addresses


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_no_barrier_on_any_screen(
    context: playwright.BrowserContext, everywhere: Sites, width: int, scheme: str
) -> None:
    found: list[str] = []
    with context.new_page() as page:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        for screen in walk(page, everywhere):
            page.wait_for_timeout(50)  # a drawer's first frame
            for fault in axe.Axe().run(page).response["violations"]:
                places = [node["html"][:160] for node in fault["nodes"]]
                found.append(f"{screen}: {fault['impact']} {fault['id']}: {places}")
    assert found == []
