"""One curve through the implied variances of an expiry: w(k) = a + b k + c k^2 with k = ln(strike / forward).

Formulas: docs/physics.md 5.4.

Greeks are taken from the curve, not from single quotes, whose own noise near expiry is larger than what they say. A
smile is float64[SMILE_FIELDS]: a, b, c, the least and greatest k it rests on, and the time tau (years) it was fitted
at. Variance shrinks in proportion to the time left, so a smile some seconds old is scaled by it, and outside the
strikes it rests on it stays as it is at the nearest of them.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import log_ratio
from spymaster.physics.options.black import vega
from spymaster.physics.options.implied import implied_deviation

A, B, C, K_LOW, K_HIGH, TAU = range(6)
SMILE_FIELDS: Final = 6
LEAST_STRIKES: Final = 5
"""Fewer strikes give no new smile: the caller keeps its last good one."""

USABLE, ONE_SIDED, CROSSED, WIDE, SMALL, OLD = range(6)
"""What ``quote_fault`` answers."""

_WIDE_TICKS: Final = 2.0
_WIDE_SHARE: Final = 0.4
_OLD_NS: Final = 5_000_000_000
_LEAST_SHARE: Final = 0.01
_SINGULAR: Final = 1e-12


@kernel
def quote_fault(bid: float, ask: float, tick: float, age_ns: int) -> int:
    """Why a quote is not to be inverted, or ``USABLE``: no bid or offer, crossed, spread above two ticks and above 40 %
    of the middle, middle below one tick, or older than five seconds. Prices and ``tick`` in one unit."""
    if not (bid > 0.0 and ask > 0.0):
        return ONE_SIDED
    if ask < bid:
        return CROSSED
    middle = 0.5 * (bid + ask)
    if middle < tick:
        return SMALL
    if ask - bid > max(_WIDE_TICKS * tick, _WIDE_SHARE * middle) * (1.0 + 1e-9):
        return WIDE
    return OLD if age_ns > _OLD_NS else USABLE


@kernel
def smile_point(
    f: float, strike: float, bid: float, ask: float, tick: float, is_call: bool
) -> tuple[float, float, float]:
    """What a quote says about the smile: (k, w, weight), w and weight NaN and 0 where it says nothing.

    Only the side out of the money speaks: a call below the forward and a put above it have weight 0. The weight is vega
    over the spread, the spread being one tick at least.
    """
    k = log_ratio(strike, f)
    if is_call != (strike >= f):
        return k, math.nan, 0.0
    s = implied_deviation(0.5 * (bid + ask), f, strike, is_call)
    if not s > 0.0:
        return k, math.nan, 0.0
    return k, s * s, vega(f, strike, s) / max(ask - bid, tick)


@kernel
def fit_smile(k: NDArray[Any], w: NDArray[Any], weight: NDArray[Any], tau: float, out: NDArray[Any]) -> int:
    """Fit the parabola by weighted least squares into ``out``; the number of points it rests on, 0 for no fit.

    Points of weight 0 or with NaN are passed over. With fewer than ``LEAST_STRIKES`` points ``out`` is left alone. A
    parabola that is not clearly positive over its points gives way to a straight line, and that to the mean.
    """
    count = 0
    total = low = high = mean_k = mean_w = 0.0
    for i in range(len(k)):
        if not (weight[i] > 0.0 and w[i] > 0.0):
            continue
        low = k[i] if count == 0 else min(low, k[i])
        high = k[i] if count == 0 else max(high, k[i])
        count += 1
        total += weight[i]
        mean_k += weight[i] * k[i]
        mean_w += weight[i] * w[i]
    if count < LEAST_STRIKES or not tau > 0.0:
        return 0
    mean_k /= total
    mean_w /= total
    half = max(0.5 * (high - low), _SINGULAR)
    s2 = s3 = s4 = t1 = t2 = 0.0
    for i in range(len(k)):
        if not (weight[i] > 0.0 and w[i] > 0.0):
            continue
        part = weight[i] / total
        z = (k[i] - mean_k) / half
        y = w[i] / mean_w - 1.0
        s2 += part * z * z
        s3 += part * z * z * z
        s4 += part * z * z * z * z
        t1 += part * z * y
        t2 += part * z * z * y
    for degree in (2, 1, 0):
        z0, z1, z2 = _solve(degree, s2, s3, s4, t1, t2)
        c = z2 / (half * half)
        b = z1 / half - 2.0 * c * mean_k
        a = 1.0 + z0 - z1 / half * mean_k + c * mean_k * mean_k
        if degree == 0 or _least(a, b, c, low, high) > _LEAST_SHARE:
            out[A], out[B], out[C] = a * mean_w, b * mean_w, c * mean_w
            out[K_LOW], out[K_HIGH], out[TAU] = low, high, tau
            break
    return count


@kernel
def total_deviation(smile: NDArray[Any], k: float, tau: float) -> float:
    """sigma sqrt(tau) of the smile at k = ln(strike / forward), for a time of ``tau`` years; 0 where none is left."""
    if tau <= 0.0:
        return 0.0
    inside = min(max(k, smile[K_LOW]), smile[K_HIGH])
    return math.sqrt((smile[A] + inside * (smile[B] + inside * smile[C])) * (tau / smile[TAU]))


@kernel
def blend_smile(smile: NDArray[Any], newer: NDArray[Any], alpha: float) -> None:
    """Move ``smile`` by ``alpha`` of the way to ``newer``, both in variance per year, and to its time and strikes."""
    scale = newer[TAU] / smile[TAU]
    for i in (A, B, C):
        smile[i] = scale * smile[i] + alpha * (newer[i] - scale * smile[i])
    for i in (K_LOW, K_HIGH, TAU):
        smile[i] = newer[i]


@kernel
def _solve(degree: int, s2: float, s3: float, s4: float, t1: float, t2: float) -> tuple[float, float, float]:
    """The normal equations with the first moments taken out: powers 0, 1, 2 of the centred, scaled k."""
    if degree == 2:
        # rows (1, 0, s2 | 0), (0, s2, s3 | t1), (s2, s3, s4 | t2)
        det = s2 * (s4 - s2 * s2) - s3 * s3
        if det > _SINGULAR:
            z2 = (s2 * t2 - s3 * t1) / det
            return -s2 * z2, (t1 - s3 * z2) / s2, z2
    if degree >= 1 and s2 > _SINGULAR:
        return 0.0, t1 / s2, 0.0
    return 0.0, 0.0, 0.0


@kernel
def _least(a: float, b: float, c: float, low: float, high: float) -> float:
    """The least value of a parabola between two points."""
    least = min(a + low * (b + low * c), a + high * (b + high * c))
    if c > 0.0:
        bottom = -0.5 * b / c
        if low < bottom < high:
            least = min(least, a + bottom * (b + bottom * c))
    return least
