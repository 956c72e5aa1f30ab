"""Which candidates are looked at closely, and the trees that help to tell."""

import numpy as np
import pytest

import rag
from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import gather
from rag.retrieve.features import LEGS
from rag.retrieve.question import understand
from rag.retrieve.shortlist import LOOKED_AT, SEEN, Shortlist, load_shortlist, seen, worth_a_look
from rag.retrieve.trees import LEAVES, Trees, trees_in
from rag.settings import load_settings
from rag.types import Mode

NONE = np.zeros((0, LEAVES - 1))
NO_TREES = Trees(
    feature=NONE.astype(np.int64),
    threshold=NONE,
    left=NONE.astype(np.uint8),
    right=NONE.astype(np.uint8),
    value=np.zeros((0, LEAVES)),
)


def padded(rows, filling, width=LEAVES - 1):
    return np.array([row + [filling] * (width - len(row)) for row in rows])


@pytest.fixture
def trees():
    """One of three leaves, and one of two: the second's only node looks at the second feature."""
    return Trees(
        feature=padded([[0, 1], [1]], 0).astype(np.int64),
        threshold=padded([[0.5, 2.0], [1.0]], 0.0),
        left=padded([[0b11111011, 0b11111101], [0b11111101]], 0xFF).astype(np.uint8),
        right=padded([[0b11111100, 0b11111110], [0b11111110]], 0xFF).astype(np.uint8),
        value=padded([[20.0, 40.0, 10.0], [1.0, 2.0]], 0.0, LEAVES),
    )


def test_trees_lead_each_row_to_its_leaf(trees):
    rows = np.array([[0.5, 2.0], [0.5, 2.1], [0.6, 0.0]])
    assert trees.scores(rows).tolist() == [22.0, 42.0, 11.0]
    assert trees_in(trees.arrays()).scores(rows).tolist() == [22.0, 42.0, 11.0]
    assert trees.scores(rows[:0]).tolist() == []


def test_no_trees_add_nothing():
    assert NO_TREES.scores(np.ones((2, 3))).tolist() == [0.0, 0.0]


def test_looked_at_are_the_first_and_those_near_to_it():
    assert worth_a_look(range(100), np.linspace(100.0, 1.0, 100)) == list(range(10))
    assert worth_a_look(range(100), np.linspace(100.0, 60.4, 100)) == list(range(18))
    assert worth_a_look(range(100), np.linspace(100.0, 98.0, 100)) == list(range(LOOKED_AT))


def test_what_is_seen_of_a_candidate_is_told_of_its_document_too():
    shares = np.zeros((4, len(LEGS)))
    shares[:, 0] = 1.0, 0.5, 0.8, 0.0
    shares[:, 1] = 0.0, 1.0, 0.0, 0.0
    rows = seen(shares, np.array([7, 7, 2, 9]))
    told = dict(zip(SEEN, rows.T.tolist(), strict=True))
    assert told["dense"] == [1.0, 0.5, 0.8, 0.0]
    assert told["dense_place"] == [1.0, 0.333333, 0.5, 0.0]
    assert told["legs"] == pytest.approx([1 / 6, 2 / 6, 1 / 6, 0], abs=1e-6)
    assert told["titled"] == [0.0] * 4
    assert told["document_words"] == [1.0, 1.0, 0.0, 0.0]
    assert told["document_words_ahead"] == [1.0, 0.0, 0.0, 0.0]
    assert told["document_candidates"] == [0.5, 0.5, 0.25, 0.25]
    assert told["document_dense_sum"] == pytest.approx([1.0, 1.0, 0.8 / 1.5, 0.0], abs=1e-6)


def test_what_points_away_from_the_question_is_as_good_as_not_found():
    shares = np.zeros((3, len(LEGS)))
    shares[:, 0] = 1.0, -0.4, -0.9
    away = seen(shares, np.array([0, 1, 1]))
    assert away.min() == 0.0
    assert away.tolist() == seen(np.maximum(shares, 0.0), np.array([0, 1, 1])).tolist()


def test_one_leg_asked_alone_orders_by_itself():
    shares = np.eye(len(LEGS))
    shortlist = Shortlist(np.ones(len(SEEN)), NO_TREES)
    dense = shortlist.scores(shares, np.arange(len(LEGS)), Mode.DENSE)
    assert dense.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    sparse = shortlist.scores(shares, np.arange(len(LEGS)), Mode.SPARSE)
    assert sparse[LEGS.index("dense")] == sparse[LEGS.index("beside")] == 0.0


def test_the_shortlist_that_ships_puts_the_passage_that_answers_among_the_first(tmp_path):
    (tmp_path / "docs").mkdir()
    for place, matter in enumerate(("公厕", "学校", "公园", "桥梁", "驿站", "医院")):
        text = f"# {matter}建设\n\n" + "".join(
            f"第{part}条街今年建成{matter}{part + place * 20}座，花费{part}万元。\n\n"
            for part in range(20)
        )
        (tmp_path / "docs" / f"{place}.md").write_text(text, "utf-8")
    settings = load_settings(docs=tmp_path / "docs", index=tmp_path / "index", chunk_chars=100)
    rag.build(settings=settings)
    with rag.Retriever(tmp_path / "index") as opened:
        index = opened.index
        found = gather(index, load_encoder(), understand("第7条街建成几座桥梁？", load_lexicon()))
        scores = load_shortlist().scores(found.shares, found.documents)
        best = [found.ids[row] for row in np.argsort(-scores)[:3]]
        assert any("第7条街今年建成桥梁67座" in chunk.text for chunk in index.chunks(best))
        alone = found.without([found.ids[0]])
        assert alone.documents.tolist() == found.documents[1:].tolist()


def test_no_candidates_get_no_scores():
    none = load_shortlist().scores(np.zeros((0, len(LEGS))), np.zeros(0, np.int64))
    assert none.shape == (0,)
