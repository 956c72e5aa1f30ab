"""Questions with known answers and a retriever flow in; scores and calibrations flow out.

A question that gets no results counts 0; none is left out.
"""

from rag.evaluate.beir import Collection, load_collection
from rag.evaluate.calibration import Bin, calibration_error, reliability
from rag.evaluate.cases import Case, load_cases
from rag.evaluate.comparison import Change, Comparison, Difference, compare, interval, intervals
from rag.evaluate.corpus import indexed
from rag.evaluate.fitting import FALSE_REFUSALS, PRECISION, Checked, Fit, calibrate, fit
from rag.evaluate.gate import Gate, Verdict
from rag.evaluate.measures import DEPTHS, by_question
from rag.evaluate.scores import FIRST, Outcome, Scores, evaluate, rank_of, score
from rag.evaluate.trials import Trial, load_questions, rival_of, run_trials

__all__ = [
    "DEPTHS",
    "FALSE_REFUSALS",
    "FIRST",
    "PRECISION",
    "Bin",
    "Case",
    "Change",
    "Checked",
    "Collection",
    "Comparison",
    "Difference",
    "Fit",
    "Gate",
    "Outcome",
    "Scores",
    "Trial",
    "Verdict",
    "by_question",
    "calibrate",
    "calibration_error",
    "compare",
    "evaluate",
    "fit",
    "indexed",
    "interval",
    "intervals",
    "load_cases",
    "load_collection",
    "load_questions",
    "rank_of",
    "reliability",
    "rival_of",
    "run_trials",
    "score",
]
