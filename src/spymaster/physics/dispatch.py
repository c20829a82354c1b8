"""Walk a batch of records in arrival order, taking snaps on the way."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
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
    MASK32,
    MAX_CONTRACTS,
    NO_TICK,
    SIDE_ASK,
    SIDE_BID,
    Kind,
)
from spymaster.physics.book.book import apply_levels, clear_book, keep_record, load_levels, same_levels, tick_of
from spymaster.physics.book.equity import take_equity
from spymaster.physics.book.events import apply_trade, close_event
from spymaster.physics.memory.outputs import Out, is_full
from spymaster.physics.memory.state import (
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
from spymaster.physics.options.quotes import contract_of, plain_words, take_open_interest, take_option_quote
from spymaster.physics.options.trades import take_option_trade, treatment_of
from spymaster.physics.session_start import hear, move_clock
from spymaster.physics.snap import take_snap
from spymaster.physics.time.clock import is_far, is_in_hole, pass_over, record_time, target_clock, time_is_bad

_MBP10: Final = int(Kind.MBP10)
_TRADE: Final = int(Kind.TRADE)
_MBP1: Final = int(Kind.MBP1)
_BBO: Final = int(Kind.BBO)
_CMBP1: Final = int(Kind.CMBP1)
_CBBO: Final = int(Kind.CBBO)
_XTRADE: Final = int(Kind.XTRADE)
_XQUOTE: Final = int(Kind.XQUOTE)
_STAT: Final = int(Kind.STAT)
OTHER_KINDS: Final = (
    *(Kind.TRADE, Kind.MBP1, Kind.BBO, Kind.CMBP1, Kind.CBBO),
    *(Kind.XTRADE, Kind.XQUOTE, Kind.STAT),
)
"""The kinds besides MBP10 that an engine takes, in the order ``walk`` is given their records in."""
_FIRST_OTHER: Final = 2
_PLACES: Final = np.zeros(len(Kind), np.int64)
"""Kind -> place of its cursor; 0 for those passed over."""
_PLACES[list(OTHER_KINDS)] = np.arange(len(OTHER_KINDS)) + _FIRST_OTHER
CURSORS: Final = _FIRST_OTHER + len(OTHER_KINDS)
_FOLD_MULTIPLIER: Final = 0x2545F4914F6CDD1D
_WORD_MULTIPLIER: Final = 0x1B873593CC9E2D51


@kernel
def walk(
    state: Array,
    p: Array,
    order: NDArray[Any],
    depth: NDArray[Any],
    others: tuple[NDArray[Any], ...],
    cursors: Array,
    limit: int,
    out: Out,
) -> int:
    """Consume records until the batch ends, ``limit`` are done or ``out`` is full; returns the place in ``order``.

    order: uint8[n] kinds; depth: int64[a, 46]; others: the records of each of ``OTHER_KINDS`` as int64[b, words];
    cursors: int64, places in ``order``, ``depth`` and each of ``others``, moved on. Records of other kinds are passed
    over.
    """
    s = state[0]
    c = s.clock[0]
    i = cursors[0]
    end = min(len(order), i + limit)
    while i < end:
        kind = int(order[i])
        place = 1
        if kind == _MBP10:
            w = depth[cursors[1]]
        else:
            place = _PLACES[kind]
            if place == 0:
                i += 1
                continue
            w = others[place - _FIRST_OTHER][cursors[place]]
            if is_passed_over(s, kind, w):
                cursors[place] += 1
                i += 1
                continue
        target = clock_target(s, p, w, kind)
        # results go through here and not through every kernel below: passing that many arrays on is dear
        if target >= c.next_snap_ns and not take_due(s, p, target, out):
            break
        if kind == _MBP10:
            step_depth(s, p, w, target)
            cursors[1] += 1
        else:
            key = w[0] >> 16
            contract = contract_of(s, w, kind) if key != s.book[0].key and key != s.equity[0].key else -1
            if key == s.equity[0].key:
                step_equity(s, p, w, target, kind)
            elif contract >= 0:
                step_option(s, p, w, target, kind, contract)
            else:
                step_trade(s, p, w, target)
            cursors[place] += 1
        i += 1
    cursors[0] = i
    return int(i)


@kernel
def is_passed_over(s: State, kind: int, w: NDArray[Any]) -> bool:
    """Whether a record gives the engine nothing: trades beside a depth stream that carries them, others' quotes.

    Statistics never move the clock: open interest is taken here, the others are passed over uncounted.
    """
    key = w[0] >> 16
    if kind != _STAT and s.equity[0].configured != 0 and key == s.equity[0].key:
        return False
    of_option = key != s.book[0].key and contract_of(s, w, kind) >= 0
    if kind == _STAT:
        if of_option and take_open_interest(s, w, contract_of(s, w, kind)):
            s.counters[C_RECORDS] += 1
            fold_record(s, w)
        return True
    if of_option:
        return False
    if kind != _TRADE:
        s.counters[C_OTHER] += 1
        return True
    if s.trust[0].tape_from_depth == 0:
        return False
    s.counters[C_NOT_TAPE] += 1
    return True


@kernel
def clock_target(s: State, p: Array, w: NDArray[Any], kind: int) -> int:
    """Where a record (int64[6 or more]) takes the clock; -1 for another instrument's and one without usable time."""
    key = w[0] >> 16
    if key != s.book[0].key and (s.equity[0].configured == 0 or key != s.equity[0].key):
        if kind == _MBP10 or contract_of(s, w, kind) < 0:
            return -1
    if kind == _BBO or kind == _CBBO:
        # the time of such a record's event is that of the last trade; it says what was so when it was sent
        return target_clock(s, p, w[4]) if w[4] > 0 and not is_far(s, w[4]) else -1
    flags = (w[3] >> 48) & 0xFF if kind != _XTRADE and kind != _XQUOTE else 0
    if time_is_bad(s, w, flags, p):
        return -1
    return target_clock(s, p, record_time(w))


@kernel
def take_due(s: State, p: Array, target: int, out: Out) -> bool:
    """Take the snaps due before the clock moves to ``target``. False: ``out`` is full, call again."""
    c = s.clock[0]
    if c.now_ns == 0:
        return True
    while c.next_snap_ns <= target:
        if is_in_hole(s, c.next_snap_ns):
            pass_over(s, p, target)
            break
        if is_full(s, out):
            return False
        take_snap(s, p, c.next_snap_ns, out)
    # results are handed on before the record that made the snaps due: the caller may look at the state as of the snap
    return not is_full(s, out)


@kernel
def enter_clock(s: State, p: Array, w: NDArray[Any], t_ns: int, target: int) -> bool:
    """What every record does first: count, fold, move the clock. False: it is not to be applied."""
    b = s.book[0]
    c = s.clock[0]
    if target < 0 and (w[0] >> 16) != b.key and (w[0] >> 16) != s.equity[0].key:
        s.counters[C_OTHER] += 1
        return False
    s.counters[C_RECORDS] += 1
    s.quality[b.bucket, 0] += 1
    fold_record(s, w)
    if target < 0:
        reject(s, C_BAD_TIME)
        return False
    move_clock(s, p, t_ns, target)
    note_heard(s, p, (w[0] >> 16) == b.key)
    c.as_of_ns = min(t_ns, int(c.now_ns))
    return True


@kernel
def note_heard(s: State, p: Array, of_future: bool) -> None:
    """A record arrived. Those of others speak for the future only where the source says itself when it is quiet.

    One whose time is still in doubt says nothing.
    """
    if (of_future or s.clock[0].watched != 0) and s.clock[0].jump_ns == 0:
        hear(s, p)


@kernel
def enter_record(s: State, p: Array, w: NDArray[Any], target: int) -> bool:
    """The same for a record of the future, which also belongs to a venue event."""
    b = s.book[0]
    t_ns = record_time(w)
    if not enter_clock(s, p, w, t_ns, target):
        return False
    if b.event_open != 0 and b.event_ns != t_ns:
        close_event(s, p)
    if b.event_open == 0:
        b.event_open = 1
        b.event_ns = t_ns
    return True


@kernel
def fold_record(s: State, w: NDArray[Any]) -> None:
    """Mix every word of a record into the running fold: bijective in each word, so no single change goes unseen."""
    mixed = 0
    multiplier = _WORD_MULTIPLIER
    for k in range(len(w)):
        mixed += (w[k] ^ ((w[k] >> 32) & MASK32)) * (multiplier + 2 * k)
    s.clock[0].fold = (s.clock[0].fold ^ mixed) * _FOLD_MULTIPLIER


@kernel
def reject(s: State, counter: int) -> None:
    """Count a record that changed nothing."""
    s.counters[counter] += 1
    s.quality[s.book[0].bucket, 1] += 1


@kernel
def step_depth(s: State, p: Array, w: NDArray[Any], target: int) -> None:
    """One MBP-10 record (int64[46]); the snaps due before it have been taken."""
    if not enter_record(s, p, w, target):
        return
    flags = (w[3] >> 48) & 0xFF
    s.clock[0].last_depth_ns = s.clock[0].now_ns
    # what a late record shows came into sight now, not at the time it bears
    fault = apply_depth(s, p, w, s.clock[0].now_ns, flags)
    if fault != 0:
        reject(s, fault)
    if (flags & F_LAST) != 0:
        close_event(s, p)


@kernel
def apply_depth(s: State, p: Array, w: NDArray[Any], t_ns: int, flags: int) -> int:
    """Give a record to book, ledger and tape; returns 0 or the counter of its rejection."""
    b = s.book[0]
    action = (w[3] >> 32) & 0xFF
    side = side_index((w[3] >> 40) & 0xFF)
    if action == ACTION_CLEAR:
        clear_book(s, t_ns)
        b.cleared = 1
        keep_record(s, w)
        return 0
    if action != ACTION_TRADE and action != ACTION_ADD and action != ACTION_CANCEL and action != ACTION_MODIFY:
        return C_BAD_ACTION
    if (flags & F_MAYBE_BAD_BOOK) != 0:
        clear_book(s, t_ns)
        s.trust[0].bad_book = 1
    if action == ACTION_TRADE:
        fault = apply_print(s, p, w, True)
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
    return apply_levels(s, p, w, t_ns, action, side, tick_of(s, w[2]), w[3] & MASK32)


@kernel
def side_index(code: int) -> int:
    """0 bid, 1 ask, -1 none."""
    if code == SIDE_BID:
        return BID
    if code == SIDE_ASK:
        return ASK
    return -1


@kernel
def step_trade(s: State, p: Array, w: NDArray[Any], target: int) -> None:
    """One record of a trades stream that is the tape (int64[6]); the snaps due before it have been taken."""
    if not enter_record(s, p, w, target):
        return
    s.clock[0].last_tape_ns = s.clock[0].now_ns
    fault = apply_print(s, p, w, False)
    if fault != 0:
        reject(s, fault)
    if ((w[3] >> 48) & F_LAST) != 0:
        close_event(s, p)


@kernel
def step_option(s: State, p: Array, w: NDArray[Any], target: int, kind: int, c: int) -> None:
    """One record of contract ``c`` of the day's options; the snaps due before it have been taken.

    What is wrong with an option is no fault of the depth, so it does not count against that.
    """
    s.counters[C_RECORDS] += 1
    fold_record(s, w)
    if target < 0:
        s.counters[C_BAD_TIME] += 1
        return
    t_ns = w[4] if kind == _BBO or kind == _CBBO else record_time(w)
    move_clock(s, p, t_ns, target)
    note_heard(s, p, False)
    s.clock[0].as_of_ns = min(t_ns, int(s.clock[0].now_ns))
    own = kind == _XTRADE or kind == _XQUOTE
    words = plain_words(s, w, kind) if own else w
    with_quote = kind != _TRADE and kind != _XTRADE
    action = (words[3] >> 32) & 0xFF
    if not with_quote or ((kind == _MBP1 or kind == _CMBP1) and action == ACTION_TRADE):
        take_option_trade(s, words, c, treatment_of(w, kind), with_quote, t_ns)
    if with_quote:
        take_option_quote(s, words, c, t_ns, int(s.clock[0].now_ns))


@kernel
def step_equity(s: State, p: Array, w: NDArray[Any], target: int, kind: int) -> None:
    """One record of the share (int64[6 or 10]); the snaps due before it have been taken."""
    t_ns = w[4] if kind == _BBO else record_time(w)
    if not enter_clock(s, p, w, t_ns, target):
        return
    words = plain_words(s, w, kind) if kind == _XTRADE or kind == _XQUOTE else w
    fault = take_equity(s, p, words, int(s.clock[0].now_ns), kind == _TRADE or kind == _XTRADE, kind == _MBP1)
    if fault != 0:
        reject(s, fault)


@kernel
def apply_print(s: State, p: Array, w: NDArray[Any], with_book: bool) -> int:
    """The trade a record reports onto the tape; returns 0 or the counter of its rejection."""
    tick = tick_of(s, w[2])
    if tick == NO_TICK:
        return C_BAD_PRICE
    size = w[3] & MASK32
    if size == 0 or size > MAX_CONTRACTS:
        return C_BAD_SIZE
    # the aggressor of a trade is written in the place of the side
    side = side_index((w[3] >> 40) & 0xFF)
    aggressor = 1 if side == BID else (-1 if side == ASK else 0)
    fault = apply_trade(s, p, s.book[0].event_ns, aggressor, tick, size, with_book)
    if fault == 0:
        s.counters[C_TRADES] += 1
    return fault
