"""What a leg has lost, or still has of deleted text, is told."""

from __future__ import annotations

import archive
import pytest

from rag.errors import IndexNotWritable
from rag.proving import ghosts, spread, unfound
from rag.settings import load_settings
from rag.store import store_of
from rag.store.index import FileIndex
from rag.verify import verify

FACTS = [f"养老驿站第{n}期开工。" for n in range(4)]


@pytest.fixture
def settings(tmp_path):
    """Two generations: a page, and the same page with other words."""
    docs = archive.write(tmp_path / "docs", 甲报=archive.report("临河镇建驿站", *FACTS))
    made = load_settings(docs=docs, index=tmp_path / "index")
    archive.build(docs, None, settings=made)
    other = [fact.replace("养老驿站", "蔬菜大棚") for fact in FACTS]
    archive.write(docs, 甲报=archive.report("临河镇建大棚", *other))
    archive.build(docs, None, settings=made)
    return made


class _Leg:
    """An index with one leg of another."""

    def __init__(self, index, **legs):
        self._index = index
        self.__dict__ |= legs

    def __getattr__(self, name):
        return getattr(self._index, name)


def test_every_passage_is_found_and_nothing_of_the_text_before(settings):
    store = store_of(settings)
    with store.open() as live, store.open("000001") as former:
        every = range(live.manifest.passages)
        assert list(unfound(live, every, archive.embedded())) == []
        assert list(ghosts(live, former)) == []
    assert verify(settings=settings).problems == ()


def test_a_leg_that_still_has_the_text_before_is_told(settings):
    store = store_of(settings)
    with store.open() as live, store.open("000001") as former:
        haunted = _Leg(live, search_fulltext=former.search_fulltext)
        assert {term for _, term in ghosts(haunted, former)} == {"站第"}
        haunted = _Leg(live, vectors=former.vectors, window_counts=former.window_counts)
        every = range(live.manifest.passages)
        assert {leg for _, leg in unfound(haunted, every, archive.embedded())} == {"dense"}


@pytest.mark.parametrize("search", ["search_dense_beside", "search_fulltext"])
def test_a_passage_that_a_leg_has_lost_is_told(settings, search):
    with store_of(settings).open() as live:
        lost = live.chunks([1])[0].chunk_id

        def without(*arguments):
            return [hit for hit in getattr(live, search)(*arguments) if hit.id != 1]

        told = list(unfound(_Leg(live, **{search: without}), range(live.manifest.passages)))
    assert [chunk_id for chunk_id, _ in told] == [lost]


@pytest.mark.parametrize("search", ["search_dense_beside", "search_fulltext"])
def test_a_generation_that_does_not_find_its_passages_never_goes_live(
    settings, monkeypatch, search
):
    archive.write(settings.docs, 乙报=archive.report("修路", "山路通车。"))
    monkeypatch.setattr(FileIndex, search, lambda *arguments: [])
    with pytest.raises(IndexNotWritable):
        archive.build(settings.docs, None, settings=settings)
    assert store_of(settings).live() == "000002"


def test_a_sample_is_spread_evenly():
    assert spread(0, 4) == []
    assert spread(3, 4) == [0, 1, 2]
    assert spread(101, 5) == [0, 25, 50, 75, 100]
