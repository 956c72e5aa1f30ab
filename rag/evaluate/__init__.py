"""Questions with known answers and a retriever flow in; scores flow out.

A question that gets no results counts 0; none is left out.
"""

from rag.evaluate.cases import Case, load_cases
from rag.evaluate.scores import DEPTHS, Outcome, Scores, evaluate, rank_of, score

__all__ = ["DEPTHS", "Case", "Outcome", "Scores", "evaluate", "load_cases", "rank_of", "score"]
