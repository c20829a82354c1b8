"""Which comes first: price through a level, or back from it (docs/p-break.md 4).

Break and bounce compete: whichever comes first ends the race, and the time it took is kept beside its cause, so that
every shorter horizon and every incidence curve can be read off the same row.
"""

from __future__ import annotations

import enum
import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.path import PricePath
from spymaster.ledger.rules import LEAST_POINTS, MOST_POINTS
from spymaster.market.jit import kernel, kernel_inlined

_MINUTE_S: Final = 60.0
_NO_TIME: Final = -1
_THIRD: Final = 1.0 / 3.0


Array = NDArray[Any]


class Outcome(enum.IntEnum):
    """How a race ended."""

    BREAK = 0
    BOUNCE = 1
    CHOP = 2
    """Neither by the horizon, and everything up to there was seen."""
    CENSORED = 3
    """Unknown: a gap, an input that was BLIND or the session's end came before either, and before the horizon."""
    NO_RACE = 4
    """Price stood at a barrier or beyond it when the race was to begin, or was not known."""


_BREAK: Final = int(Outcome.BREAK)
_BOUNCE: Final = int(Outcome.BOUNCE)
_CHOP: Final = int(Outcome.CHOP)
_CENSORED: Final = int(Outcome.CENSORED)
_NO_RACE: Final = int(Outcome.NO_RACE)

RACE: Final = np.dtype(
    [("t_ns", "<i8"), ("level", "<f8"), ("direction", "<f8"), ("distance", "<f8"), ("horizon_ns", "<i8")]
)
"""A question. ``level`` and ``distance`` in points, ``direction`` +1 where the break is up, -1 where it is down."""

LABEL: Final = np.dtype(
    [("outcome", "<i8"), ("end_ns", "<i8"), ("third_ns", "<i8"), ("passage_ns", "<i8"), ("strength", "<f8")]
)
"""Its answer. ``end_ns``: when the race ended: the passage, the horizon, or where it was censored. ``third_ns``,
``passage_ns``: how long until price was a third of the distance, and the whole distance, from the level on either side;
-1 where that was not seen. ``strength``: the furthest that price was from the level up to the horizon or the censoring,
in distances, positive beyond it; NaN without a race. It goes on after the passage, and so may exceed 1."""


def scaled_distance(
    sigma_1m: NDArray[np.float64] | float, horizon_s: float, tick: float, c: float = 1.0
) -> NDArray[np.float64]:
    """clip(c sigma sqrt(H), 1, 12) on whole ticks, in points. ``sigma_1m``: points per square root of a minute."""
    wide = c * np.asarray(sigma_1m, np.float64) * np.sqrt(horizon_s / _MINUTE_S)
    distance: NDArray[np.float64] = np.rint(np.clip(wide, LEAST_POINTS, MOST_POINTS) / tick) * tick
    return distance


def first_passages(path: PricePath, races: NDArray[Any]) -> NDArray[Any]:
    """The outcome of each race (RACE, any shape): LABEL of that shape. Levels and directions are those of the moment it
    began; a race whose distance is no number is none."""
    asked = np.ascontiguousarray(races).reshape(-1)
    labels = np.zeros(len(asked), LABEL)
    began_ns = asked["t_ns"].copy()
    starts = np.searchsorted(path.t_ns, began_ns, side="right") - 1
    price = np.ascontiguousarray(path.price, np.float64)
    run_races(np.ascontiguousarray(path.t_ns), price, path.known_until(began_ns), starts, asked, labels)
    return labels.reshape(races.shape)


def by_horizon(labels: NDArray[Any], begun_ns: NDArray[np.int64], horizon_ns: int) -> NDArray[np.int64]:
    """Outcomes of the same races had they had a shorter horizon: ``Outcome`` int64[n]."""
    late = (labels["outcome"] != Outcome.NO_RACE) & (labels["end_ns"] - begun_ns > horizon_ns)
    outcomes: NDArray[np.int64] = np.where(late, Outcome.CHOP, labels["outcome"]).astype(np.int64)
    return outcomes


@kernel
def run_races(t_ns: Array, price: Array, known_ns: Array, starts: Array, races: Array, labels: Array) -> None:
    """Each race along the path: ``known_ns`` up to when its price is known, ``starts`` the place of the last price at
    or before its beginning, -1 without one."""
    for k in range(races.shape[0]):
        race, label = races[k], labels[k]
        label.outcome = _NO_RACE
        label.end_ns = race.t_ns
        label.third_ns = _NO_TIME
        label.passage_ns = _NO_TIME
        label.strength = math.nan
        if starts[k] >= 0 and known_ns[k] > race.t_ns:
            scale = race.direction / race.distance
            if abs((price[starts[k]] - race.level) * scale) < 1.0:
                _run(t_ns, price, starts[k], known_ns[k], scale, race, label)


@kernel_inlined
def _run(t_ns: Array, price: Array, start: int, known_ns: int, scale: float, race: Any, label: Any) -> None:
    horizon_ns = race.t_ns + race.horizon_ns
    last_ns = min(horizon_ns, known_ns)
    cause = _CHOP if known_ns >= horizon_ns else _CENSORED
    most = -1.0
    for n in range(start, t_ns.shape[0]):
        if t_ns[n] > last_ns:
            break
        y = (price[n] - race.level) * scale
        # nothing but a new extreme can be a passage
        if abs(y) > most:
            most = abs(y)
            label.strength = y
            after_ns = max(t_ns[n] - race.t_ns, 0)
            if label.third_ns == _NO_TIME and most >= _THIRD:
                label.third_ns = after_ns
            if label.passage_ns == _NO_TIME and most >= 1.0:
                label.passage_ns = after_ns
                cause = _BREAK if y > 0.0 else _BOUNCE
    label.outcome = cause
    label.end_ns = last_ns if label.passage_ns == _NO_TIME else race.t_ns + label.passage_ns
