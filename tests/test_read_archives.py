"""A file in a ZIP archive is a document of its own; a mail is one with what is attached to it."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import pytest
from archive import build
from PIL import Image

from rag.errors import FileInaccessible, ReadError
from rag.intake.passages import check
from rag.read import Loaded, digest, load, locate, parse, scan
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.split import split

LINE = "临河镇今年新建养老驿站十二个，预计十月底前全部投入使用。\n"


def packed(files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def found(folder, data, name="a.zip"):
    (folder / name).write_bytes(data)
    documents, failures = scan(folder, Settings())
    return [one.source for one in documents], {one.source: one.code for one in failures}


def test_each_file_of_an_archive_is_a_document(tmp_path):
    data = packed({"年报/一.txt": LINE, "二.md": LINE, "里/层.zip": packed({"三.txt": LINE})})
    sources, failures = found(tmp_path, data)
    assert sources == ["a.zip/二.md", "a.zip/年报/一.txt", "a.zip/里/层.zip/三.txt"]
    assert failures == {}
    for source in sources:
        one = locate(tmp_path, source)
        assert (load(one, 1).data, load(one, 1).sha256) == (LINE.encode(), digest(one))


def test_names_in_gbk_are_read(tmp_path):
    data = packed({"AAAA.txt": LINE}).replace(b"AAAA", "年报".encode("gbk"))
    assert found(tmp_path, data)[0] == ["a.zip/年报.txt"]


def test_what_cannot_be_read_of_an_archive_is_told_and_the_rest_is_read(tmp_path):
    data = packed({"好.txt": LINE, "../out.txt": LINE, "x.bin": b"1", "炸.txt": bytes(20_000_000)})
    sources, failures = found(tmp_path, data)
    assert sources == ["a.zip/好.txt"]
    assert failures == {
        "a.zip/../out.txt": "MemberNameRefused",
        "a.zip/x.bin": "UnsupportedFormat",
        "a.zip/炸.txt": "ArchiveTooBig",
    }


def test_archives_within_archives_have_a_bound(tmp_path):
    data = packed({"a.txt": LINE})
    for _ in range(5):
        data = packed({"z.zip": data})
    assert set(found(tmp_path, data)[1].values()) == {"ArchiveTooBig"}


@pytest.mark.parametrize(
    "data",
    [packed({"a.txt": LINE})[:40], packed({}), b"PK\x03\x04no"],
    ids=["cut off", "empty", "none"],  # its time is in an archive, and no name of a test changes
)
def test_a_broken_or_empty_archive_is_one_failure(tmp_path, data):
    sources, failures = found(tmp_path, data)
    assert sources == []
    assert list(failures) == ["a.zip"]


def test_a_file_that_left_its_archive_is_missing(tmp_path):
    found(tmp_path, packed({"a.txt": LINE}))
    with pytest.raises(FileInaccessible):
        digest(locate(tmp_path, "a.zip/b.txt"))


def mail(html=None, charset="utf-8"):
    message = EmailMessage()
    message["Subject"] = "关于养老驿站的通报"
    message["From"] = "张三 <a@example.org>"
    message["Date"] = "Wed, 13 Mar 2024 08:00:00 +0800"
    message.set_content(LINE, charset=charset)
    if html:
        message.add_alternative(html, subtype="html")
    message.add_attachment("乡镇,个数\n临河镇,5\n".encode(), "text", "csv", filename="附表.csv")
    message.add_attachment(b"\x89PNG", "image", "png", filename="照片.png")
    return message.as_bytes()


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
@pytest.mark.parametrize("name", ["a.eml", "a.txt"])
def test_a_mail_is_read_with_its_headers_its_text_and_its_attachments(charset, name):
    document = parse(Loaded(name, mail(charset=charset), "0" * 64))
    chunks = split(document)
    check(document, chunks)
    said = "\n".join(chunk.text for chunk in chunks)
    assert LINE.strip() in said
    assert "乡镇：临河镇；个数：5" in said
    assert "附件：照片.png" in document.text
    assert (document.articles[0].title, document.articles[0].date) == (
        "关于养老驿站的通报",
        "2024-03-13",
    )


@pytest.mark.parametrize("data", [b"From: a\nTo: b\nDate: c\n\n", b"MIME-Version: 1.0\n"])
def test_a_mail_without_words_is_refused(data):
    with pytest.raises(ReadError):
        parse(Loaded("a.eml", data, "0" * 64))


def test_a_page_that_a_browser_saved_is_its_article_and_not_a_mail():
    told = "".join(f"<p>临河镇今年新建养老驿站{n}个，预计十月底前全部启用。</p>" for n in (12, 7))
    page = f"<meta charset=gb2312><nav><a href=/>首页</a></nav><h1>驿站通报</h1>{told}"
    saved = EmailMessage()
    saved["From"], saved["Date"] = "<Saved by Blink>", "Mon, 08 Mar 2021 09:00:00 +0000"
    saved["Snapshot-Content-Location"] = "http://example.org/a.html"
    saved.set_content(page.encode("gb2312"), "text", "html", cte="base64")
    saved.add_related(b"body { margin: 0 }", "text", "css", cid="css@mhtml.blink")
    (article,) = parse(Loaded("a.mht", saved.as_bytes(), "0" * 64)).articles
    assert [block.text for block in article.blocks] == [
        "驿站通报",
        "临河镇今年新建养老驿站12个，预计十月底前全部启用。",
        "临河镇今年新建养老驿站7个，预计十月底前全部启用。",
    ]
    assert article.date is None  # the day on which it was saved is none of the article's


def test_a_picture_without_words_that_is_attached_is_named_and_no_failure():
    mail = EmailMessage()
    mail["Subject"] = "通报"
    mail.set_content("临河镇今年新建养老驿站12个。\n")
    held = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(held, "PNG")
    mail.add_attachment(held.getvalue(), "image", "png", filename="徽标.png")
    document = parse(Loaded("a.eml", mail.as_bytes(), "0" * 64))
    assert "附件：徽标.png" in document.text
    assert document.problems == ()


def test_a_citation_into_an_archive_is_stale_when_its_file_is_another_and_not_before(tmp_path):
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    (docs / "a.zip").write_bytes(packed({"甲.txt": LINE * 2, "乙.txt": "乙县修路八公里。\n" * 3}))
    build(docs, index)

    def stale():
        with Retriever(index, docs=docs) as retriever:
            hits = retriever.retrieve("临河镇新建养老驿站几个", 1).hits
        return hits[0].citation.source, hits[0].citation.stale

    assert stale() == ("a.zip/甲.txt", None)
    (docs / "a.zip").write_bytes(packed({"甲.txt": LINE * 3, "乙.txt": "乙县修路八公里。\n" * 3}))
    assert stale() == ("a.zip/甲.txt", "changed")
