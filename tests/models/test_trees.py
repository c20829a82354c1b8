"""Boosted trees are served as LightGBM itself would, to the last bit; what is not served is refused in words."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.models.errors import ModelError
from spymaster.models.forest import Forest
from spymaster.models.lightgbm_text import forest_of_text

lightgbm = pytest.importorskip("lightgbm")

Floats = NDArray[np.float64]
ROWS = 100_000


def rows_of(count: int, width: int, seed: int, holes: float = 0.15) -> Floats:
    """Rows with NaN, infinities, zeros of both signs and numbers next to zero, and many equal values."""
    dice = np.random.default_rng(seed)
    rows = np.round(dice.normal(size=(count, width)), 2)
    for value, share in ((np.nan, holes), (np.inf, 0.01), (-np.inf, 0.01), (0.0, 0.05), (-0.0, 0.02), (1e-36, 0.01)):
        rows[dice.random(rows.shape) < share] = value
    return rows


@cache
def trained(objective: str, trees: int = 40, leaves: int = 31, seed: int = 5, **more: Any) -> Any:
    dice = np.random.default_rng(seed)
    rows = rows_of(4000, 12, seed)
    rows[:, 5] = dice.normal(size=len(rows))
    said = np.nan_to_num(rows[:, :5], posinf=3.0, neginf=-3.0).sum(axis=1) + dice.normal(size=len(rows))
    if objective == "binary":
        said = (said > 0.0).astype(float)
    elif objective == "multiclass":
        said = np.digitize(said, [-1.0, 1.0]).astype(float)
    options = {"objective": objective, "num_leaves": leaves, "verbose": -1, "num_threads": 1, "seed": seed}
    options |= {"deterministic": True, "force_row_wise": True, "min_data_in_leaf": 5} | more
    return lightgbm.train(options, lightgbm.Dataset(rows, said), trees)


def forest(booster: Any) -> Forest:
    return forest_of_text(booster.model_to_string(), "here")


OBJECTIVES: dict[str, dict[str, Any]] = {
    "binary": {},
    "multiclass": {"num_class": 3},
    "quantile": {"alpha": 0.9},
    "regression": {},
}


@pytest.mark.parametrize("objective", list(OBJECTIVES))
def test_sums_and_answers_are_the_librarys_bit_for_bit(objective: str) -> None:
    booster = trained(objective, **OBJECTIVES[objective])
    rows = rows_of(ROWS, 12, 99)
    ours = forest(booster)
    assert ours.raw(rows).tobytes() == booster.predict(rows, raw_score=True).tobytes()
    assert ours.predict(rows).tobytes() == booster.predict(rows).tobytes()


def test_a_value_at_a_threshold_goes_the_librarys_way() -> None:
    booster = trained("binary")
    ours = forest(booster)
    thresholds = np.unique(ours.threshold[np.isfinite(ours.threshold)])
    thresholds = thresholds[np.abs(thresholds) < 1e300]
    near = np.concatenate([thresholds, np.nextafter(thresholds, np.inf), np.nextafter(thresholds, -np.inf)])
    rows = np.random.default_rng(1).choice(near, (5000, 12))
    assert ours.raw(rows).tobytes() == booster.predict(rows, raw_score=True).tobytes()


def test_a_column_that_never_lacked_a_value_takes_nan_for_zero() -> None:
    booster = trained("binary", use_missing=False)
    rows = rows_of(2000, 12, 3, holes=0.4)
    assert forest(booster).raw(rows).tobytes() == booster.predict(rows, raw_score=True).tobytes()
    assert (
        forest(booster).raw(rows).tobytes()
        == forest(booster).raw(np.nan_to_num(rows, posinf=np.inf, neginf=-np.inf)).tobytes()
    )


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 130])
def test_a_row_says_the_same_alone_and_among_others(count: int) -> None:
    ours = forest(trained("binary"))
    rows = rows_of(130, 12, 8)
    assert ours.raw(rows[:count]).tobytes() == ours.raw(rows)[:count].tobytes()


@pytest.mark.parametrize("leaves", [2, 3, 64])
def test_small_trees_and_the_largest_are_served(leaves: int) -> None:
    booster = trained("regression", leaves=leaves, min_data_in_leaf=1)
    rows = rows_of(1000, 12, 4)
    assert forest(booster).raw(rows).tobytes() == booster.predict(rows, raw_score=True).tobytes()


def test_a_tree_of_one_leaf_is_its_value() -> None:
    booster = trained("regression", trees=2, min_gain_to_split=1e12)
    assert forest(booster).raw(np.zeros((3, 12))).tobytes() == booster.predict(np.zeros((3, 12))).tobytes()


def test_trees_in_arrays_are_the_same_trees() -> None:
    ours = forest(trained("binary"))
    again = Forest.of_arrays("head", ours.arrays("head"))
    rows = rows_of(100, 12, 2)
    assert again.predict(rows).tobytes() == ours.predict(rows).tobytes()


@pytest.mark.parametrize(("objective", "rounds"), [("binary", 0), ("binary", 7), ("multiclass", 3), ("multiclass", 99)])
def test_the_first_trees_are_the_model_that_stopped_there(objective: str, rounds: int) -> None:
    booster = trained(objective, **OBJECTIVES[objective])
    rows = rows_of(300, 12, 6)
    ours = forest(booster).first(rounds).raw(rows)
    theirs = booster.predict(rows, raw_score=True, num_iteration=rounds) if rounds else np.zeros(ours.shape)
    assert ours.tobytes() == theirs.tobytes()


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="made for 12"):
        forest(trained("binary")).raw(np.zeros((1, 11)))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"zero_as_missing": True}, "zero as missing"),
        ({"linear_tree": True}, "a linear tree"),
        ({"categorical_feature": [0]}, "a categorical split"),
        ({"num_leaves": 100, "min_data_in_leaf": 1}, "64 are the most"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "'average_output' is not understood"),
        ({"sigmoid": 2.0}, "objective binary sigmoid:2"),
    ],
)
def test_what_is_not_served_is_refused_in_one_line(more: dict[str, Any], reason: str) -> None:
    dice = np.random.default_rng(1)
    rows = np.abs(dice.integers(0, 9, (2000, 3)).astype(float))
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 15} | more
    kinds = options.pop("categorical_feature", [])
    booster = lightgbm.train(
        options, lightgbm.Dataset(rows, dice.integers(0, 2, 2000), categorical_feature=kinds, free_raw_data=False), 5
    )
    with pytest.raises(ModelError, match=reason) as refused:
        forest(booster)
    assert "\n" not in str(refused.value)


def test_other_inputs_are_refused() -> None:
    with pytest.raises(ModelError, match="other inputs"):
        forest_of_text(trained("binary").model_to_string(), "here", [f"feature_{k}" for k in range(12)])


def test_a_text_that_is_cut_off_is_refused() -> None:
    text = trained("binary").model_to_string()
    with pytest.raises(ModelError, match="not the whole text"):
        forest_of_text(text[: len(text) // 2], "here")


def test_a_forest_that_does_not_fit_together_is_refused() -> None:
    arrays = forest(trained("binary", trees=3)).arrays("head")
    for name, broken in (("feature", arrays["head/feature"] + 12), ("leaf_value", arrays["head/leaf_value"][:-1])):
        with pytest.raises(ValueError, match="tree"):
            Forest.of_arrays("head", arrays | {f"head/{name}": broken})
    with pytest.raises(ValueError, match="lack threshold"):
        Forest.of_arrays("head", {k: v for k, v in arrays.items() if k != "head/threshold"})
