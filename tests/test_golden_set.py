"""The golden set is about the reports as they are printed: nothing in it is guessed or copied."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
REPORTS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))}
KINDS = {"who", "how_many", "when", "where", "why", "how", "what", "which", "yes_no"}
FORMS = {
    "questions.jsonl": {"question", "source", "answer", "kind", "article"},
    "unanswerable.jsonl": {"question", "source", "answer", "kind"},
    "follow_ups.jsonl": {"history", "question", "source", "answer"},
}
LONGEST_COPY = 8

Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    text = (ROOT / "tests" / "golden" / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


QUESTIONS = cases("questions.jsonl")
UNANSWERABLE = cases("unanswerable.jsonl")
FOLLOW_UPS = cases("follow_ups.jsonl")
ANSWERED = QUESTIONS + FOLLOW_UPS


def squeeze(text: str) -> str:
    return "".join(text.split())


def blocks(report: str) -> list[str]:
    """The report's blocks, a line joined to the one before where that one stops in mid-sentence."""
    joined: list[str] = []
    for line in filter(None, map(str.strip, report.splitlines())):
        before = joined[-1] if joined else ""
        goes_on = re.search(r"[\w,、;“]$", before) and not before.startswith("#")
        if goes_on and not line.startswith(("#", "●")):
            joined[-1] += line
        else:
            joined.append(line)
    return [squeeze(block) for block in joined]


def sentences(report: str) -> list[str]:
    return [part for block in blocks(report) for part in re.split(r"(?<=[。！？!?])", block)]


SENTENCES = {name: sentences(report) for name, report in REPORTS.items()}


def copied(question: str, sentence: str) -> str:
    """The longest run of the question that the sentence has too; quoted names may be copied."""
    asked = squeeze(re.sub(r"《[^》]*》|“[^”]*”|「[^」]*」", "\n", question))
    runs = (asked[i:j] for i in range(len(asked)) for j in range(i + 1, len(asked) + 1))
    return max((run for run in runs if run in sentence), key=len, default="")


@pytest.mark.parametrize("name", FORMS)
def test_every_line_has_the_form_that_the_readme_tells(name: str) -> None:
    for case in cases(name):
        assert set(case) == FORMS[name], case
        assert case["question"].strip() == case["question"] != ""
        assert all(isinstance(text, str) and text.strip() for text in case["answer"])


def test_there_are_enough_of_each() -> None:
    assert len(QUESTIONS) >= 110
    assert len(UNANSWERABLE) >= 30
    assert len(FOLLOW_UPS) >= 20


def test_every_report_is_asked_about_about_as_often() -> None:
    asked = Counter(case["source"] for case in QUESTIONS)
    assert set(asked) == set(REPORTS)
    assert max(asked.values()) <= 2 * min(asked.values())


def test_every_article_that_is_named_stands_in_its_report_and_has_four_questions() -> None:
    articles = Counter((case["source"], case["article"]) for case in QUESTIONS)
    for (source, article), asked in articles.items():
        assert squeeze(article) in squeeze(REPORTS[source])
        assert asked >= 4, article


def test_every_kind_of_question_is_asked() -> None:
    kinds = Counter(case["kind"] for case in QUESTIONS)
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 5


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case["question"])
def test_every_answer_stands_in_one_sentence_of_its_source(case: Case) -> None:
    assert case["answer"]
    for answer in case["answer"]:
        assert any(squeeze(answer) in sentence for sentence in SENTENCES[case["source"]]), answer


def test_every_answer_names_its_place() -> None:
    for case in ANSWERED:
        for answer in map(squeeze, case["answer"]):
            assert len(answer) >= 6, answer
            places = {name: squeeze(text).count(answer) for name, text in REPORTS.items()}
            # the headline may say it once more
            assert places.pop(case["source"]) in (1, 2), answer
            assert not any(places.values()), answer


def test_no_question_is_copied_from_the_sentence_that_answers_it() -> None:
    for case in ANSWERED:
        answers = [squeeze(answer) for answer in case["answer"]]
        for sentence in SENTENCES[case["source"]]:
            if any(answer in sentence for answer in answers):
                run = copied(case["question"], sentence)
                assert len(run) <= LONGEST_COPY, (run, case["question"])


def test_no_question_gives_its_own_answer_away() -> None:
    for case in ANSWERED:
        said = squeeze("".join([*case.get("history", []), case["question"]]))
        assert not any(squeeze(answer) in said for answer in case["answer"]), case["question"]


def test_no_question_is_asked_twice() -> None:
    alone = [squeeze(case["question"]) for case in QUESTIONS + UNANSWERABLE]
    talks = [(*case["history"], case["question"]) for case in FOLLOW_UPS]
    assert [text for text, times in Counter(alone).items() if times > 1] == []
    assert [talk for talk, times in Counter(talks).items() if times > 1] == []


def test_the_unanswerable_have_no_answer_and_half_are_close_to_the_subject() -> None:
    assert all(case["source"] is None and case["answer"] == [] for case in UNANSWERABLE)
    kinds = Counter(case["kind"] for case in UNANSWERABLE)
    assert set(kinds) == {"near", "far"}
    assert kinds["near"] >= len(UNANSWERABLE) / 2
    assert kinds["far"] >= len(UNANSWERABLE) / 3


def test_the_follow_ups_have_two_and_three_turns() -> None:
    turns = Counter(len(case["history"]) + 1 for case in FOLLOW_UPS)
    assert set(turns) == {2, 3}
    assert turns[3] >= 5
