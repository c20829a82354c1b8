"""Skill, calibration and intervals, on chances whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.learn.calibration import BINS, Calibration, area_under_curve, calibration

Floats = NDArray[np.float64]
ROWS, WORLDS = 60_000, 60


def drawn(seed: int = 3) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """True chances, outcomes drawn by them, and the world of each row."""
    dice = np.random.default_rng(seed)
    true = dice.beta(1.5, 2.5, ROWS)
    return true, (dice.random(ROWS) < true).astype(np.float64), np.arange(ROWS) % WORLDS


def figures(told: Floats, baseline: Floats, came: Floats, world: NDArray[np.int64]) -> Calibration:
    found = calibration(told, baseline, came, world)
    assert found is not None
    return found


def test_true_chances_have_skill_over_the_base_rate_and_no_calibration_error_but_chance() -> None:
    true, came, world = drawn()
    found = figures(true, np.full(ROWS, came.mean()), came, world)
    low = found.brier_skill.low
    assert low is not None
    assert low > 0.1
    assert found.ece_corrected < 0.006
    assert found.ece_corrected < 0.8 * found.ece


def test_chances_that_are_too_sure_are_found_out() -> None:
    true, came, world = drawn()
    sure = 1.0 / (1.0 + ((1.0 - true) / true) ** 2)
    found = figures(sure, true, came, world)
    high = found.brier_skill.high
    assert high is not None
    assert high < 0.0
    assert found.ece_corrected == pytest.approx(float(np.abs(sure - true).mean()), rel=0.1)


def test_against_itself_there_is_no_skill() -> None:
    true, came, world = drawn()
    found = figures(true, true, came, world)
    assert (found.brier_skill.value, found.log_skill.value) == (0.0, 0.0)


def test_the_bins_hold_equally_many_rows_and_all_of_them() -> None:
    true, came, world = drawn()
    counts = [b.rows for b in figures(true, true, came, world).reliability]
    assert len(counts) == BINS
    assert sum(counts) == ROWS
    assert max(counts) - min(counts) <= 1


def test_worlds_that_differ_widen_the_interval() -> None:
    true, came, world = drawn()
    base = np.full(ROWS, 0.4)
    alike = figures(true, base, came, world).brier_skill
    differ = np.where(world % 2 == 0, came, 1.0 - came)
    apart = figures(true, base, differ, world).brier_skill
    assert None not in (alike.low, alike.high, apart.low, apart.high)
    assert (apart.high or 0.0) - (apart.low or 0.0) > 5.0 * ((alike.high or 0.0) - (alike.low or 0.0))


def test_one_world_has_no_interval() -> None:
    true, came, _ = drawn()
    found = figures(true, true, came, np.zeros(ROWS, np.int64))
    assert (found.brier_skill.low, found.brier_skill.high) == (None, None)


def test_without_rows_there_are_no_figures() -> None:
    none = np.zeros(0)
    assert calibration(none, none, none, np.zeros(0, np.int64)) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([0.1, 0.2, 0.8, 0.9], 1.0),
        ([0.9, 0.8, 0.2, 0.1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([0.1, 0.5, 0.5, 0.9], 0.875),
    ],
)
def test_the_area_counts_pairs_in_the_right_order_and_ties_half(told: list[float], expected: float) -> None:
    assert area_under_curve(np.array(told), np.array([0.0, 0.0, 1.0, 1.0])) == expected
