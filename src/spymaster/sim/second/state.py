"""Everything the plain market remembers, and the tables its behaviour comes from.

One record, so that kernels pass it on as a single pointer. Side 0 is bid and 1 ask; ``outward`` is away from the touch.
Books, factors and orders are indexed by price tick modulo ``RING``: the part in use is far narrower.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import MBP10_WORDS, NS_PER_S
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.plan import BEHAVIOURS, MAX_MECHANISMS, MAX_POINTS, MAX_PUSHES, Mechanism, Plan, check_plan

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

ADD: Final = 0
PULL: Final = 1
FILL: Final = 2

MECHANISM: Final = np.dtype(
    [
        ("kind", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("start_ns", "<i8"),
        ("end_ns", "<i8"),
        ("working", "<i8"),
        ("armed", "<i8"),
        ("shown", "<i8"),
        ("reserve", "<i8"),
        ("left", "<i8"),
        ("add", "<f8"),
        ("cancel", "<f8"),
        ("refill", "<f8"),
        ("refill_ratio", "<f8"),
        ("push", "<f8"),
    ]
)
PUSH: Final = np.dtype([("direction", "<i8"), ("strength", "<f8"), ("start_ns", "<i8"), ("end_ns", "<i8")])
POINT: Final = np.dtype([("at_ns", "<i8"), ("factor", "<f8")])
REFILL: Final = np.dtype([("due_ns", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("size", "<i8")])

FLOW_DTYPE: Final = np.dtype([("ts_ns", "<i8"), ("side", "<i8"), ("tick", "<i8"), ("kind", "<i8"), ("size", "<i8")])
"""One true change of one order: when, which side (0 bid, 1 ask), price tick, ADD, PULL or FILL, contracts."""
WORK_DTYPE: Final = np.dtype([("ts_ns", "<i8"), ("mechanism", "<i8"), ("working", "<i8")])
"""A mechanism (index in the plan) began (1) or ceased (0) to work."""

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
        ("moved", "<i8"),
        ("size", "<i8", (2, RING)),
        ("orders", "<i8", (2, RING)),
        # factors of arrivals and of departures
        ("factor", "<f8", (2, 2, RING)),
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
    ]
)
State = Any
"""One element of a ``STATE`` array inside a kernel, passed by reference."""
Array = NDArray[Any]


class Tape(NamedTuple):
    """Where a run writes: records int64[n, 46], flows int64[n, 5] (``FLOW_DTYPE``), work int64[n, 3] (its dtype)."""

    records: Array
    flows: Array
    work: Array


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
    s["next_refill_ns"] = NEVER
    s["activity"] = plan.activity[0].factor
    s["lean"] = s["push"] = 1.0
    s["factor"] = 1.0
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
    b = BEHAVIOURS[mechanism.kind]
    start, end = (start_ns + at_s * NS_PER_S for at_s in (mechanism.start_s, mechanism.end_s))
    where = (int(mechanism.kind), int(mechanism.side), mechanism.tick, start, end, 0, 1)
    return (*where, b.shown_contracts, b.reserve_contracts, 0, b.add, b.cancel, b.refill, b.refill_ratio, b.push)
