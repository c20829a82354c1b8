"""Elementary functions from + - x / alone, so that hashed paths never depend on a machine's maths library."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from spymaster.market.jit import kernel, kernel_inlined

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_INV_LN2: Final = 1.4426950408889634
SQRT_HALF: Final = 0.7071067811865476
LN2: Final = 0.6931471805599453
INV_SQRT_2PI: Final = 0.3989422804014327
MAD_TO_SIGMA: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_EXP_LIMIT: Final = 700.0
_GATE_LIMIT: Final = 700.0
_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13 = (1.0 / math.factorial(n) for n in range(2, 14))
_L3, _L5, _L7, _L9, _L11, _L13, _L15, _L17, _L19, _L21, _L23 = (1.0 / n for n in range(3, 24, 2))
_BIAS: Final = 1023
_MANTISSA_BITS: Final = 52
_MANTISSA: Final = (1 << _MANTISSA_BITS) - 1
_WHOLE: Final = 2.0**_MANTISSA_BITS
"""From here on a double is a whole number, which stands in its lowest bits."""
_HALF_BITS: Final = (_BIAS - 1) << _MANTISSA_BITS
_WHOLE_BITS: Final = (_BIAS + _MANTISSA_BITS) << _MANTISSA_BITS
_LEAST_NORMAL: Final = 2.0**-1022


@kernel_inlined
def power_of_two(k: float) -> float:
    """2**k for a whole k from -1022 to 1023, made of its bits, as a loop can do with several at once."""
    return float(np.int64(np.float64(_WHOLE + (k + _BIAS)).view(np.int64) << _MANTISSA_BITS).view(np.float64))


@kernel
def exp_(x: float) -> float:
    """e**x within 2 ulp for |x| <= 700; clipped beyond. Cody-Waite reduction and a Taylor polynomial of degree 13.

    The polynomial is summed in pairs (Estrin's scheme), which a processor does in a third of the time of Horner's.
    """
    x = min(max(x, -_EXP_LIMIT), _EXP_LIMIT)
    k = float(np.floor(x * _INV_LN2 + 0.5))
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (_E2 + r * _E3)
    middle = (_E4 + r * _E5) + r2 * (_E6 + r * _E7)
    high = (_E8 + r * _E9) + r2 * (_E10 + r * _E11) + r4 * (_E12 + r * _E13)
    return (low + r4 * (middle + r4 * high)) * power_of_two(k)


@kernel
def log_(x: float) -> float:
    """Natural logarithm of x > 0 within 6 ulp, by the series of atanh((m-1)/(m+1)) on the mantissa."""
    if _LEAST_NORMAL <= x < math.inf:
        return log_of_normal(x)
    m, e = math.frexp(x)
    if m < SQRT_HALF:
        m *= 2.0
        e -= 1
    return _twice_atanh((m - 1.0) / (m + 1.0)) + e * _LN2_LOW + e * _LN2_HIGH


@kernel_inlined
def log_of_normal(x: float) -> float:
    """The same for numbers from 2**-1022 on, taken apart as bits, as a loop can do with several at once."""
    bits = np.float64(x).view(np.int64)
    m = float(np.int64((bits & _MANTISSA) | _HALF_BITS).view(np.float64))
    e = float(np.int64((bits >> _MANTISSA_BITS) | _WHOLE_BITS).view(np.float64)) - (_WHOLE + (_BIAS - 1))
    below = m < SQRT_HALF
    m = m * 2.0 if below else m
    e = e - 1.0 if below else e
    return _twice_atanh((m - 1.0) / (m + 1.0)) + e * _LN2_LOW + e * _LN2_HIGH


@kernel
def log_ratio(a: float, b: float) -> float:
    """ln(a / b) of positive numbers, relatively exact also where they are close: the difference is taken first."""
    if a < b * SQRT_HALF or b < a * SQRT_HALF:
        return log_(a / b)
    return _twice_atanh((a - b) / (a + b))


@kernel
def _twice_atanh(s: float) -> float:
    """ln((1 + s) / (1 - s)) for |s| <= 0.172, by its series."""
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    low = (1.0 + z * _L3) + z2 * (_L5 + z * _L7)
    middle = (_L9 + z * _L11) + z2 * (_L13 + z * _L15)
    high = (_L17 + z * _L19) + z2 * (_L21 + z * _L23)
    p = low + z4 * (middle + z4 * high)
    return 2.0 * s * p


@kernel
def gate(u: float) -> float:
    """The logistic function 1 / (1 + exp(-u)) within 1e-8, which is far below what a soft threshold means.

    A shorter polynomial than ``exp_``'s: the gates are most of a snap's arithmetic.
    """
    x = min(max(-u, -_GATE_LIMIT), _GATE_LIMIT)
    k = float(np.floor(x * _INV_LN2 + 0.5))
    r = x - k * LN2
    r2 = r * r
    e = (1.0 + r) + r2 * ((_E2 + r * _E3) + r2 * ((_E4 + r * _E5) + r2 * (_E6 + r * _E7)))
    return 1.0 / (1.0 + e * power_of_two(k))


@kernel
def smoothing(dt_s: float, tau_s: float) -> float:
    """Weight of the newest value in an exponential average: 1 - exp(-dt / tau), tau a time constant."""
    if tau_s <= 0.0:
        return 1.0
    return 1.0 - exp_(-dt_s / tau_s)


@kernel
def hundredths(x: float) -> float:
    """x rounded to 0.01, halves up."""
    return float(np.floor(x * 100.0 + 0.5)) / 100.0
