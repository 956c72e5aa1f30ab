"""Every screen of the chat, one after the other, as a person comes to it.

    python tests/browser/screens.py FOLDER

writes a picture of each, 1440, 1024 and 390 px wide, light and dark, for people to look at. The
test of barriers walks the same way.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from chat import ASKED, CHROMIUM, ROOT, UNKNOWN, Visit, playwright  # noqa: E402
from endpoint import talking  # noqa: E402
from serving import serving  # noqa: E402
from test_build import HashEncoder  # noqa: E402

from rag.build import build  # noqa: E402

WIDTHS = (1440, 1024, 390)
PASSWORD = "long enough"
DOUBTED = "幼儿园什么时候招生？"
FOLLOWING = "那花了多少钱？"
PRINTED = "青杨岭水库今年投放鱼苗多少尾？"
WRITTEN = "花园口镇已累计投资2700万元修复乡村道路[1]。工程由三家公司承担，另投入999万元[1]。"
PAPER = """<!doctype html><meta charset="utf-8">
<style>body { font: 15px/1.9 "Noto Serif CJK SC", serif; margin: 40px } h1 { font-size: 26px }
main { columns: 2; column-gap: 34px; text-align: justify } p { margin: 0 0 .6em }</style>
<p>青杨晚报　2023年6月1日　第3版</p><h1>青杨岭水库今年投放鱼苗八千尾</h1>
<main><p>本报讯（记者 何田）青杨岭水库今年投放鱼苗八千尾，由两家渔场分担费用。\
鱼苗以鲢鱼、鳙鱼为主，能吃掉水里过多的藻类。</p>
<p>水库边新修了一条步道，全长三公里，沿途设有长椅和路灯，供村民早晚散步。\
步道从大坝东头起，绕过两处湾汊，到水文站为止。</p>
<p>管理处说，放鱼之后每个季度检测一次水质，结果张贴在村委会门口，村民随时可以去看。</p></main>"""
BROKEN = b"\x89PNG" + b"\0" * 99
REPORT = (
    "柳林口村的石榴\n\n本报讯 柳林口村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。\n"
)


@dataclass(frozen=True)
class Sites:
    """Addresses of chats in every state that one can be in."""

    plain: str
    service: str
    """Documents may be kept, an answer is written."""
    locked: str
    missing: str
    broken: str
    other: str
    """Whose index was made with another model."""


@contextmanager
def sites(browser: playwright.Browser | playwright.BrowserContext, folder: Path) -> Iterator[Sites]:
    """Servers of all of them, over documents and indexes in ``folder``."""
    docs = folder / "报告"
    shutil.copytree(ROOT / "seeds", docs)
    with browser.new_page() as page:
        page.set_content(PAPER)
        page.pdf(path=docs / "青杨晚报-2023-06-01.pdf", format="A5")
    good, broken, other = (folder / name for name in ("index", "broken", "other"))
    build(docs, good)
    shutil.copytree(good, broken)
    for manifest in broken.glob("generations/*/manifest.json"):
        manifest.write_text("{}", "utf-8")
    build(docs, other, encoder=HashEncoder())
    with ExitStack() as stack:
        writer = stack.enter_context(talking("well", WRITTEN))
        kept = shutil.copytree(docs, folder / "kept")
        build(kept, folder / "kept-index")

        def served(index: Path, docs: Path = docs, **settings: str) -> str:
            settings["RAG_FEEDBACK"] = str(folder / "feedback.sqlite")
            return stack.enter_context(serving(index, docs, **settings))

        yield Sites(
            served(good),
            served(
                folder / "kept-index", kept, RAG_ADMIN="true", RAG_MAX_FILE_MB="0.1",
                RAG_LLM_BASE_URL=writer.address, RAG_LLM_MODEL="small",
            ),
            served(good, RAG_PASSWORD=PASSWORD),
            served(folder / "nowhere"),
            served(broken),
            served(other),
        )  # fmt: skip


def walk(page: playwright.Page, sites: Sites) -> Iterator[str]:
    """Come to one screen after the other; the name of each, once it stands there."""
    yield from _asking(page, sites.plain)
    yield from _serving(page, sites.service)
    yield from _without(page, sites)


def _asking(page: playwright.Page, address: str) -> Iterator[str]:
    visit = Visit(page).open(address)
    yield "empty"
    visit.ask(ASKED)
    yield "answer"
    visit.verdict.locator(".cite").click()
    playwright.expect(visit.sheet.locator("h2")).to_be_focused()
    yield "source"
    page.keyboard.press("Escape")
    visit.ask(FOLLOWING)
    yield "follow-up"
    visit.ask(UNKNOWN)
    yield "not-found"
    visit.ask(DOUBTED)
    yield "uncertain"
    visit.ask(PRINTED)
    visit.verdict.locator(".cite").click()
    picture = visit.sheet.get_by_role("img")
    picture.wait_for()
    playwright.expect(picture).to_have_js_property("complete", True)
    yield "paper"
    page.keyboard.press("Escape")
    _rail(page)
    visit.history.locator("summary").first.click()
    yield "history"
    page.keyboard.press("Escape")
    page.locator("#rail [data-drawer=documents]").click()
    playwright.expect(visit.drawer.locator("h2").first).to_be_focused()
    visit.drawer.get_by_label("地点").fill("中原区")
    visit.drawer.get_by_label("地点").press("Enter")
    playwright.expect(page.locator(".chip")).to_have_count(1)
    yield "filters"
    page.keyboard.press("Escape")
    passage = page.locator("[data-link]").first.get_attribute("data-link") or ""
    page.goto(f"{address}/?cite={passage}")
    page.locator(".permalink").wait_for()
    yield "permalink"


def _serving(page: playwright.Page, address: str) -> Iterator[str]:
    visit = Visit(page).open(address)
    _rail(page)
    page.locator("#rail [data-drawer=documents]").click()
    panel = page.locator(".keeping")
    panel.locator("input[type=file]").set_input_files(
        [
            {"name": "石榴.txt", "mimeType": "text/plain", "buffer": REPORT.encode()},
            {"name": "扫描.txt", "mimeType": "text/plain", "buffer": BROKEN},
            {"name": "年鉴.txt", "mimeType": "text/plain", "buffer": b"x" * 200_000},
        ]
    )
    playwright.expect(panel.locator(".said li")).to_have_count(3)
    page.locator("#keeping").scroll_into_view_if_needed()
    yield "upload"
    panel.locator(".rebuild").click()
    panel.locator(".building.done").wait_for()
    page.locator("#keeping").evaluate("part => part.scrollIntoView({ block: 'end' })")
    yield "report"
    page.keyboard.press("Escape")
    visit.ask(ASKED)
    page.locator(".written.done").wait_for()
    yield "written"
    card = page.locator(".turn.last .hit").first
    card.get_by_role("button", name="有用", exact=True).click()
    card.locator(".remark").fill("数字和原文一致")
    page.locator(".turn.last .hit footer").first.scroll_into_view_if_needed()
    yield "feedback"


def _without(page: playwright.Page, sites: Sites) -> Iterator[str]:
    for name in ("missing", "broken", "other"):
        Visit(page).open(getattr(sites, name))
        page.locator(".trouble").wait_for()
        yield f"index-{name}"
    page.goto(sites.locked)
    page.get_by_label("密码").fill("wrong password")
    page.get_by_role("button", name="进入").click()
    page.get_by_role("alert").wait_for()
    yield "login"


def _rail(page: playwright.Page) -> None:
    menu = page.get_by_role("button", name="菜单")
    if menu.is_visible():
        menu.click()


def main() -> None:
    """Write the pictures."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with (
        playwright.sync_playwright() as started,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with sites(browser, Path(folder)) as addresses:
            for scheme in ("light", "dark"):
                for width in WIDTHS:
                    context = browser.new_context(
                        viewport={"width": width, "height": 900},
                        locale="zh-CN", color_scheme=scheme, reduced_motion="reduce",
                    )  # fmt: skip
                    context.set_default_timeout(60_000)
                    playwright.expect.set_options(timeout=60_000)
                    for name in walk(context.new_page(), addresses):
                        page = context.pages[0]
                        page.wait_for_timeout(150)
                        page.screenshot(path=out / f"{name}-{width}-{scheme}.png")
                    context.close()
        browser.close()


if __name__ == "__main__":
    main()
