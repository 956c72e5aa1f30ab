"""A file's text is decided on the whole file, and never replaced, guessed or cut."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encode.normalise import normalise
from rag.errors import EncodingUnknown, FileEmpty, NotText, ReadError, TextDamaged
from rag.read import decode

BROKEN = Path(__file__).parent / "data" / "broken"
REPORT = "今年新建养老驿站12个，\r\n覆盖14个街道。\n臺灣同胞也來參觀。\n"
WITHOUT_MARK = [
    "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030", "big5hkscs",
]  # fmt: skip
MARKED = [name for name in WITHOUT_MARK if name != "big5hkscs"]
TRADITIONAL = "今年新建養老驛站12個，\r\n覆蓋14個街道。\n同胞也來參觀。\n"


@pytest.mark.parametrize("encoding", WITHOUT_MARK)
def test_a_report_is_read_in_every_encoding_exactly_as_it_stands(encoding):
    said = TRADITIONAL if encoding == "big5hkscs" else REPORT
    assert decode(said.encode(encoding), "a.txt") == (said, encoding)


@pytest.mark.parametrize("encoding", MARKED)
def test_a_byte_order_mark_is_believed_and_is_no_part_of_the_text(encoding):
    assert decode(f"\ufeff{REPORT}".encode(encoding), "a.txt") == (REPORT, encoding)


@pytest.mark.parametrize("encoding", WITHOUT_MARK)
def test_mixed_line_ends_stand_as_they_are(encoding):
    text = "第一行。\r\n第二行。\r第三行。\n\n第五行。\r\n"
    assert decode(text.encode(encoding), "a.txt")[0] == text


@pytest.mark.parametrize("encoding", WITHOUT_MARK)
def test_a_nul_is_refused_with_its_place(encoding):
    data = ("今年新建驛站。\n" * 9 + "\0在中間。\n").encode(encoding)
    with pytest.raises(NotText) as caught:
        decode(data, "a.txt")
    assert "0x00" in caught.value.details["reason"]


@pytest.mark.parametrize("encoding", MARKED)
def test_characters_for_private_use_and_beyond_the_first_plane_stand_as_they_are(encoding):
    text = "姓名\ue5e5和\ue863，还有𠮷野家的𠮷与😀。\n" + REPORT
    assert decode(text.encode(encoding), "a.txt")[0] == text


@pytest.mark.parametrize("encoding", MARKED)
def test_combining_marks_stand_as_they_are(encoding):
    text = "拼音le\u0301nglei\u0300与Cafe\u0301，今年的报告。\n" + REPORT
    assert decode(text.encode(encoding), "a.txt")[0] == text


def test_letters_with_combining_marks_match_those_that_are_one_character():
    assert normalise("Cafe\u0301 le\u0301ng") == normalise("Caf\u00e9 l\u00e9ng")


@pytest.mark.parametrize("half", ["\ud83d", "\ude00", "\ude00\ud83d"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_half_a_surrogate_pair_is_refused(half, encoding, mark):
    data = f"{mark}{REPORT * 3}{half}{REPORT}".encode(encoding, "surrogatepass")
    with pytest.raises((TextDamaged, NotText, EncodingUnknown)):
        decode(data, "a.txt")


@given(
    st.text(alphabet="的一是在不了有和人这中大为上个国，。“”（）0123456789\n\r abcXYZ", min_size=8)
)
def test_text_comes_back_from_utf8_and_from_marked_utf16(text):
    if text.strip():
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert decode(text.encode(encoding), "a.txt")[0] == text


@pytest.mark.parametrize("text", ["联通", "模", "你好", "短讯。"])
def test_a_very_short_chinese_file_in_gb18030_is_not_taken_for_another_script(text):
    assert decode(text.encode("gb18030"), "a.txt") == (text, "gb18030")


@pytest.mark.parametrize("text", ["café", "Привет, отчёт за год", "čeština ěř", "😀表情"])
def test_utf8_of_other_scripts_stays_utf8(text):
    assert decode(text.encode(), "a.txt") == (text, "utf-8")


@pytest.mark.parametrize(
    "text", ["臺灣同胞也來參觀。", "新聞", "今年新建養老驛站12個，覆蓋各個街道。"]
)
def test_a_short_file_in_big5_is_told_from_gb18030(text):
    assert decode(text.encode("big5"), "a.txt") == (text, "big5hkscs")


def test_surrogates_written_as_utf8_are_refused_with_the_place():
    with pytest.raises(TextDamaged):
        decode("今年的表情是".encode() * 30 + b"\xed\xa0\xbd\xed\xb8\x80", "a.txt")


def test_an_encoding_that_shows_only_at_the_end_of_a_long_file_counts():
    data = (b"plain ascii line\n" * 100_000) + "最后一行是中文，用的是国标编码。".encode("gb18030")

    text, encoding = decode(data, "a.txt")

    assert encoding == "gb18030"
    assert text.endswith("最后一行是中文，用的是国标编码。")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("empty.txt", FileEmpty),
        ("only_white_space.txt", FileEmpty),
        ("only_zeros.txt", NotText),
        ("picture_named.txt", NotText),
        ("office_document_named.md", NotText),
        ("control_characters.txt", NotText),
        ("utf8_with_a_zero.txt", NotText),
        ("truncated_utf8.txt", TextDamaged),
        ("truncated_gb18030.txt", TextDamaged),
        ("truncated_utf16.txt", TextDamaged),
        ("one_bad_byte_in_utf8.txt", TextDamaged),
        ("binary_without_zeros.txt", EncodingUnknown),
        ("japanese_shift_jis.txt", EncodingUnknown),
    ],
)
def test_each_broken_file_is_refused_for_what_is_wrong_with_it(name, error):
    with pytest.raises(error) as caught:
        decode((BROKEN / name).read_bytes(), name)

    assert type(caught.value) is error
    assert name in caught.value.describe()


def test_no_broken_file_goes_untested():
    for path in BROKEN.iterdir():
        with pytest.raises(ReadError):
            decode(path.read_bytes(), path.name)


def test_a_truncated_character_is_named_by_line_and_byte():
    with pytest.raises(TextDamaged) as caught:
        decode("第一行\n第二行".encode()[:-1], "a.txt")

    assert caught.value.details == {"line": "2", "byte": "17", "encoding": "UTF-8"}


def test_a_picture_is_named_as_what_it_is():
    with pytest.raises(NotText, match="PNG"):
        decode((BROKEN / "picture_named.txt").read_bytes(), "picture_named.txt")
