"""Black's formulas against fifty digits, and hand vectors (docs/physics.md 9)."""

from __future__ import annotations

import itertools
import math

import pytest

from spymaster.physics.options import black
from tests.support.black_exact import greeks, premium, relative_error

FORWARD = 6000.0
DAY = 1 / 252
ENOUGH = 1e-11
DEVIATIONS_AWAY = (-8.0, -3.0, -1.0, -0.2, 0.0, 0.01, 0.6, 2.0, 5.0, 9.0)
HOURS_LEFT = (1 / 3600, 1 / 60, 0.25, 1.0, 3.0, 6.5, 6.5 * 30)


def contracts() -> list[tuple[float, float, float, float, bool]]:
    """(strike, sigma, tau, s, is call): from a second to a month, nine deviations either way."""
    found = []
    for hours, away, sigma, is_call in itertools.product(HOURS_LEFT, DEVIATIONS_AWAY, (0.08, 0.6), (True, False)):
        tau = hours / 6.5 * DAY
        s = sigma * math.sqrt(tau)
        found.append((FORWARD * math.exp(away * s), sigma, tau, s, is_call))
    return found


def test_gamma_at_the_money_with_three_hours_left() -> None:
    """The hand vector of docs/physics.md 9."""
    s = 0.12 * math.sqrt(3 / 6.5 * DAY)
    assert black.gamma(FORWARD, FORWARD, s) == pytest.approx(0.01295, abs=5e-6)


def test_the_delta_of_a_call_out_of_the_money_decays() -> None:
    """The hand vector of docs/physics.md 9."""
    s = 0.12 * math.sqrt(DAY)
    assert black.charm(FORWARD, 6050.0, s, DAY) < 0.0
    assert black.charm(FORWARD, 5950.0, s, DAY) > 0.0


def test_premiums_have_eleven_digits_from_a_second_to_a_month() -> None:
    for strike, _, _, s, is_call in contracts():
        exact = premium(FORWARD, strike, s, is_call)
        assert relative_error(black.price(FORWARD, strike, s, is_call), exact) < ENOUGH, (strike, s, is_call)


def test_greeks_are_the_derivatives_of_the_premium() -> None:
    for strike, sigma, tau, s, is_call in contracts():
        ours = {
            "delta": black.delta(FORWARD, strike, s, is_call),
            "gamma": black.gamma(FORWARD, strike, s),
            "vanna": black.vanna(FORWARD, strike, s, sigma),
            "charm": black.charm(FORWARD, strike, s, tau),
            "speed": black.speed(FORWARD, strike, s),
        }
        assert ours == pytest.approx(greeks(FORWARD, strike, sigma, tau, is_call), rel=1e-9), (strike, s, is_call)


def test_vega_is_the_derivative_by_total_deviation() -> None:
    step = 1e-6
    up, down = (black.price(FORWARD, 6030.0, 0.008 + d, True) for d in (step, -step))
    assert black.vega(FORWARD, 6030.0, 0.008) == pytest.approx((up - down) / (2 * step), rel=1e-6)


def test_call_less_put_is_forward_less_strike() -> None:
    for strike, _, _, s, _ in contracts():
        difference = black.price(FORWARD, strike, s, True) - black.price(FORWARD, strike, s, False)
        assert difference == pytest.approx(FORWARD - strike, abs=2e-12 * FORWARD)


def test_band_gamma_is_the_mean_of_gamma_over_the_band() -> None:
    s, half = 0.004, 6.0
    steps = [FORWARD - half + (i + 0.5) * 2 * half / 4000 for i in range(4000)]
    mean = sum(black.gamma(f, 6010.0, s) for f in steps) / len(steps)
    assert black.band_gamma(FORWARD, 6010.0, s, half) == pytest.approx(mean, rel=1e-6)


def test_a_narrow_band_has_gamma_itself() -> None:
    for strike, _, _, s, _ in contracts():
        exact = black.gamma(FORWARD, strike, s)
        half = 1e-4 * FORWARD * s
        assert black.band_gamma(FORWARD, strike, s, half) == pytest.approx(exact, rel=1e-6, abs=1e-12)
        assert black.band_gamma(FORWARD, strike, s, 0.0) == exact


def test_band_gamma_stays_bounded_at_expiry() -> None:
    assert black.gamma(FORWARD, FORWARD, 1e-7) > 500.0
    assert black.band_gamma(FORWARD, FORWARD, 1e-7, 1.0) == pytest.approx(0.5)
    assert black.band_gamma(FORWARD, 6000.5, 0.0, 1.0) == 0.5
    assert black.band_gamma(FORWARD, 6001.5, 0.0, 1.0) == 0.0


def test_far_from_the_strike_there_is_no_gamma() -> None:
    assert black.band_gamma(FORWARD, 7000.0, 0.004, 1.0) == black.gamma(FORWARD, 7000.0, 0.004) == 0.0
    assert black.band_gamma(FORWARD, 5000.0, 0.004, 1.0) == 0.0


def test_without_time_an_option_is_worth_what_it_is_now() -> None:
    assert black.price(6010.0, 6000.0, 0.0, True) == 10.0
    assert [black.delta(f, 6000.0, 0.0, True) for f in (5999.0, 6000.0, 6001.0)] == [0.0, 0.5, 1.0]
    assert [black.delta(f, 6000.0, 0.0, False) for f in (5999.0, 6000.0, 6001.0)] == [-1.0, -0.5, 0.0]
    at_once = (black.gamma(6000.0, 6000.0, 0.0), black.vega(6000.0, 6000.0, 0.0), black.speed(6000.0, 6000.0, 0.0))
    assert at_once == (0.0, 0.0, 0.0)
    assert (black.vanna(6000.0, 6000.0, 0.0, 0.1), black.charm(6000.0, 6000.0, 0.0, 0.0)) == (0.0, 0.0)


def test_nothing_known_stays_nothing_known() -> None:
    for value in (black.price(math.nan, 6000.0, 0.01, True), black.price(6000.0, 6000.0, math.nan, True)):
        assert math.isnan(value)
    assert math.isnan(black.band_gamma(6000.0, 6000.0, math.nan, 1.0))
    assert math.isnan(black.band_gamma(math.nan, 6000.0, 0.01, 1.0))


def test_the_hedging_band_is_a_point_or_a_quarter_of_a_usual_minute() -> None:
    assert black.band_half_width(1.0, 2.0) == 1.0
    assert black.band_half_width(1.0, 8.0) == 2.0
    assert black.band_half_width(1.0, math.nan) == 1.0
