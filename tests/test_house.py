"""The house: data flows one way, heavy libraries stay in their place, importing does no work."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "rag"

FREE = {"types", "errors", "settings"}
"""What anyone may import."""
ORDER = [
    "read",
    "split",
    "intake",
    "encode",
    "store",
    "proving",
    "build",
    "history",
    "watch",
    "retrieve",
    "status",
    "verify",
    "saved",
    "evaluate",
    "feedback",
    "doctor",
    "terminal",
    "web",
    "cli",
    "__init__",
]
"""From left to right: a module imports only from its own room and rooms on its left."""
PLACES = {
    "torch": set(),
    "sentence_transformers": {"encode/foreign.py", "encode/reranker.py"},
    "transformers": {"encode/foreign.py"},
    "faiss": {"store/dense.py"},
    "tantivy": {"store/fulltext.py"},
    "gradio": {"web"},
    "pymilvus": {"store/milvus.py"},
    "pypdfium2": {"read/pdf.py", "read/picture.py"},
    "lxml": {"read"},
    "docx": {"read/word.py"},
    "openpyxl": {"read/sheets.py"},
    "trafilatura": {"read/html.py"},
    "rapidocr": {"read/recognition.py"},
    "ir_measures": {"evaluate/measures.py"},
}
"""Where each heavy library may be imported: modules or whole folders."""
MODULES = sorted(HOUSE.rglob("*.py"))


def room(path):
    """The room of a module: its folder, or its own name."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(path):
    """Full names of what a module imports, wherever in it, as (module, name) pairs."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides what is imported"
            yield from ((node.module, alias.name) for alias in node.names)


def rooms_imported(path):
    """The rooms that a module imports from."""
    for module, name in imported(path):
        parts = module.split(".")
        if parts[0] == "rag":
            yield parts[1] if len(parts) > 1 else name


def named(path):
    return path.relative_to(HOUSE).as_posix()


def test_every_module_stands_in_a_known_room():
    assert {room(path) for path in MODULES} <= FREE | set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_data_flows_one_way(path):
    here = room(path)
    if here in FREE:
        allowed = FREE
    else:
        allowed = FREE | set(ORDER[: ORDER.index(here) + 1])
    assert set(rooms_imported(path)) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_folder_is_entered_by_its_front_door(path):
    for module, _ in imported(path):
        parts = module.split(".")
        if parts[0] == "rag" and len(parts) > 2 and parts[1] not in {room(path), "terminal"}:
            pytest.fail(f"{module} is inside another folder")


@pytest.mark.parametrize("library", PLACES)
def test_a_heavy_library_stays_in_its_place(library):
    users = {
        named(path)
        for path in MODULES
        for module, _ in imported(path)
        if module.split(".")[0] == library
    }
    strays = {user for user in users if not {user, user.split("/")[0]} & PLACES[library]}
    assert not strays


def test_importing_the_house_loads_nothing_heavy():
    code = "import sys, rag, rag.cli, rag.web; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout.split()
    heavy = {*PLACES, "jieba", "rjieba", "tokenizers", "safetensors", "opencc", "uvicorn"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    "first", ["rag", "rag.build", "rag.retrieve", "rag.retrieve.retriever", "rag.cli"]
)
def test_build_and_retrieve_are_functions_whatever_is_imported_first(first):
    code = (
        f"import importlib, rag; importlib.import_module({first!r}); import rag.build\n"
        "from rag.retrieve import Retriever\n"
        "import sys; sys.exit(not (callable(rag.build) and callable(rag.retrieve)))"
    )
    if first != "rag":
        code = f"import {first}\n{code}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("path", sorted(HOUSE.glob("*/__init__.py")), ids=named)
def test_a_folder_says_what_flows_in_and_out(path):
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert re.search(r"\bin\b", said)
    assert re.search(r"\bout\b", said, re.IGNORECASE)


def test_everything_public_is_there():
    code = "import rag; print(all(hasattr(rag, name) for name in rag.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
