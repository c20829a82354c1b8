"""Trades and venue events: the tape, aggressive orders put together again, and what is true once an event is closed.

A venue event closes on F_LAST or when ts_event changes. Inside it the book may be mid-update, so best bid and ask are
read only when it is closed.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.flows import (
    add_pending,
    index_of,
    off_book,
    record_flow,
    restart_windows,
    settle_pending,
)
from spymaster.physics.state import (
    ASK,
    BID,
    BUY,
    C_FAR_PRICE,
    LEDGER_TICKS,
    LOADING,
    M_OUTSIDE,
    M_TRADED,
    ORDERS,
    SELL,
    SWEEPS,
    VALID,
    Array,
    State,
)

_NONE = -1


@kernel
def passive_side(s: State, aggressor: int, tick: int) -> int:
    """The side that was traded against: opposite the aggressor; without one, the side whose best price was reached."""
    if aggressor > 0:
        return ASK
    if aggressor < 0:
        return BID
    n_ask = s.ladder[ASK, 0, 10]
    n_bid = s.ladder[BID, 0, 10]
    if n_ask > 0 and tick >= s.ladder[ASK, 0, 0]:
        return ASK
    if n_bid > 0 and tick <= s.ladder[BID, 0, 0]:
        return BID
    return _NONE


@kernel
def apply_trade(s: State, t_ns: int, aggressor: int, tick: int, size: int, with_book: bool) -> int:
    """One trade print (aggressor +1 buyer, -1 seller, 0 unknown); returns 0, or the counter of its rejection.

    ``with_book``: the print precedes decreases of a visible book (the tape is the depth stream's own).
    """
    b = s.book[0]
    if b.anchored == 0:
        b.base = tick - LEDGER_TICKS // 2
        b.anchored = 1
    i = index_of(s, tick)
    if i < 0:
        return C_FAR_PRICE
    s.mass[b.bucket, M_TRADED] += size
    if aggressor > 0:
        record_flow(s, BUY, i, size)
    elif aggressor < 0:
        record_flow(s, SELL, i, size)
    if tick < s.trade_range[b.bucket, 0]:
        s.trade_range[b.bucket, 0] = tick
    if tick > s.trade_range[b.bucket, 1]:
        s.trade_range[b.bucket, 1] = tick
    b.last_tick = tick
    b.has_last = 1
    note_session_trade(s, tick, size)
    gather_order(s, t_ns, aggressor, tick, size)
    side = passive_side(s, aggressor, tick) if with_book else _NONE
    if side == _NONE or b.status != VALID:
        off_book(s, tick, size)
    elif not add_pending(s, side, tick, size):
        off_book(s, tick, size)
    return 0


@kernel
def note_session_trade(s: State, tick: int, size: int) -> None:
    """Running extremes and volume-weighted price of the session, in ticks."""
    m = s.market[0]
    if m.session_over != 0:
        return
    if m.session_trades == 0 or tick > m.session_high:
        m.session_high = tick
    if m.session_trades == 0 or tick < m.session_low:
        m.session_low = tick
    m.session_trades += 1
    if m.overnight_from_ns > 0:
        if m.overnight_trades == 0 or tick > m.overnight_high:
            m.overnight_high = tick
        if m.overnight_trades == 0 or tick < m.overnight_low:
            m.overnight_low = tick
        m.overnight_trades += 1
    if m.vwap_from_ns > 0:
        m.vwap_ticks += tick * size
        m.vwap_volume += size


@kernel
def gather_order(s: State, t_ns: int, aggressor: int, tick: int, size: int) -> None:
    """Fills of one side inside one venue event are one order."""
    b = s.book[0]
    if b.order_prints > 0 and b.order_side != aggressor:
        finish_order(s)
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
def finish_order(s: State) -> None:
    """The order is complete: into the ring of orders, and of sweeps when it took two prices or more."""
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
    if b.order_levels >= 2 and b.order_side != 0:
        w = s.sweep[b.sweeps % SWEEPS]
        w.t_ns = b.order_ns
        w.side = b.order_side
        w.size = b.order_size
        w.prints = b.order_prints
        w.levels = b.order_levels
        w.low = b.order_low
        w.high = b.order_high
        w.notional_ticks = b.order_notional_ticks
        b.sweeps += 1
    b.order_prints = 0


@kernel
def close_event(s: State, p: Array) -> None:
    """The venue event is over: settle traded volume, complete the order, read best bid and ask."""
    b = s.book[0]
    if b.event_open == 0:
        return
    b.event_open = 0
    finish_order(s)
    if b.pending > 0:
        settle_pending(s)
    if b.status == LOADING:
        b.status = VALID
        s.trust[0].bad_book = 0
    if b.status != VALID:
        return
    read_best(s, p, s.clock[0].now_ns)


@kernel
def read_best(s: State, p: Array, t_ns: int) -> None:
    """Best bid and ask of a closed event; a crossed, locked or one-sided book keeps the last good ones and is timed."""
    b = s.book[0]
    n_bid = s.ladder[BID, 0, 10]
    n_ask = s.ladder[ASK, 0, 10]
    reason = 0
    if n_bid == 0 or n_ask == 0:
        reason = 2
    elif s.ladder[BID, 0, 0] >= s.ladder[ASK, 0, 0]:
        reason = 1
    if reason != 0:
        if b.invalid_since_ns == 0:
            b.invalid_since_ns = t_ns
        b.invalid_reason = reason
        return
    if b.invalid_since_ns > 0:
        if t_ns - b.invalid_since_ns > p[0].crossed_blind_ns:
            # what rested while the book made no sense is no evidence about any level
            restart_windows(s, t_ns)
        b.invalid_since_ns = 0
        b.invalid_reason = 0
    b.bid = s.ladder[BID, 0, 0]
    b.ask = s.ladder[ASK, 0, 0]
    b.bid_size = s.ladder[BID, 1, 0]
    b.ask_size = s.ladder[ASK, 1, 0]
    b.has_bbo = 1
