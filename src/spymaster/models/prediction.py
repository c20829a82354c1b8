"""What a model with several heads says of a level at one moment, as rows: the one form that is served and shown."""

from __future__ import annotations

import enum
from typing import Final

import numpy as np

from spymaster.features.horizons import HORIZONS_S

_CURVE: Final = (len(HORIZONS_S),)

PREDICTION: Final = np.dtype(
    [
        ("p_tradeable", "<f8"),
        ("p_break", "<f8"),
        ("p_bounce", "<f8"),
        ("strength_p10", "<f8"),
        ("strength_p50", "<f8"),
        ("strength_p90", "<f8"),
        ("break_by", "<f8", _CURVE),
        ("bounce_by", "<f8", _CURVE),
        ("utility", "<f8"),
    ]
)
"""One level at one moment. ``p_tradeable``: that price goes the distance on either side within the longest horizon;
``p_break``, ``p_bounce``: that it does so beyond the level, or back from it, first, together ``p_tradeable``;
``strength_*``: quantiles of the signed excursion, in distances, positive beyond the level; ``break_by``, ``bounce_by``:
cumulative incidences by each of ``HORIZONS_S``, never falling, the two together at most 1; ``utility``: ``p_tradeable``
times the size of the median strength. NaN throughout where the model has nothing to say."""


class Stage(enum.IntEnum):
    """Where an attempt at a level stands when it is asked (docs/p-break.md 4)."""

    ARM = 0
    """Price came within the arming distance."""
    CONTACT = 1
    """It is at the level."""
    AFTER_15_S = 2
    """Fifteen seconds after contact."""
    AFTER_60_S = 3
    """Sixty seconds after contact."""
