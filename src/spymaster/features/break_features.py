"""The few features of P(break), for the levels of one snap at once (docs/p-break.md 2).

All of them turn with the market: upside down a level has the same ones.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.features.schema import Feature, schema_hash
from spymaster.market.rows import LEVEL_ROW

Array = NDArray[Any]

BARRIER_POINTS: Final = 2.0
"""What is asked: this far beyond the level, or this far back from it, which comes first."""
HORIZON_S: Final = 240.0
"""And within this time."""
PROGRESS_S: Final = 5.0
MOST: Final = 4.0
"""Values beyond it, either way, count as so much: standard deviations of motion, log odds of distance."""
_LEAST_SIGMA: Final = 0.05
_MINUTE_S: Final = 60.0
_SETTINGS: Final = {
    "barrier_points": BARRIER_POINTS,
    "horizon_s": HORIZON_S,
    "progress_s": PROGRESS_S,
    "most": MOST,
    "least_sigma": _LEAST_SIGMA,
}

BREAK_FEATURES: Final = (
    Feature("distance", "log odds", 0.0, ("direction", "microprice", "price", "ratio"),
            "of the barrier beyond, were there no end of time: ln((2 + y) / (2 - y)), y points beyond the level"),
    Feature("distance_sigma", "barriers", 0.0, ("direction", "microprice", "price", "ratio", "sigma_1m"),
            "y / 2 times the logarithm of the horizon's volatility in barriers"),
    Feature("motion", "sd", 0.0, ("velocity_z", "direction"), "velocity towards the break, at most four"),
    Feature("progress", "sd", PROGRESS_S, ("microprice", "sigma_1m", "direction"),
            "what price gained towards the break in five seconds, at most four; 0 where it is not known"),
    Feature("imbalance", "-1..1", 0.0, ("tape_imbalance", "direction"), "of the tape in the band towards the break"),
    Feature("ofi", "sd", 0.0, ("ofi_z",), "order-flow imbalance over five seconds, at most four; 0 where unknown"),
    Feature("queue", "-1..1", 0.0, ("queue_imbalance",), "of the best sizes towards the break"),
    Feature("touches", "log", 0.0, ("prior_touches",), "logarithm of one and the touches before this one"),
    Feature("vacuum", "0-1", 0.0, ("p_vacuum",), "weight of the state; 0 where the barrier is out of view"),
    Feature("consumed", "0-1", 0.0, ("p_consumed",), "weight of the state"),
    Feature("weak", "0-1", 0.0, ("p_weak",), "weight of the state"),
    Feature("absorption", "0-1", 0.0, ("p_absorption",), "weight of the state"),
    Feature("wall", "0-1", 0.0, ("p_wall",), "weight of the state"),
)  # fmt: skip
"""In the order of the columns. The Brownian log odds stand in front of them (``models.break_model``)."""

SCHEMA: Final = schema_hash(BREAK_FEATURES, _SETTINGS)

_USED: Final = (
    "direction", "price", "ratio", "microprice", "sigma_1m", "velocity_z", "tape_imbalance", "ofi_z",
    "queue_imbalance", "prior_touches", "p_vacuum", "p_consumed", "p_weak", "p_absorption", "p_wall",
)  # fmt: skip
_PLACES: Final = np.array([(LEVEL_ROW.names or ()).index(name) for name in _USED])


class BreakInputs(NamedTuple):
    """What is known of the levels that are near enough. ``places`` int64[m]: their rows; ``distance`` float64[m]:
    points beyond the level; ``sigma_1m`` float64[m]; ``features`` float64[m, len(BREAK_FEATURES)]."""

    places: NDArray[np.int64]
    distance: NDArray[np.float64]
    sigma_1m: NDArray[np.float64]
    features: NDArray[np.float64]


def break_inputs(numbers: Array, progress_points: float) -> BreakInputs:
    """Features of the levels with price less than two points from them, on either side.

    ``numbers``: the rows of one snap as float64[n, fields]; ``progress_points``: what the microprice rose in five
    seconds, NaN where that is not known.
    """
    used = numbers[:, _PLACES].T
    direction, price, ratio, microprice = used[:4]
    distance = direction * (microprice - price * ratio)
    places = np.flatnonzero(np.abs(distance) < BARRIER_POINTS)
    used, distance = used[:, places], distance[places]
    direction, sigma = used[0], np.maximum(used[4], _LEAST_SIGMA)
    progress = 0.0 if np.isnan(progress_points) else progress_points
    features = np.zeros((len(BREAK_FEATURES), len(places)))
    np.log((BARRIER_POINTS + distance) / (BARRIER_POINTS - distance), out=features[0])
    spread = np.log(sigma * (np.sqrt(HORIZON_S / _MINUTE_S) / BARRIER_POINTS))
    np.multiply(distance * (1.0 / BARRIER_POINTS), spread, out=features[1])
    np.multiply(used[5], direction, out=features[2])
    np.multiply(direction, progress / np.sqrt(PROGRESS_S / _MINUTE_S), out=features[3])
    features[3] /= sigma
    np.multiply(used[6], direction, out=features[4])
    features[5:7] = used[7:9]
    np.log1p(used[9], out=features[7])
    features[8:] = used[10:]
    np.copyto(features, 0.0, where=np.isnan(features))
    np.minimum(features, MOST, out=features)
    np.maximum(features, -MOST, out=features)
    return BreakInputs(places, distance, sigma, features.T)
