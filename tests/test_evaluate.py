"""Evaluation: cases, scores against numbers worked out by hand, comparisons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import CasesError, CasesMissing
from rag.evaluate import Case, Outcome, compare, intervals, load_cases, rank_of, score
from rag.types import Status

GOOD = '{"question": "多少？", "source": "a.txt", "answer": ["三个"]}'


def known(rank, *, highlighted=False, status=Status.FOUND):
    return Outcome(Case("问", "a.txt", ("答",)), rank, highlighted, status)


def unknown(status):
    return Outcome(Case("问", None, ()), None, False, status)


def test_a_file_of_cases_is_read_in_order_whatever_its_line_ends(tmp_path):
    path = tmp_path / "cases.jsonl"
    second = (
        '{"question": "那它呢？", "source": null, "answer": [], "history": ["一"], "kind": "x"}'
    )
    path.write_bytes(f"\ufeff{GOOD}\r\n\r\n{second}\n".encode())
    assert load_cases(path) == [
        Case("多少？", "a.txt", ("三个",)),
        Case("那它呢？", None, (), ("一",)),
    ]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "JSON"),
        ("[]", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"source": "a", "answer": ["b"]}', '"question"'),
        ('{"question": " ", "source": "a", "answer": ["b"]}', '"question"'),
        ('{"question": "q", "answer": ["b"]}', '"source"'),
        ('{"question": "q", "source": 7, "answer": ["b"]}', '"source"'),
        ('{"question": "q", "source": "a"}', '"answer"'),
        ('{"question": "q", "source": "a", "answer": "b"}', '"answer"'),
        ('{"question": "q", "source": "a", "answer": []}', '"answer"'),
        ('{"question": "q", "source": null, "answer": ["b"]}', '"answer"'),
        ('{"question": "q", "source": "a", "answer": ["b"], "history": "c"}', '"history"'),
    ],
)
def test_a_broken_line_is_named_with_what_is_wrong(tmp_path, line, named):
    path = tmp_path / "cases.jsonl"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n", "utf-8")
    with pytest.raises(CasesError) as caught:
        load_cases(path)
    assert caught.value.details["line"] == "2"
    assert named in str(caught.value)


def test_bytes_that_are_no_utf8_are_named_by_their_line(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + GOOD.encode("gb18030"))
    with pytest.raises(CasesError) as caught:
        load_cases(path)
    assert caught.value.details["line"] == "2"


def test_a_file_without_cases_is_an_error(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("\n\n", "utf-8")
    with pytest.raises(CasesError):
        load_cases(path)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(CasesMissing):
        load_cases(tmp_path / "none.jsonl")


def test_a_passage_answers_when_it_is_of_the_source_and_holds_one_of_the_answers():
    case = Case("问", "a.txt", ("二百", "200 人"))
    passages = [("b.txt", "200人"), ("a.txt", "二十人"), ("a.txt", "共２００\n人（含）")]
    assert rank_of(case, passages) == 3


def test_no_passage_answers():
    assert rank_of(Case("问", "a.txt", ("答",)), []) is None


def test_scores_are_those_worked_out_by_hand():
    scores = score(
        [
            known(1, highlighted=True),
            known(2),
            known(5),
            known(None, status=Status.NOT_FOUND),
            unknown(Status.NOT_FOUND),
            unknown(Status.UNCERTAIN),
            unknown(Status.NOT_FOUND),
        ]
    )
    assert (scores.answerable, scores.unanswerable) == (4, 3)
    assert scores.recall == {1: 1 / 4, 3: 2 / 4, 5: 3 / 4, 10: 3 / 4}
    assert scores.mrr == pytest.approx((1 + 1 / 2 + 1 / 5 + 0) / 4)
    assert scores.highlighted == 1 / 4
    assert scores.refused == pytest.approx(2 / 3)
    assert scores.wrongly_refused == 1 / 4


def test_shares_of_nothing_are_not_claimed():
    only_known, only_unknown = score([known(1)]), score([unknown(Status.FOUND)])
    assert only_known.refused is None
    assert (only_unknown.recall, only_unknown.mrr, only_unknown.highlighted) == (None, None, None)
    assert only_unknown.wrongly_refused is None


@given(st.lists(st.none() | st.integers(1, 12), min_size=1, max_size=30))
def test_recall_counts_the_first_k_and_mrr_the_first_ten(ranks):
    scores = score([known(rank) for rank in ranks])
    reached = [rank for rank in ranks if rank]
    for k in (1, 3, 5, 10):
        assert scores.recall[k] == pytest.approx(sum(r <= k for r in reached) / len(ranks))
    assert scores.mrr == pytest.approx(sum(1 / r for r in reached if r <= 10) / len(ranks))


def judged(documents, **grades):
    case = Case("问", None, (), judged=tuple(grades.items()))
    return Outcome(case, None, None, Status.FOUND, documents=tuple(documents))


def test_judged_documents_score_as_worked_out_by_hand():
    scores = score([judged(["x", "a", "c"], a=2, b=1, c=1), judged([], a=1)])
    gained = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert scores.ndcg == pytest.approx((gained / ideal + 0) / 2)
    assert scores.recall == pytest.approx({1: 0, 3: 2 / 3 / 2, 5: 2 / 3 / 2, 10: 2 / 3 / 2})
    assert scores.mrr == pytest.approx((1 / 2 + 0) / 2)
    assert (scores.answerable, scores.highlighted) == (2, None)


def test_a_passage_of_a_document_judged_above_0_answers():
    case = Case("问", None, (), judged=(("a", 0), ("b", 1)))
    assert rank_of(case, [("a", "文"), ("c", "文"), ("b", "文")]) == 3


def test_ndcg_is_not_claimed_where_no_document_is_judged():
    assert score([known(1)]).ndcg is None


def test_the_calibration_error_counts_every_question_that_claims_a_confidence():
    sure = Outcome(Case("问", "a.txt", ("答",)), 1, True, Status.FOUND, 0.75)
    wrong = Outcome(Case("问", None, ()), None, False, Status.FOUND, 0.75)
    assert score([sure, wrong, known(1)]).calibration_error == pytest.approx(0.25)
    assert score([known(1)]).calibration_error is None


def test_only_the_first_three_passages_make_a_confidence_right():
    assert [known(rank).right for rank in (1, 3, 4, None)] == [True, True, False, False]


# --- comparing ---


def test_a_difference_that_is_there_is_seen_and_its_interval_holds_the_truth():
    draw = np.random.default_rng(7)
    theirs = [known(1 if hit else None) for hit in draw.random(1000) < 0.5]
    ours = [known(1) if draw.random() < 0.2 else other for other in theirs]
    [first] = [one for one in compare(ours, theirs).differences if one.measure == "R@1"]
    assert first.low < 0.5 * 0.2 < first.high  # one in five of the missed half is gained
    assert first.sure
    assert first.difference == pytest.approx(first.ours - first.theirs)


def test_a_difference_that_is_not_there_is_not_claimed():
    draw = np.random.default_rng(8)
    ours, theirs = ([known(int(rank)) for rank in draw.integers(1, 4, 400)] for _ in range(2))
    assert not any(one.sure for one in compare(ours, theirs).differences)


def test_questions_are_resampled_in_pairs():
    ranks = [1, 2, 3, 4, 5] * 20
    better = [known(rank) for rank in ranks]
    [mrr] = [one for one in compare(better, better).differences if one.measure == "MRR@10"]
    assert (mrr.difference, mrr.low, mrr.high) == (0, 0, 0)


def test_the_interval_of_a_share_is_as_wide_as_the_binomial_law_says():
    low, high = intervals([known(1 if number % 2 else None) for number in range(400)])["R@1"]
    width = 2 * 1.96 * math.sqrt(0.25 / 400)
    assert high - low == pytest.approx(width, rel=0.15)
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.01)


def test_the_same_outcomes_give_the_same_intervals():
    outcomes = [known(1), known(3), known(None), unknown(Status.FOUND)]
    assert intervals(outcomes) == intervals(outcomes)


def test_questions_gained_and_lost_are_told_one_by_one():
    ours = [known(1), known(3), known(2), unknown(Status.NOT_FOUND), unknown(Status.FOUND)]
    theirs = [known(2), known(None), known(1), unknown(Status.FOUND), unknown(Status.FOUND)]
    versus = compare(ours, theirs)
    assert [(one.ours, one.theirs) for one in versus.gained] == [
        (ours[0], theirs[0]), (ours[1], theirs[1]), (ours[3], theirs[3]),
    ]  # fmt: skip
    assert [(one.ours, one.theirs) for one in versus.lost] == [(ours[2], theirs[2])]


def test_a_measure_that_concerns_no_question_is_not_compared():
    versus = compare([known(1)], [known(2)])
    assert {"refused", "nDCG@10"}.isdisjoint(one.measure for one in versus.differences)
