"""`rag watch`: the index follows the documents, whatever becomes of them."""

from __future__ import annotations

import json
import os
import pty
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import archive
import pytest

from rag.store import leftovers, live_generation, locked, open_index
from rag.verify import verify

ROOT = Path(__file__).parent.parent
ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(3)))
TWO = archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(3)))
PATIENCE = 240


class Watching:
    """A running `rag watch --json`, line by line."""

    def __init__(self, docs, index):
        code = "import sys; from rag.cli import main; sys.exit(main())"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RAG_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "watch", docs, "--index", index, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=environment,
            # a shell's background job ignores Ctrl-C, and so would what it starts
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.out, self.err = queue.Queue(), queue.Queue()
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=self.follow, args=(stream, lines), daemon=True).start()

    @staticmethod
    def follow(stream, lines):
        for line in stream:
            lines.put(line)

    def build(self):
        """The next build's report."""
        return json.loads(self.out.get(timeout=PATIENCE))

    def says(self, words):
        """Wait for a line on stderr that holds ``words``."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            line = self.err.get(timeout=PATIENCE)
            if words in line:
                return line
        raise AssertionError(words)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    return archive.write(tmp_path_factory.mktemp("watched") / "docs", one=ONE)


@pytest.fixture(scope="module")
def index(docs):
    return docs.parent / "index"


@pytest.fixture(scope="module")
def watching(docs, index):
    """One process for all of the following: each leaves it watching."""
    running = Watching(docs, index)
    assert running.build()["added"] == ["one.txt"]
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()
    running.process.stdout.close()
    running.process.stderr.close()


def test_the_index_follows_new_changed_and_deleted_files(watching, docs, index):
    archive.write(docs, two=TWO)
    assert watching.build()["added"] == ["two.txt"]
    archive.write(docs, two=TWO.replace("山路", "水路"))
    assert watching.build()["changed"] == ["two.txt"]
    (docs / "two.txt").unlink()
    assert watching.build()["deleted"] == ["two.txt"]
    assert not verify(index, docs).problems


def test_a_file_that_appears_half_written_is_indexed_when_it_is_whole(watching, docs, index):
    data = TWO.encode("utf-8")
    with (docs / "half.txt").open("wb") as file:
        for start in range(0, len(data), 100):  # cuts characters in two
            file.write(data[start : start + 100])
            file.flush()
            time.sleep(0.1)
    report = watching.build()
    assert (report["added"], report["failed"]) == (["half.txt"], [])
    assert not verify(index, docs).problems


def test_a_folder_that_vanishes_is_waited_for(watching, docs, index):
    before = live_generation(index)
    away = docs.rename(docs.with_name("away"))
    watching.says("没有这个文档目录")
    assert live_generation(index) == before
    archive.write(away, back=TWO)
    away.rename(docs)
    assert watching.build()["added"] == ["back.txt"]
    archive.write(docs, again=TWO.replace("山路", "水路"))  # and is watched as before
    assert watching.build()["added"] == ["again.txt"]


def test_a_build_that_fails_is_told_of_and_tried_again(watching, docs, index):
    with locked(index):
        archive.write(docs, late=TWO)
        assert str(os.getpid()) in watching.says("另一个 rag build 正在运行")
    assert watching.build()["added"] == ["late.txt"]


def test_a_file_that_cannot_be_read_is_told_once_and_the_rest_is_followed(watching, docs):
    (docs / "bad.txt").write_bytes(b"\xff\xfe\x00")
    assert [failure["source"] for failure in watching.build()["failed"]] == ["bad.txt"]
    archive.write(docs, good=TWO)
    assert watching.build()["added"] == ["good.txt"]
    (docs / "bad.txt").unlink()
    assert watching.build()["failed"] == []


def test_ctrl_c_ends_it_and_leaves_the_index_as_it_was(watching, docs, index):
    with open_index(index) as opened:
        before = archive.answers(opened)
    assert watching.end() == 0
    assert "已停止监视" in watching.says("已停止监视")
    with open_index(index) as opened:
        assert archive.answers(opened) == before
    assert leftovers(index, 3) == []


# --- progress ------------------------------------------------------------------------------------

SLOW = """
    import sys, time
    from rag.terminal.progress import Progress
    from rag.terminal.texts import ZH
    with Progress(ZH) as progress:
        for done in range(1, 31):
            progress("read", done, 30)
            time.sleep(float(sys.argv[1]) / 30)
"""


def shown(seconds):
    """What a terminal is shown by something that takes so long."""
    primary, secondary = pty.openpty()
    code = "\n".join(line[4:] for line in SLOW.splitlines())
    done = subprocess.Popen([sys.executable, "-c", code, str(seconds)], stderr=secondary, cwd=ROOT)
    os.close(secondary)
    output = b""
    try:
        while block := os.read(primary, 4096):
            output += block
    except OSError:  # the other side is closed
        pass
    os.close(primary)
    assert done.wait() == 0
    return output.decode("utf-8")


def test_what_takes_longer_than_two_seconds_shows_rate_and_remaining_time():
    output = shown(3.5)
    assert "读取" in output
    assert "份/s" in output
    assert "剩余 00:0" in output


def test_what_is_soon_done_shows_nothing():
    assert shown(0.3) == ""
