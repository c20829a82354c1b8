"""What the trees of each head learn from, and how many of them are kept: as many as help on a later fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.heads.boosting import fit_forest
from spymaster.learn.heads.options import TrainOptions
from spymaster.models.forest import Forest, Link, softmax

Floats = NDArray[np.float64]

_LEAST_HELD: Final = 50
"""Fewer rows of the later fold do not say how many trees help."""
_FIRST_STEPS: Final = (0, 5, 10, 20, 40)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Rows float64[n, k], what came and how much each counts, float64[n]. ``objective``: LightGBM's words. ``odds``
    float64[n] or [n, classes]: what the trees correct, None where they begin with nothing."""

    rows: Floats
    told: Floats
    weight: Floats
    objective: Mapping[str, Any]
    odds: Floats | None = None

    def loss(self, forest: Forest) -> float:
        """What the trees cost on these rows: log loss of chances, or the loss of a quantile."""
        raw = forest.raw(self.rows)
        if self.objective["objective"] == "quantile":
            off, share = self.told - raw[:, 0], self.objective["alpha"]
            each = np.maximum(share * off, (share - 1.0) * off)
        elif self.objective["objective"] == "multiclass":
            chances = softmax(raw + (0.0 if self.odds is None else self.odds))
            each = -np.log(np.maximum(chances[np.arange(len(raw)), self.told.astype(np.int64)], 1e-12))
        else:
            odds = raw[:, 0] + (0.0 if self.odds is None else self.odds)
            each = np.maximum(odds, 0.0) + np.log1p(np.exp(-np.abs(odds))) - self.told * odds
        return float((each * self.weight).sum() / self.weight.sum())


def fit_task(task: Task, held: Task, options: TrainOptions, trees: int) -> Forest:
    """The first trees of so many, as many as cost least on rows of a later fold; none where none helps.

    Days and worlds differ more than rows of one do, so trees that go on learning what is common to a few of them are
    worth less on the next.
    """
    if len(np.unique(task.told)) < 2:
        # nothing that could be told apart
        classes = int(task.objective.get("num_class", 1))
        link = {"binary": Link.LOGISTIC, "multiclass": Link.SOFTMAX}.get(task.objective["objective"], Link.IDENTITY)
        return Forest.empty(task.rows.shape[1], classes, link)
    forest = fit_forest(task.rows, task.told, task.weight, task.objective, options, trees=trees, odds=task.odds)
    if len(held.told) < _LEAST_HELD:
        return forest
    # a quantile that begins with nothing needs its first trees
    steps = [step for step in (*_FIRST_STEPS, *range(60, trees, 20)) if step < trees]
    steps = [*(step for step in steps if step or task.objective["objective"] != "quantile"), trees]
    cost = [(round(held.loss(forest.first(step)), 9), step) for step in steps]
    return forest.first(min(cost)[1])
