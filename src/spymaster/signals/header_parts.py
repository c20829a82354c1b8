"""Groups of numbers that a frame's header carries as a whole."""

from __future__ import annotations

import math

import msgspec


class DayPrices(msgspec.Struct, frozen=True):
    """What the session has done so far, in the profile's unit; NaN where it is not known.

    ``open``: its first price, where its beginning was seen; ``high``, ``low``: of what was seen, and of all of it if
    ``whole``; ``prior_close``: of the session before.
    """

    open: float = math.nan
    high: float = math.nan
    low: float = math.nan
    prior_close: float = math.nan
    whole: bool = False


class GreeksCheck(msgspec.Struct, frozen=True):
    """A vendor's greeks against our own: absolute differences, the median and what nine in ten stay below; NaN where
    nothing compares. ``at_ns``: when the vendor's snapshot arrived; ``compared``: contracts both have, ``only_ours``,
    ``only_theirs``: contracts of which only one knows a volatility."""

    at_ns: int
    compared: int
    only_ours: int
    only_theirs: int
    vol_median: float
    vol_most: float
    delta_median: float
    delta_most: float
    gamma_median: float
    gamma_most: float
