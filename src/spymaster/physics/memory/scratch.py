"""What is worked on within one record or one snap. It carries no meaning to the next, so no snapshot holds it."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.levels import MAX_PUBLISHED
from spymaster.physics.memory.indices import (
    BOOK_LEVELS,
    BUCKET_SCALES,
    COMPONENTS,
    LEVEL_SLOTS,
    PARITY_STRIKES,
    SWEEPS,
    ZONE_FIELDS,
    ZONE_SCALES,
)
from spymaster.physics.memory.level_records import REST_STATE
from spymaster.physics.row_hash import WORK_WORDS

LANES: Final = 16
"""So many levels are judged side by side: their rows stay near the processor, and arithmetic takes several at once."""

ZONE_LANE: Final = np.dtype(
    [
        # whether the zone can be judged, and if so from which side, its prices in sight and for how many buckets
        ("judged", "<i8"),
        ("side", "<i8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("seen", "<i8"),
        ("span", "<i8"),
        # contracts there now, what is usual; which share of it is in sight, ticks that price is beyond the level,
        # whether that is past it, what the scales are worth, the share of additions that went again at once
        ("depth", "<i8"),
        ("usual", "<f8"),
        ("fraction", "<f8"),
        ("beyond", "<f8"),
        ("passed", "<i8"),
        ("warm", "<f8"),
        ("flicker", "<f8"),
        ("window", "<i8", (ZONE_FIELDS,)),
    ]
)
"""The zone of one of them: what was found out level by level."""

LANES_RECORD: Final = np.dtype(
    [
        ("zone", ZONE_LANE, (LANES,)),
        # what the states of its zone follow from, and they
        ("added", "<f8", (LANES,)),
        ("pulled", "<f8", (LANES,)),
        ("filled", "<f8", (LANES,)),
        ("start", "<f8", (LANES,)),
        ("lasting", "<f8", (LANES,)),
        ("resting", "<f8", (LANES,)),
        ("theta", "<f8", (LANES,)),
        ("fill_limit", "<f8", (LANES,)),
        ("held", "<i8", (LANES,)),
        ("states", "<f8", (6, LANES)),
        # by force what it says, how much it is believed, whether it is asked, and its smoothed evidence
        ("says", "<f8", (COMPONENTS, LANES)),
        ("weight", "<f8", (COMPONENTS, LANES)),
        ("asked", "<i8", (COMPONENTS, LANES)),
        ("evidence", "<f8", (COMPONENTS, LANES)),
        # whether price is near enough for a score, whether there was one, and whether there is
        ("in_band", "<i8", (LANES,)),
        ("had_score", "<i8", (LANES,)),
        ("has_score", "<i8", (LANES,)),
        # the score, that of this snap alone, both as they are published; how sure it is, and who contributed what
        ("score", "<f8", (LANES,)),
        ("told", "<f8", (LANES,)),
        ("told_raw", "<f8", (LANES,)),
        ("confidence", "<f8", (LANES,)),
        ("part", "<f8", (COMPONENTS, LANES)),
    ]
)
"""Levels side by side. What stands in those places that are not in use is computed along and means nothing."""

SCRATCH: Final = np.dtype(
    [
        # the record in hand, decoded: by side, the best level first
        ("tick", "<i8", (2, BOOK_LEVELS)),
        ("size", "<i8", (2, BOOK_LEVELS)),
        # a record of another layout, put into the words of the usual one
        ("plain", "<i8", (10,)),
        # the zone in hand: probabilities of its states, scales of its window and of one bucket
        ("states", "<f8", (6,)),
        ("scale", "<f8", (ZONE_SCALES,)),
        ("bucket_scale", "<f8", (BUCKET_SCALES,)),
        # the levels in hand
        ("lanes", LANES_RECORD),
        # one-minute bars in a row that rose and that fell; whether the snap lies in the signal window
        ("rising_bars", "<i8"),
        ("falling_bars", "<i8"),
        ("in_window", "<i8"),
        # distance of the level at each rank from spot, and the slot of the level whose machine is its own too
        ("away", "<f8", (LEVEL_SLOTS,)),
        ("leader", "<i8", (MAX_PUBLISHED,)),
        # by rank what a level was before its snap, and what the one in hand is after it; whether each rests
        ("before", "<f8", (MAX_PUBLISHED, REST_STATE)),
        ("after", "<f8", (REST_STATE,)),
        ("resting", "<i8", (MAX_PUBLISHED,)),
        # ranks of those that do not
        ("awake", "<i8", (MAX_PUBLISHED,)),
        # places in the ring of those sweeps that count now, the latest first; the ticks they reach, and how much of
        # their pull is left
        ("live_sweeps", "<i8", (SWEEPS,)),
        ("sweep_low", "<i8", (SWEEPS,)),
        ("sweep_high", "<i8", (SWEEPS,)),
        ("sweep_fade", "<f8", (SWEEPS,)),
        ("sweeps_held", "<i8"),
        # buckets of the shortest and the longest barrier window, and the longest one's time
        ("shortest", "<i8"),
        ("longest", "<i8"),
        ("longest_ns", "<i8"),
        # buckets over which it is asked what an attack came to, whether those are all of the window, and the way that
        # the mid made in them, points
        ("answering", "<i8"),
        ("answers_whole", "<i8"),
        ("progress", "<f8"),
        # indices of the published levels' rows by rising price; in that order their prices, weights in a confluence
        # and kinds as bits, which way each points and how much it stands in the way
        ("by_price", "<i8", (MAX_PUBLISHED,)),
        ("near_price", "<f8", (MAX_PUBLISHED,)),
        ("near_weight", "<f8", (MAX_PUBLISHED,)),
        ("near_kind", "<i8", (MAX_PUBLISHED,)),
        ("way_price", "<f8", (MAX_PUBLISHED,)),
        ("way_direction", "<i8", (MAX_PUBLISHED,)),
        ("way_obstacle", "<i8", (MAX_PUBLISHED,)),
        # what a block of the hash is added up in
        ("hashing", "<i8", (WORK_WORDS,)),
        # the strikes near the money: what each guesses of the forward, its weight, how far its call and put lie apart
        ("parity", "<f8", (3, PARITY_STRIKES)),
        # the newest fit of the smile, and sums at the price in hand
        ("smile", "<f8", (6,)),
        ("sums", "<f8", (6,)),
    ]
)
