"""A model with several heads: what it says fits together, its file is whole or refused, and it fits its features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.features.attempt_features import SCHEMA as OURS
from spymaster.features.horizons import HORIZONS_S
from spymaster.models.errors import ModelError
from spymaster.models.forest import Forest, Link
from spymaster.models.head_model import FORESTS, HeadModel
from spymaster.models.heads import beta_columns, calibrated, shapes
from spymaster.models.logistic_head import brownian_chances, brownian_odds
from spymaster.models.model_file import pack_model, unpack_model
from spymaster.models.neighbours import Neighbours
from spymaster.models.prediction import PREDICTION, Stage
from tests.support.head_models import CARD, FEATURES, SCHEMA, arrays, model, packed

Array = NDArray[Any]
ROWS = 500


def some_rows(seed: int = 3) -> Array:
    dice = np.random.default_rng(seed)
    rows = dice.normal(size=(ROWS, len(FEATURES)))
    rows[:, 1] = np.abs(rows[:, 1]) + 0.2
    rows[dice.random(rows.shape) < 0.1] = np.nan
    rows[np.isnan(rows).all(axis=1), 0] = 0.0
    return rows


def some_stages() -> Array:
    return np.arange(ROWS) % len(Stage)


@pytest.fixture(params=[True, False], ids=["trees", "logistic"])
def said(request: pytest.FixtureRequest) -> Array:
    return model(arrays(trees=request.param)).predict(some_rows(), some_stages())


def test_it_says_one_prediction_a_row(said: Array) -> None:
    assert said.dtype == PREDICTION
    assert len(said) == ROWS
    assert all(np.isfinite(said[name]).all() for name in PREDICTION.names or ())


def test_break_and_bounce_together_are_tradeable(said: Array) -> None:
    assert said["p_break"] + said["p_bounce"] == pytest.approx(said["p_tradeable"], abs=1e-15)


def test_curves_never_fall_and_never_pass_one_together(said: Array) -> None:
    for name in ("break_by", "bounce_by"):
        assert (said[name][:, 0] >= 0.0).all()
        assert (np.diff(said[name], axis=1) >= 0.0).all()
    assert (said["break_by"] + said["bounce_by"] <= 1.0).all()


def test_curves_end_at_what_is_said_of_the_longest_horizon(said: Array) -> None:
    assert (said["break_by"][:, -1] == said["p_break"]).all()
    assert (said["bounce_by"][:, -1] == said["p_bounce"]).all()


def test_quantiles_are_in_order_even_where_the_trees_cross() -> None:
    crossed = arrays() | {"strength/shift": np.array([[5.0, 0.0, -5.0]] * 2)}
    said = model(crossed).predict(some_rows(), some_stages())
    assert (said["strength_p10"] <= said["strength_p50"]).all()
    assert (said["strength_p50"] <= said["strength_p90"]).all()


def test_what_a_level_is_worth_is_its_chance_times_its_median_strength(said: Array) -> None:
    assert (said["utility"] == said["p_tradeable"] * np.abs(said["strength_p50"])).all()


def test_trees_correct_the_odds_of_the_logistic() -> None:
    rows = np.array([[0.0, 1.0, 0.0, -1.0], [0.0, 1.0, 0.0, 1.0]])
    said = model().predict(rows, np.zeros(2, int))
    odds = np.log(said["p_break"] / said["p_bounce"])
    assert odds == pytest.approx([-0.5, 0.5])


def test_without_trees_and_evidence_it_says_the_brownian_chances() -> None:
    rows = np.array([[-1.0, 1.0, 0.0, 0.0], [1.5, 2.0, 0.0, 0.0]])
    said = model(arrays(trees=False)).predict(rows, np.zeros(2, int))
    chances = brownian_chances(rows[:, 0], rows[:, 1])
    assert said["p_break"] == pytest.approx(chances[:, 0], rel=1e-6)
    assert said["p_bounce"] == pytest.approx(chances[:, 1], rel=1e-6)


def test_brownian_odds_are_even_at_the_level_and_grow_beyond_it() -> None:
    odds = brownian_odds(np.array([0.0, 0.5, 1.0]), np.ones(3))
    assert odds[0, 1] == 0.0
    assert (np.diff(odds[:, 1]) > 0.0).all()


def test_each_stage_group_has_its_own_map() -> None:
    maps = np.array([[1.0, 1.0, 0.0], [0.5, 0.5, 1.0]])
    chances = np.array([0.3, 0.3])
    before, after = calibrated(chances, maps, np.array([0, 1]))
    assert before == pytest.approx(0.3)
    assert after == pytest.approx(1.0 / (1.0 + np.exp(-(0.5 * np.log(0.3 / 0.7) + 1.0))))


def test_the_map_that_changes_nothing_changes_nothing() -> None:
    chances = np.linspace(0.01, 0.99, 50)
    assert 1.0 / (1.0 + np.exp(-beta_columns(chances) @ [1.0, 1.0, 0.0])) == pytest.approx(chances)


def test_hazards_become_shares_of_what_comes_at_all() -> None:
    hazards = np.full((1, 6, 3), 0.0)
    hazards[0, :, 0], hazards[0, :, 1], hazards[0, :, 2] = 0.5, 0.5, 0.0
    broke, bounced = shapes(hazards)
    assert broke[0] == pytest.approx((1.0 - 0.5 ** np.arange(1, 7)) / (1.0 - 0.5**6))
    assert bounced[0].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_nothing_is_said_of_a_level_nothing_is_known_of() -> None:
    rows = some_rows()
    rows[7] = np.nan
    said = model().predict(rows, some_stages())
    assert all(np.isnan(said[name][7]).all() for name in PREDICTION.names or ())
    assert np.isfinite(said["p_break"][8])


@pytest.mark.parametrize("trees", [True, False])
def test_a_level_is_told_the_same_alone_and_among_others(trees: bool) -> None:
    asked, rows, stages = model(arrays(trees=trees)), some_rows(), some_stages()
    together = asked.predict(rows, stages)
    alone = np.concatenate([asked.predict(rows[k : k + 1], stages[k : k + 1]) for k in range(90)])
    assert alone.tobytes() == together[:90].tobytes()


def test_where_no_trees_helped_the_logistic_is_left_as_it_is() -> None:
    bare = arrays()
    for name in FORESTS:
        classes, width, _ = bare[f"{name}/shape"].tolist()
        bare |= Forest.empty(width, classes, Link.LOGISTIC).arrays(name)
    said = model(bare).predict(some_rows(), some_stages())
    plain = model(arrays(trees=False)).predict(some_rows(), some_stages())
    assert said["p_break"].tobytes() == plain["p_break"].tobytes()
    last = {name: np.zeros(0) for name in ("a", "b")}
    assert model(bare | last).predict(some_rows(), some_stages()).tobytes() == said.tobytes()


def test_very_many_levels_are_told_in_parts_that_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model().predict(some_rows(), some_stages())
    monkeypatch.setattr("spymaster.models.head_model._TOGETHER", 64)
    assert model().predict(some_rows(), some_stages()).tobytes() == whole.tobytes()


def test_no_levels_are_no_predictions() -> None:
    assert len(model().predict(np.zeros((0, 4)), np.zeros(0, int))) == 0


def test_a_file_says_what_the_model_said_before(tmp_path: Path) -> None:
    path = tmp_path / "heads.model"
    path.write_bytes(packed(arrays()))
    again = HeadModel.load(path, SCHEMA)
    assert again.predict(some_rows(), some_stages()).tobytes() == model().predict(some_rows(), some_stages()).tobytes()
    assert again.card == CARD
    assert again.features == FEATURES


def test_an_edited_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "heads.model"
    data = bytearray(packed(arrays()))
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="is damaged"):
        HeadModel.load(path, SCHEMA)


def test_a_model_of_other_features_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "heads.model"
    path.write_bytes(packed(arrays()))
    with pytest.raises(ModelError, match="made for other features") as refused:
        HeadModel.load(path)
    assert "\n" not in str(refused.value)
    path.write_bytes(packed(arrays(), OURS))
    assert HeadModel.load(path).schema == OURS


def test_a_model_of_another_kind_is_refused() -> None:
    other = pack_model("p_break", {}, features=FEATURES, schema=SCHEMA, data_set="", code_version="", card=CARD)
    with pytest.raises(ModelError, match="is a model of p_break"):
        HeadModel(unpack_model("here", other), "here", SCHEMA)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("tradeable/beta", np.zeros((1, 3)), "tradeable/beta is not 2 x 3 numbers"),
        ("direction/beta", np.full((2, 3), np.nan), "direction/beta is not 2 x 3 numbers"),
        ("logistic/weights", np.zeros((2, 9)), "logistic/weights is not 2 x 4 numbers"),
        ("logistic/columns", np.array([4], np.int32), "columns beyond 4"),
        ("direction/feature", np.array([5], np.int32), "an input beyond 5"),
        ("hazard/shape", np.array([1, 6, 2], np.int32), "the trees of hazard are for other rows"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name: str, value: Array, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        model(arrays() | {name: value})


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ModelError, match="asked with 3 features of 4"):
        model().predict(np.zeros((1, 3)), np.zeros(1, int))


def index() -> Neighbours:
    count = 40
    dice = np.random.default_rng(4)
    whole = np.arange(count)
    return Neighbours(
        columns=np.array([0, 3], np.int32),
        centre=np.array([0.0, 1.0]),
        scale=np.array([1.0, 2.0]),
        rows=dice.normal(size=(count, 2)).astype(np.float32),
        group=(whole % 2).astype(np.uint8),
        date=20260300 + whole,
        kind=whole % 5,
        price=5000.0 + whole,
        source=whole % 2,
        arm_ns=whole * 10**9,
        side=1 - 2 * (whole % 2),
        outcome=whole % 3,
        end_s=whole * 1.0,
        sources=("monday", "tuesday"),
    )


def test_the_nearest_attempts_are_those_of_a_plain_search() -> None:
    known = index()
    rows = np.random.default_rng(6).normal(size=(9, 4))
    found = known.nearest(rows, np.full(9, Stage.AFTER_15_S))
    for row, near in zip(rows, found, strict=True):
        asked = (row[[0, 3]] - known.centre) / known.scale
        away = [(np.sqrt(np.mean((one - asked) ** 2)), k) for k, one in enumerate(known.rows) if k % 2 == 1]
        assert near["distance"] == pytest.approx([distance for distance, _ in sorted(away)[:5]], rel=1e-5)
        assert near["date"].tolist() == [20260300 + k for _, k in sorted(away)[:5]]


def test_an_attempt_is_nearest_to_itself_and_brings_what_it_was() -> None:
    known = index()
    row = np.full((1, 4), np.nan)
    row[0, [0, 3]] = known.rows[6] * known.scale + known.centre
    nearest = known.nearest(row, np.array([Stage.ARM]))[0, 0]
    assert nearest["distance"] == pytest.approx(0.0, abs=1e-6)
    assert (nearest["date"], nearest["price"], nearest["arm_ns"], nearest["outcome"]) == (
        20260306,
        5006.0,
        6 * 10**9,
        0,
    )
    assert known.sources[nearest["source"]] == "monday"


def test_where_there_are_fewer_attempts_the_rest_is_empty() -> None:
    found = index().nearest(np.zeros((1, 4)), np.array([Stage.ARM]), 30)[0]
    assert np.isnan(found["distance"][20:]).all()
    assert (found["date"][20:] == -1).all()


def test_an_index_goes_with_its_model() -> None:
    kept = model(arrays() | index().arrays())
    plain = model()
    assert kept.neighbours(some_rows()[:3], some_stages()[:3]).shape == (3, 5)
    assert plain.neighbours(some_rows()[:3], some_stages()[:3]).shape == (3, 0)
    assert kept.predict(some_rows(), some_stages()).tobytes() == plain.predict(some_rows(), some_stages()).tobytes()


def test_an_index_that_compares_columns_there_are_not_is_refused() -> None:
    told = index().arrays() | {"index/columns": np.array([0, 4], np.int32)}
    with pytest.raises(ModelError, match="columns beyond 4"):
        model(arrays() | told)


def test_horizons_are_the_bins_of_the_curves() -> None:
    assert PREDICTION["break_by"].shape == (len(HORIZONS_S),)
