"""Who asks while others build: never blocked, never half an index, nothing that piles up."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import archive
import pytest
from archive import build

import rag
from rag.settings import load_settings

REBUILDS = int(os.environ.get("REBUILDS", "8"))
GENERATIONS = int(os.environ.get("GENERATIONS", "25"))
QUESTION = "通报是第几版？"
ROOT = Path(__file__).parent.parent

READER = """
import json, sys
from pathlib import Path
import rag
index, question, done = sys.argv[1], sys.argv[2], Path(sys.argv[3])
asked, wrong = 0, []
print("ready", flush=True)
while not done.exists():
    try:
        answer = rag.retrieve(question, k=9, index=index)
    except Exception as error:
        wrong.append(repr(error))
        break
    versions = {hit.text.split("第")[1].split("版")[0] for hit in answer.hits}
    if versions != {str(int(answer.generation))} or len(answer.hits) != 3:
        wrong.append([answer.generation, sorted(versions), len(answer.hits)])
    asked += 1
print(json.dumps({"asked": asked, "wrong": wrong}))
"""


@pytest.fixture(autouse=True)
def own_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


def publish(docs, index, version, keep=1):
    """Every page says the number of its generation: no reader may ever see two."""
    pages = {
        name: archive.report("通报", f"这是第{version}版的{page}号件。")
        for page, name in enumerate(("one", "two", "three"), 1)
    }
    archive.write(docs, **pages)
    report = build(docs, index, settings=load_settings(keep_generations=keep))
    assert int(report.generation) == version


def test_readers_in_threads_and_processes_see_whole_generations_through_many_builds(tmp_path):
    docs, index, done = tmp_path / "docs", tmp_path / "index", tmp_path / "done"
    publish(docs, index, 1)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READER, index, QUESTION, done],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    seen, wrong = set(), []
    with rag.Retriever(index) as retriever:

        def read():
            while not done.exists():
                try:
                    answer = retriever.retrieve(QUESTION, k=9)
                except Exception as error:
                    wrong.append(repr(error))
                    return
                versions = {hit.text.split("第")[1].split("版")[0] for hit in answer.hits}
                if versions != {str(int(answer.generation))} or len(answer.hits) != 3:
                    wrong.append((answer.generation, versions))
                seen.add(answer.generation)
                time.sleep(0.02)

        readers = [threading.Thread(target=read) for _ in range(6)]
        for reader in readers:
            reader.start()
        for version in range(2, REBUILDS + 2):
            publish(docs, index, version)
        done.touch()
        for reader in readers:
            reader.join()
    told = [json.loads(process.communicate()[0]) for process in processes]
    assert wrong == []
    assert [one["wrong"] for one in told] == [[], []]
    assert all(one["asked"] for one in told)
    assert len(seen) > 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files by /proc")
def test_neither_memory_nor_files_pile_up_over_many_generations(tmp_path):
    docs, index = tmp_path / "docs", tmp_path / "index"
    publish(docs, index, 1)

    def held():
        """Open files and mappings of this index, and resident bytes."""
        gc.collect()
        links = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the folder's own
                links.append(str(descriptor.readlink()))
        maps = Path("/proc/self/maps").read_text()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        files = sum(str(index) in link for link in links) + maps.count(str(index))
        return files, pages * os.sysconf("SC_PAGE_SIZE")

    with rag.Retriever(index) as retriever:
        figures = []
        for version in range(2, GENERATIONS + 2):
            publish(docs, index, version)
            for answer in (
                retriever.retrieve(QUESTION),
                rag.retrieve(QUESTION, index=index),
            ):
                assert int(answer.generation) == version
            figures.append(held())
    quarter = len(figures) // 4
    first, last = figures[quarter : 2 * quarter], figures[-quarter:]
    files = [max(held for held, _ in some) for some in (first, last)]
    memory = [median(size for _, size in some) / 1e6 for some in (first, last)]
    sys.stdout.write(f"files {files}, MB {memory} over {GENERATIONS} generations\n")
    assert files[1] <= files[0]
    assert memory[1] - memory[0] < 32  # the allocator's own swing
