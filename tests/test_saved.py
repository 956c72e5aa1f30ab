"""A saved answer, checked years later: what holds, and what changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict

import archive
import pytest
from archive import build

from rag.cli import main
from rag.errors import AnswerMissing, AnswerUnusable, DocsMissing
from rag.retrieve import Retriever
from rag.saved import verify_saved
from rag.types import Language

ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(5)))
TWO = archive.report("青杨岭乡通山路", "山路已经通车。", "班车也已开通。")
QUESTION = "青杨岭乡的山路通车了吗"


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answered")
    docs = archive.write(folder / "docs", one=ONE, two=TWO)
    build(docs, folder / "index")
    with Retriever(folder / "index", docs=docs) as retriever:
        return asdict(retriever.retrieve(QUESTION, k=3))


@pytest.fixture
def docs(tmp_path):
    """The documents alone: the index is long gone."""
    return archive.write(tmp_path / "docs", one=ONE, two=TWO)


@pytest.fixture
def save(tmp_path):
    def saved(answer):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
        return path

    return saved


def of_two(report):
    """The proof of the first passage of the second file."""
    return next(one for one in report.proofs if one.source == "two.txt")


def test_an_answer_is_proven_without_the_index_that_gave_it(answered, save, docs):
    report = verify_saved(save(answered), docs)
    assert report.proven == len(report.proofs) == 3
    assert {one.code for one in report.proofs} == {None}
    assert (report.question, report.generation) == (QUESTION, "000001")


def test_a_changed_file_in_which_the_passage_still_stands_is_told_apart(answered, save, docs):
    (docs / "two.txt").write_text(TWO + "\n又及。\n", "utf-8")
    proof = of_two(verify_saved(save(answered), docs))
    assert proof.code == "CitedFileChanged"
    assert proof.now == proof.place


def test_a_passage_that_has_moved_is_found_with_its_lines(answered, save, docs):
    (docs / "two.txt").write_text("编者按：重印。\n\n" + TWO, "utf-8")
    proof = of_two(verify_saved(save(answered), docs))
    assert proof.code == "PassageMoved"
    first, last = proof.place[2:]
    assert proof.now == (None, None, first + 2, last + 2)


def test_a_passage_in_pieces_that_has_moved_is_found(answered, save, docs, tmp_path):
    hit = answered["hits"][0]
    whole = (docs / hit["citation"]["source"]).read_text("utf-8")
    start, end = hit["citation"]["spans"][0]
    middle = (start + end) // 2
    caption = "（图为现场）"
    text = whole[:middle] + caption + whole[middle:]
    spans = [(start, middle), (middle + len(caption), end + len(caption))]
    rest = [(a + len(caption), b + len(caption)) for a, b in hit["citation"]["spans"][1:]]
    citation = hit["citation"] | {"spans": spans + rest}
    (docs / "two.txt").write_text("头\n" + text, "utf-8")
    saved = answered | {"hits": [hit | {"citation": citation}]}
    proof = of_two(verify_saved(save(saved), docs))
    assert proof.code == "PassageMoved"
    assert proof.now[2] == hit["citation"]["line_start"] + 1


def test_of_a_passage_that_reads_differently_the_lost_sentence_is_named(answered, save, docs):
    (docs / "two.txt").write_text(TWO.replace("已经通车", "尚未通车"), "utf-8")
    proof = of_two(verify_saved(save(answered), docs))
    assert proof.code == "PassageDiffers"
    assert proof.lost == ("山路已经通车。",)
    assert proof.now is None


def test_a_file_that_is_gone_is_named_by_the_sha256_to_bring_back(answered, save, docs):
    (docs / "two.txt").unlink()
    proof = of_two(verify_saved(save(answered), docs))
    assert proof.code == "CitedFileMissing"
    sha256 = next(
        hit["citation"]["sha256"]
        for hit in answered["hits"]
        if hit["citation"]["source"] == "two.txt"
    )
    assert sha256 in proof.next_step


def test_what_cannot_be_read_is_named_and_stops_nothing_else(answered, save, docs):
    (docs / "two.txt").unlink()
    (docs / "two.txt").mkdir()
    report = verify_saved(save(answered), docs)
    assert of_two(report).code == "FileInaccessible"
    others = [one for one in report.proofs if one.source != "two.txt"]
    assert report.proven == len(others)


def test_a_file_that_has_become_another_kind_of_thing_is_named(answered, save, docs):
    (docs / "two.txt").write_bytes(bytes(range(256)) * 4)
    assert of_two(verify_saved(save(answered), docs)).code not in (None, "CitedFileChanged")


def test_a_quotation_altered_in_the_answer_is_found_out(answered, save, docs):
    forged = json.loads(json.dumps(answered))
    forged["hits"][0]["text"] = forged["hits"][0]["text"].replace("已经通车", "尚未通车")
    report = verify_saved(save(forged), docs)
    assert [one.code for one in report.proofs] == ["PassageAltered", None, None]


def test_lines_altered_in_the_answer_are_found_out_with_the_right_ones(answered, save, docs):
    forged = json.loads(json.dumps(answered))
    cited = forged["hits"][0]["citation"]
    right = (None, None, cited["line_start"], cited["line_end"])
    forged["hits"][0]["citation"] |= {"line_start": 98, "line_end": 99}
    proof = verify_saved(save(forged), docs).proofs[0]
    assert (proof.code, proof.now) == ("WrongLines", right)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_answer_is_read_as_a_shell_may_have_saved_it(answered, docs, tmp_path, encoding):
    path = tmp_path / "answer.json"
    path.write_bytes(json.dumps(answered, ensure_ascii=False).encode(encoding))
    assert verify_saved(path, docs).proven == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[]",
        b'{"question": "", "generation": "1"}',
        b'{"question": "", "generation": "1", "hits": [{"rank": 1}]}',
        "不是答案".encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_refused(content, docs, tmp_path):
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    with pytest.raises(AnswerUnusable):
        verify_saved(path, docs)


@pytest.mark.parametrize("source", ["../secret.txt", "/etc/hosts", "a/../../b", "", "a\0b"])
def test_no_file_outside_the_documents_is_looked_at(source, answered, save, docs):
    forged = json.loads(json.dumps(answered))
    forged["hits"][0]["citation"]["source"] = source
    with pytest.raises(AnswerUnusable):
        verify_saved(save(forged), docs)


def test_there_must_be_an_answer_and_documents(answered, save, docs, tmp_path):
    with pytest.raises(AnswerMissing):
        verify_saved(tmp_path / "none.json", docs)
    with pytest.raises(DocsMissing):
        verify_saved(save(answered), tmp_path / "nowhere")


def test_what_changed_is_told_in_the_language_asked_for(answered, save, docs):
    (docs / "two.txt").write_text("编者按：重印。\n\n" + TWO, "utf-8")
    saved = save(answered)
    assert "移到了" in of_two(verify_saved(saved, docs)).what
    english = of_two(verify_saved(saved, docs, language=Language.EN))
    assert "has moved" in english.what


def test_the_command_exits_by_what_it_found(answered, save, docs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["verify", str(save(answered)), "--docs", str(docs)]
    assert main(arguments) == 0
    assert "3 条引文都得到证实" in capsys.readouterr().out
    (docs / "two.txt").write_text(TWO.replace("已经通车", "尚未通车"), "utf-8")
    assert main([*arguments, "--json"]) == 1
    assert "PassageDiffers" in [
        one["code"] for one in json.loads(capsys.readouterr().out)["proofs"]
    ]
    assert main(arguments) == 1
    assert "- 山路已经通车。" in capsys.readouterr().out
    assert main(["verify", "none.json", "--docs", str(docs)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    shutil.rmtree(docs)
    assert main(arguments) == 2


def test_an_answer_without_citations_has_nothing_to_prove(answered, save, docs, capsys):
    path = save(answered | {"hits": []})
    assert main(["verify", str(path), "--docs", str(docs)]) == 0
    assert "没有引文" in capsys.readouterr().out


def test_checking_writes_nothing(answered, save, docs):
    saved = save(answered)
    before = archive.snapshot(docs.parent)
    verify_saved(saved, docs)
    assert archive.snapshot(docs.parent) == before
