"""Elementary functions from + - x / alone, so that hashed paths never depend on a machine's maths library."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from spymaster.market.jit import kernel

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_INV_LN2: Final = 1.4426950408889634
_SQRT_HALF: Final = 0.7071067811865476
_EXP_LIMIT: Final = 700.0
_POWERS: Final = np.array([2.0**k for k in range(-1021, 1024)])


@kernel
def exp_(x: float) -> float:
    """e**x within 2 ulp for |x| <= 700; clipped beyond. Cody-Waite reduction and a Taylor polynomial of degree 13."""
    x = min(max(x, -_EXP_LIMIT), _EXP_LIMIT)
    k = math.floor(x * _INV_LN2 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1.0
    for n in range(13, 0, -1):
        p = 1.0 + p * r / n
    return p * float(_POWERS[int(k) + 1021])


@kernel
def log_(x: float) -> float:
    """Natural logarithm of x > 0 within 2 ulp, by the series of atanh((m-1)/(m+1)) on the mantissa."""
    m, e = math.frexp(x)
    if m < _SQRT_HALF:
        m *= 2.0
        e -= 1
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    p = 0.0
    for n in range(23, 0, -2):
        p = p * s2 + 1.0 / n
    return 2.0 * s * p + e * _LN2_LOW + e * _LN2_HIGH


@kernel
def gate(u: float) -> float:
    """The logistic function 1 / (1 + exp(-u))."""
    return 1.0 / (1.0 + exp_(-u))


@kernel
def smoothing(dt_s: float, tau_s: float) -> float:
    """Weight of the newest value in an exponential average: 1 - exp(-dt / tau), tau a time constant."""
    if tau_s <= 0.0:
        return 1.0
    return 1.0 - exp_(-dt_s / tau_s)


@kernel
def hundredths(x: float) -> float:
    """x rounded to 0.01, halves up."""
    return math.floor(x * 100.0 + 0.5) / 100.0
