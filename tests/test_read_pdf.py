"""A PDF is read with its pages; every passage has its place on paper."""

from __future__ import annotations

import pytest

from rag.errors import FileDamaged, ReadError
from rag.intake.passages import check
from rag.read import Loaded, boxes_of, parse
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
    assert [(each.code, each.part) for each in document.problems] == [("PagesAreImages", "2")]


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", FIVE[:200], b"%PDF-" + bytes(500)])
def test_a_damaged_pdf_is_refused(data):
    with pytest.raises(ReadError) as caught:
        read(data)
    assert isinstance(caught.value, FileDamaged)
