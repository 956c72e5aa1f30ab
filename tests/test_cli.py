"""The command: what it prints where, in which language, and how it exits."""

import json
import os
import pty
import re
import shutil
import signal
import socket
import string
import subprocess
import sys
import time
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag
from rag.cli import main
from rag.terminal.layout import cells, paragraph, wrap
from rag.terminal.texts import EN, ZH

SEEDS = Path(__file__).parent.parent / "seeds"
COMMANDS = [
    "build",
    "search",
    "chat",
    "watch",
    "status",
    "history",
    "diff",
    "rollback",
    "verify",
    "eval",
    "calibrate",
    "doctor",
]
QUESTION = "中原区发放了多少份调查问卷？"
RAG = [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    index = tmp_path_factory.mktemp("built") / "index"
    rag.build(SEEDS, index)
    return index


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    """No setting of whoever runs the tests, and no rag.toml, reaches a test."""
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_DOCS", str(SEEDS))
    monkeypatch.setenv("RAG_PORT", "0")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def docs(tmp_path):
    """A folder of documents of one's own, as RAG_DOCS."""
    folder = tmp_path / "文档"
    shutil.copytree(SEEDS, folder)
    return folder


# --- help and wrong usage ---


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_chinese_to_the_last_word(command, capsys):
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法：rag")
    for english in ("Usage", "Options", "Commands", "Show this", "OPTIONS", "COMMAND"):
        assert english not in shown


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_english_by_setting(command, capsys, monkeypatch):
    monkeypatch.setenv("RAG_LANG", "en")
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: rag")
    assert not re.search("[一-鿿]", shown)


def test_the_language_can_come_from_rag_toml(capsys):
    Path("rag.toml").write_text('lang = "en"\n', "utf-8")
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("Usage: rag")


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["serch"], "没有命令 serch", "no command serch"),
        (["search"], "缺少问题", "QUESTION is missing"),
        (["search", "a", "b"], "多出了 b", "b is one argument too many"),
        (
            ["search", "a", "--jsn"],
            "没有选项 --jsn，是不是 --json",
            "no option --jsn, perhaps --json",
        ),
        (["search", "a", "-k"], "选项 -k 需要一个值", "option -k needs a value"),
        (["search", "a", "--json=1"], "选项 --json 不带值", "option --json takes no value"),
        (["search", "a", "-k", "many"], "须是整数", "must be a whole number"),
        (["search", "a", "-k", "0"], "不得小于 1", "must be at least 1"),
        (["search", "a", "--mode", "x"], "须是 hybrid dense sparse 之一", "must be one of hybrid"),
        (["search", "\udcb5\udcd8"], "问题不是合法的文字", "QUESTION is not valid text"),
        (["chat", "--port", "99999"], "不得大于 65535", "must be at most 65535"),
        (["build", "none"], "没有这个文档目录", "no such folder of documents"),
        (["search", "a", "--index", "none"], "这里还没有索引", "there is no index here yet"),
        (["eval", "none.jsonl"], "没有这个问题文件", "no such file of questions"),
    ],
)
def test_what_cannot_run_says_so_in_one_line_on_stderr(arguments, zh, en, capsys, monkeypatch):
    for language, expected in (("zh", zh), ("en", en)):
        monkeypatch.setenv("RAG_LANG", language)
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert expected in captured.err


@pytest.mark.parametrize("field", [field.name for field in fields(ZH)])
def test_both_languages_say_the_same_things(field):
    def slots(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    zh, en = getattr(ZH, field), getattr(EN, field)
    if isinstance(zh, dict):
        assert zh.keys() == en.keys()
    elif field != "eval_more":  # its braces are JSON
        assert slots(zh) == slots(en)


# --- build, status, verify ---


def test_build_brings_the_index_up_to_date_and_then_has_nothing_to_do(capsys, tmp_path):
    arguments = ["build", str(SEEDS), "--index", str(tmp_path / "index")]
    assert main(arguments) == 0
    assert "新增 5" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "文档没有变化" in capsys.readouterr().out


def test_a_file_that_fails_is_named_on_stderr_and_the_rest_is_done(capsys, docs, tmp_path):
    (docs / "空.txt").write_bytes(b"")
    assert main(["build", str(docs), "--index", str(tmp_path / "index"), "--json"]) == 1
    captured = capsys.readouterr()
    assert "空.txt" in captured.err
    report = json.loads(captured.out)
    assert report["documents"] == 5
    assert [failure["source"] for failure in report["failed"]] == ["空.txt"]


def test_status_tells_how_far_the_index_is_behind_the_documents(capsys, docs, built):
    arguments = ["status", "--docs", str(docs), "--index", str(built)]
    assert main(arguments) == 0
    assert "与文档目录一致" in capsys.readouterr().out
    names = sorted(path.name for path in docs.iterdir())
    (docs / names[0]).unlink()
    (docs / names[1]).write_text("改过了。", "utf-8")
    (docs / "新.txt").write_text("新的一篇。", "utf-8")
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["behind"] == {
        "added": ["新.txt"],
        "changed": [names[1]],
        "deleted": [names[0]],
        "failed": [],
    }


def test_status_without_documents_still_tells_of_the_index_and_exits_with_1(capsys, built):
    assert main(["status", "--docs", "none", "--index", str(built)]) == 1
    captured = capsys.readouterr()
    assert "5 份文件" in captured.out
    assert "没有这个文档目录" in captured.err


def test_verify_holds_and_exits_with_1_once_a_file_has_changed(capsys, docs, built):
    arguments = ["verify", "--docs", str(docs), "--index", str(built)]
    assert main(arguments) == 0
    assert "都与原文一致" in capsys.readouterr().out
    changed = next(docs.iterdir())
    changed.write_text("改过了。", "utf-8")
    assert main([*arguments, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [problem["source"] for problem in report["problems"]] == [changed.name]


# --- search ---


def test_search_shows_the_status_first_then_each_passage_under_its_label(capsys, built):
    assert main(["search", QUESTION, "-k", "2", "--index", str(built)]) == 0
    lines = capsys.readouterr().out.splitlines()
    with rag.Retriever(built) as retriever:
        answer = retriever.retrieve(QUESTION, 2)
    assert re.search(r"（把握 \d+%）$", lines[0])
    for hit in answer.hits:
        at = lines.index(f"{hit.rank}. {hit.citation.label}")
        shown = "".join(line.strip() for line in lines[at + 1 : at + 1 + hit.text.count("\n") + 1])
        assert shown == "".join(line.strip() for line in hit.text.split("\n"))


def test_search_prints_the_answer_as_one_json_object(capsys, built):
    assert main(["search", QUESTION, "--json", "--index", str(built)]) == 0
    printed = json.loads(capsys.readouterr().out)
    with rag.Retriever(built) as retriever:
        expected = json.loads(json.dumps(asdict(retriever.retrieve(QUESTION))))
    del printed["took_ms"], expected["took_ms"]
    assert printed == expected


def test_a_search_that_finds_nothing_is_done_all_the_same(capsys, built):
    assert main(["search", "  ", "--index", str(built)]) == 0
    assert capsys.readouterr().out.startswith("没有找到")


def test_sources_narrow_the_search(capsys, built):
    assert main(["search", QUESTION, "--source", "003*", "--json", "--index", str(built)]) == 0
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert {hit["citation"]["source"][:3] for hit in hits} == {"003"}


def test_json_is_utf8_whatever_the_locale(built):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*RAG, "search", QUESTION, "--json", "--index", built],
        capture_output=True,
        env=environment,
        check=True,
    )
    assert json.loads(done.stdout.decode("utf-8"))["hits"]
    assert "中原区".encode() in done.stdout


def test_a_terminal_shows_the_highlight_bold_and_a_pipe_gets_plain_text(built, capsys):
    arguments = ["search", QUESTION, "--index", str(built)]
    assert b"\x1b[1m" in on_a_terminal([*RAG, *arguments])
    assert main(arguments) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_in_a_pipe_there_is_no_progress(tmp_path, capsys):
    assert main(["build", str(SEEDS), "--index", str(tmp_path / "2")]) == 0
    assert capsys.readouterr().err == ""


def test_a_reader_that_has_enough_is_left_in_peace(built):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*RAG, "search", QUESTION, "--index", built], stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_ctrl_c_leaves_the_index_as_it_was(tmp_path, built):
    index, docs = tmp_path / "index", tmp_path / "many"
    shutil.copytree(built, index)
    docs.mkdir()
    text = "".join(path.read_text("utf-8") for path in SEEDS.iterdir())
    for number in range(150):
        (docs / f"{number}.txt").write_text(f"{number}{text}", "utf-8")
    building = subprocess.Popen(
        [*RAG, "build", docs, "--index", index],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell's background job ignores Ctrl-C, and so would what it starts
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while building.poll() is None and not list(index.glob("generations/.building-*")):
        time.sleep(0.01)
    building.send_signal(signal.SIGINT)
    out, err = building.communicate()
    assert building.returncode == 130
    assert (out, err.decode("utf-8")) == (b"", "已中断，索引没有改动\n")
    assert (index / "CURRENT").read_bytes() == (built / "CURRENT").read_bytes()


# --- eval ---


def test_eval_prints_a_row_a_file_and_one_for_all(capsys, built, tmp_path):
    known, unknown = tmp_path / "known.jsonl", tmp_path / "unknown.jsonl"
    case = {"question": QUESTION, "source": None, "answer": []}
    unknown.write_text(json.dumps(case), "utf-8")
    case |= {"source": "000_b06a8bf1b5f7d2e8.txt", "answer": ["3.6万份"]}
    known.write_text(json.dumps(case), "utf-8")
    assert main(["eval", str(known), str(unknown), "-v", "--index", str(built)]) == 0
    head, first, second, together, *shortfalls = capsys.readouterr().out.splitlines()
    assert head.split()[1:7] == ["n", "R@1", "R@3", "R@5", "R@10", "MRR@10"]
    assert first.split()[1:4] == ["1", "1.000", "1.000"]
    assert second.split()[1:4] == ["1", "–", "–"]
    assert together.split()[:3] == ["合计", "2", "1.000"]
    assert all(line.startswith(QUESTION) for line in shortfalls)
    assert main(["eval", str(known), "--json", "--index", str(built)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["all"]["recall"]["1"] == 1.0
    assert printed["files"][str(known)]["outcomes"][0]["rank"] == 1


# --- doctor ---


def levels(capsys):
    checks = json.loads(capsys.readouterr().out)["checks"]
    return {check["name"]: check["level"] for check in checks}


def test_doctor_finds_nothing_wrong_where_nothing_is(capsys, built):
    assert main(["doctor", "--index", str(built), "--json"]) == 0
    assert set(levels(capsys).values()) == {"ok"}


def test_doctor_finds_a_damaged_part_and_names_the_next_step(capsys, built, tmp_path):
    index = tmp_path / "index"
    shutil.copytree(built, index)
    [part] = index.rglob("tokens.npy")
    data = bytearray(part.read_bytes())
    data[-1] ^= 1
    part.write_bytes(data)
    assert main(["doctor", "--index", str(index)]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("坏")]
    assert "tokens.npy" in line
    assert "rag build" in line


def test_doctor_names_a_missing_folder_of_documents(capsys, built):
    assert main(["doctor", "--docs", "none", "--index", str(built), "--json"]) == 1
    assert levels(capsys)["documents"] == "bad"


def test_doctor_names_a_port_that_is_taken(capsys, built, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("RAG_PORT", str(taken.getsockname()[1]))
        assert main(["doctor", "--index", str(built), "--json"]) == 0
    assert levels(capsys)["port"] == "warn"


def test_doctor_names_what_a_dead_build_left(capsys, built, tmp_path):
    index = tmp_path / "index"
    shutil.copytree(built, index)
    (index / "generations" / ".building-000002").mkdir()
    assert main(["doctor", "--index", str(index), "--json"]) == 0
    assert levels(capsys)["leftovers"] == "warn"


def test_doctor_writes_nothing(built, tmp_path):
    index = tmp_path / "index"
    assert main(["doctor", "--index", str(index)]) == 0  # no index yet is no defect
    assert not index.exists()


def test_doctor_and_help_speak_though_the_settings_are_broken(capsys, monkeypatch):
    monkeypatch.setenv("RAG_K", "many")
    assert main(["doctor", "--json"]) == 1
    assert levels(capsys)["settings"] == "bad"
    assert main(["--help"]) == 0


# --- lines on a terminal ---

TEXT = st.text(alphabet=st.sampled_from("中文，。 ab1\n（）"), max_size=80)


@given(TEXT, st.integers(2, 30))
def test_wrapping_loses_nothing_but_line_breaks(text, width):
    lines = [text[start:end] for start, end in wrap(text, width)]
    assert "".join(lines) == text.replace("\n", "")


@given(st.text(alphabet="中文字句", max_size=80), st.integers(2, 30))
def test_lines_of_wide_characters_keep_within_the_width(text, width):
    assert all(cells(text[start:end]) <= width for start, end in wrap(text, width))


def test_no_line_begins_with_a_mark_that_may_not():
    text = "一二三四，五六七八。"
    assert [text[start:end] for start, end in wrap(text, 8)] == ["一二三四，", "五六七八。"]


def test_a_latin_word_or_a_number_is_not_cut_in_two():
    text = "编号为PPR-9087的文件"
    assert [text[start:end] for start, end in wrap(text, 10)] == ["编号为", "PPR-9087的", "文件"]


def test_the_highlight_stays_bold_across_lines():
    shown = paragraph("甲乙丙丁戊己", [(1, 5)], 10, indent="   ")
    assert shown == "   甲\x1b[1m乙丙\x1b[0m\n   \x1b[1m丁戊\x1b[0m己"


def test_a_document_cannot_steer_the_terminal():
    assert paragraph("甲\x1b[2J乙", [], None, indent="") == "甲\\x1b[2J乙"


def on_a_terminal(arguments):
    """What a terminal shows of a command that succeeds."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(arguments, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(ours)
    assert running.wait() == 0
    return shown


def test_a_file_that_no_build_can_read_is_not_waiting_for_one(tmp_path):
    from rag.build import build
    from rag.settings import load_settings
    from rag.status import behind, status

    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "good.txt").write_text("临河镇今年新建养老驿站六个。\n", "utf-8")
    (docs / "zeros.txt").write_bytes(bytes(100))
    settings = load_settings(docs=docs, index=tmp_path / "index")
    build(settings=settings)
    waiting = behind(settings, status(settings).documents)
    assert (waiting.added, waiting.changed, waiting.deleted) == ((), (), ())
    assert [failure.source for failure in waiting.failed] == ["zeros.txt"]
