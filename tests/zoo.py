"""A zoo of broken input: each creature is one path that a build must survive and report.

``make(folder)`` puts all of them into a folder, the large ones made on the spot; most are small.
What is expected of each stands with it: the error codes that are right, whatever the reader's
library happens to see first.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import socket
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag import errors

BROKEN = Path(__file__).parent / "data" / "broken"
GOOD = "临河镇今年新建养老驿站十二个，预计十月底前全部投入使用。"

READ_ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ReadError)
}
OURS = {"ReaderFailed", "LawBroken"}
"""Codes that say that our own code broke: never right."""
BOUNDS = {"ReadingTooLong", "ReadingTooBig", "ReaderDied"}
"""Codes of a reader that was stopped."""

NO_TEXT = ("PagesWithoutText", "PagesAreImages")
"""Codes of pages without text, where scans are read and where they are not."""

Make = Callable[[Path], bytes | None]


@dataclass(frozen=True, slots=True)
class Creature:
    """``name``: its path in the folder. ``codes``: one of them, exactly once, is reported.

    ``read``: whether its contents, or a part of them, are to be found all the same.
    """

    name: str
    codes: frozenset[str]
    make: Make
    read: bool = False


CREATURES: list[Creature] = []


def creature(name: str, *codes: str, read: bool = False) -> Callable[[Make], Make]:
    """Add a creature; without ``codes`` any error of reading will do that is no defect of ours."""

    def add(make: Make) -> Make:
        right = frozenset(codes) if codes else frozenset(READ_ERRORS - OURS)
        CREATURES.append(Creature(name, right, make, read))
        return make

    return add


def put(name: str, data: bytes, *codes: str, read: bool = False) -> None:
    """Add a creature that is nothing but bytes."""
    creature(name, *codes, read=read)(lambda path: data)


def make(folder: Path) -> list[Creature]:
    """All creatures into ``folder``; those that this system cannot have are left out."""
    made = []
    for one in CREATURES:
        path = folder / one.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = one.make(path)
            if data is not None:
                path.write_bytes(data)
        except (OSError, ValueError, NotImplementedError):  # a name or a node it does not know
            continue
        made.append(one)
    return made


# --- text -----------------------------------------------------------------------------------------

for _path in sorted(BROKEN.iterdir()):
    if _path.is_file():
        put(f"text/{_path.name}", _path.read_bytes())

_LINE = (GOOD + "\n").encode()
put("text/one_long_zero.txt", b"\0" * 3, "NotText")
put("text/gzip_named.txt", gzip.compress(_LINE), "NotText")
put("text/program_named.txt", b"\x7fELF" + bytes(range(256)), "NotText")
put("text/surrogates_in_utf8.txt", _LINE + "\ud83d\ude00\n".encode("utf-8", "surrogatepass"))
put("text/lone_surrogate_in_utf16.txt", b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\x3d\xd8\n\0")
put("text/overlong_utf8.txt", _LINE * 3 + b"\xc0\xaf\n")
put("text/odd_utf16.txt", b"\xfe\xff" + GOOD.encode("utf-16-be") + b"\0")
put("text/half_gb18030_half_utf8.txt", GOOD.encode("gb18030") + _LINE * 4)
put("text/escape_codes.md", b"# \x1b[31mred\x1b[0m\n" + _LINE, "NotText")
put("text/noise.txt", random.Random(7).randbytes(4000))
put("text/tapes.txt", b"\r\n\x0c\t\xc2\xa0\xe3\x80\x80" * 50, "FileEmpty")


@creature("text/one_gigabyte_of_nothing.txt", "FileTooLarge")
def _(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # a hole: it takes no room


@creature("text/a_hole_below_the_limit.txt", "NotText", "ReadingTooLong")
def _(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(40_000_000)


# --- names, nodes, links --------------------------------------------------------------------------

_TEXT = GOOD.encode()
put("names/换行\n名.txt", _TEXT, "NameHasMarks", read=True)
put("names/年报\u202etxt.fdp.txt", _TEXT, "NameHasMarks", read=True)
put("names/零宽\u200b空格.txt", _TEXT, "NameHasMarks", read=True)
put("names/\x1b[2J清屏.txt", _TEXT, "NameHasMarks", read=True)
put(os.fsdecode(b"names/\xc4\xea\xb1\xa8.txt"), _TEXT, "FileNameNotText")
put("names/没有后缀", _TEXT, "UnsupportedFormat")
put("names/后缀.不认识", _TEXT, "UnsupportedFormat")
put("names/点.txt.", _TEXT, "UnsupportedFormat")


@creature("names/report.txt", "NamesAlike", read=True)
def _(path: Path) -> bytes:
    path.with_name("Report.txt").write_bytes(_TEXT + b"A\n")
    return _TEXT + b"B\n"


@creature("names/Caf\u00e9.txt", "NamesAlike", read=True)
def _(path: Path) -> bytes:
    path.with_name("Cafe\u0301.txt").write_bytes(_TEXT + b"C\n")
    return _TEXT + b"D\n"


@creature("nodes/pipe.txt", "UnsupportedFormat")
def _(path: Path) -> None:
    os.mkfifo(path)


@creature("nodes/socket.txt", "UnsupportedFormat")
def _(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


@creature("nodes/endless.txt", "UnsupportedFormat")
def _(path: Path) -> None:
    path.symlink_to("/dev/zero")


@creature("links/itself.txt", "FileInaccessible")
def _(path: Path) -> None:
    path.symlink_to(path.name)


@creature("links/first_of_two.txt", "FileInaccessible")
def _(path: Path) -> None:
    path.symlink_to("second_of_two.txt")


@creature("links/second_of_two.txt", "FileInaccessible")
def _(path: Path) -> None:
    path.symlink_to("first_of_two.txt")


@creature("links/nowhere.txt", "FileInaccessible")
def _(path: Path) -> None:
    path.symlink_to("nothing_here.txt")


@creature("links/up", "LinkRepeats")
def _(path: Path) -> None:
    path.symlink_to(path.parent.parent, target_is_directory=True)


@creature("rights/shut", "FileInaccessible")
def _(path: Path) -> None:
    path.mkdir()
    (path / "inside.txt").write_text(GOOD, encoding="utf-8")
    path.chmod(0)


@creature("rights/shut.txt", "FileInaccessible")
def _(path: Path) -> None:
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(0)


@creature("deep", "FileInaccessible")
def _(path: Path) -> None:
    """A hundred folders whose path together is longer than any call takes."""
    path.mkdir()
    folder = os.open(path, os.O_RDONLY)
    for _ in range(100):
        name = "层" * 20
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)


@creature("many", "UnsupportedFormat")
def _(path: Path) -> None:
    """More folders in each other than Python has calls, and something at the bottom."""
    path.mkdir()
    folder = os.open(path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("x.unknown", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)


# --- PDF ------------------------------------------------------------------------------------------


def pdf(*objects: str | bytes, root: int = 1, trailer: str = "", head: str = "%PDF-1.7\n") -> bytes:
    """A PDF of these objects, numbered from 1, with a table of where they are."""
    body = bytearray(head.encode())
    places = []
    for number, given in enumerate(objects, start=1):
        places.append(len(body))
        content = given.encode("latin-1") if isinstance(given, str) else given
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += f"trailer << /Size {len(objects) + 1} /Root {root} 0 R {trailer} >>\n".encode()
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(data: bytes, more: str = "") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n" % (len(data), more.encode()) + data + b"\nendstream"


CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"
FONT = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def page(contents: str = "4 0 R", resources: str = FONT, box: str = "0 0 612 792") -> str:
    """A page object below object 2."""
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {contents} "
        f"/Resources << {resources} >> >>"
    )


ONE = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
SAYS = stream(b"BT /F1 12 Tf 72 700 Td (The town builds twelve homes for the aged.) Tj ET")
PLAIN = pdf(CATALOG, ONE, page(), SAYS)

put("pdf/header_only.pdf", b"%PDF-1.7\n", "FileDamaged")
put("pdf/noise_after_header.pdf", b"%PDF-1.7\n" + random.Random(3).randbytes(3000), "FileDamaged")
put("pdf/cut_in_half.pdf", PLAIN[: len(PLAIN) // 2], "FileDamaged", "PagesDamaged", "FileCutOff")
put("pdf/no_table.pdf", PLAIN[: PLAIN.index(b"xref")], "FileDamaged")
put("pdf/update_cut_off.pdf", PLAIN + b"7 0 obj\n" + bytes(4000), "FileCutOff", read=True)
put("pdf/no_pages.pdf", pdf(CATALOG, "<< /Type /Pages /Kids [] /Count 0 >>"), "FileDamaged")
put("pdf/no_catalog.pdf", pdf("<< >>"), "FileDamaged")
put("pdf/blank_page.pdf", pdf(CATALOG, ONE, page(), stream(b"")), *NO_TEXT)
put(
    "pdf/its_own_child.pdf",
    pdf(CATALOG, "<< /Type /Pages /Kids [2 0 R] /Count 1000 >>"),
    "FileDamaged",
)
put(
    "pdf/two_pages_one_missing.pdf",
    pdf(CATALOG, "<< /Type /Pages /Kids [3 0 R 9 0 R] /Count 2 >>", page(), SAYS),
    "PagesDamaged",
    read=True,
)
put(
    "pdf/pages_that_are_not_there.pdf",
    pdf(CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 90000 >>", page(), SAYS),
    "PagesDamaged",
    read=True,
)
put(
    "pdf/locked.pdf",
    pdf(
        CATALOG,
        ONE,
        page(),
        SAYS,
        trailer=f"/ID [<{'00' * 16}> <{'00' * 16}>] /Encrypt << /Filter /Standard /V 1 /R 2 "
        f"/O <{'5a' * 32}> /U <{'a5' * 32}> /P -4 >>",
    ),
    "FileEncrypted",
)
put(
    "pdf/locked_in_an_unknown_way.pdf",
    pdf(CATALOG, ONE, page(), SAYS, trailer="/Encrypt << /Filter /OfOurOwn /V 4 >>"),
    "FileEncrypted",
)
put("pdf/nested_arrays.pdf", pdf(CATALOG, "[" * 200_000, page(), SAYS), "FileDamaged")
put(
    "pdf/form_within_itself.pdf",
    pdf(
        CATALOG,
        ONE,
        page(resources="/XObject << /X 5 0 R >>"),
        stream(b"/X Do"),
        stream(
            b"/X Do",
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
            "/Resources << /XObject << /X 5 0 R >> >>",
        ),
    ),
    *NO_TEXT,
)
put(
    "pdf/picture_that_is_none.pdf",
    pdf(
        CATALOG,
        ONE,
        page(resources="/XObject << /X 5 0 R >>"),
        stream(b"612 0 0 792 0 0 cm /X Do"),
        stream(
            random.Random(5).randbytes(500),
            "/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 "
            "/ColorSpace /DeviceRGB /Filter /JPXDecode",
        ),
    ),
    *NO_TEXT,
)
put(
    "pdf/letters_without_names.pdf",
    pdf(
        CATALOG,
        ONE,
        page(resources="/Font << /F1 5 0 R >>"),
        stream(b"BT /F1 12 Tf 72 700 Td <" + bytes(range(1, 32)).hex().encode() * 4 + b"> Tj ET"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /Nobody /Encoding /Identity-H "
        "/DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Nobody /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor << /Type "
        "/FontDescriptor /FontName /Nobody /Flags 4 >> >>",
    ),
    "PagesUnmapped",
)


@creature("pdf/a_million_pages.pdf", *BOUNDS)
def _(path: Path) -> bytes:
    kids = b"3 0 R " * 1_000_000
    return pdf(CATALOG, b"<< /Type /Pages /Count 1000000 /Kids [" + kids + b"] >>", page(), SAYS)


@creature("pdf/a_page_that_never_ends.pdf", *BOUNDS)
def _(path: Path) -> bytes:
    line = b"(The town builds twelve homes for the aged.) Tj T*\n"
    packed = zlib.compress(b"BT /F1 12 Tf 14 TL 72 700 Td " + line * 4_000_000 + b"ET", 1)
    return pdf(CATALOG, ONE, page(), stream(packed, "/Filter /FlateDecode"))


# --- scans ----------------------------------------------------------------------------------------

NO_SCAN = ("FileDamaged", "FileEmpty", "ReaderMissing")


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG that says it is so large, whatever it holds."""
    made = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")):
        made += struct.pack(">I", len(data)) + kind + data
        made += struct.pack(">I", zlib.crc32(kind + data))
    return made


put("scans/blank.png", png(400, 300, (b"\0" + b"\xff" * 400) * 300), *NO_SCAN)
put("scans/cut.png", png(400, 300, bytes(401 * 300))[:60], *NO_SCAN)
put("scans/rows_that_are_missing.png", png(400, 300, bytes(401)), *NO_SCAN)
put("scans/noise.jpg", b"\xff\xd8\xff\xe0" + random.Random(13).randbytes(3000), *NO_SCAN)
put("scans/page_after_itself.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0", *NO_SCAN)
put("scans/nothing.webp", b"RIFF\x04\0\0\0WEBP", *NO_SCAN)
put(
    "scans/four_thousand_million_dots.png",
    png(65_000, 65_000, bytes(100_000)),
    *("PictureTooLarge", *NO_SCAN),
)


@creature("scans/bomb.png", "PictureTooLarge", *NO_SCAN)
def _(path: Path) -> bytes:
    return png(12_000, 12_000, bytes(12_001 * 12_000))


# --- HTML -----------------------------------------------------------------------------------------

put("html/nothing_but_scripts.html", b"<html><script>let x = 1;</script></html>", "FileEmpty")
put("html/zeros.html", b"<html>" + bytes(900), "NotText", "FileEmpty")
put(
    "html/picture_named.html",
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "FileDamaged",
    "ReaderMissing",
)
put(
    "html/charset_is_a_lie.html",
    b'<html><meta charset="utf-8"><p>' + b"\xff\xc0\xfe\x80" * 300 + b"</p></html>",
)
put("html/nested.html", b"<div>" * 200_000 + b"\xff" + b"</div>" * 200_000)
put("html/endless_comment.html", b"<html><!--" + _LINE * 50)
put(
    "html/frames.html",
    b'<html><frameset><frame src="a.html"><frame src="b.html"></frameset></html>',
)

# --- Word, Excel ----------------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="{}"/></Relationships>'
)


def packed(parts: dict[str, bytes | str]) -> bytes:
    """A ZIP file of these parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return held.getvalue()


def docx(document: bytes | str) -> bytes:
    """A Word file around this main part."""
    main = (
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/>'
    )
    return packed(
        {
            "[Content_Types].xml": _TYPES.format(main),
            "_rels/.rels": _RELS.format("word/document.xml"),
            "word/document.xml": document,
        }
    )


def xlsx(sheet: bytes | str, strings: str | None = None) -> bytes:
    """An Excel file of one sheet."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _TYPES.format(
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        ),
        "_rels/.rels": _RELS.format("xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>"
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{main}"/>',
    }
    return packed(parts)


def _word(text: str, head: str = "") -> str:
    body = f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>"
    return f'<?xml version="1.0"?>{head}<w:document {_W}>{body}</w:document>'


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
WORD = docx(_word(GOOD))
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

put(
    "word/entities_from_outside.docx",
    docx(_word("&x;", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>')),
)
put("word/laughs.docx", docx(_word("&l11;", f'<!DOCTYPE d [<!ENTITY l0 "哈">{_LAUGHS}]>')))
put("word/cut.docx", WORD[: len(WORD) // 2])
put("word/no_document.docx", packed({"[Content_Types].xml": _TYPES.format("")}))
put("word/text_named.docx", b"\x00\x01 no word file", "NotText", "FileDamaged", "UnsupportedFormat")
put("word/empty.docx", docx(_word("")))
put("word/not_closed.docx", docx(f"<w:document {_W}><w:body><w:p>"))
put("word/nested.docx", docx(f"<w:document {_W}>" + "<w:p>" * 100_000))
put("word/locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + b"EncryptedPackage")
put("word/old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2040), "FormatRefused")


@creature("word/bomb.docx")
def _(path: Path) -> bytes:
    return docx(_word("养老" * 60_000_000).encode())


put("excel/cut.xlsx", xlsx("<worksheet/>")[:700])
put("excel/not_closed.xlsx", xlsx(f'<worksheet xmlns="{_SHEET}"><sheetData><row><c>'))
put(
    "excel/string_that_is_not_there.xlsx",
    xlsx(
        f'<worksheet xmlns="{_SHEET}"><sheetData><row r="1"><c r="A1" t="s"><v>77</v></c></row>'
        "</sheetData></worksheet>"
    ),
)
put("excel/empty.xlsx", xlsx(f'<worksheet xmlns="{_SHEET}"><sheetData/></worksheet>'))
put(
    "excel/laughs.xlsx",
    xlsx(f'<!DOCTYPE d [<!ENTITY l0 "哈">{_LAUGHS}]><worksheet>&l11;</worksheet>'),
)
put("excel/no_sheets.xlsx", packed({"xl/workbook.xml": f'<workbook xmlns="{_SHEET}"/>'}))


@creature("excel/bomb.xlsx")
def _(path: Path) -> bytes:
    row = '<row><c t="inlineStr"><is><t>养老驿站</t></is></c></row>'
    return xlsx(
        f'<worksheet xmlns="{_SHEET}"><sheetData>{row * 2_000_000}</sheetData></worksheet>'.encode()
    )


# --- CSV, mail ------------------------------------------------------------------------------------

put("csv/zeros.csv", bytes(400), "NotText", "FileEmpty")
put("csv/empty_rows.csv", b",,,\n" * 100, "FileEmpty")
put("csv/noise.csv", random.Random(9).randbytes(3000))

put("mail/headers_only.eml", b"From: a@example.org\nSubject: \n\n", "FileEmpty")
put("mail/zeros.eml", bytes(300))
put(
    "mail/only_a_picture.eml",
    b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: image/png\n"
    b"Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n",
)


def _nested_mail(depth: int) -> bytes:
    mail = b"From: a@example.org\nSubject: x\n\n"
    for level in range(depth):
        mail = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) + mail
    return b"From: a@example.org\nMIME-Version: 1.0\n" + mail


put("mail/nested.eml", _nested_mail(3000))

# --- ZIP ------------------------------------------------------------------------------------------

_ZIP = packed({"a.txt": GOOD, "b.txt": GOOD + "乙"})
put("zip/cut.zip", _ZIP[: len(_ZIP) // 2])
put("zip/empty.zip", packed({}))
put("zip/nothing_readable.zip", packed({"x.unknown": b"1"}))
put("zip/wrong_sum.zip", _ZIP.replace(struct.pack("<I", zlib.crc32(GOOD.encode())), b"\1\2\3\4"))
put("zip/noise.zip", b"PK\x03\x04" + random.Random(11).randbytes(2000))


def _locked_zip() -> bytes:
    data = bytearray(_ZIP)
    for magic, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(magic)
        while place >= 0:
            data[place + flag] |= 1
            place = data.find(magic, place + 4)
    return bytes(data)


put("zip/locked.zip", _locked_zip())
put("zip/leads_out.zip", packed({"../../../etc/outside.txt": GOOD}))


def _within(depth: int) -> bytes:
    data = packed({"a.txt": GOOD})
    for _ in range(depth):
        data = packed({"again.zip": data})
    return data


put("zip/within_each_other.zip", _within(40))


@creature("zip/bomb.zip")
def _(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(4):
            with archive.open(f"{number}.txt", "w", force_zip64=True) as member:
                for _ in range(25):
                    member.write(b"0" * 10_000_000)


@creature("zip/more_names_than_anyone_needs.zip")
def _(path: Path) -> bytes:
    return packed({f"{number}.unknown": b"" for number in range(20_000)})


def clear(folder: Path) -> None:
    """Take a zoo away; ``shutil.rmtree`` has fewer calls than it has folders."""
    for path in folder.glob("rights/*"):
        path.chmod(0o700)
    subprocess.run(["rm", "-rf", folder], check=True)
