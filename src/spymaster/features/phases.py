"""Where a level stands: from far away to decided, and the moments of an attempt at which a model is asked."""

from __future__ import annotations

import enum
from typing import Final

import numpy as np


class Phase(enum.IntEnum):
    """How near a level is to being decided, in the order in which it goes."""

    FAR = 0
    APPROACHING = 1
    """Beyond the monitor band, and reached at this motion within two minutes."""
    IN_MONITOR_BAND = 2
    TOUCH = 3
    """An attempt is on and price is within a quarter of a point of where the level was at contact."""
    CONFIRMATION = 4
    """An attempt is on and price has left the level, not yet by the barrier's distance on either side."""
    RESOLVED = 5
    """An attempt was decided less than a minute ago, and no further one is near."""


NO_STAGE: Final = -1
"""No attempt is on and none is near: there is nothing to ask a model."""

STANDING: Final = np.dtype(
    [
        ("phase", "<i8"),
        ("stage", "<i8"),
        ("number", "<i8"),
        ("direction", "<i8"),
        ("arm_ns", "<i8"),
        ("contact_ns", "<i8"),
    ]
)
"""One level of the last snap. ``phase``: Phase; ``stage``: the ``models.prediction.Stage`` that the attempt which is on
passed last, NO_STAGE without one; ``number``: of that attempt, or of the next; ``direction``: +1 where its break is up;
``arm_ns``, ``contact_ns``: when price came near, and to the level, -1 where it has not."""

DECISION: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("snap", "<i8"),
        ("place", "<i8"),
        ("stage", "<i8"),
        ("key", "<i8"),
        ("kind", "<i8"),
        ("user_index", "<i8"),
        ("number", "<i8"),
        ("session_date", "<i8"),
        ("direction", "<i8"),
        ("arm_ns", "<i8"),
        ("contact_ns", "<i8"),
        ("price", "<f8"),
        ("future_price", "<f8"),
        ("microprice", "<f8"),
        ("sigma_1m", "<f8"),
        ("barrier", "<f8"),
    ]
)
"""A moment at which an attempt is judged. ``t_ns``: of its snap, ``snap`` and ``place``: that snap in its block and the
level's row in it; ``stage``: ``models.prediction.Stage``; ``key``: the level's identity within a session;
``number``: of its attempts in the session, from 1 on, an approach that turned back having that of the next;
``direction``: +1 where the break is up; ``contact_ns``: -1 before contact. ``price`` in the profile's unit, as
published; ``future_price`` in points: the level's at that snap, from contact on that of then; ``microprice`` too;
``sigma_1m`` points per root minute; ``barrier``: how far beyond or back decides it, points, NaN before contact."""
