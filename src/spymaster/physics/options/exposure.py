"""What dealers' options make them trade in the future: units, by time, and where it changes its sign.

Formulas: docs/physics.md 5.7 and 5.8.

H is in ES contracts per ES point in both profiles. Positive: dealers are long gamma and trade against the move.

Prices (``f``, strikes) are in the unit of the options' underlying. Call and put of one strike have the same gamma, so
positions are netted by strike first; volatility sticks to the strike while the price moves.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import log_ratio
from spymaster.physics.options.black import band_gamma, delta
from spymaster.physics.options.smile import total_deviation

_PER_CENT: Final = 0.01
_FLIP_SHARE: Final = 0.02
_FLIP_STEPS: Final = 48
_FLIP_TOLERANCE: Final = 1e-6
_FLIP_ROUNDS: Final = 40


@kernel
def hedge_scale(multiplier: float, of_future: float, ratio: float) -> float:
    """Futures per point of the future for one option's gamma: 1 for ES options, 2 / ratio^2 for SPY's, 2 for SPX's.

    ``multiplier``, ``of_future``: dollars per point of the option and of the future (ES: 50); ``ratio``: points of the
    future per unit of the option's underlying.
    """
    return multiplier / (of_future * ratio * ratio)


@kernel
def gex_dollars(h: float, future: float, of_future: float) -> float:
    """GEX: dollars of the future dealers trade per 1 % move, from H, the future's price and its dollars per point."""
    return h * (_PER_CENT * future) * (of_future * future)


@kernel
def charm_flow(
    strike: NDArray[Any],
    mean: NDArray[Any],
    smile: NDArray[Any],
    f: float,
    tau: float,
    minute: float,
    ratio: float,
) -> float:
    """ES contracts dealers buy (sell, negative) in the coming minute because time passes, the price standing still.

    ``mean``: positions netted by strike, in H's unit; ``minute``: that minute in years of variance time (at most all of
    ``tau`` is used); ``ratio``: ES points per unit of the underlying. The change of delta over the whole minute, not
    its rate: that has no bound near expiry.
    """
    later = max(tau - minute, 0.0)
    flow = 0.0
    for i in range(len(strike)):
        k = log_ratio(strike[i], f)
        now = delta(f, strike[i], total_deviation(smile, k, tau), True)
        flow -= mean[i] * (delta(f, strike[i], total_deviation(smile, k, later), True) - now)
    return flow * ratio


@kernel
def flip_price(
    strike: NDArray[Any],
    mean: NDArray[Any],
    deviation: NDArray[Any],
    f: float,
    half_width: float,
) -> float:
    """The price nearest ``f``, within 2 % of it, at which H over all strikes changes its sign; NaN if there is none."""
    step = 2.0 * _FLIP_SHARE * f / _FLIP_STEPS
    first = f * (1.0 - _FLIP_SHARE)
    best = math.nan
    before = _h(strike, mean, deviation, first, half_width)
    for i in range(1, _FLIP_STEPS + 1):
        price = first + i * step
        here = _h(strike, mean, deviation, price, half_width)
        if (before < 0.0 < here) or (here < 0.0 < before):
            root = _root(strike, mean, deviation, price - step, price, half_width, before)
            if not abs(root - f) >= abs(best - f):
                best = root
        if here != 0.0:
            before = here
    return best


@kernel
def _h(strike: NDArray[Any], mean: NDArray[Any], deviation: NDArray[Any], price: float, half_width: float) -> float:
    h = 0.0
    for i in range(len(strike)):
        h += mean[i] * band_gamma(price, strike[i], deviation[i], half_width)
    return h


@kernel
def _root(
    strike: NDArray[Any],
    mean: NDArray[Any],
    deviation: NDArray[Any],
    low: float,
    high: float,
    half_width: float,
    at_low: float,
) -> float:
    """Bisection to a millionth of the price."""
    for _ in range(_FLIP_ROUNDS):
        middle = 0.5 * (low + high)
        if high - low <= _FLIP_TOLERANCE * middle:
            break
        if (_h(strike, mean, deviation, middle, half_width) < 0.0) == (at_low < 0.0):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
