"""An answer notices that a cited file has changed, without reading every file each time."""

from __future__ import annotations

import os

import pytest
from archive import build, report, write

from rag.read import digest
from rag.retrieve import Retriever, citing

ASKED = "甲镇建了几个养老驿站"


@pytest.fixture
def docs(tmp_path):
    return write(tmp_path / "docs", one=report("甲镇建养老驿站", "甲镇建了三个养老驿站。"))


@pytest.fixture
def ask(tmp_path, docs):
    build(docs, tmp_path / "index")
    with Retriever(tmp_path / "index", docs=docs) as retriever:
        yield lambda: retriever.retrieve(ASKED).hits[0].citation.stale


def test_a_change_that_keeps_size_and_time_is_noticed(docs, ask, monkeypatch):
    monkeypatch.setattr(citing, "_SETTLED", -(10**18))  # remembered at once, as after some seconds
    path = docs / "one.txt"
    before = path.stat()
    assert ask() is None
    path.write_text(path.read_text("utf-8").replace("三个", "五个"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert ask() == "changed"


def test_a_file_that_stands_still_is_read_once(ask, monkeypatch):
    read = []
    monkeypatch.setattr(citing, "_SETTLED", -(10**18))
    monkeypatch.setattr(citing, "digest", lambda path: read.append(path) or digest(path))
    assert [ask(), ask(), ask()] == [None, None, None]
    assert len(read) == 1


def test_a_file_that_has_just_been_written_is_read_each_time(ask, docs, monkeypatch):
    read = []
    monkeypatch.setattr(citing, "digest", lambda path: read.append(path) or digest(path))
    monkeypatch.setattr(citing, "_SETTLED", 10**18)
    assert [ask(), ask()] == [None, None]
    assert len(read) == 2
