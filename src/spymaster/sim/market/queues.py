"""The book of single orders: a pool, and a first-in-first-out queue at every price.

Prices are ticks. Every change is noted as true flow; nothing here writes records.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from spymaster.market.jit import kernel
from spymaster.sim.dice import exponential, uniform
from spymaster.sim.market.latent import note_flow, note_leaving
from spymaster.sim.market.state import ACTIVE, ADD, KEPT, MASK, NONE, PULL, SLACK, State, Tape

_LARGEST_ORDER: Final = 200
HUMP: Final = (1.5, 1.35, 1.35, 1.35, 1.3, 1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
"""Usual relative size of the queues by distance from the other side's best, 1 to ``ACTIVE``: more behind the touch."""


@kernel
def outward(side: int) -> int:
    """+1 for asks, -1 for bids."""
    return 2 * side - 1


@kernel
def resting_size(s: State) -> int:
    """Contracts of an arriving order: mostly one, seldom large; mean 2.8 (docs/physics.md 7.1) times the scale."""
    scale = float(s.parameters.resting_scale)
    if scale != 1.0:
        return max(1, int(scale * _usual_size(s) * (0.5 + uniform(s)) + 0.5))
    return _usual_size(s)


@kernel
def _usual_size(s: State) -> int:
    u = uniform(s)
    if u < 0.60:
        return 1
    if u < 0.93:
        return 1 + int(3.0 * exponential(s) + 0.5)
    return min(_LARGEST_ORDER, 1 + int(6.0 / sqrt(uniform(s))))


@kernel
def link_last(s: State, side: int, tick: int, order: int) -> None:
    """Put an order at the back of a price's queue."""
    i = tick & MASK
    last = s.last[side, i]
    s.order_before[order] = last
    s.order_next[order] = NONE
    if last == NONE:
        s.first[side, i] = order
    else:
        s.order_next[last] = order
    s.last[side, i] = order


@kernel
def unlink(s: State, side: int, tick: int, order: int) -> None:
    """Take an order out of its queue."""
    i = tick & MASK
    before = s.order_before[order]
    after = s.order_next[order]
    if before == NONE:
        s.first[side, i] = after
    else:
        s.order_next[before] = after
    if after == NONE:
        s.last[side, i] = before
    else:
        s.order_before[after] = before


@kernel
def place(s: State, side: int, tick: int, size: int, level: int) -> int:
    """A new order at the back of a price's queue; its number in the pool, or NONE when the pool is full."""
    if s.n_free == 0:
        return NONE
    s.n_free -= 1
    order = int(s.free[s.n_free])
    s.order_id[order] = s.next_id
    s.next_id += 1
    s.order_size[order] = size
    s.order_hidden[order] = 0
    s.order_peak[order] = size
    s.order_tick[order] = tick
    s.order_level[order] = level
    link_last(s, side, tick, order)
    i = tick & MASK
    s.size[side, i] += size
    s.orders[side, i] += 1
    note_flow(s, side, tick, ADD, size)
    if outward(side) * (tick - s.best[side]) < 0:
        s.best[side] = tick
        s.moved = 1
    return order


@kernel
def take(s: State, tape: Tape, side: int, order: int, contracts: int, what: int) -> None:
    """Contracts leave a displayed order, pulled or filled; the order goes when nothing is left of it."""
    tick = int(s.order_tick[order])
    i = tick & MASK
    s.order_size[order] -= contracts
    s.size[side, i] -= contracts
    note_flow(s, side, tick, what, contracts)
    note_leaving(s, tape, side, tick, what, contracts, int(s.order_id[order]))
    if s.order_size[order] == 0:
        s.behind[side, i] -= s.order_hidden[order]
        unlink(s, side, tick, order)
        s.orders[side, i] -= 1
        s.free[s.n_free] = order
        s.n_free += 1


@kernel
def find_best(s: State, side: int) -> None:
    """After orders left: the best price is the nearest that still has any."""
    sign = outward(side)
    best = int(s.best[side])
    if s.size[side, best & MASK] > 0:
        return
    while s.size[side, best & MASK] == 0 and sign * best < s.edge[side]:
        best += sign
    s.best[side] = best
    s.last_depleted = side
    s.moved = 1


@kernel
def nth_order(s: State, side: int, tick: int, n: int) -> int:
    """The n-th order from the back of a queue."""
    order = int(s.last[side, tick & MASK])
    for _ in range(n):
        order = int(s.order_before[order])
    return order


@kernel
def usual_orders(s: State, distance: int) -> float:
    """Orders usually waiting at a price, by its distance from the other side's best, 1 being next to it."""
    return float(s.hump[min(distance, ACTIVE) - 1] * s.parameters.usual)


@kernel
def seed_price(s: State, side: int, tick: int, distance: int) -> None:
    """Fill a price with what usually waits there. Far out, where it happens in a run, it counts as added."""
    count = 1 + int(usual_orders(s, distance) * (0.6 + 0.8 * uniform(s)))
    for _ in range(count):
        place(s, side, tick, resting_size(s), NONE)


@kernel
def clear_price(s: State, tape: Tape, side: int, tick: int) -> None:
    """All orders of a price leave."""
    order = int(s.first[side, tick & MASK])
    while order != NONE:
        after = int(s.order_next[order])
        take(s, tape, side, order, int(s.order_size[order]), PULL)
        order = after


@kernel
def follow_touch(s: State, tape: Tape) -> None:
    """The touch moved: orders come into being at the far edge of one side and are forgotten far out on the other."""
    for side in range(2):
        sign = outward(side)
        near = sign * s.best[side]
        while s.edge[side] < near + KEPT - 1:
            s.edge[side] += 1
            seed_price(s, side, sign * s.edge[side], KEPT)
        while s.edge[side] > near + KEPT + SLACK:
            clear_price(s, tape, side, sign * s.edge[side])
            s.edge[side] -= 1
