"""The small records inside the engine's state: clock, book, market, sweep, level, trust.

Sizes are contracts, times are ns since 1970 UTC, prices are ticks unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np

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
    ]
)

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
    ]
)

MARKET: Final = np.dtype(
    [
        ("ratio", "<f8"),
        ("has_motion", "<i8"),
        ("position", "<f8"),
        ("velocity", "<f8"),
        ("acceleration", "<f8"),
        ("velocity_smooth", "<f8"),
        ("variance_5s", "<f8"),
        ("variance_weight", "<f8"),
        ("last_5s_mid", "<f8"),
        ("last_5s_ns", "<i8"),
        ("sigma_1m", "<f8"),
        ("session_high", "<i8"),
        ("session_low", "<i8"),
        ("session_trades", "<i8"),
        ("session_over", "<i8"),
        ("overnight_high", "<i8"),
        ("overnight_low", "<i8"),
        ("overnight_from_ns", "<i8"),
        ("overnight_trades", "<i8"),
        ("vwap_ticks", "<i8"),
        ("vwap_volume", "<i8"),
        ("vwap_from_ns", "<i8"),
        ("round_low", "<i8"),
        ("round_high", "<i8"),
        ("scale_weight", "<f8"),
        ("typical_best", "<f8"),
    ]
)

LEVEL: Final = np.dtype(
    [
        ("active", "<i8"),
        ("kind", "<i8"),
        ("ordinal", "<i8"),
        ("price", "<f8"),
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
        ("turned", "<i8"),
        ("high_since_ns", "<i8"),
        ("low_since_ns", "<i8"),
        ("contested_end_ns", "<i8"),
    ]
)

TRUST: Final = np.dtype(
    [
        ("state", "<i8", (4,)),
        ("reason", "<i8", (4,)),
        ("feed_down", "<i8"),
        ("bad_book", "<i8"),
        ("blind_until_ns", "<i8"),
        ("blind_reason", "<i8"),
        ("degraded_until_ns", "<i8"),
        ("tick_inferred", "<i8"),
        ("window_records", "<i8"),
        ("window_rejected", "<i8"),
        ("tape_from_depth", "<i8"),
    ]
)
