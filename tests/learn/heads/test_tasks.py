"""How many trees are kept: as many as help on rows of a later fold, and what they cost there is what the loss says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.learn.heads.boosting import fit_forest
from spymaster.learn.heads.options import TrainOptions
from spymaster.learn.heads.tasks import Task, fit_task
from spymaster.models.forest import softmax

pytest.importorskip("lightgbm")

OPTIONS = TrainOptions(leaves=7, least_rows=10)
BINARY = {"objective": "binary"}


def task(seed: int, signal: float, rows: int = 800) -> Task:
    dice = np.random.default_rng(seed)
    table = dice.normal(size=(rows, 6))
    came = (dice.random(rows) < 1.0 / (1.0 + np.exp(-signal * table[:, 0]))).astype(float)
    return Task(table, came, np.ones(rows), BINARY, np.zeros(rows))


def test_trees_that_help_are_kept() -> None:
    assert fit_task(task(1, 2.0), task(2, 2.0), OPTIONS, 60).trees >= 20


def test_trees_that_learnt_what_does_not_hold_later_are_not() -> None:
    assert fit_task(task(1, 2.0), task(2, -2.0), OPTIONS, 60).trees == 0


def test_of_chance_alone_few_are_kept() -> None:
    assert fit_task(task(1, 0.0), task(2, 0.0), OPTIONS, 100).trees <= 10


def test_without_a_later_fold_all_are_kept() -> None:
    assert fit_task(task(1, 2.0), task(2, 2.0, rows=20), OPTIONS, 30).trees == 30


def test_a_quantile_always_has_some() -> None:
    dice = np.random.default_rng(3)
    rows, said = dice.normal(size=(400, 3)), dice.normal(size=400)
    one = Task(rows, said, np.ones(400), {"objective": "quantile", "alpha": 0.9})
    forest = fit_task(one, Task(rows, -said, np.ones(400), one.objective), OPTIONS, 30)
    assert forest.trees >= 5


@pytest.mark.parametrize("objective", [BINARY, {"objective": "multiclass", "num_class": 3}])
def test_where_always_the_same_came_there_is_nothing_to_learn(objective: dict[str, Any]) -> None:
    rows = np.random.default_rng(5).normal(size=(200, 4))
    one = Task(rows, np.ones(200), np.ones(200), objective)
    forest = fit_task(one, one, OPTIONS, 30)
    assert forest.trees == 0
    assert forest.raw(rows).tolist() == np.zeros((200, objective.get("num_class", 1))).tolist()


def test_losses_are_those_of_their_formulas() -> None:
    dice = np.random.default_rng(4)
    rows, weight = dice.normal(size=(300, 4)), dice.random(300)
    cause = dice.integers(0, 3, 300)
    base = dice.normal(size=(300, 3))
    three = Task(rows, cause.astype(float), weight, {"objective": "multiclass", "num_class": 3}, base)
    forest = fit_forest(rows, three.told, weight, three.objective, OPTIONS, trees=5, odds=base)
    chances = softmax(forest.raw(rows) + base)[np.arange(300), cause]
    assert three.loss(forest) == pytest.approx(np.average(-np.log(chances), weights=weight))
    came = (cause == 1).astype(float)
    two = Task(rows, came, weight, BINARY, base[:, 0])
    forest = fit_forest(rows, came, weight, BINARY, OPTIONS, trees=5, odds=base[:, 0].copy())
    p = 1.0 / (1.0 + np.exp(-(forest.raw(rows)[:, 0] + base[:, 0])))
    assert two.loss(forest) == pytest.approx(np.average(-np.log(np.where(came > 0.5, p, 1.0 - p)), weights=weight))
