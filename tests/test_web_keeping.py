"""Documents by way of the page: what comes in, what goes, what is refused, and the build."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from serving import serving
from starlette.requests import ClientDisconnect

from rag.build import build
from rag.errors import (
    DocsMissing,
    DocumentElsewhere,
    DocumentInArchive,
    DocumentUnknown,
    FileEmpty,
    FileTooLarge,
    NameRefused,
    NotText,
    UnsupportedFormat,
    WenjuError,
)
from rag.retrieve import Retriever
from rag.settings import Settings, load_settings
from rag.types import Language
from rag.web.keeping import Change, Keeper, Waiting, checked_name, keeper_of
from rag.web.rebuilding import Building, Rebuilding

ROOT = Path(__file__).parent.parent
REPORT = (
    "柳林口村的石榴\n\n本报讯 柳林口村今年采摘石榴两万斤，比去年多了三成。石榴由合作社统一收购。\n"
)
PATHS = [
    "../out.txt", "..", ".", "/etc/cron.d/x.txt", "a/b.txt", "a\\b.txt", "..\\out.txt", "C:x.txt",
    "C:\\x.txt", "~/x.txt/", "a/../../b.txt",
]  # fmt: skip
NAMES = [
    "", " ", "a\0.txt", "a\nb.txt", "a\u202etxt.exe.txt", "\ud800.txt", "CON.txt", "nul.md",
    "com1.txt", "LPT9.txt", "aux", "a?.txt", "a:b.txt", "<a>.txt", "a.txt ", " a.txt", "a.txt.",
    ".hidden.txt", "~$a.txt", "a.txt~", "a.tmp", "长" * 84 + ".txt", "a" * 252 + ".txt",
    "Thumbs.db",
]  # fmt: skip


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "报告"
    folder.mkdir()
    (folder / "旧.txt").write_text(REPORT, "utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path, docs: Path) -> Settings:
    return load_settings(docs=docs, index=tmp_path / "index", admin=True, max_file_mb=0.01)


@pytest.fixture
def keeper(settings: Settings) -> Keeper:
    return Keeper(settings)


def take(keeper: Keeper, name: str, data: bytes, pieces: int = 3) -> Waiting:
    async def stream() -> AsyncIterator[bytes]:
        size = max(1, -(-len(data) // pieces))
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return asyncio.run(keeper.take(name, stream(), len(data)))


def held(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


# --- coming in ------------------------------------------------------------------------------------


def test_a_document_comes_in_byte_for_byte(keeper: Keeper, docs: Path) -> None:
    data = REPORT.encode("gb18030")
    assert take(keeper, "新报告（2024）.txt", data) == Waiting("新报告（2024）.txt", Change.ADDED)
    assert held(docs) == {"旧.txt": REPORT.encode(), "新报告（2024）.txt": data}


def test_a_document_of_the_same_name_is_replaced_at_once(keeper: Keeper, docs: Path) -> None:
    assert take(keeper, "旧.txt", b"new text") == Waiting("旧.txt", Change.REPLACED)
    assert held(docs) == {"旧.txt": b"new text"}


@pytest.mark.parametrize("name", PATHS + NAMES)
def test_a_name_that_is_a_path_or_no_name_is_refused_and_nothing_is_written(
    keeper: Keeper, docs: Path, name: str
) -> None:
    before = held(docs.parent)
    with pytest.raises(NameRefused):
        take(keeper, name, REPORT.encode())
    assert held(docs.parent) == before


def test_the_longest_name_that_systems_take_is_taken(keeper: Keeper, docs: Path) -> None:
    name = "长" * 83 + "ab.txt"
    assert len(name.encode()) == 255
    take(keeper, name, REPORT.encode())
    assert name in held(docs)


def test_a_name_comes_in_composed(keeper: Keeper, docs: Path) -> None:
    assert take(keeper, "Re\u0301sume\u0301.txt", REPORT.encode()).source == "Résumé.txt"


def test_names_that_other_systems_hold_for_one_are_not_both_taken(
    keeper: Keeper, docs: Path
) -> None:
    take(keeper, "Report.txt", REPORT.encode())
    with pytest.raises(NameRefused, match=r"Report\.txt"):
        take(keeper, "REPORT.TXT", REPORT.encode())


def test_a_link_in_the_folder_is_never_written_through(keeper: Keeper, docs: Path) -> None:
    outside = docs.parent / "outside.txt"
    outside.write_text("不许动", "utf-8")
    (docs / "link.txt").symlink_to(outside)
    (docs / "folder.txt").mkdir()
    for name in ("link.txt", "folder.txt"):
        with pytest.raises(NameRefused):
            take(keeper, name, REPORT.encode())
    assert outside.read_text("utf-8") == "不许动"
    assert (docs / "link.txt").is_symlink()


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [("大.txt", b"x" * 10_001, FileTooLarge), ("空.txt", b"", FileEmpty),
     ("空白.txt", b" \n ", FileEmpty), ("图.txt", b"\x7fELF" + b"\0" * 99, NotText),
     ("程序.exe", REPORT.encode(), UnsupportedFormat), ("无后缀", b"text", UnsupportedFormat)],
)  # fmt: skip
def test_what_no_build_could_read_is_refused_with_its_sentence_and_leaves_nothing(
    keeper: Keeper, docs: Path, name: str, data: bytes, error: type[WenjuError]
) -> None:
    before = held(docs)
    with pytest.raises(error) as refusal:
        take(keeper, name, data)
    assert refusal.value.what(Language.ZH)
    assert refusal.value.next_step(Language.EN)
    assert held(docs) == before
    assert not keeper.waiting


def bare_pages(count: int) -> bytes:
    """A PDF of so many pages with nothing on them."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>",
    ]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"] * count
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += f"trailer << /Root 1 0 R /Size {len(objects) + 1} >>\n".encode()
    return bytes(made + f"startxref\n{table}\n%%EOF".encode())


def zip_bomb() -> bytes:
    """A DOCX of 200 MB in 200 KB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w") as part:
            for _ in range(200):
                part.write(b" " * 1_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "bounds"),
    [("万页.pdf", bare_pages(10_000), {}),
     ("卡住.pdf", bare_pages(1000), {"max_file_seconds": 0.01}),
     ("炸弹.docx", zip_bomb(), {}), ("炸弹.zip", zip_bomb(), {})],
    ids=["ten thousand pages", "a parser that hangs", "a bomb in a DOCX", "a bomb in a ZIP"],
)  # fmt: skip
def test_what_would_take_the_server_down_is_refused_with_a_sentence(
    settings: Settings, docs: Path, name: str, data: bytes, bounds: dict[str, float]
) -> None:
    before = held(docs)
    keeper = Keeper(settings.model_copy(update={"max_file_mb": 100} | bounds))
    with pytest.raises(WenjuError) as refusal:
        take(keeper, name, data)
    assert refusal.value.what(Language.ZH)
    assert refusal.value.next_step(Language.EN)
    assert held(docs) == before


def test_a_size_that_was_not_announced_is_counted(keeper: Keeper, docs: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 4096

    with pytest.raises(FileTooLarge):
        asyncio.run(keeper.take("a.txt", endless(), None))
    assert list(held(docs)) == ["旧.txt"]


def test_an_upload_that_breaks_off_leaves_nothing(keeper: Keeper, docs: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ClientDisconnect

    with pytest.raises(ClientDisconnect):
        asyncio.run(keeper.take("a.txt", broken(), 8))
    assert list(held(docs)) == ["旧.txt"]


def test_what_an_upload_of_a_dead_server_left_is_removed(settings: Settings, docs: Path) -> None:
    left, young = docs / ".wenju-00.part", docs / ".wenju-01.part"
    for part in (left, young):
        part.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert keeper_of(settings)
    assert (left.exists(), young.exists()) == (False, True)


def test_without_the_folder_the_error_names_it(tmp_path: Path) -> None:
    keeper = Keeper(load_settings(docs=tmp_path / "none", index=tmp_path / "index"))
    with pytest.raises(DocsMissing, match="none"):
        take(keeper, "a.txt", b"text")


# --- going ----------------------------------------------------------------------------------------


def test_a_document_goes_by_its_source(keeper: Keeper, docs: Path) -> None:
    (docs / "2024").mkdir()
    (docs / "2024" / "a.txt").write_text(REPORT, "utf-8")
    assert keeper.remove("2024/a.txt") == Waiting("2024/a.txt", Change.REMOVED)
    assert list(held(docs)) == ["旧.txt"]


@pytest.mark.parametrize(
    "source", ["../out.txt", "/etc/hostname", "a/../../out.txt", "", "没有.txt", "2024", "a\0", "."]
)
def test_nothing_but_a_document_goes(keeper: Keeper, docs: Path, source: str) -> None:
    (docs / "2024").mkdir()
    (docs.parent / "out.txt").write_text("不许动", "utf-8")
    before = held(docs.parent)
    with pytest.raises(DocumentUnknown):
        keeper.remove(source)
    assert held(docs.parent) == before


def test_what_lies_in_an_archive_goes_with_the_whole_archive(keeper: Keeper, docs: Path) -> None:
    with zipfile.ZipFile(docs / "年报.zip", "w") as archive:
        archive.writestr("2024/石榴.txt", REPORT)
    (docs / "旧.zip").mkdir()
    (docs / "旧.zip" / "a.txt").write_text(REPORT, "utf-8")
    before = held(docs)
    with pytest.raises(DocumentInArchive, match=r"年报\.zip"):
        keeper.remove("年报.zip/2024/石榴.txt")
    assert held(docs) == before
    assert keeper.archive_of("年报.zip/2024/石榴.txt") == "年报.zip"
    assert keeper.archive_of("旧.zip/a.txt") is None
    keeper.remove("年报.zip")
    keeper.remove("旧.zip/a.txt")
    assert [one.source for one in keeper.waiting] == ["年报.zip", "旧.zip/a.txt"]


def test_nothing_is_deleted_by_way_of_a_link(keeper: Keeper, docs: Path) -> None:
    elsewhere = docs.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("不许动", "utf-8")
    (docs / "folder").symlink_to(elsewhere)
    (docs / "link.txt").symlink_to(elsewhere / "a.txt")
    for source in ("folder/a.txt", "link.txt"):
        with pytest.raises(DocumentElsewhere):
            keeper.remove(source)
    assert (elsewhere / "a.txt").exists()


def test_what_waits_for_a_build_is_what_it_would_find(keeper: Keeper) -> None:
    take(keeper, "a.txt", b"text one")
    take(keeper, "a.txt", b"text two")
    take(keeper, "b.txt", b"text")
    keeper.remove("b.txt")
    keeper.remove("旧.txt")
    waiting = keeper.waiting
    assert waiting == (Waiting("a.txt", Change.ADDED), Waiting("旧.txt", Change.REMOVED))
    take(keeper, "旧.txt", b"again")
    keeper.taken_up(waiting)
    assert [one.source for one in keeper.waiting] == ["旧.txt"]


# --- building -------------------------------------------------------------------------------------


def finished(rebuilding: Rebuilding, seconds: float = 120) -> Building:
    end = time.monotonic() + seconds
    now = rebuilding.now
    while now.running and time.monotonic() < end:
        now = rebuilding.after(now, 1)
    assert not now.running
    return now


def test_a_build_tells_its_stages_its_report_and_what_failed(
    settings: Settings, docs: Path
) -> None:
    (docs / "坏.txt").write_bytes(b"\x7fELF" + b"\0" * 99)
    rebuilding = Rebuilding(settings)
    assert rebuilding.start()
    assert not rebuilding.start(), "one at a time"
    now = finished(rebuilding)
    assert [name for name, _, _ in now.stages][:2] == ["read", "encode"]
    assert all(done == total for _, done, total in now.stages)
    assert now.report is not None
    assert now.report.added == ("旧.txt",)
    [failed] = now.report.failed
    assert (failed.source, failed.code) == ("坏.txt", "NotText")
    assert rebuilding.start(), "and the next one may come"
    finished(rebuilding)


def test_a_build_that_cannot_run_says_why_and_what_to_do(settings: Settings, docs: Path) -> None:
    shutil.rmtree(docs)
    rebuilding = Rebuilding(settings)
    rebuilding.start()
    trouble = finished(rebuilding).trouble
    assert trouble is not None
    assert trouble.where.endswith("报告")
    for language in Language:
        assert all(trouble.texts(language))


def test_questions_are_answered_while_it_builds_and_then_from_the_new_index(
    settings: Settings, docs: Path
) -> None:
    build(settings=settings)
    for number in range(60):
        (docs / f"{number}.txt").write_text(REPORT.replace("石榴", f"石榴{number}号"), "utf-8")
    rebuilding = Rebuilding(settings)
    with Retriever(settings=settings) as retriever:
        rebuilding.start()
        answered = 0
        while rebuilding.now.running:
            assert retriever.retrieve("今年采摘石榴多少斤？").hits
            answered += 1
        assert answered > 1
        assert finished(rebuilding).report is not None
        assert retriever.index.generation == "000002"


# --- the endpoint ---------------------------------------------------------------------------------


def test_the_endpoint_takes_a_file_and_refuses_with_a_sentence(tmp_path: Path, docs: Path) -> None:
    with (
        serving(tmp_path / "index", docs, RAG_ADMIN="true", RAG_MAX_FILE_MB="0.01") as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        taken = client.put("/documents", params={"name": "新.txt"}, content=REPORT.encode())
        assert taken.json() == {"source": "新.txt", "change": "added"}
        large = client.put("/documents", params={"name": "大.txt"}, content=b"x" * 20_000)
        assert (large.status_code, large.json()["code"]) == (413, "FileTooLarge")
        path = client.put(
            "/documents", params={"name": "../x.txt", "lang": "en"}, content=REPORT.encode()
        )
        assert path.status_code == 422
        assert "it is a path" in path.json()["what"]
        elsewhere = client.put(
            "/documents", params={"name": "b.txt"}, content=REPORT.encode(),
            headers={"Origin": "https://evil.example"},
        )  # fmt: skip
        assert elsewhere.status_code == 403
    assert set(held(docs)) == {"旧.txt", "新.txt"}


def test_nobody_may_change_documents_unless_the_operator_says_so(
    docs: Path, tmp_path: Path
) -> None:
    with (
        serving(tmp_path / "index", docs) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        refused = client.put("/documents", params={"name": "新.txt"}, content=REPORT.encode())
    assert refused.status_code in (404, 405)
    assert list(held(docs)) == ["旧.txt"]


def test_beyond_this_machine_only_behind_a_password() -> None:
    assert keeper_of(load_settings(admin=True, host="0.0.0.0", open_to_all=True)) is None
    assert keeper_of(load_settings(admin=True, host="0.0.0.0", password="long enough"))
    assert keeper_of(load_settings(admin=True))
    assert keeper_of(load_settings()) is None


def test_every_refusal_of_a_name_says_why_in_both_languages() -> None:
    for name in NAMES:
        with pytest.raises(NameRefused) as refusal:
            checked_name(name)
        assert refusal.value.what(Language.ZH) != refusal.value.what(Language.EN)
