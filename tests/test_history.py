"""Generations: what each changed, how two differ, going back, and what may go live at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import archive
import pytest
from archive import build

import rag
from rag.cli import main
from rag.errors import (
    GenerationMissing,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    ModelMismatch,
    NothingEarlier,
)
from rag.evaluate import Case, Gate
from rag.history import Kind, diff, history, rollback
from rag.settings import load_settings
from rag.store import leftovers, live_generation, locked, open_index
from rag.verify import verify

ONE = archive.report("临河镇建养老驿站", *(f"养老驿站第{n}期开工。" for n in range(6)))
TWO = archive.report("青杨岭乡通山路", *(f"山路第{n}段已经通车。" for n in range(4)))
MORE = archive.report("望湖新区开食堂", *(f"第{n}家社区食堂开张。" for n in range(3)))


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def docs(tmp_path):
    return archive.write(tmp_path / "docs", one=ONE, two=TWO)


@pytest.fixture
def settings(tmp_path, docs):
    return load_settings(docs=docs, index=tmp_path / "index", keep_generations=5)


@pytest.fixture
def three(docs, settings):
    """An index of three generations: a first, one with a document more, one with it edited."""
    build(docs, settings.index, settings=settings)
    archive.write(docs, three=MORE)
    build(docs, settings.index, settings=settings)
    archive.write(docs, three=MORE.replace("第1家社区食堂", "第一百家社区食堂"))
    build(docs, settings.index, settings=settings)
    return settings


def said(index):
    with open_index(index) as opened:
        return archive.answers(opened)


def kinds(changes):
    return {kind.value: count for kind, count in changes.items() if count}


# --- history -------------------------------------------------------------------------------------


def test_history_tells_what_each_generation_changed(three):
    told = history(three)
    assert [int(one.generation) for one in told] == [1, 2, 3]
    assert [one.live for one in told] == [False, False, True]
    assert told[0].changes is None
    assert [kinds(one.changes) for one in told[1:]] == [{"added": 1}, {"changed": 1}]
    assert [one.documents for one in told] == [2, 3, 3]


def test_history_names_a_generation_that_is_damaged_and_tells_of_the_others(three, capsys):
    (three.index / "generations" / "000002" / "manifest.json").write_text("{")
    told = history(three)
    assert [one.damaged is None for one in told] == [True, False, True]
    assert main(["history", "--index", str(three.index)]) == 1
    assert "第 2 代  索引已损坏" in capsys.readouterr().out


def test_as_many_generations_are_kept_as_the_setting_says(three, docs):
    fewer = three.model_copy(update={"keep_generations": 2})
    archive.write(docs, two=TWO + "补记。\n")
    build(docs, three.index, settings=fewer)
    assert [int(one.generation) for one in history(fewer)] == [3, 4]


def test_without_an_index_there_is_no_history(settings):
    for ask in (history, diff, rollback):
        with pytest.raises(IndexMissing):
            ask(settings)
    assert not settings.index.exists()


# --- diff ----------------------------------------------------------------------------------------


def test_a_diff_counts_documents_and_passages_added_removed_and_changed(three, docs):
    archive.write(docs, four=MORE.replace("食堂", "茶馆"))
    (docs / "two.txt").unlink()
    build(docs, three.index, settings=three)
    found = diff(three, "2", "4")
    assert [(one.kind, one.source) for one in found.documents] == [
        (Kind.ADDED, "four.txt"),
        (Kind.CHANGED, "three.txt"),
        (Kind.REMOVED, "two.txt"),
    ]
    with open_index(three.index) as index:
        added = len(index.chunks_of("four.txt"))
    assert found.passages[Kind.ADDED] == added
    assert found.passages[Kind.CHANGED] == 1
    [changed] = found.documents[1].passages
    assert "第1家" in changed.before
    assert "第一百家" in changed.after


def test_a_sentence_put_in_at_the_top_changes_none_of_the_passages_behind(docs, settings):
    long = archive.report("通报", *(f"第{n}件事情已经办完。" for n in range(30)))
    archive.write(docs, long=long)
    build(docs, settings.index, settings=settings)
    archive.write(docs, long=long.replace("通报", "通报\n\n另据了解。" + "这是新加的话。" * 40, 1))
    build(docs, settings.index, settings=settings)
    [change] = diff(settings).documents
    with open_index(settings.index) as index:
        assert 0 < len(change.passages) < len(index.chunks_of("long.txt")) / 2


def test_a_renamed_document_is_no_new_one(docs, settings):
    build(docs, settings.index, settings=settings)
    (docs / "two.txt").rename(docs / "二.txt")
    build(docs, settings.index, settings=settings)
    [change] = diff(settings).documents
    assert (change.kind, change.was, change.source) == (Kind.RENAMED, "two.txt", "二.txt")
    assert not any(diff(settings).passages.values())


def test_other_rules_of_cutting_are_changes_of_passages(docs, settings):
    build(docs, settings.index, settings=settings)
    build(docs, settings.index, settings=settings.model_copy(update={"chunk_chars": 80}))
    assert {one.source for one in diff(settings).documents} == {"one.txt", "two.txt"}


def test_a_generation_differs_from_itself_in_nothing(three):
    assert diff(three, "3", "3").documents == ()


def test_a_generation_that_is_not_kept_is_named_with_those_that_are(three):
    for ask in (lambda: diff(three, "9"), lambda: rollback(three, "9")):
        with pytest.raises(GenerationMissing, match=r"1, 2, 3"):
            ask()


# --- going back ----------------------------------------------------------------------------------


def test_going_back_gives_the_answers_of_then_under_a_new_number(docs, settings):
    build(docs, settings.index, settings=settings)
    then = said(settings.index)
    archive.write(docs, one=ONE.replace("养老", "敬老"))
    build(docs, settings.index, settings=settings)
    done = rollback(settings)
    assert (done.was, done.restored, done.generation) == ("000002", "000001", "000003")
    assert said(settings.index) == then
    assert live_generation(settings.index) == "000003"
    assert leftovers(settings.index, 5) == []


def test_going_back_twice_goes_two_steps_back_and_a_number_goes_anywhere(three):
    assert rollback(three).restored == "000002"
    assert rollback(three).restored == "000001"
    with pytest.raises(NothingEarlier):
        rollback(three)
    assert rollback(three, "3").restored == "000003"
    assert history(three)[-1].restored_from == "000003"


def test_going_back_to_the_live_generation_changes_nothing(three):
    before = archive.snapshot(three.index / "generations")
    assert rollback(three, "3").generation == "000003"
    assert archive.snapshot(three.index / "generations") == before


def test_after_going_back_a_build_follows_the_documents_again(three, docs):
    now = said(three.index)
    rollback(three)
    assert build(docs, three.index, settings=three).changed == ("three.txt",)
    assert said(three.index) == now


def test_a_generation_that_went_bad_cannot_be_gone_back_to(three):
    now = said(three.index)
    part = next(path for path in (three.index / "generations" / "000001").rglob("*.sqlite"))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(IndexDamaged):
        rollback(three, "1")
    assert said(three.index) == now
    assert archive.generations(three.index) == ["000001", "000002", "000003"]


def test_a_generation_of_another_model_is_not_gone_back_to_with_this_one(docs, settings):
    from test_build import HashEncoder

    build(docs, settings.index, settings=settings, encoder=HashEncoder())
    build(docs, settings.index, settings=settings)
    with pytest.raises(ModelMismatch, match="hash"):
        rollback(settings)


def test_a_held_retriever_follows(three):
    with rag.Retriever(settings=three) as retriever:
        assert "第一百家" in retriever.retrieve("社区食堂开张的有哪些", k=9).hits[0].text + "".join(
            hit.text for hit in retriever.retrieve("社区食堂开张的有哪些", k=9).hits
        )
        rollback(three)
        later = retriever.retrieve("社区食堂开张的有哪些", k=9)
        assert later.generation == "000004"
        assert not any("第一百家" in hit.text for hit in later.hits)
        assert not any(
            hit.citation.source == "one.txt" and hit.citation.stale for hit in later.hits
        )


# --- the gate ------------------------------------------------------------------------------------

CASES = [
    Case("养老驿站哪一期开工了？", "one.txt", ("养老驿站第",)),
    Case("山路有几段通车？", "two.txt", ("山路第",)),
]


def test_a_first_index_passes_the_gate(docs, settings):
    gate = Gate(CASES, settings)
    assert build(docs, settings.index, settings=settings, approve=gate).published
    assert gate.verdict.passed
    assert gate.verdict.live is None


def test_an_index_that_answers_worse_does_not_go_live_and_the_questions_are_named(docs, settings):
    build(docs, settings.index, settings=settings)
    before = said(settings.index)
    archive.write(docs, two=MORE)
    gate = Gate(CASES, settings)
    report = build(docs, settings.index, settings=settings, approve=gate)
    assert not report.published
    assert not gate.verdict.passed
    assert [change.ours.case for change in gate.verdict.lost] == [CASES[1]]
    assert "R@1" in [fell.measure for fell in gate.verdict.fell]
    assert said(settings.index) == before
    assert archive.generations(settings.index) == ["000001"]
    assert leftovers(settings.index, 5) == []


def test_the_margin_is_a_setting(docs, settings):
    build(docs, settings.index, settings=settings)
    archive.write(docs, two=MORE)
    wide = settings.model_copy(update={"gate_margin": 0.5})
    gate = Gate(CASES, wide)
    assert build(docs, settings.index, settings=wide, approve=gate).published
    assert gate.verdict.lost  # told, though they were let go


def test_the_gate_from_the_command(docs, settings, capsys, tmp_path):
    arguments = ["build", str(docs), "--index", str(settings.index)]
    cases = tmp_path / "questions.jsonl"
    lines = [{"question": c.question, "source": c.source, "answer": list(c.answer)} for c in CASES]
    cases.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    assert main([*arguments, "--gate", str(cases)]) == 0
    archive.write(docs, two=MORE)
    capsys.readouterr()
    assert main([*arguments, "--gate", str(cases)]) == 1
    shown = capsys.readouterr().out
    assert "没有启用新索引，仍用第 1 代" in shown
    assert CASES[1].question in shown
    assert main([*arguments, "--gate", str(cases), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["generation"] == "000001"
    assert not told["published"]
    assert told["gate"]["lost"][0]["ours"]["case"]["question"] == CASES[1].question
    assert main(arguments) == 0  # without a gate it is the keeper's own decision
    assert live_generation(settings.index) == "000002"


def test_a_gate_whose_questions_are_missing_builds_nothing(docs, settings):
    assert main(["build", str(docs), "--index", str(settings.index), "--gate", "none.jsonl"]) == 2
    assert not settings.index.exists()


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_commands_tell_and_go_back(three, capsys, monkeypatch, language):
    monkeypatch.setenv("RAG_LANG", language)
    index = ["--index", str(three.index)]
    assert main(["history", *index]) == 0
    assert ("现在用的" if language == "zh" else "← live") in capsys.readouterr().out
    assert main(["diff", *index, "-v"]) == 0
    assert "第一百家" in capsys.readouterr().out
    assert main(["rollback", *index]) == 0
    assert ("已退回到第 2 代" if language == "zh" else "back to generation 2") in (
        capsys.readouterr().out
    )
    assert not verify(three.index).passages == 0


def test_the_commands_speak_json(three, capsys):
    index = ["--index", str(three.index), "--json"]
    told = {}
    for arguments in (["history"], ["diff", "1"], ["rollback", "1"]):
        assert main([*arguments, *index]) == 0
        told[arguments[0]] = json.loads(capsys.readouterr().out)
    assert [one["generation"] for one in told["history"]["generations"]] == [
        "000001", "000002", "000003",
    ]  # fmt: skip
    assert told["diff"]["documents"][0]["source"] == "three.txt"
    assert told["rollback"]["changes"]["removed"] == 1


# --- one writer ----------------------------------------------------------------------------------


def test_whoever_holds_the_lock_is_named_with_the_time(three):
    with locked(three.index):
        with pytest.raises(IndexLocked) as caught:
            rollback(three)
    assert f"进程 {os.getpid()}" in str(caught.value)
    assert caught.value.details["since"].startswith("20")


def test_the_lock_of_a_dead_process_is_taken_over(three):
    code = (
        "import sys, os, signal; from pathlib import Path; from rag.store import locked\n"
        "with locked(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, three.index], cwd=Path(__file__).parent.parent
    )
    assert killed.returncode == -9
    assert rollback(three).restored == "000002"
