"""How lively the market is over the day, in New York minutes: a U in regular hours, a low and uneven night.

Formulas: docs/physics.md 7.1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.physics.maths.elementary import exp_

MINUTES: Final = 1440
OPEN_MINUTE: Final = 9 * 60 + 30
CLOSE_MINUTE: Final = 16 * 60
MIDDAY_MINUTE: Final = 12 * 60 + 30
EVENING_MINUTE: Final = 18 * 60

_NIGHT: Final = 0.12
_EUROPE_MINUTE: Final = 3 * 60
_EUROPE: Final = 0.25
_NEWS_HOUR_MINUTE: Final = 8 * 60 + 30
_NEWS_HOUR: Final = 0.45


def regular_hours(minute: float) -> float:
    """Activity ``minute`` minutes after 09:30: 2.6 at the opening, 1.0 at midday, 1.9 at the close."""
    return 1.0 + 1.6 * exp_(-minute / 25.0) + 0.9 * exp_(-(390.0 - minute) / 20.0)


def activity_of_minute(minute: int) -> float:
    """Activity in a minute of the New York day, 1 being a regular midday."""
    if OPEN_MINUTE <= minute < CLOSE_MINUTE:
        return regular_hours(minute - OPEN_MINUTE)
    since_evening = (minute - EVENING_MINUTE) % MINUTES
    activity = _NIGHT + 0.25 * exp_(-since_evening / 15.0)
    if _EUROPE_MINUTE <= minute < OPEN_MINUTE:
        activity += _EUROPE * (1.0 - exp_(-(minute - _EUROPE_MINUTE + 1) / 20.0))
    if _NEWS_HOUR_MINUTE <= minute < OPEN_MINUTE:
        activity += _NEWS_HOUR
    if CLOSE_MINUTE <= minute < EVENING_MINUTE:
        activity += 0.5 * exp_(-(minute - CLOSE_MINUTE) / 10.0)
    return activity


def shape_of_day(reference: float) -> NDArray[np.float64]:
    """Activity of every minute of the New York day, float64[1440], as a multiple of ``reference``."""
    return np.array([activity_of_minute(minute) / reference for minute in range(MINUTES)])
