"""Run in a process with faults.c preloaded: strikes one call of a build or a rollback, then looks.

``python sweep.py WHERE SCENARIO ACTION POINTS``: WHERE holds ``docs`` and ``index``; the scenario
is ``build``, ``update`` (a build that shares what did not change) or ``rollback``, the action ``0``
(SIGKILL) or an errno; POINTS calls, evenly spread, are struck one after the other, every one where
it is 0.
Prints one JSON object.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

import archive

from rag.errors import IndexNotWritable
from rag.history import rollback
from rag.settings import load_settings
from rag.store import (
    generation_folder,
    leftovers,
    live_generation,
    open_index,
    published,
    read_manifest,
    writer,
)
from rag.verify import verify

REFUSED, DEFECT = 3, 4
KEPT = 2


def main() -> None:
    where, scenario, action, points = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
    faults = ctypes.CDLL(None)
    docs, whole = where / "docs", where / "index"
    before = said(whole)

    def act(index):
        settings = load_settings(docs=docs, index=index, keep_generations=KEPT)
        # an update is one of an index too large to be written whole
        writer.WRITTEN_WHOLE = 0 if scenario == "update" else 2_000
        if scenario == "rollback":
            rollback(settings)
        else:
            archive.build(docs, index, settings=settings)

    def struck(point):
        """The index after its process was struck at a call, how that ended, and the calls made."""
        index = Path(shutil.copytree(whole, where / f"struck-{point}"))
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                faults.faults_arm(str(index).encode(), ctypes.c_long(point), action)
                act(index)
                status = 0
            except IndexNotWritable:
                status = REFUSED
            except BaseException:
                traceback.print_exc()
                status = DEFECT
            os.write(write, str(faults.faults_count()).encode())
            os._exit(status)
        os.close(write)
        _, status = os.waitpid(child, 0)
        told = os.read(read, 99)
        os.close(read)
        ended = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return index, ended, int(told or 0)

    index, ended, calls = struck(0)
    assert ended == 0
    after = said(index)
    shutil.rmtree(index)
    assert before != after
    ends: dict[int, int] = {}
    wrong: list[str] = []
    chosen = range(1, calls + 1, max(1, calls // points) if points else 1)
    for point in chosen:
        index, ended, made = struck(point)
        ends[ended] = ends.get(ended, 0) + 1
        never = ended == 0 and made < point  # the threads of the full text make more or fewer
        if ended not in ({0, REFUSED} if action else {-signal.SIGKILL}) and not never:
            wrong.append(f"{point}: ended with {ended}")
        try:
            look(index, docs, act, before, after)
        except Exception as error:
            wrong.append(f"{point}: {type(error).__name__} {error}")
        shutil.rmtree(index)
    told = {"calls": calls, "struck": len(chosen), "ends": ends, "wrong": wrong}
    sys.stdout.write(json.dumps(told) + "\n")


def said(index):
    with open_index(index) as opened:
        return archive.answers(opened)


def look(index, docs, act, before, after):
    """The live index answers as before or as after; the next turn succeeds and leaves no orphan."""
    live = live_generation(index)
    now = said(index)
    held = now in (before, after)
    assert held, "other answers"
    if now == before:
        act(index)
    else:  # a build has nothing to do but tidy up
        archive.build(docs, index, settings=load_settings(keep_generations=KEPT))
    assert int(live_generation(index)) >= int(live)
    if now == before:
        assert said(index) == after, "the next turn gave other answers"
    archive.build(docs, index, settings=load_settings(keep_generations=KEPT))
    assert not verify(index, docs).problems
    assert leftovers(index, KEPT) == [], "leftovers"
    names = published(index)
    assert archive.generations(index) == names, "orphaned generations"
    assert {path.name for path in index.iterdir()} == {".lock", "CURRENT", "generations"}
    for name in names:
        folder = generation_folder(index, name)
        parts = {*read_manifest(folder).parts, "manifest.json"}
        files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        assert files == parts, f"orphans in {name}: {files ^ parts}"


main()
