"""Marketable orders: what they trade, in which order the venue says so, and what their fills set off."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_CANCEL, ACTION_MODIFY, NS_PER_MS
from spymaster.sim.dice import below, exponential, heavy_tail, uniform
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.market.due_orders import send_limit
from spymaster.sim.market.latent import note_flow, note_leaving
from spymaster.sim.market.queues import find_best, link_last, outward, take, unlink
from spymaster.sim.market.render import begin_event, end_event, next_packet, send_change, send_trade
from spymaster.sim.market.state import ADD, FILL, HIDDEN, MASK, NONE, SLOTS, State, Tape

_LARGEST: Final = 400
_LARGE_SCALE: Final = 2.0
"""From this scale of sizes on, the smallest and the largest orders grow with it too."""
MOST_PRICES: Final = 24
_ABSORPTION: Final = int(LevelKind.ABSORPTION)
_WALL: Final = int(LevelKind.WALL)
ZONE_TICKS: Final = 2
_REFILL_MS: Final = 20
_REFILL_SPREAD_MS: Final = 60
_LATE_REFILL: Final = 12


@kernel
def aggressor_size(s: State) -> int:
    """Contracts an aggressor wants: half want one, the largest have a tail of exponent 1.6 (docs/physics.md 7.1)."""
    scale = float(s.parameters.size_scale)
    u = uniform(s)
    if u < 0.50:
        return max(1, int(scale / _LARGE_SCALE))
    if u < 0.85:
        return 1 + int(2.5 * scale * exponential(s))
    return min(int(_LARGEST * max(1.0, scale / _LARGE_SCALE)), int(5.0 * scale * heavy_tail(s)) + 1)


@kernel
def refill_delay_ns(s: State, refill: float) -> int:
    """20 to 80 ms, or twelve times as long when the refill is late."""
    ms = _REFILL_MS + below(s, _REFILL_SPREAD_MS)
    if uniform(s) > refill:
        ms *= _LATE_REFILL
    return int(s.now_ns) + ms * NS_PER_MS


@kernel
def put_back_ns(s: State, mean_ns: float, probability: float) -> int:
    """When a fill of an episode's mechanism is put back: in time, or twelve times as late."""
    wait_ns = mean_ns * exponential(s)
    if uniform(s) > probability:
        wait_ns *= _LATE_REFILL
    return int(s.now_ns) + NS_PER_MS + int(wait_ns)


@kernel
def hit(s: State, tape: Tape, side: int, wanted: int, most_prices: int) -> int:
    """An aggressor takes up to ``wanted`` contracts of a side, at up to ``most_prices`` prices; returns how many.

    The trades come first, one for each price, with the book as it was; then every order that was filled.
    """
    sign = outward(side)
    begin_event(s, tape)
    left = wanted
    tick = int(s.best[side])
    prices = 0
    while left > 0 and sign * tick <= s.edge[side] and prices < most_prices:
        i = tick & MASK
        there = int(s.size[side, i] + s.behind[side, i])
        if there > 0:
            traded = min(left, there)
            send_trade(s, tape, 1 - side, tick, traded)
            left -= traded
            prices += 1
        tick += sign
    traded = wanted - left
    next_packet(s)
    left = traded
    tick = int(s.best[side])
    while left > 0:
        i = tick & MASK
        part = min(left, int(s.size[side, i] + s.behind[side, i]))
        if part > 0:
            _fill_price(s, tape, side, tick, part)
            left -= part
        tick += sign
    find_best(s, side)
    end_event(s, tape)
    return traded


@kernel
def _fill_price(s: State, tape: Tape, side: int, tick: int, contracts: int) -> None:
    """Fill that many contracts of a queue from its front; what reloads goes to its back."""
    i = tick & MASK
    left = contracts
    while left > 0:
        order = int(s.first[side, i])
        part = min(left, int(s.order_size[order]))
        left -= part
        level = int(s.order_level[order])
        if part == s.order_size[order] and s.order_hidden[order] > 0:
            _reload(s, tape, side, tick, order)
            send_change(s, tape, ACTION_MODIFY, side, tick, int(s.order_size[order]))
        else:
            gone = part == s.order_size[order]
            rest = int(s.order_size[order]) - part
            take(s, tape, side, order, part, FILL)
            if gone and s.size[side, i] == 0:
                # the next price is the best from here on, also for the record
                _step_best(s, side)
            send_change(s, tape, ACTION_CANCEL if gone else ACTION_MODIFY, side, tick, part if gone else rest)
            if gone and level != NONE:
                _refill_wall(s, level)
        _absorb(s, side, tick, part)


@kernel
def _step_best(s: State, side: int) -> None:
    if s.size[side, s.best[side] & MASK] == 0:
        find_best(s, side)


@kernel
def _reload(s: State, tape: Tape, side: int, tick: int, order: int) -> None:
    """A displayed part was filled whole: the next part comes out of hiding at once, as an order at the queue's back."""
    i = tick & MASK
    size = int(s.order_size[order])
    note_flow(s, side, tick, FILL, size)
    more = min(int(s.order_peak[order]), int(s.order_hidden[order]))
    note_flow(s, side, tick, ADD, more)
    note_flow(s, side, tick, HIDDEN, more)
    s.order_hidden[order] -= more
    s.behind[side, i] -= more
    s.order_size[order] = more
    s.size[side, i] += more - size
    note_leaving(s, tape, side, tick, FILL, size, int(s.order_id[order]))
    s.order_id[order] = s.next_id
    s.next_id += 1
    unlink(s, side, tick, order)
    link_last(s, side, tick, order)


@kernel
def _refill_wall(s: State, number: int) -> None:
    """A wall's displayed order is gone: the next one comes out of the reserve."""
    for slot in range(SLOTS):
        v = s.level[slot]
        if v.used == 1 and v.number == number and v.on == 1 and v.kind == _WALL and v.left > 0:
            size = min(v.left, v.shown)
            v.left -= size
            is_episode = v.is_episode == 1
            due_ns = put_back_ns(s, v.refill_ns, v.refill) if is_episode else refill_delay_ns(s, v.refill)
            send_limit(s, v.side, v.tick, size, number, due_ns)


@kernel
def _absorb(s: State, side: int, tick: int, filled: int) -> None:
    """Where an absorbing level is at work, what is filled is put back, as long as its budget lasts."""
    for slot in range(SLOTS):
        v = s.level[slot]
        if v.used == 1 and v.on == 1 and v.kind == _ABSORPTION and v.side == side and abs(tick - v.tick) <= ZONE_TICKS:
            size = min(filled, v.left)
            if size > 0 and uniform(s) < v.refill:
                v.left -= size
                is_episode = v.is_episode == 1
                due_ns = put_back_ns(s, v.refill_ns, 1.0) if is_episode else refill_delay_ns(s, 1.0)
                send_limit(s, side, tick, size, v.number, due_ns)
            return
