"""Aggressive orders put together again from their fills, large ones, sweeps and clusters of orders (P4.1, P4.3).

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
from spymaster.physics.memory.state import ASK, BID, LARGE_BUY, LARGE_SELL, M_OUTSIDE, ORDERS, SWEEPS, Array, State

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
    b = s.book[0]
    if b.order_prints > 0 and b.order_side != aggressor:
        finish_order(s, p)
    if b.order_prints == 0:
        b.order_side = aggressor
        b.order_size = 0
        b.order_levels = 0
        b.order_low = tick
        b.order_high = tick
        b.order_last = tick - 1
        b.order_ns = t_ns
        b.order_notional_ticks = 0
        b.order_touch_bid = s.ladder[BID, 0, 0] if s.ladder[BID, 0, 10] > 0 else tick
        b.order_touch_ask = s.ladder[ASK, 0, 0] if s.ladder[ASK, 0, 10] > 0 else tick
        if tick > b.order_touch_ask or tick < b.order_touch_bid:
            s.mass[b.bucket, M_OUTSIDE] += size
    if tick != b.order_last:
        b.order_levels += 1
    b.order_last = tick
    b.order_prints += 1
    b.order_size += size
    b.order_notional_ticks += tick * size
    b.order_low = min(b.order_low, tick)
    b.order_high = max(b.order_high, tick)


@kernel
def finish_order(s: State, p: Array) -> None:
    """The order is complete: into the ring of orders, and of sweeps where it is or completes one."""
    b = s.book[0]
    if b.order_prints == 0:
        return
    o = s.order[b.orders % ORDERS]
    o.t_ns = b.order_ns
    o.side = b.order_side
    o.size = b.order_size
    o.prints = b.order_prints
    o.levels = b.order_levels
    o.low_tick = b.order_low
    o.high_tick = b.order_high
    o.last_tick = b.order_last
    b.orders += 1
    b.cvd += b.order_side * b.order_size
    note_size(s, p)
    if b.order_levels >= 2 and b.order_side != 0:
        w = s.sweep[b.sweeps % SWEEPS]
        w.t_ns = b.order_ns
        w.first_ns = b.order_ns
        w.cluster = 0
        w.side = b.order_side
        w.size = b.order_size
        w.prints = b.order_prints
        w.levels = b.order_levels
        w.low = b.order_low
        w.high = b.order_high
        w.notional_ticks = b.order_notional_ticks
        b.sweeps += 1
    elif s.market[0].burst_weight > 0.0 and b.order_side != 0:
        look_for_cluster(s, p)
    b.order_prints = 0


@kernel
def note_size(s: State, p: Array) -> None:
    """The order in hand into the usual sizes, the volume of its span, and the large volume where it is large."""
    b = s.book[0]
    m = s.market[0]
    weight = max(m.scale_weight, 1.0)
    s.order_hist[quantile_bin(b.order_size)] += weight
    slot = b.order_ns // p[0].sweep_max_gap_ns
    if slot != b.slot:
        s.burst_hist[quantile_bin(b.slot_volume)] += weight
        empty = min(max(slot - b.slot - 1, 0), _EMPTY_MAX)
        s.burst_hist[0] += weight * empty
        b.slot = slot
        b.slot_volume = 0
    b.slot_volume += b.order_size
    if m.large_order > 0.0 and b.order_size >= m.large_order and b.order_side != 0:
        i = index_of(s, b.order_last)
        if i >= 0:
            record_flow(s, LARGE_BUY if b.order_side > 0 else LARGE_SELL, i, b.order_size)


@kernel
def look_for_cluster(s: State, p: Array) -> None:
    """Whether the orders of the last moments, the one in hand the newest, are one push."""
    b = s.book[0]
    same = total = orders = prints = notional = 0
    low, high, first = b.order_low, b.order_high, b.order_ns
    for k in range(min(b.orders, _LOOK_BACK)):
        o = s.order[(b.orders - 1 - k) % ORDERS]
        if b.order_ns - o.t_ns > p[0].sweep_max_gap_ns:
            break
        total += o.size
        if o.side == b.order_side:
            same += o.size
            orders += 1
            prints += o.prints
            notional += o.size * o.last_tick
            low = min(low, o.low_tick)
            high = max(high, o.high_tick)
            first = o.t_ns
    if orders < _CLUSTER_ORDERS or same < _CLUSTER_SHARE * total or same <= s.market[0].burst:
        return
    newest = s.sweep[(b.sweeps - 1) % SWEEPS]
    goes_on = b.sweeps > 0 and newest.cluster != 0 and newest.side == b.order_side and newest.t_ns >= first
    w = newest if goes_on else s.sweep[b.sweeps % SWEEPS]
    if not goes_on:
        b.sweeps += 1
    w.t_ns = b.order_ns
    w.first_ns = first
    w.cluster = 1
    w.side = b.order_side
    w.size = same
    w.prints = prints
    w.levels = high - low + 1
    w.low = low
    w.high = high
    w.notional_ticks = notional


@kernel
def learn_sizes(s: State, p: Array) -> None:
    """What a large order and an unusual burst are by now."""
    m = s.market[0]
    m.large_order = max(p[0].large_lot_min, quantile_of(s.order_hist, _LARGE_SHARE))
    if s.clock[0].now_ns - s.clock[0].first_ns >= _HISTORY_NS:
        m.burst_weight = 1.0
        m.burst = quantile_of(s.burst_hist, _BURST_SHARE)
