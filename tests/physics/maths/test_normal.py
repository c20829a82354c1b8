"""The normal distribution of the hashed paths against fifty digits."""

from __future__ import annotations

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.physics.maths.elementary import log_ratio
from spymaster.physics.maths.normal import bell, erfcx, normal_cdf, normal_density, normal_quantile
from tests.support.black_exact import relative_error

many = settings(max_examples=300, deadline=None)


@many
@given(st.floats(-20, 1e6))
def test_the_scaled_error_function_has_fifteen_digits(x: float) -> None:
    exact = mpmath.exp(mpmath.mpf(x) ** 2) * mpmath.erfc(mpmath.mpf(x))
    assert relative_error(erfcx(x), exact) < 1e-15


@many
@given(st.floats(-37, 9))
def test_a_probability_has_fifteen_digits_also_far_in_the_tail(x: float) -> None:
    assert relative_error(normal_cdf(x), mpmath.ncdf(mpmath.mpf(x))) < 1.5e-15


@many
@given(st.floats(-37, 37))
def test_the_density_has_fifteen_digits(x: float) -> None:
    assert relative_error(normal_density(x), mpmath.npdf(mpmath.mpf(x))) < 1.5e-15


@many
@given(st.floats(1e-300, 0.49) | st.floats(1e-12, 1e-6))
def test_the_inverse_gives_the_probability_back(p: float) -> None:
    x = normal_quantile(p)
    sensitivity = max(x * x, 1.0)
    assert relative_error(p, mpmath.ncdf(mpmath.mpf(x))) < 5e-15 * sensitivity


@many
@given(st.floats(0.01, 0.99))
def test_the_inverse_is_odd_about_one_half(p: float) -> None:
    assert normal_quantile(1.0 - p) == pytest.approx(-normal_quantile(p), rel=1e-13, abs=1e-15)


def test_the_inverse_knows_where_it_ends() -> None:
    assert (normal_quantile(0.0), normal_quantile(1.0)) == (-math.inf, math.inf)
    assert math.isnan(normal_quantile(-0.1))
    assert math.isnan(normal_quantile(1.1))


def test_beyond_thirty_eight_deviations_nothing_is_left() -> None:
    assert normal_cdf(-38.5) == bell(38.5) == 0.0
    assert normal_cdf(38.5) == 1.0


def test_nothing_known_stays_nothing_known() -> None:
    assert math.isnan(bell(math.nan))
    assert math.isnan(normal_cdf(math.nan))


@many
@given(st.floats(1e-3, 1e4), st.floats(-1e-6, 1e-6) | st.floats(-0.5, 3))
def test_the_logarithm_of_a_ratio_keeps_its_digits_near_one(b: float, change: float) -> None:
    a = b * (1.0 + change)
    exact = mpmath.log(mpmath.mpf(a) / mpmath.mpf(b))
    assert log_ratio(a, b) == 0.0 if a == b else relative_error(log_ratio(a, b), exact) < 2e-15
