"""What several of the trainings fit: weights by a listwise softmax, and the trees of a booster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import torch

from rag.retrieve.trees import LEAVES, Trees

_ALL = (1 << LEAVES) - 1


def fit_order(
    cases: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]],
    steps: int = 1500,
    importance: Sequence[float] | None = None,
) -> npt.NDArray[np.float64]:
    """Weights by softmax over each case's rows (ListNet, Cao et al. 2007, section 4).

    Every case has a row that answers. ``importance`` is one number a case, alike for all where
    None.
    """
    shares = torch.tensor(importance or [1.0] * len(cases), dtype=torch.float64)
    shares = shares / shares.sum()
    width = max(len(rows) for rows, _ in cases)
    columns = cases[0][0].shape[1]
    inputs = torch.zeros(len(cases), width, columns, dtype=torch.float64)
    target = torch.zeros(len(cases), width, dtype=torch.float64)
    padding = torch.full((len(cases), width), -1e9, dtype=torch.float64)
    for place, (rows, relevant) in enumerate(cases):
        inputs[place, : len(rows)] = torch.from_numpy(rows)
        target[place, : len(rows)] = torch.from_numpy(relevant / relevant.sum())
        padding[place, : len(rows)] = 0
    weights = torch.zeros(columns, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([weights], lr=0.05)
    for _ in range(steps):
        logits = inputs @ weights + padding
        loss = -(shares * (target * torch.log_softmax(logits, 1)).sum(1)).sum()
        loss = loss + 1e-3 * (weights**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return np.asarray(weights.detach().numpy())


def trees_of(booster: lightgbm.Booster) -> Trees:
    """The trees of a booster, none of more than :data:`LEAVES` leaves."""
    told = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    nodes = (len(told), LEAVES - 1)
    trees = Trees(
        feature=np.zeros(nodes, np.int64),
        threshold=np.zeros(nodes),
        left=np.full(nodes, _ALL, np.uint8),
        right=np.full(nodes, _ALL, np.uint8),
        value=np.zeros((len(told), LEAVES)),
    )
    for tree, root in enumerate(told):
        _take(trees, tree, root, iter(range(LEAVES - 1)), iter(range(LEAVES)))
    return trees


def _take(
    trees: Trees, tree: int, node: dict[str, Any], nodes: Iterator[int], leaves: Iterator[int]
) -> int:
    """A node and those below it, as they stand in ``trees``. Returns the bits of its leaves."""
    if "leaf_value" in node:
        leaf = next(leaves)
        trees.value[tree, leaf] = node["leaf_value"]
        return 1 << leaf
    at = next(nodes)
    trees.feature[tree, at] = node["split_feature"]
    trees.threshold[tree, at] = node["threshold"]
    to_left, to_right = (
        _take(trees, tree, node[side], nodes, leaves) for side in ("left_child", "right_child")
    )
    trees.left[tree, at], trees.right[tree, at] = _ALL ^ to_right, _ALL ^ to_left
    return to_left | to_right
