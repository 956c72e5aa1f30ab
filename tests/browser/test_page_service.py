"""Keeping documents, judging passages, the written answer: as a person does it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from chat import ASKED, HOSTILE_NAME, ROOT, UNKNOWN, Visit, playwright, visiting
from endpoint import talking
from serving import serving

from rag.build import build
from rag.feedback import Verdict, kept

expect = playwright.expect
REPORT = (
    "柳林口村的石榴\n\n本报讯 柳林口村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。\n"
)
PASSWORD = "long enough"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "seeds", tmp_path / "报告")
    return tmp_path / "报告"


@contextmanager
def chat(shared: playwright.BrowserContext, docs: Path, **settings: str) -> Iterator[Visit]:
    """A visit to a server with settings of its own."""
    index = docs.parent / "index"
    build(docs, index)
    with serving(index, docs, RAG_FEEDBACK=str(docs.parent / "f.sqlite"), **settings) as address:
        visiting_it = visiting(shared)
        visit = next(visiting_it)
        yield visit.open(address)
        next(visiting_it, None)


def test_files_are_uploaded_indexed_asked_and_deleted_from_the_page(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    with chat(shared, folder, RAG_ADMIN="true", RAG_MAX_FILE_MB="0.1") as visit:
        page = visit.page
        page.locator("[data-drawer=documents]").first.click()
        panel = page.locator(".keeping")
        page.locator(".keeping input[type=file]").set_input_files([
            {"name": "石榴<b>x.txt", "mimeType": "text/plain", "buffer": REPORT.encode()},
            {"name": "石榴.txt", "mimeType": "text/plain", "buffer": REPORT.encode()},
            {"name": "图.txt", "mimeType": "text/plain", "buffer": b"\x89PNG" + b"\0" * 99},
            {"name": "大.txt", "mimeType": "text/plain", "buffer": b"x" * 200_000},
        ])  # fmt: skip
        said = panel.locator(".said li")
        expect(said).to_have_count(4)
        expect(said.nth(0)).to_contain_text("石榴<b>x.txt")
        expect(said.nth(0)).to_contain_text("没有收下")
        expect(said.nth(1)).to_contain_text("已放入")
        expect(said.nth(2)).to_contain_text("不是文本文件")
        expect(said.nth(3)).to_contain_text("超过 0.1 MB")
        assert (folder / "石榴.txt").read_text("utf-8") == REPORT
        expect(panel.locator(".waiting")).to_contain_text("1 处改动")
        panel.locator(".rebuild").click()
        expect(panel.locator(".building.done")).to_contain_text("新增 1")
        expect(page.locator("#listed")).to_contain_text("石榴.txt")
        page.keyboard.press("Escape")
        visit.ask("柳林口村今年采摘石榴多少斤？")
        expect(visit.verdict.locator("blockquote")).to_contain_text("两万斤")
        page.locator("[data-drawer=documents]").first.click()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="删除 石榴.txt").click()
        expect(panel.locator(".said")).to_contain_text("已删除")
        assert not (folder / "石榴.txt").exists()
        visit.complaints = [one for one in visit.complaints if "422" not in one]


def test_an_archive_is_uploaded_asked_and_deleted_by_way_of_a_document_in_it(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("果园/石榴.txt", REPORT)
        archive.writestr("果园/鱼苗.txt", "青杨岭水库\n\n本报讯 青杨岭水库今年投放鱼苗八千尾。\n")
    with chat(shared, folder, RAG_ADMIN="true") as visit:
        page, panel = visit.page, visit.page.locator(".keeping")
        page.locator("[data-drawer=documents]").first.click()
        page.locator(".keeping input[type=file]").set_input_files(
            {"name": "果园.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
        )
        expect(panel.locator(".said")).to_contain_text("已放入")
        panel.locator(".rebuild").click()
        expect(panel.locator(".building.done")).to_contain_text("新增 2")
        page.keyboard.press("Escape")
        visit.ask("柳林口村今年采摘石榴多少斤？")
        expect(visit.verdict.locator(".cite")).to_contain_text("果园.zip/果园/石榴.txt")
        page.locator("[data-drawer=documents]").first.click()
        said: list[str] = []

        def agree(dialog: playwright.Dialog) -> None:
            said.append(dialog.message)
            dialog.accept()

        page.once("dialog", agree)
        row = page.locator("#listed .list > li", has_text="果园.zip/果园/石榴.txt")
        row.get_by_role("button", name="删除 果园.zip").click()
        expect(panel.locator(".said")).to_contain_text("果园.zip 已删除")
        assert "不能单独删除" in said[0]
        assert "内有 2 份文件" in said[0]
        assert not (folder / "果园.zip").exists()
        panel.locator(".rebuild").click()
        expect(panel.locator(".building.done")).to_contain_text("删除 2")
        expect(page.locator("#listed")).not_to_contain_text("果园")


def test_dropped_files_are_uploaded(shared: playwright.BrowserContext, folder: Path) -> None:
    with chat(shared, folder, RAG_ADMIN="true") as visit:
        page = visit.page
        page.locator("[data-drawer=documents]").first.click()
        page.locator(".keeping .drop").wait_for()
        dropped = page.evaluate_handle(
            """text => { const t = new DataTransfer();
            for (const name of ["甲.txt", "乙.txt"]) t.items.add(new File([text + name], name));
            return t; }""",
            REPORT,
        )
        page.dispatch_event(".keeping .drop", "drop", {"dataTransfer": dropped})
        expect(page.locator(".keeping .said li")).to_have_count(2)
        assert {"甲.txt", "乙.txt"} <= {path.name for path in folder.iterdir()}


def test_without_leave_of_the_operator_the_page_changes_nothing(visit: Visit, address: str) -> None:
    visit.open(address)
    assert visit.page.locator(".keeping, .remove").count() == 0


def test_a_verdict_and_a_remark_are_kept(shared: playwright.BrowserContext, folder: Path) -> None:
    with chat(shared, folder) as visit:
        visit.ask(ASKED)
        card = visit.page.locator(".turn.last .hit").first
        card.get_by_role("button", name="有用", exact=True).click()
        expect(card.locator(".thanks")).to_be_visible()
        card.locator(".remark").fill("<script>bad()</script>很准")
        card.get_by_role("button", name="发送").click()
        expect(card.locator(".remark")).to_have_value("")
        for _ in range(300):
            if len(kept(folder.parent / "f.sqlite")) > 1:
                break
            visit.page.wait_for_timeout(100)
    first, second = kept(folder.parent / "f.sqlite")
    assert (first.verdict, first.question, first.remark) == (Verdict.USEFUL, ASKED, "")
    assert second.remark == "<script>bad()</script>很准"


def test_a_written_answer_is_cited_and_what_is_not_borne_out_is_marked(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    text = "累计投资2700万元修复乡村道路[1]。另外花了999万元<img src=x onerror=bad()>[1]。"
    with (
        talking("well", text) as server,
        chat(shared, folder, RAG_LLM_BASE_URL=server.address, RAG_LLM_MODEL="small") as visit,
    ):
        visit.ask(ASKED)
        written = visit.page.locator(".turn.last .written.done")
        claims = written.locator(".claim")
        expect(claims.first).to_contain_text("2700万元")
        expect(written.locator(".doubtful")).to_contain_text("所引段落里没有：999万")
        expect(written.locator(".doubtful .said")).to_contain_text("<img src=x onerror=bad()>")
        claims.first.locator(".number").click()
        expect(visit.sheet).to_contain_text("花园口")
        visit.ask(UNKNOWN)  # of which nothing is written
        visit.box.press("Enter")
        expect(visit.page.locator(".hint")).to_be_visible()
        expect(visit.verdict).to_be_visible()
        expect(visit.turns.first).to_contain_text("2700万元")


def test_the_next_question_is_asked_while_an_answer_is_written_and_writing_is_stopped(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    with (
        talking("slowly", "累计投资2700万元修复乡村道路。" * 20) as server,
        chat(shared, folder, RAG_LLM_BASE_URL=server.address, RAG_LLM_MODEL="small") as visit,
    ):
        visit.ask(ASKED)
        expect(visit.turns.first.locator(".written.writing")).to_contain_text("累计投资")
        visit.ask("中原区发放了多少份调查问卷？")
        expect(visit.turns.first.locator(".written.writing")).to_be_visible()
        expect(visit.turns.last.locator(".written.writing")).to_contain_text("累计投资")
        visit.button("停止").click()
        expect(visit.page.locator(".written.done")).to_have_count(2)
        expect(visit.button("停止")).to_be_hidden()


@pytest.mark.parametrize("way", ["an_error", "nothing_ever", "html"])
def test_an_endpoint_that_fails_never_takes_the_passages_away(
    shared: playwright.BrowserContext, folder: Path, way: str
) -> None:
    with (
        talking(way) as server,
        chat(
            shared, folder, RAG_LLM_BASE_URL=server.address, RAG_LLM_MODEL="small",
            RAG_LLM_TIMEOUT="2",
        ) as visit,
    ):  # fmt: skip
        visit.ask(ASKED)
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
        expect(visit.page.locator(".written.failed")).to_contain_text("没有写成")
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
        assert visit.page.locator(".turn.last .hit").count() == 5


def test_the_password_is_asked_for_and_opens_the_page(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    build(folder, folder.parent / "index")
    with serving(folder.parent / "index", folder, RAG_PASSWORD=PASSWORD) as address:
        with shared.new_page() as page:
            page.goto(address)
            page.get_by_label("密码").fill("wrong password")
            page.get_by_role("button", name="进入").click()
            expect(page.get_by_role("alert")).to_contain_text("密码不对")
            page.get_by_label("密码").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.locator("#question textarea").wait_for()
            page.goto(f"{address}/logout")
            expect(page.get_by_label("密码")).to_be_visible()


def test_a_hostile_file_name_in_the_list_to_delete_is_text(
    shared: playwright.BrowserContext, folder: Path
) -> None:
    (folder / HOSTILE_NAME).write_text(REPORT, "utf-8")
    with chat(shared, folder, RAG_ADMIN="true") as visit:
        visit.page.locator("[data-drawer=documents]").first.click()
        asked: list[str] = []

        def refuse(dialog: playwright.Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        visit.page.once("dialog", refuse)
        visit.page.get_by_role("button", name=f"删除 {HOSTILE_NAME}").click()
        assert HOSTILE_NAME in asked[0]
        assert (folder / HOSTILE_NAME).exists()
