"""Every file below the folder is a document, or is reported, or is a leftover; none twice."""

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.errors import (
    DocsEmpty,
    DocsMissing,
    FileChanging,
    FileEmpty,
    FileInaccessible,
    FileTooLarge,
    UnsupportedFormat,
)
from rag.read import Found, digest, load, parse, scan
from rag.settings import Settings
from rag.types import Language

SETTINGS = Settings(docs="unused", index="unused")


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def open_docs():
    """A folder that every user of the machine may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def without_rights():
    """As a user who may not do everything, even where the tests run as one who may."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def write(path: Path, text: str = "今年新建养老驿站十二个。") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sources(docs: Path) -> list[str]:
    return [each.source for each in scan(docs, SETTINGS)[0]]


def failures(docs: Path) -> dict[str, str]:
    return {each.source: each.code for each in scan(docs, SETTINGS)[1]}


def test_documents_are_found_in_all_folders_sorted_by_source(docs):
    for name in ("b.txt", "a/z.md", "a.txt", "年报/二〇二三/一.TXT"):
        write(docs / name)

    assert sources(docs) == sorted(["b.txt", "a/z.md", "a.txt", "年报/二〇二三/一.TXT"])


def test_a_missing_folder_and_a_file_in_its_place_are_told(tmp_path):
    for path in (tmp_path / "none", write(tmp_path / "file.txt")):
        with pytest.raises(DocsMissing):
            scan(path, SETTINGS)


def test_an_empty_folder_is_told(docs):
    (docs / "nothing" / "below").mkdir(parents=True)

    with pytest.raises(DocsEmpty):
        scan(docs, SETTINGS)


def test_hidden_files_and_leftovers_of_editors_are_no_documents(docs):
    write(docs / "report.txt")
    for name in (".hidden.txt", ".git/a.txt", "report.txt~", "~$report.md", "#report.txt#",
                 ".report.txt.swp", "report.txt.bak", "Thumbs.db", "upload.tmp"):  # fmt: skip
        write(docs / name)

    assert sources(docs) == ["report.txt"]
    assert failures(docs) == {}


def test_a_file_of_an_unknown_kind_is_reported_and_not_skipped(docs):
    write(docs / "scan.xyz")
    write(docs / "NOTES")

    assert sources(docs) == []
    assert failures(docs) == {"scan.xyz": "UnsupportedFormat", "NOTES": "UnsupportedFormat"}


def test_a_failure_speaks_the_language_of_the_settings(docs):
    write(docs / "scan.xyz")

    _, (failure,) = scan(docs, Settings(docs=docs, lang=Language.EN))

    assert ".xyz" in failure.what
    assert "save it as .txt" in failure.next_step


@pytest.mark.parametrize(
    "name", ["有 空格.txt", "引'号\"“”.txt", "表情😀.txt", "换\n行.txt", "a;b&c|d*.txt", "%00.txt"]
)
def test_any_name_that_is_text_works(docs, name):
    write(docs / name)

    found, _ = scan(docs, SETTINGS)

    assert [each.source for each in found] == [name]
    assert parse(load(found[0], 100)).source == name


def test_a_name_that_is_not_utf8_is_reported_and_the_rest_is_found(docs):
    write(docs / "a.txt")
    with open(os.fsencode(docs) + b"/\xff\xfe.txt", "wb") as file:  # noqa: PTH123
        file.write(b"text")

    found, (failure,) = scan(docs, SETTINGS)

    assert [each.source for each in found] == ["a.txt"]
    assert failure.code == "FileNameNotText"
    failure.source.encode("utf-8")


def test_a_loop_of_links_ends(docs):
    write(docs / "a" / "one.txt")
    (docs / "a" / "up").symlink_to(docs, target_is_directory=True)
    (docs / "above").symlink_to(docs.parent, target_is_directory=True)
    (docs / "self").symlink_to(docs / "self")

    assert sources(docs) == ["a/one.txt"]
    assert failures(docs) == {
        "a/up": "LinkRepeats",
        "above": "LinkRepeats",
        "self": "FileInaccessible",
    }


def test_a_link_within_the_folder_makes_no_second_document(docs):
    write(docs / "a" / "one.txt")
    (docs / "b").symlink_to(docs / "a", target_is_directory=True)
    (docs / "two.txt").symlink_to(docs / "a" / "one.txt")

    assert sources(docs) == ["a/one.txt"]


def test_a_link_out_of_the_folder_is_followed_once(docs, tmp_path):
    write(tmp_path / "elsewhere" / "one.txt")
    (docs / "first").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (docs / "second").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert sources(docs) == ["first/one.txt"]
    assert failures(docs) == {"second": "LinkRepeats"}


def test_a_link_to_what_is_hidden_within_the_folder_is_followed(docs):
    write(docs / ".versions" / "3.txt")
    (docs / "report.txt").symlink_to(docs / ".versions" / "3.txt")

    assert sources(docs) == ["report.txt"]


def test_a_link_to_nothing_is_reported(docs):
    (docs / "gone.txt").symlink_to(docs / "nowhere.txt")

    assert failures(docs) == {"gone.txt": "FileInaccessible"}


def test_what_is_no_regular_file_is_reported_and_never_opened(docs, monkeypatch):
    monkeypatch.chdir(docs)  # a socket's path may not be long
    os.mkfifo("pipe.txt")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.txt")

        assert failures(docs) == {
            "pipe.txt": "UnsupportedFormat",
            "socket.txt": "UnsupportedFormat",
        }


def test_a_pipe_in_the_place_of_a_found_file_does_not_block(docs):
    os.mkfifo(docs / "a.txt")

    with pytest.raises(FileInaccessible):
        load(Found("a.txt", docs / "a.txt"), 100)


def test_a_folder_without_read_permission_is_reported_under_its_name(open_docs):
    write(open_docs / "open" / "a.txt")
    write(open_docs / "shut" / "b.txt")
    (open_docs / "shut").chmod(0)
    try:
        with without_rights():
            found, (failure,) = scan(open_docs, SETTINGS)
    finally:
        (open_docs / "shut").chmod(0o700)

    assert [each.source for each in found] == ["open/a.txt"]
    assert (failure.source, failure.code) == ("shut", "FileInaccessible")


def test_a_file_without_read_permission_is_inaccessible(open_docs):
    path = write(open_docs / "a.txt")
    path.chmod(0)

    with without_rights():
        with pytest.raises(FileInaccessible):
            load(Found("a.txt", path), 100)
        with pytest.raises(FileInaccessible):
            digest(Found("a.txt", path))


def test_a_file_that_is_gone_is_inaccessible(docs):
    with pytest.raises(FileInaccessible):
        load(Found("a.txt", docs / "a.txt"), 100)


def test_the_bytes_come_with_their_sha256(docs):
    path = write(docs / "a.txt")

    loaded = load(Found("a.txt", path), 100)

    assert loaded.data == path.read_bytes()
    assert (
        loaded.sha256
        == hashlib.sha256(path.read_bytes()).hexdigest()
        == digest(Found("a.txt", path))
    )


def test_an_empty_file_is_told(docs):
    with pytest.raises(FileEmpty):
        load(Found("a.txt", write(docs / "a.txt", "")), 100)


def test_a_file_over_the_limit_is_refused_by_size_alone(docs):
    path = docs / "huge.txt"
    with path.open("wb") as file:
        file.truncate(10**12)  # a hole: reading it would not end well

    with pytest.raises(FileTooLarge) as caught:
        load(Found("huge.txt", path), 100)

    assert "1000000.0" in str(caught.value)


def test_a_file_that_is_written_to_while_it_is_read_is_told(docs):
    path = docs / "a.txt"
    path.write_bytes(b"x" * 30_000_000)
    writing, done = threading.Event(), threading.Event()

    def write_on() -> None:
        with path.open("ab", buffering=0) as file:
            while not done.is_set():
                file.write(b"y")
                writing.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        assert writing.wait(30)
        with pytest.raises(FileChanging):
            load(Found("a.txt", path), 100)
    finally:
        done.set()
        writer.join()


def test_parsing_refuses_a_format_without_a_reader(docs):
    with pytest.raises(UnsupportedFormat):
        parse(load(Found("a.xyz", write(docs / "a.xyz")), 100))


def test_reading_loads_no_heavy_library():
    code = "import sys, rag.read, rag.split; print('torch' in sys.modules, 'faiss' in sys.modules)"

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == ["False", "False"]
