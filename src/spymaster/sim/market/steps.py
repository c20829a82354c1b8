"""The order book market in motion: one step after the other, until a time or until its tape is full."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import exp_
from spymaster.sim.dice import below, exponential
from spymaster.sim.levels.attack import look_after_attack
from spymaster.sim.levels.mechanisms import follow_levels
from spymaster.sim.levels.planting import plant_levels
from spymaster.sim.market.aggressor import MOST_PRICES, hit
from spymaster.sim.market.climate import new_second
from spymaster.sim.market.due_orders import drop, earliest
from spymaster.sim.market.hedging import hedge
from spymaster.sim.market.latent import close_bucket
from spymaster.sim.market.order_flow import arrive, choose, happen, set_weights, withdraw
from spymaster.sim.market.queues import follow_touch, outward, seed_price
from spymaster.sim.market.render import begin_event, send_auction, send_clear, send_snapshot
from spymaster.sim.market.state import (
    ASK,
    BID,
    DUE_CANCEL,
    DUE_MARKET,
    KEPT,
    NEVER,
    NONE,
    POOL,
    RING,
    ROOM,
    Array,
    State,
    Tape,
)
from spymaster.sim.options.market import option_event, option_second

FULL: Final = 0
COMPLETE: Final = 1
PAUSED: Final = 2
_DAY_NS: Final = 86_400 * NS_PER_S
_AUCTION_CONTRACTS: Final = 60
_SNAPSHOT_LATER_NS: Final = 21_000_000


@kernel
def open_market(state: Array, tape: Tape, open_tick: int, with_auction: int) -> None:
    """An empty market (its parameters, shape and times set) gets a book; R, an auction's trade if any, and snapshot."""
    s = state[0]
    s.n_free = POOL
    for k in range(POOL):
        s.free[k] = POOL - 1 - k
    for side in range(2):
        for i in range(RING):
            s.first[side, i] = NONE
            s.last[side, i] = NONE
            s.add_factor[side, i] = 1.0
            s.cancel_factor[side, i] = 1.0
    s.best[BID] = open_tick
    s.best[ASK] = open_tick + 1
    for side in range(2):
        sign = outward(side)
        s.edge[side] = sign * s.best[side] + KEPT - 1
        for rank in range(KEPT):
            seed_price(s, side, int(s.best[side]) + sign * rank, rank + 1)
    s.moved = 0
    s.next_due_ns = NEVER
    begin_event(s, tape)
    if s.silent == 0:
        send_clear(s, tape)
        if with_auction == 1:
            send_auction(s, tape, open_tick, _AUCTION_CONTRACTS + below(s, _AUCTION_CONTRACTS))
        send_snapshot(s, tape)
    close_bucket(s, tape)
    new_second(s)


@kernel
def _next_time(s: State, dt_ns: int, end_ns: int) -> int:
    """When the next thing happens: an event of the market's own, or what is due before it."""
    due_ns = min(min(min(s.second_ns, s.next_due_ns), min(s.bucket_ns, s.midnight_ns)), end_ns)
    due_ns = min(due_ns, min(s.options.next_ns, s.attack_ns))
    return int(min(s.now_ns + dt_ns, max(due_ns, s.now_ns)))


@kernel
def _send_due(s: State, tape: Tape) -> None:
    k = earliest(s)
    d = s.due[k]
    what, side, tick, size, level = int(d.what), int(d.side), int(d.tick), int(d.size), int(d.level)
    drop(s, k)
    if what == DUE_CANCEL:
        if s.order_id[tick] == size and s.order_size[tick] > 0:
            withdraw(s, tape, side, tick)
    elif what == DUE_MARKET:
        hit(s, tape, side, size, MOST_PRICES)
    else:
        arrive(s, tape, side, tick, size, level)


@kernel
def step(s: State, tape: Tape, end_ns: int) -> None:
    """Advance to whatever comes first, and let it happen."""
    total = set_weights(s)
    dt_ns = 1_000 + int(exponential(s) / total * NS_PER_S)
    at_ns = _next_time(s, dt_ns, end_ns)
    if at_ns > s.now_ns:
        fade = exp_(-s.parameters.echo_decay * (at_ns - s.now_ns) / NS_PER_S)
        s.echo[0] *= fade
        s.echo[1] *= fade
    s.now_ns = at_ns
    if at_ns >= s.bucket_ns:
        close_bucket(s, tape)
        return
    if at_ns >= end_ns:
        return
    if at_ns >= s.midnight_ns:
        s.recv_ns = max(s.recv_ns, s.midnight_ns + _SNAPSHOT_LATER_NS)
        s.midnight_ns += _DAY_NS
        if s.silent == 0:
            send_snapshot(s, tape)
    elif at_ns >= s.second_ns:
        new_second(s)
        option_second(s, tape, int(s.second_ns) - NS_PER_S)
        plant_levels(s, tape)
        follow_levels(s, tape)
    elif at_ns >= s.next_due_ns:
        _send_due(s, tape)
    elif at_ns >= s.options.next_ns:
        option_event(s, tape)
    elif at_ns >= s.attack_ns:
        look_after_attack(s, tape)
    else:
        side, what = choose(s, total)
        happen(s, tape, side, what)
    if s.moved == 1:
        s.moved = 0
        follow_touch(s, tape)
        hedge(s, tape)
        follow_levels(s, tape)


@kernel
def run(state: Array, tape: Tape, end_ns: int) -> int:
    """Let the market live until ``end_ns``: COMPLETE, FULL when the tape is, or PAUSED at a level's first touch."""
    s = state[0]
    s.n_records = 0
    s.n_flows = 0
    s.n_touches = 0
    s.n_works = 0
    s.n_leavings = 0
    s.n_plants = 0
    s.n_rows = 0
    s.n_seconds = 0
    s.paused_level = NONE
    while s.now_ns < end_ns or s.bucket_ns <= end_ns:
        full = s.n_records + ROOM > len(tape.records) or s.n_flows + ROOM > len(tape.flows)
        full = full or s.n_leavings + POOL > len(tape.leavings)
        full = full or s.n_plants + ROOM > len(tape.plants) or s.n_rows + ROOM > len(tape.rows)
        if full or s.n_works + ROOM > len(tape.works) or s.n_touches + ROOM > len(tape.touches):
            return FULL
        step(s, tape, end_ns)
        if s.paused_level >= 0:
            return PAUSED
    return COMPLETE


@kernel
def run_to_outcome(state: Array, tape: Tape, number: int, end_ns: int) -> int:
    """Let a silent market live until a planted level is decided: how, or NONE when it is not by ``end_ns``."""
    s = state[0]
    s.silent = 1
    s.pause_at_touch = 0
    s.watched_level = number
    s.watched_outcome = NONE
    while s.now_ns < end_ns and s.watched_outcome == NONE:
        s.n_records = 0
        step(s, tape, end_ns)
    return int(s.watched_outcome)
