"""The fit of P(break): what it finds, what it refuses, and that chance alone teaches it nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_fit import DECIMALS, break_file, fit_break, out_of_fold
from spymaster.learn.break_rows import BreakRows
from spymaster.learn.calibration import calibration
from spymaster.learn.world_sessions import MARKETS, data_set_id, pooled, world_sessions
from spymaster.models.break_model import INPUT_NAMES, BreakModel, chance
from spymaster.models.model_file import Card, unpack_model
from spymaster.sim.worlds import REPORT_SEEDS

MOTION = INPUT_NAMES.index("motion")
CARD = Card(name="trial", question="?", learnt_on="dice", made_by="hand", simulated=True, rows=0)


def drawn(motion: float, worlds: int = 20, rows: int = 2000) -> BreakRows:
    """Rows whose outcome follows from the Brownian odds and motion, with that weight."""
    dice = np.random.default_rng(17)
    parts = []
    for _ in range(worlds):
        design = np.zeros((rows, len(INPUT_NAMES)))
        design[:, 0], design[:, 1], design[:, MOTION] = 1.0, dice.normal(0.0, 1.5, rows), dice.normal(0.0, 1.0, rows)
        came = dice.random(rows) < chance(design[:, 1] + motion * design[:, MOTION])
        outcome = np.where(came, Outcome.BREAK, Outcome.BOUNCE).astype(np.int64)
        outcome[::10] = Outcome.CHOP
        none = np.full(rows, np.nan)
        parts.append(BreakRows(design, outcome, np.arange(rows), none, np.zeros(rows, np.int64)))
    return pooled(parts)


def skill(rows: BreakRows) -> Any:
    known, told = rows.resolved, out_of_fold(rows)
    came = (rows.outcome[known] == Outcome.BREAK).astype(np.float64)
    found = calibration(told[known], chance(rows.design[known, 1]), came, rows.world[known])
    assert found is not None
    return found.brier_skill


def test_a_weight_that_is_there_is_found_and_is_worth_something() -> None:
    rows = drawn(0.8)
    assert fit_break(rows)[MOTION] == pytest.approx(0.8, abs=0.1)
    assert skill(rows).low > 0.02


def test_where_nothing_but_distance_speaks_there_is_no_skill() -> None:
    found = skill(drawn(0.0))
    assert found.low < 0.0 < abs(found.value) < 0.002


def test_coefficients_end_after_six_decimals_and_make_the_same_file_each_time() -> None:
    once, again = fit_break(drawn(0.5)), fit_break(drawn(0.5))
    assert once.tolist() == np.round(once, DECIMALS).tolist()
    assert break_file(once, data_set="d", card=CARD) == break_file(again, data_set="d", card=CARD)


def test_the_file_is_a_model_with_these_coefficients() -> None:
    coefficients = fit_break(drawn(0.5))
    data = break_file(coefficients, data_set="d", card=CARD)
    assert BreakModel(unpack_model("here", data), "here").coefficients.tolist() == coefficients.tolist()


def test_no_row_is_judged_by_a_model_that_saw_its_world() -> None:
    rows = drawn(0.5, worlds=5)
    told = out_of_fold(rows)
    without = fit_break(rows.select(rows.world != 2))
    assert told[rows.world == 2].tolist() == chance(rows.design[rows.world == 2] @ without).tolist()


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="too few to fit"):
        fit_break(drawn(0.5, worlds=1, rows=200))


def test_one_world_cannot_be_left_out() -> None:
    assert np.isnan(out_of_fold(drawn(0.5, worlds=1))).all()


def test_seeds_follow_from_the_hash_and_are_none_of_those_for_fitting() -> None:
    ours, theirs = (world_sessions(8, text, 60.0, MARKETS) for text in ("abc", "abd"))
    assert ours == world_sessions(8, "abc", 60.0, MARKETS)
    assert {s.seed for s in ours} & {s.seed for s in theirs} == set()
    assert min(s.seed for s in ours) >= REPORT_SEEDS > max(s.seed for s in world_sessions(99, "", 60.0, MARKETS))


def test_more_sessions_begin_with_the_same_ones() -> None:
    assert world_sessions(9, "abc", 60.0, ("second",))[:4] == world_sessions(4, "abc", 60.0, ("second",))


def test_the_id_of_data_is_simulated_s_and_follows_from_all_of_it() -> None:
    assert data_set_id(("a", "b")).startswith("sim-2-")
    assert data_set_id(("a", "b")) != data_set_id(("a", "c"))
