"""The chat as a person sees it: a real server, a real Chromium, everything done by hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.build import build

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (apt-get install chromium)"),
]

ROOT = Path(__file__).parent.parent
ASKED = "花园口镇已累计投资多少万元修复乡村道路？"
HOSTILE_NAME = "<img src=x onerror=bad()>${bad()}.md"
HOSTILE = """# <b>青杨岭</b><script>bad()</script>水库的鱼苗

本报讯 青杨岭水库今年投放鱼苗<img src=x onerror=bad()>八千尾，[点这里](javascript:bad())看照片，\
费用由${bad()}和{{bad}}两家渔场分担。水库边新修了一条步道，全长三公里，可供村民散步。
"""
EDITED = (
    "白石桥村的石榴\n\n本报讯 白石桥村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。\n"
)
SEEN_BY_BROWSER = """() => {
  const shown = (node) => node.checkVisibility?.({checkOpacity: true, checkVisibilityCSS: true});
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
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${text}`);
  }
  return faint;
}"""


@contextmanager
def chat(index: Path, docs: Path) -> Iterator[str]:
    """The chat as ``python app.py`` starts it; its address."""
    settings = {"RAG_INDEX": str(index), "RAG_DOCS": str(docs), "RAG_PORT": "0", "RAG_LANG": "zh"}
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT, env=os.environ | settings, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stderr is not None
            said = ""
            while (address := re.search(r"http://[\d.:]+", said)) is None:
                line = server.stderr.readline()
                assert line, said
                said += line
            yield address[0]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "报告"
    shutil.copytree(ROOT / "seeds", folder)
    (folder / HOSTILE_NAME).write_text(HOSTILE, "utf-8")
    (folder / "石榴.txt").write_text(EDITED, "utf-8")
    return folder


@pytest.fixture(scope="module")
def address(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    index = tmp_path_factory.mktemp("index")
    build(docs, index)
    with chat(index, docs) as address:
        yield address


@pytest.fixture(scope="module")
def context() -> Iterator[playwright.BrowserContext]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-component-update",
                  "--disable-background-networking", "--disable-sync"],
        )  # fmt: skip
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(15_000)
        yield context
        chromium.close()


class Visit:
    """A page with what it asked for and complained of, and the things a person does on it."""

    def __init__(self, page: playwright.Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.box = page.locator("#question textarea")
        self.turns = page.locator(".turn")
        self.verdict = page.locator(".turn:last-of-type .verdict")
        self.sheet = page.locator(".sheet")

    def _note(self, request: playwright.Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(re.sub(r"^\w+://|[:/].*$", "", re.sub(r"^\w+://", "", request.url)))

    def open(self, address: str) -> Visit:
        self.page.goto(address)
        self.page.locator(".welcome, .trouble").wait_for()
        return self

    def ask(self, question: str) -> Visit:
        before = self.turns.count()
        self.box.fill(question)
        self.box.press("Enter")
        playwright.expect(self.turns).to_have_count(before + 1, timeout=20_000)
        self.turns.last.locator(".verdict, .trouble").wait_for(timeout=20_000)
        return self


@pytest.fixture
def visit(context: playwright.BrowserContext) -> Iterator[Visit]:
    with context.new_page() as page:
        visit = Visit(page)
        yield visit
        assert visit.hosts == {"127.0.0.1"}, "no request may leave for another host"
        assert visit.complaints == []


def test_a_question_gets_the_sentence_that_answers_with_its_citation(
    visit: Visit, address: str
) -> None:
    visit.open(address).ask(ASKED)
    playwright.expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
    playwright.expect(visit.verdict.locator(".cite")).to_contain_text("004_6f6e1652de062d90.txt")
    playwright.expect(visit.page.locator(".hit mark").first).to_contain_text("2700万元")
    playwright.expect(visit.box).to_have_value("")


def test_the_source_opens_at_the_cited_lines(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    cited = visit.sheet.locator(".line.cited")
    playwright.expect(cited.filter(has_text="2700万元")).to_be_in_viewport()
    lines = (ROOT / "seeds" / "004_6f6e1652de062d90.txt").read_text("utf-8").split("\n")
    for line in cited.all():
        number = int(line.get_attribute("data-number") or 0)
        assert line.locator(".words").text_content() == lines[number - 1]
    visit.sheet.get_by_role("button", name="下一条").click()
    playwright.expect(visit.sheet.locator(".count")).to_have_text("2 / 5")


def test_the_keyboard_alone_is_enough(visit: Visit, address: str) -> None:
    visit.open(address)
    keyboard = visit.page.keyboard
    playwright.expect(visit.box).to_be_focused()
    keyboard.type(ASKED)
    keyboard.press("Shift+Enter")
    keyboard.type("请说明")
    playwright.expect(visit.box).to_have_value(ASKED + "\n请说明")
    keyboard.press("Enter")
    cite = visit.verdict.locator(".cite")
    cite.wait_for()
    for _ in range(30):
        keyboard.press("Shift+Tab")
        if cite.evaluate("node => node === document.activeElement"):
            break
    assert cite.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    keyboard.press("Enter")
    playwright.expect(visit.sheet.locator("h2")).to_be_focused()
    keyboard.press("Escape")
    playwright.expect(visit.sheet).to_have_count(0)
    playwright.expect(cite).to_be_focused()


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
    playwright.expect(visit.turns).to_have_count(0)
    visit.page.keyboard.press("Enter")
    playwright.expect(visit.page.locator(".question")).to_have_text("花园口镇在哪个区？")


def test_what_is_not_in_the_documents_is_said_plainly(visit: Visit, address: str) -> None:
    visit.open(address).ask("量子计算机的售价是多少？")
    playwright.expect(visit.verdict).to_contain_text("没有找到答案")
    playwright.expect(visit.page.locator("blockquote")).to_have_count(0)
    playwright.expect(visit.page.locator(".hits-heading")).to_contain_text("不是答案")


def test_a_follow_up_shows_what_was_searched(visit: Visit, address: str) -> None:
    visit.open(address).ask("花园口镇修好了多少条乡村道路？").ask("那花了多少钱？")
    playwright.expect(visit.turns.last.locator(".aside")).to_contain_text("花园口")


def test_the_examples_are_answered(visit: Visit, address: str) -> None:
    visit.open(address)
    examples = visit.page.locator(".examples button")
    playwright.expect(examples).to_have_count(5)
    examples.nth(2).click()
    playwright.expect(visit.verdict).to_have_class("verdict found")


def test_one_click_copies_the_quotation_with_its_citation(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    button = visit.verdict.get_by_role("button", name="复制引文")
    button.click()
    playwright.expect(visit.verdict.get_by_role("button", name="已复制")).to_be_visible()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "2700万元" in copied
    assert copied.endswith("行")


def test_nothing_asked_is_remarked_upon_and_nothing_breaks(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.box.fill("  ")
    visit.box.press("Enter")
    playwright.expect(visit.page.locator(".hint")).to_be_visible()
    visit.ask(ASKED)
    playwright.expect(visit.page.locator(".hint")).to_have_count(0)


def test_a_question_of_100000_characters_is_survived(visit: Visit, address: str) -> None:
    visit.open(address).ask("花园口镇修路" * 16_667)
    playwright.expect(visit.turns.last).to_contain_text("100002 字")
    visit.ask(ASKED)
    playwright.expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")


def test_foreign_markup_is_shown_as_text_everywhere(visit: Visit, address: str) -> None:
    question = (
        "<img src=x onerror=bad()>青杨岭水库投放了多少鱼苗？${bad()}{{bad}}<script>bad()</script>"
    )
    visit.page.add_init_script("window.bad = () => { window.harmed = true; }")
    visit.open(address).ask(question)
    playwright.expect(visit.page.locator(".question")).to_have_text(question)
    card = visit.page.locator(".hit", has_text=HOSTILE_NAME).first
    playwright.expect(card).to_contain_text("<img src=x onerror=bad()>八千尾")
    playwright.expect(card).to_contain_text("[点这里](javascript:bad())")
    card.get_by_role("button", name="看原文").click()
    playwright.expect(visit.sheet).to_contain_text("# <b>青杨岭</b><script>bad()</script>")
    visit.page.locator(".shelf summary").click()
    playwright.expect(visit.page.locator(".documents")).to_contain_text(HOSTILE_NAME)
    made = ":is(.conversation, .sheet, .shelf) :is(img, script, a, iframe, style)"
    playwright.expect(visit.page.locator(made)).to_have_count(0)
    assert visit.page.evaluate("window.harmed") is None


def test_a_file_that_changed_or_went_since_indexing_says_so(
    visit: Visit, address: str, docs: Path
) -> None:
    visit.open(address).ask("白石桥村今年采摘石榴多少斤？")
    playwright.expect(visit.verdict.locator("blockquote")).to_contain_text("两万斤")
    (docs / "石榴.txt").write_text(EDITED.replace("两万斤", "一万斤"), "utf-8")
    visit.verdict.locator(".cite").click()
    playwright.expect(visit.sheet.locator(".notice")).to_contain_text("改动过")
    playwright.expect(visit.sheet.locator(".as-indexed")).to_contain_text("两万斤")
    playwright.expect(visit.sheet.locator(".lines")).to_contain_text("一万斤")
    playwright.expect(visit.sheet.locator("mark")).to_have_count(0)
    visit.sheet.get_by_role("button", name="关闭").click()
    (docs / "石榴.txt").unlink()
    visit.verdict.locator(".cite").click()
    playwright.expect(visit.sheet.locator(".notice")).to_contain_text("不在原处")


def test_english_is_a_switch_that_keeps_the_conversation(visit: Visit, address: str) -> None:
    visit.open(address).ask(ASKED)
    visit.page.get_by_role("button", name="English").click()
    playwright.expect(visit.verdict).to_contain_text("In the document's own words")
    playwright.expect(visit.verdict).to_contain_text("2700万元")
    visit.page.get_by_role("button", name="New conversation").click()
    playwright.expect(visit.page.locator(".welcome")).to_contain_text("verify")


def test_without_an_index_the_page_says_what_to_run_and_then_answers(
    visit: Visit, docs: Path, tmp_path: Path
) -> None:
    with chat(tmp_path / "index", docs) as address:
        visit.open(address)
        playwright.expect(visit.page.locator(".trouble")).to_contain_text("rag build")
        build(ROOT / "seeds", tmp_path / "index")
        visit.ask(ASKED)
        playwright.expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
        build(docs, tmp_path / "index")
        visit.ask("青杨岭水库今年投放鱼苗多少尾？")
        playwright.expect(visit.verdict.locator("blockquote")).to_contain_text("八千尾")
        playwright.expect(visit.page.locator(".shelf summary")).to_contain_text(
            f"{len(list(docs.iterdir()))} 份文件"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_width_is_readable_without_scrolling_sideways(
    visit: Visit, address: str, scheme: str
) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    visit.open(address).ask(ASKED).ask("量子计算机的售价是多少？")
    visit.turns.first.locator(".cite").click()
    visit.sheet.wait_for()
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SEEN_BY_BROWSER) == [], "contrast below 4.5 : 1"
