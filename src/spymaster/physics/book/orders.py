"""Aggressive orders put together again from their fills, large ones, sweeps and clusters of orders (docs/physics.md 4).

Consecutive fills of one side inside one venue event are one order. A sweep is an order that took two prices or more, or
three orders and more of one side within ``sweep_max_gap`` that make up most of the volume and more of it than all but
one in two hundred such spans usually see; the latter once ten minutes of history exist.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.book.flows import index_of, record_flow
from spymaster.physics.maths.quantiles import quantile_bin, quantile_of
from spymaster.physics.memory.indices import ASK, BID, LARGE_BUY, LARGE_SELL, ORDERS, SWEEPS, TOTAL_OUTSIDE
from spymaster.physics.memory.state import Array, State

_LARGE_SHARE: Final = 0.99
_BURST_SHARE: Final = 0.995
_HISTORY_NS: Final = 600 * NS_PER_S
_EMPTY_MAX: Final = 600
"""Longer silences count as this many empty spans."""
_LOOK_BACK: Final = 200
_CLUSTER_ORDERS: Final = 3
_CLUSTER_SHARE: Final = 0.8


@kernel
def gather_order(s: State, p: Array, t_ns: int, aggressor: int, tick: int, size: int) -> None:
    """One fill: of the order in hand, or of a new one where side or event changed."""
    open_order = s.orders.open
    book = s.book
    if open_order.prints > 0 and open_order.side != aggressor:
        finish_order(s, p)
    if open_order.prints == 0:
        open_order.side = aggressor
        open_order.size = 0
        open_order.levels = 0
        open_order.low = tick
        open_order.high = tick
        open_order.last = tick - 1
        open_order.t_ns = t_ns
        open_order.notional_ticks = 0
        open_order.touch_bid = book.tick[BID, 0] if book.shown[BID] > 0 else tick
        open_order.touch_ask = book.tick[ASK, 0] if book.shown[ASK] > 0 else tick
        if tick > open_order.touch_ask or tick < open_order.touch_bid:
            s.windows.totals[s.ledger.bucket, TOTAL_OUTSIDE] += size
    if tick != open_order.last:
        open_order.levels += 1
    open_order.last = tick
    open_order.prints += 1
    open_order.size += size
    open_order.notional_ticks += tick * size
    open_order.low = min(open_order.low, tick)
    open_order.high = max(open_order.high, tick)


@kernel
def finish_order(s: State, p: Array) -> None:
    """The order is complete: into the ring of orders, and of sweeps where it is or completes one."""
    open_order = s.orders.open
    orders = s.orders
    if open_order.prints == 0:
        return
    o = orders.order[orders.orders % ORDERS]
    o.t_ns = open_order.t_ns
    o.side = open_order.side
    o.size = open_order.size
    o.prints = open_order.prints
    o.levels = open_order.levels
    o.low_tick = open_order.low
    o.high_tick = open_order.high
    o.last_tick = open_order.last
    orders.orders += 1
    orders.cvd += open_order.side * open_order.size
    note_size(s, p)
    if open_order.levels >= 2 and open_order.side != 0:
        w = orders.sweep[orders.sweeps % SWEEPS]
        w.t_ns = open_order.t_ns
        w.first_ns = open_order.t_ns
        w.cluster = 0
        w.side = open_order.side
        w.size = open_order.size
        w.prints = open_order.prints
        w.levels = open_order.levels
        w.low = open_order.low
        w.high = open_order.high
        w.notional_ticks = open_order.notional_ticks
        orders.sweeps += 1
    elif orders.burst_weight > 0.0 and open_order.side != 0:
        look_for_cluster(s, p)
    open_order.prints = 0


@kernel
def note_size(s: State, p: Array) -> None:
    """The order in hand into the usual sizes, the volume of its span, and the large volume where it is large."""
    orders = s.orders
    open_order = s.orders.open
    weight = max(s.scales.weight, 1.0)
    orders.size_hist[quantile_bin(open_order.size)] += weight
    slot = open_order.t_ns // p[0].sweep_max_gap_ns
    if slot != orders.slot:
        orders.burst_hist[quantile_bin(orders.slot_volume)] += weight
        empty = min(max(slot - orders.slot - 1, 0), _EMPTY_MAX)
        orders.burst_hist[0] += weight * empty
        orders.slot = slot
        orders.slot_volume = 0
    orders.slot_volume += open_order.size
    if orders.large_order > 0.0 and open_order.size >= orders.large_order and open_order.side != 0:
        i = index_of(s, open_order.last)
        if i >= 0:
            record_flow(s, LARGE_BUY if open_order.side > 0 else LARGE_SELL, i, open_order.size)


@kernel
def look_for_cluster(s: State, p: Array) -> None:
    """Whether the orders of the last moments, the one in hand the newest, are one push."""
    open_order = s.orders.open
    orders = s.orders
    same = total = matching = prints = notional = 0
    low, high, first = open_order.low, open_order.high, open_order.t_ns
    for k in range(min(orders.orders, _LOOK_BACK)):
        o = orders.order[(orders.orders - 1 - k) % ORDERS]
        if open_order.t_ns - o.t_ns > p[0].sweep_max_gap_ns:
            break
        total += o.size
        if o.side == open_order.side:
            same += o.size
            matching += 1
            prints += o.prints
            notional += o.size * o.last_tick
            low = min(low, o.low_tick)
            high = max(high, o.high_tick)
            first = o.t_ns
    if matching < _CLUSTER_ORDERS or same < _CLUSTER_SHARE * total or same <= orders.burst:
        return
    newest = orders.sweep[(orders.sweeps - 1) % SWEEPS]
    goes_on = orders.sweeps > 0 and newest.cluster != 0 and newest.side == open_order.side and newest.t_ns >= first
    w = newest if goes_on else orders.sweep[orders.sweeps % SWEEPS]
    if not goes_on:
        orders.sweeps += 1
    w.t_ns = open_order.t_ns
    w.first_ns = first
    w.cluster = 1
    w.side = open_order.side
    w.size = same
    w.prints = prints
    w.levels = high - low + 1
    w.low = low
    w.high = high
    w.notional_ticks = notional


@kernel
def learn_sizes(s: State, p: Array) -> None:
    """What a large order and an unusual burst are by now."""
    orders = s.orders
    clock = s.clock
    orders.large_order = max(p[0].large_lot_min, quantile_of(orders.size_hist, _LARGE_SHARE))
    if clock.now_ns - clock.first_ns >= _HISTORY_NS:
        orders.burst_weight = 1.0
        orders.burst = quantile_of(orders.burst_hist, _BURST_SHARE)
