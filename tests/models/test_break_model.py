"""P(break): which levels it speaks of, what it says without evidence, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.features.break_features import BREAK_FEATURES, SCHEMA, break_inputs
from spymaster.market.rows import LEVEL_ROW
from spymaster.models.break_model import (
    INPUT_NAMES,
    SHIPPED,
    BreakModel,
    BreakScorer,
    baseline_log_odds,
    chance,
    pack_break_model,
    shipped_model,
)
from spymaster.models.errors import ModelError
from spymaster.models.model_file import Card, pack_model, unpack_model

CARD = Card(name="trial", question="?", learnt_on="nothing", made_by="hand", simulated=True, rows=0)
PLACE = {feature.name: k for k, feature in enumerate(BREAK_FEATURES)}


def level(y: float, *, direction: float = 1.0, price: float = 5000.0, **columns: float) -> NDArray[Any]:
    """The numbers of a snap with one level and price ``y`` points beyond it: float64[1, fields]."""
    row = np.full(1, np.nan, LEVEL_ROW)
    said = {"ratio": 1.0, "sigma_1m": 1.0, "velocity_z": 0.0, "tape_imbalance": 0.0, "queue_imbalance": 0.0}
    said |= {"prior_touches": 0.0, "direction": direction, "price": price}
    said |= {"microprice": price * said["ratio"] + direction * y}
    for name, value in (said | columns).items():
        row[name] = value
    return row.view(np.float64).reshape(1, -1)


def model(**weights: float) -> BreakModel:
    coefficients = np.array([weights.get(name, 0.0) for name in INPUT_NAMES])
    data = pack_break_model(coefficients, data_set="sim-0", code_version="0", card=CARD)
    return BreakModel(unpack_model("here", data), "here")


@pytest.mark.parametrize(("y", "speaks"), [(-2.0, False), (-1.9, True), (1.9, True), (2.0, False), (-30.0, False)])
def test_it_speaks_of_levels_less_than_two_points_away(y: float, speaks: bool) -> None:
    said = BreakScorer(model(brownian=1.0)).on_snap(0, 5000.0, level(y))
    assert bool(np.isfinite(said[0])) is speaks


def test_without_a_model_nothing_is_said() -> None:
    assert np.isnan(BreakScorer(None).on_snap(0, 5000.0, level(0.0))).all()


def test_at_the_level_without_evidence_both_are_as_likely() -> None:
    assert BreakScorer(model(brownian=1.0)).on_snap(0, 5000.0, level(0.0)).tolist() == [0.5]


def test_with_the_brownian_weight_alone_it_is_the_brownian_chance() -> None:
    inputs = break_inputs(level(-1.0), np.nan)
    assert model(brownian=1.0).chances(inputs) == pytest.approx(chance(baseline_log_odds(inputs)))


def test_spy_levels_are_judged_in_points_of_the_future() -> None:
    spy = level(0.0, price=500.0, ratio=10.0, microprice=4999.0)
    assert break_inputs(spy, np.nan).distance.tolist() == [-1.0]


@pytest.mark.parametrize(
    ("column", "feature", "value", "expected"),
    [
        ("velocity_z", "motion", 1.5, 1.5),
        ("velocity_z", "motion", 9.0, 4.0),
        ("tape_imbalance", "imbalance", 0.5, 0.5),
        ("ofi_z", "ofi", -2.0, -2.0),
        ("queue_imbalance", "queue", 0.25, 0.25),
        ("prior_touches", "touches", 3.0, np.log(4.0)),
        ("p_vacuum", "vacuum", 0.75, 0.75),
        ("p_wall", "wall", 0.5, 0.5),
    ],
)
def test_each_column_is_the_feature_of_its_name(column: str, feature: str, value: float, expected: float) -> None:
    assert break_inputs(level(0.5, **{column: value}), np.nan).features[0, PLACE[feature]] == expected


def test_absent_columns_are_no_evidence() -> None:
    features = break_inputs(level(0.5), np.nan).features[0]
    assert features[2:].tolist() == [0.0] * (len(BREAK_FEATURES) - 2)


def test_progress_is_in_units_of_what_five_seconds_usually_bring() -> None:
    inputs = break_inputs(level(0.0, sigma_1m=2.0), 1.0)
    assert inputs.features[0, PLACE["progress"]] == pytest.approx(1.0 / (2.0 * np.sqrt(5.0 / 60.0)))


def test_turned_upside_down_the_chance_is_the_same() -> None:
    up = level(-0.7, velocity_z=1.0, tape_imbalance=0.4, ofi_z=2.0, p_wall=0.3)
    down = level(-0.7, direction=-1.0, velocity_z=-1.0, tape_imbalance=-0.4, ofi_z=2.0, p_wall=0.3)
    asked = model(constant=0.1, brownian=0.8, motion=0.2, progress=0.3, imbalance=0.4, ofi=0.1, wall=-0.5)
    assert asked.chances(break_inputs(up, 0.5)).tolist() == asked.chances(break_inputs(down, -0.5)).tolist()


def test_levels_of_one_snap_are_judged_each_by_itself() -> None:
    many = np.concatenate([level(y) for y in (-3.0, -1.0, 0.5)])
    one_by_one = [BreakScorer(shipped_model()).on_snap(0, 5000.0, level(y))[0] for y in (-3.0, -1.0, 0.5)]
    assert BreakScorer(shipped_model()).on_snap(0, 5000.0, many) == pytest.approx(one_by_one, nan_ok=True)


def test_the_shipped_model_is_a_few_kilobytes_and_says_what_it_has_seen() -> None:
    card = shipped_model().card
    assert SHIPPED.stat().st_size < 10_000
    assert card.simulated
    assert shipped_model().data_set.startswith("sim-")
    assert card.not_measured == ("on real markets",)
    assert card.made_by.startswith("spymaster-tui learn pbreak ")


def test_a_model_of_other_features_is_refused() -> None:
    arrays = {"coefficients": np.zeros(len(INPUT_NAMES))}
    other = pack_model(
        "p_break", arrays, features=INPUT_NAMES, schema="another", data_set="", code_version="", card=CARD
    )
    with pytest.raises(ModelError, match="other features"):
        BreakModel(unpack_model("here", other), "here")


def test_a_model_of_another_kind_is_refused() -> None:
    other = pack_model("weather", {}, features=INPUT_NAMES, schema=SCHEMA, data_set="", code_version="", card=CARD)
    with pytest.raises(ModelError, match="is a model of weather"):
        BreakModel(unpack_model("here", other), "here")


@pytest.mark.parametrize("coefficients", [np.zeros(3), np.full(len(INPUT_NAMES), np.nan)])
def test_coefficients_that_do_not_fit_are_refused(coefficients: NDArray[np.float64], tmp_path: Path) -> None:
    data = pack_break_model(coefficients, data_set="", code_version="", card=CARD)
    with pytest.raises(ModelError, match="does not hold"):
        BreakModel(unpack_model("here", data), "here")
