"""What dealers' options make them trade in the future: per point, over prices, and by time (P5.7, P5.8).

The unit is ES contracts per ES point in both profiles. Positive: dealers are long gamma and trade against the move.
A dealer's position is uncertain; every H comes with its variance, positions of different strikes taken as independent.

Prices (``f``, strikes, reach) are in the unit of the options' underlying. Call and put of one strike have the same
gamma, so positions are netted by strike first; volatility sticks to the strike while the price moves.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.black import band_gamma, delta
from spymaster.physics.mathx import log_ratio
from spymaster.physics.smile import total_deviation

FUTURE_MULTIPLIER: Final = 50.0
_GEX_SHARE: Final = 0.5
_SECONDS_PER_MINUTE: Final = 60.0
_FLIP_SHARE: Final = 0.02
_FLIP_STEPS: Final = 48
_FLIP_TOLERANCE: Final = 1e-6
_FLIP_ROUNDS: Final = 40


@kernel
def hedge_scale(multiplier: float, ratio: float) -> float:
    """ES contracts per ES point for one contract's gamma: 1 for ES options, 2 / ratio^2 for SPY's, 2 for SPX's.

    ``multiplier``: dollars per unit of the option; ``ratio``: ES points per unit of its underlying.
    """
    return multiplier / FUTURE_MULTIPLIER / (ratio * ratio)


@kernel
def net_by_strike(
    strike: NDArray[Any],
    mean: NDArray[Any],
    variance: NDArray[Any],
    factor: NDArray[Any],
    out_strike: NDArray[Any],
    out_mean: NDArray[Any],
    out_variance: NDArray[Any],
) -> int:
    """Add up the positions of contracts by strike, ascending; the number of strikes.

    ``mean``, ``variance``: dealers' contracts and its variance; ``factor``: what one contract counts (``hedge_scale``,
    or 0 to leave it out). Outputs have room for as many strikes as contracts.
    """
    count = 0
    for i in range(len(strike)):
        place = count
        while place > 0 and out_strike[place - 1] >= strike[i]:
            place -= 1
        if place == count or out_strike[place] != strike[i]:
            for j in range(count, place, -1):
                out_strike[j] = out_strike[j - 1]
                out_mean[j] = out_mean[j - 1]
                out_variance[j] = out_variance[j - 1]
            out_strike[place] = strike[i]
            out_mean[place] = 0.0
            out_variance[place] = 0.0
            count += 1
        out_mean[place] += factor[i] * mean[i]
        out_variance[place] += factor[i] * factor[i] * variance[i]
    return count


@kernel
def strike_deviations(strike: NDArray[Any], smile: NDArray[Any], f: float, tau: float, out: NDArray[Any]) -> None:
    """The total deviation of every strike from the smile at forward ``f``: what sticks while the price moves."""
    for i in range(len(strike)):
        out[i] = total_deviation(smile, log_ratio(strike[i], f), tau)


@kernel
def hedge_at(
    strike: NDArray[Any],
    mean: NDArray[Any],
    variance: NDArray[Any],
    deviation: NDArray[Any],
    price: float,
    reach: float,
    half_width: float,
) -> tuple[float, float]:
    """H and its variance if the underlying stood at ``price``, over the strikes no further from it than ``reach``.

    Arrays by strike: netted position, its variance, total deviation. ``half_width``: of the hedging band.
    """
    h = 0.0
    spread = 0.0
    for i in range(len(strike)):
        if abs(strike[i] - price) > reach:
            continue
        g = band_gamma(price, strike[i], deviation[i], half_width)
        h += mean[i] * g
        spread += variance[i] * g * g
    return h, spread


@kernel
def hedge_profile(
    strike: NDArray[Any],
    mean: NDArray[Any],
    variance: NDArray[Any],
    deviation: NDArray[Any],
    prices: NDArray[Any],
    reach: float,
    half_width: float,
    out_h: NDArray[Any],
    out_variance: NDArray[Any],
) -> None:
    """``hedge_at`` for every price of ``prices``, in any order: a grid, or the published levels."""
    for i in range(len(prices)):
        out_h[i], out_variance[i] = hedge_at(strike, mean, variance, deviation, prices[i], reach, half_width)


@kernel
def between(values: NDArray[Any], first: float, step: float, price: float) -> float:
    """A value of an even grid that begins at ``first``, by straight lines; NaN outside it. For snaps between two
    computations of a profile."""
    place = (price - first) / step
    if not 0.0 <= place <= len(values) - 1.0:
        return math.nan
    k = min(int(place), len(values) - 2)
    return float(values[k] + (place - k) * (values[k + 1] - values[k]))


@kernel
def gex_dollars(h: float, future: float) -> float:
    """GEX: dollars of the future dealers trade per 1 % move, from H and the price of the ES future in points."""
    return _GEX_SHARE * h * future * future


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
