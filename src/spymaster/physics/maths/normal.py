"""The normal distribution from + - x / and ``exp_`` alone, relatively exact far into the tails.

Rational approximations of the error function: W. J. Cody, Math. Comp. 23 (1969); of the inverse: M. J. Wichura,
algorithm AS 241, Applied Statistics 37 (1988).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import INV_SQRT_2PI, SQRT_HALF, exp_, log_

TAIL: Final = 38.0
"""Beyond so many standard deviations a probability is nought."""

_INV_SQRT_PI: Final = 0.5641895835477563
_SMALL: Final = 0.46875

# Numerator and denominator, highest power first.
_ERF = (
    np.array([1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
              3.20937758913846947e3]),
    np.array([1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3]),
)  # fmt: skip
_MIDDLE = (
    np.array([2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
              2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
              1.23033935479799725e3]),
    np.array([1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
              3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3]),
)  # fmt: skip
_FAR = (
    np.array([1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
              1.60837851487422766e-2, 6.58749161529837803e-4]),
    np.array([1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
              2.33520497626869185e-3]),
)  # fmt: skip
_INVERSE_MIDDLE = (
    np.array([2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
              1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080]),
    np.array([5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
              5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0]),
)  # fmt: skip
_INVERSE_TAIL = (
    np.array([7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
              3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734]),
    np.array([1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
              1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187,
              1.0]),
)  # fmt: skip
_INVERSE_FAR = (
    np.array([2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
              2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990,
              6.65790464350110377720]),
    np.array([2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
              7.86869131145613259100e-4, 1.48753613908506148525e-2, 1.36929880922735805310e-1,
              5.99832206555887937690e-1, 1.0]),
)  # fmt: skip
_ERF_TOP, _ERF_BOTTOM = _ERF
_MIDDLE_TOP, _MIDDLE_BOTTOM = _MIDDLE
_FAR_TOP, _FAR_BOTTOM = _FAR
_INVERSE_MIDDLE_TOP, _INVERSE_MIDDLE_BOTTOM = _INVERSE_MIDDLE
_INVERSE_TAIL_TOP, _INVERSE_TAIL_BOTTOM = _INVERSE_TAIL
_INVERSE_FAR_TOP, _INVERSE_FAR_BOTTOM = _INVERSE_FAR


@kernel
def erfcx(x: float) -> float:
    """exp(x^2) erfc(x) for x >= -26, within a few ulp; below -26 it would overflow and is clipped by ``exp_``."""
    y = abs(x)
    if y <= _SMALL:
        z = y * y
        return exp_(z) * (1.0 - x * _ratio(_ERF_TOP, _ERF_BOTTOM, z))
    if y <= 4.0:
        scaled = _ratio(_MIDDLE_TOP, _MIDDLE_BOTTOM, y)
    else:
        z = 1.0 / (y * y)
        scaled = (_INV_SQRT_PI - z * _ratio(_FAR_TOP, _FAR_BOTTOM, z)) / y
    if x > 0.0:
        return scaled
    return 2.0 * exp_of_square(y) - scaled


@kernel
def exp_of_square(x: float) -> float:
    """exp(x^2), the square taken in two parts so that its rounding does not grow with it."""
    head = math.floor(x * 16.0) / 16.0
    return exp_(head * head) * exp_((x - head) * (x + head))


@kernel
def bell(x: float) -> float:
    """exp(-x^2 / 2) within a few ulp, nought beyond ``TAIL``, NaN for NaN."""
    y = abs(x)
    if y > TAIL:
        return 0.0
    if math.isnan(x):
        return x
    head = math.floor(y * 16.0) / 16.0
    return exp_(-0.5 * head * head) * exp_(-0.5 * (y - head) * (y + head))


@kernel
def normal_density(x: float) -> float:
    """The standard normal density."""
    return INV_SQRT_2PI * bell(x)


@kernel
def normal_cdf(x: float) -> float:
    """The standard normal probability of a value below x, relatively exact also in the lower tail."""
    tail = 0.5 * bell(x) * erfcx(abs(x) * SQRT_HALF)
    return tail if x < 0.0 else 1.0 - tail


@kernel
def normal_quantile(p: float) -> float:
    """The value below which lies the probability p, within 1e-15 of it; infinite at 0 and 1, NaN outside them."""
    if not 0.0 < p < 1.0:
        return math.nan if not 0.0 <= p <= 1.0 else (-math.inf if p == 0.0 else math.inf)
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(_INVERSE_MIDDLE_TOP, _INVERSE_MIDDLE_BOTTOM, 0.180625 - q * q)
    tail = p if q < 0.0 else 1.0 - p
    r = math.sqrt(-log_(tail))
    if r <= 5.0:
        x = _ratio(_INVERSE_TAIL_TOP, _INVERSE_TAIL_BOTTOM, r - 1.6)
    else:
        x = _ratio(_INVERSE_FAR_TOP, _INVERSE_FAR_BOTTOM, r - 5.0)
        # these are good to nine digits; a step of Newton's doubles them
        x += (normal_cdf(-x) - tail) / normal_density(x)
    return -x if q < 0.0 else x


@kernel
def _ratio(top: NDArray[Any], bottom: NDArray[Any], x: float) -> float:
    """Two polynomials of one degree, highest power first, divided."""
    above = top[0]
    below = bottom[0]
    for n in range(1, len(top)):
        above = above * x + top[n]
        below = below * x + bottom[n]
    return float(above / below)
