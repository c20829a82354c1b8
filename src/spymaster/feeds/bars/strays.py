"""Which minute bars hold a price that cannot belong to the minutes around them: a stray print, a missing digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FEWEST = 3
"""Of fewer bars nothing tells which of them is the stray."""


def strays(start_ns: NDArray[np.int64], prices_e9: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The bars whose high or low is farther than half a price from where the two nearest bars open and close.

    ``start_ns``: int64[n], in any order. ``prices_e9``: int64[n, 4], open, high, low, close, all of them defined, of
    any sign. Half a price is half of the largest of the neighbours' prices, but not less than half of the usual one:
    where an outright passes through zero, as crude oil did, the prices around it say little of what a move is.
    """
    count = len(start_ns)
    wrong = np.zeros(count, dtype=np.bool_)
    if count < _FEWEST:
        return wrong
    in_time = np.argsort(start_ns, kind="stable")
    first, high, low, last = prices_e9[in_time].T
    place = np.arange(count)
    # the first and the last bar have both of their neighbours on one side
    before = np.where(place == 0, 2, place - 1)
    after = np.where(place == count - 1, count - 3, place + 1)
    around = np.stack([first[before], last[before], first[after], last[after]])
    usual = int(np.median(np.abs(last)))
    half = np.maximum(np.abs(around).max(axis=0), usual) // 2
    wrong[in_time] = (low < around.min(axis=0) - half) | (high > around.max(axis=0) + half)
    return wrong
