"""A world as the market of single orders plays it: its parameters, the shape of its queues, and the levels to plant."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.physics.maths.elementary import exp_, log_
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.day_shape import activity_of_minute
from spymaster.sim.market.intensities import Intensity
from spymaster.sim.market.queues import HUMP
from spymaster.sim.market.state import ACTIVE, LEVEL
from spymaster.sim.worlds import LEVELS_DRAWN, World

_ORDERS: Final = (4.0, 16.0)
"""Orders that may usually wait at a price; the sizes of orders follow."""
_MARKET: Final = (-2.3, 1.4)
"""Logarithm of the rate of aggressors against midday's, within which the response below was measured."""
_MEASURED_PROFILE: Final = (1.0, 1.74, 1.82, 1.89, 1.77, 1.68, 1.56, 1.51, 1.44, 1.39)
"""Depth by level, against the best, that the usual ``HUMP`` makes."""
_OUTCOME_TICKS: Final = 8
_HORIZON_S: Final = 150
_APPROACH_S: Final = 25
"""Price is brought to a mechanism's trigger in about this time."""
_ROUND_FIGURES: Final = 6
_LEAST_CLOSING: Final = 60.0
"""Gaps closed per second at midday's rate, however slow machines are: else a busy market would come apart."""


class Pace(msgspec.Struct, frozen=True):
    """What makes a world's records, depth and volatility: usual orders at a price, their size against the usual one,
    the rate of everything, and that of aggressors beside it."""

    orders: float
    size: float
    rate: float
    market: float


def pace_of(world: World) -> Pace:
    """The pace at which a market has a world's records per second, best size and volatility.

    From the response of 76 markets of twenty minutes, without levels and news, as products of powers: it meets records
    within 12 %, the best size within 7 % and volatility within 15 % (standard deviations left out one by one). What
    cannot be had at any pace within ``_ORDERS`` and ``_MARKET`` is had as nearly as they allow.
    """
    lean, flicker, follow = world.lean - 0.38, world.flicker - 0.35, world.follow - 0.76
    behind = log_(hump_of(world)[1] / HUMP[0])
    hump = log_(max(world.depth_profile))
    wanted = log_(world.sigma_points * world.sigma_points / world.records_per_s)
    wanted += 5.262 - 0.515 * lean - 1.989 * flicker + 0.534 * follow + 0.634 * behind + 0.821 * hump
    least, most = (log_(orders / 9.0) for orders in _ORDERS)
    orders = min(max(log_(world.best_size / (1.5 * world.sizes_per_order) / 9.0), least), most)
    wanted += 0.155 * (log_(world.best_size / 37.6) - orders)
    market = min(max((wanted + 3.055 * orders) / (1.224 + 0.205 * orders), _MARKET[0]), _MARKET[1])
    orders = min(max((1.224 * market - wanted) / (3.055 - 0.205 * market), least), most)
    records = 2.783 + 0.122 * market - 0.068 * orders + 0.103 * orders * orders - 0.337 * flicker
    records += 0.168 * behind + 0.586 * hump
    depth = 1.43 - 0.322 * market - 0.051 * market * market + 0.101 * orders - 0.097 * orders * orders
    depth += 0.356 * follow - 0.895 * flicker + 0.127 * behind + 0.059 * hump
    count = 9.0 * exp_(orders)
    size, rate = world.best_size / (count * exp_(depth)), world.records_per_s / (count * exp_(records))
    return Pace(*(round(float(value), _ROUND_FIGURES) for value in (count, size, rate, exp_(market))))


def intensity_of(world: World) -> Intensity:
    """The parameters that make a market of a world."""
    pace = pace_of(world)
    jump_ticks = 4.0 * world.news_points * world.sigma_points
    reference = sum(activity_of_minute(world.start_minute + k) for k in range(60)) / 60.0
    return Intensity(
        start_minute=world.start_minute,
        reference=reference,
        add=0.3 * pace.orders * pace.rate,
        cancel=0.28 * pace.rate,
        market=5.6 * pace.rate * pace.market,
        usual=pace.orders,
        in_spread=max(1000.0 / world.machine_ms, _LEAST_CLOSING * pace.rate),
        follow=world.follow,
        refill_boost=3.0,
        flight=2.0,
        sweep=0.42,
        lean=world.lean,
        meet=world.meet,
        doubt=0.2,
        memory_s=world.memory_s,
        echo_decay=12.0 * pace.rate,
        size_scale=1.2 * pace.size,
        resting_scale=pace.size,
        iceberg=0.01,
        flicker=world.flicker,
        flicker_s=4.0 * world.machine_ms / 1000.0,
        slow_noise=world.clustering,
        fast_noise=0.05,
        news_per_day=24.0 * world.news_per_hour,
        news_contracts=round(2.0 * jump_ticks * world.best_size),
        outcome_ticks=_OUTCOME_TICKS,
        horizon_s=_HORIZON_S,
        plant_near=0,
        plant_far=0,
        plant_every_s=0,
    )


def hump_of(world: World) -> NDArray[np.float64]:
    """Relative arrivals by distance, float64[16], that make the depth of a world's profile."""
    shape = [HUMP[k] / _MEASURED_PROFILE[k] * world.depth_profile[k] for k in range(LEVELS_DRAWN)]
    return np.array(shape + [shape[-1]] * (ACTIVE - LEVELS_DRAWN))


def plan_of(world: World | None, start_ns: int) -> NDArray[Any]:
    """The episodes of a world as levels to plant (``LEVEL``), in time; none without a world."""
    episodes = world.episodes if world is not None else ()
    rows = np.zeros(len(episodes), LEVEL)
    best = world.best_size if world is not None else 0.0
    for row, it in zip(rows, episodes, strict=True):
        row["is_episode"] = 1
        for name in ("kind", "side", "outcome"):
            row[name] = int(getattr(it, name))
        row["planted_ns"] = start_ns + it.start_s * NS_PER_S
        row["distance"], row["trigger"] = it.distance_ticks, it.trigger_ticks
        row["push"], row["refill"], row["refill_ns"] = it.push_tilt, it.refill_probability, it.refill_ms * NS_PER_MS
        row["approach_ns"] = _APPROACH_S * NS_PER_S
        row["attack"], row["travel_ns"] = max(round(it.attack_ratio * best), 1), round(it.travel_s * NS_PER_S)
        row["add"] = row["cancel"] = row["left_share"] = 1.0
        shown, reserve = max(round(it.shown_ratio * best), 1), max(round(it.reserve_ratio * best), 1)
        if it.kind is LevelKind.WALL:
            row["shown"], row["reserve"], row["add"], row["cancel"] = shown, reserve, 2.0, 0.8
        elif it.kind is LevelKind.VACUUM:
            row["add"] = row["left_share"] = it.left_share
            row["absence_ns"] = round(it.absence_s * NS_PER_S)
        elif it.kind is LevelKind.ABSORPTION:
            row["shown"], row["reserve"] = shown, reserve
        elif it.kind is LevelKind.CONSUMED:
            row["shown"], row["add"], row["cancel"] = shown, it.arrivals_share, 0.25
        elif it.kind is LevelKind.SPOOF:
            row["shown"] = 4 * shown
        elif it.kind is LevelKind.FAKEOUT:
            row["turn"] = 2 * it.turn_ticks
    return rows
