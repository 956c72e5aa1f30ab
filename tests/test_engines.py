"""What an engine promises, asked of FAISS and tantivy in a folder and of Milvus alike."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import archive
import engines
import numpy as np
import pytest

from rag.encode import bigrams, load_encoder, words
from rag.errors import IndexClosed
from rag.read import Found, load, parse
from rag.settings import load_settings
from rag.split import split, windows
from rag.store import Field, Scored, Wanted, store_of


@pytest.fixture(params=engines.ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def dense(engine, tmp_path, request):
    address = request.getfixturevalue("milvus") if engine == "milvus" else None
    return partial(engines.dense, engine, tmp_path, address=address)


@pytest.fixture
def fulltext(engine, tmp_path, request):
    address = request.getfixturevalue("milvus") if engine == "milvus" else None
    return partial(engines.fulltext, engine, tmp_path, address=address)


# --- vectors -------------------------------------------------------------------------------------


def expected(rows, query, k, allowed=None):
    rows, query = np.asarray(rows, dtype=np.float32), np.asarray(query, dtype=np.float32)
    scores = [(-float(np.dot(row, query)), number) for number, row in enumerate(rows)]
    return [n for _, n in sorted(scores) if allowed is None or n in allowed][:k]


def test_the_nearest_vectors_come_back_best_first(dense):
    rows = np.random.default_rng(1).normal(size=(300, 24)).astype(np.float32)
    found = dense(rows).search(rows[7], 10, None)
    assert [one.id for one in found] == expected(rows, rows[7], 10)
    assert found[0].score == pytest.approx(float(np.dot(rows[7], rows[7])), rel=1e-5)


def test_a_passage_is_as_near_as_the_best_of_its_windows_and_ties_go_by_place(dense):
    generator = np.random.default_rng(4)
    basis = np.float32([[0.6, 0.8, 0.0], [0.36, 0.48, 0.8], [0.0, 0.0, 1.0]])
    kinds = [generator.integers(0, 3, size=generator.integers(1, 9)) for _ in range(90)]
    store = dense(basis[np.concatenate(kinds)], [len(one) for one in kinds])
    query = np.float32([0.6, 0.8, 0.0])
    best = np.array([max(float(basis[kind] @ query) for kind in windows) for windows in kinds])
    for k in (1, 7, 40, 90, 120):
        found = store.search(query, k, None)
        assert [one.id for one in found] == expected(best[:, None], [1.0], k)
        found = store.search(query, k, [(3, 20), (50, 51)])
        allowed = {*range(3, 20), 50}
        assert [one.id for one in found] == expected(best[:, None], [1.0], k, allowed)


def test_more_neighbours_than_there_are_gives_all_there_are(dense):
    store = dense(np.eye(4))
    assert len(store.search(np.float32([1, 0, 0, 0]), 1_000_000, None)) == 4
    assert store.search(np.float32([1, 0, 0, 0]), 0, None) == []
    assert store.search(np.float32([1, 0, 0, 0]), 4, []) == []


def test_each_passage_has_its_own_windows_as_they_went_in(dense):
    rows = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)
    store = dense(rows, [2, 3, 1, 3])
    assert store.window_counts([3, 0]) == [3, 2]
    assert (store.vectors([3, 0, 3]) == rows[[6, 7, 8, 0, 1, 6, 7, 8]]).all()
    with pytest.raises(KeyError):
        store.vectors([4])


def test_a_vector_of_another_length_is_refused(dense):
    with pytest.raises(ValueError, match="3"):
        dense(np.eye(4)).search(np.float32([1, 0, 0]), 1, None)


# --- terms ---------------------------------------------------------------------------------------


def bm25(passages, terms, k1=1.2, b=0.75):
    """Robertson and Zaragoza 2009, with Lucene's idf, which is never below 0."""
    n, mean = len(passages), sum(map(len, passages)) / len(passages)
    scores = {}
    for number, passage in enumerate(passages):
        for term in set(terms) & set(passage):
            df = sum(term in other for other in passages)
            tf = passage.count(term)
            idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
            part = idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(passage) / mean))
            scores[number] = scores.get(number, 0.0) + part
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


PASSAGES = [
    ["养老", "驿站", "养老"],
    ["新建", "驿站"],
    ["道路"],
    ["新建", "养老", "道路", "道路", "食堂"],
    [],
]


def test_full_text_scores_are_plain_bm25(fulltext):
    asked = ["养老", "新建", "道路"]
    store = fulltext(PASSAGES)
    found = store.search([Wanted(Field.WORDS, asked)], 10, None)
    wanted = bm25(PASSAGES, asked)
    assert [one.id for one in found] == [number for number, _ in wanted]
    assert [one.score for one in found] == pytest.approx([s for _, s in wanted], abs=2e-4)
    twice = store.search([Wanted(Field.WORDS, [*asked, *asked, ""])], 10, None)
    assert twice == found
    assert store.search([Wanted(Field.WORDS, [])], 10, None) == []
    assert store.search([Wanted(Field.WORDS, ["", "没有"])], 10, None) == []
    assert store.search([Wanted(Field.TITLE_WORDS, asked)], 10, None) == []


def test_terms_are_kept_as_they_are(fulltext):
    odd = ["TH01", "ppr-9087", "C++", "两 词", "字" * 5000, "\u3000", "a\ud800", "😀"]
    store = fulltext([[term] for term in odd])
    for number, term in enumerate(odd):
        assert [one.id for one in store.search([Wanted(Field.WORDS, [term])], 10, None)] == [number]
    for other in ("th01", "ppr", "9087", "C", "两", "字" * 4999, "\u2003", "a"):
        assert store.search([Wanted(Field.WORDS, [other])], 10, None) == []


def test_equal_passages_are_told_apart_by_their_place(fulltext):
    same = [["今年", "新建", "养老", "驿站", "五", "个"]] * 300
    found = fulltext(same).search([Wanted(Field.WORDS, ["驿站", "新建", "养老"])], 40, None)
    assert [one.id for one in found] == list(range(40))


def test_full_text_within_ranges_is_the_whole_search_less_the_others(fulltext):
    generator = np.random.default_rng(3)
    passages = [[str(term) for term in generator.integers(0, 9, size=6)] for _ in range(200)]
    store = fulltext(passages)
    whole = store.search([Wanted(Field.WORDS, ["1", "4", "7"])], 200, None)
    ranges = [(0, 17), (40, 41), (150, 200)]
    inside = [one for one in whole if any(a <= one.id < b for a, b in ranges)]
    assert store.search([Wanted(Field.WORDS, ["1", "4", "7"])], 200, ranges) == inside
    assert store.search([Wanted(Field.WORDS, ["1", "4", "7"])], 200, []) == []


# --- a whole index -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    return archive.write(tmp_path_factory.mktemp("文档"), **archive.PAGES)


@pytest.fixture(scope="module", params=engines.ENGINES)
def store(request, tmp_path_factory, docs):
    more = {}
    if request.param == "milvus":
        address = engines.database(request.getfixturevalue("milvus"))
        more = {"store": "milvus", "milvus_uri": address}
    settings = load_settings(index=tmp_path_factory.mktemp("索引 é"), docs=docs, **more)
    assert archive.build(docs, None, settings=settings).published
    return store_of(settings)


@pytest.fixture
def index(store):
    with store.open() as opened:
        yield opened


def test_passages_come_back_as_they_were_split(index, docs):
    for source in ("甲报.txt", "乙报.txt"):
        chunks = split(parse(load(Found(source, docs / source), 100)))
        assert index.chunks_of(source) == chunks
    assert index.chunks_of("没有.txt") == []


def test_ids_count_passages_in_order_of_source_and_place(index):
    chunks = list(index.all_chunks())
    places = [(chunk.source, chunk.spans[0][0]) for chunk in chunks]
    assert places == sorted(places)
    assert index.chunks(range(len(chunks))) == chunks
    assert index.chunks([3, 0, 3]) == [chunks[3], chunks[0], chunks[3]]
    assert index.ids_of(chunk.chunk_id for chunk in chunks) == list(range(len(chunks)))


@pytest.mark.parametrize("unknown", ["没有.txt@0", "甲报.txt@1", "甲报.txt", "甲报.txt@-1", ""])
def test_a_passage_that_is_not_there_has_no_id(index, unknown):
    with pytest.raises(KeyError):
        index.ids_of([unknown])


def test_an_id_that_is_not_there_has_no_passage_and_no_vector(index):
    for wrong in (-1, index.manifest.passages):
        with pytest.raises(KeyError):
            index.chunks([wrong])
        with pytest.raises(KeyError):
            index.vectors([wrong])


def test_vectors_are_those_of_the_passages(index):
    cut = [windows(chunk.text, chunk.sentences, 60) for chunk in index.chunks([0, 5])]
    assert index.window_counts([0, 5]) == [len(one) for one in cut]
    wanted = load_encoder().encode_passages([window for one in cut for window in one])
    assert len(wanted) > 2
    assert np.allclose(index.vectors([0, 5]), wanted, atol=1e-6)
    assert index.search_dense(wanted[0], 1) == [Scored(0, pytest.approx(1.0, abs=1e-5))]


def test_documents_are_described(index, docs):
    records = {record.source: record for record in index.documents()}
    assert list(records) == sorted(f"{name}.txt" for name in archive.PAGES)
    assert sum(record.chunks for record in records.values()) == index.manifest.passages
    assert records["甲报.txt"].size == (docs / "甲报.txt").stat().st_size
    assert records["甲报.txt"].titles == ("临河镇新建十二个养老驿站",)
    assert index.docs == docs


def test_the_headline_and_the_name_of_the_file_are_searched_in_fields_of_their_own(index):
    for field, terms in (
        (Field.TITLE_WORDS, words("山路")),
        (Field.TITLE_BIGRAMS, bigrams("乙报")),
    ):
        found = index.search_fulltext(field, terms, 50)
        assert {chunk.source for chunk in index.chunks([one.id for one in found])} == {"乙报.txt"}
        assert len(found) == len(index.chunks_of("乙报.txt"))


def test_several_fields_are_searched_at_once_and_their_weighted_scores_add_up(index):
    alone = {
        field: {one.id: one.score for one in index.search_fulltext(field, words("山路驿站"), 99)}
        for field in (Field.WORDS, Field.TITLE_WORDS)
    }
    wanted = [
        Wanted(Field.WORDS, words("山路驿站")),
        Wanted(Field.TITLE_WORDS, words("山路驿站"), 3.0),
    ]
    together = index.search_fields(wanted, 99)
    assert {one.id for one in together} == set(alone[Field.WORDS]) | set(alone[Field.TITLE_WORDS])
    for one in together:
        body, title = (alone[field].get(one.id, 0.0) for field in alone)
        assert one.score == pytest.approx(body + 3 * title, abs=1e-3)


def test_meaning_is_searched_in_the_documents_of_passages_alone(index):
    vector = index.vectors([0])[0]
    for source in ("甲报.txt", "a1.txt"):
        inside = index.ids_of(chunk.chunk_id for chunk in index.chunks_of(source))
        found = index.search_dense_beside(vector, 99, [inside[0]])
        assert sorted(hit.id for hit in found) == inside
        of = [index.documents()[one].source for one in index.documents_of(inside)]
        assert of == [source] * len(inside)


@pytest.mark.parametrize(
    ("globs", "wanted"),
    [
        (["甲*"], {"甲报.txt"}),
        (["*报.txt"], {"甲报.txt", "乙报.txt"}),
        (["a[1].txt"], {"a[1].txt", "a1.txt"}),  # its own name, and what the glob says
        (["没有"], set()),
    ],
)
def test_both_searches_keep_to_the_sources_asked_for(index, globs, wanted):
    vector = index.vectors([0])[0]
    for found in (
        index.search_dense(vector, 99, globs),
        index.search_fulltext(Field.BIGRAMS, ["居民", "阶段", "表示"], 99, globs),
    ):
        assert {chunk.source for chunk in index.chunks([one.id for one in found])} == wanted


def test_many_threads_get_the_same_answers(index):
    alone = archive.answers(index)
    with ThreadPoolExecutor(8) as pool:
        assert all(said == alone for said in pool.map(archive.answers, [index] * 8))


def test_a_closed_index_says_so(store):
    index = store.open()
    vector = index.vectors([0])[0]
    index.close()
    for ask in (
        lambda: index.chunks([0]),
        lambda: index.search_dense(vector, 1),
        lambda: index.search_fulltext(Field.WORDS, ["今年"], 1),
    ):
        with pytest.raises(IndexClosed):
            ask()
