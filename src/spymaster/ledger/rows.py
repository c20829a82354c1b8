"""Rows of the record: one test of one level, and what is remembered of a level between tests."""

from __future__ import annotations

import enum
from typing import Final

import numpy as np


class TestOutcome(enum.IntEnum):
    """How a test of a level ended."""

    __test__ = False

    OPEN = 0
    """Not yet."""
    BROKE = 1
    """Price was the barrier's distance beyond the level first."""
    HELD = 2
    """Price was that far back from it first."""
    NEITHER = 3
    """Neither within the time that was waited."""
    UNKNOWN = 4
    """A gap, a blind book, the level's end or the session's came before any of these."""


PLACEBO: Final = -1
"""``kind`` of a price at which no level was: what comes of prices like any other."""

TEST: Final = np.dtype(
    [
        ("arm_ns", "<i8"),
        ("touch_ns", "<i8"),
        ("end_ns", "<i8"),
        ("session_date", "<i8"),
        ("kind", "<i8"),
        ("user_index", "<i8"),
        ("number", "<i8"),
        ("direction", "<i8"),
        ("outcome", "<i8"),
        ("state", "<i8"),
        ("signal", "<i8"),
        ("said", "<i8"),
        ("said_ns", "<i8"),
        ("price", "<f8"),
        ("future_price", "<f8"),
        ("sigma_1m", "<f8"),
        ("barrier", "<f8"),
        ("score", "<f8"),
        ("confidence", "<f8"),
        ("beyond", "<f8"),
        ("back", "<f8"),
        ("filled", "<f8"),
        ("added", "<f8"),
        ("pulled", "<f8"),
        ("unseen_s", "<f8"),
    ]
)
"""A test. ``arm_ns``: when price came within the arming distance; ``touch_ns``: when it was at the level; ``end_ns``:
when it was decided. ``kind``: LevelKind or PLACEBO; ``number``: of the tests of this level in this session, from 1 on;
``direction``: +1 where a break is up. ``price`` in the profile's unit and ``future_price`` in points are the level's at
the touch; ``sigma_1m`` points per square root of a minute then; ``barrier`` points either way. ``state``, ``signal``,
``score``, ``confidence``: what was published at the touch (-1 and NaN for a placebo). ``said``: the first BREAK or
REJECT (``Signal``) that was on at the level while it was tested, 0 for none, -1 for a placebo; ``said_ns``: since when,
0 for none. ``beyond``, ``back``: the furthest that price was past the level and in front of it, points. ``filled``,
``added``, ``pulled``: contracts in the level's zone from the touch to the end; ``unseen_s``: for how much of that the
zone was out of view, seconds."""

NO_TESTS: Final = np.zeros(0, TEST)

SLOT: Final = np.dtype(
    [
        ("key", "<i8"),
        ("used", "<i8"),
        ("seen_ns", "<i8"),
        ("side", "<i8"),
        ("is_armed", "<i8"),
        ("arm_ns", "<i8"),
        ("last_touch_ns", "<i8"),
        ("number", "<i8"),
        ("is_open", "<i8"),
        ("until_ns", "<i8"),
        ("test", TEST),
    ]
)
"""A level that was published, or a price that was none. ``side``: +1 where price was last far above it, -1 below;
``until_ns``: how long its open ``test`` is waited for."""
