"""The index on disk: what it keeps, what it answers, what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import archive
import engines
import numpy as np
import pytest
from archive import build
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encode import bigrams, load_encoder, words
from rag.errors import (
    IndexDamaged,
    IndexMissing,
    IndexNotAFolder,
    IndexOutdated,
    IndexTooNew,
)
from rag.store import Field, Scored, Wanted, live_generation, manifest, open_index
from rag.store.dense import FLAT_PASSAGES, FaissStore, FaissWriter
from rag.store.packing import packed, unpacked
from rag.types import BlockKind, Box, Chunk

# --- a passage as it is kept ---------------------------------------------------------------------

SOME = st.none() | st.text(min_size=1, max_size=5)


@settings(max_examples=300)
@given(
    st.text(max_size=30),
    st.lists(st.integers(0, 3000), min_size=2, max_size=8),
    st.lists(st.integers(0, 300), max_size=8),
    st.tuples(st.integers(1, 99), st.integers(1, 99)),
    st.lists(SOME, min_size=4, max_size=4),
    st.tuples(st.none() | st.integers(1, 9), st.none() | st.integers(1, 9)),
)
def test_a_passage_comes_back_as_it_was_packed(text, places, cuts, lines, told, pages):
    # in columns a passage goes on above where it began
    spans, sentences = (tuple(zip(one[::2], one[1::2], strict=False)) for one in (places, cuts))
    chunk = Chunk(
        f"年报/一.txt@{spans[0][0]}",
        "年报/一.txt",
        BlockKind.PARAGRAPH,
        text,
        spans,
        sentences,
        *lines,
        *told,
        page=pages[0],
        page_end=pages[1],
        boxes=(Box(1, 0.5, 1.0, 2.0, 3.0),) if pages[0] else (),
    )
    assert unpacked(packed(chunk), chunk.source, spans[0][0]) == chunk


# --- vectors -------------------------------------------------------------------------------------


dense = partial(engines.dense, "files")


def expected(rows, query, k, allowed=None):
    rows, query = np.asarray(rows, dtype=np.float32), np.asarray(query, dtype=np.float32)
    scores = [(-float(np.dot(row, query)), number) for number, row in enumerate(rows)]
    return [n for _, n in sorted(scores) if allowed is None or n in allowed][:k]


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=400),
    st.integers(1, 420),
    st.none() | st.lists(st.integers(0, 400), min_size=2, max_size=2).map(sorted),
)
def test_equal_vectors_are_told_apart_by_their_place(tmp_path_factory, kinds, k, within):
    basis = np.array([[0.6, 0.8, 0.0], [0.36, 0.48, 0.8], [0.0, 0.0, 0.0]])
    store = dense(tmp_path_factory.mktemp("dense"), basis[kinds])
    ranges = None if within is None else [tuple(within)]
    allowed = None if within is None else range(*within)
    found = store.search(np.float32([0.6, 0.8, 0.0]), k, ranges)
    assert [one.id for one in found] == expected(basis[kinds], [0.6, 0.8, 0.0], k, allowed)


def test_vectors_come_back_as_they_went_in(tmp_path):
    rows = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)
    assert (dense(tmp_path, rows).vectors([8, 0, 3]) == rows[[8, 0, 3]]).all()


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1, max_size=60),
    st.integers(1, 70),
    st.none() | st.lists(st.integers(0, 60), min_size=2, max_size=2).map(sorted),
)
def test_a_passage_is_as_near_as_the_best_of_its_windows(tmp_path_factory, kinds, k, within):
    basis = np.array([[0.6, 0.8, 0.0], [0.36, 0.48, 0.8], [0.0, 0.0, 1.0]])
    rows = basis[[kind for windows in kinds for kind in windows]]
    store = dense(tmp_path_factory.mktemp("dense"), rows, [len(windows) for windows in kinds])
    query = np.float32([0.6, 0.8, 0.0])
    best = np.array([max(float(basis[kind] @ query) for kind in windows) for windows in kinds])
    ranges = None if within is None else [tuple(within)]
    allowed = None if within is None else range(*within)
    found = store.search(query, k, ranges)
    assert [one.id for one in found] == expected(best[:, None], [1.0], k, allowed)


def test_each_passage_has_its_own_windows(tmp_path):
    rows = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)
    store = dense(tmp_path, rows, [2, 3, 1, 3])
    assert store.window_counts([3, 0]) == [3, 2]
    assert (store.vectors([3, 0]) == rows[[6, 7, 8, 0, 1]]).all()


@pytest.mark.parametrize("ranges", [[[0, 2**40]], [[0, 2**62]] * 4, [[5, 2]], [0, 2]])
def test_passages_that_nobody_counted_are_refused(tmp_path, ranges):
    writer = FaissWriter(tmp_path, 3)
    writer.add([0, 1], [1, 1], np.eye(2, 3, dtype=np.float32))
    writer.close()
    np.save(tmp_path / "serials.npy", np.array(ranges, np.int64))
    with pytest.raises(IndexDamaged):
        FaissStore(tmp_path, 3)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store of more passages than are all compared, and every vector in it."""
    encoder, names = load_encoder(), [f"{a}{b}" for a in "甲乙丙丁戊己庚辛" for b in "东南西北中"]
    texts = [
        f"{names[n % 40]}{archive.WHERE[n % 6]}{archive.WHAT[n % 7 % 6]}{n}户{names[n // 40 % 40]}"
        for n in range(2 * FLAT_PASSAGES + 4_000)
    ]
    folder = tmp_path_factory.mktemp("dense")
    writer = FaissWriter(folder, encoder.dimension, encoder)
    rows = []
    for start in range(0, len(texts), 2000):
        tokens = encoder.tokens(texts[start : start + 2000])
        rows.append(encoder.pooled(tokens)[0])
        serials = range(start // 2, (start + len(rows[-1])) // 2)
        lengths = np.diff(tokens.starts).astype(np.uint16)
        writer.add(serials, [2] * len(serials), tokens=(lengths, tokens.ids.astype(np.uint16)))
    writer.close()
    return engines.Ordered(FaissStore(folder, encoder.dimension)), np.concatenate(rows)


def best_of_two(rows, query):
    return (rows @ query).reshape(-1, 2).max(axis=1)


def test_a_large_store_finds_nearly_what_comparing_all_finds(large):
    store, rows = large
    kept = 0
    for query in load_encoder().encode_queries(
        [f"{w}今年{n}户" for n, w in enumerate(archive.WHAT)]
    ):
        exact = best_of_two(rows, query)
        least = np.sort(exact)[-10]
        kept += sum(exact[one.id] >= least - 1e-6 for one in store.search(query, 10, None))
    assert kept >= 0.95 * 10 * len(archive.WHAT)


def test_the_scores_of_a_large_store_are_exact(large):
    store, rows = large
    query = load_encoder().encode_queries(["临河镇今年改造老旧管网多少户"])[0]
    exact = best_of_two(rows, query)
    found = store.search(query, 50, None)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert [one.score for one in found] == pytest.approx([exact[one.id] for one in found], abs=1e-5)


@pytest.mark.parametrize("ranges", [[(30, 90), (700, 701)], [(100, 9_000)]])
def test_a_large_store_keeps_to_the_ranges(large, ranges):
    store, _ = large
    query = load_encoder().encode_queries(["白石桥街道新建养老驿站"])[0]
    found = store.search(query, 20, ranges)
    assert len(found) == 20
    assert all(any(a <= one.id < b for a, b in ranges) for one in found)


def test_the_vectors_of_a_large_store_come_back(large):
    store, rows = large
    assert np.allclose(store.vectors([9_000, 7]), rows[[18_000, 18_001, 14, 15]], atol=1e-6)


def test_a_large_store_of_whole_vectors_finds_them(tmp_path):
    rows = np.random.default_rng(4).normal(size=(FLAT_PASSAGES + 1, 24)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    store = dense(tmp_path, rows)
    found = [store.search(rows[one], 1, None)[0].id for one in range(0, FLAT_PASSAGES, 500)]
    assert found == list(range(0, FLAT_PASSAGES, 500))
    assert np.allclose(store.vectors([7]), rows[[7]], atol=0.05)


# --- full text -----------------------------------------------------------------------------------


fulltext = partial(engines.fulltext, "files")

PASSAGES = [
    ["养老", "驿站", "养老"],
    ["新建", "驿站"],
    ["道路"],
    ["新建", "养老", "道路", "道路", "食堂"],
    [],
]


def test_a_term_asked_twice_counts_once(tmp_path):
    store = fulltext(tmp_path, PASSAGES)
    twice = store.search([Wanted(Field.WORDS, ["养老", "养老"])], 10, None)
    assert twice == store.search([Wanted(Field.WORDS, ["养老"])], 10, None)


def test_each_field_is_searched_by_itself(tmp_path):
    store = fulltext(tmp_path, PASSAGES, Field.TITLE_WORDS)
    assert store.search([Wanted(Field.WORDS, ["养老"])], 10, None) == []
    assert len(store.search([Wanted(Field.TITLE_WORDS, ["养老"])], 10, None)) == 2


def test_a_question_without_terms_finds_nothing(tmp_path):
    store = fulltext(tmp_path, PASSAGES)
    assert store.search([Wanted(Field.WORDS, [])], 10, None) == []
    assert store.search([Wanted(Field.WORDS, ["", "没有"])], 10, None) == []


# --- an index ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    return archive.write(tmp_path_factory.mktemp("文档"), **archive.PAGES)


@pytest.fixture(scope="module")
def built(tmp_path_factory, docs):
    folder = tmp_path_factory.mktemp("non-ascii") / "索引 é 😀 'x'"
    assert build(docs, folder).published
    return folder


@pytest.fixture
def index(built):
    with open_index(built) as opened:
        yield opened


@pytest.fixture
def copy(tmp_path, built):
    return Path(shutil.copytree(built, tmp_path / "copy"))


def test_passages_are_given_in_the_order_asked(index):
    assert [chunk.chunk_id for chunk in index.chunks([3, 0, 3])] == [
        list(index.all_chunks())[number].chunk_id for number in (3, 0, 3)
    ]


def test_the_headline_is_searched_in_fields_of_its_own(index):
    found = index.search_fulltext(Field.TITLE_WORDS, words("山路"), 50)
    assert {chunk.source for chunk in index.chunks([one.id for one in found])} == {"乙报.txt"}
    assert len(found) == len(index.chunks_of("乙报.txt"))


def test_the_name_of_the_file_is_searched_with_the_headline(index):
    found = index.search_fulltext(Field.TITLE_BIGRAMS, bigrams("乙报"), 50)
    assert {chunk.source for chunk in index.chunks([one.id for one in found])} == {"乙报.txt"}


def test_opening_and_searching_write_nothing(built):
    before = archive.snapshot(built)
    with open_index(built) as index:
        archive.answers(index)
    assert archive.snapshot(built) == before


def test_an_open_generation_answers_after_it_was_removed(copy):
    with open_index(copy) as index:
        before = archive.answers(index)
        shutil.rmtree(copy)
        assert archive.answers(index) == before
        with ThreadPoolExecutor(1) as pool:  # and to threads that come later
            assert pool.submit(archive.answers, index).result() == before


def test_an_index_on_a_read_only_disk_answers(tmp_path, built):
    with archive.small_disk(tmp_path / "disk", "40m") as refused:
        if refused:
            pytest.skip(f"no disk of its own: {refused}")
        there = Path(shutil.copytree(built, tmp_path / "disk" / "索引"))
        subprocess.run(["mount", "-o", "remount,ro", tmp_path / "disk"], check=True)
        with open_index(there) as index, open_index(built) as original:
            assert archive.answers(index) == archive.answers(original)


def test_the_manifest_names_every_part_with_its_sha256(built):
    folder = built / "generations" / live_generation(built)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest["parts"]) == there - {"manifest.json"}


def test_nothing_in_an_index_is_pickled(built):
    for path in built.rglob("*"):
        if path.is_file():
            assert path.read_bytes()[:1] != b"\x80"


# --- what cannot be opened -----------------------------------------------------------------------


def test_an_empty_folder_is_no_index(tmp_path):
    assert live_generation(tmp_path) is None
    with pytest.raises(IndexMissing):
        open_index(tmp_path)
    with pytest.raises(IndexMissing):
        open_index(tmp_path / "nowhere")


def test_a_file_is_no_index(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexNotAFolder):
        open_index(tmp_path / "file")


def live(index):
    return index / "generations" / live_generation(index)


def part(index, name):
    """A part of the live generation, by the name of its file."""
    return next(live(index).rglob(name))


def rewritten(index, change):
    path = live(index) / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


DAMAGE = {
    "CURRENT is rubbish": lambda index: (index / "CURRENT").write_text("../../etc\n"),
    "CURRENT is empty": lambda index: (index / "CURRENT").write_bytes(b""),
    "CURRENT is gone": lambda index: (index / "CURRENT").unlink(),
    "CURRENT names nothing": lambda index: (index / "CURRENT").write_text("000099\n"),
    "no manifest": lambda index: (live(index) / "manifest.json").unlink(),
    "manifest cut": lambda index: (live(index) / "manifest.json").write_text('{"schema": 1,'),
    "manifest a list": lambda index: (live(index) / "manifest.json").write_text("[]"),
    "manifest altered": lambda index: rewritten(index, lambda m: m.update(passages=1)),
    "older schema": lambda index: rewritten(index, lambda m: m.update(schema=0)),
    "no passages": lambda index: part(index, "passages.sqlite").unlink(),
    "vectors cut": lambda index: part(index, "tokens.npy").write_bytes(b"short"),
    "no full text": lambda index: shutil.rmtree(live(index) / "fulltext"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_noticed_and_healed_by_a_build(copy, docs, damage):
    with open_index(copy) as index:
        before = archive.answers(index)
    DAMAGE[damage](copy)
    with pytest.raises(IndexDamaged) as caught:
        open_index(copy)
    assert "rag build" in caught.value.describe()
    report = build(docs, copy)
    assert report.published
    with open_index(copy) as index:
        assert archive.answers(index) == before


@pytest.mark.parametrize("name", ["passages.sqlite", "tokens.npy", "serials.npy", "meta.json"])
def test_a_part_of_the_right_size_and_wrong_contents_is_no_raw_error(copy, name):
    path = part(copy, name)
    path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(IndexDamaged):
        open_index(copy)


def test_one_flipped_bit_anywhere_is_healed_by_a_build(copy, docs):
    for name in ("passages.sqlite", "tokens.npy"):
        path = part(copy, name)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert build(docs, copy).published
    assert not build(docs, copy).published


def test_an_index_of_a_later_version_is_neither_read_nor_overwritten(copy, docs):
    rewritten(copy, lambda manifest: manifest.update(schema=99))
    before = archive.snapshot(copy)
    with pytest.raises(IndexTooNew):
        open_index(copy)
    with pytest.raises(IndexTooNew):
        build(docs, copy)
    assert archive.snapshot(copy) == before


def test_an_index_of_an_earlier_version_says_so_and_is_made_anew_of_the_same_documents(copy, docs):
    with open_index(copy) as index:
        before = archive.answers(index)
    older = manifest.packed(replace(manifest.read(live(copy)), schema=6))
    (live(copy) / "manifest.json").write_bytes(older)
    with pytest.raises(IndexOutdated, match="6") as caught:
        open_index(copy)
    assert "较早的版本" in caught.value.describe()
    assert "rag build" in caught.value.describe()
    assert build(None, copy).published
    with open_index(copy) as index:
        assert archive.answers(index) == before
        assert index.docs == docs


@pytest.mark.parametrize("name", ["../../../secret", "/etc/passwd"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(copy, name):
    from rag.store.manifest import _checksum

    def change(manifest):
        manifest["parts"][name] = {"bytes": 1, "sha256": ""}
        del manifest["sha256"]
        manifest["sha256"] = _checksum(manifest)

    rewritten(copy, change)
    with pytest.raises(IndexDamaged):
        open_index(copy)


def test_a_link_in_the_place_of_a_part_is_refused(copy, tmp_path):
    path = part(copy, "tokens.npy")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexDamaged):
        open_index(copy)


def test_scores_are_records(index):
    best = index.search_dense(index.vectors([2])[0], 1)
    assert best == [Scored(2, pytest.approx(1.0, abs=1e-5))]
