"""The forward from put-call parity: at every strike, strike + call - put is one guess of it (docs/physics.md 5.1)."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import MAD_TO_SIGMA
from spymaster.physics.memory.indices import PARITY_STRIKES

_LEAST_SPREAD: Final = 1e-9


@kernel
def parity_forward(
    strike: NDArray[Any],
    call_bid: NDArray[Any],
    call_ask: NDArray[Any],
    put_bid: NDArray[Any],
    put_ask: NDArray[Any],
    work: NDArray[Any],
) -> tuple[float, float, int]:
    """The forward, how far the strikes disagree about it, and how many were asked: (forward, dispersion, count).

    Arrays of one length, one entry a strike, in any order, float64 in one unit; a side without a quote is NaN or not
    positive, and its strike is passed over, as is one whose call or put is crossed. The ``PARITY_STRIKES`` at which
    call and put are worth most nearly the same are asked, each guess weighing 1 / (its two spreads); the forward is
    their weighted median, the dispersion their weighted median distance from it, scaled to a standard deviation.
    (NaN, NaN, 0) without any usable strike. One strike alone has dispersion 0.

    ``work``: float64[3, PARITY_STRIKES], overwritten.
    """
    guesses, weights, apart = work[0], work[1], work[2]
    count = 0
    for i in range(len(strike)):
        usable = 0.0 < call_bid[i] <= call_ask[i] and 0.0 < put_bid[i] <= put_ask[i]
        if not usable:
            continue
        difference = 0.5 * (call_bid[i] + call_ask[i]) - 0.5 * (put_bid[i] + put_ask[i])
        index = count
        if count == PARITY_STRIKES:
            index = _farthest(apart)
            if abs(difference) >= apart[index]:
                continue
        else:
            count += 1
        guesses[index] = strike[i] + difference
        weights[index] = 1.0 / max(call_ask[i] - call_bid[i] + put_ask[i] - put_bid[i], _LEAST_SPREAD)
        apart[index] = abs(difference)
    if count == 0:
        return math.nan, math.nan, 0
    forward = weighted_median(guesses, weights, count)
    for i in range(count):
        apart[i] = abs(guesses[i] - forward)
    return forward, MAD_TO_SIGMA * weighted_median(apart, weights, count), count


@kernel
def weighted_median(values: NDArray[Any], weights: NDArray[Any], count: int) -> float:
    """The value with at most half of the weight on either side, of the first ``count``; the lower one of two.

    Quadratic in ``count``: for a dozen values.
    """
    total = 0.0
    for i in range(count):
        total += weights[i]
    best = math.nan
    for i in range(count):
        up_to = 0.0
        for j in range(count):
            if values[j] <= values[i]:
                up_to += weights[j]
        if 2.0 * up_to >= total and not values[i] >= best:
            best = values[i]
    return best


@kernel
def _farthest(apart: NDArray[Any]) -> int:
    index = 0
    for i in range(1, PARITY_STRIKES):
        if apart[i] > apart[index]:
            index = i
    return index
