"""One server and one browser for all tests of the page; each test has a page of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PATIENCE = 60_000
"""Milliseconds that a page may take on a machine that is busy with other things."""
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync",
]  # fmt: skip
sys.path[:0] = [str(HERE), str(HERE.parent)]

from chat import (  # noqa: E402
    CHROMIUM,
    DATED,
    EDITED,
    HOSTILE,
    HOSTILE_NAME,
    ROOT,
    Visit,
    playwright,
    visiting,
)
from serving import serving  # noqa: E402

from rag.build import build  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The page's tests come last: Playwright keeps an event loop running in the main thread, and
    no other test could run one of its own there."""
    items.sort(key=lambda item: HERE in item.path.parents)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium (apt-get install chromium)"))


@pytest.fixture(scope="session")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "报告"
    shutil.copytree(ROOT / "seeds", folder)
    (folder / HOSTILE_NAME).write_text(HOSTILE, "utf-8")
    (folder / "石榴.txt").write_text(EDITED, "utf-8")
    (folder / "水渠.txt").write_text(DATED, "utf-8")
    return folder


@pytest.fixture(scope="session")
def address(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    index = tmp_path_factory.mktemp("index")
    build(docs, index)
    with serving(index, docs) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.BrowserType]:
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        yield started.chromium


@pytest.fixture(scope="session")
def browser(chromium: playwright.BrowserType) -> Iterator[playwright.Browser]:
    """For pages that share nothing."""
    browser = chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def shared(
    chromium: playwright.BrowserType, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[playwright.BrowserContext]:
    """What every test's page shares: above all the scripts, kept on disk as they were compiled."""
    context = chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        viewport={"width": 1440, "height": 900},
        locale="zh-CN",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def context(shared: playwright.BrowserContext, address: str) -> Iterator[playwright.BrowserContext]:
    """The shared context, with nothing of an earlier test stored in it."""
    yield shared
    for page in shared.pages:
        page.close()
    with shared.new_page() as page:
        page.goto(f"{address}/health")
        page.evaluate("localStorage.clear()")


@pytest.fixture
def visit(context: playwright.BrowserContext) -> Iterator[Visit]:
    yield from visiting(context)
