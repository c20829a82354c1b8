"""Attempts at a level: arm, touch, resolution (docs/p-break.md 4). One attempt is one thing that can be learnt from.

Touches alone would count one test many times: price that trembles at a level touches it again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import RACE, first_passages
from spymaster.labels.path import PricePath
from spymaster.ledger.rules import (
    ARM_POINTS,
    ARM_SIGMAS,
    REFRACTORY_NS,
    TOUCH_POINTS,
    barrier_points,
    patience_ns,
)

ATTEMPT: Final = np.dtype(
    [
        ("arm_ns", "<i8"),
        ("touch_ns", "<i8"),
        ("turn_ns", "<i8"),
        ("direction", "<f8"),
        ("level", "<f8"),
        ("distance", "<f8"),
        ("outcome", "<i8"),
        ("end_ns", "<i8"),
    ]
)
"""An approach. ``arm_ns``: when price came within the arming distance. ``touch_ns``: when it was at the level, -1 where
it turned back before, which it had done at ``turn_ns`` (-1 otherwise, both where the path ended first). ``direction``:
+1 where the break is up. ``level``: its price then, points. ``distance``, ``outcome``, ``end_ns``: of the race from the
touch on (``first_passage.LABEL``); NaN, -1 and -1 without a touch."""


@dataclass(frozen=True, slots=True)
class Scales:
    """How far is far: points per square root of a minute at each time of the path, and the tick in points."""

    sigma_1m: NDArray[np.float64]
    tick: float


def arming_distance(sigma_1m: NDArray[np.float64]) -> NDArray[np.float64]:
    """max(1 point, 0.75 sigma), points."""
    wide: NDArray[np.float64] = np.maximum(ARM_POINTS, ARM_SIGMAS * sigma_1m)
    return wide


def barrier(sigma_1m: float, tick: float) -> tuple[float, int]:
    """How far from a touch it is decided, points, and how long is waited, ns (``ledger.rules``)."""
    distance = barrier_points(sigma_1m, tick)
    return distance, patience_ns(distance, sigma_1m)


def attempts(path: PricePath, level: NDArray[np.float64] | float, scales: Scales) -> NDArray[Any]:
    """The attempts at one level along a path: ATTEMPT[n], by time.

    ``level``: its price in points at each time of the path, or one price; a moving level counts with the price it had
    at the touch. A further touch needs a new approach, and a minute since the last.
    """
    prices = np.broadcast_to(np.asarray(level, np.float64), path.price.shape)
    found = np.array(list(_approaches(path, prices, arming_distance(scales.sigma_1m))), ATTEMPT)
    touched = np.flatnonzero(found["touch_ns"] >= 0)
    races = np.zeros(len(touched), RACE)
    for race, place in zip(races, touched, strict=True):
        attempt = found[place]
        at = int(np.searchsorted(path.t_ns, attempt["touch_ns"], side="right")) - 1
        distance, length_ns = barrier(float(scales.sigma_1m[at]), scales.tick)
        race["t_ns"], race["level"], race["direction"] = attempt["touch_ns"], attempt["level"], attempt["direction"]
        race["distance"], race["horizon_ns"] = distance, length_ns
    labels = first_passages(path, races)
    found["distance"][touched] = races["distance"]
    found["outcome"][touched] = labels["outcome"]
    found["end_ns"][touched] = labels["end_ns"]
    return found


def _approaches(
    path: PricePath, prices: NDArray[np.float64], arm: NDArray[np.float64]
) -> list[tuple[int, int, int, float, float, float, int, int]]:
    """Approaches as tuples of ATTEMPT, without their outcome."""
    found = []
    side, arm_ns, last_touch_ns, level = 0.0, -1, -REFRACTORY_NS, np.nan
    is_armed = False
    away = path.price - prices
    for t_ns, gap, far, price in zip(path.t_ns.tolist(), away.tolist(), arm.tolist(), prices.tolist(), strict=True):
        if abs(gap) >= far:
            if arm_ns >= 0:
                found.append((arm_ns, -1, t_ns, -side, level, np.nan, -1, -1))
            side, is_armed, arm_ns = np.sign(gap), True, -1
        elif is_armed and t_ns - last_touch_ns >= REFRACTORY_NS:
            if arm_ns < 0:
                arm_ns, level = t_ns, price
            if gap * side <= TOUCH_POINTS:
                found.append((arm_ns, t_ns, -1, -side, price, np.nan, -1, -1))
                is_armed, arm_ns, last_touch_ns = False, -1, t_ns
    if arm_ns >= 0:
        found.append((arm_ns, -1, -1, -side, level, np.nan, -1, -1))
    return found
