"""An index in Milvus: answers, publishing, going back, and what can go wrong with a server."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent import futures
from pathlib import Path
from types import SimpleNamespace

import archive
import engines
import grpc
import numpy as np
import pytest

from rag.cli import main
from rag.errors import (
    IndexMissing,
    MilvusMissing,
    MilvusRefused,
    MilvusUnreachable,
    ModelMismatch,
    SettingRefused,
)
from rag.evaluate import evaluate, load_cases
from rag.history import Kind, diff, history, rollback
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.store import Field, store_of
from rag.verify import verify

ROOT = Path(__file__).parent.parent
PAGES = {
    "甲报": archive.report(
        "临河镇新建十二个养老驿站", *(f"养老驿站第{n}期开工。" for n in range(3))
    ),
    "乙报": archive.report("青杨岭乡修通山路", *(f"山路第{n}段已经通车。" for n in range(2))),
}
QUESTION = "临河镇要新建多少个养老驿站？"


@pytest.fixture
def settings(milvus, tmp_path):
    """An index in a database of its own, built from two reports."""
    made = load_settings(
        docs=archive.write(tmp_path / "docs", **PAGES),
        index=tmp_path / "index",
        store="milvus",
        milvus_uri=engines.database(milvus),
    )
    assert archive.build(made.docs, None, settings=made).published
    return made


def told(arguments, environment, monkeypatch, capsys):
    """What the command said, and its exit status."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code = main(arguments)
    said = capsys.readouterr()
    return SimpleNamespace(code=code, out=said.out, err=said.err)


def rebuilt(settings, **pages):
    archive.write(settings.docs, **pages)
    return archive.build(settings.docs, None, settings=settings)


def test_answers_on_the_golden_set_are_those_of_the_files(milvus, tmp_path):
    seeds, recall, first = ROOT / "seeds", [], []
    cases = load_cases(ROOT / "tests" / "golden" / "questions.jsonl")[::6]
    for more in ({}, {"store": "milvus", "milvus_uri": engines.database(milvus)}):
        settings = load_settings(index=tmp_path / "index", **more)
        archive.build(seeds, None, settings=settings)
        with Retriever(settings=settings) as retriever:
            recall.append(evaluate(retriever, cases).recall[5])
            answers = [retriever.retrieve(case.question, 1) for case in cases]
            first.append([answer.hits[0].chunk_id for answer in answers])
        assert verify(settings=settings).problems == ()
    assert abs(recall[0] - recall[1]) <= 0.01
    assert sum(a == b for a, b in zip(*first, strict=True)) >= 0.99 * len(cases)


def test_a_reader_needs_the_address_alone(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    elsewhere = load_settings(
        index=tmp_path / "nowhere", store="milvus", milvus_uri=settings.milvus_uri
    )
    with Retriever(settings=elsewhere) as retriever:
        (hit,) = retriever.retrieve(QUESTION, 1).hits
        assert retriever.docs == settings.docs
    assert hit.citation.source == "甲报.txt"
    assert hit.citation.stale is None
    assert not (tmp_path / "nowhere").exists()


def test_citations_obey_the_law_and_verify_names_those_that_do_not(settings):
    assert verify(settings=settings).proven == verify(settings=settings).passages > 0
    (settings.docs / "乙报.txt").write_text("另一篇", "utf-8")
    assert {one.code for one in verify(settings=settings).problems} == {"SourceChanged"}


def test_of_a_deleted_document_no_leg_finds_anything(settings):
    (settings.docs / "甲报.txt").unlink()
    report = rebuilt(settings)
    assert report.deleted == ("甲报.txt",)
    with store_of(settings).open() as index:
        assert "驿站第" not in archive.texts(index)
        assert index.search_fulltext(Field.BIGRAMS, ["站第"], 50) == []
        assert index.search_fulltext(Field.TITLE_BIGRAMS, ["养老", "驿站"], 50) == []
        sources = {chunk.source for chunk in index.all_chunks()}
        found = index.search_dense(archive.embedded().encode_queries([QUESTION])[0], 99)
        assert {one.source for one in index.chunks([hit.id for hit in found])} == sources
        assert sources == {"乙报.txt"}


def test_history_diff_and_rollback(settings):
    rebuilt(settings, 丙报=archive.report("柳林口村种树", "全村今年植树三千棵。"))
    assert [one.generation for one in history(settings)] == ["000001", "000002"]
    (change,) = diff(settings).documents
    assert (change.kind, change.source) == (Kind.ADDED, "丙报.txt")
    with Retriever(settings=settings) as running:
        before = running.retrieve(QUESTION, 1)
        done = rollback(settings)
        assert (done.generation, done.restored, done.was) == ("000003", "000001", "000002")
        after = running.retrieve(QUESTION, 1)
    assert (before.generation, after.generation) == ("000002", "000003")
    assert [one.source for one in store_of(settings).open().documents()] == ["乙报.txt", "甲报.txt"]


def test_only_the_generations_that_are_kept_take_room(settings):
    kept = settings.model_copy(update={"keep_generations": 2})
    for number in range(3):
        rebuilt(kept, 乙报=archive.report("青杨岭乡修通山路", f"第{number}次改动。"))
    assert store_of(kept).published() == ["000003", "000004"]
    rollback(kept)  # generation 5 names the collections of 3, which stay for it
    assert store_of(kept).published() == ["000004", "000005"]
    assert store_of(kept).leftovers(2) == []
    assert verify(settings=kept).problems[0].code == "SourceChanged"


def test_a_build_without_changes_writes_nothing(settings):
    report = archive.build(settings.docs, None, settings=settings)
    assert (report.published, report.generation) == (False, "000001")


def test_readers_see_whole_generations_through_rebuilds(settings):
    """Every answer is of the documents of one generation: all first or all second words."""
    words = {number: f"第{number}轮清点" for number in range(4)}
    stop, wrong, seen = threading.Event(), [], set()
    rebuilt(settings, **{name: archive.report(words[0], words[0]) for name in PAGES})

    def ask():
        with Retriever(settings=settings) as retriever:
            while not stop.is_set():
                answer = retriever.retrieve("清点", 9)
                rounds = {one for hit in answer.hits for one in re.findall("第.轮清点", hit.text)}
                seen.update(rounds)
                if len(rounds) != 1:
                    wrong.append((answer.generation, rounds))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in (1, 2, 3):
        rebuilt(settings, **{name: archive.report(words[number], words[number]) for name in PAGES})
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(seen) > 1


_KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import archive
from rag.settings import load_settings
from rag.store.milvus import Collections
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Collections, {call!r}, die)
settings = load_settings(docs={docs!r}, index={index!r}, store="milvus", milvus_uri={uri!r})
archive.build(settings.docs, None, settings=settings)
"""


def killed(settings, call):
    """A build that kills itself in the place of a step."""
    script = _KILLED.format(
        tests=str(ROOT / "tests"),
        call=call,
        docs=str(settings.docs),
        index=str(settings.index),
        uri=settings.milvus_uri,
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("call", ["finish", "switch"])
def test_a_killed_build_leaves_the_live_index_and_the_next_one_cleans_up(settings, call):
    with store_of(settings).open() as index:
        before = archive.answers(index)
    archive.write(settings.docs, 丙报=archive.report("柳林口村种树", "全村今年植树三千棵。"))
    killed(settings, call)
    assert store_of(settings).leftovers(3) != []
    with store_of(settings).open() as index:
        assert archive.answers(index) == before
    report = archive.build(settings.docs, None, settings=settings)
    assert report.added == ("丙报.txt",)
    assert store_of(settings).leftovers(3) == []
    assert verify(settings=settings).problems == ()


def test_milvus_lite_in_a_killed_process_leaves_the_live_index(tmp_path):
    settings = load_settings(
        docs=archive.write(tmp_path / "docs", **PAGES),
        index=tmp_path / "index",
        store="milvus",
        milvus_uri=str(tmp_path / "wenju.db"),
    )
    build = [sys.executable, "-c", "from rag.cli import main; main(['build'])"]
    names = {
        "RAG_DOCS": settings.docs,
        "RAG_INDEX": settings.index,
        "RAG_STORE": "milvus",
        "RAG_MILVUS_URI": settings.milvus_uri,
        "PYTHONWARNINGS": "ignore",
    }
    environment = os.environ | {name: str(value) for name, value in names.items()}
    subprocess.run(build, env=environment, check=True, capture_output=True)
    archive.write(settings.docs, 丙报=archive.report("柳林口村种树", "全村今年植树三千棵。"))
    killed(settings, "finish")
    assert len(store_of(settings).open().documents()) == 2
    archive.build(settings.docs, None, settings=settings)
    assert len(store_of(settings).open().documents()) == 3
    assert store_of(settings).leftovers(3) == []


class _Other:
    """An encoder of eight numbers."""

    name, fingerprint, dimension, batch, window_chars = "other", "0123456789abcdef", 8, 16, None

    def encode_passages(self, texts):
        return np.eye(8, dtype=np.float32)[[len(text) % 8 for text in texts]]

    encode_queries = encode_passages


def test_another_model_is_named_with_both_and_the_next_step(settings):
    assert archive.build(settings.docs, None, settings=settings, encoder=_Other()).published
    with pytest.raises(ModelMismatch, match=r"0123456789abcdef.*rag build"):
        Retriever(settings=settings)


def test_an_empty_database_is_no_index(milvus, tmp_path):
    settings = load_settings(index=tmp_path, store="milvus", milvus_uri=engines.database(milvus))
    with pytest.raises(IndexMissing, match="rag build"):
        Retriever(settings=settings)


def test_a_server_that_does_not_answer_is_named_with_the_next_step(tmp_path, monkeypatch, capsys):
    settings = load_settings(index=tmp_path, store="milvus", milvus_uri="http://127.0.0.1:1")
    with pytest.raises(MilvusUnreachable, match=r"127\.0\.0\.1:1.*RAG_MILVUS_URI"):
        Retriever(settings=settings)
    environment = {"RAG_STORE": "milvus", "RAG_MILVUS_URI": settings.milvus_uri, "RAG_LANG": "en"}
    run = told(["search", QUESTION, "--json"], environment, monkeypatch, capsys)
    assert (run.code, run.out) == (2, "")
    assert "cannot be reached" in run.err
    assert "Traceback" not in run.err


class _Guard(grpc.ServerInterceptor):
    """Milvus's own answer to a wrong token, before milvus-lite, which asks for none."""

    def intercept_service(self, continuation, details):

        if (
            "authorization",
            base64.b64encode(b"root:right").decode(),
        ) in details.invocation_metadata:
            return continuation(details)

        def refuse(request, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check")

        return grpc.unary_unary_rpc_method_handler(refuse)


def test_a_wrong_token_is_told_and_not_shown(tmp_path):
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from milvus_lite.db import MilvusLite
    from pymilvus.grpc_gen import milvus_pb2_grpc

    database = MilvusLite(str(tmp_path / "data"))
    server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=[_Guard()])
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(database), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        uri = f"http://127.0.0.1:{port}"
        given = {"index": tmp_path, "store": "milvus", "milvus_uri": uri}
        with pytest.raises(MilvusRefused, match="RAG_MILVUS_TOKEN") as refused:
            store_of(load_settings(**given, milvus_token="root:wrong")).open()
        assert "root:wrong" not in str(refused.value)
        with pytest.raises(IndexMissing):
            store_of(load_settings(**given, milvus_token="root:right")).open()
    finally:
        server.stop(0)
        database.close()


def test_without_the_extra_the_command_to_install_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    settings = load_settings(index=tmp_path, store="milvus", milvus_uri="http://127.0.0.1:2")
    with pytest.raises(MilvusMissing, match=r"pip install 'wenju\[milvus\]'"):
        store_of(settings).open()


def test_an_engine_without_an_address_is_refused():
    with pytest.raises(SettingRefused, match="RAG_MILVUS_URI"):
        load_settings(store="milvus")


def test_doctor_and_status_speak_of_milvus(settings, monkeypatch, capsys):
    environment = {
        "RAG_STORE": "milvus",
        "RAG_MILVUS_URI": settings.milvus_uri,
        "RAG_INDEX": str(settings.index),
        "RAG_DOCS": str(settings.docs),
    }
    status = told(["status", "--json"], environment, monkeypatch, capsys)
    assert json.loads(status.out)["generation"] == "000001"
    doctor = told(["doctor", "--json"], environment, monkeypatch, capsys)
    named = {one["name"]: one for one in json.loads(doctor.out)["checks"]}
    assert named["index"]["level"] == "ok"
    assert settings.milvus_uri in named["index"]["what"]
