"""Candidates → those that are looked at closely, told by what the legs say, before any is read.

The order is a listwise softmax (ListNet, Cao et al. 2007, section 4) over a weighted sum and
boosted trees (Friedman 2001): a sum alone cannot tell that the best headline counts only where the
words of the passage are there too. What counts is a leg's score as a share of its best, the place
it gave, and the same of the candidate's document: weights learned on one corpus hold on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.retrieve.features import LEGS, Floats
from rag.retrieve.trees import Trees, trees_in
from rag.types import Mode

_OF_DOCUMENT = LEGS[:4]
_ADDED_UP = LEGS[:3]
SEEN = (
    *LEGS,  # each leg's score as a share of its best
    *(f"{leg}_place" for leg in LEGS),  # 1 for a leg's first, ½ for its second; 0 where not found
    "legs",  # share of the legs that found it
    "titled",  # headlines have words of the question
    *(f"document_{leg}" for leg in _OF_DOCUMENT),  # the best share in the same document
    "document_candidates",  # share of the candidates that stand in it
    *(f"document_{leg}_sum" for leg in _ADDED_UP),  # of the shares in it; as a share of the best's
    *(f"document_{leg}_ahead" for leg in _ADDED_UP),  # how far the best in it is ahead
)
"""What is known of a candidate before it is read."""
LOOKED_AT = 96
"""Candidates that are looked at closely at most; the rest keep their order behind them."""
_SURELY, _WITHIN = 10, 7.0
"""Looked at are the first, and those whose score is so near to the best's: in nats, as a softmax
learned it. Another is one in a thousand times as likely."""
_ONE_LEG = {
    Mode.SPARSE: np.array([0.0, 0.5, 0.5, 0.3, 0.7, 0.0]),
    Mode.DENSE: np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
}
"""Weights of the legs' shares where one kind of leg is asked alone."""


FILE = Path(__file__).parent.parent / "models" / "shortlist.safetensors"


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The learned order of all candidates."""

    weights: Floats
    """One for each of :data:`SEEN`."""
    trees: Trees

    def scores(
        self, shares: Floats, documents: npt.NDArray[np.int64], mode: Mode = Mode.HYBRID
    ) -> Floats:
        """The scores of candidates, in nats.

        Args:
            shares: what each leg gave them, shape ``[candidates, len(LEGS)]``.
            documents: which document each is of.
            mode: which legs count.
        """
        if mode in _ONE_LEG or not len(shares):
            return np.asarray(shares @ _ONE_LEG.get(mode, np.zeros(len(LEGS))))
        told = seen(shares, documents)
        return np.asarray(told @ self.weights + self.trees.scores(told))


def seen(shares: Floats, documents: npt.NDArray[np.int64]) -> Floats:
    """The :data:`SEEN` of candidates, at least one: shape ``[candidates, len(SEEN)]``."""
    shares = np.maximum(np.round(shares, 6), 0.0)  # what points away is not near
    order = np.argsort(-shares, axis=0, kind="stable")
    places = np.empty_like(shares)
    ranks = np.arange(1, len(shares) + 1)[:, None]
    np.put_along_axis(places, order, np.broadcast_to(1.0 / ranks, shares.shape), axis=0)
    found = shares > 0
    of = np.unique(documents, return_inverse=True)[1].reshape(-1)
    many = np.bincount(of)
    best = np.zeros((len(many), len(_OF_DOCUMENT)))
    np.maximum.at(best, of, shares[:, : len(_OF_DOCUMENT)])
    sums = np.zeros((len(many), len(_ADDED_UP)))
    np.add.at(sums, of, shares[:, : len(_ADDED_UP)])
    sums /= np.maximum(sums.max(axis=0), 1e-9)
    columns = [
        shares,
        np.where(found, places, 0.0),
        found.mean(axis=1),
        np.full(len(shares), float(shares[:, LEGS.index("title")].any())),
        best[of],
        many[of] / len(shares),
        sums[of],
        best[of][:, : len(_ADDED_UP)] - shares[:, : len(_ADDED_UP)],
    ]
    return np.round(np.column_stack(columns), 6)


@cache
def load_shortlist() -> Shortlist:
    """The one that comes with the package, loaded once a process."""
    from safetensors.numpy import load_file

    stored = load_file(FILE)
    return Shortlist(stored["weights"], trees_in(stored))


def worth_a_look(order: Sequence[int], scores: Floats) -> list[int]:
    """The rows of the candidates that are looked at closely, best first.

    Args:
        order: rows, best first.
        scores: one a row.
    """
    return [
        row
        for rank, row in enumerate(order)
        if rank < _SURELY or scores[order[0]] - scores[row] <= _WITHIN
    ][:LOOKED_AT]
