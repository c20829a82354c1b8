"""Touches of a level and attempts at it (docs/physics.md 6).

A touch needs an approach: price must have been ``x_arm`` away since the last one, and the last one a minute ago. A
touch within ``attempt_gap`` of the one before, at about the same price and from the same side, is one more attempt of
the same cluster; what was measured then is compared with the cluster's first attempt.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.memory.state import Array

_REFRACTORY_NS: Final = 60 * NS_PER_S


@kernel
def forget_touches(v: Any) -> None:
    """A level that begins, or a new session: nothing was tried yet, and price counts as having come from afar."""
    v.armed = 1
    v.touching = 0
    v.touch_ns = 0
    v.touches = 0
    v.attempt = 0
    v.has_first = 0


@kernel
def update_touch(p: Array, v: Any, x: float, arm: float, touching: bool, t_ns: int) -> bool:
    """One snap of a level: x and arm in the same unit. Returns whether a touch began."""
    if abs(x) >= arm:
        v.armed = 1
        v.touching = 0
    if not touching:
        return False
    v.touching = 1
    if v.armed == 0:
        return False
    if v.touch_ns != 0 and t_ns - v.touch_ns < _REFRACTORY_NS:
        return False
    v.armed = 0
    again = (
        v.touches > 0
        and t_ns - v.touch_ns <= p[0].attempt_gap_ns
        and v.attempt_direction == v.direction
        and abs(v.price - v.attempt_price) <= p[0].touch_band
    )
    v.attempt = v.attempt + 1 if again else 1
    if not again:
        v.attempt_price = v.price
        v.attempt_direction = v.direction
        v.has_first = 0
    v.touches += 1
    v.touch_ns = t_ns
    return True


@kernel
def prior_touches(v: Any) -> int:
    """Touches before the one in progress: it counts from when price has gone again."""
    return int(v.touches - 1 if v.touching != 0 and v.touches > 0 and v.armed == 0 else v.touches)


@kernel_inlined
def write_attempt(v: Any, row: Any, velocity: float, began: bool, judged: bool) -> None:
    """Number of the attempt and how the measures changed since its cluster's first. velocity: points/s, + is up."""
    row.prior_touches = prior_touches(v)
    row.attempt = v.attempt
    velocity = v.direction * velocity
    imbalance = v.direction * row.tape_imbalance
    if began and v.attempt == 1 and judged:
        v.has_first = 1
        v.first_delta = row.delta_liq
        v.first_replenishment = row.replenishment
        v.first_velocity = velocity
        v.first_imbalance = imbalance
    row.attempt_delta_trend = math.nan
    row.attempt_replenishment_trend = math.nan
    row.attempt_velocity_trend = math.nan
    row.attempt_imbalance_trend = math.nan
    if v.attempt > 1 and v.has_first != 0 and judged:
        row.attempt_delta_trend = row.delta_liq - v.first_delta
        row.attempt_replenishment_trend = row.replenishment - v.first_replenishment
        row.attempt_velocity_trend = velocity - v.first_velocity
        row.attempt_imbalance_trend = imbalance - v.first_imbalance
