"""Which comes first: price through a level, or back from it (docs/p-break.md 4).

Break and bounce compete: whichever comes first ends the race, and the time it took is kept beside its cause, so that
every shorter horizon and every incidence curve can be read off the same row.
"""

from __future__ import annotations

import enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.path import PricePath
from spymaster.ledger.rules import LEAST_POINTS, MOST_POINTS
from spymaster.market.kinds import NS_PER_S

FIXED_POINTS: Final = 2.0
"""The distance that is the same in every market."""
_MINUTE_S: Final = 60.0
_NO_TIME: Final = -1


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


def scaled_distance(sigma_1m: float, horizon_s: float, tick: float, c: float = 1.0) -> float:
    """clip(c sigma sqrt(H), 1, 12) on whole ticks, in points. ``sigma_1m``: points per square root of a minute."""
    wide = c * sigma_1m * float(np.sqrt(horizon_s / _MINUTE_S))
    return round(min(max(wide, LEAST_POINTS), MOST_POINTS) / tick) * tick


def first_passages(path: PricePath, races: NDArray[Any]) -> NDArray[Any]:
    """The outcome of each race (RACE[n]): LABEL[n]. Levels and directions are those of the moment it began."""
    labels = np.zeros(len(races), LABEL)
    for label, race in zip(labels, races, strict=True):
        _run(path, race, label)
    return labels


def attempt_races(t_ns: int, level: float, direction: float, sigma_1m: float, tick: float) -> NDArray[Any]:
    """The races of one moment: by the distance scaled to each of ``HORIZONS_S``, then by the fixed one. RACE[12]."""
    races = np.zeros(2 * len(HORIZONS_S), RACE)
    races["t_ns"], races["level"], races["direction"] = t_ns, level, direction
    races["horizon_ns"] = np.tile(HORIZONS_S, 2) * NS_PER_S
    scaled = [scaled_distance(sigma_1m, horizon, tick) for horizon in HORIZONS_S]
    races["distance"] = [*scaled, *[FIXED_POINTS] * len(HORIZONS_S)]
    return races


def by_horizon(labels: NDArray[Any], begun_ns: NDArray[np.int64], horizon_ns: int) -> NDArray[np.int64]:
    """Outcomes of the same races had they had a shorter horizon: ``Outcome`` int64[n]."""
    late = (labels["outcome"] != Outcome.NO_RACE) & (labels["end_ns"] - begun_ns > horizon_ns)
    outcomes: NDArray[np.int64] = np.where(late, Outcome.CHOP, labels["outcome"]).astype(np.int64)
    return outcomes


def _run(path: PricePath, race: Any, label: Any) -> None:
    t_ns = int(race["t_ns"])
    horizon_ns = t_ns + int(race["horizon_ns"])
    known_ns = path.known_until(t_ns)
    last_ns = min(horizon_ns, known_ns)
    label["third_ns"] = label["passage_ns"] = _NO_TIME
    label["strength"] = np.nan
    label["outcome"], label["end_ns"] = Outcome.NO_RACE, t_ns
    start = int(np.searchsorted(path.t_ns, t_ns, side="right")) - 1
    if start < 0 or known_ns <= t_ns:
        return
    stop = int(np.searchsorted(path.t_ns, last_ns, side="right"))
    y = (path.price[start:stop] - race["level"]) * (race["direction"] / race["distance"])
    if not abs(y[0]) < 1.0:
        return
    away = np.abs(y)
    label["strength"] = y[int(away.argmax())]
    label["third_ns"] = _first(path, away >= 1.0 / 3.0, start, t_ns)
    label["passage_ns"] = passage_ns = _first(path, away >= 1.0, start, t_ns)
    if passage_ns != _NO_TIME:
        label["outcome"] = Outcome.BREAK if y[int((away >= 1.0).argmax())] > 0.0 else Outcome.BOUNCE
        label["end_ns"] = t_ns + passage_ns
    else:
        label["outcome"] = Outcome.CHOP if known_ns >= horizon_ns else Outcome.CENSORED
        label["end_ns"] = last_ns


def _first(path: PricePath, reached: NDArray[np.bool_], start: int, t_ns: int) -> int:
    """How long after ``t_ns`` the first of these holds: ``reached`` counts from place ``start`` of the path."""
    if not reached.any():
        return _NO_TIME
    return max(int(path.t_ns[start + int(reached.argmax())]) - t_ns, 0)
