"""The zoo of broken input in one folder: each creature is told, and the rest is indexed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path, PurePosixPath

import pytest
import zoo

from rag.errors import printable
from rag.read.formats import reader_named
from rag.store import open_index
from rag.verify import verify

ROOT = Path(__file__).parent.parent
SECONDS = 10
LIMITS = {"RAG_MAX_FILE_SECONDS": f"{SECONDS}", "RAG_MAX_FILE_MEMORY_MB": "1000"}
GOOD = {
    "good/first.txt": zoo.GOOD.encode(),
    "good/second.md": f"# 通报\n\n{zoo.GOOD}\n".encode(),
    "good/third.pdf": zoo.PLAIN,
}
# root may read everything: what it is allowed beyond others is given up first (capabilities(7))
RAG = """
import ctypes, sys
drop = getattr(ctypes.CDLL(None), "prctl", lambda *_: 0)
drop(24, 1, 0, 0, 0), drop(24, 2, 0, 0, 0)
import os
os.execv(sys.executable, [sys.executable, "-c",
  "import sys; from rag.cli import main; sys.exit(main())", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The zoo and what a build says of it: (creatures, status, report, stderr, folder, index)."""
    folder = tmp_path_factory.mktemp("zoo")
    docs, index = folder / "docs", folder / "index"
    docs.mkdir()
    creatures = zoo.make(docs)
    for name, data in GOOD.items():
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_bytes(data)
    growing, done = docs / "growing.txt", threading.Event()
    growing.write_bytes(b"x" * 30_000_000)

    def grow():
        with growing.open("ab", buffering=0) as file:
            while not done.wait(0.0005):
                file.write(b"y")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        ran = subprocess.run(
            [sys.executable, "-c", RAG, "build", docs, "--index", index, "--json"],
            capture_output=True,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "RAG_LANG": "en", **LIMITS},
        )
    finally:
        done.set()
        writer.join()
    report = json.loads(ran.stdout or b"{}")
    assert report, ran.stderr.decode()[-2000:]
    yield creatures, ran.returncode, report, ran.stderr.decode(), docs, index
    zoo.clear(docs)


def told(report):
    """What was reported of each creature, by its name as it is printed."""
    lines = defaultdict(list)
    for failure in report["failed"]:
        lines[failure["source"]].append(failure)
    return lines


def test_there_are_sixty_creatures(built):
    assert len(built[0]) >= 60


def test_the_build_is_done_and_says_that_something_failed(built):
    _, status, report, _, _, _ = built
    assert (status, report["published"]) == (1, True)


def test_every_creature_gets_its_line_saying_what_where_and_what_next(built):
    creatures, _, report, said, _, _ = built
    lines = told(report)
    wrong = []
    for one in creatures:
        name = printable(one.name)
        mine = lines.pop(name, [])
        inside = [source for source in lines if source.startswith(f"{name}/")]
        mine += [line for source in inside for line in lines.pop(source)]
        codes = [line["code"] for line in mine]
        known = reader_named(one.name) is not None or not PurePosixPath(one.name).suffix
        right = one.codes if known else one.codes | {"UnsupportedFormat"}
        # of an archive each document speaks for itself
        alone = len(codes) == 1 or (inside and len(codes) == len(set(inside)))
        if not (codes and alone) or not right.issuperset(codes):
            wrong.append((one.name, codes[:5], len(codes), [line["what"] for line in mine[:1]]))
        for line in mine:
            assert line["what"]
            assert line["next_step"]
    assert not wrong, "\n".join(map(str, wrong))
    assert [line["code"] for line in lines.pop("growing.txt")] == ["FileChanging"]
    assert not lines
    assert len(said.strip().splitlines()) == len(report["failed"]) + 1  # none breaks its line


def test_the_rest_of_the_folder_is_indexed_and_every_citation_holds(built):
    creatures, _, _, _, docs, index = built
    with open_index(index) as opened:
        held = {record.source for record in opened.documents()}
    assert GOOD.keys() <= held
    assert {one.name for one in creatures if one.read} <= held
    report = verify(index, docs)
    assert report.problems == ()
    assert report.proven == report.passages > 0


def test_a_second_build_says_the_same_and_writes_nothing(built):
    docs, index = built[-2:]
    few = docs.parent / "few"
    few.mkdir()
    for name in ("pdf/update_cut_off.pdf", "names/report.txt", "pdf/locked.pdf"):
        (few / PurePosixPath(name).name).write_bytes((docs / name).read_bytes())
    command = [sys.executable, "-c", RAG, "build", few, "--index", index.parent / "i", "--json"]
    env = {"PATH": "/usr/bin:/bin", **LIMITS}
    first, again = (
        json.loads(subprocess.run(command, capture_output=True, cwd=ROOT, env=env).stdout)
        for _ in range(2)
    )
    assert (first["published"], again["published"]) == (True, False)
    assert first["failed"] == again["failed"] != []
