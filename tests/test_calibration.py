"""Calibration: errors worked out by hand, the fit on answers of a known law, the file it leaves."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.cli import main
from rag.errors import CalibrationImpossible, TooFewCases
from rag.evaluate import (
    Case,
    Outcome,
    calibration_error,
    evaluate,
    fit,
    load_cases,
    reliability,
)
from rag.retrieve import (
    Calibration,
    find_calibration,
    ranking_identity,
    scaled,
    thresholds,
    write_calibration,
)
from rag.settings import load_settings
from rag.types import Status

ROOT = Path(__file__).parent.parent
GOLDEN = [str(path) for path in sorted((ROOT / "tests" / "golden").glob("*.jsonl"))]
FEWER = [file for file in GOLDEN if not file.endswith("/questions.jsonl")]
QUESTION = "中原区发放了多少份调查问卷？"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    index = tmp_path_factory.mktemp("built") / "index"
    rag.build(ROOT / "seeds", index)
    return index


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path, request):
    """No setting of whoever runs the tests reaches a test, no calibration of another test."""
    for name in type(load_settings()).model_fields:
        monkeypatch.delenv(f"RAG_{name.upper()}", raising=False)
    monkeypatch.setenv("RAG_DOCS", str(ROOT / "seeds"))
    monkeypatch.chdir(tmp_path)
    if "built" in request.fixturenames:
        (request.getfixturevalue("built") / "calibration.json").unlink(missing_ok=True)


# --- the error ---


def test_the_error_is_the_one_worked_out_by_hand():
    confidence = [0.1, 0.2, 0.6, 0.9]
    right = [False, True, True, True]
    bins = reliability(confidence, right, bins=2)
    assert [(one.count, one.confidence, one.right) for one in bins] == [
        (2, pytest.approx(0.15), 0.5),
        (2, pytest.approx(0.75), 1.0),
    ]
    by_hand = (2 * abs(0.15 - 0.5) + 2 * abs(0.75 - 1.0)) / 4
    assert calibration_error(confidence, right, bins=2) == pytest.approx(by_hand)


def test_a_confidence_that_comes_true_has_no_error():
    assert calibration_error([0.25] * 8, [True, False, False, False] * 2) == pytest.approx(0)


def test_bins_hold_as_equal_a_number_of_questions_as_can_be():
    counts = [one.count for one in reliability([n / 23 for n in range(23)], [True] * 23)]
    assert (len(counts), sum(counts), max(counts) - min(counts)) == (10, 23, 1)


def test_the_order_of_questions_with_one_confidence_does_not_matter():
    confidence = [0.5] * 20 + [0.9] * 3
    right = [True] * 7 + [False] * 13 + [True] * 3
    expected = reliability(confidence, right)
    assert reliability(confidence[::-1], right[::-1]) == expected


# --- the fit ---


def told(confidence, right, answerable=True):
    case = Case("问", "a.txt", ("答",)) if answerable else Case("问", None, ())
    rank = 1 if right else None
    return Outcome(case, rank, False, Status.UNCERTAIN, confidence)


def drawn(count, slope, shift, seed=3):
    """Outcomes whose answers are right as often as slope and shift say; half of the wrong ones
    have no answer."""
    draw = np.random.default_rng(seed)
    outcomes = []
    for place, odds in enumerate(draw.normal(0, 2, count)):
        confidence = round(1 / (1 + math.exp(-odds)), 4)
        right = draw.random() < 1 / (1 + math.exp(-(slope * odds + shift)))
        outcomes.append(told(confidence, right, answerable=right or place % 2 == 0))
    return outcomes


def test_the_scaling_that_the_answers_follow_is_found():
    found = fit(drawn(6000, slope=0.6, shift=1.2), load_settings(), "model").calibration
    assert (found.slope, found.shift) == (pytest.approx(0.6, abs=0.06), pytest.approx(1.2, abs=0.1))


def test_what_it_is_worth_is_told_on_questions_that_it_was_not_fitted_to():
    done = fit(drawn(400, slope=0.6, shift=1.2), load_settings(), "model")
    assert done.before.calibration_error > 0.1
    assert done.after.calibration_error < 0.06


def test_the_threshold_of_uncertain_refuses_at_most_three_in_a_hundred_of_the_answerable():
    outcomes = drawn(500, slope=1, shift=1)
    found = fit(outcomes, load_settings(), "model").calibration
    asked = [found.applied(one.confidence) for one in outcomes if one.case.answerable]
    refused = sum(confidence < found.uncertain for confidence in asked)
    assert refused <= 0.03 * len(asked) < refused + 2  # and no lower than it has to be


def test_nine_in_ten_of_the_found_are_right():
    outcomes = drawn(500, slope=1, shift=1)
    found = fit(outcomes, load_settings(), "model").calibration
    right = [one.right for one in outcomes if found.applied(one.confidence) >= found.found]
    assert np.mean(right) >= 0.9


def test_a_precision_that_cannot_be_reached_is_not_claimed():
    outcomes = drawn(600, slope=0.4, shift=-0.5)
    assert fit(outcomes, load_settings(), "model").calibration.found is None


@pytest.mark.parametrize(
    "outcomes",
    [
        [told(0.9, right=True)] * 14 + [told(0.1, right=False, answerable=False)] * 15,
        [told(0.9, right=True)] * 40,
        [told(0.9, right=True)] * 40 + [told(0.1, right=False, answerable=False)] * 9,
        [told(0.9, right=True)] * 9 + [told(0.1, right=False, answerable=False)] * 40,
    ],
)
def test_too_few_questions_are_refused_with_what_is_there(outcomes):
    with pytest.raises(TooFewCases) as caught:
        fit(outcomes, load_settings(), "model")
    assert caught.value.details["count"] == str(len(outcomes))


def test_a_confidence_that_says_the_contrary_is_refused():
    upside_down = [replace(one, confidence=1 - one.confidence) for one in drawn(200, 1, 0)]
    with pytest.raises(CalibrationImpossible):
        fit(upside_down, load_settings(), "model")


def test_scaling_keeps_the_order_and_stays_between_0_and_1():
    values = [scaled(odds, 0.8, 2.0) for odds in np.linspace(-900, 900, 50)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


# --- beside the index ---


def fingerprint_of(index):
    with rag.Retriever(index) as retriever:
        return retriever.index.manifest.shape.fingerprint


def put(index, **other):
    """Lay a calibration beside the index; what is not said fits."""
    made = {
        "slope": 1.0, "shift": 2.0, "found": 0.8, "uncertain": 0.3, "questions": 40,
        "created": "2024-05-01T00:00:00+00:00", "ranking": ranking_identity(),
        "fingerprint": fingerprint_of(index), "reranker": "none",
    }  # fmt: skip
    write_calibration(index, Calibration(**(made | other)))


def ask(index):
    with rag.Retriever(index) as retriever:
        return retriever.retrieve(QUESTION)


def test_calibrating_by_the_golden_set_makes_the_confidence_believable(built, capsys):
    assert main(["calibrate", *GOLDEN, "--index", str(built), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["after"]["calibration_error"] <= 0.08
    assert done["after"]["calibration_error"] <= done["before"]["calibration_error"]
    assert done["after"]["wrongly_refused"] <= 0.05
    written = json.loads((built / "calibration.json").read_text("utf-8"))
    assert written == done["calibration"]
    with rag.Retriever(built) as retriever:
        cases = [case for file in GOLDEN for case in load_cases(file)]
        scores = evaluate(retriever, cases)
    assert scores.wrongly_refused <= 0.03
    found = [one.right for one in scores.outcomes if one.status is Status.FOUND]
    assert np.mean(found) >= 0.9 or written["found"] is None


def test_calibrating_again_starts_from_the_bare_confidence(built, capsys):
    arguments = ["calibrate", *FEWER, "--index", str(built), "--json"]
    fits = []
    for _ in range(2):
        assert main(arguments) == 0
        done = json.loads(capsys.readouterr().out)
        del done["calibration"]["created"]
        fits.append(done)
    assert fits[0] == fits[1]


def test_other_documents_can_be_asked_for_the_time(built, tmp_path, capsys):
    docs = str(ROOT / "seeds")
    assert main(["calibrate", *FEWER, "--docs", docs, "--index", str(built)]) == 0
    assert (built / "calibration.json").exists()
    assert "calibration.json" in capsys.readouterr().out


def test_a_calibration_scales_the_confidence_and_moves_the_thresholds(built):
    before = ask(built)
    put(built, uncertain=0.0, found=1.0)
    after = ask(built)
    odds = math.log(before.confidence / (1 - before.confidence))
    assert after.confidence == pytest.approx(1 / (1 + math.exp(-odds - 2)), abs=1e-4)
    assert after.status is Status.UNCERTAIN
    assert after.hits == before.hits


def test_a_calibration_outlives_a_build(built, tmp_path):
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    (docs / "a.txt").write_text("临河镇今年新建养老驿站六个。\n", "utf-8")
    rag.build(docs, index)
    put(index)
    (docs / "b.txt").write_text("白石桥村今年采摘石榴两万斤。\n", "utf-8")
    assert rag.build(docs, index).published
    assert find_calibration(load_settings(index=index), fingerprint_of(index))[0] == "in_force"


@pytest.mark.parametrize("other", [{"ranking": "0" * 64}, {"fingerprint": "0"}, {"reranker": "x"}])
def test_a_calibration_for_something_else_is_left_aside_and_said_so(built, capsys, other):
    before = ask(built)
    put(built, **other)
    assert ask(built).confidence == before.confidence
    assert main(["status", "--index", str(built)]) == 0
    assert "rag calibrate" in capsys.readouterr().out
    assert main(["doctor", "--index", str(built), "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    [check] = [check for check in checks if check["name"] == "calibration"]
    assert check["level"] == "warn"
    assert "rag calibrate" in check["next_step"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"slope": 1}', "[" * 100_000,
     *(json.dumps({"slope": 1.0, "shift": 0.0, "found": 0.5, "uncertain": 0.1, "questions": 30,
                   "created": "", "ranking": "", "fingerprint": "", "reranker": ""} | other)
       for other in ({"slope": "1"}, {"slope": -1.0}, {"shift": math.inf}, {"uncertain": 2},
                     {"uncertain": None}, {"found": "x"}, {"more": 1}))],
)  # fmt: skip
def test_a_damaged_calibration_is_left_aside_and_said_so(built, capsys, text):
    before = ask(built)
    (built / "calibration.json").write_text(text, "utf-8")
    after = ask(built)
    assert (after.confidence, after.status) == (before.confidence, before.status)
    assert main(["doctor", "--index", str(built)]) == 0
    assert "calibration.json 已损坏" in capsys.readouterr().out


def test_a_calibration_in_force_is_named_by_status_and_doctor(built, capsys):
    put(built)
    assert main(["status", "--index", str(built)]) == 0
    assert "已用自己的问题校准" in capsys.readouterr().out
    assert main(["doctor", "--index", str(built)]) == 0
    assert "用 40 个问题校准" in capsys.readouterr().out


def test_a_threshold_that_is_set_wins_over_the_calibration(monkeypatch):
    made = Calibration(1, 0, 0.8, 0.3, 40, "", "", "", "none")
    assert thresholds(load_settings(), made) == (0.8, 0.3)
    monkeypatch.setenv("RAG_FOUND", "0.6")
    assert thresholds(load_settings(), made) == (0.6, 0.3)
    assert thresholds(load_settings(uncertain=0.2), made) == (0.6, 0.2)
    assert thresholds(load_settings(), replace(made, found=None))[0] == 0.6


def test_reset_takes_the_calibration_back(built, capsys):
    before = ask(built).confidence
    put(built)
    assert ask(built).confidence != before
    assert main(["calibrate", "--reset", "--index", str(built)]) == 0
    assert ask(built).confidence == before
    assert main(["calibrate", "--reset", "--index", str(built), "--json"]) == 0
    assert capsys.readouterr().out.endswith('{"removed": false}\n')


@pytest.mark.parametrize("arguments", [[], [GOLDEN[0], "--reset"]])
def test_questions_or_reset_and_not_both(arguments, capsys):
    assert main(["calibrate", *arguments]) == 2
    assert "--reset" in capsys.readouterr().err


def test_without_an_index_there_is_nothing_to_calibrate(capsys):
    docs = str(ROOT / "seeds")
    assert main(["calibrate", *GOLDEN, "--docs", docs, "--index", "none"]) == 2
    assert "rag build" in capsys.readouterr().err
    assert not Path("none").exists()


def test_too_few_questions_write_nothing(built, tmp_path, capsys):
    path = tmp_path / "few.jsonl"
    path.write_text('{"question": "问？", "source": null, "answer": []}\n', "utf-8")
    assert main(["calibrate", str(path), "--index", str(built)]) == 2
    assert "30" in capsys.readouterr().err
    assert not (built / "calibration.json").exists()
