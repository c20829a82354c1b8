"""Everything the order book market remembers, in one packed record.

One array of one element (``STATE``) is the whole market: kernels pass it on as a single pointer, and a copy of it is a
saved moment from which the same or another future can be run. Side 0 is bid and 1 ask; ``outward`` is away from the
touch, up for asks and down for bids. Queues are indexed by price tick modulo ``RING``; the part in use is far narrower.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import MBP10_WORDS
from spymaster.sim.options.state import OPTIONS, ROW_COLUMNS, SECOND_COLUMNS

RING: Final = 1024
MASK: Final = RING - 1
BID: Final = 0
ASK: Final = 1
POOL: Final = 8192
"""Orders that can rest at once."""
NONE: Final = -1
"""No order, no planted level."""

ACTIVE: Final = 16
"""Orders arrive and leave at this many prices of each side, counted from the other side's best."""
KEPT: Final = 40
"""Prices behind the best whose orders exist. Those beyond the active ones wait unchanged until the market comes."""
SLACK: Final = 24
"""How much further out orders are remembered when the market moves away."""

IN_SPREAD: Final = 2 * ACTIVE
HIT: Final = IN_SPREAD + 1
CHOICES: Final = HIT + 1
"""Per side: arrivals by distance, departures by distance, an order inside the spread, an aggressor hitting the side."""

DUE: Final = 512
"""Orders decided on and not yet sent: refills and hedges."""
_PLANTS: Final = 4 * 1024
ROOM: Final = 2048
"""No single step writes as many rows of anything."""
SLOTS: Final = 12
"""Planted levels at work at once."""
MINUTES: Final = 1440
DEPTH_DISTANCES: Final = 32

NEVER: Final = 2**62

DUE_LIMIT: Final = 0
DUE_MARKET: Final = 1
DUE_CANCEL: Final = 2
"""What is due: an order that rests, one that trades, or a withdrawal (its tick is the order, its size the id)."""

ADD: Final = 0
PULL: Final = 1
FILL: Final = 2
HIDDEN: Final = 3

LEVEL: Final = np.dtype(
    [
        ("number", "<i8"),
        ("used", "<i8"),
        ("kind", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("planted_ns", "<i8"),
        ("expires_ns", "<i8"),
        ("touched_ns", "<i8"),
        ("on", "<i8"),
        ("phase", "<i8"),
        ("phase_end_ns", "<i8"),
        # distance of the own best, in ticks, at which the mechanism begins
        ("trigger", "<i8"),
        ("shown", "<i8"),
        ("reserve", "<i8"),
        ("left", "<i8"),
        ("add", "<f8"),
        ("cancel", "<f8"),
        ("refill", "<f8"),
        ("push", "<f8"),
        ("push_end_ns", "<i8"),
        ("gamma", "<f8"),
        # 1: an episode of a world or a squeeze, and the fields below count
        ("is_episode", "<i8"),
        ("distance", "<i8"),
        # 1: aggressors go on once they are there, 0: they turn round
        ("outcome", "<i8"),
        # time in which price is brought to the trigger; contracts an attack has left to spend, and its time from the
        # mechanism's beginning to two points through
        ("approach_ns", "<i8"),
        ("attack", "<i8"),
        ("travel_ns", "<i8"),
        ("planted_ahead", "<i8"),
        ("begun_ns", "<i8"),
        ("begun_ahead", "<i8"),
        # mean time until a fill is put back; share of the depth that a vacuum leaves, and for how long
        ("refill_ns", "<f8"),
        ("left_share", "<f8"),
        ("absence_ns", "<i8"),
        # half ticks through the level at which a fakeout turns
        ("turn", "<i8"),
    ]
)
"""A planted level and what is drawn for it. ``side`` is the defenders'."""

PARAMETERS: Final = np.dtype(
    [
        # per second and price
        ("add", "<f8"),
        # per second and order
        ("cancel", "<f8"),
        # per second, both sides, before anything that multiplies it
        ("market", "<f8"),
        ("in_spread", "<f8"),
        # share of gaps closed in the direction of the price move that opened them
        ("follow", "<f8"),
        ("refill_boost", "<f8"),
        ("flight", "<f8"),
        # orders usually waiting at a price
        ("usual", "<f8"),
        ("sweep", "<f8"),
        ("lean", "<f8"),
        # how strongly resting orders come to meet lasting pressure of aggressors, and how much less gaps follow it
        ("meet", "<f8"),
        ("doubt", "<f8"),
        ("memory_s", "<f8"),
        # branching of aggressors to the same side and to the other, and how fast their echo fades, per second
        ("echo_same", "<f8"),
        ("echo_cross", "<f8"),
        ("echo_decay", "<f8"),
        ("size_scale", "<f8"),
        # sizes of resting orders against the usual ones
        ("resting_scale", "<f8"),
        ("iceberg", "<f8"),
        # share of arriving orders that leave again at once, and the longest that these rest
        ("flicker", "<f8"),
        ("flicker_ns", "<i8"),
        # how much fewer resting orders arrive, against everything else, while the market is livelier than usual
        ("shy", "<f8"),
        ("slow_noise", "<f8"),
        ("fast_noise", "<f8"),
        ("news_per_day", "<f8"),
        # what is traded at once on news
        ("news_contracts", "<i8"),
        ("outcome_ticks", "<i8"),
        ("horizon_ns", "<i8"),
        ("plant_near", "<i8"),
        ("plant_far", "<i8"),
        ("plant_every_ns", "<i8"),
    ]
)
"""How lively a market is; ``intensities`` says which there are."""

DUE_ORDER: Final = np.dtype(
    [("due_ns", "<i8"), ("what", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("size", "<i8"), ("level", "<i8")]
)

STATE: Final = np.dtype(
    [
        ("rng", "<u8"),
        ("header", "<i8"),
        ("now_ns", "<i8"),
        ("recv_ns", "<i8"),
        ("in_delta", "<i8"),
        ("sequence", "<i8"),
        ("second_ns", "<i8"),
        # end of the open 250 ms bucket
        ("bucket_ns", "<i8"),
        ("midnight_ns", "<i8"),
        ("day_ns", "<i8"),
        # 1: no records and no truth are written, for runs that only ask how it ends
        ("silent", "<i8"),
        # 1: stop at a planted level's first touch
        ("pause_at_touch", "<i8"),
        ("paused_level", "<i8"),
        ("watched_level", "<i8"),
        ("watched_outcome", "<i8"),
        ("parameters", PARAMETERS),
        ("shape", "<f8", (MINUTES,)),
        # relative size of the queues by distance from the other side's best, 1 to ACTIVE
        ("hump", "<f8", (ACTIVE,)),
        ("activity", "<f8"),
        # factor of arrivals of resting orders
        ("calm", "<f8"),
        ("slow", "<f8"),
        ("fast", "<f8"),
        ("news", "<f8"),
        ("news_side", "<i8"),
        ("news_end_ns", "<i8"),
        ("regime", "<i8"),
        ("regime_end_ns", "<i8"),
        # factor of aggressors hitting a side
        ("lean", "<f8", (2,)),
        ("push", "<f8"),
        # extra aggressors per second that earlier ones brought about, by the side they hit
        ("echo", "<f8", (2,)),
        # aggressors that lately hit a side, slowly forgotten, and the share by which asks were hit more often, -1 to 1
        ("hits", "<f8", (2,)),
        ("pressure", "<f8"),
        ("last_depleted", "<i8"),
        ("moved", "<i8"),
        ("best", "<i8", (2,)),
        # outermost remembered price of a side, in outward ticks
        ("edge", "<i8", (2,)),
        ("size", "<i4", (2, RING)),
        ("orders", "<i4", (2, RING)),
        # hidden size behind displayed orders that reload at once
        ("behind", "<i4", (2, RING)),
        ("first", "<i4", (2, RING)),
        ("last", "<i4", (2, RING)),
        ("order_id", "<i8", (POOL,)),
        ("order_size", "<i4", (POOL,)),
        ("order_hidden", "<i4", (POOL,)),
        ("order_peak", "<i4", (POOL,)),
        ("order_tick", "<i4", (POOL,)),
        ("order_level", "<i4", (POOL,)),
        ("order_next", "<i4", (POOL,)),
        ("order_before", "<i4", (POOL,)),
        ("free", "<i4", (POOL,)),
        ("n_free", "<i8"),
        ("next_id", "<i8"),
        ("add_factor", "<f8", (2, RING)),
        ("cancel_factor", "<f8", (2, RING)),
        ("weights", "<f8", (2, CHOICES)),
        ("words", "<i8", (MBP10_WORDS,)),
        ("event_first", "<i8"),
        ("cell", "<i4", (2, RING, 4)),
        ("cell_used", "<i4", (2, RING)),
        ("cells", "<i8", (2 * RING,)),
        ("n_cells", "<i8"),
        ("due", DUE_ORDER, (DUE,)),
        ("n_due", "<i8"),
        ("next_due_ns", "<i8"),
        ("level", LEVEL, (SLOTS,)),
        ("planted", "<i8"),
        ("wanted_levels", "<i8"),
        ("next_plant_ns", "<i8"),
        # when the next strike is squeezed, NEVER in other scenarios
        ("next_squeeze_ns", "<i8"),
        # the next of the tape's plan, the level under attack, and when the attack is looked after
        ("next_planned", "<i8"),
        ("attacked", "<i8"),
        ("attack_ns", "<i8"),
        ("kind_weight", "<f8", (16,)),
        # contracts per point that dealers hold of their clients' options; positive: they sell rallies
        ("gamma", "<f8"),
        ("hedged_at", "<f8"),
        # gamma of planted GAMMA levels: least and span, contracts per point where the book is of its usual depth
        ("gamma_least", "<f8"),
        ("gamma_span", "<f8"),
        ("n_records", "<i8"),
        ("n_flows", "<i8"),
        ("n_touches", "<i8"),
        ("n_works", "<i8"),
        ("n_leavings", "<i8"),
        ("n_plants", "<i8"),
        ("options", OPTIONS),
        ("n_rows", "<i8"),
        ("n_seconds", "<i8"),
    ]
)
State = Any
"""The element of a ``STATE`` array inside a kernel, passed by reference."""
Array = NDArray[Any]

FLOW_COLUMNS: Final = 8
"""ts_bucket_ns, side, tick, added, pulled, filled, hidden, depth_end."""
TOUCH_COLUMNS: Final = 9
"""ts_bucket_ns, bid, ask, bid size, ask size, regime, activity in thousandths, news in thousandths, next order id."""
LEAVING_COLUMNS: Final = 7
"""ts_ns, side, tick, what (PULL or FILL), contracts, id of the order they belonged to, left at the price."""
WORK_COLUMNS: Final = 6
"""ts_ns, level number, what happened, contracts still hidden or unspent, bid, ask."""


class Tape(NamedTuple):
    """Where a run writes, from its start: records int64[n, 46], flows, touches, works and what left, int64[n, columns
    above], the levels planted, LEVEL[n]; of the option market rows int64[n, ...] and truth by the second
    float64[n, ...], both as ``sim.options.state`` says. ``plan``, LEVEL[n], is read only: the levels to plant, by
    ``planted_ns``."""

    records: Array
    flows: Array
    touches: Array
    works: Array
    leavings: Array
    plants: Array
    rows: Array
    seconds: Array
    plan: Array


def new_tape(records: int, plan: Array | None = None) -> Tape:
    """A tape with room for that many records. It may be used again after every run."""
    n = max(records, 2 * ROOM)
    return Tape(
        np.zeros((n, MBP10_WORDS), np.int64),
        np.zeros((2 * n, FLOW_COLUMNS), np.int64),
        np.zeros((n, TOUCH_COLUMNS), np.int64),
        np.zeros((n, WORK_COLUMNS), np.int64),
        np.zeros((n + 2 * POOL, LEAVING_COLUMNS), np.int64),
        np.zeros(_PLANTS, LEVEL),
        np.zeros((n, ROW_COLUMNS), np.int64),
        np.zeros((n, SECOND_COLUMNS)),
        np.zeros(0, LEVEL) if plan is None else plan,
    )
