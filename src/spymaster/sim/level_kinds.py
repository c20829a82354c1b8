"""Words of planted levels, for both markets: for those who plant, those who act there, and those who read the truth."""

from __future__ import annotations

import enum


class LevelKind(enum.IntEnum):
    """What was planted at a level (docs/physics.md 7.3)."""

    PLACEBO = 0
    WALL = 1
    VACUUM = 2
    ABSORPTION = 3
    CONSUMED = 4
    SPOOF = 5
    FAKEOUT = 6
    GAMMA_PLUS = 7
    GAMMA_MINUS = 8


class LevelEvent(enum.IntEnum):
    """What can happen to a planted level."""

    PLANTED = 0
    ON = 1
    """The mechanism begins to act."""
    OFF = 2
    """It ceases to."""
    TOUCH = 3
    BREAK = 4
    BOUNCE = 5
    CHOP = 6
    """Touched, and neither broken nor bounced within the horizon."""
    EXPIRED = 7
    """Never touched."""
    PHASE = 8
    """A fakeout turned round."""
    GONE = 9
    """Its planned time is over, in a market where levels stay whatever becomes of them."""
