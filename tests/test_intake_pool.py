"""A parser that crashes, hangs or eats all memory takes nothing down but its own file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import archive
import pytest
from archive import build

from rag.intake import Intake, Lost, LostTo, Pool
from rag.read import Found
from rag.settings import load_settings

HOUSE = Path(__file__).parent.parent

# Tasks are named by module and function; the standard library has one of each kind.
SLEEP = "time:sleep"
CRASH = "os:abort"


@pytest.fixture
def pool():
    with Pool(seconds=20, memory_mb=500, size=2) as pool:
        yield pool


def test_results_come_in_the_order_of_the_calls(pool):
    calls = [(f"{number}",) for number in range(50)]

    assert list(pool.run("builtins:int", calls)) == list(range(50))


def test_calls_are_not_taken_further_ahead_than_the_workers_need(pool):
    taken = []

    def calls():
        for number in range(100):
            taken.append(number)
            yield (f"{number}",)

    results = pool.run("builtins:int", calls())
    next(results)

    assert len(taken) <= pool.ahead


def test_no_worker_is_started_before_there_is_a_call(pool):
    assert pool.started == 0
    list(pool.run("builtins:int", [("1",)]))
    assert pool.started == 1


def test_a_crash_costs_its_own_call_alone(pool):
    first = pool.submit(CRASH)
    others = list(pool.run("builtins:int", [("1",), ("2",), ("3",)]))

    assert first.result() == Lost(LostTo.CRASH, "signal 6")
    assert others == [1, 2, 3]


def test_a_call_that_does_not_end_is_given_up():
    with Pool(seconds=0.5, memory_mb=500, size=1) as pool:
        hung = pool.submit(SLEEP, 60).result()

        assert isinstance(hung, Lost)
        assert hung.to is LostTo.TIME


def test_a_call_that_wants_too_much_memory_is_given_up(pool):
    greedy = pool.submit("builtins:bytes", 2_000_000_000).result()

    assert isinstance(greedy, Lost)
    assert greedy.to is LostTo.MEMORY
    assert pool.submit("builtins:int", "7").result() == 7


def test_what_a_task_raises_is_told_and_the_worker_goes_on(pool):
    lost = pool.submit("builtins:int", "seven").result()

    assert isinstance(lost, Lost)
    assert "ValueError" in lost.reason
    assert pool.submit("os:getpid").result() != os.getpid()


def test_what_a_library_prints_does_not_garble_the_results(pool):
    assert pool.submit("builtins:print", "noise" * 1000).result() is None
    assert pool.submit("os:system", "echo noise").result() == 0
    assert pool.submit("builtins:int", "7").result() == 7


def test_leaving_the_pool_ends_workers_in_the_middle_of_a_call():
    with Pool(seconds=60, memory_mb=500, size=1) as pool:
        pid = pool.submit("os:getpid").result()
        pool.submit(SLEEP, 60)
        time.sleep(0.1)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_script_without_a_main_guard_may_build(tmp_path):
    """Processes must not import the caller's main module a second time."""
    archive.write(tmp_path / "docs", one="养老驿站开工。" * 60_000)
    script = tmp_path / "script.py"
    script.write_text(
        "import rag\nprint('once')\n"
        f"print(rag.build({str(tmp_path / 'docs')!r}, {str(tmp_path / 'index')!r}).added)\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
    )
    assert done.stdout.split("\n") == ["once", "('one.txt',)", ""]


def test_short_reports_are_read_without_a_worker(tmp_path):
    docs = archive.write(tmp_path, **{f"n{n}": archive.report("题目", "开工。") for n in range(5)})
    with Intake(load_settings()) as intake:
        found = [(path.name, Found(path.name, path)) for path in sorted(docs.iterdir())]
        assert len(list(intake.readings(found))) == 5
        assert intake.pool.started == 0


def test_many_reports_are_read_by_workers_in_order(tmp_path):
    facts = [f"第{n}件事。" for n in range(120)]
    docs = archive.write(
        tmp_path, **{f"n{n:02}": archive.report("题目", *facts) for n in range(30)}
    )
    with Intake(load_settings()) as intake:
        found = [(path.name, Found(path.name, path)) for path in sorted(docs.iterdir())]
        readings = list(intake.readings(found))
        assert intake.pool.started > 0
    assert [source for source, _ in readings] == [source for source, _ in found]
    assert [reading.source for _, reading in readings] == [source for source, _ in found]


def test_a_second_build_with_nothing_changed_starts_no_worker(tmp_path, monkeypatch):
    docs = archive.write(tmp_path / "docs", one="养老驿站开工。" * 60_000)
    build(docs, tmp_path / "index")
    monkeypatch.setattr(subprocess, "Popen", None)

    assert not build(docs, tmp_path / "index").published
