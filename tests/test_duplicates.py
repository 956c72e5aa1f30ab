"""The same passage in several places is found once, with all its places cited."""

from __future__ import annotations

import json
import random

import archive
import pytest
from archive import build

from rag.cli import main
from rag.retrieve import Retriever
from rag.retrieve.duplicates import Print
from rag.saved import verify_saved
from rag.types import BlockKind, Chunk, Metadata

FACT = "养老驿站今年新建十二个。"
PAGE = archive.report("养老驿站开工", FACT, "道路修缮全部完成。", "食堂开到了村口。")
OTHER = archive.report("水渠通水", "水渠全长三十公里。")
QUESTION = "今年新建多少个养老驿站？"


def asked(docs, index, k=5, **more):
    build(docs, index)
    with Retriever(index, docs=docs) as retriever:
        return retriever.retrieve(QUESTION, k, **more)


def misread(text, share=0.03):
    rng = random.Random(1)
    return "".join("囗" if char.isalpha() and rng.random() < share else char for char in text)


def test_the_same_article_in_two_files_is_found_once_with_both_places(tmp_path):
    docs = archive.write(tmp_path / "docs", a=PAGE, b=OTHER, c=PAGE)
    answer = asked(docs, tmp_path / "index")
    first = answer.hits[0]
    assert (first.citation.source, [one.source for one in first.also]) == ("a.txt", ["c.txt"])
    assert first.also[0].line_start == first.citation.line_start
    assert len({hit.text for hit in answer.hits}) == len(answer.hits)


def test_the_same_page_twice_in_a_file_is_found_once(tmp_path):
    docs = archive.write(tmp_path / "docs", a=f"{PAGE}\n\n{OTHER}\n\n{PAGE}", b=OTHER)
    first = asked(docs, tmp_path / "index").hits[0]
    assert [one.source for one in first.also] == ["a.txt"]
    assert first.also[0].line_start > first.citation.line_start


def test_a_copy_with_characters_misread_is_the_same_passage(tmp_path):
    docs = archive.write(tmp_path / "docs", a=PAGE, b=misread(PAGE))
    answer = asked(docs, tmp_path / "index")
    places = {answer.hits[0].citation.source, *(one.source for one in answer.hits[0].also)}
    assert places == {"a.txt", "b.txt"}


def test_many_copies_do_not_take_the_places_of_others(tmp_path):
    pages = {f"copy{number:03}": PAGE for number in range(90)}
    docs = archive.write(tmp_path / "docs", zz=OTHER, **pages)
    few = archive.write(tmp_path / "few", a=PAGE, zz=OTHER)
    answer = asked(docs, tmp_path / "index", k=9)
    alone = {hit.text for hit in asked(few, tmp_path / "other", k=9).hits}
    assert {hit.text for hit in answer.hits} == alone
    assert len(answer.hits) == len(alone) > 1
    assert len(answer.hits[0].also) == 89
    again = asked(docs, tmp_path / "index", k=9)
    assert again.hits == answer.hits


def test_only_places_that_are_searched_are_cited(tmp_path):
    docs = archive.write(tmp_path / "docs", a=PAGE, b=PAGE, c=PAGE)
    first = asked(docs, tmp_path / "index", sources=["b*", "c*"]).hits[0]
    assert (first.citation.source, [one.source for one in first.also]) == ("b.txt", ["c.txt"])


def test_every_place_is_printed_and_saved_and_proven(tmp_path, capsys):
    docs, index = archive.write(tmp_path / "docs", a=PAGE, b=PAGE), tmp_path / "index"
    label = asked(docs, index).hits[0].also[0].label
    where = ["--docs", str(docs), "--index", str(index)]
    main(["search", QUESTION, *where])
    assert f"另见 {label}" in capsys.readouterr().out
    main(["search", QUESTION, "--json", *where])
    saved = tmp_path / "answer.json"
    saved.write_text(capsys.readouterr().out)
    assert json.loads(saved.read_text())["hits"][0]["also"][0]["label"] == label
    report = verify_saved(saved, docs)
    assert {proof.source for proof in report.proofs} == {"a.txt", "b.txt"}
    assert report.proven == len(report.proofs)
    (docs / "b.txt").write_text(OTHER)
    report = verify_saved(saved, docs)
    assert {proof.source for proof in report.proofs if proof.code} == {"b.txt"}


def chunk(text, **known):
    spans = ((0, len(text)),)
    return Chunk(
        "a@0", "a", BlockKind.PARAGRAPH, text, spans, spans, 1, 1, None, None, None, None,
        metadata=Metadata(**known),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (chunk(PAGE), chunk(PAGE.replace("三", "3").replace("12", "13") + "共40户。")),
        (chunk("正定县" + PAGE, places=("正定县",)), chunk("平山县" + PAGE, places=("平山县",))),
        (chunk("完成一半。"), chunk("完成一年。")),
        (chunk(PAGE), chunk(OTHER)),
    ],
)
def test_what_says_something_else_is_another_passage(one, other):
    assert not Print(one).is_same(Print(other))


def test_line_breaks_and_marks_make_no_other_passage():
    assert Print(chunk(PAGE)).is_same(Print(chunk(PAGE.replace("。", "．").replace("\n", ""))))
