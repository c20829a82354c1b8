"""What the modules of ``physics.time`` remember: clock, calendar, ranges, bars, motion, volatility.

Times are ns since 1970 UTC.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.hours import HOURS
from spymaster.market.sessions import SESSION
from spymaster.physics.memory.indices import (
    CHART_BARS,
    CLOSES,
    HOLES,
    MIDS,
    MINUTE_BARS,
    PROFILE_ROWS,
    RANGES,
    SESSIONS,
)

HOLE: Final = np.dtype([("from_ns", "<i8"), ("to_ns", "<i8")])
"""A time without a word of the future in which there were no snaps from half an hour on."""

CLOCK: Final = np.dtype(
    [
        ("now_ns", "<i8"),
        ("next_snap_ns", "<i8"),
        ("jump_ns", "<i8"),
        ("as_of_ns", "<i8"),
        ("session", "<i8"),
        ("boundary_ns", "<i8"),
        ("fingerprint", "<i8"),
        ("last_depth_ns", "<i8"),
        ("last_tape_ns", "<i8"),
        ("snaps", "<i8"),
        ("first_ns", "<i8"),
        # when the future was last heard of, whether the source says so itself, since when nothing has been (0: not)
        ("heard_ns", "<i8"),
        ("watched", "<i8"),
        ("hole_ns", "<i8"),
        # ring of the latest holes; counters[HOLES] in all
        ("hole", HOLE, (HOLES,)),
    ]
)

CALENDAR: Final = np.dtype(
    [("held", "<i8"), ("has_hours", "<i8"), ("sessions", SESSION, (SESSIONS,)), ("hours", HOURS, (SESSIONS,))]
)
"""Trading sessions, oldest first; ``held`` of them, and where it is known when share and options owe quotes."""

RANGE: Final = np.dtype(
    [
        ("start_ns", "<i8"),
        ("end_ns", "<i8"),
        ("whole", "<i8"),
        ("seen", "<i8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
    ]
)
"""Highest, lowest and last price of one part of a session, in the profile's unit; ``whole``: no hole in the data."""

RANGES_RECORD: Final = np.dtype(
    [
        ("part", RANGE, (RANGES,)),
        ("session", "<i8"),
        ("data_ns", "<i8"),
        ("covered_from_ns", "<i8"),
        ("vwap_value", "<f8"),
        ("vwap_volume", "<f8"),
    ]
)
"""The parts of the session (R_ places), which session it is, how far data reach, and the VWAP of regular hours."""

MINUTE_BAR: Final = np.dtype(
    [
        ("start_ns", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("trades", "<i8"),
    ]
)

CLOSED_BAR: Final = np.dtype(
    [
        ("start_ns", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
    ]
)
"""One closed bar in the profile's unit."""

CHART_ROW: Final = np.dtype(
    [
        # averages first: a record that begins as another does would be taken for it
        *((name, "<f8") for name in ("vwap", "sma_200", "sma_400")),
        *((name, CLOSED_BAR[name]) for name in CLOSED_BAR.names or ()),
    ]
)
"""One closed minute, with the averages as of its end (NaN where unknown)."""

VOLUME_PROFILE: Final = np.dtype(
    [
        # rows per unit of price, and the number of the first: a price's row is price x per_unit, rounded
        ("per_unit", "<f8"),
        ("base", "<i8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("point", "<i8"),
        ("beyond", "<i8"),
        ("total", "<f8"),
        ("volume", "<f8", (PROFILE_ROWS,)),
    ]
)
"""Contracts or shares of the session by price. Lowest and highest row traded and the point of control are places in
``volume``; ``beyond``: there were trades outside of it. Nothing but ``per_unit`` counts while ``total`` is 0."""

BARS: Final = np.dtype(
    [
        # the minute and the two minutes being formed
        ("minute", MINUTE_BAR),
        ("double", MINUTE_BAR),
        # rings of the latest one-minute closes and of the closed two-minute bars; how many of each there were
        ("closes", "<f8", (CLOSES,)),
        ("minutes_held", "<i8"),
        ("chart", CLOSED_BAR, (CHART_BARS,)),
        ("chart_held", "<i8"),
        # ring of the closed minutes, ``minutes_held`` of them too
        ("minutes", CHART_ROW, (MINUTE_BARS,)),
        ("atr", "<f8"),
        ("true_ranges", "<i8"),
        ("sma_200", "<f8"),
        ("sma_400", "<f8"),
    ]
)

MOTION: Final = np.dtype(
    [
        ("has_motion", "<i8"),
        ("position", "<f8"),
        ("velocity", "<f8"),
        ("acceleration", "<f8"),
        ("velocity_smooth", "<f8"),
        ("cubic", "<f8", (4,)),
        ("mids", "<f8", (MIDS,)),
        ("newest_mid", "<i8"),
        ("mids_held", "<i8"),
    ]
)
"""State of the two filters, points and seconds; ``cubic``: position, velocity, acceleration, jerk. ``mids``: of the
latest snaps, a ring whose newest stands at ``newest_mid``."""

VOLATILITY: Final = np.dtype(
    [
        ("variance_5s", "<f8"),
        ("variance_weight", "<f8"),
        ("variance_1m", "<f8"),
        ("minute_weight", "<f8"),
        ("mids", "<f8", (12,)),
        ("mids_held", "<i8"),
        ("last_5s_mid", "<f8"),
        ("last_5s_ns", "<i8"),
        ("sigma_1m", "<f8"),
    ]
)
"""Variances of moves of five seconds and of a minute, points squared, and the ring of mids they come from."""
