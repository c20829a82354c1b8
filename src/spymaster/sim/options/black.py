"""Black's formula for options on a forward, the simulator's own (no rate: everything expires within the day).

Deliberately apart from what the engine computes with, so that each can be held against the other.
Source: Black (1976); the normal distribution after Hart (1968), within 1e-15, and 1e-8 of itself in the far tails.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import exp_, log_

_ROOT_TWO_PI: Final = 2.5066282746310002
_FAR: Final = 37.0
_NEAR: Final = 7.07106781186547


@kernel
def normal_cdf(x: float) -> float:
    """Chance that a standard normal draw is below x."""
    z = abs(x)
    if z > _FAR:
        tail = 0.0
    elif z < _NEAR:
        top = 3.52624965998911e-02 * z + 0.700383064443688
        top = top * z + 6.37396220353165
        top = top * z + 33.912866078383
        top = top * z + 112.079291497871
        top = top * z + 221.213596169931
        top = top * z + 220.206867912376
        low = 8.83883476483184e-02 * z + 1.75566716318264
        low = low * z + 16.064177579207
        low = low * z + 86.7807322029461
        low = low * z + 296.564248779674
        low = low * z + 637.333633378831
        low = low * z + 793.826512519948
        low = low * z + 440.413735824752
        tail = exp_(-0.5 * z * z) * top / low
    else:
        tail = exp_(-0.5 * z * z) / (z + 1.0 / (z + 2.0 / (z + 3.0 / (z + 4.0 / (z + 0.65))))) / _ROOT_TWO_PI
    return 1.0 - tail if x > 0.0 else tail


@kernel
def call_delta(forward: float, strike: float, vol: float, years: float) -> float:
    """Delta of a call; a step once no variance is left. A put's is one less."""
    spread = vol * sqrt(years) if years > 0.0 else 0.0
    if spread <= 0.0:
        return 1.0 if forward > strike else 0.0
    return normal_cdf(log_(forward / strike) / spread + 0.5 * spread)


@kernel
def gamma(forward: float, strike: float, vol: float, years: float) -> float:
    """Change of delta per unit of the forward, of call and put alike; 0 once no variance is left."""
    spread = vol * sqrt(years) if years > 0.0 else 0.0
    if spread <= 0.0:
        return 0.0
    d1 = log_(forward / strike) / spread + 0.5 * spread
    return exp_(-0.5 * d1 * d1) / (_ROOT_TWO_PI * forward * spread)


@kernel
def fair_value(forward: float, strike: float, vol: float, years: float, is_put: int) -> float:
    """What an option is worth, in the forward's unit. The one out of the money is computed, the other by parity."""
    spread = vol * sqrt(years) if years > 0.0 else 0.0
    if spread <= 0.0:
        call = max(forward - strike, 0.0)
        return call - (forward - strike) if is_put == 1 else call
    d1 = log_(forward / strike) / spread + 0.5 * spread
    d2 = d1 - spread
    if strike >= forward:
        call = forward * normal_cdf(d1) - strike * normal_cdf(d2)
        return call - (forward - strike) if is_put == 1 else call
    put = strike * normal_cdf(-d2) - forward * normal_cdf(-d1)
    return put if is_put == 1 else put + (forward - strike)


@kernel
def band_gamma(forward: float, strike: float, vol: float, years: float, half: float) -> float:
    """Gamma over a hedging band: the change of delta from ``half`` below to ``half`` above, per unit."""
    above = call_delta(forward + half, strike, vol, years)
    return (above - call_delta(forward - half, strike, vol, years)) / (2.0 * half)
