"""Walls: strikes that stand out by the gamma dealers hold there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spymaster.physics.options.gamma_walls import PIN, SLIP, prominence, walls

STRIKES = np.arange(100.0, 111.0)


def test_the_nearest_summits_on_either_side() -> None:
    exposure = np.array([0, 9, 0, 5, 1, 1, 1, 6, 0, 8, 0.0])
    assert walls(STRIKES, exposure, 105.0) == (107.0, PIN, 103.0, PIN)


def test_a_wall_of_short_gamma_lets_the_price_slip() -> None:
    exposure = np.array([0, 0, 0, -5, -1, 1, 1, 6, 0, 0, 0.0])
    assert walls(STRIKES, exposure, 105.0) == (107.0, PIN, 103.0, SLIP)


def test_a_summit_that_hardly_stands_out_is_no_wall() -> None:
    exposure = np.array([0, 0, 0, 9, 8, 7, 8, 6, 0, 0, 0.0])
    above, sign, below, _ = walls(STRIKES, exposure, 105.0)
    assert math.isnan(above)
    assert sign == 0.0
    assert below == 103.0


def test_a_quarter_of_the_greatest_is_not_enough() -> None:
    exposure = np.array([0, 0, 0, 8, 0, 0, 0, 2, 0, 2.1, 0.0])
    assert walls(STRIKES, exposure, 105.0)[0] == 109.0


def test_the_last_strike_can_be_a_wall() -> None:
    assert walls(STRIKES, np.array([5, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5.0]), 105.0) == (110.0, PIN, 100.0, PIN)


def test_a_strike_at_the_price_counts_as_above() -> None:
    assert walls(STRIKES, np.array([0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0.0]), 105.0)[0] == 105.0


def test_no_gamma_no_walls() -> None:
    for exposure in (np.zeros(11), np.zeros(0)):
        above, above_sign, below, below_sign = walls(STRIKES[: len(exposure)], exposure, 105.0)
        assert math.isnan(above)
        assert math.isnan(below)
        assert above_sign == below_sign == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_prominence_is_the_height_above_the_lowest_way_to_something_higher(seed: int) -> None:
    """Against the definition by flooding: the highest level at which the summit is joined to something higher."""
    heights = np.random.default_rng(seed).permutation(30).astype(float) + 1.0
    padded = np.concatenate([[0.0], heights, [0.0]])
    for i, height in enumerate(heights):
        is_summit = padded[i] < height > padded[i + 2]
        joined = 0.0
        for j in range(len(heights)):
            if heights[j] > height:
                joined = max(joined, heights[min(i, j) : max(i, j) + 1].min())
        assert prominence(heights, i) == (height - joined if is_summit else 0.0)


def test_of_equal_neighbours_the_first_is_the_summit() -> None:
    plateau = np.array([0, 4, 4, 4, 0.0])
    assert [prominence(plateau, i) for i in range(5)] == [0.0, 4.0, 0.0, 0.0, 0.0]
