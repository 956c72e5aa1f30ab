"""Pages of cited files as pictures: bounded in size, in time and in what is kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from test_read_pdf import pdf

from rag.build import build
from rag.errors import FileDamaged, ReadingTooLong
from rag.intake import Intake
from rag.read import Found, picture
from rag.settings import Settings, load_settings
from rag.web.library import Library
from rag.web.pictures import Pictures

LINES = ["Report of the reservoir", "The reservoir took in eight thousand fish this year."]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.pdf").write_bytes(pdf(LINES, ["The walk is three kilometres long, says the town."]))
    build(docs, tmp_path / "index")
    return load_settings(index=tmp_path / "index", docs=docs)


def test_a_picture_is_drawn_once_and_no_more_is_kept_than_allowed(settings: Settings) -> None:
    library = Library(settings)
    hits = library.retrieve("fish reservoir walk town", 5).hits
    names = {hit.citation.page: hit.chunk_id for hit in hits}
    with closing(Pictures(library, most_bytes=1)) as pictures:
        assert pictures.page(names[1], 1)
        assert pictures.size == 0
    with closing(Pictures(library)) as roomy:
        first = roomy.page(names[1], 1)
        assert first
        assert roomy.page(names[1], 1) is first
        assert roomy.size == len(first)
    assert not list(settings.index.rglob("*.png"))


def test_a_page_that_takes_too_long_is_given_up(settings: Settings) -> None:
    hasty = settings.model_copy(update={"max_file_seconds": 0.001})
    with Intake(hasty) as intake, pytest.raises(ReadingTooLong):
        intake.picture_of(Found("a.pdf", Path(settings.docs or "") / "a.pdf"), 1)


@pytest.mark.parametrize("page", [0, 3, 10**6])
def test_there_is_no_picture_of_a_page_that_is_not_there(page: int) -> None:
    with pytest.raises(FileDamaged):
        picture(pdf(LINES), "a.pdf", page)


def test_what_is_no_pdf_has_no_picture() -> None:
    with pytest.raises(FileDamaged):
        picture(b"%PDF-1.7 nothing", "a.pdf", 1)
