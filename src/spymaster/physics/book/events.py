"""Trades and venue events: the tape, and what is true once an event is closed.

A venue event closes on F_LAST or when ts_event changes. Inside it the book may be mid-update, so best bid and ask are
read only when it is closed.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.book.equity import future_makes_prices, trade_in_unit
from spymaster.physics.book.flows import add_pending, index_of, off_book, record_flow, restart_windows, settle_pending
from spymaster.physics.book.ofi import note_best
from spymaster.physics.book.orders import finish_order, gather_order
from spymaster.physics.memory.state import (
    ASK,
    BID,
    BUY,
    C_FAR_PRICE,
    LEDGER_TICKS,
    LOADING,
    M_TRADED,
    SELL,
    VALID,
    Array,
    State,
)
from spymaster.physics.time.bars import note_trade

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
def apply_trade(s: State, p: Array, t_ns: int, aggressor: int, tick: int, size: int, with_book: bool) -> int:
    """One trade print (aggressor +1 buyer, -1 seller, 0 unknown); returns 0, or the counter of its rejection.

    ``with_book``: the print precedes decreases of a visible book (the tape is the depth stream's own).
    """
    b = s.book[0]
    if b.anchored == 0:
        b.base = tick - LEDGER_TICKS // 2
        b.anchored = 1
    i = index_of(s, tick)
    if i < 0:
        if b.has_bbo == 0:
            # without a book the ledger follows the trades: it moves there at the next snap
            b.last_tick = tick
            b.has_last = 1
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
    if future_makes_prices(s):
        note_trade(s, int(s.clock[0].now_ns), trade_in_unit(s, tick), float(size))
    gather_order(s, p, t_ns, aggressor, tick, size)
    side = passive_side(s, aggressor, tick) if with_book else _NONE
    if side == _NONE or b.status != VALID:
        off_book(s, tick, size)
    elif not add_pending(s, side, tick, size):
        off_book(s, tick, size)
    return 0


@kernel
def close_event(s: State, p: Array) -> None:
    """The venue event is over: settle traded volume, complete the order, read best bid and ask."""
    b = s.book[0]
    if b.event_open == 0:
        return
    b.event_open = 0
    finish_order(s, p)
    if b.pending > 0:
        settle_pending(s, s.clock[0].now_ns)
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
    note_best(s, s.ladder[BID, 0, 0], s.ladder[ASK, 0, 0], s.ladder[BID, 1, 0], s.ladder[ASK, 1, 0])
    b.bid = s.ladder[BID, 0, 0]
    b.ask = s.ladder[ASK, 0, 0]
    b.bid_size = s.ladder[BID, 1, 0]
    b.ask_size = s.ladder[ASK, 1, 0]
    b.has_bbo = 1
