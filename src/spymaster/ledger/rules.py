"""When a level is tested, and when a test is over (docs/record.md 1): lengths in points of the future, times in ns."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S

TOUCH_POINTS: Final = 0.25
"""Price this near to a level touches it."""
ARM_POINTS: Final = 1.0
ARM_SIGMAS: Final = 0.75
REFRACTORY_NS: Final = 60 * NS_PER_S
"""A further touch needs a new approach, and this long since the last."""
LEAST_POINTS: Final = 1.0
MOST_POINTS: Final = 12.0
BARRIER_MINUTES: Final = 2.0
LENGTH_FACTOR: Final = 2.1
"""In 2.1 (B / sigma)^2 minutes about a tenth of all paths without drift have reached neither barrier."""
LEAST_SIGMA: Final = 0.05
"""Less volatility than this counts as so much, so that a test has an end: points per square root of a minute."""
_MINUTE_NS: Final = 60 * NS_PER_S


@kernel
def arm_points(sigma_1m: float) -> float:
    """How far away price must have been for a touch to be a test: max(1 point, 0.75 sigma), points."""
    return max(ARM_POINTS, ARM_SIGMAS * sigma_1m)


@kernel
def barrier_points(sigma_1m: float, tick_points: float) -> float:
    """How far from a level a test is decided, on either side: clip(sigma sqrt 2, 1, 12) on whole ticks, points."""
    wide = min(max(sigma_1m * math.sqrt(BARRIER_MINUTES), LEAST_POINTS), MOST_POINTS)
    return math.floor(wide / tick_points + 0.5) * tick_points


@kernel
def patience_ns(barrier: float, sigma_1m: float) -> int:
    """How long it is waited for: 2.1 (B / sigma)^2 minutes, ns."""
    share = barrier / max(sigma_1m, LEAST_SIGMA)
    return int(math.floor(LENGTH_FACTOR * share * share * _MINUTE_NS))
