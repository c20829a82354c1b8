"""Effort against result: how hard a level is attacked, and how much way that makes (docs/physics.md 4.6)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import Tag
from spymaster.physics.book.zone_sums import zone_fills
from spymaster.physics.memory.indices import LEDGER_TICKS
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import tick_points

_ABSORBING: Final = int(Tag.ABSORBING)


@kernel_inlined
def measure_response(s: State, p: Array, v: Any, side: int, row: Any) -> tuple[float, float]:
    """(fills of the zone's defenders, points the mid moved towards the break) over ``w_response``, into ``row`` too.

    ``row.absorption``: contracts for each tick of way, the tick at which price stands counting as one.
    """
    half = p[0].barrier_zone_ticks
    centre = v.tick - s.ledger.base
    buckets = s.scratch.answering
    effort = 0.0
    if 0 <= centre < LEDGER_TICKS and s.scratch.answers_whole != 0:
        effort = float(s.windows.response[side, centre])
    else:
        low, high = max(centre - half, 0), min(centre + half, LEDGER_TICKS - 1)
        if low <= high and buckets > 0:
            effort = float(zone_fills(s, side, low, high, buckets))
    progress = v.direction * s.scratch.progress
    row.effort = effort
    row.progress = progress
    row.absorption = effort / (1.0 + max(progress, 0.0) / tick_points(s))
    return effort, progress


@kernel
def no_response(row: Any) -> None:
    """A level beyond the band: nobody asks."""
    row.effort = math.nan
    row.progress = math.nan
    row.absorption = math.nan


@kernel
def tag_absorbing(p: Array, effort: float, progress: float, large: float, row: Any) -> None:
    """Much was traded against the zone and price did not move on. large: fills that are large there over w_barrier."""
    if effort >= max(p[0].absorption_min, p[0].absorption_multiple * large) and progress <= p[0].absorption_progress:
        row.tags += _ABSORBING


@kernel
def answered(p: Array, imbalance: float, effort: float, progress: float) -> float:
    """An imbalance towards the break, counted by the way it makes: loud buying that is absorbed speaks against it.

    I* = I (h clip(progress / ``response_progress`` - 1, -1, 1) + 1 - h), h = min(1, fills / ``response_fills``).
    """
    if imbalance <= 0.0:
        return imbalance
    h = min(1.0, effort / p[0].response_fills)
    way = min(max(progress / p[0].response_progress - 1.0, -1.0), 1.0)
    response: float = imbalance * (h * way + 1.0 - h)
    return response
