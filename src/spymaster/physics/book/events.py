"""Trades and venue events: the tape, and what is true once an event is closed.

A venue event closes on F_LAST or when ts_event changes. Inside it the book may be mid-update, so best bid and ask are
read only when it is closed.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.physics.book.equity import future_makes_prices, trade_in_unit
from spymaster.physics.book.flows import add_pending, index_of, off_book, record_flow, restart_windows, settle_pending
from spymaster.physics.book.ofi import note_best
from spymaster.physics.book.orders import finish_order, gather_order
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import ASK, BID, BUY, HIGH, LEDGER_TICKS, LOADING, LOW, SELL, TOTAL_TRADED, VALID
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.bars import note_trade

_FAR_PRICE: Final = int(Counter.FAR_PRICE)

_NONE = -1


@kernel
def passive_side(s: State, aggressor: int, tick: int) -> int:
    """The side that was traded against: opposite the aggressor; without one, the side whose best price was reached."""
    book = s.book
    if aggressor > 0:
        return ASK
    if aggressor < 0:
        return BID
    n_ask = book.shown[ASK]
    n_bid = book.shown[BID]
    if n_ask > 0 and tick >= book.tick[ASK, 0]:
        return ASK
    if n_bid > 0 and tick <= book.tick[BID, 0]:
        return BID
    return _NONE


@kernel
def apply_trade(s: State, p: Array, t_ns: int, aggressor: int, tick: int, size: int, with_book: bool) -> int:
    """One trade print (aggressor +1 buyer, -1 seller, 0 unknown); returns 0, or the counter of its rejection.

    ``with_book``: the print precedes decreases of a visible book (the tape is the depth stream's own).
    """
    ledger = s.ledger
    book = s.book
    if ledger.anchored == 0:
        ledger.base = tick - LEDGER_TICKS // 2
        ledger.anchored = 1
    i = index_of(s, tick)
    if i < 0:
        if book.has_bbo == 0:
            # without a book the ledger follows the trades: it moves there at the next snap
            book.last_tick = tick
            book.has_last = 1
        return _FAR_PRICE
    s.windows.totals[ledger.bucket, TOTAL_TRADED] += size
    if aggressor > 0:
        record_flow(s, BUY, i, size)
    elif aggressor < 0:
        record_flow(s, SELL, i, size)
    if tick < ledger.trade_range[ledger.bucket, LOW]:
        ledger.trade_range[ledger.bucket, LOW] = tick
    if tick > ledger.trade_range[ledger.bucket, HIGH]:
        ledger.trade_range[ledger.bucket, HIGH] = tick
    book.last_tick = tick
    book.has_last = 1
    if future_makes_prices(s):
        note_trade(s, int(s.clock.now_ns), trade_in_unit(s, tick), float(size))
    gather_order(s, p, t_ns, aggressor, tick, size)
    side = passive_side(s, aggressor, tick) if with_book else _NONE
    if side == _NONE or book.status != VALID:
        off_book(s, tick, size)
    elif not add_pending(s, side, tick, size):
        off_book(s, tick, size)
    return 0


@kernel
def close_event(s: State, p: Array) -> None:
    """The venue event is over: settle traded volume, complete the order, read best bid and ask."""
    book = s.book
    clock = s.clock
    if book.event_open == 0:
        return
    book.event_open = 0
    finish_order(s, p)
    if s.ledger.pending_held > 0:
        settle_pending(s, clock.now_ns)
    if book.status == LOADING:
        book.status = VALID
        s.trust.bad_book = 0
    if book.status != VALID:
        return
    read_best(s, p, clock.now_ns)


@kernel_inlined
def read_best(s: State, p: Array, t_ns: int) -> None:
    """Best bid and ask of a closed event; a crossed, locked or one-sided book keeps the last good ones and is timed."""
    book = s.book
    n_bid = book.shown[BID]
    n_ask = book.shown[ASK]
    reason = 0
    if n_bid == 0 or n_ask == 0:
        reason = 2
    elif book.tick[BID, 0] >= book.tick[ASK, 0]:
        reason = 1
    if reason != 0:
        if book.invalid_since_ns == 0:
            book.invalid_since_ns = t_ns
        book.invalid_reason = reason
        return
    if book.invalid_since_ns > 0:
        if t_ns - book.invalid_since_ns > p[0].crossed_blind_ns:
            # what rested while the book made no sense is no evidence about any level
            restart_windows(s, t_ns)
        book.invalid_since_ns = 0
        book.invalid_reason = 0
    note_best(s, book.tick[BID, 0], book.tick[ASK, 0], book.size[BID, 0], book.size[ASK, 0])
    book.bid = book.tick[BID, 0]
    book.ask = book.tick[ASK, 0]
    book.bid_size = book.size[BID, 0]
    book.ask_size = book.size[ASK, 0]
    book.has_bbo = 1
