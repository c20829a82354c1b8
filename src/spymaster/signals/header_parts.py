"""Groups of numbers that a frame's header carries as a whole."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from spymaster.market.manifest import TrustChange


class DayPrices(msgspec.Struct, frozen=True):
    """What the session has done so far, in the profile's unit; NaN where it is not known.

    ``open``: its first price, where its beginning was seen; ``high``, ``low``: of what was seen, and of all of it if
    ``whole``; ``prior_close``: of the session before; ``settlement``: of the future in the trade date before, points.
    """

    open: float = math.nan
    high: float = math.nan
    low: float = math.nan
    prior_close: float = math.nan
    whole: bool = False
    settlement: float = math.nan


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


class Pace(msgspec.Struct, frozen=True):
    """How fast an engine is at work, by the machine's clock. ``snap_us``: smoothed; ``latency``, ``worst_us``: see
    ``SessionHealth``."""

    records_per_s: float = 0.0
    snap_us: float = 0.0
    latency: tuple[int, ...] = ()
    worst_us: float = 0.0


class ScoringHealth(msgspec.Struct, frozen=True):
    """How what models say is coming along. ``mode``: shadow or screen; ``models``: their names, the champion first;
    ``said``: predictions so far; ``missed``: snaps that were passed over because a newer one was there; ``lost``: words
    at decisions among them. ``fault``: why nothing is said, ``log_fault``: why nothing is written down; ``record``:
    what is to be said of the record."""

    mode: str
    models: tuple[str, ...] = ()
    said: int = 0
    missed: int = 0
    lost: int = 0
    is_written: bool = False
    fault: str = ""
    log_fault: str = ""
    record: str = ""


class SessionHealth(msgspec.Struct, frozen=True):
    """What a Session remembers of its own soundness, in event time where it can.

    ``since_ns``: its first snap. ``green_ns``: for how long each of ``market.rows.INPUTS`` was GREEN since then.
    ``changes``: the latest of the inputs' states, the oldest first, GAP where nothing arrived and no snap was taken;
    the first of an input is what it began with, or the oldest still known. ``counts``: what is not 0 of what the engine
    counts. ``rates``: records in spans of ``RATE_SPAN_S``, the newest last and still growing. ``latency``: of the
    latest snaps, how many took less than each of ``LATENCY_US`` and, last, more; ``worst_us``: the longest.
    ``signal_hash``: of all snaps so far. ``scoring``: None where no model with several heads speaks.
    """

    since_ns: int = 0
    green_ns: tuple[int, ...] = ()
    changes: tuple[TrustChange, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    rates: tuple[int, ...] = ()
    latency: tuple[int, ...] = ()
    worst_us: float = 0.0
    signal_hash: str = ""
    scoring: ScoringHealth | None = None


RATE_SPAN_S: Final = 5
LATENCY_US: Final = (200, 500, 1000, 1500, 2000, 3000, 5000)

DAYS_BEFORE: Final = 7
"""Sessions that today is compared with."""


class Usual(msgspec.Struct, frozen=True):
    """Today beside the days before. ``days``: how many of ``DAYS_BEFORE`` the lake holds up to this minute.

    ``volume``: today's since what was seen first, over their mean, NaN unknown. ``liquidity``: share of their books at
    this minute that displayed no more than today's, NaN while it is being read.
    """

    days: int
    volume: float = math.nan
    liquidity: float = math.nan


class PastTests(msgspec.Struct, frozen=True):
    """What became of a level's tests on the days before. ``days``: session dates the lake holds tests of; ``tests``: of
    this level; ``held``, ``broke``: of these; ``base``: how many of those decided one way would have held at prices
    like any other, None where none of these were tested. ``note``: in place of all of it, why nothing is told."""

    days: int = 0
    tests: int = 0
    held: int = 0
    broke: int = 0
    base: float | None = None
    note: str = ""
