"""Velocity, acceleration and jerk against least squares, their usual spreads, and when price arrives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.physics.time.motion import arrival_s, microprice, mid_points, motion_spreads, update_price
from tests.support.engine import params_for
from tests.support.kernels import empty_state, show_best

DT = 0.25
PARAMS = params_for()
TAU = float(PARAMS[0]["w_velocity_s"])
FADING = math.exp(-DT / TAU)
POINT = 4
"""Ticks."""


def follow(prices: NDArray[np.floating[Any]], size: int = 1) -> list[Any]:
    """Drive the filters with prices in ticks of a market one tick wide; the filters' record after each snap."""
    s = empty_state()
    out = []
    for price in prices:
        show_best(s, int(price), int(price) + 1, size, size)
        update_price(s, PARAMS)
        out.append(s["motion"].copy())
    return out


def least_squares(prices: NDArray[np.floating[Any]], degree: int) -> NDArray[np.float64]:
    """Derivatives 0..degree at the newest price by least squares, each step back weighing less by the fading factor."""
    lag = -DT * np.arange(len(prices))[::-1]
    root = FADING ** (0.5 * np.arange(len(prices))[::-1])
    powers = np.stack([lag**k / math.factorial(k) for k in range(degree + 1)], axis=1)
    solution, *_ = np.linalg.lstsq(powers * root[:, None], prices * root, rcond=None)
    return np.asarray(solution)


@pytest.fixture(scope="module")
def walk() -> NDArray[np.floating[Any]]:
    """Ticks of a random walk, long enough for the start to be forgotten."""
    return 20_000.0 + np.cumsum(np.random.default_rng(2).integers(-2, 3, 700))


@pytest.fixture(scope="module")
def followed(walk: NDArray[np.float64]) -> list[Any]:
    return follow(walk)


@pytest.mark.parametrize("end", [500, 600, 700])
def test_position_velocity_and_acceleration_are_those_of_a_fading_quadratic(
    walk: NDArray[np.floating[Any]], followed: list[Any], end: int
) -> None:
    points = (walk[:end] + 0.5) / POINT - 5000.0
    m = followed[end - 1]
    found = [m["position"] - 5000.0, m["velocity"], m["acceleration"]]
    np.testing.assert_allclose(found, least_squares(points, 2), rtol=0, atol=1e-8)


@pytest.mark.parametrize("end", [500, 600, 700])
def test_the_jerk_is_that_of_a_fading_cubic(walk: NDArray[np.floating[Any]], followed: list[Any], end: int) -> None:
    points = (walk[:end] + 0.5) / POINT - 5000.0
    found = followed[end - 1]["cubic"] - np.array([5000.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(found, least_squares(points, 3), rtol=0, atol=1e-8)


def test_a_steady_climb_has_its_velocity_and_nothing_else() -> None:
    m = follow(20_000.0 + np.arange(400))[-1]
    assert m["velocity"] == pytest.approx(0.25 / DT, rel=1e-9)
    assert [m["acceleration"], m["cubic"][3]] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_first_price_is_no_motion() -> None:
    m = follow(np.array([20_000.0]))[-1]
    assert (m["position"], m["velocity"], m["acceleration"]) == (5000.125, 0.0, 0.0)


@pytest.mark.parametrize("sigma_1m", [0.5, 2.3])
def test_scores_of_a_driftless_walk_have_unit_variance(sigma_1m: float) -> None:
    """Exactly: a walk is a sum of steps, so each variance is that of the steps times the squared answers to one."""
    answers = follow(np.array([20_000.0] + [20_000.0 + POINT] * 400))[1:]
    step = sigma_1m / math.sqrt(60) * math.sqrt(DT)
    spreads = motion_spreads(PARAMS, sigma_1m)
    for answer, spread in zip(
        (
            np.array([m["velocity"] for m in answers]),
            np.array([m["acceleration"] for m in answers]),
            np.array([m["cubic"][3] for m in answers]),
        ),
        spreads,
        strict=True,
    ):
        assert (step * np.sqrt((answer**2).sum()) / spread) ** 2 == pytest.approx(1.0, rel=0.15)


def test_scores_of_a_simulated_driftless_walk_have_unit_variance() -> None:
    sigma_1m = 30.0
    steps = np.random.default_rng(6).normal(0.0, sigma_1m / math.sqrt(60) * math.sqrt(DT) * POINT, 24_000)
    followed = follow(np.round(20_000_000.0 + np.cumsum(steps)))[500:]
    values = np.array([(m["velocity"], m["acceleration"], m["cubic"][3]) for m in followed])
    z = values / np.array(motion_spreads(PARAMS, sigma_1m))
    np.testing.assert_allclose(z.var(axis=0), 1.0, rtol=0, atol=0.15)


# --- arrival ---------------------------------------------------------------------------------------------------------


def first_root(x: float, velocity: float, acceleration: float) -> float:
    roots = np.roots([-0.5 * acceleration, -velocity, x])
    real = [r.real for r in roots if abs(r.imag) < 1e-9 and r.real > 0]
    return min(*real, 120.0) if real else math.nan


def test_arrival_is_the_smallest_positive_root_of_the_quadratic() -> None:
    rng = np.random.default_rng(8)
    none = 0
    for x, velocity, acceleration in zip(
        rng.uniform(0.01, 20, 2000), rng.normal(0, 1, 2000), rng.normal(0, 0.3, 2000), strict=True
    ):
        expected = first_root(x, velocity, acceleration)
        none += math.isnan(expected)
        assert arrival_s(x, velocity, acceleration) == pytest.approx(expected, rel=1e-8, nan_ok=True)
    assert none > 300


@pytest.mark.parametrize(
    ("x", "velocity", "acceleration", "seconds"),
    [
        pytest.param(4.0, 2.0, 0.0, 2.0, id="steady"),
        pytest.param(4.0, 0.0, 2.0, 2.0, id="from rest"),
        pytest.param(3.0, 2.0, -1.0, math.nan, id="turns back before"),
        pytest.param(2.0, 2.0, -1.0, 2.0, id="just gets there"),
        pytest.param(4.0, -1.0, 0.0, math.nan, id="moves away"),
        pytest.param(4.0, -1.0, 1.0, 4.0, id="comes back"),
        pytest.param(4.0, 0.0, 0.0, math.nan, id="at rest"),
        pytest.param(4.0, 0.01, 0.0, 120.0, id="no later than two minutes"),
        pytest.param(0.0, 1.0, 0.0, math.nan, id="is there already"),
        pytest.param(-1.0, 1.0, 0.0, math.nan, id="is beyond"),
    ],
)
def test_arrival_by_hand(x: float, velocity: float, acceleration: float, seconds: float) -> None:
    assert arrival_s(x, velocity, acceleration) == pytest.approx(seconds, nan_ok=True)


# --- the price that is followed --------------------------------------------------------------------------------------


def test_the_microprice_leans_to_the_thinner_side() -> None:
    s = empty_state()
    show_best(s, 20_000, 20_001, 30, 10)
    assert microprice(s) == pytest.approx(5000.0 + 0.25 * 30 / 40)


def test_without_a_book_the_last_trade_is_followed_and_before_it_nothing() -> None:
    s = empty_state()
    assert math.isnan(mid_points(s))
    update_price(s, PARAMS)
    assert s["motion"]["has_motion"] == 0
    s["book"]["last_tick"], s["book"]["has_last"] = 20_002, 1
    assert microprice(s) == 5000.5
