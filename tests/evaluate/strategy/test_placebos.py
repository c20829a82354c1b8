"""Prices like any other: where they are, which of them are left out, and what a rule asks there."""

from __future__ import annotations

import numpy as np

from spymaster.config.alerts import AlertCondition, LevelRule
from spymaster.evaluate.strategy.placebos import at_placebos, clear_placebos, placebo_levels
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.levels import MAX_USER_LEVELS, LevelKind
from spymaster.market.rows import LEVEL_ROW


def test_they_cover_the_day_and_more_on_a_grid_that_no_day_chooses() -> None:
    prices = [level.price_e9 / PRICE_SCALE for level in placebo_levels("es", 5000.0, 5010.0, 0)]
    assert prices[0] <= 4994.0
    assert prices[-1] >= 5016.0
    assert {round((price - 0.75) / 1.25 % 1, 6) for price in prices} == {0.0}


def test_a_wide_day_has_fewer_of_them_so_that_all_levels_fit_the_engine() -> None:
    wide = placebo_levels("es", 5000.0, 5300.0, 28)
    assert 50 <= len(wide) <= MAX_USER_LEVELS - 28
    steps = np.diff([level.price_e9 for level in wide])
    assert len(set(steps.tolist())) == 1
    assert set(placebo_levels("es", 4990.0, 5310.0, 28)) >= {wide[0], wide[-1]} or steps[0] % 1_250_000_000 == 0
    assert placebo_levels("es", 5000.0, 5300.0, MAX_USER_LEVELS) == ()


def test_of_a_rule_all_is_asked_but_which_level_it_is_about() -> None:
    rule = LevelRule(
        kinds=("VWAP",),
        states=("WALL",),
        distance=1.0,
        any=(AlertCondition(kinds=("VWAP",), score_below=30),),
        none=(AlertCondition(kinds=("ROUND",)), AlertCondition(signals=("BREAK",))),
        rest=5,
    )
    assert at_placebos(rule) == LevelRule(
        states=("WALL",),
        distance=1.0,
        any=(AlertCondition(score_below=30),),
        none=(AlertCondition(signals=("BREAK",)),),
        rest=5,
    )


def test_those_near_a_published_level_are_left_out_and_levels_of_ones_own_are_levels() -> None:
    rows = np.zeros(5, LEVEL_ROW)
    rows["ratio"] = 1.0
    rows["kind"] = [LevelKind.USER, LevelKind.VWAP, LevelKind.USER, LevelKind.USER, LevelKind.USER]
    rows["user_index"] = [0, -1, 1, 2, 3]
    rows["price"] = [5000.0, 5003.0, 5000.5, 5001.75, 5003.25]
    assert clear_placebos(rows, 1)["price"].tolist() == [5001.75]
