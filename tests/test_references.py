"""Citations for a list of references: what is known, in the forms that others read."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import archive
import pytest
from archive import build
from hypothesis import given
from hypothesis import strategies as st

from rag.cli import main
from rag.retrieve import Retriever, reference, references
from rag.types import Citation, CitationStyle, Metadata

PLAIN = Citation(
    source="reports/0001.txt", title="养老驿站开工", section=None, byline="本报记者 甲乙",
    date="2021年6月3日", page=None, line_start=3, line_end=5, spans=((10, 40),),
    sha256="ab" * 32, label="",
)  # fmt: skip
NEWS = replace(PLAIN, metadata=Metadata(publisher="临河日报", edition="A02", issued="2021-06-03"))
BARE = replace(PLAIN, title=None, byline=None, date=None, line_end=3)


def csl(citation):
    [entry] = json.loads(references([citation], CitationStyle.CSL))
    return entry


def fields(entry):
    """The fields of a BibTeX entry, without their braces."""
    return dict(re.findall(r"^  (\w+) = \{+(.*?)\}+,$", entry, re.M))


def test_gb_t_7714_of_a_newspaper_names_paper_date_and_page():
    assert reference(NEWS) == (
        "本报记者 甲乙. 养老驿站开工[N]. 临河日报, 2021-06-03(A02): 第 3–5 行."
    )


def test_gb_t_7714_of_any_other_file_names_the_file():
    assert reference(PLAIN) == (
        "本报记者 甲乙. 养老驿站开工[Z]. reports/0001.txt, 2021年6月3日: 第 3–5 行."
    )


def test_what_is_not_known_is_left_out():
    assert reference(BARE) == "reports/0001.txt[Z]. 第 3 行."
    assert not {"author", "issued", "publisher", "container-title", "page"} & csl(BARE).keys()
    entry = fields(references([BARE], CitationStyle.BIBTEX))
    assert entry.keys() == {"title", "howpublished", "note"}


def test_a_publisher_without_an_edition_makes_no_newspaper():
    office = replace(PLAIN, metadata=Metadata(publisher="临河县统计局"))
    assert "[Z]. 临河县统计局, reports/0001.txt" in reference(office)
    assert (csl(office)["type"], csl(office)["publisher"]) == ("document", "临河县统计局")


def test_pages_of_a_paged_file_are_named():
    paged = replace(PLAIN, page=2, page_end=2)
    assert reference(paged).endswith(": 第 2 页第 3–5 行.")
    across = replace(paged, page_end=3, line_end=1)
    assert reference(across).endswith(": 第 2 页第 3 行–第 3 页第 1 行.")


def test_references_are_numbered_in_order():
    lines = references([NEWS, BARE], CitationStyle.GBT7714).splitlines()
    assert [line[:4] for line in lines] == ["[1] ", "[2] "]


def test_bibtex_holds_what_is_known():
    entry = references([NEWS], CitationStyle.BIBTEX)
    assert entry.startswith("@article{wenju-")
    known = fields(entry)
    assert known["title"] == "养老驿站开工"
    assert (known["journal"], known["number"]) == ("临河日报", "A02")
    assert (known["year"], known["month"], known["day"]) == ("2021", "6", "3")
    assert PLAIN.sha256 in known["note"]


def test_csl_holds_what_is_known():
    entry = csl(NEWS)
    assert entry["type"] == "article-newspaper"
    assert (entry["container-title"], entry["page"]) == ("临河日报", "A02")
    assert entry["issued"] == {"date-parts": [[2021, 6, 3]]}
    assert entry["author"] == [{"literal": "本报记者 甲乙"}]


@pytest.mark.parametrize(
    ("printed", "issued"),
    [
        ("2021年6月3日", {"date-parts": [[2021, 6, 3]]}),
        ("2021 年 6 月", {"date-parts": [[2021, 6]]}),
        ("2021年", {"date-parts": [[2021]]}),
        ("2021-06-03", {"date-parts": [[2021, 6, 3]]}),
        ("6月3日", {"literal": "6月3日"}),
        ("二〇二一年", {"literal": "二〇二一年"}),
    ],
)
def test_a_date_is_as_exact_as_it_is_printed(printed, issued):
    assert csl(replace(PLAIN, date=printed))["issued"] == issued


def test_a_date_without_a_year_is_no_year_in_bibtex():
    entry = fields(references([replace(PLAIN, date="6月3日")], CitationStyle.BIBTEX))
    assert "year" not in entry
    assert entry["note"].startswith("6月3日, ")


def test_two_passages_have_two_keys_and_one_passage_always_the_same():
    other = replace(PLAIN, spans=((50, 60),))
    elsewhere = replace(PLAIN, source="copy.txt")
    keys = [csl(each)["id"] for each in (PLAIN, other, elsewhere)]
    assert len(set(keys)) == 3
    assert csl(PLAIN)["id"] == keys[0]
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


@given(title=st.text(min_size=1), byline=st.text(min_size=1))
def test_whatever_is_printed_an_entry_stays_one_entry(title, byline):
    citation = replace(PLAIN, title=title, byline=byline)
    entry = references([citation], CitationStyle.BIBTEX)
    depth = [0]
    for char in entry:
        depth.append(depth[-1] + {"{": 1, "}": -1}.get(char, 0))
    assert min(depth) == 0
    assert depth.index(0, entry.index("{") + 1) == len(depth) - 1  # closed by its last brace only
    assert len(references([citation], CitationStyle.GBT7714).splitlines()) == 1
    assert csl(citation)["type"] == "document"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cited")
    page = archive.report("青杨岭乡通山路", "山路已经通车。", "班车也已开通。")
    build(archive.write(folder / "docs", one=page), folder / "index")
    return folder


def arguments(built, *more):
    where = ["--docs", str(built / "docs"), "--index", str(built / "index")]
    return ["search", "青杨岭乡的山路通车了吗", *where, *more]


def test_the_command_prints_references_and_nothing_else_on_stdout(built, capsys):
    with Retriever(built / "index", docs=built / "docs") as retriever:
        hits = retriever.retrieve("青杨岭乡的山路通车了吗").hits
    for style in CitationStyle:
        assert main(arguments(built, "--cite", style)) == 0
        captured = capsys.readouterr()
        assert captured.out == references([hit.citation for hit in hits], style) + "\n"
        assert "把握" in captured.err


def test_where_nothing_was_found_nothing_is_cited(built, capsys):
    blank = [one if one[:1] != "青" else " " for one in arguments(built, "--cite", "csl")]
    assert main(blank) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert "没有找到" in captured.err


def test_a_stale_file_is_told_of(built, capsys):
    path = built / "docs" / "one.txt"
    before = path.read_text("utf-8")
    path.write_text(before + "又及。\n", "utf-8")
    assert main(arguments(built, "--cite", "gbt7714")) == 0
    assert "⚠ one.txt" in capsys.readouterr().err
    path.write_text(before, "utf-8")


def test_one_style_or_the_whole_answer(built, capsys):
    assert main(arguments(built, "--cite", "csl", "--json")) == 2
    assert main(arguments(built, "--cite", "apa")) == 2
    assert "gbt7714 bibtex csl" in capsys.readouterr().err
