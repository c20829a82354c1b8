"""How far price usually goes in a minute: what counts, what does not, and what stands in at first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spymaster.physics.time.volatility import forget_mids, update_volatility
from tests.support.engine import params_for
from tests.support.kernels import empty_state, show_best
from tests.support.market import SECOND, START_NS

PARAMS = params_for()
FLOOR = float(PARAMS[0]["sigma_floor"])
MICRO_TICK_E9 = 1_000_000
PER_POINT = 1000
STEP_NS = 5 * SECOND
HOUR_OF_STEPS = 720


class Prices:
    """A market whose mid is set every five seconds."""

    def __init__(self) -> None:
        self.state: Any = empty_state(tick_e9=MICRO_TICK_E9)
        self.time = START_NS

    def mid(self, points: float, after_ns: int = STEP_NS) -> float:
        self.time += after_ns
        tick = round(points * PER_POINT)
        show_best(self.state, tick, tick)
        update_volatility(self.state, PARAMS, self.time)
        return self.sigma()

    def sigma(self) -> float:
        return float(self.state["volatility"]["sigma_1m"])


def mean_sigma(sigma_1m: float, noise: float = 0.0, hours: int = 20) -> float:
    """Root of the mean square of what is told of a walk of this volatility, with noise of each mid about it."""
    rng = np.random.default_rng(21)
    steps = rng.normal(0.0, sigma_1m / math.sqrt(12), hours * HOUR_OF_STEPS)
    path = 5000.0 + np.cumsum(steps) + rng.normal(0.0, noise, len(steps))
    prices = Prices()
    told = np.array([prices.mid(x) for x in path])
    return float(np.sqrt((told[HOUR_OF_STEPS:] ** 2).mean()))


@pytest.mark.parametrize("sigma_1m", [1.0, 2.5])
def test_a_walk_of_constant_variance_gives_its_sigma(sigma_1m: float) -> None:
    assert mean_sigma(sigma_1m) == pytest.approx(sigma_1m, rel=0.1)


def test_bounce_does_not_inflate_it() -> None:
    """A quarter of a point of noise would make moves of five seconds look like 1.58 a minute."""
    assert 0.9 <= mean_sigma(1.0, noise=0.25) <= 1.15


def test_a_still_market_has_the_floor() -> None:
    prices = Prices()
    assert {prices.mid(5000.0) for _ in range(100)} == {FLOOR}


def test_without_a_price_there_is_the_floor() -> None:
    s = empty_state()
    update_volatility(s, PARAMS, START_NS)
    assert s["volatility"]["sigma_1m"] == FLOOR


def climb(prices: Prices, steps: int, per_step: float = 0.25, start: float = 5000.0) -> float:
    for k in range(steps):
        prices.mid(start + per_step * k)
    return prices.sigma()


@pytest.mark.parametrize("samples", [2, 13, 47])
def test_at_first_moves_of_five_seconds_stand_in_scaled_by_the_root_of_time(samples: int) -> None:
    assert climb(Prices(), samples, per_step=0.5) == pytest.approx(0.5 * math.sqrt(12))


def test_after_three_minutes_of_minute_moves_these_are_believed() -> None:
    """The first is known after a minute; twelve steps of the climb add up, where a walk's would partly cancel."""
    assert climb(Prices(), 48, per_step=0.5) == pytest.approx(0.5 * 12)


def test_prices_between_the_samples_do_not_count() -> None:
    prices = Prices()
    for k in range(60):
        prices.mid(5000.0)
        prices.mid(5000.0 + 10 * (k % 2), after_ns=SECOND)
        prices.time -= SECOND
    assert prices.sigma() == FLOOR


@pytest.mark.parametrize("hole", ["silence", "session"])
def test_what_price_did_over_a_hole_is_no_move(hole: str) -> None:
    prices = Prices()
    climb(prices, 60)
    before = prices.sigma()
    if hole == "session":
        forget_mids(prices.state)
    prices.mid(5100.0, after_ns=STEP_NS if hole == "session" else 11 * SECOND)
    assert climb(prices, 100, start=5100.25) == pytest.approx(before)


def test_old_moves_are_forgotten_with_their_time_constant() -> None:
    prices = Prices()
    climb(prices, 500)
    weight = float(prices.state["volatility"]["variance_1m"])
    top = 5000.0 + 0.25 * 499
    for _ in range(12):
        prices.mid(top)
    held = float(prices.state["volatility"]["variance_1m"])
    for _ in range(120):
        prices.mid(top)
    assert weight == pytest.approx(9.0)
    assert float(prices.state["volatility"]["variance_1m"]) == pytest.approx(held * math.exp(-1.0), rel=1e-6)
