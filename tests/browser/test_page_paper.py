"""A page of a PDF as a picture beside the answer, with the passage marked on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chat import Visit, playwright
from serving import serving

from rag.build import build

expect = playwright.expect
PAGES = (
    "青杨岭水库的鱼苗",
    "本报讯 青杨岭水库今年投放鱼苗八千尾，由两家渔场分担费用。水库边新修了一条步道，全长三公里。",
    "白石桥村的石榴",
    "本报讯 白石桥村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。",
)
ASKED = "白石桥村今年采摘石榴多少斤？"
PASSWORD = "long enough"


@pytest.fixture(scope="module")
def paper(
    shared: playwright.BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A chat over a PDF of two pages, as the browser itself prints them."""
    docs = tmp_path_factory.mktemp("paper") / "docs"
    docs.mkdir()
    with shared.new_page() as page:
        first, said, second, told = PAGES
        page.set_content(
            f"<h1>{first}</h1><p>{said}</p>"
            f"<h1 style='break-before: page'>{second}</h1><p>{told}</p>"
        )
        page.pdf(path=docs / "水库.pdf", format="A4")
    build(docs, docs.parent / "index")
    with serving(docs.parent / "index", docs) as address:
        yield address, docs


def test_the_page_is_shown_with_the_passage_marked_and_its_text_beside_it(
    visit: Visit, paper: tuple[str, Path]
) -> None:
    address, _ = paper
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    picture = visit.sheet.get_by_role("img", name="水库.pdf 第 2 页")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 1400
    box = visit.sheet.locator(".leaf .box").last
    expect(box).to_be_in_viewport()
    # the first of two sentences in one line answers, and is marked stronger
    answering = visit.sheet.locator(".leaf .answering").bounding_box()
    whole = visit.sheet.locator(".leaf .box:not(.answering)").last.bounding_box()
    assert answering and whole
    assert answering["x"] == pytest.approx(whole["x"], abs=1)
    assert 0.5 < answering["width"] / whole["width"] < 0.8
    # where the mark lies, the page is not blank: the words are under it
    dark = box.evaluate("""(box) => {
      const image = box.closest(".leaf").querySelector("img");
      const canvas = document.createElement("canvas");
      const [page, mark] = [image.getBoundingClientRect(), box.getBoundingClientRect()];
      const scale = image.naturalWidth / page.width;
      [canvas.width, canvas.height] = [mark.width * scale, mark.height * scale];
      const pen = canvas.getContext("2d");
      pen.drawImage(image, (page.x - mark.x) * scale, (page.y - mark.y) * scale);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, place) => place % 4 === 0 && value < 128).length;
    }""")
    assert dark > 100
    visit.sheet.get_by_role("button", name="文字").click()
    expect(visit.sheet.locator(".line.cited").filter(has_text="两万斤")).to_be_in_viewport()
    expect(picture).to_be_hidden()
    visit.sheet.get_by_role("button", name="版面").click()
    expect(picture).to_be_visible()


def test_only_pages_that_a_passage_stands_on_are_given_and_only_as_indexed(
    paper: tuple[str, Path],
) -> None:
    address, docs = paper
    with httpx.Client(base_url=address, trust_env=False) as client:
        ask = {"question": ASKED, "k": 1}
        event = client.post("/gradio_api/call/v2/retrieve", json=ask).json()["event_id"]
        told = client.get(f"/gradio_api/call/retrieve/{event}").text.splitlines()[1]
        [answer] = json.loads(told.removeprefix("data: "))
        cite = answer["hits"][0]["chunk_id"]
        good = {"cite": cite, "number": "2"}
        given = client.get("/page", params=good)
        assert (given.status_code, given.headers["content-type"]) == (200, "image/png")
        assert given.content.startswith(b"\x89PNG")
        for wrong in ({"number": "1"}, {"number": "9999999"}, {"number": "x"},
                      {"cite": "../index@0"}, {"cite": ""}):  # fmt: skip
            assert client.get("/page", params=good | wrong).status_code == 404
        file = docs / "水库.pdf"
        data = file.read_bytes()
        try:
            file.write_bytes(data + b"\n% changed")
            assert client.get("/page", params=good).status_code == 404
        finally:
            file.write_bytes(data)


def test_a_page_that_cannot_be_drawn_says_so_and_leaves_the_text(
    visit: Visit, paper: tuple[str, Path]
) -> None:
    address, _ = paper
    visit.page.route("**/page?*", lambda route: route.fulfill(status=503))
    visit.open(address).ask(ASKED)
    visit.verdict.locator(".cite").click()
    expect(visit.sheet.locator(".paper .notice").first).to_be_visible()
    visit.sheet.get_by_role("button", name="文字").click()
    expect(visit.sheet.locator(".line.cited").filter(has_text="两万斤")).to_be_visible()
    visit.complaints = [one for one in visit.complaints if "503" not in one]


def test_a_page_is_behind_the_password_like_the_rest(paper: tuple[str, Path]) -> None:
    _, docs = paper
    with serving(docs.parent / "index", docs, RAG_PASSWORD=PASSWORD) as address:
        refused = httpx.get(f"{address}/page?cite=x@0&number=1", trust_env=False)
        assert refused.status_code == 401
