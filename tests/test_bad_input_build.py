"""Builds that meet bad input, a full disk, a second build, or sudden death."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import archive
import pytest
from archive import build

from rag.errors import (
    DocsEmpty,
    DocsMissing,
    FileInaccessible,
    IndexLocked,
    IndexNotAFolder,
    IndexNotWritable,
    ModelDamaged,
    ModelMissing,
)
from rag.settings import load_settings
from rag.store import leftovers, live_generation, open_index
from rag.types import Language
from rag.verify import verify

ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(6)))
TWO = archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(4)))


@pytest.fixture
def docs(tmp_path):
    return archive.write(tmp_path / "docs", one=ONE, two=TWO)


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


def said(index):
    with open_index(index) as opened:
        return archive.answers(opened)


def sources(index):
    with open_index(index) as opened:
        return [record.source for record in opened.documents()]


def failed(report):
    return [(failure.source, failure.code) for failure in report.failed]


# --- documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False], ids=["no index yet", "an index is live"])
def test_a_folder_that_is_not_there_changes_nothing(docs, index, first):
    if not first:
        build(docs, index)
    before = archive.snapshot(index) if not first else None
    with pytest.raises(DocsMissing):
        build(docs / "nowhere", index)
    assert (archive.snapshot(index) if index.exists() else None) == before


@pytest.mark.parametrize("first", [True, False], ids=["no index yet", "an index is live"])
def test_an_empty_folder_changes_nothing_and_says_how_to_empty_an_index(docs, index, first):
    if not first:
        build(docs, index)
    before = archive.snapshot(index) if not first else None
    for path in docs.iterdir():
        path.unlink()
    with pytest.raises(DocsEmpty) as caught:
        build(docs, index)
    assert "删除它的索引目录" in caught.value.next_step(Language.ZH)
    assert (archive.snapshot(index) if index.exists() else None) == before


BAD = {
    "empty": (b"", "FileEmpty"),
    "blank": (b"\n" * 100_000, "FileEmpty"),
    "zeros": (bytes(5000), "NotText"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "FileDamaged"),
    "cut": ("半个字".encode()[:-1], None),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_and_the_others_are_indexed(docs, index, kind):
    data, code = BAD[kind]
    (docs / "bad.txt").write_bytes(data)
    report = build(docs, index)
    (failure,) = report.failed
    assert failure.source == "bad.txt"
    assert code is None or failure.code == code
    assert failure.what
    assert failure.next_step
    assert report.added == ("one.txt", "two.txt")
    assert sources(index) == ["one.txt", "two.txt"]


def test_a_bad_file_that_stays_bad_is_named_each_time_and_nothing_is_written(docs, index):
    (docs / "bad.txt").write_bytes(bytes(5000))
    first = build(docs, index)
    before = archive.snapshot(index)
    again = build(docs, index)
    assert not again.published
    assert again.failed == first.failed
    assert archive.snapshot(index) == before


def test_a_file_that_turned_bad_takes_its_old_passages_with_it(docs, index):
    build(docs, index)
    (docs / "one.txt").write_bytes(bytes(5000))
    report = build(docs, index)
    assert failed(report) == [("one.txt", "NotText")]
    assert report.deleted == ("one.txt",)
    assert sources(index) == ["two.txt"]
    assert not build(docs, index).published


def test_a_file_that_cannot_be_seen_keeps_its_last_good_passages(docs, index, monkeypatch):
    build(docs, index)
    before = said(index)
    archive.write(docs, one="现在是别的内容了。\n")

    def load(found, max_file_mb, load=archive.READING.load):
        if found.source == "one.txt":  # root may read what nobody else may
            raise FileInaccessible(found.path, reason="Permission denied")
        return load(found, max_file_mb)

    monkeypatch.setattr(archive.READING, "load", load)
    report = build(docs, index)
    assert failed(report) == [("one.txt", "FileInaccessible")]
    assert not report.published
    assert said(index) == before
    archive.write(docs, three=TWO)
    report = build(docs, index)
    assert (report.added, report.deleted) == (("three.txt",), ())
    assert sources(index) == ["one.txt", "three.txt", "two.txt"]
    assert not verify(index, docs).proven == verify(index, docs).passages  # and that is told
    monkeypatch.undo()
    assert build(docs, index).changed == ("one.txt",)


def test_a_link_that_broke_keeps_the_last_good_passages(docs, index, tmp_path):
    elsewhere = archive.write(tmp_path / "elsewhere", three=ONE)
    (docs / "three.txt").symlink_to(elsewhere / "three.txt")
    build(docs, index)
    (elsewhere / "three.txt").unlink()
    report = build(docs, index)
    assert failed(report) == [("three.txt", "FileInaccessible")]
    assert not report.published
    assert "three.txt" in sources(index)


def test_where_no_file_can_be_read_the_live_index_stays(docs, index):
    build(docs, index)
    before = said(index)
    for path in docs.iterdir():
        path.write_bytes(bytes(5000))
    report = build(docs, index)
    assert not report.published
    assert failed(report) == [("one.txt", "NotText"), ("two.txt", "NotText")]
    assert report.generation == live_generation(index)
    assert said(index) == before
    assert archive.generations(index) == ["000001"]


def test_where_no_file_could_ever_be_read_there_is_no_index(docs, index):
    for path in docs.iterdir():
        path.write_bytes(bytes(5000))
    report = build(docs, index)
    assert (report.published, report.generation, len(report.failed)) == (False, "", 2)
    assert live_generation(index) is None


def test_a_reader_that_misquotes_is_found_out_before_anything_is_written(docs, index, monkeypatch):
    from dataclasses import replace

    def misquoting(document, chunk_chars, split=archive.READING.split):
        chunks = split(document, chunk_chars)
        if document.source == "one.txt":
            chunks[-1] = replace(chunks[-1], text=chunks[-1].text.replace("。", "！", 1))
        return chunks

    monkeypatch.setattr(archive.READING, "split", misquoting)
    report = build(docs, index)
    assert failed(report) == [("one.txt", "LawBroken")]
    assert sources(index) == ["two.txt"]


@pytest.mark.parametrize("wrong", ["line_start", "sentences", "source", "twice"])
def test_a_passage_with_a_false_place_is_found_out(docs, index, monkeypatch, wrong):
    from dataclasses import replace

    changes = {
        "line_start": {"line_start": 77, "line_end": 77},
        "sentences": {"sentences": ((0, 3),)},
        "source": {"source": "else.txt", "chunk_id": "else.txt@0"},
    }

    def split(document, chunk_chars, split=archive.READING.split):
        chunks = split(document, chunk_chars)
        if document.source != "one.txt":
            return chunks
        if wrong == "twice":
            return [*chunks, chunks[0]]
        return [replace(chunks[0], **changes[wrong]), *chunks[1:]]

    monkeypatch.setattr(archive.READING, "split", split)
    assert failed(build(docs, index)) == [("one.txt", "LawBroken")]


def test_a_reader_that_breaks_on_one_file_is_named_and_the_others_are_indexed(
    docs, index, monkeypatch
):
    def parse(loaded, parse=archive.READING.parse):
        if loaded.source == "one.txt":
            raise ZeroDivisionError("a defect of ours")
        return parse(loaded)

    monkeypatch.setattr(archive.READING, "parse", parse)
    report = build(docs, index)
    assert failed(report) == [("one.txt", "ReaderFailed")]
    assert "ZeroDivisionError" in report.failed[0].what
    assert sources(index) == ["two.txt"]


def test_failures_are_told_in_the_language_of_the_settings(docs, index):
    (docs / "bad.txt").write_bytes(b"")
    chinese = build(docs, index).failed[0]
    english = build(docs, index, settings=load_settings(lang="en")).failed[0]
    assert "没有" in chinese.what
    assert english.what.isascii()


@pytest.mark.parametrize("name", ["a b", "引'号\"", "😀表情", "100%", "#?&", "甲@7", "[x]*"])
def test_any_name_of_a_file_will_do(docs, index, name):
    archive.write(docs, **{name: TWO})
    build(docs, index)
    with open_index(index) as opened:
        chunks = opened.chunks_of(f"{name}.txt")
        assert chunks
        assert opened.chunks(opened.ids_of(chunk.chunk_id for chunk in chunks)) == chunks
    assert not verify(index, docs).problems


# --- the model -----------------------------------------------------------------------------------


def test_a_model_that_is_not_there_leaves_the_index_as_it_was(docs, index, monkeypatch):
    def load_encoder(model):
        raise ModelMissing(model)

    build(docs, index)
    before = archive.snapshot(index)
    monkeypatch.setattr(archive.BUILDING, "load_encoder", load_encoder)
    with pytest.raises(ModelMissing, match="no-model"):
        build(docs, index, encoder=None, model="no-model")
    assert archive.snapshot(index) == before


def test_a_model_that_gives_no_numbers_leaves_the_index_as_it_was(docs, index):
    class Broken:
        name, fingerprint, dimension, batch = "broken", "broken/1", 4, 256
        window_chars = None

        def encode_passages(self, texts):
            import numpy as np

            return np.full((len(texts), 4), np.nan, dtype=np.float32)

        encode_queries = encode_passages

    build(docs, index)
    before = said(index)
    with pytest.raises(ModelDamaged):
        build(docs, index, encoder=Broken())
    assert said(index) == before
    assert archive.generations(index) == ["000001"]


# --- the place of the index ----------------------------------------------------------------------


def test_an_index_path_that_is_a_file_is_named_and_left_alone(docs, tmp_path):
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(IndexNotAFolder):
        build(docs, file)
    assert file.read_text() == "precious"


def test_an_index_below_a_file_cannot_be_written(docs, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(IndexNotWritable):
        build(docs, tmp_path / "file" / "index")


def test_a_read_only_index_still_answers_and_says_why_it_cannot_be_built(docs, tmp_path):
    disk = tmp_path / "disk"
    with archive.small_disk(disk, "40m") as refused:
        if refused:
            pytest.skip(f"no disk of its own: {refused}")
        build(docs, disk / "index")
        before = said(disk / "index")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert not build(docs, disk / "index").published  # nothing to do, nothing to complain of
        archive.write(docs, three=TWO)
        with pytest.raises(IndexNotWritable):
            build(docs, disk / "index")
        assert said(disk / "index") == before


def test_a_full_disk_leaves_the_live_index_and_no_leftovers(docs, tmp_path):
    """The disk fills up at another write each time; once there is room the build goes through."""
    disk, ballast = tmp_path / "disk", tmp_path / "disk" / "ballast"
    with archive.small_disk(disk, "8m") as refused:
        if refused:
            pytest.skip(f"no disk of its own: {refused}")
        index = disk / "index"
        build(docs, index)
        before = said(index)
        archive.write(docs, three=archive.report("新报", *(f"第{n}件新事。" for n in range(40))))
        outcomes = []
        for room_kb in (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 160):
            free = shutil.disk_usage(disk).free
            ballast.write_bytes(bytes(max(0, free - room_kb * 1024)))
            try:
                build(docs, index)
                outcomes.append("built")
            except IndexNotWritable as error:
                outcomes.append("full")
                assert re.search("full|space", str(error))
            ballast.unlink()
            if outcomes[-1] == "built":
                break
            assert said(index) == before
            assert archive.generations(index) == ["000001"]
            assert leftovers(index, 3) == []
        assert outcomes.count("full") >= 5
        build(docs, index)
        assert not verify(index, docs).problems


def test_a_failing_encoder_leaves_nothing_behind(docs, index):
    class Interrupted:
        name, fingerprint, dimension, batch = "stops", "stops/1", 4, 256
        window_chars = None

        def encode_passages(self, texts):
            raise KeyboardInterrupt

        encode_queries = encode_passages

    build(docs, index)
    before = said(index)
    with pytest.raises(KeyboardInterrupt):
        build(docs, index, encoder=Interrupted())
    assert said(index) == before
    assert archive.generations(index) == ["000001"]


# --- one writer ----------------------------------------------------------------------------------


def test_a_second_build_says_that_one_is_running(docs, index):
    refused = []

    def meanwhile(stage, done, total):
        with pytest.raises(IndexLocked):
            build(docs, index)
        refused.append(stage)

    assert build(docs, index, progress=meanwhile).published
    assert "read" in refused
    assert not build(docs, index).published


def test_a_build_with_nothing_to_do_needs_no_lock(docs, index, tmp_path):
    build(docs, index)
    other = archive.write(tmp_path / "other", one=ONE, two=TWO, three=TWO)
    reports = []
    build(other, index, progress=lambda *step: reports.append(build(docs, index)))
    assert reports
    assert not any(report.published for report in reports)


HOLDING = """
    import sys
    from rag.build import build
    def wait(stage, done, total):
        print("building", flush=True)
        sys.stdin.read()
    build(sys.argv[1], sys.argv[2], progress=wait)
"""


def test_the_lock_of_a_killed_build_is_free(docs, index):
    build(docs, index)
    before = said(index)
    archive.write(docs, three=TWO)
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDING), docs, index],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    with other:
        assert other.stdout.readline() == b"building\n"
        with pytest.raises(IndexLocked):
            build(docs, index)
        assert said(index) == before
        other.kill()
    assert build(docs, index).added == ("three.txt",)
    assert archive.generations(index) == ["000001", "000002"]


# --- sudden death --------------------------------------------------------------------------------

DYING = """
    import os, shutil, signal, sys
    from rag.build import build
    from rag.encode import load_encoder
    from rag.settings import load_settings
    docs, where = sys.argv[1], sys.argv[2]
    encoder, kept = load_encoder(), load_settings(keep_generations=2)
    WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "open", "sqlite3.connect"}

    def killed_at(point):  # the n-th time that the build turns to its index; 0 is never
        index = shutil.copytree(f"{where}/index", f"{where}/killed-{point}")
        child = os.fork()
        if child:
            status = os.waitpid(child, 0)[1]
            print(point, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)
            return
        count = 0
        def watch(event, arguments):
            nonlocal count
            if event in WRITES and index in str(arguments[0]):
                count += 1
                if count == point:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        step = lambda *told: watch("open", [index])
        build(docs, index, encoder=encoder, progress=step, settings=kept)
        with open(f"{where}/count", "w") as file:
            file.write(str(count))
        os._exit(0)

    killed_at(0)
    with open(f"{where}/count") as file:
        last = int(file.read())
    for point in sorted({*range(1, last - 24, 14), *range(last - 24, last + 1, 3)}):
        killed_at(point)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of one process")
def test_a_build_killed_anywhere_leaves_the_live_index_and_the_next_one_cleans_up(
    docs, index, tmp_path
):
    kept = load_settings(keep_generations=2)
    build(docs, index, settings=kept)
    before = said(index)
    archive.write(docs, three=TWO.replace("山路", "水路"))
    (docs / "two.txt").unlink()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DYING), docs, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    ends = {int(point): int(end) for point, end in map(str.split, done.stdout.splitlines())}
    assert ends.pop(0) == 0
    assert set(ends.values()) == {signal.SIGKILL}
    after = said(tmp_path / "killed-0")
    were_published = set()
    for point in ends:
        killed = tmp_path / f"killed-{point}"
        published = live_generation(killed) == "000002"
        were_published.add(published)
        assert said(killed) == (after if published else before)
        assert build(docs, killed, settings=kept).published != published
        assert said(killed) == after
        assert archive.generations(killed) == ["000001", "000002"]
        assert leftovers(killed, 2) == []
    assert were_published == {False, True}
