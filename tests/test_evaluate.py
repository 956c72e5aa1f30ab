"""Evaluation: cases, and scores against numbers worked out by hand and by another tool."""

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import CasesError, CasesMissing
from rag.evaluate import Case, Outcome, load_cases, rank_of, score
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


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(1, 12), min_size=1, max_size=30))
def test_recall_and_mrr_are_those_of_ir_measures(ranks):
    qrels = [ir_measures.Qrel(str(query), "relevant", 1) for query in range(len(ranks))]
    run = [
        ir_measures.ScoredDoc(str(query), "relevant" if place == rank else f"{place}", 100 - place)
        for query, rank in enumerate(ranks)
        for place in range(1, 13)
    ]
    measures = {k: ir_measures.Success @ k for k in (1, 3, 5, 10)}
    reciprocal = ir_measures.RR @ 10
    expected = ir_measures.calc_aggregate([*measures.values(), reciprocal], qrels, run)
    scores = score([known(rank) for rank in ranks])
    assert scores.recall == pytest.approx({k: expected[each] for k, each in measures.items()})
    assert scores.mrr == pytest.approx(expected[reciprocal])
