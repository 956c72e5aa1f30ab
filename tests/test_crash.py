"""Sudden death and failing disks: whatever call of a build is struck, the index stays whole.

The calls are those of the process to the system, native code's too: faults.c stands before libc.
The suite strikes a sample of them; ``make crash`` strikes every one.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import archive
import pytest
from archive import build

from rag.settings import load_settings

HERE = Path(__file__).parent
POINTS = int(os.environ.get("CRASH_POINTS", "6"))
"""Calls to strike in each scenario; 0 strikes all."""
ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(4)))
TWO = archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(3)))

SCENARIOS = ("build", "update", "rollback")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strikes calls by way of LD_PRELOAD"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc"),
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    source = HERE / "faults.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def where(tmp_path):
    """Documents that have changed since the second of two generations; both are kept."""
    settings = load_settings(keep_generations=2)
    docs = archive.write(tmp_path / "docs", one=ONE, two=TWO)
    build(docs, tmp_path / "index", settings=settings)
    archive.write(docs, two=TWO.replace("山路", "水路"))
    build(docs, tmp_path / "index", settings=settings)
    archive.write(docs, three=TWO.replace("山路", "铁路"), one=ONE.replace("养老", "敬老"))
    return tmp_path


def swept(where, faults, scenario, action):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAG_")}
    environment |= {"LD_PRELOAD": str(faults), "PYTHONPATH": f"{HERE.parent}:{HERE}"}
    # FAISS's threads do not outlive a fork
    environment |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

    done = subprocess.run(
        [sys.executable, HERE / "sweep.py", where, scenario, str(action), str(POINTS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["wrong"] == [], (told, done.stderr[-3000:])
    sys.stdout.write(f"{scenario} {action}: {told['struck']} of {told['calls']}, {told['ends']}\n")
    return told


def test_death_at_any_call_leaves_the_index_whole_and_the_next_turn_succeeds(where, faults):
    told = [swept(where, faults, scenario, 0) for scenario in SCENARIOS]
    assert sum(one["calls"] for one in told) >= 200
    assert min(one["calls"] for one in told) >= 20


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
def test_a_disk_that_fails_from_any_call_on_leaves_the_index_whole(where, faults, scenario, code):
    told = swept(where, faults, scenario, code)
    assert told["ends"].get("3", 0) > 0  # said to be not writable
