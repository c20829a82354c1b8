"""What orders do in the second market: arrive, leave, change, move and hit. Every record changes exactly one order."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_ADD, ACTION_CANCEL, ACTION_MODIFY
from spymaster.sim.dice import aggressor_size, below, lag_ns, sending_ns, uniform
from spymaster.sim.second.book import (
    change,
    depth_of,
    emit,
    emit_trade,
    next_packet,
    one_of,
    outward,
    waiting,
)
from spymaster.sim.second.mechanisms import refill_after
from spymaster.sim.second.state import ADD, FILL, MASK, PULL, State, Tape

_GROW: Final = 0.12
"""Share of arrivals that are an order made larger in its place."""
_SHRINK: Final = 0.10
_MOVE: Final = 0.15
"""Shares of departures that are an order made smaller, or moved by one tick."""
_SWEEP: Final = 0.25
"""How often an aggressor larger than the best price goes through it; else it takes the best price and no more."""
_SWEEP_LEVELS: Final = 6
_ECHO: Final = 3.0
_ECHO_OTHER: Final = 0.6
"""Extra orders per second that an aggressor brings about on its own side and on the other; they fade at 8 / s."""


@kernel
def begin_event(s: State) -> None:
    """A new event at ``s.now_ns``: its arrival at the vendor, never before the last one's."""
    s.recv_ns = max(s.recv_ns + 1_000, s.now_ns + lag_ns(s))
    s.in_delta = sending_ns(s)
    s.sequence = (s.sequence + 1 + below(s, 4)) & 0xFFFFFFFF


@kernel
def arrive(s: State, tape: Tape, side: int, tick: int, size: int) -> None:
    """A new order, or one made larger where some wait already."""
    begin_event(s)
    grows = s.orders[side, tick & MASK] > 0 and uniform(s) < _GROW
    old = one_of(s, side, tick) if grows else 0
    change(s, tape, side, tick, size, 0 if grows else 1, ADD)
    emit(s, tape, ACTION_MODIFY if grows else ACTION_ADD, side, tick, old + size, depth_of(s, side, tick), True)


@kernel
def leave(s: State, tape: Tape, side: int, tick: int) -> None:
    """An order is cancelled, made smaller, or moved to a neighbouring price."""
    begin_event(s)
    depth = depth_of(s, side, tick)
    size = one_of(s, side, tick)
    u = uniform(s)
    if u < _SHRINK and size > 1:
        less = 1 + below(s, size - 1)
        change(s, tape, side, tick, -less, 0, PULL)
        emit(s, tape, ACTION_MODIFY, side, tick, size - less, depth, True)
        return
    target = tick + (1 if u < _SHRINK + _MOVE / 2 else -1)
    opposite = s.best[1 - side]
    moves = u < _SHRINK + _MOVE and outward(side) * (target - opposite) > 0
    change(s, tape, side, tick, -size, -1, PULL)
    if moves and s.factor[side, 0, target & MASK] >= 1.0:
        change(s, tape, side, target, size, 1, ADD)
        emit(s, tape, ACTION_MODIFY, side, target, size, depth_of(s, side, target), True)
    else:
        emit(s, tape, ACTION_CANCEL, side, tick, size, depth, True)


@kernel
def hit(s: State, tape: Tape, side: int) -> None:
    """An aggressor takes from a side: its trades first, with the book before them, then the orders it took."""
    begin_event(s)
    size = max(1, int(aggressor_size(s) * s.hit_scale + 0.5))
    first = s.best[side]
    if size >= waiting(s, side, first) and uniform(s) >= _SWEEP:
        size = waiting(s, side, first)
    rest = size
    tick = first
    for _ in range(_SWEEP_LEVELS):
        taken = min(rest, waiting(s, side, tick))
        if taken > 0:
            emit_trade(s, tape, 1 - side, tick, taken)
            rest -= taken
        if rest == 0:
            break
        tick += outward(side)
    next_packet(s)
    rest = size - rest
    while rest > 0:
        rest -= take(s, tape, side, s.best[side], rest)
    s.echo[side] += _ECHO
    s.echo[1 - side] += _ECHO_OTHER


@kernel
def take(s: State, tape: Tape, side: int, tick: int, wanted: int) -> int:
    """Fill orders at the best price, up to ``wanted`` contracts; returns how many."""
    at_price = min(wanted, waiting(s, side, tick))
    rest = at_price
    while rest > 0:
        order = one_of(s, side, tick)
        filled = min(order, rest)
        rest -= filled
        is_last = rest == 0 and at_price == wanted
        if filled == order:
            change(s, tape, side, tick, -order, -1, FILL)
            emit(s, tape, ACTION_CANCEL, side, tick, order, 0, is_last)
        else:
            change(s, tape, side, tick, -filled, 0, FILL)
            emit(s, tape, ACTION_MODIFY, side, tick, order - filled, 0, is_last)
    refill_after(s, side, tick, at_price)
    return at_price


@kernel
def join(s: State, tape: Tape, side: int, tick: int, size: int) -> None:
    """An order of a mechanism arrives, unless the market has moved through its price."""
    if outward(side) * (tick - s.best[1 - side]) > 0:
        arrive(s, tape, side, tick, size)
