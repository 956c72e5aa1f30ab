"""What people say of passages: kept whole, given out as cases that ``rag eval`` takes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag.build import build
from rag.cli import main
from rag.errors import FeedbackMissing, FeedbackNotWritable
from rag.evaluate import load_cases
from rag.feedback import MAX_REMARK, Feedback, Verdict, cases, feedback_on, keep, kept
from rag.types import Answer, Citation, Hit, Status

SEEDS = Path(__file__).parent.parent / "seeds"


def answer(
    question: str = "建了几座？", source: str = "a.txt", text: str = "建了十座。又修了路。"
) -> Answer:
    cited = Citation(
        source=source, title="题目", section=None, byline=None, date=None, page=None,
        line_start=1, line_end=1, spans=((0, len(text)),), sha256="0" * 64,
        label=f"《题目》 {source}",
    )  # fmt: skip
    hit = Hit(1, 2.0, text, ((0, 5),), f"{source}@0", cited)
    return Answer(question, question, Status.FOUND, 0.9, (hit,), "000001", 1.0)


def said(verdict: Verdict = Verdict.USEFUL, remark: str = "", **of: str) -> Feedback:
    return feedback_on(answer(**of), 0, verdict, remark=remark)


def test_a_verdict_is_kept_with_what_it_is_about(tmp_path: Path) -> None:
    given = feedback_on(
        answer(), 0, Verdict.WRONG_CITATION, history=("上一问",), remark=" 第2行才是 "
    )
    keep(tmp_path / "f.sqlite", given)
    assert kept(tmp_path / "f.sqlite") == [given]
    assert (given.remark, given.highlight, given.chunk_id) == ("第2行才是", "建了十座。", "a.txt@0")


def test_whatever_is_typed_is_kept_as_text(tmp_path: Path) -> None:
    typed = "'); drop table feedback; --<script>\x00\ud800"
    keep(tmp_path / "f.sqlite", said(remark=typed))
    keep(tmp_path / "f.sqlite", said(remark="长" * 10_000))
    first, second = kept(tmp_path / "f.sqlite")
    assert first.remark == typed.replace("\ud800", "?")
    assert len(second.remark) == MAX_REMARK


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    writers = [
        threading.Thread(target=lambda n=n: [keep(path, said(remark=f"{n}-{i}")) for i in range(5)])
        for n in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert {one.remark for one in kept(path)} == {f"{n}-{i}" for n in range(8) for i in range(5)}


def test_what_was_kept_before_a_crash_is_read_after_it(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    keep(path, said(remark="很准"))
    dying = (
        "import os, sqlite3, sys\n"
        "store = sqlite3.connect(sys.argv[1])\n"
        "store.execute('pragma cache_size = 1')\n"
        "store.execute('update feedback set remark = ?', ('x' * 1_000_000,))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", dying, str(path)], check=False).returncode != 0
    assert path.with_name("f.sqlite-journal").stat().st_size > 0
    assert [one.remark for one in kept(path)] == ["很准"]


def test_useful_passages_become_cases_that_rag_eval_takes(tmp_path: Path) -> None:
    known = [
        said(), said(source="b.txt"), said(question="修了什么？"),
        feedback_on(answer("那路呢？"), 0, Verdict.USEFUL, history=("建了几座？",)),
    ]  # fmt: skip
    lines = list(cases(known))
    (tmp_path / "cases.jsonl").write_text(
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8"
    )
    loaded = load_cases(tmp_path / "cases.jsonl")
    assert [(case.question, case.source, case.answer) for case in loaded] == [
        ("建了几座？", "a.txt", ("建了十座。",)),
        ("建了几座？", "b.txt", ("建了十座。",)),
        ("修了什么？", "a.txt", ("建了十座。",)),
        ("那路呢？", "a.txt", ("建了十座。",)),
    ]
    assert loaded[-1].history == ("建了几座？",)


def test_the_last_verdict_on_a_passage_counts() -> None:
    assert not list(cases([said(), said(Verdict.NOT_USEFUL)]))
    assert list(cases([said(Verdict.NOT_USEFUL), said()]))


def test_a_question_of_which_only_bad_was_said_makes_no_case() -> None:
    assert not list(cases([said(Verdict.NOT_USEFUL), said(Verdict.WRONG_CITATION, source="b")]))


def test_a_file_that_cannot_be_written_or_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(FeedbackNotWritable, match="RAG_FEEDBACK"):
        keep(tmp_path / "nowhere" / "f.sqlite", said())
    (tmp_path / "text.sqlite").write_text("not a database at all, but text of some length")
    with pytest.raises(FeedbackNotWritable):
        keep(tmp_path / "text.sqlite", said())
    for name in ("text.sqlite", "gone.sqlite"):
        with pytest.raises(FeedbackMissing):
            kept(tmp_path / name)


def test_the_command_exports_what_rag_eval_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_FEEDBACK", str(tmp_path / "f.sqlite"))
    monkeypatch.setenv("RAG_INDEX", str(tmp_path / "index"))
    build(SEEDS, tmp_path / "index")
    from rag.retrieve import Retriever

    with Retriever(tmp_path / "index") as retriever:
        found = retriever.retrieve("花园口镇已累计投资多少万元修复乡村道路？")
    keep(tmp_path / "f.sqlite", feedback_on(found, 0, Verdict.USEFUL, remark="就是它"))
    assert main(["feedback"]) == 0
    listed = capsys.readouterr().out
    assert "就是它" in listed
    assert "有用" in listed
    assert main(["feedback", "export"]) == 0
    (tmp_path / "cases.jsonl").write_text(capsys.readouterr().out, "utf-8")
    assert main(["eval", str(tmp_path / "cases.jsonl"), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["all"]["recall"]["1"] == 1.0
    assert main(["feedback", "forget"]) == 2
