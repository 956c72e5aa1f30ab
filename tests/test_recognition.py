"""Scans are read, cited by page and box, and say that they were recognised."""

from __future__ import annotations

import io

import pytest
import scans
from archive import build
from newspaper_texts import STORIES
from PIL import Image

from rag.errors import PagesAreImages, ReaderMissing, ReadError
from rag.intake import Intake, Pool, Reading
from rag.read import Found, Loaded, bare, parse, picture, recognition
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.web.cited import read_cited

PARAGRAPHS = [text for _, paragraphs in STORIES[:2] for text in paragraphs][:4]

pytestmark = pytest.mark.skipif(scans.FONT is None, reason="no Chinese font")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Two pages of a scan as a PDF and a picture of the first, read by the workers of a build."""
    folder = tmp_path_factory.mktemp("scans")
    pages = [scans.scan(PARAGRAPHS[:2], dpi=100), scans.scan(PARAGRAPHS[2:], dpi=100)]
    (folder / "scan.pdf").write_bytes(scans.saved(*pages, kind="PDF"))
    (folder / "scan.png").write_bytes(scans.saved(pages[0], kind="PNG"))
    (folder / "blank.png").write_bytes(scans.saved(scans.scan([], dpi=100), kind="PNG"))
    with Intake(load_settings()) as intake:
        found = [
            (name, Found(name, folder / name)) for name in ("scan.pdf", "scan.png", "blank.png")
        ]
        yield dict(intake.readings(found))


def errors(reading, paragraphs):
    said = bare("".join(chunk.text for chunk in reading.chunks))
    return scans.distance(said, bare("".join(paragraphs))) / len(said)


def test_a_scanned_pdf_is_read(scanned):
    reading = scanned["scan.pdf"]
    assert isinstance(reading, Reading)
    assert errors(reading, PARAGRAPHS) < 0.03
    assert not reading.problems


def test_a_picture_is_a_document(scanned):
    assert errors(scanned["scan.png"], PARAGRAPHS[:2]) < 0.03


def test_passages_of_a_scan_name_their_page_and_where_they_stand_on_it(scanned):
    chunks = scanned["scan.pdf"].chunks
    assert {chunk.page for chunk in chunks} | {chunk.page_end for chunk in chunks} == {1, 2}
    for chunk in chunks:
        assert chunk.boxes
        for box in chunk.boxes:  # the margins are 0.8 of an inch
            assert 50 < box.left < box.right < 545
            assert 50 < box.top < box.bottom < 790


def test_passages_of_a_scan_say_how_sure_the_reading_is(scanned):
    for name in ("scan.pdf", "scan.png"):
        assert all(0.5 < chunk.metadata.recognised <= 1 for chunk in scanned[name].chunks)


def test_a_scan_without_text_is_told(scanned):
    assert isinstance(scanned["blank.png"], ReadError)


def test_without_the_extra_the_report_names_it(monkeypatch):
    monkeypatch.setattr(recognition, "is_there", lambda: False)
    page = (
        scans.saved(scans.scan([], dpi=50), kind="PDF"),
        scans.saved(scans.scan([], dpi=50), kind="PNG"),
    )
    for name, data, kind in zip(
        ("a.pdf", "a.png"), page, (PagesAreImages, ReaderMissing), strict=True
    ):
        with pytest.raises(kind) as caught:
            parse(Loaded(name, data, "0" * 64))
        assert "wenju[ocr]" in caught.value.next_step()


def test_every_page_of_a_scan_has_the_time_that_a_file_has():
    with Pool(seconds=4, memory_mb=500, size=1) as pool:
        assert pool.submit("turning:turn_pages", 10, 0.5).result() == "read"


def test_a_page_of_a_scan_is_shown_as_the_camera_was_held():
    sheet = scans.scan(PARAGRAPHS[:1], dpi=60)
    lying = sheet.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    held = io.BytesIO()
    lying.save(held, "JPEG", exif=exif)
    shown = Image.open(io.BytesIO(picture(held.getvalue(), "a.jpg", 1)))
    assert shown.height > shown.width


def test_the_source_of_a_scan_is_its_page_with_the_passage_marked_and_no_text_is_read_for_it(
    tmp_path, monkeypatch
):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.pdf").write_bytes(scans.saved(scans.scan(PARAGRAPHS[:2]), kind="PDF"))
    build(tmp_path / "docs", tmp_path / "index")
    with Retriever(tmp_path / "index") as retriever:
        (hit, *_) = retriever.retrieve("青石河大桥").hits
    monkeypatch.setattr(Intake, "text_of", None)
    file = read_cited(tmp_path / "docs", hit)
    (page,) = file.pages
    assert (file.state, file.lines, page.number) == (None, (), 1)
    assert all(box.right <= page.width and box.bottom <= page.height for box in hit.citation.boxes)
