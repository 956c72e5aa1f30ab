"""Where there is no answer: not found, no index, a broken one, another model's."""

from __future__ import annotations

from pathlib import Path

from chat import ASKED, ROOT, UNKNOWN, Visit, playwright
from serving import serving
from test_build import HashEncoder

from rag.build import build

expect = playwright.expect


def test_what_is_not_in_the_documents_is_said_plainly(visit: Visit, address: str) -> None:
    visit.open(address).ask(UNKNOWN)
    expect(visit.verdict).to_contain_text("没有找到答案")
    expect(visit.verdict).to_contain_text(f"检索的是：{UNKNOWN}")
    expect(visit.verdict).to_contain_text("没有出现：")
    expect(visit.page.locator("blockquote")).to_have_count(0)
    expect(visit.page.locator(".passages h3")).to_contain_text("不是答案")
    expect(visit.page.locator(".hit .relevance").first).to_have_text("仅接近")
    expect(visit.page.locator(".hit mark")).to_have_count(0)


def test_words_that_do_occur_are_offered_and_can_be_asked_with(visit: Visit, address: str) -> None:
    visit.open(address).ask("火星基地的宇航员养护了几条公路？")
    expect(visit.verdict).to_contain_text("没有找到答案")
    offer = visit.verdict.locator(".offers button").first
    word = offer.text_content() or ""
    offer.click()
    expect(visit.turns).to_have_count(2)
    expect(visit.turns.last.locator(".question")).to_contain_text(word)
    expect(visit.turns.last.locator(".hits")).to_contain_text(word)


def test_without_an_index_the_page_says_what_to_run_and_then_answers(
    visit: Visit, docs: Path, tmp_path: Path
) -> None:
    with serving(tmp_path / "index", docs) as address:
        visit.open(address)
        expect(visit.page.locator(".trouble")).to_contain_text("rag build")
        build(ROOT / "seeds", tmp_path / "index")
        visit.ask(ASKED)
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
        expect(visit.page.locator(".holdings")).to_contain_text("5 份文件")
        build(docs, tmp_path / "index")
        visit.ask("青杨岭水库今年投放鱼苗多少尾？")
        expect(visit.verdict.locator("blockquote")).to_contain_text("八千尾")
        expect(visit.page.locator(".holdings")).to_contain_text(
            f"{len(list(docs.iterdir()))} 份文件"
        )


def test_an_index_of_another_model_names_both_and_the_command_to_run(
    visit: Visit, docs: Path, tmp_path: Path
) -> None:
    build(ROOT / "seeds", tmp_path / "index", encoder=HashEncoder())
    with serving(tmp_path / "index", docs) as address:
        visit.open(address)
        trouble = visit.page.locator(".trouble")
        expect(trouble).to_contain_text("hash (hash/1)")
        expect(trouble).to_contain_text("embedded")
        expect(trouble).to_contain_text("RAG_MODEL=embedded rag build")
        build(ROOT / "seeds", tmp_path / "index")
        visit.ask(ASKED)
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")


def test_a_broken_index_gets_a_friendly_page_with_the_command_to_run(
    visit: Visit, docs: Path, tmp_path: Path
) -> None:
    build(ROOT / "seeds", tmp_path / "index")
    for manifest in (tmp_path / "index").glob("generations/*/manifest.json"):
        manifest.write_text("{}", "utf-8")
    with serving(tmp_path / "index", docs) as address:
        visit.open(address)
        expect(visit.page.locator(".trouble")).to_contain_text("rag build")
        visit.ask(ASKED)
        expect(visit.turns.last.locator(".trouble")).to_contain_text("rag build")
        build(docs, tmp_path / "index")
        visit.turns.last.get_by_role("button", name="重新查找").click()
        expect(visit.verdict.locator("blockquote")).to_contain_text("2700万元")
