"""What became of resting liquidity from one cell of the heatmap to the next: pulled, eaten, or refilled."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHARE_OF_TOP: Final = 0.25
"""Less than this share of the scale's top is not worth a mark."""


class Fate(enum.IntEnum):
    """What happened to most of what changed at a price. The numbers are those of the barrier state it resembles."""

    PULLED = 0
    EATEN = 1
    REFILLED = 4


def fates(
    before: NDArray[np.int32], after: NDArray[np.int32], traded: Mapping[int, tuple[int, int]], least: float
) -> dict[int, Fate]:
    """By row. ``before``, ``after``: contracts at the end of the last cell and of this one, negative where out of
    sight; ``traded``: bought and sold in this one; ``least``: contracts below which nothing is said.

    What traded and is gone was eaten; what is gone beyond that was pulled; what traded and is there all the same was
    refilled. Orders that came and went within the cell cancel out.
    """
    seen = (before >= 0) & (after >= 0)
    lost = np.where(seen, before.astype(np.int64) - after, 0)
    fills = np.zeros(len(before), np.int64)
    for row, (buys, sells) in traded.items():
        if 0 <= row < len(fills):
            fills[row] = buys + sells
    pulled = lost - fills
    eaten = np.minimum(lost, fills)
    refilled = np.where(seen, np.minimum(-pulled, fills), 0)
    found: dict[int, Fate] = {}
    for row in np.flatnonzero((pulled >= least) | (eaten >= least) | (refilled >= least)).tolist():
        if refilled[row] >= max(eaten[row], least):
            found[row] = Fate.REFILLED
        elif seen[row]:
            found[row] = Fate.EATEN if eaten[row] >= max(pulled[row], least) else Fate.PULLED
    return found
