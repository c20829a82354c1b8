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

SCRATCH: Final = np.dtype(
    [
        # the record in hand, decoded: by side, the best level first
        ("tick", "<i8", (2, BOOK_LEVELS)),
        ("size", "<i8", (2, BOOK_LEVELS)),
        # a record of another layout, put into the words of the usual one
        ("plain", "<i8", (10,)),
        # the zone in hand: probabilities of its states, sums over its window, scales of the window and of one bucket
        ("states", "<f8", (6,)),
        ("window", "<i8", (ZONE_FIELDS,)),
        ("scale", "<f8", (ZONE_SCALES,)),
        ("bucket_scale", "<f8", (BUCKET_SCALES,)),
        # the level in hand: what each force says, how much each is believed, whether it is asked, its weight for that
        ("scores", "<f8", (COMPONENTS,)),
        ("weights", "<f8", (COMPONENTS,)),
        ("asked", "<i8", (COMPONENTS,)),
        ("parts", "<f8", (COMPONENTS,)),
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
        # places in the ring of those sweeps that count now, the latest first
        ("live_sweeps", "<i8", (SWEEPS,)),
        ("sweeps_held", "<i8"),
        # buckets of the shortest and the longest barrier window, and the longest one's time
        ("shortest", "<i8"),
        ("longest", "<i8"),
        ("longest_ns", "<i8"),
        # indices of the published levels' rows by rising price; in that order their prices, weights in a confluence
        # and kinds as bits, which way each points and how much it stands in the way
        ("by_price", "<i8", (MAX_PUBLISHED,)),
        ("near_price", "<f8", (MAX_PUBLISHED,)),
        ("near_weight", "<f8", (MAX_PUBLISHED,)),
        ("near_kind", "<i8", (MAX_PUBLISHED,)),
        ("way_price", "<f8", (MAX_PUBLISHED,)),
        ("way_direction", "<i8", (MAX_PUBLISHED,)),
        ("way_obstacle", "<i8", (MAX_PUBLISHED,)),
        # the strikes near the money: what each guesses of the forward, its weight, how far its call and put lie apart
        ("parity", "<f8", (3, PARITY_STRIKES)),
        # the newest fit of the smile, and sums at the price in hand
        ("smile", "<f8", (6,)),
        ("sums", "<f8", (6,)),
    ]
)
