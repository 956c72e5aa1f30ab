"""What the documents tell people to do works."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from rag.cli import command_line, main
from rag.settings import DEFAULT_DOCS, Settings
from rag.terminal.texts import ZH

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [
    *READMES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "changes" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
RAG = command_line(ZH)


def blocks(document, language):
    """The code blocks of a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text("utf-8"), re.M | re.S)


def commands(document, program):
    """Every call of ``program`` in the document's blocks, as arguments."""
    calls = []
    for line in "".join(blocks(document, "sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name == program:
            calls.append(words[1:])
    return calls


def named(path):
    return path.name if path.parent == ROOT else f"{path.parent.name}/{path.name}"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What a reader of the documents has before them."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copytree(ROOT / "tests" / "golden", tmp_path / "tests" / "golden")
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RAG_{name.upper()}", raising=False)
    return tmp_path


def test_the_commands_run_in_their_order(clone):
    called = [tuple(arguments) for readme in READMES for arguments in commands(readme, "rag")]
    for arguments in dict.fromkeys(called):  # what both say runs once
        if arguments[0] == "chat":  # listens until it is stopped; its own tests open it
            RAG.commands["chat"].make_context("chat", list(arguments[1:]))
        else:
            assert main(list(arguments)) == 0, arguments


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_script_runs(readme, clone):
    [script] = blocks(readme, "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "《" in done.stdout


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_targets_of_make_are_there(readme):
    for arguments in commands(readme, "make"):
        planned = subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True)
        assert planned.returncode == 0, planned.stderr


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_way_without_make_is_the_way_of_make(readme):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [pin] = [
        line
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert pin.startswith("torch==")
    assert "-c constraints.txt" in makefile
    installs = [words for words in commands(readme, "pip") if words[0] == "install"]
    assert installs[0] == ["install", "-c", "constraints.txt", "torch"]
    assert installs[1] == ["install", "-c", "constraints.txt", "."]


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_table_of_settings_is_complete(readme):
    rows = re.findall(
        r"^\| `RAG_(\w+)` \| `(\w+)` \| `([^`]*)` \|", readme.read_text("utf-8"), re.M
    )
    fields = Settings.model_fields
    assert all(field.default is not PydanticUndefined for field in fields.values())
    assert rows == [(name.upper(), name, shown(name, field)) for name, field in fields.items()]


def shown(name, field):
    """A default as the table shows it; one of docs, as the index may name others."""
    default = DEFAULT_DOCS if name == "docs" else field.default
    return "unset" if default is None else f"{default}" or " "


def test_the_table_of_commands_is_complete():
    rows = re.findall(r"^\| `rag (\w+)", READMES[0].read_text("utf-8"), re.M)
    assert rows == list(RAG.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8"))
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


def test_the_tests_named_as_examples_are_there():
    for words in commands(ROOT / "CONTRIBUTING.md", "python"):
        [*_, last] = words
        tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
        assert (ROOT / last).exists() or last in tests
