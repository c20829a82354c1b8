"""Dealers' hedging: units (T17, T18), over prices, by time, and where it changes sign."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spymaster.physics.options import exposure as ex
from spymaster.physics.options.black import band_gamma, charm, delta, gamma

MINUTE = 60 / (252 * 23_400)
FORWARD = 6000.0
THREE_HOURS = 3 / 6.5 / 252
DEVIATION = 0.12 * math.sqrt(THREE_HOURS)
FLAT = np.array([DEVIATION**2, 0.0, 0.0, -1.0, 1.0, THREE_HOURS])
STRIKES = np.arange(5900.0, 6105.0, 5.0)


def ones(value: float = 1.0) -> np.ndarray:
    return np.full(len(STRIKES), value)


def h_at(price: float, mean: np.ndarray) -> float:
    return sum(float(q) * band_gamma(price, float(k), DEVIATION, 1.0) for q, k in zip(mean, STRIKES, strict=True))


def test_ten_thousand_es_options_at_the_money_with_three_hours_left() -> None:
    """129.5 contracts per point, $2.33bn per 1 %."""
    h = ex.hedge_scale(50.0, 50.0, 1.0) * 10_000 * gamma(FORWARD, FORWARD, DEVIATION)
    assert h == pytest.approx(129.5, abs=0.05)
    assert ex.gex_dollars(h, FORWARD, 50.0) == pytest.approx(2.33e9, rel=1e-3)


def test_ten_thousand_spy_options() -> None:
    """26 contracts per point."""
    assert ex.hedge_scale(100.0, 50.0, 10.0) * 10_000 * 0.13 == pytest.approx(26.0)


def test_spx_options_count_twice_an_es_option() -> None:
    assert ex.hedge_scale(100.0, 50.0, 1.0) == 2.0


def test_gex_goes_round_through_contracts() -> None:
    """One per cent of the price, hedged in contracts of $50 a point, is GEX."""
    h = 37.0
    assert ex.gex_dollars(h, FORWARD, 50.0) == pytest.approx(h * (0.01 * FORWARD) * 50 * FORWARD)


def test_charm_is_the_rate_of_the_coming_minute() -> None:
    strike, short = np.array([6020.0]), MINUTE / 100
    flow = ex.charm_flow(strike, np.array([1000.0]), FLAT, FORWARD, THREE_HOURS, short, 1.0)
    assert flow == pytest.approx(-1000 * charm(FORWARD, 6020.0, DEVIATION, THREE_HOURS) * short, rel=1e-4)


def test_dealers_long_calls_out_of_the_money_buy_back_their_hedge_as_time_passes() -> None:
    """Short futures against a delta that decays."""
    assert ex.charm_flow(np.array([6020.0]), np.array([1000.0]), FLAT, FORWARD, THREE_HOURS, MINUTE, 1.0) > 0.0
    assert ex.charm_flow(np.array([5980.0]), np.array([1000.0]), FLAT, FORWARD, THREE_HOURS, MINUTE, 1.0) < 0.0


def test_in_the_last_minute_no_more_than_the_whole_delta_is_traded() -> None:
    flow = ex.charm_flow(np.array([6000.1]), np.array([1000.0]), FLAT, FORWARD, MINUTE / 60, MINUTE, 1.0)
    assert 0.0 < flow <= 1000.0


def test_time_flow_in_es_contracts_counts_a_share_by_the_ratio() -> None:
    """Delta of one SPY option is 100 shares, which are 2 / ratio ES contracts; H's unit has 2 / ratio^2."""
    strike, ratio = np.array([602.0]), 10.0
    mean = np.array([1000.0 * ex.hedge_scale(100.0, 50.0, ratio)])
    flow = ex.charm_flow(strike, mean, FLAT, 600.0, THREE_HOURS, MINUTE, ratio)
    change = delta(600.0, 602.0, DEVIATION * math.sqrt(1 - MINUTE / THREE_HOURS), True)
    change -= delta(600.0, 602.0, DEVIATION, True)
    assert flow == pytest.approx(-1000 * 2 / ratio * change)


def test_the_flip_is_where_long_and_short_gamma_balance() -> None:
    mean = np.where(STRIKES < 6000.0, -100.0, 100.0)
    flip = ex.flip_price(STRIKES, mean, ones(DEVIATION), 6010.0, 1.0)
    assert 5990.0 < flip < 6005.0
    assert h_at(flip - 0.1, mean) < 0.0 < h_at(flip + 0.1, mean)


def test_of_two_flips_the_nearer_one_is_meant() -> None:
    mean = np.where(abs(STRIKES - 6000.0) < 30.0, 100.0, -100.0)
    low = ex.flip_price(STRIKES, mean, ones(DEVIATION), 5995.0, 1.0)
    high = ex.flip_price(STRIKES, mean, ones(DEVIATION), 6005.0, 1.0)
    assert low < 5985.0
    assert high > 6015.0
    assert low - 6000 == pytest.approx(6000 - high, abs=1.0)


def test_without_a_change_of_sign_there_is_no_flip() -> None:
    assert math.isnan(ex.flip_price(STRIKES, ones(100.0), ones(DEVIATION), FORWARD, 1.0))
    assert math.isnan(ex.flip_price(STRIKES, ones(0.0), ones(DEVIATION), FORWARD, 1.0))
    assert math.isnan(ex.flip_price(STRIKES[:0], STRIKES[:0], STRIKES[:0], FORWARD, 1.0))


def test_a_price_with_no_gamma_at_all_does_not_hide_a_flip() -> None:
    strikes, mean = np.array([5950.0, 6050.0]), np.array([-100.0, 100.0])
    flip = ex.flip_price(strikes, mean, np.full(2, 1e-4), 5960.0, 1.0)
    assert math.isnan(flip) or 5950.0 < flip < 6050.0
