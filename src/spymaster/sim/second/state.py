"""Everything the second market remembers, and the tables its behaviour comes from.

One record, so that kernels pass it on as a single pointer. Side 0 is bid and 1 ask; ``outward`` is away from the touch.
Books, factors and orders are indexed by price tick modulo ``RING``: the part in use is far narrower.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import MBP10_WORDS, NS_PER_MS, NS_PER_S
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.plan import MAX_MECHANISMS, MAX_POINTS, MAX_PUSHES, Mechanism, Plan, check_plan

RING: Final = 1024
MASK: Final = RING - 1
BID: Final = 0
ASK: Final = 1

ACTIVE_RANKS: Final = 16
"""Orders arrive and leave at this many prices of each side, counted from its best."""
KEPT_RANKS: Final = 40
"""Prices behind the best whose orders exist; those between the two wait unchanged until the market comes near."""
SLACK_RANKS: Final = 24
"""How much further out prices are remembered when the market moves away."""

IN_SPREAD: Final = 2 * ACTIVE_RANKS
HIT: Final = IN_SPREAD + 1
CHOICES: Final = HIT + 1
"""Per side: arrivals by rank, departures by rank, an order inside the spread, an aggressor hitting the side."""

REFILLS: Final = 1024
ROOM: Final = 1024
"""No single event makes as many records or flows."""
MOST_WORK: Final = 4 * MAX_MECHANISMS
"""Nor does more happen to mechanisms at once: each can end, be decided, begin and go to work."""

BUCKET_NS: Final = 250 * NS_PER_MS
"""The touch is written down at the end of each bucket; what happens exactly then belongs to the next."""

ADD: Final = 0
PULL: Final = 1
FILL: Final = 2
APPEAR: Final = 3
"""The orders of a price come into being: at the opening, or when the market has come within ``KEPT_RANKS`` of it."""
VANISH: Final = 4
"""A price is forgotten with its orders, for the market has gone ``SLACK_RANKS`` further away."""

MECHANISM: Final = np.dtype(
    [
        ("kind", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("start_ns", "<i8"),
        ("end_ns", "<i8"),
        ("working", "<i8"),
        ("armed", "<i8"),
        # 0 before its time, 1 in it, 2 after it
        ("stage", "<i8"),
        # 0 the mid has not been in front of the price, 1 it has, 2 it has been there since, 3 it is decided
        ("passage", "<i8"),
        ("shown", "<i8"),
        ("reserve", "<i8"),
        ("left", "<i8"),
        ("add", "<f8"),
        ("cancel", "<f8"),
        ("refill", "<f8"),
        ("refill_ratio", "<f8"),
        ("push", "<f8"),
        # ticks from the side's best when its time comes; 0: its price is given
        ("distance", "<i8"),
        ("reach", "<i8"),
        ("lasts_ns", "<i8"),
        ("on_ns", "<i8"),
        ("refill_ns", "<i8"),
        ("attack_left", "<i8"),
        ("stays", "<f8"),
        ("approach", "<f8"),
        ("retreat", "<f8"),
    ]
)
PUSH: Final = np.dtype([("direction", "<i8"), ("strength", "<f8"), ("start_ns", "<i8"), ("end_ns", "<i8")])
POINT: Final = np.dtype([("at_ns", "<i8"), ("factor", "<f8")])
REFILL: Final = np.dtype([("due_ns", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("size", "<i8")])

FLOW_DTYPE: Final = np.dtype(
    [("ts_ns", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("kind", "<i8"), ("size", "<i8"), ("left", "<i8")]
)
"""One true change: when, which side (0 bid, 1 ask), price tick, kind, contracts, and what waits at the price after it.

ADD, PULL and FILL are each of one order; a moved one is a PULL and an ADD. APPEAR and VANISH are of all at a price.
"""
WORK_DTYPE: Final = np.dtype(
    [
        ("ts_ns", "<i8"),
        ("mechanism", "<i8"),
        ("what", "<i8"),
        ("left", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("tick", "<i8"),
    ]
)
"""Something (``Happening``) happened to a mechanism (index in the plan); ``left``: what it can still refill, contracts;
the touch then and the mechanism's price, ticks."""
TOUCH_DTYPE: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("bid", "<i8"),
        ("ask", "<i8"),
        ("bid_size", "<i8"),
        ("ask_size", "<i8"),
        ("regime", "<i8"),
        ("activity_milli", "<i8"),
        ("bid_reach", "<i8"),
        ("ask_reach", "<i8"),
    ]
)
"""The touch (ticks, contracts) at the end of a bucket, the regime of the aggressors (1 buy, -1 sell) and the activity.

``bid_reach``, ``ask_reach``: the outermost price whose orders existed throughout the bucket, ticks.
"""

STATE: Final = np.dtype(
    [
        ("rng", "<u8"),
        ("header", "<i8"),
        ("now_ns", "<i8"),
        ("recv_ns", "<i8"),
        ("in_delta", "<i8"),
        ("sequence", "<i8"),
        ("second_ns", "<i8"),
        ("start_ns", "<i8"),
        ("activity", "<f8"),
        ("lean", "<f8", (2,)),
        ("push", "<f8", (2,)),
        # extra aggressor orders per second that earlier ones brought about, by the side they hit
        ("echo", "<f8", (2,)),
        ("regime", "<i8"),
        ("regime_end_ns", "<i8"),
        ("last_depleted", "<i8"),
        ("best", "<i8", (2,)),
        # outermost remembered price of a side, in outward ticks
        ("edge", "<i8", (2,)),
        # the least it was in the open bucket
        ("reach", "<i8", (2,)),
        # end of the open bucket
        ("bucket_ns", "<i8"),
        ("moved", "<i8"),
        ("size", "<i8", (2, RING)),
        ("orders", "<i8", (2, RING)),
        # factors of arrivals and of departures
        ("factor", "<f8", (2, 2, RING)),
        # orders that no factor drives away
        ("stays", "<f8", (2, RING)),
        # the climate
        ("usual", "<f8", (ACTIVE_RANKS,)),
        ("size_scale", "<f8"),
        ("hit_scale", "<f8"),
        ("hits_per_s", "<f8"),
        ("improve_per_s", "<f8"),
        ("follow", "<f8"),
        ("regime_lean", "<f8"),
        ("refill_boost", "<f8"),
        ("weights", "<f8", (2, CHOICES)),
        ("words", "<i8", (MBP10_WORDS,)),
        ("refill", REFILL, (REFILLS,)),
        ("refills", "<i8"),
        ("next_refill_ns", "<i8"),
        ("mechanism", MECHANISM, (MAX_MECHANISMS,)),
        ("mechanisms", "<i8"),
        ("pushes", PUSH, (MAX_PUSHES,)),
        ("n_pushes", "<i8"),
        ("points", POINT, (MAX_POINTS,)),
        ("n_points", "<i8"),
        ("n_records", "<i8"),
        ("n_flows", "<i8"),
        ("n_work", "<i8"),
        ("n_touches", "<i8"),
    ]
)
State = Any
"""One element of a ``STATE`` array inside a kernel, passed by reference."""
Array = NDArray[Any]


class Tape(NamedTuple):
    """Where a run writes: records int64[n, 46]; flows, work and touches int64[n, fields] (``FLOW_DTYPE`` and so on)."""

    records: Array
    flows: Array
    work: Array
    touches: Array


def new_tape(size: int) -> Tape:
    """An empty tape for about ``size`` records, at least for two events."""
    size = max(size, 2 * ROOM)
    flows, work, touches = (len(dtype.names or ()) for dtype in (FLOW_DTYPE, WORK_DTYPE, TOUCH_DTYPE))
    return Tape(
        np.zeros((size, MBP10_WORDS), np.int64),
        np.zeros((2 * size, flows), np.int64),
        np.zeros((max(size, 2 * MOST_WORK), work), np.int64),
        np.zeros((size, touches), np.int64),
    )


NEVER: Final = 2**62


def new_state(seed: int, plan: Plan, start_ns: int, header: int) -> Array:
    """A market about to open (STATE, shape (1,)). ``header``: the first word of its records. Raises UserError."""
    check_plan(plan)
    state = np.zeros(1, STATE)
    s = state[0]
    s["rng"] = seed % 2**64
    s["header"] = header
    s["now_ns"] = s["start_ns"] = s["second_ns"] = start_ns
    s["regime_end_ns"] = start_ns
    s["bucket_ns"] = -(-start_ns // BUCKET_NS) * BUCKET_NS
    s["next_refill_ns"] = NEVER
    s["activity"] = plan.activity[0].factor
    s["lean"] = s["push"] = 1.0
    s["factor"] = 1.0
    climate = plan.climate
    s["usual"], s["regime_lean"] = climate.usual_orders, climate.lean
    for name in ("size_scale", "hit_scale", "hits_per_s", "improve_per_s", "follow", "refill_boost"):
        s[name] = getattr(climate, name)
    open_tick = plan.open_price_e9 // TICK_E9
    s["best"] = (open_tick - 1, open_tick)
    s["mechanisms"], s["n_pushes"], s["n_points"] = len(plan.mechanisms), len(plan.pushes), len(plan.activity)
    for k, mechanism in enumerate(plan.mechanisms):
        s["mechanism"][k] = _pack(mechanism, start_ns)
    for k, push in enumerate(plan.pushes):
        span = (start_ns + push.start_s * NS_PER_S, start_ns + push.end_s * NS_PER_S)
        s["pushes"][k] = (push.direction, push.strength, *span)
    for k, point in enumerate(plan.activity):
        s["points"][k] = (start_ns + point.at_s * NS_PER_S, point.factor)
    return state


def _pack(mechanism: Mechanism, start_ns: int) -> tuple[float, ...]:
    """A mechanism as the fields of ``MECHANISM``."""
    b = mechanism.acts
    start, end = (start_ns + at_s * NS_PER_S for at_s in (mechanism.start_s, mechanism.end_s))
    where = (int(mechanism.kind), int(mechanism.side), mechanism.tick, start, end, 0, 1, 0, 0)
    flow = (b.shown_contracts, b.reserve_contracts, 0, b.add, b.cancel, b.refill, b.refill_ratio, b.push)
    times = (b.reach_ticks, round(b.lasts_s * NS_PER_S), 0, round(b.refill_ms * NS_PER_MS))
    return (
        *where,
        *flow,
        mechanism.distance_ticks,
        *times,
        b.attack_contracts or NEVER,
        b.stays,
        b.approach,
        b.retreat,
    )
