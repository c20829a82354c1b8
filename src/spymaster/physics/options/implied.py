"""Total deviation from an undiscounted premium: Black's formula inverted to nearly all digits (docs/physics.md 5.4).

Everything is done on the side out of the money in the normalised form of P. Jaeckel, "Let's Be Rational" (2015):
x = -|ln(f / k)|, b = premium / sqrt(f k), which lies between 0 and exp(x / 2).
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import INV_SQRT_2PI, exp_, log_, log_ratio
from spymaster.physics.maths.normal import bell, normal_cdf, normal_quantile
from spymaster.physics.options.black import normalised_premium

_SQRT_2PI: Final = 2.5066282746310002
_NARROW: Final = 0.04
_ROUNDS: Final = 40
_CLOSE: Final = 1e-7
"""A step so small is the last one: the error left is its third power."""

_LEAST: Final = 1e-12
_MOST: Final = 64.0


@kernel
def implied_deviation(premium: float, f: float, k: float, is_call: bool) -> float:
    """sigma sqrt(tau) at which ``black.price`` is ``premium``.

    NaN where there is none: a premium at or below the intrinsic value, at or above the forward (call) or strike (put),
    or any argument that is not a positive number. Digits lost in a premium in the money are lost in the answer: give
    the other side's.
    """
    if not (f > 0.0 and k > 0.0 and premium > 0.0):
        return math.nan
    time_value = premium
    if is_call and f > k:
        time_value = premium - (f - k)
    if not is_call and k > f:
        time_value = premium - (k - f)
    scaled = time_value / math.sqrt(f * k)
    x = -abs(log_ratio(f, k))
    most = exp_(0.5 * x)
    if not 0.0 < scaled < most:
        return math.nan
    if x == 0.0:
        return 2.0 * normal_quantile(0.5 * (1.0 + scaled)) if scaled > _NARROW else _solve(scaled, x, most)
    return _solve(scaled, x, most)


@kernel
def _solve(target: float, x: float, most: float) -> float:
    """Halley's iteration on the logarithm of the premium (or of what it lacks of ``most``), kept inside a bracket."""
    upper = target > 0.5 * most
    goal = most - target if upper else target
    low, high = _LEAST, _MOST
    s = _first_guess(target, x, most)
    for _ in range(_ROUNDS):
        value = _lacking(x, s) if upper else normalised_premium(x, s)
        slope = INV_SQRT_2PI * bell(x / s) * exp_(-0.125 * s * s)
        if not value > 0.0 or not slope > 0.0:
            # below what can be represented: too small a deviation, or for ``upper`` too large a one
            low, high = (low, s) if upper else (s, high)
            s = math.sqrt(low * high)
            continue
        error = log_ratio(goal, value) if upper else log_ratio(value, goal)
        if error > 0.0:
            high = s
        else:
            low = s
        rate = slope / value
        curvature = (x * x / (s * s) / s - 0.25 * s) + (rate if upper else -rate)
        newton = -error / rate
        halley = 1.0 + 0.5 * newton * curvature
        step = newton / (halley if halley > 0.5 else 0.5)
        following = s + step
        if abs(step) <= _CLOSE * s:
            return following
        if not low < following < high:
            following = math.sqrt(low * high)
        s = following
    return s


@kernel
def _first_guess(target: float, x: float, most: float) -> float:
    """A deviation near enough for a few rounds: the larger of what holds at the money and far from it."""
    if target > 0.5 * most:
        return 2.0 * normal_quantile(0.5 * (1.0 + target / most))
    near = _SQRT_2PI * target
    far = -x / math.sqrt(-2.0 * log_(target / most))
    return max(near, far, _LEAST)


@kernel
def _lacking(x: float, s: float) -> float:
    """What the normalised premium lacks of its bound exp(x / 2)."""
    h = x / s
    t = 0.5 * s
    return exp_(0.5 * x) * normal_cdf(-(h + t)) + exp_(-0.5 * x) * normal_cdf(h - t)
