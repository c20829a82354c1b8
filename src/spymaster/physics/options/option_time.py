"""The time an option has left, measured by how much prices usually move in it (docs/physics.md 5.1).

The clock of an option runs through regular hours alone: 23,400 seconds a day, 252 days a year. Within a day a second
counts as much as the variance it usually brings, most after the opening, least around midday. Inversion and greeks use
the same clock, so that a smile is comparable through the day.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.jit import kernel

SECONDS_PER_DAY: Final = 23_400.0
DAYS_PER_YEAR: Final = 252.0
SECONDS_PER_YEAR: Final = SECONDS_PER_DAY * DAYS_PER_YEAR
_FIXING_S: Final = 20.0
"""An average over the last 30 seconds has the variance of a price fixed two thirds of them earlier."""

_PARTS: Final = 13
WEIGHTS: Final = np.array([2.30, 1.50, 1.15, 0.90, 0.75, 0.62, 0.55, 0.55, 0.60, 0.70, 0.85, 1.05, 1.48])
"""Variance of each thirteenth of the session (half an hour of a full day) against the day's mean; they sum to 13.

A smooth curve through the means over 21 sessions of ES and SPY minute bars: 2.1, 1.7, 1.1, 0.8, 0.8, 0.6, 0.5, 0.7,
0.5, 1.3, 0.7, 0.9, 1.3, of which each is uncertain by about a quarter.
"""


@kernel
def variance_seconds(t_ns: int, open_ns: int, close_ns: int) -> float:
    """Weighted seconds of regular hours left at ``t_ns`` (ns UTC), given when they begin and end that day.

    Before the opening all of them, after the close none. A shorter session has the same course in less time: its
    seconds weigh one on average too. NaN on a day without regular hours (both 0).
    """
    if close_ns <= open_ns:
        return np.nan
    length_s = float(close_ns - open_ns) / 1e9
    part = _PARTS * (float(t_ns - open_ns) / float(close_ns - open_ns))
    if part >= _PARTS:
        return 0.0
    part = max(part, 0.0)
    k = int(part)
    left = (float(k + 1) - part) * WEIGHTS[k]
    for later in range(k + 1, _PARTS):
        left += WEIGHTS[later]
    return float(left / _PARTS * length_s)


@kernel
def variance_time(t_ns: int, open_ns: int, close_ns: int) -> float:
    """tau in years: ``variance_seconds`` over 252 days of 23,400 seconds. For options settled at the closing price."""
    return variance_seconds(t_ns, open_ns, close_ns) / SECONDS_PER_YEAR


@kernel
def variance_time_to_fixing(t_ns: int, open_ns: int, close_ns: int) -> float:
    """tau in years of an option settled at the average of the last 30 seconds (ES): 20 seconds less, at least 0."""
    left = variance_seconds(t_ns, open_ns, close_ns) - _FIXING_S
    if left <= 0.0:
        return 0.0
    return left / SECONDS_PER_YEAR
