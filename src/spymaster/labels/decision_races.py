"""What is asked of a decision at a level: by several distances, and for each horizon, which comes first.

Every distance is one a trader would set a stop by: what the market moves in the time, two points, a step of strikes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import RACE, scaled_distance
from spymaster.market.kinds import NS_PER_S

FIXED_POINTS: Final = 2.0
"""The distance that is the same in every market."""
DISTANCES: Final = ("scaled", "fixed", "one_strike", "three_strikes")
"""``scaled``: clip(sigma sqrt(H), 1, 12) points on whole ticks; ``fixed``: two points; ``one_strike``,
``three_strikes``: so many steps of the day's strikes, asked of levels that options make and of no other."""

DECISION: Final = np.dtype(
    [("t_ns", "<i8"), ("level", "<f8"), ("direction", "<f8"), ("sigma_1m", "<f8"), ("strike_points", "<f8")]
)
"""A moment at a level. ``level`` in points, ``direction`` +1 where the break is up, ``sigma_1m`` points per square root
of a minute; ``strike_points``: a step of the strikes in points of the future, NaN where that is not asked."""


def decision_races(decisions: NDArray[Any], tick: float) -> NDArray[Any]:
    """The races of each decision (DECISION[n]): RACE[n, DISTANCES, HORIZONS_S]. ``tick``: the future's, points."""
    races = np.zeros((len(decisions), len(DISTANCES), len(HORIZONS_S)), RACE)
    for name in ("t_ns", "level", "direction"):
        races[name] = decisions[name][:, np.newaxis, np.newaxis]
    races["horizon_ns"] = np.array(HORIZONS_S) * NS_PER_S
    scaled = [scaled_distance(decisions["sigma_1m"], horizon, tick) for horizon in HORIZONS_S]
    races["distance"][:, 0] = np.stack(scaled, axis=1)
    races["distance"][:, 1] = FIXED_POINTS
    for place, strikes in ((2, 1.0), (3, 3.0)):
        races["distance"][:, place] = (strikes * decisions["strike_points"])[:, np.newaxis]
    return races
