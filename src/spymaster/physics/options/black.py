"""Black's 1976 formulas on a forward, undiscounted, and gamma over a hedging band (docs/physics.md 5.2, 5.3).

``f`` forward and ``k`` strike in the same unit; ``s`` total deviation sigma sqrt(tau), which is all most of them need.
Prices and greeks are per unit of the underlying: a contract's are these times its multiplier. Where ``s`` is 0 or less
the option is worth what it would be at once: delta a step (one half at the strike), every derivative of it 0. NaN in,
NaN out.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import INV_SQRT_2PI, SQRT_HALF, exp_, log_ratio
from spymaster.physics.maths.normal import TAIL, bell, erfcx, normal_cdf, normal_density

_BAND_SIGMA: Final = 0.25
_SHORT: Final = 0.02
_SQRT_HALF_PI: Final = 1.2533141373155003


@kernel
def d1_of(f: float, k: float, s: float) -> float:
    """ln(f / k) / s + s / 2; beyond the tails, infinite or the sign alone, where s is 0."""
    if s <= 0.0:
        return math.inf if f > k else (-math.inf if f < k else 0.0)
    return log_ratio(f, k) / s + 0.5 * s


@kernel
def price(f: float, k: float, s: float, is_call: bool) -> float:
    """The undiscounted premium. Computed for the side out of the money, and by parity for the other."""
    intrinsic = max(f - k, 0.0) if is_call else max(k - f, 0.0)
    if s <= 0.0:
        return intrinsic
    return intrinsic + math.sqrt(f * k) * normalised_premium(-abs(log_ratio(f, k)), s)


@kernel
def normalised_premium(x: float, s: float) -> float:
    """Premium out of the money over sqrt(f k), for x = -|ln(f / k)| and 0 < s <= 64, with all its digits."""
    h = x / s
    t = 0.5 * s
    weight = INV_SQRT_2PI * bell(h) * exp_(-0.5 * t * t)
    if t >= _SHORT:
        return weight * _SQRT_HALF_PI * (erfcx(-(h + t) * SQRT_HALF) - erfcx(-(h - t) * SQRT_HALF))
    # y(z) = N(z) / n(z) differs little between h - t and h + t: the odd terms of its Taylor series, by
    # y' = 1 + z y and y[n+1] = n y[n-1] + z y[n]
    y0 = _SQRT_HALF_PI * erfcx(-h * SQRT_HALF)
    y1 = 1.0 + h * y0
    y2 = y0 + h * y1
    y3 = 2.0 * y1 + h * y2
    y4 = 3.0 * y2 + h * y3
    y5 = 4.0 * y3 + h * y4
    y6 = 5.0 * y4 + h * y5
    y7 = 6.0 * y5 + h * y6
    t2 = t * t
    return weight * 2.0 * t * (y1 + t2 / 6.0 * (y3 + t2 / 20.0 * (y5 + t2 / 42.0 * y7)))


@kernel
def delta(f: float, k: float, s: float, is_call: bool) -> float:
    """Change of the premium with the forward: N(d1) of a call, -N(-d1) of a put."""
    d1 = d1_of(f, k, s)
    return normal_cdf(d1) if is_call else -normal_cdf(-d1)


@kernel
def gamma(f: float, k: float, s: float) -> float:
    """Change of delta with the forward, the same for call and put."""
    if s <= 0.0:
        return 0.0
    return normal_density(d1_of(f, k, s)) / (f * s)


@kernel
def vega(f: float, k: float, s: float) -> float:
    """Change of the premium with the total deviation s; times sqrt(tau) the usual vega per unit of volatility."""
    if s <= 0.0:
        return 0.0
    return f * normal_density(d1_of(f, k, s))


@kernel
def vanna(f: float, k: float, s: float, sigma: float) -> float:
    """Change of delta with volatility (per unit, not per percent)."""
    if s <= 0.0:
        return 0.0
    d1 = d1_of(f, k, s)
    return -normal_density(d1) * (d1 - s) / sigma


@kernel
def charm(f: float, k: float, s: float, tau: float) -> float:
    """Change of delta per year of passing time, the same for call and put (no interest)."""
    if s <= 0.0:
        return 0.0
    d1 = d1_of(f, k, s)
    return normal_density(d1) * (d1 - s) / (2.0 * tau)


@kernel
def speed(f: float, k: float, s: float) -> float:
    """Change of gamma with the forward."""
    if s <= 0.0:
        return 0.0
    d1 = d1_of(f, k, s)
    return -(normal_density(d1) / (f * s)) / f * (d1 / s + 1.0)


@kernel
def band_half_width(point: float, sigma_1m: float) -> float:
    """Half the band over which a dealer lets delta run before hedging: an ES point or a quarter of a usual minute.

    ``point``: one ES point in the unit of the forward; ``sigma_1m``: deviation of a minute in that unit, NaN unknown.
    """
    quarter = _BAND_SIGMA * sigma_1m
    return quarter if quarter > point else point


@kernel
def band_gamma(f: float, k: float, s: float, half_width: float) -> float:
    """Mean gamma between f - half_width and f + half_width: bounded by 1 / (2 half_width) however near expiry is."""
    if half_width <= 0.0:
        return gamma(f, k, s)
    low = d1_of(f - half_width, k, s)
    high = d1_of(f + half_width, k, s)
    if low > TAIL or high < -TAIL:
        return 0.0
    # the difference of the smaller tails keeps its digits far in the money
    change = normal_cdf(-low) - normal_cdf(-high) if low > 0.0 else normal_cdf(high) - normal_cdf(low)
    return change / (2.0 * half_width)
