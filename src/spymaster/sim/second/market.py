"""The second market in motion: rates of everything that can happen next, the choice among them, and time."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_ADD, F_BAD_TS_RECV, F_LAST, F_SNAPSHOT, NS_PER_S, SIDE_NONE
from spymaster.sim.dice import below, exponential, heavy_tail, uniform
from spymaster.sim.second.book import (
    close_buckets,
    copy_words,
    follow,
    open_book,
    order_size,
    outward,
    write_head,
    write_levels,
)
from spymaster.sim.second.mechanisms import pop_refill, work
from spymaster.sim.second.orders import arrive, begin_event, hit, join, leave
from spymaster.sim.second.state import ACTIVE_RANKS, ASK, BID, HIT, IN_SPREAD, MASK, MOST_WORK, ROOM, Array, State, Tape

_LEAVING_PER_S: Final = np.array(
    [0.060, 0.048, 0.040, 0.036, 0.033, 0.030, 0.028, 0.026, 0.025, 0.024, 0.016, 0.014, 0.012, 0.011, 0.010, 0.009]
)
"""How often an order leaves, by how many prices stand before it."""
_FLIGHT: Final = 3.0
"""How much faster orders leave a best price that is small against the other side's."""
_PULL_OF_IMBALANCE: Final = 0.3
_ECHO_DECAY_PER_S: Final = 8.0
_SHORTEST_REGIME_NS: Final = 8 * NS_PER_S
_LONGEST_REGIME_NS: Final = 90 * NS_PER_S


@kernel
def set_weights(s: State) -> float:
    """Rates per second of everything that can happen next, into ``s.weights``; returns their sum."""
    total = 0.0
    for side in range(2):
        own = s.size[side, s.best[side] & MASK]
        other = s.size[1 - side, s.best[1 - side] & MASK]
        imbalance = (own - other) / (own + other)
        sign = outward(side)
        w = s.weights[side]
        for rank in range(ACTIVE_RANKS):
            i = (s.best[side] + sign * rank) & MASK
            orders = s.orders[side, i]
            leaving = _LEAVING_PER_S[rank]
            arriving = leaving * s.usual[rank]
            if rank == 0:
                arriving *= 1.0 + s.refill_boost * max(0.0, 1.0 - orders / s.usual[0])
                leaving *= 1.0 + _FLIGHT * max(0.0, -imbalance)
            w[rank] = s.activity * arriving * s.factor[side, 0, i]
            w[ACTIVE_RANKS + rank] = s.activity * leaving * orders * s.factor[side, 1, i]
            if orders <= s.stays[side, i]:
                w[ACTIVE_RANKS + rank] = min(w[ACTIVE_RANKS + rank], s.activity * leaving * orders)
            total += w[rank] + w[ACTIVE_RANKS + rank]
        w[IN_SPREAD] = 0.0
        if s.best[ASK] - s.best[BID] > 1:
            share = 1.0 - s.follow if s.last_depleted == side else s.follow
            w[IN_SPREAD] = s.improve_per_s * share * s.factor[side, 0, (s.best[side] - sign) & MASK]
        x = _PULL_OF_IMBALANCE * imbalance
        w[HIT] = s.activity * s.hits_per_s * s.lean[side] * s.push[side] * (1.0 - x) / (1.0 + x) + s.echo[side]
        total += w[IN_SPREAD] + w[HIT]
    return total


@kernel
def choose(s: State, total: float) -> tuple[int, int]:
    """What happens next: side and index into its weights."""
    left = uniform(s) * total
    for side in range(2):
        w = s.weights[side]
        for k in range(len(w)):
            left -= w[k]
            if left <= 0.0 and w[k] > 0.0:
                return side, k
    return BID, HIT


@kernel
def happen(s: State, tape: Tape, side: int, what: int) -> None:
    """One event of a side, ``what`` as in its weights."""
    sign = outward(side)
    if what < ACTIVE_RANKS:
        arrive(s, tape, side, s.best[side] + sign * what, order_size(s))
    elif what < IN_SPREAD:
        leave(s, tape, side, s.best[side] + sign * (what - ACTIVE_RANKS))
    elif what == IN_SPREAD:
        arrive(s, tape, side, s.best[side] - sign, order_size(s))
    else:
        hit(s, tape, side)


@kernel
def activity_at(s: State, now_ns: int) -> float:
    """The plan's activity, linear between its points and constant outside them."""
    if now_ns <= s.points[0].at_ns:
        return float(s.points[0].factor)
    for k in range(1, s.n_points):
        a = s.points[k - 1]
        b = s.points[k]
        if now_ns < b.at_ns:
            share = (now_ns - a.at_ns) / (b.at_ns - a.at_ns)
            return float(a.factor + share * (b.factor - a.factor))
    return float(s.points[s.n_points - 1].factor)


@kernel
def new_second(s: State) -> None:
    """Once a second: activity, the regime of the aggressors, and the plan's pushes."""
    s.second_ns += NS_PER_S
    s.activity = activity_at(s, s.now_ns)
    if s.now_ns >= s.regime_end_ns:
        s.regime = below(s, 3) - 1
        length = int(min(_SHORTEST_REGIME_NS * heavy_tail(s), float(_LONGEST_REGIME_NS)))
        s.regime_end_ns = s.now_ns + length
    s.lean[ASK] = s.regime_lean if s.regime > 0 else (1.0 / s.regime_lean if s.regime < 0 else 1.0)
    s.lean[BID] = 1.0 / s.lean[ASK]
    for k in range(s.n_pushes):
        push = s.pushes[k]
        if push.start_ns <= s.now_ns < push.end_ns:
            side = ASK if push.direction > 0 else BID
            s.lean[side] *= push.strength


@kernel
def step(s: State, tape: Tape, end_ns: int) -> None:
    """Advance to the next event, second or refill, whichever comes first, and let it happen."""
    total = set_weights(s)
    dt_ns = 1_000 + int(exponential(s) / total * NS_PER_S)
    due_ns = min(min(s.second_ns, s.next_refill_ns), end_ns)
    at_ns = min(s.now_ns + dt_ns, max(due_ns, s.now_ns + 1_000))
    fade = 1.0 + _ECHO_DECAY_PER_S * (at_ns - s.now_ns) / NS_PER_S
    s.echo[0] /= fade
    s.echo[1] /= fade
    close_buckets(s, tape, min(at_ns, end_ns))
    s.now_ns = at_ns
    if at_ns >= end_ns:
        return
    if at_ns >= s.next_refill_ns:
        side, tick, size = pop_refill(s)
        join(s, tape, side, tick, size)
    elif at_ns >= s.second_ns:
        new_second(s)
        work(s, tape)
    else:
        side, what = choose(s, total)
        happen(s, tape, side, what)
    if s.moved == 1:
        s.moved = 0
        follow(s, tape)
        work(s, tape)


@kernel
def open_market(state: Array, tape: Tape) -> None:
    """Fill the book and write the record a recording starts with onto an empty tape: the whole book, as a snapshot."""
    s = state[0]
    open_book(s, tape)
    begin_event(s)
    close_buckets(s, tape, s.now_ns)
    row = tape.records[0]
    write_levels(s, row)
    best = s.best[BID]
    flags = F_LAST | F_SNAPSHOT | F_BAD_TS_RECV
    write_head(s, row, ACTION_ADD, SIDE_NONE, best, s.size[BID, best & MASK], flags, 0)
    copy_words(row, s.words)
    s.n_records = 1
    s.now_ns += 1_000


@kernel
def run(state: Array, tape: Tape, end_ns: int) -> bool:
    """Let the market live until ``end_ns``; False when the tape is full before. It goes on where the tape ends."""
    s = state[0]
    while s.now_ns < end_ns:
        full = s.n_records + ROOM > len(tape.records) or s.n_flows + ROOM > len(tape.flows)
        if full or s.n_work + MOST_WORK > len(tape.work) or s.n_touches + ROOM > len(tape.touches):
            return False
        step(s, tape, end_ns)
    return True
