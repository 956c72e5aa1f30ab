"""Damaged and crafted indexes: a clear error and the next step, never a trace or a way out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import archive
import pytest
from archive import build

from rag.cli import main
from rag.errors import IndexDamaged
from rag.store import live_generation, open_index
from rag.store.manifest import _checksum


@pytest.fixture(autouse=True)
def own_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    where = tmp_path_factory.mktemp("built")
    facts = [f"养老驿站第{n}期开工。" for n in range(4)]
    docs = archive.write(where / "docs", one=archive.report("临河镇建养老驿站", *facts))
    build(docs, where / "index")
    return where


@pytest.fixture
def index(built, tmp_path):
    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy" / "index"


def live(index):
    return index / "generations" / live_generation(index)


def parts(index):
    """The files of a generation that hold anything."""
    return [
        path for path in sorted(live(index).rglob("*")) if path.is_file() and path.stat().st_size
    ]


def crafted(index, **changes):
    """A manifest altered by whoever knows how to sign it."""
    path = live(index) / "manifest.json"
    body = json.loads(path.read_text("utf-8"))
    del body["sha256"]
    body |= changes
    path.write_text(json.dumps(body | {"sha256": _checksum(body)}), "utf-8")


def refused(index, capsys):
    """A search says what is wrong and what to do, in one line, and nothing else."""
    assert main(["search", "养老驿站", "--index", str(index)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "rag build" in shown.err


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


HARM = {"flipped bit": flip, "truncated": cut, "missing": Path.unlink}


@pytest.mark.parametrize("harm", HARM)
def test_whatever_part_is_harmed_doctor_names_it_and_a_build_heals_it(
    built, tmp_path, capsys, harm
):
    with open_index(built / "index") as opened:
        whole = archive.answers(opened)
    for number in range(len(parts(built / "index"))):
        copy = tmp_path / str(number)
        shutil.copytree(built, copy)
        index = copy / "index"
        part = parts(index)[number]
        HARM[harm](part)
        assert main(["doctor", "--index", str(index), "--json"]) == 1
        told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
        assert told["index"]["level"] == "bad"
        assert part.stem in told["index"]["what"]
        assert "rag build" in told["index"]["next_step"]
        assert main(["verify", "--index", str(index)]) in (1, 2)
        if harm != "flipped bit":  # which opening cannot afford to look for
            capsys.readouterr()
            refused(index, capsys)
        assert main(["build", str(copy / "docs"), "--index", str(index)]) == 0
        capsys.readouterr()
        with open_index(index) as opened:
            assert archive.answers(opened) == whole


@pytest.mark.parametrize(
    "changes",
    [
        {"passages": 10**18},
        {"passages": -1},
        {"passages": "many"},
        {"documents": 7},
        {"documents": [{}]},
        {"parts": []},
        {"parts": {"../../../secret": {"bytes": 1, "sha256": ""}}},
        {"parts": {"/etc/passwd": {"bytes": 1, "sha256": ""}}},
        {"parts": {"shards/000001/tokens.npy": {"bytes": 10**30, "sha256": ""}}},
        {"shape": {}},
        {"generation": "../000001"},
    ],
    ids=str,
)
def test_a_crafted_manifest_is_refused(index, capsys, changes):
    crafted(index, **changes)
    with pytest.raises(IndexDamaged):
        open_index(index)
    refused(index, capsys)


def test_a_link_in_the_place_of_a_generation_is_refused(index, tmp_path, capsys):
    folder = live(index)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    refused(index, capsys)


def test_a_link_in_the_place_of_a_folder_of_parts_is_refused(index, tmp_path, capsys):
    folder = next(path for path in sorted(live(index).rglob("*")) if path.is_dir())
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    refused(index, capsys)


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "000001/../..", "0" * 5000])
def test_what_is_live_cannot_be_named_outside_the_index(index, capsys, name):
    (index / "CURRENT").write_text(name)
    refused(index, capsys)


@pytest.mark.parametrize("lost", ["manifest.json", "documents.json"])
def test_a_build_heals_from_the_folder_remembered_by_any_generation(
    built, tmp_path, monkeypatch, lost
):
    """Never from another folder that a build would read which remembers nothing."""
    shutil.copytree(built, tmp_path / "copy")
    docs, index = tmp_path / "copy" / "docs", tmp_path / "copy" / "index"
    archive.write(docs, two=archive.report("青杨岭乡通山路", "山路已经通车。"))
    build(docs, index)
    archive.write(tmp_path / "seeds", other=archive.report("别的文件", "与此无关。"))
    monkeypatch.chdir(tmp_path)
    (live(index) / lost).write_text("{}")
    assert main(["build", "--index", str(index)]) == 0
    with open_index(index) as opened:
        assert [record.source for record in opened.documents()] == ["one.txt", "two.txt"]
