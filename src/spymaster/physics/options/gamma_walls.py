"""Walls of gamma: strikes at which far more of it lies than at their neighbours (docs/physics.md 5.8)."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel

PIN: Final = 1.0
"""Dealers are long gamma there: their hedging holds the price."""

SLIP: Final = -1.0
"""Dealers are short gamma there: their hedging pushes the price on."""

_PROMINENT: Final = 0.25


@kernel
def walls(strike: NDArray[Any], exposure: NDArray[Any], f: float) -> tuple[float, float, float, float]:
    """The nearest wall above and below ``f``: (price above, its sign, price below, its sign); NaN and 0 where none is.

    ``exposure``: each strike's part of H, strikes ascending. A wall is a local maximum of its size that stands out by
    more than a quarter of the greatest. A strike at ``f`` itself is above it. Signs: ``PIN`` or ``SLIP``.
    """
    greatest = 0.0
    for i in range(len(strike)):
        greatest = max(greatest, abs(exposure[i]))
    above = below = math.nan
    above_sign = below_sign = 0.0
    for i in range(len(strike)):
        if not prominence(exposure, i) > _PROMINENT * greatest:
            continue
        sign = PIN if exposure[i] > 0.0 else SLIP
        if strike[i] < f:
            below, below_sign = strike[i], sign
        elif math.isnan(above):
            above, above_sign = strike[i], sign
    return above, above_sign, below, below_sign


@kernel
def prominence(exposure: NDArray[Any], i: int) -> float:
    """How far the size at ``i`` stands above the higher of the two valleys before something higher; 0 off a summit.

    Beyond the first and the last strike nothing is known to lie. Of equal neighbours the first is the summit.
    """
    height = abs(exposure[i])
    valley = 0.0
    for step in (-1, 1):
        lowest = height
        j = i + step
        while 0 <= j < len(exposure):
            size = abs(exposure[j])
            if size > height or (size == height and step < 0):
                break
            lowest = min(lowest, size)
            j += step
        else:
            lowest = 0.0
        valley = max(valley, lowest)
    return float(height - valley)
