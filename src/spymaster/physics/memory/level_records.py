"""What the modules of ``physics.levels`` and ``physics.judgement`` remember: levels, signals, trust, smoothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.levels import MAX_PUBLISHED
from spymaster.market.rows import ALERT_ROW, INPUTS, LEVEL_ROW
from spymaster.physics.memory.indices import (
    ALERTS,
    COMPONENTS,
    DEPTH_DISTANCES,
    DISTANCES,
    FIT_SUMS,
    LEVEL_SLOTS,
    MOVES,
    NEAR_FIELDS,
    NOISES,
    RECENT_DEPTHS,
    RESTING_PRICES,
    WATCHED,
    ZONE_FIELDS,
)

REST_GLOBALS: Final = 18
REST_SCALES: Final = 2
REST_STATE: Final = 21 + COMPONENTS
"""Numbers by which it is seen that nothing happened: those before the trust of the inputs, those before depth and noise
by distance, and those of one level."""

LEVEL: Final = np.dtype(
    [
        ("active", "<i8"),
        ("kind", "<i8"),
        ("ordinal", "<i8"),
        ("price", "<f8"),
        # where the level would be if it were not held
        ("running", "<f8"),
        ("tick", "<i8"),
        ("direction", "<i8"),
        ("frozen", "<i8"),
        ("inside", "<i8"),
        ("touched_ns", "<i8"),
        ("has_score", "<i8"),
        ("score", "<f8"),
        # smoothed log odds of each force
        ("evidence_part", "<f8", (COMPONENTS,)),
        ("confidence", "<f8"),
        # the zone since price reached it: the contracts that rested then, in all and those still there by price from a
        # tick on, which of them were withdrawn and filled, and how probably it was empty when price came; since when
        # enough stands there again, and since when price is in front of it
        ("reached", "<i8"),
        ("held_depth", "<f8"),
        ("resting_from", "<i8"),
        ("lost_pulled", "<f8"),
        ("lost_filled", "<f8"),
        ("came_vacuum", "<f8"),
        ("came_consumed", "<f8"),
        ("restored_ns", "<i8"),
        ("away_ns", "<i8"),
        # the strongest evidence of a break that the barrier gave in front of the level, and as of when
        ("evidence", "<f8"),
        ("evidence_ns", "<i8"),
        ("state", "<i8"),
        ("rival", "<i8"),
        ("has_delta", "<i8"),
        ("delta_liq", "<f8"),
        ("replenishment", "<f8"),
        ("signal", "<i8"),
        ("raised_ns", "<i8"),
        ("raised_direction", "<i8"),
        ("raised_date", "<i8"),
        ("raised_score", "<f8"),
        ("peak_score", "<f8"),
        ("turned", "<i8"),
        ("high_since_ns", "<i8"),
        ("low_since_ns", "<i8"),
        ("contested_end_ns", "<i8"),
        # a signal without an alert of its own, its group having had one
        ("silent", "<i8"),
        ("told_label", "<i8"),
        ("told_state", "<i8"),
        ("told_ns", "<i8"),
        ("valid_ns", "<i8"),
        # sums of the change detectors (stacking, pulling, filling), since when each is above zero, which one is on
        ("drift", "<f8", (3,)),
        ("drift_ns", "<i8", (3,)),
        ("alarm", "<i8"),
        # depth of the zone over the last second, and the fit of its recovery from a shock
        ("reach", "<i8"),
        ("depths_held", "<i8"),
        ("shock_ns", "<i8"),
        ("shock_usual", "<f8"),
        ("half_life", "<f8"),
        ("half_life_ns", "<i8"),
        # touches and attempts, and what was measured at the first attempt of the cluster
        ("armed", "<i8"),
        ("touching", "<i8"),
        ("touch_ns", "<i8"),
        ("touches", "<i8"),
        ("attempt", "<i8"),
        ("attempt_price", "<f8"),
        ("attempt_direction", "<i8"),
        ("has_first", "<i8"),
        ("first_delta", "<f8"),
        ("first_replenishment", "<f8"),
        ("first_velocity", "<f8"),
        ("first_imbalance", "<f8"),
        # dealers' exposure with price at the level: smoothed, its spread, its change a minute by what was traded,
        # the units of old, whether another convention gives another effect
        ("has_fuel", "<i8"),
        ("fuel_ns", "<i8"),
        ("fuel", "<f8"),
        ("fuel_sd", "<f8"),
        ("fuel_recent", "<f8"),
        ("fuel_old", "<f8"),
        ("fuel_depends", "<f8"),
        ("neighbours", "<f8", (NEAR_FIELDS,)),
        # its zone is out of sight, and what there was of it is forgotten
        ("unseen", "<i8"),
        # sums over the last buckets of the part of its zone in sight; which part, and as of which bucket
        ("sums", "<i8", (ZONE_FIELDS,)),
        ("sums_base", "<i8"),
        ("sums_side", "<i8"),
        ("sums_low", "<i8"),
        ("sums_high", "<i8"),
        ("sums_span", "<i8"),
        ("sums_closed", "<i8"),
        # long and seldom read, so last: what rests in the zone by price, depths of the last second, sums of the fit
        ("resting", "<f8", (RESTING_PRICES,)),
        ("depths", "<i8", (RECENT_DEPTHS,)),
        ("fit", "<f8", (FIT_SUMS,)),
    ]
)
"""One level. Prices in the profile's unit, ``tick`` the future's; ``neighbours`` in the order of the NEAR_ places."""

LEVELS: Final = np.dtype(
    [
        ("at", LEVEL, (LEVEL_SLOTS,)),
        # by slot the level's price, infinite where there is none; slots, nearest level first; whether levels came or
        # went since they were ranked
        ("standing", "<f8", (LEVEL_SLOTS,)),
        ("ranking", "<i8", (LEVEL_SLOTS,)),
        ("came_or_went", "<i8"),
        # what changed since neighbours were looked for, and among how many levels that was
        ("changed", "<i8"),
        # where levels that only moved were and are, since then; -1: too many to tell
        ("moved", "<f8", (MOVES,)),
        ("moves", "<i8"),
        ("grouped", "<i8"),
        # ordinals of the lowest and highest round price and strike, and whether one waits for its slot
        ("round_low", "<i8"),
        ("round_high", "<i8"),
        ("rounds_waiting", "<i8"),
        # by rank: whether the level rests, and its row; what all of them rest on, as of the snap at ``rest_ns``;
        # whether all rested then
        ("rest_settled", "<i8", (MAX_PUBLISHED,)),
        ("rest_rows", "<f8", (MAX_PUBLISHED, len(LEVEL_ROW.names or ()))),
        ("rest_globals", "<f8", (REST_GLOBALS + len(INPUTS),)),
        ("rest_scales", "<f8", (REST_SCALES + DEPTH_DISTANCES + NOISES * DISTANCES,)),
        ("rest_fingerprint", "<i8"),
        ("rest_ns", "<i8"),
        ("rest_whole", "<i8"),
        ("strike_low", "<i8"),
        ("strike_high", "<i8"),
        ("strikes_waiting", "<i8"),
    ]
)

ALERTS_RECORD: Final = np.dtype([("held", "<i8"), ("row", ALERT_ROW, (ALERTS,))])
"""Signals raised and resolved since the caller last read them."""

WATCH: Final = np.dtype(
    [
        ("on", "<i8"),
        ("row", ALERT_ROW),
        # the level in points of the future, marks told so far, the snap before, whether every snap since was
        # seen, and whether the race beyond the level or back from it has begun or is decided
        ("points", "<f8"),
        ("told", "<i8"),
        ("seen_ns", "<i8"),
        ("whole", "<i8"),
        ("race", "<i8"),
    ]
)
WATCHES: Final = np.dtype([("at", WATCH, (WATCHED,))])
"""Alerts raised in the last minutes: what was said of each, and what has become of it."""

TRUST: Final = np.dtype(
    [
        ("state", "<i8", (len(INPUTS),)),
        ("reason", "<i8", (len(INPUTS),)),
        ("feed_down", "<i8", (len(INPUTS),)),
        ("blind_until_ns", "<i8", (len(INPUTS),)),
        ("blind_reason", "<i8", (len(INPUTS),)),
        ("degraded_until_ns", "<i8", (len(INPUTS),)),
        ("degraded_reason", "<i8", (len(INPUTS),)),
        ("renewed_ns", "<i8", (len(INPUTS),)),
        ("day_reason", "<i8", (len(INPUTS),)),
        ("bad_book", "<i8"),
        ("tick_inferred", "<i8"),
        ("tape_from_depth", "<i8"),
        ("halted", "<i8", (len(INPUTS),)),
    ]
)
"""By input (TRUST_ constants) its state and why, and what its feed said; then what book and instrument say.

``renewed_ns``: when its feed last came back; a quote from before that says nothing any more. ``halted``: by input,
whether the venue's last word was that it is neither traded nor quoted; of options see ``chain.halted``."""

ALPHAS: Final = {
    "score": "tau_score_s",
    "velocity": "tau_velocity_s",
    "delta": "tau_delta_liq_s",
    "replenishment": "tau_replenishment_s",
    "scales": "tau_scales_s",
}
"""Smoothers and the parameters that hold their time constants."""

ALPHA: Final = np.dtype([*((name, "<f8") for name in ALPHAS), ("rates", "<f8"), ("growth", "<f8")])
"""Weight of the newest value in each smoother; ``rates`` of the rate of additions at the touch; ``growth``: by how much
newer samples of the scales outweigh those of the snap before."""

LOGS: Final = np.dtype([("r_vac", "<f8"), ("r_wall", "<f8"), ("iceberg_odds", "<f8")])
"""Natural logarithms of the parameters of these names."""
