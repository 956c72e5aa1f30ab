"""Word, Excel and CSV: what a person sees in them is read, row by row where it is a table."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from datetime import date

import docx
import openpyxl
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from renderings import add_footnote

from rag.errors import (
    ArchiveTooBig,
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    FormatRefused,
    ReaderMissing,
)
from rag.intake.passages import check
from rag.read import Loaded, parse
from rag.split import split

LONG = "全县计划新建养老驿站12个，覆盖14个街道，已经开工9个，其余6月底前开工。"


def read(data, source):
    document = parse(Loaded(source, data, "0" * 64))
    check(document, split(document))
    return document


def lines(document):
    return document.text.rstrip("\n").split("\n")


# --- Word


def word(fill):
    document = docx.Document()
    fill(document)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def report(document):
    title = document.add_paragraph("民生实事进展报告")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_heading("总体情况", 1)
    document.add_paragraph(LONG)
    document.add_heading("存在问题", 1)
    document.add_heading("资金", 2)
    document.add_paragraph("部分项目的配套资金尚未到位，影响了开工。")
    for item in ("向社区提出申请，填写表格。", "街道在5日内审核完毕。"):
        document.add_paragraph(item, style="List Number")
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("乡镇", "个数", "进度"), strict=True):
        cell.text = text
    for row in (("临河镇", "5", "80%"), ("白石桥乡", "7", "45%")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.sections[0].header.paragraphs[0].text = "内部资料"


def test_headings_by_style_are_titles_and_sections():
    chunks = split(read(word(report), "a.docx"))
    assert {chunk.title for chunk in chunks} == {"民生实事进展报告"}
    assert [chunk.section for chunk in chunks] == ["总体情况", "存在问题 › 资金"]


def test_lists_have_the_numbers_that_word_shows():
    text = read(word(report), "a.docx").text
    assert "1. 向社区提出申请，填写表格。\n2. 街道在5日内审核完毕。" in text


def test_a_table_in_word_is_read_row_by_row_with_its_header():
    text = read(word(report), "a.docx").text
    assert "乡镇：临河镇；个数：5；进度：80%\n乡镇：白石桥乡；个数：7；进度：45%" in text


def test_running_heads_are_in_the_text_and_in_no_passage():
    document = read(word(report), "a.docx")
    assert "内部资料" in [document.text[start:end] for start, end in document.furniture]
    assert not any("内部资料" in chunk.text for chunk in split(document))


def test_chinese_numbering_of_headings_is_read():
    def fill(document):
        numbering = document.part.numbering_part.element
        abstract = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start '
            'w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
            '<w:lvlText w:val="（%2）"/></w:lvl></w:abstractNum>'
        )
        numbering.insert(0, abstract)
        number = parse_xml(
            f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'
        )
        numbering.append(number)
        for text, deep in (("总体要求", 0), ("主要目标", 1), ("保障措施", 0)):
            paragraph = document.add_heading(text, 1 + deep)
            listed = parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{deep}"/><w:numId w:val="77"/></w:numPr>'
            )
            paragraph._p.get_or_add_pPr().append(listed)
            document.add_paragraph(LONG)

    headings = [line for line in lines(read(word(fill), "a.docx")) if line != LONG]
    assert headings == ["一、总体要求", "（一）主要目标", "二、保障措施"]


def test_a_footnote_stands_below_its_paragraph():
    def fill(document):
        paragraph = document.add_paragraph("全县有养老驿站12个")
        add_footnote(document, paragraph, "截至三月底，含在建。")
        paragraph.add_run("，覆盖14个街道。")

    assert lines(read(word(fill), "a.docx")) == [
        "全县有养老驿站12个[1]，覆盖14个街道。",
        "[1] 截至三月底，含在建。",
    ]


def test_what_was_inserted_is_read_and_what_was_deleted_or_hidden_is_not():
    def fill(document):
        paragraph = document.add_paragraph("计划新建")
        for xml in (
            "<w:ins w:id='1'><w:r><w:t>十二</w:t></w:r></w:ins>",
            "<w:del w:id='2'><w:r><w:delText>九</w:delText></w:r></w:del>",
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>暗</w:t></w:r>",
            "<w:r><w:t>个驿站。</w:t></w:r>",
        ):
            tag, rest = xml[1:].split(">", 1)
            element = parse_xml(f"<{tag} {nsdecls('w')}>{rest}".replace("/ xmlns", " xmlns"))
            paragraph._p.append(element)

    assert read(word(fill), "a.docx").text == "计划新建十二个驿站。\n"


def test_merged_cells_stand_in_every_row_that_they_cover():
    def fill(document):
        table = document.add_table(rows=3, cols=2)
        for place, text in enumerate(("地区", "年份", "城区", "2021年", "", "2022年")):
            table.cell(place // 2, place % 2).text = text
        table.cell(1, 0).merge(table.cell(2, 0))

    assert "地区：城区；年份：2022年" in read(word(fill), "a.docx").text


def test_entities_from_outside_are_never_loaded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("秘密", encoding="utf-8")
    data = word(lambda document: document.add_paragraph("正文一句。"))
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/document.xml":
                kind = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><w:document '.encode()
                part = part.replace(b"<w:document ", kind, 1).replace("一句".encode(), b"&x;")
            new.writestr(name, part)
    assert "秘密" not in read(held.getvalue(), "a.docx").text


# --- Excel


def excel(fill):
    book = openpyxl.Workbook()
    fill(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def figures(book):
    sheet = book.active
    sheet.append(["2023年各乡镇民生实事进度表"])
    sheet.merge_cells("A1:D1")
    sheet.append(["乡镇", "完成率", "开工日期", "投资（万元）"])
    sheet.append(["临河镇", 0.035, date(2023, 3, 1), 1200.5])
    sheet.append(["白石桥乡", 1, date(2023, 4, 12), 1 / 3])
    for row in (3, 4):
        sheet.cell(row, 2).number_format = "0.0%"
    other = book.create_sheet("支出")
    other.append(["科目", "金额"])
    other.append(["教育", 88])


def test_a_row_of_a_sheet_is_a_line_with_its_header_and_values_as_they_are_shown():
    document = read(excel(figures), "a.xlsx")
    assert lines(document)[:4] == [
        "2023年各乡镇民生实事进度表",
        "乡镇；完成率；开工日期；投资（万元）",
        "乡镇：临河镇；完成率：3.5%；开工日期：2023-03-01；投资（万元）：1200.5",
        "乡镇：白石桥乡；完成率：100.0%；开工日期：2023-04-12；投资（万元）：0.333333333333333",
    ]


def test_a_sheet_is_a_page_and_the_line_is_the_row():
    chunk = split(read(excel(figures), "a.xlsx"))[-1]
    assert (chunk.text, chunk.title) == ("科目：教育；金额：88", "支出")
    assert (chunk.page, chunk.line_start, chunk.line_end) == (2, 2, 2)


def test_a_header_of_two_rows_names_each_column():
    def fill(book):
        sheet = book.active
        for row in (["地区", "2021年", None], [None, "人数", "金额"], ["城区", 5, 6]):
            sheet.append(row)
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:C1")

    assert "地区：城区；2021年 人数：5；2021年 金额：6" in read(excel(fill), "a.xlsx").text


def test_a_cell_far_away_costs_nothing():
    def fill(book):
        book.active.cell(1, 1).value = "近处"
        book.active.cell(90_000, 16_000).value = "远处"

    assert lines(read(excel(fill), "a.xlsx"))[-1] == "远处"


# --- CSV

TABLE = [["乡镇", "说明", "个数"], ["临河镇", "新建，含在建", "5"], ["白石桥乡", "改建\n两处", "7"]]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_row_of_csv_is_a_line_whatever_its_delimiter_and_encoding(mark, encoding):
    rows = "\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in TABLE)
    document = read(rows.encode(encoding), "a.csv")
    assert lines(document)[1:] == [
        "乡镇：临河镇；说明：新建，含在建；个数：5",
        "乡镇：白石桥乡；说明：改建两处；个数：7",
    ]


def test_rows_without_a_header_are_read_as_they_stand():
    assert lines(read(b"1,2,3\n4,5,6\n", "a.csv")) == ["1；2；3", "4；5；6"]


# --- what a file is, and what is refused

WORD = word(report)
EXCEL = excel(figures)


@pytest.mark.parametrize("name", ["a.txt", "a.zip", "a.doc", "a.pdf", "a.xlsx"])
def test_a_word_file_is_told_by_its_contents(name):
    assert read(WORD, name).encoding == "docx"


def test_a_table_of_tabs_that_is_called_xls_is_read():
    assert "甲：1；乙：2" in read("甲\t乙\n1\t2\n".encode("gbk") * 3, "报表.xls").text


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "DOCX"),
        ("a.txt", OLE + "Workbook".encode("utf-16-le"), "XLSX"),
        ("a.wps", OLE + "WordDocument".encode("utf-16-le"), "DOCX"),
        ("a.ppt", OLE + "PowerPoint Document".encode("utf-16-le"), "PDF"),
        ("a.et", OLE, "XLSX"),
        ("a.doc", b"{\\rtf1 \\ansi hello}", "DOCX"),
    ],
)
def test_an_old_format_is_refused_with_what_to_save_it_as(name, data, says):
    with pytest.raises(FormatRefused) as caught:
        read(data, name)
    assert f"另存为 {says}" in caught.value.describe()


@pytest.mark.parametrize("part", ["OFD.xml", "ppt/presentation.xml"])
def test_an_ofd_or_a_presentation_is_refused_with_what_to_save_it_as(part):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        package.writestr(part, "<x/>")
    with pytest.raises(FormatRefused, match="另存为 PDF"):
        read(held.getvalue(), "a.docx")


def test_an_office_file_behind_a_password_is_named_so():
    with pytest.raises(FileEncrypted):
        read(OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx")


@pytest.mark.parametrize(("data", "name"), [(WORD, "a.docx"), (EXCEL, "a.xlsx")])
@pytest.mark.parametrize("cut", [60, 0.5, 0.9])
def test_an_office_file_that_was_cut_off_is_damaged(data, name, cut):
    with pytest.raises(FileDamaged):
        read(data[: int(cut * len(data)) if cut < 1 else cut], name)


@pytest.mark.parametrize("data", [word(lambda document: None), excel(lambda book: None)])
def test_an_office_file_without_words_is_empty(data):
    with pytest.raises(FileEmpty):
        read(data, "a.docx")


def test_a_bomb_is_refused_before_it_is_unpacked():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", bytes(1_000_000))
    data = held.getvalue()
    data = data.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 2_000_000_000))
    with pytest.raises(ArchiveTooBig):
        read(data, "a.docx")


@pytest.mark.parametrize(
    ("data", "name", "library"), [(WORD, "a.docx", "docx"), (EXCEL, "a.xlsx", "openpyxl")]
)
def test_without_the_library_the_error_names_the_extra(data, name, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ReaderMissing, match=r"wenju\[office\]"):
        read(data, name)
