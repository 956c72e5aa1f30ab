"""Bringing an index up to date with a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import archive
import numpy as np
import pytest
from archive import build

from rag.encode import load_encoder, words
from rag.settings import load_settings
from rag.store import Field, live_generation, open_index, writer
from rag.verify import verify

ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(6)))
TWO = archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(4)))
THREE = archive.report("望湖新区开食堂", *(f"第{n}家社区食堂开张。" for n in range(3)))


@pytest.fixture
def docs(tmp_path):
    return archive.write(tmp_path / "docs", one=ONE, two=TWO)


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def said(index):
    with open_index(index) as opened:
        return archive.answers(opened)


def passages(index):
    with open_index(index) as opened:
        return archive.texts(opened)


class HashEncoder:
    """Another model than the embedded one: vectors that say nothing, but always the same."""

    name = "hash"
    dimension = 12
    batch = 256
    window_chars = None

    def __init__(self, fingerprint="hash/1"):
        self.fingerprint = fingerprint
        self.asked = []

    def encode_passages(self, texts):
        self.asked += texts
        digests = [hashlib.sha512(text.encode()).digest()[:12] for text in texts]
        rows = np.array([list(digest) for digest in digests], dtype=np.float32) - 127.5
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    encode_queries = encode_passages


# --- what it does --------------------------------------------------------------------------------


def test_a_first_build_indexes_every_document(docs, index):
    report = build(docs, index)
    assert report.published
    assert (report.added, report.changed, report.deleted) == (("one.txt", "two.txt"), (), ())
    assert (report.documents, report.unchanged, report.failed) == (2, 0, ())
    assert report.generation == live_generation(index) == "000001"
    assert report.encoded == report.passages > 2
    assert not verify(index, docs).problems


def test_a_build_without_changes_writes_nothing(docs, index):
    first = build(docs, index)
    before = archive.snapshot(index)
    second = build(docs, index)
    assert archive.snapshot(index) == before
    assert not second.published
    assert (second.generation, second.passages) == (first.generation, first.passages)
    assert (second.added, second.changed, second.deleted, second.encoded) == ((), (), (), 0)
    assert second.unchanged == second.documents == 2


def test_a_new_time_stamp_is_no_change(docs, index):
    build(docs, index)
    os.utime(docs / "one.txt", (1, 1))
    assert not build(docs, index).published


def test_a_change_under_the_same_size_and_time_is_seen(docs, index):
    build(docs, index)
    path = docs / "one.txt"
    stat = path.stat()
    path.write_text(ONE.replace("第3期", "第9期"), "utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    report = build(docs, index)
    assert report.changed == ("one.txt",)
    assert "第9期" in passages(index)
    assert "第3期" not in passages(index)


def test_only_new_passages_of_a_changed_file_are_encoded(docs, index):
    build(docs, index, encoder=HashEncoder())
    (docs / "one.txt").write_text(
        ONE + "\n" + "最后补充一句：工程款已经付清。" * 12 + "\n", "utf-8"
    )
    report = build(docs, index, encoder=HashEncoder())
    assert (report.changed, report.unchanged) == (("one.txt",), 1)
    assert 1 <= report.encoded <= 3 < report.passages


def test_a_renamed_file_keeps_its_vectors(docs, index):
    build(docs, index, encoder=HashEncoder())
    (docs / "one.txt").rename(docs / "uno.txt")
    report = build(docs, index, encoder=HashEncoder())
    assert (report.added, report.deleted) == (("uno.txt",), ("one.txt",))
    assert report.encoded == 0


def test_a_deleted_file_leaves_no_trace(docs, index):
    archive.write(docs, three=THREE.replace("开张", "在鼋头渚开张"))
    build(docs, index, settings=load_settings(keep_generations=1))
    (docs / "three.txt").unlink()
    report = build(docs, index, settings=load_settings(keep_generations=1))
    assert report.deleted == ("three.txt",)
    with open_index(index) as opened:
        assert "鼋" not in archive.texts(opened)
        assert [one.source for one in opened.documents()] == ["one.txt", "two.txt"]
        for field in Field:
            assert opened.search_fulltext(field, ["鼋头渚", "鼋头", "头渚", "three"], 9) == []
    for path in index.rglob("*"):
        if path.is_file():
            assert "鼋头渚".encode() not in path.read_bytes()


def test_documents_in_folders_are_named_by_their_path(docs, index):
    archive.write(docs / "2024" / "五 月", three=THREE)
    assert "2024/五 月/three.txt" in build(docs, index).added


def test_a_sentence_in_two_documents_is_cited_in_both(docs, index):
    archive.write(docs, copy=ONE)
    report = build(docs, index, encoder=HashEncoder())
    with open_index(index) as opened:
        once, again = opened.chunks_of("one.txt"), opened.chunks_of("copy.txt")
        assert [chunk.text for chunk in once] == [chunk.text for chunk in again]
        assert {chunk.chunk_id for chunk in once}.isdisjoint(chunk.chunk_id for chunk in again)
    assert report.encoded == report.passages - len(once)


# --- the same whichever way it came to be ---------------------------------------------------------


def test_many_small_builds_end_where_one_build_from_nothing_ends(docs, index, tmp_path):
    build(docs, index)
    archive.write(docs, three=THREE, four=TWO)
    build(docs, index)
    archive.write(docs, one=ONE.replace("养老", "敬老"))
    (docs / "two.txt").unlink()
    build(docs, index)
    build(docs, tmp_path / "fresh")
    assert said(index) == said(tmp_path / "fresh")


def test_two_builds_from_nothing_are_alike(docs, tmp_path):
    build(docs, tmp_path / "a")
    build(docs, tmp_path / "b")
    assert said(tmp_path / "a") == said(tmp_path / "b")


# --- what an index is shaped by -------------------------------------------------------------------


def test_another_passage_length_makes_other_passages_of_every_document(docs, index, tmp_path):
    build(docs, index)
    shorter = load_settings(chunk_chars=60)
    report = build(docs, index, settings=shorter)
    assert report.published
    assert (report.changed, report.unchanged) == ((), 2)
    build(docs, tmp_path / "fresh", settings=shorter)
    assert said(index) == said(tmp_path / "fresh")
    assert not build(docs, index, settings=shorter).published


def test_another_model_encodes_everything_and_leaves_the_passages(docs, index):
    build(docs, index)
    before = passages(index)
    other = HashEncoder()
    report = build(docs, index, encoder=other)
    assert report.published
    assert report.encoded == len(other.asked) == report.passages
    assert passages(index) == before
    with open_index(index) as opened:
        assert opened.manifest.shape.fingerprint == "hash/1"
        assert opened.vectors([0]).shape == (1, 12)


def test_going_back_to_a_model_of_a_kept_generation_encodes_nothing(docs, index):
    build(docs, index, encoder=HashEncoder("hash/1"))
    build(docs, index, encoder=HashEncoder("hash/2"))
    assert build(docs, index, encoder=HashEncoder("hash/1")).encoded == 0


def test_the_same_name_with_other_weights_is_another_model(docs, index):
    build(docs, index, encoder=HashEncoder("hash/1"))
    report = build(docs, index, encoder=HashEncoder("hash/2"))
    assert report.encoded == report.passages


def test_other_rules_for_terms_make_the_full_text_anew(docs, index, monkeypatch):
    build(docs, index, encoder=HashEncoder())
    monkeypatch.setattr(archive.BUILDING, "TERMS_IDENTITY", "other/2")
    report = build(docs, index, encoder=HashEncoder())
    assert report.published
    assert report.encoded == 0


def test_other_rules_for_reading_make_the_passages_anew(docs, index, monkeypatch):
    build(docs, index)
    monkeypatch.setattr(archive.BUILDING, "_reading_identity", lambda: "other")
    assert build(docs, index).published


def test_an_index_knows_its_documents_wherever_both_are_moved_together(docs, index, tmp_path):
    build(docs, index)
    (tmp_path / "moved").mkdir()
    for folder in (docs, index):
        folder.rename(tmp_path / "moved" / folder.name)
    with open_index(tmp_path / "moved" / "index") as opened:
        assert opened.docs.resolve() == tmp_path / "moved" / "docs"
    assert not build(tmp_path / "moved" / "docs", tmp_path / "moved" / "index").published


# --- generations ---------------------------------------------------------------------------------


def test_as_many_generations_stay_as_the_setting_says(docs, index):
    kept = load_settings(keep_generations=2)
    for number in range(4):
        archive.write(docs, one=ONE + f"补记{number}。\n")
        build(docs, index, settings=kept)
    assert archive.generations(index) == ["000003", "000004"]


def test_the_cache_holds_what_the_kept_generations_use_and_no_more(docs, index):
    kept = load_settings(keep_generations=2)
    used = []
    for number in range(5):
        archive.write(
            docs, one=archive.report(f"第{number}版", *(f"其{n}变{number}。" for n in "甲乙"))
        )
        build(docs, index, settings=kept, encoder=HashEncoder())
        with open_index(index) as opened:
            used.append({chunk.text for chunk in opened.all_chunks()})
    with sqlite3.connect(index / "cache" / "vectors.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone()[0] == len(
            used[-1] | used[-2]
        )
    connection.close()


@pytest.mark.parametrize("harm", ["gone", "rubbish", "rows altered"])
def test_the_cache_may_be_lost_or_spoilt(docs, index, harm):
    build(docs, index, encoder=HashEncoder())
    before = said(index)
    cache = index / "cache" / "vectors.sqlite"
    if harm == "gone":
        shutil.rmtree(cache.parent)
    elif harm == "rubbish":
        cache.write_bytes(b"rubbish" * 1000)
    else:
        with sqlite3.connect(cache) as connection:
            connection.execute("UPDATE vectors SET vector = zeroblob(length(vector))")
        connection.close()
    (index / "CURRENT").unlink()
    report = build(docs, index, encoder=HashEncoder())
    assert report.encoded == report.passages
    assert said(index) == before


def test_readers_see_whole_generations_through_ten_builds(docs, index):
    """Every page says the number of its version: no reader may ever see two."""
    kept = load_settings(keep_generations=1)

    def publish(version):
        for name in ("one", "two"):
            archive.write(docs, **{name: archive.report("通报", f"这是第{version}版的{name}。")})
        build(docs, index, settings=kept)

    seen, wrong, done = set(), [], threading.Event()

    def read():
        while not done.is_set():
            try:
                with open_index(index) as opened:
                    found = opened.search_fulltext(Field.WORDS, words("版"), 10)
                    pages = [chunk.text for chunk in opened.chunks([one.id for one in found])]
                    versions = {text[text.index("第") : text.index("版")] for text in pages}
                    if len(pages) != 2 or len(versions) != 1:
                        wrong.append(pages)
                    seen.update(versions)
                time.sleep(0.02)
            except Exception as error:
                wrong.append(error)
                return

    publish(0)
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for version in range(1, 11):
        publish(version)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) > 1


# --- how it tells --------------------------------------------------------------------------------


def test_progress_counts_files_and_passages_to_their_end(docs, index):
    told = []
    report = build(docs, index, progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "read"] == [("read", 1, 2), ("read", 2, 2)]
    assert told[-1] == ("encode", report.passages, report.passages)


def test_paths_and_model_come_from_the_settings_where_they_are_not_given(docs, index):
    report = archive.BUILDING.build(settings=load_settings(docs=docs, index=index))
    assert report.documents == 2
    with open_index(index) as opened:
        assert opened.manifest.shape.model == load_encoder().name


def test_relative_paths_and_strings_will_do(docs, monkeypatch):
    monkeypatch.chdir(docs.parent)
    assert build("docs", "deep/er/index").published
    assert Path("deep/er/index/CURRENT").exists()


def test_healing_a_damaged_index_reads_the_folder_that_it_remembers(
    docs, index, tmp_path, monkeypatch
):
    archive.write(tmp_path / "seeds", three=THREE)  # what a build would read that remembers nothing
    monkeypatch.chdir(tmp_path)
    build(docs, index)
    spoilt = next((index / "generations" / live_generation(index)).rglob("passages.sqlite"))
    spoilt.write_bytes(spoilt.read_bytes()[:-1])
    archive.BUILDING.build(index=index)
    with open_index(index) as opened:
        assert [record.source for record in opened.documents()] == ["one.txt", "two.txt"]


# --- what a generation shares with the one before ------------------------------------------------


@pytest.fixture
def shared(monkeypatch):
    """As if every index were too large to be written whole."""
    monkeypatch.setattr(writer, "WRITTEN_WHOLE", 0)


PAGES = {
    f"p{n:02d}": archive.report(f"第{n}号通报", *(f"{n}号地块第{m}期动工。" for m in range(5)))
    for n in range(12)
}


def parts(index):
    """Every file of the live generation but the manifest, by what tells a shared file."""
    folder = index / "generations" / live_generation(index)
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    return {path.stat().st_ino: path.relative_to(folder).as_posix() for path in files}


def test_an_update_writes_what_is_new_and_shares_the_rest(docs, index, shared):
    archive.write(docs, **PAGES)
    build(docs, index)
    before = parts(index)
    archive.write(docs, three=THREE)
    assert build(docs, index).published
    kept = {before[inode] for inode in before.keys() & parts(index).keys()}
    assert {name for name in before.values() if "shards" in name} <= kept
    assert any(name.startswith("fulltext/") and name.endswith(".idx") for name in kept)


def test_updates_one_by_one_answer_as_a_build_from_nothing(docs, index, tmp_path, shared):
    """The order of ids and the scores by meaning are the same to the bit."""
    build(docs, index)
    for name, page in PAGES.items():
        archive.write(docs, **{name: page})
        if name == "p03":
            (docs / "one.txt").unlink()
        if name == "p07":
            archive.write(docs, p01=PAGES["p02"].replace("地块", "工地"))
        build(docs, index)
    build(docs, tmp_path / "fresh")
    with open_index(index) as grown, open_index(tmp_path / "fresh") as fresh:
        assert list(grown.all_chunks()) == list(fresh.all_chunks())
        assert grown.documents() == fresh.documents()
        ids = list(range(fresh.manifest.passages))
        assert grown.window_counts(ids) == fresh.window_counts(ids)
        assert (grown.vectors(ids) == fresh.vectors(ids)).all()
        for row in fresh.vectors(ids)[::7]:
            assert grown.search_dense(row, 9) == fresh.search_dense(row, 9)
        names = [chunk.chunk_id for chunk in fresh.all_chunks()]
        assert grown.ids_of(names) == ids
    assert not verify(index, docs).problems


def test_additions_alone_leave_every_score_as_of_a_build_from_nothing(
    docs, index, tmp_path, shared
):
    build(docs, index)
    for name, page in PAGES.items():
        archive.write(docs, **{name: page})
        build(docs, index)
    build(docs, tmp_path / "fresh")
    assert said(index) == said(tmp_path / "fresh")


def test_shards_and_segments_stay_few(docs, index, shared):
    for name, page in PAGES.items():
        archive.write(docs, **{name: page})
        build(docs, index)
    with open_index(index) as opened:
        assert len(opened.manifest.shards) <= 3
        assert len([part for part in opened.manifest.parts if part.endswith(".idx")]) <= 10


def test_nothing_is_found_of_what_an_update_took_away(docs, index, shared):
    archive.write(docs, **PAGES, three=THREE.replace("开张", "在鼋头渚开张"))
    build(docs, index)
    (docs / "three.txt").unlink()
    archive.write(docs, p05=PAGES["p05"].replace("动工", "停工"))
    report = build(docs, index)
    assert (report.deleted, report.changed) == (("three.txt",), ("p05.txt",))
    encoder = load_encoder()
    with open_index(index) as opened:
        everything = opened.search_dense(encoder.encode_queries(["鼋头渚食堂开张"])[0], 10**6)
        assert [one.id for one in sorted(everything, key=lambda one: one.id)] == list(
            range(opened.manifest.passages)
        )
        for field in Field:
            assert opened.search_fulltext(field, ["鼋头渚", "鼋头", "头渚", "three"], 9) == []
        found = opened.search_fulltext(Field.WORDS, words("5号地块动工"), 99)
        texts = [chunk.text for chunk in opened.chunks([one.id for one in found])]
        assert not any(
            "5号地块" in text and "动工。" in text for text in texts if "15号" not in text
        )
    assert not verify(index, docs).problems


def test_what_most_of_is_gone_is_written_anew(docs, index, shared):
    archive.write(docs, **PAGES)
    build(docs, index)
    for name in list(PAGES)[:9]:
        (docs / f"{name}.txt").unlink()
    build(docs, index)
    with open_index(index) as opened:
        assert opened.manifest.shards == ("000002",)
    build(docs, index, settings=load_settings(docs=docs))
    archive.write(docs, three=THREE)
    build(docs, index)  # by now the full text has lost too much to be shared
    with open_index(index) as opened:
        assert opened.manifest.dropped == 0


def test_a_model_from_outside_shares_its_vectors_too(docs, index, tmp_path, shared):
    archive.write(docs, **PAGES)
    build(docs, index, encoder=HashEncoder())
    archive.write(docs, three=THREE)
    report = build(docs, index, encoder=HashEncoder())
    assert 0 < report.encoded < 9
    build(docs, tmp_path / "fresh", encoder=HashEncoder())
    assert said(index) == said(tmp_path / "fresh")
