"""The Brownian baseline against a second computation: many small steps of the heat equation, and plain limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spymaster.models.brownian import MOST_LOG_ODDS, erfc_positive, log_odds, passages


def by_heat(u: float, spread: float, cells: int = 400) -> tuple[float, float]:
    """The same chances by letting a probability spread between the barriers step by step."""
    width = 2.0 / cells
    mass = np.zeros(cells + 1)
    at = (u + 1.0) / width
    low = min(int(at), cells - 1)
    mass[low], mass[low + 1] = 1.0 - (at - low), at - low
    steps = math.ceil(spread**2 / (0.4 * width**2))
    share = spread**2 / steps / (2.0 * width**2)
    up = down = 0.0
    for _ in range(steps):
        up, down = up + mass[-1], down + mass[0]
        mass[0] = mass[-1] = 0.0
        mass[1:-1] += share * (mass[2:] - 2.0 * mass[1:-1] + mass[:-2])
        mass[-1], mass[0] = share * mass[-2], share * mass[1]
    return up + mass[-1], down + mass[0]


@pytest.mark.parametrize("u", [-0.75, 0.0, 0.4])
@pytest.mark.parametrize("spread", [0.5, 0.95, 1.05, 2.0])
def test_the_chances_are_those_of_a_probability_that_spreads(u: float, spread: float) -> None:
    up, down = passages(np.array([u]), np.array([spread]))
    assert (float(up[0]), float(down[0])) == pytest.approx(by_heat(u, spread), abs=2e-3)


def test_the_vector_of_the_formula_s_source() -> None:
    """Two points, volatility .8, eight minutes (docs/physics.md 6.3)."""
    up, down = passages(np.array([0.0]), np.array([0.8 * math.sqrt(8.0) / 2.0]))
    assert float(up[0]) == pytest.approx(0.3688, abs=1e-4)
    assert float(down[0]) == float(up[0])


def test_the_two_ways_of_computing_meet() -> None:
    u = np.linspace(-0.99, 0.99, 41)
    before, after = log_odds(u, np.full(41, 1.0 - 1e-9)), log_odds(u, np.full(41, 1.0 + 1e-9))
    assert np.abs(before - after).max() < 1e-5


def test_several_spreads_at_once_are_as_one_at_a_time() -> None:
    u, spread = np.array([-0.3, 0.2, 0.6]), np.array([0.4, 1.4, 3.0])
    each = [log_odds(u[k : k + 1], spread[k : k + 1])[0] for k in range(3)]
    assert log_odds(u, spread).tolist() == pytest.approx(each, abs=1e-12)


def test_with_all_the_time_in_the_world_only_distance_counts() -> None:
    u = np.array([-0.5, 0.0, 0.5])
    assert log_odds(u, np.full(3, 50.0)) == pytest.approx(np.log((1.0 + u) / (1.0 - u)), abs=1e-9)


def test_upside_down_the_odds_are_the_opposite() -> None:
    u, spread = np.linspace(-0.9, 0.9, 19), np.linspace(0.2, 4.0, 19)
    assert np.abs(log_odds(u, spread) + log_odds(-u, spread)).max() < 1e-6


def test_nearer_the_upper_barrier_the_odds_are_higher_and_bounded() -> None:
    odds = log_odds(np.linspace(-0.999, 0.999, 99), np.full(99, 0.15))
    assert (np.diff(odds) >= 0.0).all()
    assert np.abs(odds).max() == MOST_LOG_ODDS


def test_no_volatility_at_all_is_no_fault() -> None:
    assert np.isfinite(log_odds(np.array([-0.99, 0.0, 0.99]), np.zeros(3))).all()


def test_the_complementary_error_function_is_right_to_seven_digits() -> None:
    z = np.linspace(0.0, 12.0, 300)
    exact = np.array([math.erfc(value) for value in z])
    assert np.abs(erfc_positive(z) / exact - 1.0).max() < 1.3e-7
