"""The inversion of Black's formula against premiums computed with fifty digits."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spymaster.physics.options.black import price
from spymaster.physics.options.implied import implied_deviation
from tests.support.black_exact import premium

AIM = 1e-10
REACHED = 2e-14
LEAST = 1e-280
"""Below this a premium has no full set of digits."""

FORWARD = 6000.0
DEVIATIONS_AWAY = (-30.0, -12.0, -6.0, -3.0, -1.0, -0.1, -1e-4, 0.0, 1e-6, 0.03, 0.5, 2.0, 6.0, 20.0, 35.0)
DEVIATIONS = (1e-6, 5e-5, 4e-4, 0.002, 0.0076, 0.019, 0.021, 0.039, 0.041, 0.1, 0.3, 1.0, 2.5)


@pytest.mark.parametrize("s", DEVIATIONS)
def test_the_deviation_comes_back_out_of_the_money(s: float) -> None:
    for away in DEVIATIONS_AWAY:
        strike = FORWARD * math.exp(away * s)
        is_call = strike >= FORWARD
        exact = premium(FORWARD, strike, s, is_call)
        if exact > LEAST and strike < 1e12:
            assert abs(implied_deviation(float(exact), FORWARD, strike, is_call) / s - 1) < REACHED, away


@settings(max_examples=400, deadline=None)
@given(st.floats(-6, 6), st.floats(1e-5, 3), st.floats(0.01, 1e5))
def test_within_six_deviations_the_aim_is_met(away: float, s: float, forward: float) -> None:
    strike = forward * math.exp(away * s)
    assume(strike != forward)
    is_call = strike >= forward
    exact = float(premium(forward, strike, s, is_call))
    assert abs(implied_deviation(exact, forward, strike, is_call) / s - 1) < AIM


@pytest.mark.parametrize("s", [3.0, 5.0, 8.0])
def test_premiums_near_their_bound_are_inverted_as_far_as_they_tell(s: float) -> None:
    for strike, is_call in itertools.product((3000.0, 6000.0, 9000.0), (True, False)):
        value = price(FORWARD, strike, s, is_call)
        assert implied_deviation(value, FORWARD, strike, is_call) == pytest.approx(s, rel=1e-9)


def test_a_premium_in_the_money_gives_what_its_time_value_tells() -> None:
    value = price(FORWARD, 5990.0, 0.005, True)
    assert implied_deviation(value, FORWARD, 5990.0, True) == pytest.approx(0.005, rel=1e-12)
    value = price(FORWARD, 6010.0, 0.005, False)
    assert implied_deviation(value, FORWARD, 6010.0, False) == pytest.approx(0.005, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "strike", "is_call"),
    [
        (0.0, 6010.0, True),
        (-1.0, 6010.0, True),
        (10.0, 5990.0, True),
        (9.0, 5990.0, True),
        (6000.0, 6010.0, True),
        (6010.0, 6010.0, False),
        (10.0, 6010.0, False),
        (math.nan, 6010.0, True),
        (1.0, math.nan, True),
        (1.0, 0.0, True),
    ],
)
def test_outside_what_arbitrage_allows_there_is_no_volatility(value: float, strike: float, is_call: bool) -> None:
    assert math.isnan(implied_deviation(value, FORWARD, strike, is_call))


def test_more_premium_is_more_volatility_to_the_last_cent() -> None:
    values = [implied_deviation(0.05 * n, FORWARD, 6050.0, True) for n in range(1, 2000)]
    assert all(a < b for a, b in itertools.pairwise(values))
