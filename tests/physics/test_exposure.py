"""Dealers' hedging: units (T17, T18), over prices, by time, and where it changes sign."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spymaster.physics import exposure as ex
from spymaster.physics.black import charm, delta, gamma

EVERYWHERE = 1e9
MINUTE = 60 / (252 * 23_400)
FORWARD = 6000.0
THREE_HOURS = 3 / 6.5 / 252
DEVIATION = 0.12 * math.sqrt(THREE_HOURS)
FLAT = np.array([DEVIATION**2, 0.0, 0.0, -1.0, 1.0, THREE_HOURS])
STRIKES = np.arange(5900.0, 6105.0, 5.0)


def ones(value: float = 1.0) -> np.ndarray:
    return np.full(len(STRIKES), value)


def h_at(price: float, mean: np.ndarray, reach: float = EVERYWHERE, half_width: float = 0.0) -> tuple[float, float]:
    return ex.hedge_at(STRIKES, mean, ones(4.0), ones(DEVIATION), price, reach, half_width)


def test_ten_thousand_es_options_at_the_money_with_three_hours_left() -> None:
    """T17: 129.5 contracts per point, $2.33bn per 1 %."""
    h = ex.hedge_scale(50.0, 1.0) * 10_000 * gamma(FORWARD, FORWARD, DEVIATION)
    assert h == pytest.approx(129.5, abs=0.05)
    assert ex.gex_dollars(h, FORWARD) == pytest.approx(2.33e9, rel=1e-3)


def test_ten_thousand_spy_options() -> None:
    """T18: 26 contracts per point."""
    assert ex.hedge_scale(100.0, 10.0) * 10_000 * 0.13 == pytest.approx(26.0)


def test_spx_options_count_twice_an_es_option() -> None:
    assert ex.hedge_scale(100.0, 1.0) == 2.0


def test_gex_goes_round_through_contracts() -> None:
    """One per cent of the price, hedged in contracts of $50 a point, is GEX."""
    h = 37.0
    assert ex.gex_dollars(h, FORWARD) == pytest.approx(h * (0.01 * FORWARD) * 50 * FORWARD)


def test_hedging_is_the_change_of_dealers_delta_per_point() -> None:
    mean = np.random.default_rng(3).normal(0, 100, len(STRIKES))

    def held(price: float) -> float:
        return sum(float(q) * delta(price, float(k), DEVIATION, True) for q, k in zip(mean, STRIKES, strict=True))

    step = 0.01
    assert h_at(6003.0, mean)[0] == pytest.approx((held(6003 + step) - held(6003 - step)) / (2 * step), rel=1e-6)
    assert h_at(6003.0, mean, half_width=2.0)[0] == pytest.approx((held(6005.0) - held(6001.0)) / 4, rel=1e-12)


def test_only_strikes_within_reach_count() -> None:
    near = h_at(6002.0, ones(), reach=8.0)[0]
    assert near == pytest.approx(sum(gamma(6002.0, k, DEVIATION) for k in (5995.0, 6000.0, 6005.0, 6010.0)))


def test_variances_add_up_by_the_square_of_gamma() -> None:
    assert h_at(6002.0, ones())[1] == pytest.approx(sum(4 * gamma(6002.0, float(k), DEVIATION) ** 2 for k in STRIKES))


def test_a_profile_is_each_price_by_itself() -> None:
    mean = np.random.default_rng(4).normal(0, 100, len(STRIKES))
    prices = np.array([6100.0, 5950.0, 6000.5])
    h, variance = np.empty(3), np.empty(3)
    ex.hedge_profile(STRIKES, mean, ones(4.0), ones(DEVIATION), prices, 75.0, 1.0, h, variance)
    for i, price in enumerate(prices):
        assert (h[i], variance[i]) == h_at(float(price), mean, 75.0, 1.0)


def test_positions_are_netted_by_strike() -> None:
    strike = np.array([6010.0, 6000.0, 6005.0, 6000.0, 6010.0])
    mean = np.array([1.0, 2.0, 3.0, -5.0, 10.0])
    variance = np.array([1.0, 1.0, 2.0, 3.0, 4.0])
    factor = np.array([1.0, 2.0, 1.0, 2.0, 0.0])
    strikes, means, variances = (np.empty(5) for _ in range(3))
    assert ex.net_by_strike(strike, mean, variance, factor, strikes, means, variances) == 3
    assert list(strikes[:3]) == [6000.0, 6005.0, 6010.0]
    assert list(means[:3]) == [-6.0, 3.0, 1.0]
    assert list(variances[:3]) == [16.0, 2.0, 1.0]


def test_each_strike_has_its_deviation_from_the_smile() -> None:
    smile = np.array([4e-5, -6e-4, 0.02, -0.02, 0.02, THREE_HOURS])
    out = np.empty(len(STRIKES))
    ex.strike_deviations(STRIKES, smile, FORWARD, THREE_HOURS, out)
    k = np.log(STRIKES / FORWARD)
    assert out == pytest.approx(np.sqrt(4e-5 - 6e-4 * k + 0.02 * k * k))


def test_between_computed_prices_lines_are_straight() -> None:
    values = np.array([1.0, 3.0, -1.0])
    assert [ex.between(values, 100.0, 5.0, p) for p in (100.0, 102.5, 105.0, 107.5, 110.0)] == [1, 2, 3, 1, -1]
    assert math.isnan(ex.between(values, 100.0, 5.0, 99.9))
    assert math.isnan(ex.between(values, 100.0, 5.0, 110.1))
    assert math.isnan(ex.between(values, 100.0, 5.0, math.nan))


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
    mean = np.array([1000.0 * ex.hedge_scale(100.0, ratio)])
    flow = ex.charm_flow(strike, mean, FLAT, 600.0, THREE_HOURS, MINUTE, ratio)
    change = delta(600.0, 602.0, DEVIATION * math.sqrt(1 - MINUTE / THREE_HOURS), True)
    change -= delta(600.0, 602.0, DEVIATION, True)
    assert flow == pytest.approx(-1000 * 2 / ratio * change)


def test_the_flip_is_where_long_and_short_gamma_balance() -> None:
    mean = np.where(STRIKES < 6000.0, -100.0, 100.0)
    flip = ex.flip_price(STRIKES, mean, ones(DEVIATION), 6010.0, 1.0)
    assert 5990.0 < flip < 6005.0
    assert h_at(flip - 0.1, mean, half_width=1.0)[0] < 0.0 < h_at(flip + 0.1, mean, half_width=1.0)[0]


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
