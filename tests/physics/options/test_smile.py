"""The smile: which quotes speak, how it is fitted, what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.physics.options import smile as sm
from spymaster.physics.options.black import price

TAU = 0.001
SECOND = 1_000_000_000
K = np.linspace(-0.02, 0.02, 17)
A, B, C = 4e-5, -6e-4, 0.02
CURVE = A + B * K + C * K * K
EVEN = np.ones(len(K))


def fitted(w: np.ndarray, weight: np.ndarray = EVEN, k: np.ndarray = K) -> tuple[int, np.ndarray]:
    out = np.full(sm.SMILE_FIELDS, math.nan)
    return sm.fit_smile(k, w, weight, TAU, out), out


def test_a_parabola_is_found_again() -> None:
    count, smile = fitted(CURVE)
    assert count == len(K)
    assert smile[: sm.K_LOW] == pytest.approx([A, B, C], rel=1e-9)
    assert list(smile[sm.K_LOW :]) == [K[0], K[-1], TAU]


def test_it_is_the_weighted_least_squares_of_an_independent_solver() -> None:
    rng = np.random.default_rng(2)
    w = CURVE * (1 + rng.normal(0, 0.1, len(K)))
    weight = rng.uniform(0.1, 10, len(K))
    _, smile = fitted(w, weight)
    assert smile[: sm.K_LOW] == pytest.approx(np.polyfit(K, w, 2, w=np.sqrt(weight))[::-1], rel=1e-7)


def test_fewer_than_five_strikes_leave_the_last_smile_alone() -> None:
    weight = EVEN.copy()
    weight[4:] = 0.0
    count, smile = fitted(CURVE, weight)
    assert count == 0
    assert np.isnan(smile).all()


def test_points_without_a_value_are_passed_over() -> None:
    w, weight = CURVE.copy(), EVEN.copy()
    w[[3, 8]] = math.nan
    weight[5] = 0.0
    count, smile = fitted(w, weight)
    assert count == len(K) - 3
    assert smile[: sm.K_LOW] == pytest.approx([A, B, C], rel=1e-9)


def test_an_expired_smile_is_not_fitted() -> None:
    out = np.zeros(sm.SMILE_FIELDS)
    assert sm.fit_smile(K, CURVE, EVEN, 0.0, out) == 0


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(1e-9, 1e-2), st.floats(1e-3, 1e3)), min_size=5, max_size=40)
)
def test_variance_is_positive_whatever_the_points(points: list[tuple[float, float, float]]) -> None:
    k, w, weight = (np.array(column) for column in zip(*points, strict=True))
    count, smile = fitted(w, weight, k)
    assert count == len(points)
    for place in np.linspace(-0.1, 0.1, 41):
        assert sm.total_deviation(smile, float(place), TAU) > 0.0


def test_all_points_at_one_strike_give_their_mean() -> None:
    _, smile = fitted(CURVE, EVEN, np.full(len(K), 0.01))
    assert sm.total_deviation(smile, 0.01, TAU) ** 2 == pytest.approx(CURVE.mean())


def test_outside_its_strikes_the_smile_stays_as_it_is_at_the_last() -> None:
    _, smile = fitted(CURVE)
    assert sm.total_deviation(smile, -0.5, TAU) == sm.total_deviation(smile, float(K[0]), TAU)
    assert sm.total_deviation(smile, 0.5, TAU) == sm.total_deviation(smile, float(K[-1]), TAU)


def test_variance_shrinks_with_the_time_left() -> None:
    _, smile = fitted(CURVE)
    assert sm.total_deviation(smile, 0.0, TAU / 4) == pytest.approx(math.sqrt(A) / 2)
    assert sm.total_deviation(smile, 0.0, 0.0) == 0.0


def test_blending_moves_variance_per_year() -> None:
    _, old = fitted(CURVE)
    newer = np.array([A, B, C, -0.01, 0.03, TAU / 2])
    sm.blend_smile(old, newer, 0.25)
    assert sm.total_deviation(old, 0.0, TAU) == pytest.approx(math.sqrt(A * (0.75 + 0.25 * 2)))
    assert list(old[sm.K_LOW :]) == [-0.01, 0.03, TAU / 2]


@pytest.mark.parametrize(
    ("bid", "ask", "age_s", "fault"),
    [
        (1.00, 1.10, 0.0, sm.USABLE),
        (1.00, 1.00, 5.0, sm.USABLE),
        (0.05, 0.15, 0.0, sm.USABLE),
        (0.0, 0.05, 0.0, sm.ONE_SIDED),
        (1.0, math.nan, 0.0, sm.ONE_SIDED),
        (1.10, 1.00, 0.0, sm.CROSSED),
        (0.02, 0.06, 0.0, sm.SMALL),
        (0.05, 0.20, 0.0, sm.WIDE),
        (1.00, 1.55, 0.0, sm.WIDE),
        (1.00, 1.45, 0.0, sm.USABLE),
        (1.00, 1.10, 5.001, sm.OLD),
    ],
)
def test_which_quotes_are_not_inverted(bid: float, ask: float, age_s: float, fault: int) -> None:
    assert sm.quote_fault(bid, ask, 0.05, int(age_s * SECOND)) == fault


def test_only_the_side_out_of_the_money_speaks() -> None:
    forward, s = 6000.0, 0.006
    for strike in (5980.0, 6020.0):
        for is_call in (True, False):
            value = price(forward, strike, s, is_call)
            k, w, weight = sm.smile_point(forward, strike, value - 0.05, value + 0.05, 0.05, is_call)
            assert k == pytest.approx(math.log(strike / forward))
            if is_call == (strike > forward):
                assert w == pytest.approx(s * s)
                assert weight > 0.0
            else:
                assert math.isnan(w)
                assert weight == 0.0


def test_a_narrow_quote_near_the_money_weighs_most() -> None:
    def weight(strike: float, half_spread: float) -> float:
        value = price(6000.0, strike, 0.006, True)
        return sm.smile_point(6000.0, strike, value - half_spread, value + half_spread, 0.05, True)[2]

    assert weight(6005.0, 0.1) > weight(6050.0, 0.1) > 0.0
    assert weight(6005.0, 0.1) == pytest.approx(2 * weight(6005.0, 0.2))
    assert weight(6005.0, 0.0) == pytest.approx(weight(6005.0, 0.025))
