"""What the modules of ``physics.book`` remember: book, ledger, windows over it, orders, and what is usual.

Sizes are contracts, times are ns since 1970 UTC, prices are ticks unless a name says otherwise. Side 0 is bid, 1 ask.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.kinds import MBP10_WORDS
from spymaster.market.rows import ORDER_ROW
from spymaster.physics.memory.indices import (
    BOOK_LEVELS,
    DEPTH_DISTANCES,
    DISTANCES,
    LEDGER_TICKS,
    LONG_BUCKETS,
    NOISES,
    OFI_FIELDS,
    OFI_WINDOWS,
    ORDERS,
    PENDING,
    QUANTILE_BINS,
    RING_MAX,
    SWEEPS,
    TAPE_FIELDS,
    TOTALS,
    ZONE_FIELDS,
)

INSTRUMENT: Final = np.dtype([("key", "<i8"), ("tick_e9", "<i8"), ("per_tick", "<f8"), ("multiplier", "<i8")])
"""The future: what the header of its records says, its tick (1e-9 and one over that), dollars per point."""

BOOK: Final = np.dtype(
    [
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
        ("last_tick", "<i8"),
        ("has_last", "<i8"),
        ("visible_ns", "<i8"),
        # the record last applied
        ("words", "<i8", (MBP10_WORDS,)),
        # by side: how many levels are shown, their ticks and sizes, best first
        ("shown", "<i8", (2,)),
        ("tick", "<i8", (2, BOOK_LEVELS)),
        ("size", "<i8", (2, BOOK_LEVELS)),
    ]
)

PENDING_TRADE: Final = np.dtype([("side", "<i8"), ("tick", "<i8"), ("size", "<i8")])
"""Traded volume not yet matched to a decrease."""

LEDGER: Final = np.dtype(
    [
        # tick of index 0, and whether that is set
        ("base", "<i8"),
        ("anchored", "<i8"),
        # buckets in use, the open one and since when, how many were closed
        ("ring", "<i8"),
        ("bucket", "<i8"),
        ("bucket_from_ns", "<i8"),
        ("buckets_closed", "<i8"),
        # displayed size, last seen size where unseen
        ("depth", "<i8", (2, LEDGER_TICKS)),
        # the same at the start of the bucket, -1 where unseen then
        ("depth_start", "<i8", (2, LEDGER_TICKS)),
        # visible without interruption since; 0 unseen
        ("seen_since", "<i8", (2, LEDGER_TICKS)),
        # finished spells of visibility inside the open bucket, and whether there are any
        ("seen_ns", "<i8", (2, LEDGER_TICKS)),
        ("spells", "<i8"),
        # when it went out of sight; 0 never seen
        ("last_seen", "<i8", (2, LEDGER_TICKS)),
        ("pending_held", "<i8"),
        ("pending", PENDING_TRADE, (PENDING,)),
        # by bucket the lowest and highest index with any flow; high < low when none
        ("touched", "<i8", (RING_MAX, 2)),
        # by bucket the lowest and highest tick traded; low > high when none
        ("trade_range", "<i8", (RING_MAX, 2)),
        # how often what is in sight began anew
        ("restarts", "<i8"),
        # aggressive buys and sells at each tick since the session began
        ("volume", "<i8", (2, LEDGER_TICKS)),
    ]
)
"""The ledger but for the flows themselves, which are ``flow`` of the state."""

WINDOWS: Final = np.dtype(
    [
        # half the width of the tape band, ticks
        ("tape_band", "<i8"),
        # by j the lowest and highest tick traded over the last j + 1 buckets
        ("range_suffix", "<i8", (RING_MAX, 2)),
        # sums of the zone centred on each tick
        ("zone", "<i8", (2, LEDGER_TICKS, ZONE_FIELDS)),
        # fills of the zone centred on each tick over w_response
        ("response", "<i8", (2, LEDGER_TICKS)),
        # sums of aggressive volumes in the tape band round each tick
        ("tape", "<i8", (TAPE_FIELDS, LEDGER_TICKS)),
        # totals and records by bucket, and their sums over the trust window
        ("totals", "<i8", (RING_MAX, TOTALS)),
        ("totals_sum", "<i8", (TOTALS,)),
        ("quality", "<i8", (RING_MAX, 2)),
        ("records", "<i8"),
        ("rejected", "<i8"),
    ]
)

CONTEXT: Final = np.dtype(
    [
        # net displayed flow and fills per tick: sums over the long window, and its buckets
        ("sums", "<i8", (2, LEDGER_TICKS, 2)),
        ("buckets", "<i4", (LONG_BUCKETS, 2, LEDGER_TICKS, 2)),
        ("touched", "<i8", (LONG_BUCKETS, 2)),
        ("bucket", "<i8"),
        # how often a bucket with anything in it left
        ("losses", "<i8"),
    ]
)

FLICKER_RECORD: Final = np.dtype(
    [
        # contracts added in this and in the last quarter of a second and still there; indices that have any
        ("fresh", "<i8", (2, LEDGER_TICKS, 2)),
        ("low", "<i8"),
        ("high", "<i8"),
        # share of additions that is usually gone at once, and how many samples it rests on
        ("usual", "<f8"),
        ("seen", "<f8"),
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

ICEBERGS: Final = np.dtype(
    [
        ("at", ICEBERG, (2, LEDGER_TICKS)),
        # histograms of the totals of those that ended (USED_UP, LOST)
        ("ends", "<f8", (2, QUANTILE_BINS)),
        # additions at the touch since the last snap, their rate a second, and what a refill and a miss say
        ("best_adds", "<i8"),
        ("add_rate", "<f8"),
        ("log_refill", "<f8"),
        ("log_miss", "<f8"),
    ]
)

OFI: Final = np.dtype(
    [
        ("buckets", "<i8", (RING_MAX, OFI_FIELDS)),
        ("sums", "<i8", (OFI_WINDOWS, OFI_FIELDS)),
        # of the five-second imbalance
        ("variance", "<f8"),
        ("weight", "<f8"),
    ]
)

SCALES: Final = np.dtype(
    [
        # weight of a sample now: it grows, so that older ones count for less
        ("weight", "<f8"),
        # typical size by ticks from the own best; how many snaps it rests on
        ("depth_mean", "<f8", (DEPTH_DISTANCES,)),
        ("depth_snaps", "<f8", (DEPTH_DISTANCES,)),
        ("best_hist", "<f8", (QUANTILE_BINS,)),
        ("typical_best", "<f8"),
        ("delta_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        ("fill_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        ("spread_hist", "<f8", (DISTANCES, QUANTILE_BINS)),
        ("noise", "<f8", (NOISES, DISTANCES)),
        # ticks whose zone overlaps a level's
        ("near", "<i8", (LEDGER_TICKS,)),
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

OPEN_ORDER: Final = np.dtype(
    [
        ("side", "<i8"),
        ("size", "<i8"),
        ("prints", "<i8"),
        ("levels", "<i8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("last", "<i8"),
        ("t_ns", "<i8"),
        ("notional_ticks", "<i8"),
        ("touch_bid", "<i8"),
        ("touch_ask", "<i8"),
    ]
)
"""The order whose fills are coming in; no prints: there is none."""

ORDERS_RECORD: Final = np.dtype(
    [
        ("open", OPEN_ORDER),
        # rings of the latest orders and sweeps, and how many there were in all
        ("order", ORDER_ROW, (ORDERS,)),
        ("orders", "<i8"),
        ("sweep", SWEEP, (SWEEPS,)),
        ("sweeps", "<i8"),
        # number of the span of time being summed, and its volume
        ("slot", "<i8"),
        ("slot_volume", "<i8"),
        # buys less sells since the session began
        ("cvd", "<i8"),
        # sizes of orders and volumes of spans, and what is large among them
        ("size_hist", "<f8", (QUANTILE_BINS,)),
        ("burst_hist", "<f8", (QUANTILE_BINS,)),
        ("large_order", "<f8"),
        ("burst", "<f8"),
        ("burst_weight", "<f8"),
    ]
)

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
"""The equity beside the future. Prices in dollars; ``has_feed``: there is more of it than bars of the past;
``variance`` of the future / equity ratio."""

MARKET: Final = np.dtype([("ratio", "<f8"), ("spot", "<f8"), ("spot_points", "<f8")])
"""Future over equity, and the price that levels are measured from, in the profile's unit and in points."""
