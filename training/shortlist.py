"""Learns which candidates are worth a close look, from public questions with known passages.

Every question of ``training/asking.py`` is put to the legs of the search alone; how likely each
candidate is to answer is learned by a softmax over all of them: a weighted sum first, then boosted
trees for what it leaves.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import gather
from rag.retrieve.question import understand
from rag.retrieve.ranking import by_score
from rag.retrieve.shortlist import FILE, LOOKED_AT, Shortlist, seen, worth_a_look
from rag.retrieve.trees import LEAVES
from rag.store import Index
from training.asking import Posed, asked_of_all, right_passages
from training.fitting import fit_order, trees_of

BOOSTING = {
    "num_leaves": LEAVES - 1,
    "learning_rate": 0.1,
    "min_data_in_leaf": 30,
    "min_sum_hessian_in_leaf": 0.5,
    "lambda_l2": 2.0,
    "feature_fraction": 0.7,
    "seed": 1,
    "deterministic": True,
    "verbose": -1,
}
ROUNDS = 100
MORE = 4
"""Times the questions that the ranking is learned from: these cost little."""
STEPS = 600
_ENCODER = cache(load_encoder)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the legs found for a question, and which of it answers."""

    corpus: str
    shares: npt.NDArray[np.float64]
    documents: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]


def ask(index: Index, corpus: str, posed: Posed) -> list[Gathered]:
    """The candidates of one question, where any answers."""
    right, _ = right_passages(index, posed)
    found = gather(index, _ENCODER(), understand(posed.text, load_lexicon()))
    answers = np.array([passage in right for passage in found.ids], dtype=bool)
    if not right:
        return []
    return [Gathered(corpus, found.shares, found.documents, answers)]


def learn(asked: list[Gathered]) -> Shortlist:
    """From what holds an answer; each corpus says as much, however many questions it has."""
    asked = [one for one in asked if one.right.any()]
    many = Counter(one.corpus for one in asked)
    importance = [1.0 / many[one.corpus] for one in asked]
    told = [seen(one.shares, one.documents) for one in asked]
    cases = [(rows, one.right) for rows, one in zip(told, asked, strict=True)]
    weights = fit_order(cases, steps=STEPS, importance=importance)

    sizes = np.array([len(rows) for rows in told])
    starts, owner = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(sizes)), sizes)
    target = np.concatenate([one.right / one.right.sum() for one in asked])
    weight = np.array(importance)[owner] * len(asked) / sum(importance)

    def listwise(
        scores: npt.NDArray[np.float64], _: lightgbm.Dataset
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        raised = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        likely = raised / np.add.reduceat(raised, starts)[owner]
        return (likely - target) * weight, np.maximum(likely * (1 - likely), 1e-4) * weight

    rows = np.concatenate(told)
    data = lightgbm.Dataset(rows, target, init_score=rows @ weights)
    booster = lightgbm.train({**BOOSTING, "objective": listwise}, data, ROUNDS)
    return Shortlist(weights, trees_of(booster))


def report(asked: list[Gathered], learned: Shortlist) -> None:
    """Print what was reached on questions that were not learned from."""
    kept: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for one in asked:
        scores = learned.scores(one.shares, one.documents)
        order = by_score(scores)
        near = worth_a_look(order, scores)
        ways = (one.right, one.right[order[:LOOKED_AT]], one.right[near])
        kept[one.corpus].append((*(bool(way.any()) for way in ways), len(near)))
    for corpus, told in kept.items():
        found, first, near, many = np.array(told).mean(axis=0)
        print(
            f"{corpus}: {len(told)} questions, an answer among the candidates {found:.3f},"
            f" among the first {LOOKED_AT} {first:.3f}, looked at {near:.3f}: {many:.1f} passages"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--each", type=int, default=150, help="questions made of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = asked_of_all(ask, options.data, options.each, options.seed, MORE)
    report(asked[::5], learn([one for place, one in enumerate(asked) if place % 5]))
    # measured; what ships is learned from all of it
    learned = learn(asked)
    save_file({"weights": learned.weights, **learned.trees.arrays()}, options.out)


if __name__ == "__main__":
    main()
