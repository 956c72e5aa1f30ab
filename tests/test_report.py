"""Comparisons on the terminal, and the report of an evaluation: one page that needs nothing."""

import json
import re
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import pytest

import rag
from rag.cli import main
from rag.evaluate import Case, Outcome, Trial, score
from rag.settings import Settings
from rag.types import Language, Status
from rag.web import write_report
from rag.web.report_texts import EN, ZH

ROOT = Path(__file__).parent.parent
FOLLOW_UPS, QUESTIONS, UNANSWERABLE = (
    str(ROOT / "tests" / "golden" / f"{name}.jsonl")
    for name in ("follow_ups", "questions", "unanswerable")
)
HOSTILE = "<script>bad()</script><img src=x onerror=bad()>\u202e${bad()}"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    index = tmp_path_factory.mktemp("built") / "index"
    rag.build(ROOT / "seeds", index)
    return index


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RAG_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


class Page(HTMLParser):
    """The tags, addresses and visible text of a page."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            assert not name.startswith("on")
            if name in ("src", "href", "action", "srcset", "data"):
                self.addresses.append(value)

    def handle_data(self, data):
        self.text += data


def outcome(rank, *, answerable=True, status=Status.FOUND, confidence=0.5, question="问"):
    case = Case(question, "a.txt", ("答",)) if answerable else Case(question, None, ())
    return Outcome(case, rank, rank == 1, status, confidence)


def report(tmp_path, ours, theirs=None, language=Language.ZH):
    path = tmp_path / "report.html"
    trials = [
        Trial(name, {"q.jsonl": score(outcomes)}) if outcomes else None
        for name, outcomes in (("hybrid", ours), ("sparse", theirs))
    ]
    write_report(path, *trials, {"mode": "hybrid", "index": "index", "model": "m"}, language)
    return path.read_text("utf-8")


# --- comparing two configurations ---


def test_another_mode_is_compared_with_intervals_and_the_questions_gained_and_lost(built, capsys):
    arguments = ["eval", FOLLOW_UPS, UNANSWERABLE, "--index", str(built), "--against", "dense"]
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    against = printed["against"]
    assert against["name"] == "dense"
    differences = {one["measure"]: one for one in against["differences"]}
    assert differences["R@1"]["ours"] == pytest.approx(printed["all"]["recall"]["1"])
    assert differences["R@1"]["theirs"] == pytest.approx(against["all"]["recall"]["1"])
    assert differences["R@1"]["questions"] == printed["all"]["answerable"]
    for one in differences.values():
        assert one["low"] <= one["difference"] <= one["high"]
    assert main([*arguments, "-v"]) == 0
    shown = capsys.readouterr().out
    assert "与 dense 相比" in shown
    for mark, changes in (("+", against["gained"]), ("-", against["lost"])):
        for change in changes:
            assert f"{mark} {change['ours']['case']['question']}  " in shown


def test_another_index_is_compared_with_the_passages_that_it_has(built, tmp_path, capsys):
    short = tmp_path / "short"
    settings = Settings(docs=ROOT / "seeds", index=short, chunk_chars=80)
    rag.build(settings=settings)
    arguments = ["eval", QUESTIONS, "--index", str(short), "--json"]
    assert main(arguments) == 0
    alone = json.loads(capsys.readouterr().out)["all"]
    arguments = ["eval", QUESTIONS, "--index", str(built), "--against", str(short), "--json"]
    assert main(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["against"]["all"] == alone
    assert printed["all"] != alone


def test_other_documents_are_indexed_for_the_time(tmp_path, capsys):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("临河镇今年新建养老驿站六个。\n", "utf-8")
    (docs / "broken.txt").write_bytes(b"\x00\x01")
    case = {"question": "临河镇新建多少个养老驿站？", "source": "a.txt", "answer": ["六个"]}
    Path("q.jsonl").write_text(json.dumps(case), "utf-8")
    assert main(["eval", "q.jsonl", "--docs", str(docs), "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["all"]["recall"]["1"] == 1.0
    assert "broken.txt" in captured.err
    assert not Path("index").exists()


@pytest.mark.parametrize("named", ["spase", "none/at/all"])
def test_what_can_be_compared_with_is_said_where_it_is_neither(named, capsys):
    assert main(["eval", FOLLOW_UPS, "--against", named]) == 2
    said = capsys.readouterr().err
    assert "hybrid、dense、sparse" in said
    assert named in said


# --- the page ---


def test_the_report_is_one_file_that_fetches_nothing_and_runs_nothing(built, tmp_path, capsys):
    path = tmp_path / "报告.html"
    arguments = ["eval", FOLLOW_UPS, UNANSWERABLE, "--index", str(built)]
    assert main([*arguments, "--against", "sparse", "--html", str(path)]) == 0
    source = path.read_text("utf-8")
    page = Page(source)
    assert page.addresses == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert "url(" not in source
    assert "@import" not in source
    assert page.tags.count("svg") >= 8 + 3
    cases = [json.loads(line) for line in Path(FOLLOW_UPS).read_text("utf-8").splitlines()]
    assert all(case["question"] in page.text for case in cases)


def test_every_measure_has_its_interval_and_every_question_its_verdict(tmp_path):
    ours = [outcome(1, confidence=0.83), outcome(2), outcome(None, status=Status.NOT_FOUND)]
    page = Page(report(tmp_path, ours)).text
    for said in ("R@1", "R@10", "MRR@10", "0.333", "83%", "前 10 段里没有答案", "没答好的 2 个"):
        assert said in page


def test_what_was_gained_and_lost_is_listed(tmp_path):
    ours = [outcome(1, question="变好了"), outcome(4, question="变差了")]
    theirs = [outcome(3, question="变好了"), outcome(1, question="变差了")]
    page = Page(report(tmp_path, ours, theirs)).text
    assert page.index("更好的 1 个") < page.index("3 → 1") < page.index("更差的 1 个")
    assert page.index("更差的 1 个") < page.index("1 → 4")


def test_a_question_cannot_become_markup(tmp_path):
    source = report(tmp_path, [outcome(1, question=HOSTILE), outcome(None, answerable=False)])
    page = Page(source)
    assert {"script", "img"}.isdisjoint(page.tags)
    assert "\u202e" not in page.text
    assert "<script>bad()</script>" in page.text


@pytest.mark.parametrize(
    "ours",
    [
        [outcome(1)],
        [outcome(None, answerable=False, status=Status.NOT_FOUND, confidence=0.0)],
        [outcome(None, confidence=None, status=Status.FOUND)],
        [outcome(None, confidence=0.0, status=Status.NOT_FOUND)] * 12,
    ],
)
def test_a_page_is_made_of_whatever_there_is(tmp_path, ours):
    page = Page(report(tmp_path, ours, ours))
    assert "nan" not in page.text
    assert page.tags.count("table") >= 1


def test_the_report_is_in_the_language_of_the_settings(tmp_path):
    english = report(tmp_path, [outcome(1, question="q")], language=Language.EN)
    body = english.partition("<body>")[2]
    assert '<html lang="en">' in english
    assert not re.search("[一-鿿]", re.sub("答|问据", "", body))


@pytest.mark.parametrize("field", [field.name for field in fields(ZH)])
def test_both_languages_of_the_report_say_the_same_things(field):
    def slots(text):
        return set(re.findall(r"{(\w+)}", text))

    zh, en = getattr(ZH, field), getattr(EN, field)
    if isinstance(zh, dict):
        assert {name: slots(text) for name, text in zh.items()} == {
            name: slots(text) for name, text in en.items()
        }
    else:
        assert slots(zh) == slots(en)


def test_a_report_that_cannot_be_written_is_an_error_with_the_next_step(built, capsys):
    arguments = [
        "eval",
        FOLLOW_UPS,
        "--index",
        str(built),
        "--html",
        "none/r.html",
    ]
    assert main(arguments) == 2
    assert "报告无法写入" in capsys.readouterr().err
