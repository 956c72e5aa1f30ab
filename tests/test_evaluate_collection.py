"""Folders in the form of BEIR: read, indexed for the time, and judged by document."""

import json
import shutil
from pathlib import Path

import pytest

from rag.cli import main
from rag.errors import CasesMissing, CollectionError
from rag.evaluate import load_collection

DOCUMENTS = [
    {"_id": "pond/1", "title": "青杨岭水库的鱼苗", "text": "青杨岭水库今年投放鱼苗八千尾。"},
    {"_id": "pond/2", "title": "", "text": "白石桥村的石榴园今年采摘石榴两万斤。"},
    {"_id": "pond/3", "text": "临河镇修好了三座断桥，农机可以直接下地。"},
    {"_id": "pond/4", "title": "望湖新区的社区食堂", "text": "望湖新区开办社区食堂六家。"},
]
QUERIES = [
    {"_id": "q1", "text": "水库里放了多少鱼苗？"},
    {"_id": "q2", "text": "哪个镇修好了断桥？"},
    {"_id": "q3", "text": "石榴收了多少斤？"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tpond/1\t2\nq1\tpond/4\t0\nq2\tpond/3\t1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "池塘"
    (root / "qrels").mkdir(parents=True)
    write(root / "corpus.jsonl", DOCUMENTS)
    write(root / "queries.jsonl", QUERIES)
    (root / "qrels" / "test.tsv").write_text(QRELS, "utf-8")
    return root


def write(path, records):
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")


def test_a_collection_is_asked_on_an_index_of_its_own_and_judged_by_document(folder, capsys):
    assert main(["eval", str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["all"]["answerable"], printed["all"]["recall"]["1"]) == (2, 1.0)
    assert (printed["all"]["mrr"], printed["all"]["ndcg"]) == (1.0, 1.0)
    assert not (Path.cwd() / "index").exists()


def test_ndcg_is_shown_where_documents_are_judged(folder, capsys):
    assert main(["eval", str(folder)]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert "nDCG@10" in head
    assert row.startswith(str(folder))


def test_queries_that_no_line_judges_are_not_asked(folder):
    assert [case.question for case in load_collection(folder).cases] == [
        "水库里放了多少鱼苗？",
        "哪个镇修好了断桥？",
    ]


def test_without_test_tsv_all_judgements_count(folder):
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "dev.tsv")
    (folder / "qrels" / "train.tsv").write_text("q3\tpond/2\t1\n", "utf-8")
    assert len(load_collection(folder).cases) == 3


def test_every_document_becomes_a_file_with_its_title_as_heading(folder, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    collection = load_collection(folder)
    collection.write(docs)
    texts = [path.read_text("utf-8") for path in sorted(docs.iterdir())]
    assert texts[0] == "# 青杨岭水库的鱼苗\n\n青杨岭水库今年投放鱼苗八千尾。\n"
    assert texts[1:3] == [f"{one['text']}\n" for one in DOCUMENTS[1:3]]
    named = {source for case in collection.cases for source, _ in case.judged}
    assert named <= {path.name for path in docs.iterdir()}


def test_a_document_that_cannot_be_read_is_named_by_its_line(folder, capsys):
    write(folder / "corpus.jsonl", [*DOCUMENTS, {"_id": "bad", "text": "坏\x00的\x00文\x00件" * 9}])
    assert main(["eval", str(folder)]) == 1
    assert f"{folder / 'corpus.jsonl'}:5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("corpus.jsonl", "{", "JSON"),
        ("corpus.jsonl", "[]", "JSON"),
        ("corpus.jsonl", '{"title": "题", "text": "文"}', '"_id"'),
        ("corpus.jsonl", '{"_id": 7, "text": "文"}', '"_id"'),
        ("corpus.jsonl", '{"_id": "pond/1", "text": "文"}', '"_id"'),
        ("corpus.jsonl", '{"_id": "new", "title": "题"}', '"text"'),
        ("corpus.jsonl", '{"_id": "new", "text": " "}', '"text"'),
        ("corpus.jsonl", '{"_id": "new", "text": "\\ud800"}', '"text"'),
        ("corpus.jsonl", '{"_id": "new", "title": [], "text": "文"}', '"title"'),
        ("queries.jsonl", '{"_id": "q1", "text": "问"}', '"_id"'),
        ("queries.jsonl", '{"_id": "new", "text": ""}', '"text"'),
        ("qrels/test.tsv", "q1 pond/1 1", "grade"),
        ("qrels/test.tsv", "q1\tpond/1\tmuch", "grade"),
        ("qrels/test.tsv", "q1\tpond/9\t1", "pond/9"),
        ("qrels/test.tsv", "q9\tpond/1\t1", "q9"),
    ],
)
def test_a_broken_line_is_named_with_its_file_and_what_is_wrong(folder, name, line, reason):
    path = folder / name
    number = path.read_text("utf-8").count("\n") + 1
    path.write_text(f"{path.read_text('utf-8')}{line}\n", "utf-8")
    with pytest.raises(CollectionError) as caught:
        load_collection(folder)
    assert Path(caught.value.where) == path
    assert caught.value.details["line"] == str(number)
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels"])
def test_a_missing_part_is_named(folder, name):
    gone = folder / name
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(CasesMissing) as caught:
        load_collection(folder)
    assert name in caught.value.where


def test_judgements_that_judge_nothing_are_an_error(folder):
    (folder / "qrels" / "test.tsv").write_text("q1\tpond/1\t0\n", "utf-8")
    with pytest.raises(CollectionError):
        load_collection(folder)
