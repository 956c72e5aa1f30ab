"""What stands beside a document, in NAME.meta.toml, is stated of it; it is no document itself."""

from __future__ import annotations

import zipfile

import archive
import pytest
from archive import build

from rag.cli import main
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.status import behind

SAID = 'title = "驿站"\ndate = 2021-06-03\npublisher = "临河日报"\nedition = 2\n'


@pytest.fixture
def docs(tmp_path):
    return archive.write(tmp_path / "docs", a=archive.report("养老驿站开工", "养老驿站开工了。"))


def say(docs, text, name="a.txt"):
    path = docs / f"{name}.meta.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def cited(docs, index):
    with Retriever(index, docs=docs) as retriever:
        return retriever.retrieve("养老驿站开工").hits[0].citation


def test_a_sidecar_states_title_date_publisher_and_page(docs, tmp_path):
    say(docs, SAID)
    report = build(docs, tmp_path / "index")
    assert (report.documents, report.failed) == (1, ())
    citation = cited(docs, tmp_path / "index")
    assert citation.label.startswith("《驿站》，临河日报，2021年6月3日，第 2 版，a.txt 第 ")
    assert citation.metadata.issued == "2021-06-03"
    assert citation.stale is None


def test_a_sidecar_comes_before_front_matter(docs, tmp_path):
    (docs / "b.md").write_text(
        "---\ntitle: 一\npublisher: 甲报\n---\n\n# 养老驿站开工\n\n" + "开工。" * 9
    )
    say(docs, 'publisher = "乙报"', "b.md")
    (docs / "a.txt").unlink()
    build(docs, tmp_path / "index")
    citation = cited(docs, tmp_path / "index")
    assert (citation.title, citation.metadata.publisher) == ("一", "乙报")


def test_a_sidecar_that_comes_changes_or_goes_makes_its_document_a_changed_one(docs, tmp_path):
    index = tmp_path / "index"
    build(docs, index)
    for step in (
        lambda: say(docs, SAID),
        lambda: say(docs, SAID.replace("驿站", "新驿站")),
        (docs / "a.txt.meta.toml").unlink,
    ):
        step()
        waiting = behind(load_settings(docs=docs, index=index), _documents(index))
        assert waiting.changed == ("a.txt",)
        assert build(docs, index).changed == ("a.txt",)
        assert not build(docs, index).published


def _documents(index):
    with Retriever(index) as retriever:
        return tuple(retriever.documents())


@pytest.mark.parametrize(
    "text",
    [
        "title = ", "titel = '驿站'", "title = 3", "title = ['a']", "title = ''", b"\xff\xfe\x00",
        "edition = true", "x = " + "[" * 3000, b"#" * 200_000, "date = 10:20:30",
    ],
)  # fmt: skip
def test_a_bad_sidecar_is_one_line_in_the_report_and_its_document_is_indexed(docs, tmp_path, text):
    say(docs, text)
    report = build(docs, tmp_path / "index")
    assert [(one.source, one.code) for one in report.failed] == [("a.txt", "SidecarUnusable")]
    assert "\n" not in report.failed[0].what
    assert cited(docs, tmp_path / "index").title == "养老驿站开工"
    again = build(docs, tmp_path / "index")  # told by every build, until it is mended
    assert (again.published, again.failed) == (False, report.failed)


def test_a_sidecar_that_is_a_folder_is_told(docs, tmp_path):
    (docs / "a.txt.meta.toml").mkdir()
    report = build(docs, tmp_path / "index")
    assert [one.code for one in report.failed] == ["SidecarUnusable"]


def test_a_sidecar_without_its_document_is_told(docs, tmp_path):
    say(docs, SAID, "gone.pdf")
    report = build(docs, tmp_path / "index")
    assert [(one.source, one.code) for one in report.failed] == [
        ("gone.pdf.meta.toml", "SidecarAlone")
    ]


def test_verify_proves_what_has_a_sidecar(docs, tmp_path):
    say(docs, SAID)
    build(docs, tmp_path / "index")
    assert main(["verify", "--docs", str(docs), "--index", str(tmp_path / "index")]) == 0


def test_what_stands_beside_an_archive_changes_none_of_its_documents(docs, tmp_path):
    with zipfile.ZipFile(docs / "b.zip", "w") as packed:
        packed.writestr("c.txt", archive.report("水渠动工", "水渠动工了。"))
    say(docs, SAID, name="b.zip")
    first = build(docs, tmp_path / "index")
    again = build(docs, tmp_path / "index")
    assert first.documents == 2
    assert not again.published
