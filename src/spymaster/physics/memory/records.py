"""The small records inside the engine's state: clock, book, market, sweep, level, trust.

Sizes are contracts, times are ns since 1970 UTC, prices are ticks unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.rows import INPUTS

RECENT_DEPTHS: Final = 10
"""Depths of a zone remembered, one a snap: those of a second at the shortest interval."""

CLOCK: Final = np.dtype(
    [
        ("now_ns", "<i8"),
        ("next_snap_ns", "<i8"),
        ("jump_ns", "<i8"),
        ("as_of_ns", "<i8"),
        ("session", "<i8"),
        ("boundary_ns", "<i8"),
        ("fold", "<i8"),
        ("last_depth_ns", "<i8"),
        ("last_tape_ns", "<i8"),
        ("snaps", "<i8"),
        ("first_ns", "<i8"),
        # when the future was last heard of, whether the source says so itself, since when nothing has been (0: not)
        ("heard_ns", "<i8"),
        ("watched", "<i8"),
        ("hole_ns", "<i8"),
    ]
)

HOLE: Final = np.dtype([("from_ns", "<i8"), ("to_ns", "<i8")])
"""A time without a word of the future in which there were no snaps from half an hour on."""

BOOK: Final = np.dtype(
    [
        ("key", "<i8"),
        ("tick_e9", "<i8"),
        ("per_tick", "<f8"),
        ("multiplier", "<i8"),
        ("base", "<i8"),
        ("anchored", "<i8"),
        ("status", "<i8"),
        ("event_open", "<i8"),
        ("event_ns", "<i8"),
        ("cleared", "<i8"),
        ("incomplete", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("bid_size", "<i8"),
        ("ask_size", "<i8"),
        ("has_bbo", "<i8"),
        ("invalid_since_ns", "<i8"),
        ("invalid_reason", "<i8"),
        ("far_bid", "<i8"),
        ("far_ask", "<i8"),
        ("pending", "<i8"),
        ("last_tick", "<i8"),
        ("has_last", "<i8"),
        ("visible_ns", "<i8"),
        ("bucket", "<i8"),
        ("buckets_closed", "<i8"),
        ("ring", "<i8"),
        ("sessions", "<i8"),
        ("tape_band", "<i8"),
        ("spells", "<i8"),
        ("fresh_low", "<i8"),
        ("fresh_high", "<i8"),
        ("long_bucket", "<i8"),
        ("bucket_from_ns", "<i8"),
        ("order_side", "<i8"),
        ("order_size", "<i8"),
        ("order_prints", "<i8"),
        ("order_levels", "<i8"),
        ("order_low", "<i8"),
        ("order_high", "<i8"),
        ("order_last", "<i8"),
        ("order_ns", "<i8"),
        ("order_notional_ticks", "<i8"),
        ("order_touch_bid", "<i8"),
        ("order_touch_ask", "<i8"),
        ("sweeps", "<i8"),
        ("orders", "<i8"),
        ("slot", "<i8"),
        ("slot_volume", "<i8"),
        ("cvd", "<i8"),
        ("alerts", "<i8"),
    ]
)

SWEEP: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("side", "<i8"),
        ("size", "<i8"),
        ("prints", "<i8"),
        ("levels", "<i8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("notional_ticks", "<i8"),
        ("first_ns", "<i8"),
        ("cluster", "<i8"),
    ]
)

ICEBERG: Final = np.dtype(
    [
        ("hit_ns", "<i8"),
        ("last_ns", "<i8"),
        ("tries", "<i8"),
        ("refills", "<i8"),
        ("odds", "<f8"),
        ("flagged", "<i8"),
        ("executed", "<i8"),
        ("peak", "<i8", (8,)),
    ]
)
"""What happened at one price after it was hit: how often it was shown again, and what that says (log odds)."""

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

CHART_ROW: Final = np.dtype(
    [
        ("start_ns", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("vwap", "<f8"),
        ("sma_200", "<f8"),
        ("sma_400", "<f8"),
    ]
)
"""One closed two-minute bar in the profile's unit, with the averages as of its end (NaN where unknown)."""

EQUITY: Final = np.dtype(
    [
        ("key", "<i8"),
        ("configured", "<i8"),
        ("has_feed", "<i8"),
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("quote_ns", "<i8"),
        ("print_ns", "<i8"),
        ("prints", "<i8"),
        ("step_ns", "<i8"),
        ("steps", "<i8"),
        ("variance", "<f8"),
    ]
)
"""The share beside the future. Prices in dollars; ``has_feed``: there is more of it than bars of the past;
``variance`` of the future / share ratio."""

MARKET: Final = np.dtype(
    [
        ("ratio", "<f8"),
        ("spot", "<f8"),
        ("spot_points", "<f8"),
        ("has_motion", "<i8"),
        ("position", "<f8"),
        ("velocity", "<f8"),
        ("acceleration", "<f8"),
        ("velocity_smooth", "<f8"),
        ("cubic", "<f8", (4,)),
        ("variance_5s", "<f8"),
        ("variance_weight", "<f8"),
        ("variance_1m", "<f8"),
        ("minute_weight", "<f8"),
        ("mids", "<f8", (12,)),
        ("mids_held", "<i8"),
        ("last_5s_mid", "<f8"),
        ("last_5s_ns", "<i8"),
        ("sigma_1m", "<f8"),
        ("data_ns", "<i8"),
        ("covered_from_ns", "<i8"),
        ("range_session", "<i8"),
        ("vwap_value", "<f8"),
        ("vwap_volume", "<f8"),
        ("minutes_held", "<i8"),
        ("atr", "<f8"),
        ("true_ranges", "<i8"),
        ("chart_held", "<i8"),
        ("sma_200", "<f8"),
        ("sma_400", "<f8"),
        ("round_low", "<i8"),
        ("round_high", "<i8"),
        ("rounds_waiting", "<i8"),
        ("scale_weight", "<f8"),
        ("typical_best", "<f8"),
        ("fleeting_usual", "<f8"),
        ("fleeting_seen", "<f8"),
        ("best_adds", "<i8"),
        ("add_rate", "<f8"),
        ("log_refill", "<f8"),
        ("log_miss", "<f8"),
        ("large_order", "<f8"),
        ("burst", "<f8"),
        ("burst_weight", "<f8"),
        ("ofi_variance", "<f8"),
        ("ofi_weight", "<f8"),
        ("levels_changed", "<i8"),
        ("crowd", "<i8"),
    ]
)

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
        ("share", "<f8", (3,)),
        ("has_weight", "<i8", (3,)),
        ("weight", "<f8", (3,)),
        ("confidence", "<f8"),
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
        ("depths", "<i8", (RECENT_DEPTHS,)),
        ("depths_held", "<i8"),
        ("shock_ns", "<i8"),
        ("shock_usual", "<f8"),
        ("fit", "<f8", (5,)),
        ("half_life", "<f8"),
        ("half_life_ns", "<i8"),
        # touches and attempts
        ("armed", "<i8"),
        ("touching", "<i8"),
        ("touch_ns", "<i8"),
        ("touches", "<i8"),
        ("attempt", "<i8"),
        ("attempt_price", "<f8"),
        ("attempt_direction", "<i8"),
        ("has_first", "<i8"),
        ("first", "<f8", (4,)),
        # dealers' exposure with price at the level: smoothed, its spread, its change a minute by what was traded,
        # the units of old, whether another convention gives another effect
        ("has_fuel", "<i8"),
        ("fuel_ns", "<i8"),
        ("fuel", "<f8"),
        ("fuel_sd", "<f8"),
        ("fuel_recent", "<f8"),
        ("fuel_old", "<f8"),
        ("fuel_depends", "<f8"),
        # count, pressure, strength, centre of the group less the level's price
        ("company", "<f8", (4,)),
    ]
)

TRUST: Final = np.dtype(
    [
        ("state", "<i8", (len(INPUTS),)),
        ("reason", "<i8", (len(INPUTS),)),
        ("feed_down", "<i8"),
        ("bad_book", "<i8"),
        ("blind_until_ns", "<i8"),
        ("blind_reason", "<i8"),
        ("degraded_until_ns", "<i8"),
        ("day_reason", "<i8"),
        ("tick_inferred", "<i8"),
        ("window_records", "<i8"),
        ("window_rejected", "<i8"),
        ("tape_from_depth", "<i8"),
    ]
)
