"""Conditions on what is known of a passage."""

from __future__ import annotations

import archive
import pytest
from archive import build

import rag
from rag.cli import main
from rag.errors import QuestionError
from rag.retrieve import Retriever
from rag.retrieve.filters import conditions
from rag.types import BlockKind, Chunk, Metadata

NEWS = """河湾日报 2021年6月3日 星期四 第3版

{place}通水

本报讯（记者 {who}）{place}的水渠昨日通水，全长三十公里。县长{mayor}表示，明年再修一条。

水渠由{place}水利局承建，沿线六个村的村民都来看水。
"""
OTHER = "江城晚报 2022年1月5日 星期三 第1版\n\n水渠停工\n\n本报讯 水渠昨日停工，明年再修。\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filters")
    one = NEWS.format(place="正定县", who="张海华", mayor="李建国")
    two = NEWS.format(place="平山县", who="王晓明", mayor="陈明")
    docs = archive.write(folder / "docs", a=one, b=two.replace("6月", "7月"), c=OTHER)
    (docs / "c.txt").rename(docs / "c.md")
    build(docs, folder / "index")
    return folder / "index"


def sources(index, *where, **more):
    with Retriever(index) as retriever:
        return {
            hit.citation.source for hit in retriever.retrieve("水渠", 9, where=where, **more).hits
        }


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (("place=正定县",), {"a.txt"}),
        (("place=平山",), {"b.txt"}),
        (("organisation=水利局",), {"a.txt", "b.txt"}),
        (("person=李建国",), {"a.txt"}),
        (("person=王晓明",), {"b.txt"}),
        (("publisher=江城晚报",), {"c.md"}),
        (("kind=md",), {"c.md"}),
        (("kind=.TXT",), {"a.txt", "b.txt"}),
        (("issued=2021",), {"a.txt", "b.txt"}),
        (("issued>=2021-07",), {"b.txt", "c.md"}),
        (("issued<=2021-06-03",), {"a.txt"}),
        (("issued<2021-07", "issued>2020"), {"a.txt"}),
        (("issued > 2021-06", "kind = txt"), {"b.txt"}),
        (("place=石门",), set()),
    ],
)
def test_only_passages_of_which_all_is_known_are_found(index, where, found):
    assert sources(index, *where) == found


@pytest.mark.parametrize("mode", ["dense", "sparse", "hybrid"])
def test_conditions_hold_in_every_mode_and_beside_sources(index, mode):
    assert sources(index, "issued=2021", mode=mode) == {"a.txt", "b.txt"}
    assert sources(index, "issued=2021", mode=mode, sources=["b*", "c*"]) == {"b.txt"}


def test_the_retrieval_function_takes_them_too(index):
    answer = rag.retrieve("水渠", 3, index, where=["place=正定县"])
    assert {hit.citation.source for hit in answer.hits} == {"a.txt"}


@pytest.mark.parametrize(
    "text", ["", "place", "town=正定县", "place>正定县", "issued=6月", "issued>", "="]
)
def test_what_cannot_be_understood_is_refused(text):
    with pytest.raises(QuestionError):
        conditions([text])


def test_the_command_takes_them_and_refuses_what_it_does_not_understand(index, capsys):
    assert main(["search", "水渠", "--where", "place=正定县", "--index", str(index)]) == 0
    shown = capsys.readouterr().out
    assert "a.txt" in shown
    assert "b.txt" not in shown
    assert main(["search", "水渠", "--where", "town=x", "--index", str(index)]) == 2


def test_what_is_not_known_does_not_hold():
    span = ((0, 2),)
    bare = Chunk("a@0", "a", BlockKind.PARAGRAPH, "水渠", span, span, 1, 1, None, None, None, None)
    assert not any(one.holds(bare) for one in conditions(["place=水", "issued>1900", "person=水"]))
    day = Chunk(
        "a@0", "a", BlockKind.PARAGRAPH, "水渠", span, span, 1, 1, None, None, None, "6月3日",
        metadata=Metadata(),
    )  # fmt: skip
    assert not conditions(["issued>1900"])[0].holds(day)


def test_a_condition_that_few_hold_is_met_however_far_down_they_stand(tmp_path):
    pages = {f"p{n:03}": archive.report(f"水渠{n}", f"第{n}条水渠通水。") for n in range(70)}
    rare = NEWS.format(place="正定县", who="张海华", mayor="李建国")
    docs = archive.write(tmp_path / "docs", rare=rare, **pages)
    build(docs, tmp_path / "index")
    assert sources(tmp_path / "index", "place=正定县") == {"rare.txt"}
