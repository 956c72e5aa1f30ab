"""A page of the chat in a real Chromium, and the things a person does on it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
ASKED = "花园口镇已累计投资多少万元修复乡村道路？"
UNKNOWN = "量子计算机的售价是多少？"
HOSTILE_NAME = "<img src=x onerror=bad()>${bad()}.md"
HOSTILE = """---
publisher: <b>青杨岭</b>渔业报
---

# <b>青杨岭</b><script>bad()</script>水库的鱼苗

本报讯 青杨岭水库今年投放鱼苗<img src=x onerror=bad()>八千尾，[点这里](javascript:bad())看照片，\
费用由${bad()}和{{bad}}两家渔场分担。水库边新修了一条步道，全长三公里，可供村民散步。
"""
EDITED = (
    "白石桥村的石榴\n\n本报讯 白石桥村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。\n"
)
DATED = """柳树沟新修水渠

2021年6月3日

本报讯（记者 何田）柳树沟村新修水渠竣工，全长四千二百米，灌溉稻田九百亩。

柳树沟再修水渠

2023年5月8日

本报讯（记者 何田）柳树沟村又修水渠一条，全长六千五百米，灌溉果园七百亩。
"""

LONG = (
    "石头河村的长话\n\n本报讯 "
    + "石头河村的老人说起村里的往事说个没完没了，" * 24
    + "说了三个晚上。\n"
)


LEAVING = re.compile("AbortError: signal is aborted|Unexpected error Connection errored out")
"""What Gradio says as a page is left whose answer is still on its way: it hangs up itself."""


class Visit:
    """A page with what it asked for and complained of."""

    def __init__(self, page: playwright.Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("framenavigated", self._leave)
        self.box = page.locator("#question textarea")
        self.turns = page.locator(".turn:not(.permalink)")
        self.verdict = page.locator(".turn.last .verdict")
        self.sheet = page.locator(".sheet")
        self.history = page.locator(".history li")
        self.drawer = page.locator("#documents")

    def _note(self, request: playwright.Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(re.sub(r"^\w+://|[:/].*$", "", re.sub(r"^\w+://", "", request.url)))

    def _leave(self, frame: playwright.Frame) -> None:
        if frame == self.page.main_frame:
            self.complaints = [one for one in self.complaints if not LEAVING.match(one)]

    def open(self, address: str, path: str = "/") -> Visit:
        self.page.goto(address + path)
        self.page.locator(".welcome, .trouble, .permalink, .cited-gone").wait_for()
        self.page.locator(".conversation[data-arrived]").wait_for()
        return self

    def ask(self, question: str) -> Visit:
        before = self.turns.count()
        self.box.fill(question)
        self.box.press("Enter")
        playwright.expect(self.turns).to_have_count(before + 1)
        self.turns.last.locator(".verdict, .trouble").wait_for()
        return self

    def button(self, name: str) -> playwright.Locator:
        return self.page.get_by_role("button", name=name)


def visiting(context: playwright.BrowserContext) -> Iterator[Visit]:
    """A page that may reach this machine only, and must not complain."""
    with context.new_page() as page:
        page.route(
            lambda url: not re.match(r"(https?://127\.0\.0\.1[:/]|data:|blob:)", url),
            lambda route: route.abort(),
        )
        visit = Visit(page)
        yield visit
        assert visit.hosts <= {"127.0.0.1"}, "no request may leave for another host"
        assert visit.complaints == [], visit.complaints
