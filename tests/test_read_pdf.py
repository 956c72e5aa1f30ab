"""A PDF is read with its pages; every passage has its place on paper."""

from __future__ import annotations

import pytest
from newspaper_texts import STORIES
from paper import CHROMIUM, printed
from scans import wrapped

from rag.errors import FileDamaged, ReadError
from rag.intake.passages import check
from rag.read import Loaded, bare, boxes_of, parse
from rag.split import split

SENTENCE = "Town No {n} opens its new hall on Monday morning, and many people of the place come."


def pdf(*pages: list[str]) -> bytes:
    """A PDF of pages of lines, set in Helvetica, which every reader has."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        body = "BT /F1 12 Tf 14 TL 72 720 Td " + " ".join(f"({line}) Tj T*" for line in lines)
        objects.append(f"<< /Length {len(body) + 3} >>\nstream\n{body} ET\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents "
            f"{len(objects)} 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 "
            "/BaseFont /Helvetica >> >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body = "%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    return (body + end).encode()


def read(data, source="a.pdf"):
    return parse(Loaded(source, data, "0" * 64))


FIVE = pdf(*(["Yearly Report", SENTENCE.format(n=n), f"- {n} -"] for n in range(1, 6)))


def test_every_passage_of_a_pdf_is_lawful_and_names_its_page():
    document = read(FIVE)
    chunks = split(document)
    check(document, chunks)
    assert (chunks[0].page, chunks[-1].page_end) == (1, 5)


def test_every_line_of_a_passage_has_a_box_on_its_page():
    document = read(FIVE)
    place = document.text.index("Town No 3")
    (box,) = boxes_of(document.pages, [(place, place + 40)])
    assert box.page == 3
    assert 70 < box.left < 74 < box.right < 612
    assert 40 < box.top < box.bottom < 110


def test_running_heads_and_page_numbers_are_in_no_passage_and_are_not_lost():
    document = read(FIVE)
    said = "".join(chunk.text for chunk in split(document))
    apart = [document.text[start:end] for start, end in document.furniture]
    assert "Yearly" not in said
    assert "- 3 -" not in said
    assert [apart.count("Yearly Report"), apart.count("- 3 -")] == [5, 1]


def test_a_pdf_is_told_by_its_contents():
    assert read(FIVE, "a.txt").text == read(FIVE).text


def test_a_page_without_text_is_reported_and_the_others_are_read():
    document = read(pdf(["One page speaks."], [], ["Another speaks."]))
    (told,) = document.problems
    assert told.code in ("PagesAreImages", "PagesWithoutText")  # as scans are read, or are not
    assert told.part == "2"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", FIVE[:200], b"%PDF-" + bytes(500)])
def test_a_damaged_pdf_is_refused(data):
    with pytest.raises(ReadError) as caught:
        read(data)
    assert isinstance(caught.value, FileDamaged)


# --- as programs print them -----------------------------------------------------------------------

NEW_PAGE = "<div style='break-before: page'></div>"


def told(*stories):
    return "".join(
        f"<h2>{title}</h2>" + "".join(f"<p>{each}</p>" for each in paragraphs)
        for title, paragraphs in stories
    )


def row_by_row(*texts):
    """Two columns, written line by line across both."""
    rows = zip(*(wrapped(f"\u3000\u3000{text}", 36) for text in texts), strict=False)
    parts = (
        f"<p style='position: absolute; top: {7 * n}mm; left: {x}mm; white-space: pre; "
        f"text-indent: 0'>{part}</p>"
        for n, row in enumerate(rows)
        for x, part in zip((0, 88), row, strict=True)
    )
    return f"<div style='position: relative; height: 200mm'>{''.join(parts)}</div>"


LEFT, RIGHT = ("".join(STORIES[n][1])[:240] + "。" for n in (0, 1))
CELLS = [(f"{n}", f"临河镇{n}号养老驿站", f"{n * 12}万元", f"预计{n}月底完工") for n in range(1, 9)]
TABLE = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in CELLS)
ENGLISH = (
    "The international organisation reconsidered its fundamental recommendations concerning "
    "infrastructure modernisation and environmental responsibility."
)
PARTS = {
    "three columns": f"<div style='column-count: 3'>{told(*STORIES[:2])}</div>",
    "two columns": f"<div style='column-count: 2; column-gap: 1.2em'>{told(*STORIES[2:4])}</div>"
    f"<p>{STORIES[4][1][0]}</p>",
    "row by row": row_by_row(LEFT, RIGHT),
    "vertical": f"<div style='writing-mode: vertical-rl; height: 230mm'>{told(STORIES[5])}</div>",
    "sideways": f"<div style='writing-mode: sideways-lr; height: 230mm'>{told(STORIES[6])}</div>",
    "table": f"<table style='width: 100%'>{TABLE}</table><p>{STORIES[7][1][0]}</p>",
    "hyphens": f"<p lang=en style='hyphens: auto; width: 42mm; text-indent: 0'>{ENGLISH}</p>",
    "odd characters": "<p>⽂⽅⾦⻢⻔上的字，用部首的编码；o\ufb03ce 和 \ufb01le 用了连字。</p>",
}


@pytest.fixture(scope="module")
def pages():
    """What a PDF of all parts says, by part: its document, and the blocks of each."""
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    document = read(printed(NEW_PAGE.join(PARTS.values())))
    found = {name: [] for name in PARTS}
    names = list(PARTS)
    for block in (block for article in document.articles for block in article.blocks):
        number = next(p.number for p in document.pages if block.spans[0][0] < p.end)
        found[names[number - 1]].append(block)
    return document, found


def said(blocks):
    return [bare(block.text) for block in blocks]


def expected(*stories):
    return [bare(text) for title, paragraphs in stories for text in (title, *paragraphs)]


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("three columns", expected(*STORIES[:2])),
        ("two columns", [*expected(*STORIES[2:4]), bare(STORIES[4][1][0])]),
        ("row by row", [bare(LEFT), bare(RIGHT)]),
        ("vertical", expected(STORIES[5])),
        ("sideways", expected(STORIES[6])),
    ],
)
def test_paragraphs_are_read_whole_and_in_the_order_of_the_paper(pages, part, wanted):
    assert said(pages[1][part]) == wanted


def test_a_table_is_read_row_by_row(pages):
    *rows, prose = pages[1]["table"]
    assert said(rows) == ["".join(row) for row in CELLS]
    assert {block.kind for block in rows} == {"table_row"}
    assert bare(prose.text) == bare(STORIES[7][1][0])


def test_words_cut_by_a_hyphen_are_whole_again(pages):
    assert [block.text for block in pages[1]["hyphens"]] == [ENGLISH]


def test_radicals_and_ligatures_are_read_as_the_characters_they_show(pages):
    (block,) = pages[1]["odd characters"]
    assert block.text.startswith("文方金马门上的字")
    assert "office 和 file" in block.text


def test_every_character_of_a_pdf_is_in_one_block_or_set_apart(pages):
    document, found = pages
    spans = [span for blocks in found.values() for block in blocks for span in block.spans]
    places = sorted(
        place
        for start, end in [*spans, *document.furniture]
        for place in range(start, end)
        if not document.text[place].isspace()
    )
    assert places == [n for n, char in enumerate(document.text) if not char.isspace()]


def test_a_rotated_page_has_its_boxes_where_they_are_seen():
    page = "/MediaBox [100 50 712 842]"
    upright, turned = (
        read(FIVE.replace(b"/MediaBox [0 0 612 792]", f"{page} /Rotate {turn}".encode()))
        for turn in (0, 90)
    )
    places = [document.text.index("Town No 2") for document in (upright, turned)]
    (box,) = boxes_of(upright.pages, [(places[0], places[0] + 9)])
    (other,) = boxes_of(turned.pages, [(places[1], places[1] + 9)])
    height = upright.pages[1].height
    assert (other.top, other.bottom) == (box.left, box.right)
    assert other.left == pytest.approx(height - box.bottom, abs=0.2)
    assert turned.pages[1].width == height


def test_page_numbers_and_heads_of_a_short_file_are_set_apart():
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    page = (
        "<div style='height: 250mm; position: relative'><div>统计月报 内部资料</div>"
        "<p>{text}</p><div style='position: absolute; bottom: 0'>— {number} —</div></div>"
    )
    texts = [paragraphs[0] for _, paragraphs in STORIES[:2]]
    body = NEW_PAGE.join(page.format(text=t, number=n) for n, t in enumerate(texts, 3))
    document = read(printed(body, "@page { margin: 10mm }"))
    blocks = [block for article in document.articles for block in article.blocks]
    assert said(blocks) == [bare(text) for text in texts]
