"""The elementary functions of the hashed paths against the machine's library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.physics.maths.elementary import exp_, gate, hundredths, log_, smoothing
from spymaster.physics.maths.quantiles import median_of, quantile_bin

many = settings(max_examples=500, deadline=None)


@many
@given(st.floats(-700, 700))
def test_exponential_within_two_ulp(x: float) -> None:
    assert abs(exp_(x) - math.exp(x)) <= 2 * math.ulp(math.exp(x))


@many
@given(st.floats(1e-300, 1e300))
def test_logarithm_within_six_ulp(x: float) -> None:
    assert abs(log_(x) - math.log(x)) <= 6 * max(math.ulp(math.log(x)), math.ulp(1e-16))


@pytest.mark.parametrize("x", [-1e300, -701.0, 701.0, 1e300, math.inf, -math.inf])
def test_the_exponential_is_finite_for_any_number(x: float) -> None:
    assert math.isfinite(exp_(x))
    assert 0.0 <= gate(x) <= 1.0


def test_the_gate_is_one_half_at_nought_and_symmetric() -> None:
    assert gate(0.0) == pytest.approx(0.5, abs=1e-8)
    assert gate(1.7) + gate(-1.7) == pytest.approx(1.0, abs=1e-8)


@many
@given(st.floats(-50, 50))
def test_the_gate_is_the_logistic_function_within_its_stated_error(u: float) -> None:
    assert gate(u) == pytest.approx(1 / (1 + math.exp(-u)), abs=1e-8)


@many
@given(st.floats(-20, 20), st.floats(0, 5))
def test_the_gate_never_falls_by_more_than_its_stated_error(u: float, more: float) -> None:
    assert gate(u + more) >= gate(u) - 2e-8


@many
@given(st.floats(0.001, 10), st.floats(0.01, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_two_steps_of_smoothing_are_one_of_twice_the_length(dt: float, tau: float, start: float, target: float) -> None:
    twice = start
    for _ in range(2):
        twice += smoothing(dt, tau) * (target - twice)
    once = start + smoothing(2 * dt, tau) * (target - start)
    assert twice == pytest.approx(once, rel=1e-12, abs=1e-10)


def test_a_time_constant_is_no_half_life() -> None:
    assert smoothing(2.0, 2.0) == pytest.approx(1 - math.exp(-1))
    assert smoothing(2.0 * math.log(2), 2.0) == pytest.approx(0.5)


def test_rounding_is_to_hundredths_with_halves_up() -> None:
    assert [hundredths(x) for x in (0.125, -0.125, 80.004, 80.006)] == [0.13, -0.12, 80.0, 80.01]


@many
@given(st.lists(st.integers(0, 31), min_size=1, max_size=60))
def test_small_medians_are_exact(values: list[int]) -> None:
    histogram = np.zeros(160)
    for value in values:
        histogram[quantile_bin(value)] += 1.0
    assert median_of(histogram) == sorted(values)[(len(values) - 1) // 2]


@many
@given(st.integers(32, 2**21 - 1))
def test_large_values_are_known_within_six_per_cent(value: int) -> None:
    histogram = np.zeros(160)
    histogram[quantile_bin(value)] = 1.0
    assert median_of(histogram) == pytest.approx(value, rel=0.0625)


@pytest.mark.parametrize("value", [-5, 2**40, 2**62])
def test_any_integer_has_a_bin(value: int) -> None:
    assert 0 <= quantile_bin(value) < 160


def test_the_median_of_nothing_is_nought() -> None:
    assert median_of(np.zeros(160)) == 0.0
