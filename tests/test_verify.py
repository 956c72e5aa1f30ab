"""Proving an index against the files."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import archive
import pytest
from archive import build

from rag.errors import DocsMissing, IndexMissing
from rag.store import live_generation
from rag.store.packing import packed, start_of, unpacked
from rag.types import Language
from rag.verify import verify

ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(5)))
TWO = archive.report("青杨岭乡通山路", "山路已经通车。", "班车也已开通。")


@pytest.fixture
def docs(tmp_path):
    return archive.write(tmp_path / "docs", one=ONE, two=TWO)


@pytest.fixture
def index(tmp_path, docs):
    build(docs, tmp_path / "index")
    return tmp_path / "index"


def part(index, name):
    return next((index / "generations" / live_generation(index)).rglob(name))


def tampered(index, change):
    """Change the passages as no build would; one of which ``change`` makes None is taken out."""
    connection = sqlite3.connect(part(index, "passages.sqlite"))
    with connection:
        for serial, start, row in connection.execute("SELECT * FROM passages").fetchall():
            changed = change(unpacked(row, "", start))
            connection.execute("DELETE FROM passages WHERE serial = ?", [serial])
            if changed:
                values = (serial, start_of(changed), packed(changed))
                connection.execute("INSERT INTO passages VALUES (?, ?, ?)", values)
    connection.close()


def first(chunk):
    return "第0期" in chunk.text


def test_every_citation_of_a_fresh_index_is_proven(index, docs):
    report = verify(index, docs)
    assert report.problems == ()
    assert report.proven == report.passages > 2
    assert (report.documents, report.generation) == (2, "000001")


def test_every_citation_of_the_five_reports_is_proven(tmp_path, request):
    seeds = request.config.rootpath / "seeds"
    build(seeds, tmp_path / "index")
    report = verify(tmp_path / "index", seeds)
    assert report.problems == ()
    assert report.proven == report.passages


def test_a_changed_file_is_named_and_its_passages_are_not_proven(index, docs):
    (docs / "two.txt").write_text(TWO + "又及。\n", "utf-8")
    report = verify(index, docs)
    assert [(one.source, one.code) for one in report.problems] == [("two.txt", "SourceChanged")]
    assert 0 < report.proven < report.passages


def test_a_missing_file_is_named(index, docs):
    (docs / "one.txt").unlink()
    assert [(one.source, one.code) for one in verify(index, docs).problems] == [
        ("one.txt", "SourceMissing")
    ]


def test_a_folder_in_the_place_of_a_file_is_named(index, docs):
    (docs / "one.txt").unlink()
    (docs / "one.txt").mkdir()
    assert [one.code for one in verify(index, docs).problems] == ["FileInaccessible"]


def test_a_quotation_that_is_not_the_files_is_named(index, docs):
    tampered(index, lambda chunk: replace(chunk, text=chunk.text.replace("通车", "停工")))
    problems = [one for one in verify(index, docs).problems if one.chunk_id]
    assert [(one.source, one.code) for one in problems] == [("two.txt", "QuoteWrong")]
    assert problems[0].chunk_id.startswith("two.txt@")


def test_a_wrong_line_number_is_named_with_the_right_one(index, docs):
    wrong = {"line_start": 99, "line_end": 99}
    tampered(index, lambda chunk: replace(chunk, **wrong) if first(chunk) else chunk)
    (problem,) = [one for one in verify(index, docs).problems if one.chunk_id]
    assert problem.code == "LinesWrong"
    assert "99–99" in problem.what


def test_a_part_with_other_bytes_is_named(index, docs):
    path = part(index, "tokens.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (problem,) = verify(index, docs).problems
    assert (problem.source, problem.code) == ("shards/000001/tokens.npy", "IndexDamaged")
    assert problem.chunk_id is None
    assert "rag build" in problem.next_step


def test_passages_taken_out_of_the_index_are_missed(index, docs):
    tampered(index, lambda chunk: None if first(chunk) else chunk)
    assert "IndexDamaged" in {
        one.code for one in verify(index, docs).problems if one.source[-3:] == "txt"
    }


def test_problems_are_told_in_the_language_asked_for(index, docs):
    (docs / "one.txt").unlink()
    (chinese,) = verify(index, docs).problems
    (english,) = verify(index, docs, language=Language.EN).problems
    assert "文件" in chinese.what
    assert english.what.isascii()


def test_verifying_writes_nothing(index, docs):
    before = archive.snapshot(index) | archive.snapshot(docs)
    verify(index, docs)
    assert archive.snapshot(index) | archive.snapshot(docs) == before


def test_there_must_be_an_index_and_documents(index, docs, tmp_path):
    with pytest.raises(IndexMissing):
        verify(tmp_path / "nowhere", docs)
    with pytest.raises(DocsMissing):
        verify(index, tmp_path / "nowhere")
