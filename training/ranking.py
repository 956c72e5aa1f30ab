"""Learns the order's and the confidence's weights from public questions with known passages.

The candidates that the shortlist that ships now puts first (``training/shortlist.py``) are looked
at, and those that stand first in the order that ships now are read word by word, by a selection
that was trained on other questions (``training/selection.py``).

Each question of ``training/asking.py`` is asked as it is; without its document; without the
passages that answer; and with the answering sentence cut out of its passage, so that the matter is
spoken of, the answer is not. Statements are also asked about in vain: what they name, and what is
hardly ever told of it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file

from rag.encode import load_encoder, load_lexicon
from rag.retrieve.candidates import Candidates, gather
from rag.retrieve.features import FEATURES, weigh
from rag.retrieve.judging import read_word_by_word
from rag.retrieve.question import Question, understand
from rag.retrieve.ranking import (
    FILE,
    READ,
    READ_BY,
    SENTENCES,
    SIGNALS,
    TREES,
    by_score,
    known,
    leading,
    load_ranking,
    of_reading,
    of_sentences,
    signals,
    worth_reading,
)
from rag.retrieve.shortlist import LOOKED_AT, load_shortlist, worth_a_look
from rag.retrieve.trees import LEAVES, Trees
from rag.store import Index
from rag.types import Chunk
from training.asking import Posed, asked_of_all, bare, right_passages
from training.fitting import fit_order, trees_of

SURELY_READ = READ + 6
"""Candidates that are read here: more, as the order that is learned is another."""
BOOSTING = {
    "objective": "binary",
    "num_leaves": LEAVES - 1,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "lambda_l2": 5.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "verbose": -1,
}
ROUNDS = 100
IMPORTANCE = {"comprehension": 1.5}
"""Of a kind of corpus, against 1 for the others: here the wording is the text's own."""
UNORDERED = ("sentence_focus", "sentence_focus_soft", "sentence_own")
"""Features that tell whether there is an answer and where in a passage, and nothing in the order of
passages: what a question is about has to be there before what it asks."""
NAMED_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Tried for what is named."""
NAMED_FOR = 0.002
"""Share of the first answers that the greatest of them may cost, half a standard error: corpora
among which questions will be asked are larger than these, and hold more that is alike but in name.
"""
FAR, NEAR, CUT, VAIN = 0.1, 0.15, 0.15, 0.3
"""Weights of the ways in which a question has no answer, against 1 for one that has."""
_ENCODER = cache(load_encoder)


@dataclass
class Asked:
    """A question, the features of its candidates in first-stage order, and which of them answer."""

    matrix: npt.NDArray[np.float64]
    relevant: npt.NDArray[np.bool_]
    answerable: bool
    weight: float
    sentences: npt.NDArray[np.float64] | None = None
    """The sentences of the first passage that answers, and which of them do."""
    answering: npt.NDArray[np.bool_] | None = None
    wide: npt.NDArray[np.float64] | None = None
    """The features of as many candidates as are ever looked at, and which of them answer: fewer
    teach less of what comes with hard questions."""
    wide_relevant: npt.NDArray[np.bool_] | None = None
    corpus: str = ""
    read: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Which rows have been read word by word, and how likely their sentences answer."""
    logits: Sequence[npt.NDArray[np.float64]] = ()
    sentence_logits: npt.NDArray[np.float64] | None = None
    read_sentences: Sequence[npt.NDArray[np.float32]] = ()
    """The features of the sentences of the rows that have been read."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What orders passages and tells the confidence."""

    order: npt.NDArray[np.float64]
    sentence: npt.NDArray[np.float64]
    reading: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    confidence_trees: Trees

    def ranked(self, case: Asked) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """See :func:`ranked_by`."""
        return ranked_by(case, self.order, self.sentence, self.reading)

    def sure(self, told: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The confidence of each row of signals."""
        score = told @ self.confidence + self.confidence_trees.scores(told)
        return np.asarray(1 / (1 + np.exp(-score)))


def first_of(
    case: Asked, order: npt.NDArray[np.float64], sentence: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The rows that come first of those that have been read, and what is known of them."""
    scores = case.matrix @ order
    best = by_score(scores[case.read])
    best = best[: worth_reading(scores[case.read[best]])]
    first = case.read[best]
    logits = [case.logits[one] for one in best]
    sentences = [case.read_sentences[one].astype(np.float64) for one in best]
    marked = [
        rows[by_score(of_sentences(rows, said) @ sentence)[0]]
        for rows, said in zip(sentences, logits, strict=True)
    ]
    return first, known(case.matrix[first], scores[first], logits, marked)


def ranked_by(
    case: Asked,
    order: npt.NDArray[np.float64],
    sentence: npt.NDArray[np.float64],
    reading: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The :data:`SIGNALS` of an asking, and which of its passages answer, best first."""
    first, rows = first_of(case, order, sentence)
    judged = of_reading(rows) @ reading
    best = by_score(judged)
    before = np.sort(case.matrix[case.read] @ order)[::-1]
    return signals(rows[best], leading(judged[best], before)), case.relevant[first[best]]


def ask(index: Index, corpus: str, posed: Posed) -> list[Asked]:
    """A question asked in four ways, and the one that is asked in vain."""
    right, answer = right_passages(index, posed)
    if not right:
        return []
    question = understand(posed.text, load_lexicon())
    found = gather(index, _ENCODER(), question)
    document = set(posed.document)
    asked = [
        _look(index, question, found, right, True, 1.0, answer),
        _look(index, question, found.without(document), set(), False, FAR),
    ]
    if len(right) < len(document):
        asked.append(_look(index, question, found.without(right), set(), False, NEAR))
    asked.append(_look(index, question, found, right, False, CUT, answer))
    if posed.vain:
        asked.append(_ask_in_vain(index, posed.vain))
    for one in asked:
        one.corpus = corpus
    return asked


def _look(
    index: Index,
    question: Question,
    found: Candidates,
    right: set[int],
    answerable: bool,
    weight: float,
    answer: str = "",
) -> Asked:
    first = load_shortlist().scores(found.shares, found.documents)
    best = by_score(first)
    order = worth_a_look(best, first)
    ids = [found.ids[place] for place in order]
    chunks = index.chunks(ids)
    if right and not answerable:
        chunks = [_cut(chunk, answer) if i in right else chunk
                  for i, chunk in zip(ids, chunks, strict=True)]  # fmt: skip
    evidence = weigh(question, chunks, found.shares[order], load_lexicon())
    relevant = np.array([answerable and passage in right for passage in ids])
    asked = Asked(evidence.matrix, relevant, answerable, weight)
    asked.read = np.array(by_score(load_ranking().scores(evidence.matrix))[:SURELY_READ])
    asked.logits = read_word_by_word(question, [chunks[place] for place in asked.read])
    asked.read_sentences = [evidence.sentences[row].astype(np.float32) for row in asked.read]
    if answerable:
        most = best[:LOOKED_AT]
        ids = [found.ids[row] for row in most]
        asked.wide_relevant = np.array([passage in right for passage in ids])
        if asked.wide_relevant.any():
            some = index.chunks(ids)
            asked.wide = weigh(question, some, found.shares[most], load_lexicon()).matrix
    if relevant.any():
        place = int(np.argmax(relevant))
        asked.sentence_logits = read_word_by_word(question, [chunks[place]])[0]
        parts = [bare(chunks[place].text[a:b]) for a, b in chunks[place].sentences]
        asked.sentences = evidence.sentences[place]
        asked.answering = np.array([answer in part or part in answer for part in parts])
    return asked


def _cut(chunk: Chunk, answer: str) -> Chunk:
    """The passage without the sentences that answer: it speaks of the matter and does not tell."""
    parts = [chunk.text[a:b] for a, b in chunk.sentences]
    kept = [part for part in parts if answer not in bare(part) and bare(part) not in answer]
    ends = np.cumsum([0, *(len(part) for part in kept)]).tolist()
    return replace(chunk, text="".join(kept) or "。", sentences=tuple(pairwise(ends)))


def _ask_in_vain(index: Index, text: str) -> Asked:
    question = understand(text, load_lexicon())
    found = gather(index, _ENCODER(), question)
    return _look(index, question, found, set(), False, VAIN)


def fit_reading(
    asked: list[Asked], order: npt.NDArray[np.float64], sentence: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The order of what has been read; last, what is named, by how often the first answers.

    Nearly all candidates hold the names, so a likelihood is all but blind to those that do not.
    """
    importance = _importance(asked)
    cases, shares = [], []
    for case in asked:
        first, rows = first_of(case, order, sentence)
        if case.relevant[first].any():
            cases.append((of_reading(rows), case.relevant[first]))
            shares.append(importance[case.corpus])
    reading = fit_order([(rows[:, :-1], relevant) for rows, relevant in cases], importance=shares)

    def answered(weight: float) -> float:
        weights = np.append(reading, weight)
        return sum(
            share * relevant[by_score(rows @ weights)[0]]
            for (rows, relevant), share in zip(cases, shares, strict=True)
        )

    first = {weight: answered(weight) for weight in NAMED_WEIGHTS}
    enough = max(first.values()) - NAMED_FOR * sum(shares)
    return np.append(reading, max(weight for weight, share in first.items() if share >= enough))


def learn(asked: list[Asked]) -> Learned:
    """Everything, from all of ``asked``."""
    order = _order(asked)
    sentence = fit_order(_sentences(asked))
    reading = fit_reading(asked, order, sentence)
    cases = [case for case in asked if len(case.read)]
    ranked = [ranked_by(case, order, sentence, reading) for case in cases]
    confidence = fit_confidence(
        np.array([told for told, _ in ranked]),
        np.array([float(relevant[:3].any()) for _, relevant in ranked]),
        np.array([case.weight for case in cases]),
    )
    return Learned(order, sentence, reading, *confidence)


def fit_confidence(
    told: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    steps: int = 3000,
) -> tuple[npt.NDArray[np.float64], Trees]:
    """Do the first three passages hold the answer? Logistic regression, and trees for the rest."""
    inputs, target, weight = (torch.from_numpy(one) for one in (told, right, weights))
    chosen = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([chosen], lr=0.05)
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            inputs @ chosen, target, weight=weight
        )
        loss = loss + 1e-4 * (chosen[:-1] ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    linear = np.asarray(chosen.detach().numpy())
    held = lightgbm.Dataset(told, right, weight=weights, init_score=told @ linear)
    booster = lightgbm.train(BOOSTING, held, ROUNDS)
    return linear, trees_of(booster)


def report(asked: list[Asked], learned: Learned) -> None:
    """Print what was reached on questions that were not learned from."""
    for corpus in sorted({case.corpus for case in asked}):
        cases = [case for case in asked if case.corpus == corpus and len(case.read)]
        ranked = [learned.ranked(case) for case in cases]
        sure = learned.sure(np.array([row for row, _ in ranked]))
        answerable = np.array([case.answerable for case in cases])
        ranks = np.array(
            [
                int(np.argmax(relevant)) if relevant.any() else 99
                for (_, relevant), case in zip(ranked, cases, strict=True)
                if case.answerable
            ]
        )
        least = np.quantile(sure[answerable], 0.03)
        print(
            f"{corpus}: {len(ranks)} questions, R@1 {(ranks < 1).mean():.3f}"
            f" R@3 {(ranks < 3).mean():.3f}; 3 % refused at {least:.3f}: without an answer",
            *(
                f"{name} {(sure[chosen] < least).mean():.3f}"
                for name, weight in (("far", FAR), ("near", NEAR), ("vain", VAIN))
                if (chosen := [not case.answerable and case.weight == weight for case in cases])
                and any(chosen)
            ),
            flush=True,
        )


def _importance(asked: list[Asked]) -> dict[str, float]:
    """Each kind of corpus says as much, however many questions it has."""
    many = Counter(case.corpus for case in asked if case.relevant.any())
    return {corpus: IMPORTANCE.get(corpus, 1.0) / count for corpus, count in many.items()}


def _order(asked: list[Asked]) -> npt.NDArray[np.float64]:
    importance = _importance(asked)
    counts = np.array([name not in UNORDERED for name in FEATURES], dtype=float)
    cases, shares = [], []
    for case in asked:
        if case.wide is not None and case.wide_relevant is not None:
            cases.append((case.wide * counts, case.wide_relevant))
            shares.append(importance[case.corpus])
    return fit_order(cases, importance=shares)


def _sentences(
    asked: list[Asked],
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    return [
        (of_sentences(case.sentences, case.sentence_logits), case.answering)
        for case in asked
        if case.sentences is not None
        and case.sentence_logits is not None
        and case.answering is not None
        and case.answering.any()
    ]


def write(asked: list[Asked], out: Path, trees: Path) -> None:
    """Learn from ``asked`` what ships."""
    learned = learn(asked)

    def named(names: Sequence[str], weights: npt.NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(names, np.round(weights, 4).tolist(), strict=True))

    stored = {
        "order": named(FEATURES, learned.order),
        "reading": named(READ_BY, learned.reading),
        "sentence": named(SENTENCES, learned.sentence),
        "confidence": named(SIGNALS, learned.confidence),
    }
    out.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    save_file(learned.confidence_trees.arrays(), trees)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--trees", type=Path, default=TREES)
    parser.add_argument("--each", type=int, default=150, help="questions asked of each corpus")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = asked_of_all(ask, options.data, options.each, options.seed)
    question = np.cumsum([case.answerable for case in asked])  # each begins with its answerable
    held_out = [case for case, number in zip(asked, question, strict=True) if number % 5 == 0]
    some = [case for case, number in zip(asked, question, strict=True) if number % 5 > 0]
    learned = learn(some)
    report(held_out, learned)
    right = [
        relevant[by_score(rows @ learned.sentence)[0]] for rows, relevant in _sentences(held_out)
    ]
    print(f"{len(right)} passages: the first highlight answers in {np.mean(right):.3f}")
    # measured; what ships is learned from all of it
    write(asked, options.out, options.trees)


if __name__ == "__main__":
    main()
