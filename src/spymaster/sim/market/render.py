"""From orders to the vendor's records: ten levels of each side, exact at every record (MBP-10, DBN version 3).

The levels as last sent are kept in ``s.words`` and changed in place; a side is written anew only when a price appears
in it or vanishes from it.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import (
    ACTION_ADD,
    ACTION_CLEAR,
    ACTION_TRADE,
    F_BAD_TS_RECV,
    F_LAST,
    F_SNAPSHOT,
    MBP10_WORDS,
    SIDE_ASK,
    SIDE_BID,
    SIDE_NONE,
    UNDEF_PRICE,
)
from spymaster.sim.dice import below, lag_ns, sending_ns
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.queues import outward
from spymaster.sim.market.state import ASK, BID, MASK, Array, State, Tape

LEVELS: Final = 10
_HEAD: Final = 6
_VENDOR_FLAG: Final = 2
_MASK32: Final = 0xFFFFFFFF
_FLAGS_SHIFT: Final = 48


@kernel
def side_code(side: int) -> int:
    """The vendor's letter of a side."""
    return SIDE_ASK if side == ASK else SIDE_BID


@kernel
def _put(s: State, side: int, level: int, price: int, size: int, orders: int) -> None:
    """One side of one level into the words."""
    k = _HEAD + 4 * level
    shift = 32 * side
    keep = _MASK32 << (32 - shift)
    s.words[k + side] = price
    s.words[k + 2] = (s.words[k + 2] & keep) | (size << shift)
    s.words[k + 3] = (s.words[k + 3] & keep) | (orders << shift)


@kernel
def write_side(s: State, side: int) -> None:
    """A side's ten best prices into the words."""
    sign = outward(side)
    tick = int(s.best[side])
    level = 0
    while level < LEVELS and sign * tick <= s.edge[side]:
        i = tick & MASK
        if s.size[side, i] > 0:
            _put(s, side, level, tick * TICK_E9, int(s.size[side, i]), int(s.orders[side, i]))
            level += 1
        tick += sign
    while level < LEVELS:
        _put(s, side, level, UNDEF_PRICE, 0, 0)
        level += 1


@kernel
def level_of(s: State, side: int, tick: int) -> int:
    """Which of the ten levels as last sent a price is, or would be; 10 beyond them."""
    sign = outward(side)
    price = tick * TICK_E9
    for level in range(LEVELS):
        shown = s.words[_HEAD + 4 * level + side]
        if shown == UNDEF_PRICE or sign * (shown - price) >= 0:
            return level
    return LEVELS


@kernel
def begin_event(s: State, tape: Tape) -> None:
    """A venue event at the present moment: its records share its time."""
    if s.silent != 0:
        return
    s.sequence = (s.sequence + 1 + below(s, 3)) & _MASK32
    s.recv_ns = max(s.recv_ns, s.now_ns + lag_ns(s))
    s.in_delta = sending_ns(s)
    s.event_first = s.n_records


@kernel
def end_event(s: State, tape: Tape) -> None:
    """Mark the event's last record, if it has any."""
    if s.silent == 0 and s.n_records > s.event_first:
        row = tape.records[s.n_records - 1]
        row[3] |= (F_LAST | _VENDOR_FLAG) << _FLAGS_SHIFT


@kernel
def next_packet(s: State) -> None:
    """The records that follow in this event travel in another packet."""
    if s.silent == 0:
        s.sequence = (s.sequence + 1 + below(s, 3)) & _MASK32
        s.recv_ns += 5_000 + below(s, 8_000)
        s.in_delta = sending_ns(s)


@kernel
def _head(s: State, row: Array, action: int, code: int, tick: int, size: int, flags: int, depth: int) -> None:
    """The first six words of a record, ``code`` being the letter of its side; then the levels."""
    row[0] = s.header
    row[1] = s.now_ns
    row[2] = tick * TICK_E9
    row[3] = size | (action << 32) | (code << 40) | (flags << _FLAGS_SHIFT) | (depth << 56)
    row[4] = s.recv_ns
    row[5] = s.in_delta | (s.sequence << 32)
    for k in range(_HEAD, MBP10_WORDS):
        row[k] = s.words[k]
    s.n_records += 1


@kernel
def send_trade(s: State, tape: Tape, aggressor: int, tick: int, size: int) -> None:
    """A T record: it carries the book as it was before."""
    if s.silent == 0:
        _head(s, tape.records[s.n_records], ACTION_TRADE, side_code(aggressor), tick, size, 0, 0)


@kernel
def _refresh(s: State, side: int, tick: int, depth: int) -> bool:
    """Bring a price into the words; False when the ten levels do not show the change."""
    if depth == LEVELS:
        return False
    i = tick & MASK
    size, orders = int(s.size[side, i]), int(s.orders[side, i])
    shown = s.words[_HEAD + 4 * depth + side] == tick * TICK_E9
    if shown and size > 0:
        k = _HEAD + 4 * depth
        was = (s.words[k + 2] >> (32 * side)) & _MASK32
        was_orders = (s.words[k + 3] >> (32 * side)) & _MASK32
        if was == size and was_orders == orders:
            return False
        _put(s, side, depth, tick * TICK_E9, size, orders)
        return True
    if not shown and size == 0:
        return False
    write_side(s, side)
    return True


@kernel
def send_change(s: State, tape: Tape, action: int, side: int, tick: int, size: int) -> None:
    """A record of a changed order, if the ten levels changed."""
    if s.silent != 0:
        return
    depth = level_of(s, side, tick)
    if _refresh(s, side, tick, depth):
        _head(s, tape.records[s.n_records], action, side_code(side), tick, size, 0, depth)


@kernel
def send_move(s: State, tape: Tape, action: int, side: int, left: int, tick: int, size: int) -> None:
    """A record of an order that moved from the price ``left`` to ``tick``, if the ten levels changed."""
    if s.silent != 0:
        return
    gone = _refresh(s, side, left, level_of(s, side, left))
    depth = level_of(s, side, tick)
    come = _refresh(s, side, tick, depth)
    if gone or come:
        _head(s, tape.records[s.n_records], action, side_code(side), tick, size, 0, min(depth, LEVELS - 1))


@kernel
def send_clear(s: State, tape: Tape) -> None:
    """An R record: the book is empty from here on."""
    for side in range(2):
        for level in range(LEVELS):
            _put(s, side, level, UNDEF_PRICE, 0, 0)
    row = tape.records[s.n_records]
    _head(s, row, ACTION_CLEAR, SIDE_NONE, 0, 0, F_LAST | F_BAD_TS_RECV, 0)
    row[2] = UNDEF_PRICE


@kernel
def send_auction(s: State, tape: Tape, tick: int, size: int) -> None:
    """The opening auction's trade, which has no aggressor."""
    _head(s, tape.records[s.n_records], ACTION_TRADE, SIDE_NONE, tick, size, F_LAST | _VENDOR_FLAG, 0)


@kernel
def send_snapshot(s: State, tape: Tape) -> None:
    """The whole book in one record, as at the start of every day of the vendor's."""
    write_side(s, BID)
    write_side(s, ASK)
    best = int(s.best[BID])
    flags = F_LAST | F_SNAPSHOT | F_BAD_TS_RECV
    s.in_delta = 0
    _head(s, tape.records[s.n_records], ACTION_ADD, SIDE_NONE, best, int(s.size[BID, best & MASK]), flags, 0)
