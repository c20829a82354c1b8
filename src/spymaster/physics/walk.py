"""Walk a batch of records in arrival order, taking snaps on the way."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import (
    ACTION_ADD,
    ACTION_CANCEL,
    ACTION_CLEAR,
    ACTION_MODIFY,
    ACTION_TRADE,
    F_LAST,
    F_MAYBE_BAD_BOOK,
    F_SNAPSHOT,
    SIDE_ASK,
    SIDE_BID,
    UNDEF_PRICE,
    Kind,
)
from spymaster.physics.book import apply_levels, clear_book, keep_record, load_levels, same_levels
from spymaster.physics.clock import move_clock, record_time, target_clock, time_is_bad
from spymaster.physics.events import apply_trade, close_event
from spymaster.physics.outputs import Out, is_full
from spymaster.physics.snap import take_snap
from spymaster.physics.state import (
    ASK,
    BID,
    C_BAD_ACTION,
    C_BAD_PRICE,
    C_BAD_SIZE,
    C_BAD_TIME,
    C_NOT_TAPE,
    C_OTHER,
    C_RECORDS,
    C_TRADES,
    VALID,
    Array,
    State,
)

_MBP10: Final = int(Kind.MBP10)
_TRADE: Final = int(Kind.TRADE)
_MASK32: Final = 0xFFFFFFFF
_NO_TICK: Final = -(2**40)
_FOLD_MULTIPLIER: Final = 0x2545F4914F6CDD1D
_WORD_MULTIPLIER: Final = 0x1B873593CC9E2D51


@kernel
def walk(
    state: Array,
    p: Array,
    order: NDArray[Any],
    depth: NDArray[Any],
    trades: NDArray[Any],
    cursors: Array,
    limit: int,
    out: Out,
) -> int:
    """Consume records until the batch ends, ``limit`` are done or ``out`` is full; returns the place in ``order``.

    order: uint8[n] kinds; depth: int64[a, 46]; trades: int64[b, 6]; cursors: int64[3], places in ``order``, ``depth``
    and ``trades``, moved on. Records of other kinds are passed over.
    """
    s = state[0]
    i = cursors[0]
    end = min(len(order), i + limit)
    while i < end:
        kind = order[i]
        if kind == _MBP10:
            if not step_depth(s, p, depth[cursors[1]], out):
                break
            cursors[1] += 1
        elif kind == _TRADE:
            if not step_trade(s, p, trades[cursors[2]], out):
                break
            cursors[2] += 1
        i += 1
    cursors[0] = i
    return int(i)


@kernel
def advance(s: State, p: Array, t_ns: int, out: Out) -> bool:
    """Move the clock to a record's time, taking the snaps due before it. False: ``out`` is full, call again."""
    target = target_clock(s, p, t_ns)
    c = s.clock[0]
    if c.now_ns > 0:
        while c.next_snap_ns <= target:
            if is_full(out):
                return False
            take_snap(s, p, c.next_snap_ns, out)
    move_clock(s, p, t_ns, target)
    return True


@kernel
def finish(state: Array, p: Array, out: Out) -> bool:
    """The source has ended: take the snap of the first grid point after the last clock. False: ``out`` is full."""
    s = state[0]
    c = s.clock[0]
    if c.now_ns == 0 or c.next_snap_ns - c.now_ns > p[0].snap_interval_ns:
        return True
    if is_full(out):
        return False
    take_snap(s, p, c.next_snap_ns, out)
    return True


@kernel
def fold_record(s: State, w: NDArray[Any]) -> None:
    """Mix every word of a record into the running fold: bijective in each word, so no single change goes unseen."""
    mixed = 0
    multiplier = _WORD_MULTIPLIER
    for k in range(len(w)):
        mixed += (w[k] ^ (w[k] >> 32)) * (multiplier + 2 * k)
    s.clock[0].fold = (s.clock[0].fold ^ mixed) * _FOLD_MULTIPLIER


@kernel
def reject(s: State, counter: int) -> None:
    """Count a record that changed nothing."""
    s.counters[counter] += 1
    s.quality[s.book[0].bucket, 1] += 1


@kernel
def step_depth(s: State, p: Array, w: NDArray[Any], out: Out) -> bool:
    """One MBP-10 record (int64[46]); False when ``out`` is full and nothing was done."""
    b = s.book[0]
    c = s.clock[0]
    if (w[0] >> 16) != b.key:
        s.counters[C_OTHER] += 1
        return True
    flags = (w[3] >> 48) & 0xFF
    bad_time = time_is_bad(w, flags, p)
    t_ns = record_time(w)
    if not bad_time and not advance(s, p, t_ns, out):
        return False
    s.counters[C_RECORDS] += 1
    s.quality[b.bucket, 0] += 1
    fold_record(s, w)
    if bad_time:
        reject(s, C_BAD_TIME)
        return True
    c.as_of_ns = t_ns
    c.last_depth_ns = c.now_ns
    if b.event_open != 0 and b.event_ns != t_ns:
        close_event(s, p)
    if b.event_open == 0:
        b.event_open = 1
        b.event_ns = t_ns
        b.event_trades = 0
    fault = apply_depth(s, w, t_ns, flags)
    if fault != 0:
        reject(s, fault)
    if (flags & F_LAST) != 0:
        close_event(s, p)
    return True


@kernel
def apply_depth(s: State, w: NDArray[Any], t_ns: int, flags: int) -> int:
    """Give a record to book, ledger and tape; returns 0 or the counter of its rejection."""
    b = s.book[0]
    action = (w[3] >> 32) & 0xFF
    side = side_index((w[3] >> 40) & 0xFF)
    size = w[3] & _MASK32
    if action == ACTION_CLEAR:
        clear_book(s, t_ns)
        b.cleared = 1
        keep_record(s, w)
        return 0
    if action != ACTION_TRADE and action != ACTION_ADD and action != ACTION_CANCEL and action != ACTION_MODIFY:
        return C_BAD_ACTION
    tick = _NO_TICK
    if w[2] != UNDEF_PRICE and w[2] % b.tick_e9 == 0:
        tick = w[2] // b.tick_e9
    if (flags & F_MAYBE_BAD_BOOK) != 0:
        clear_book(s, t_ns)
        s.trust[0].bad_book = 1
    if action == ACTION_TRADE:
        if tick == _NO_TICK:
            return C_BAD_PRICE
        if size == 0:
            return C_BAD_SIZE
        s.counters[C_TRADES] += 1
        # the aggressor of a trade is written in the place of the side
        aggressor = 1 if side == BID else (-1 if side == ASK else 0)
        fault = apply_trade(s, t_ns, aggressor, tick, size, True)
        if fault != 0 or b.status != VALID or same_levels(w, s.words):
            return fault
    if (flags & F_MAYBE_BAD_BOOK) != 0:
        # the venue's own channel lost something: this book is not taken, the next clean one is
        return 0
    snapshot = (flags & F_SNAPSHOT) != 0
    if snapshot and b.status == VALID:
        clear_book(s, t_ns)
    if b.status != VALID:
        return load_levels(s, w, t_ns, snapshot)
    return apply_levels(s, w, t_ns, action, side, tick, size)


@kernel
def side_index(code: int) -> int:
    """0 bid, 1 ask, -1 none."""
    if code == SIDE_BID:
        return BID
    if code == SIDE_ASK:
        return ASK
    return -1


@kernel
def step_trade(s: State, p: Array, w: NDArray[Any], out: Out) -> bool:
    """One record of a trades stream (int64[6]); False when ``out`` is full. Nothing when the depth carries the tape."""
    b = s.book[0]
    if (w[0] >> 16) != b.key:
        s.counters[C_OTHER] += 1
        return True
    if s.trust[0].tape_from_depth != 0:
        s.counters[C_NOT_TAPE] += 1
        return True
    flags = (w[3] >> 48) & 0xFF
    bad_time = time_is_bad(w, flags, p)
    t_ns = record_time(w)
    if not bad_time and not advance(s, p, t_ns, out):
        return False
    s.counters[C_RECORDS] += 1
    s.quality[b.bucket, 0] += 1
    fold_record(s, w)
    if bad_time:
        reject(s, C_BAD_TIME)
        return True
    s.clock[0].as_of_ns = t_ns
    s.clock[0].last_tape_ns = s.clock[0].now_ns
    if b.event_open != 0 and b.event_ns != t_ns:
        close_event(s, p)
    b.event_open = 1
    b.event_ns = t_ns
    size = w[3] & _MASK32
    if w[2] == UNDEF_PRICE or w[2] % b.tick_e9 != 0:
        reject(s, C_BAD_PRICE)
    elif size == 0:
        reject(s, C_BAD_SIZE)
    else:
        s.counters[C_TRADES] += 1
        side = side_index((w[3] >> 40) & 0xFF)
        aggressor = 1 if side == BID else (-1 if side == ASK else 0)
        fault = apply_trade(s, t_ns, aggressor, w[2] // b.tick_e9, size, False)
        if fault != 0:
            reject(s, fault)
    if (flags & F_LAST) != 0:
        close_event(s, p)
    return True


@kernel
def watermark(state: Array, p: Array, clock_ns: int, out: Out) -> bool:
    """Nothing earlier is expected: take the snaps due. False: ``out`` is full, call again."""
    s = state[0]
    if s.clock[0].now_ns == 0 or clock_ns <= s.clock[0].now_ns:
        return True
    while s.clock[0].next_snap_ns <= clock_ns:
        if is_full(out):
            return False
        take_snap(s, p, s.clock[0].next_snap_ns, out)
    s.clock[0].now_ns = clock_ns
    return True
