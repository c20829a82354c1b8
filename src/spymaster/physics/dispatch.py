"""A batch of records in arrival order, each to what it is about, taking snaps on the way."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel, kernel_inlined
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
from spymaster.physics.book.equity import apply_equity
from spymaster.physics.book.events import apply_trade, close_event
from spymaster.physics.book.trading_status import EQUITY, FUTURE, apply_status, note_traded
from spymaster.physics.fingerprint import fingerprint_record
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import (
    ACTION_BITS,
    ASK,
    BID,
    BYTE,
    FLAGS_BITS,
    KEY_BITS,
    QUALITY_RECORDS,
    QUALITY_REJECTED,
    SIDE_BITS,
    VALID,
    W_DETAILS,
    W_HEADER,
    W_PRICE,
    W_RECEIVED,
)
from spymaster.physics.memory.outputs import Out, is_full
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.quotes import apply_open_interest, apply_option_quote, contract_of, write_plain
from spymaster.physics.options.trades import apply_option_trade, treatment_of
from spymaster.physics.session_start import hear, move_clock
from spymaster.physics.snap import take_snap
from spymaster.physics.time.clock import is_far, is_in_hole, pass_over, record_time, target_clock, time_is_bad

_RECORDS: Final = int(Counter.RECORDS)
_TRADES: Final = int(Counter.TRADES)
_OTHER_INSTRUMENT: Final = int(Counter.OTHER_INSTRUMENT)
_BAD_TIME: Final = int(Counter.BAD_TIME)
_BAD_PRICE: Final = int(Counter.BAD_PRICE)
_BAD_SIZE: Final = int(Counter.BAD_SIZE)
_BAD_ACTION: Final = int(Counter.BAD_ACTION)
_TRADES_NOT_TAPE: Final = int(Counter.TRADES_NOT_TAPE)

_MBP10: Final = int(Kind.MBP10)
_TRADE: Final = int(Kind.TRADE)
_MBP1: Final = int(Kind.MBP1)
_BBO: Final = int(Kind.BBO)
_CMBP1: Final = int(Kind.CMBP1)
_CBBO: Final = int(Kind.CBBO)
_XTRADE: Final = int(Kind.XTRADE)
_XQUOTE: Final = int(Kind.XQUOTE)
_STAT: Final = int(Kind.STAT)
_STATUS: Final = int(Kind.STATUS)
OTHER_KINDS: Final = (
    *(Kind.TRADE, Kind.MBP1, Kind.BBO, Kind.CMBP1, Kind.CBBO),
    *(Kind.XTRADE, Kind.XQUOTE, Kind.STAT, Kind.STATUS),
)
"""The kinds besides MBP10 that an engine takes, in the order ``dispatch_records`` is given their records in."""
_FIRST_OTHER: Final = 2
_CURSOR_OF: Final = np.zeros(len(Kind), np.int64)
"""Kind -> index of its cursor; 0 for those passed over."""
_CURSOR_OF[list(OTHER_KINDS)] = np.arange(len(OTHER_KINDS)) + _FIRST_OTHER
CURSORS: Final = _FIRST_OTHER + len(OTHER_KINDS)

NOBODY: Final = -3
"""What a record is about that is neither of FUTURE, EQUITY and, from 0 on, a contract of the chain."""


@kernel
def dispatch_records(
    state: Array,
    p: Array,
    order: NDArray[Any],
    depth: NDArray[Any],
    others: tuple[NDArray[Any], ...],
    cursors: Array,
    limit: int,
    out: Out,
) -> int:
    """Consume records until the batch ends, ``limit`` are done or ``out`` is full; returns the index in ``order``.

    order: uint8[n] kinds; depth: int64[a, 46]; others: the records of each of ``OTHER_KINDS`` as int64[b, words];
    cursors: int64, indices in ``order``, ``depth`` and each of ``others``, moved on. Records of other kinds are passed
    over.
    """
    s = state[0]
    clock = s.clock
    i = cursors[0]
    end = min(len(order), i + limit)
    while i < end:
        kind = int(order[i])
        cursor = 1
        if kind == _MBP10:
            w = depth[cursors[1]]
            subject = FUTURE if w[W_HEADER] >> KEY_BITS == s.instrument.key else NOBODY
        else:
            cursor = _CURSOR_OF[kind]
            if cursor == 0:
                i += 1
                continue
            w = others[cursor - _FIRST_OTHER][cursors[cursor]]
            subject = subject_of(s, w, kind)
            if is_passed_over(s, kind, w, subject):
                cursors[cursor] += 1
                i += 1
                continue
        target = clock_target(s, p, w, kind, subject)
        # results go through here and not through every kernel below: passing that many arrays on is dear
        if target >= clock.next_snap_ns and not take_due_snaps(s, p, target, out):
            break
        if kind == _MBP10:
            step_depth(s, p, w, target, subject)
        elif subject == EQUITY:
            step_equity(s, p, w, target, kind)
        elif subject >= 0:
            step_option(s, p, w, target, kind, subject)
        else:
            step_trade(s, p, w, target, subject)
        cursors[cursor] += 1
        i += 1
    cursors[0] = i
    return int(i)


@kernel
def subject_of(s: State, w: NDArray[Any], kind: int) -> int:
    """What a record of a kind other than MBP10 is about. Asked once a record: the chain's contracts are many."""
    key = w[W_HEADER] >> KEY_BITS
    if key == s.instrument.key:
        return FUTURE
    if s.equity.configured != 0 and key == s.equity.key:
        return EQUITY
    contract = contract_of(s, w, kind)
    return contract if contract >= 0 else NOBODY


@kernel
def is_passed_over(s: State, kind: int, w: NDArray[Any], subject: int) -> bool:
    """Whether a record gives the engine nothing: trades beside a depth stream that carries them, others' quotes.

    Statistics never move the clock: open interest is taken here, the others are passed over uncounted. Nor do statuses.
    """
    if kind == _STAT:
        if subject >= 0 and apply_open_interest(s, w, subject):
            s.counters[_RECORDS] += 1
            fingerprint_record(s, w)
        return True
    if kind == _STATUS:
        if subject != NOBODY and apply_status(s, w, subject):
            s.counters[_RECORDS] += 1
            fingerprint_record(s, w)
        return True
    if subject == EQUITY or subject >= 0:
        return False
    if kind != _TRADE:
        s.counters[_OTHER_INSTRUMENT] += 1
        return True
    if s.trust.tape_from_depth == 0:
        return False
    s.counters[_TRADES_NOT_TAPE] += 1
    return True


@kernel_inlined
def clock_target(s: State, p: Array, w: NDArray[Any], kind: int, subject: int) -> int:
    """Where a record (int64[6 or more]) takes the clock; -1 for another instrument's and one without usable time."""
    if subject == NOBODY:
        return -1
    if kind == _BBO or kind == _CBBO:
        # the time of such a record's event is that of the last trade; it says what was so when it was sent
        received = w[W_RECEIVED]
        return target_clock(s, p, received) if received > 0 and not is_far(s, received) else -1
    flags = (w[W_DETAILS] >> FLAGS_BITS) & BYTE if kind != _XTRADE and kind != _XQUOTE else 0
    if time_is_bad(s, w, flags, p):
        return -1
    return target_clock(s, p, record_time(w))


@kernel
def take_due_snaps(s: State, p: Array, target: int, out: Out) -> bool:
    """Take the snaps due before the clock moves to ``target``. False: ``out`` is full, call again."""
    clock = s.clock
    if clock.now_ns == 0:
        return True
    while clock.next_snap_ns <= target:
        if is_in_hole(s, clock.next_snap_ns):
            pass_over(s, p, target)
            break
        if is_full(s, out):
            return False
        take_snap(s, p, clock.next_snap_ns, out)
    # results are handed on before the record that made the snaps due: the caller may look at the state as of the snap
    return not is_full(s, out)


@kernel_inlined
def enter_clock(s: State, p: Array, w: NDArray[Any], t_ns: int, target: int, subject: int) -> bool:
    """What every record does first: count, fingerprint, move the clock. False: it is not to be applied."""
    clock = s.clock
    if subject == NOBODY:
        s.counters[_OTHER_INSTRUMENT] += 1
        return False
    s.counters[_RECORDS] += 1
    s.windows.quality[s.ledger.bucket, QUALITY_RECORDS] += 1
    fingerprint_record(s, w)
    if target < 0:
        reject(s, _BAD_TIME)
        return False
    move_clock(s, p, t_ns, target)
    note_heard(s, p, subject == FUTURE)
    clock.as_of_ns = min(t_ns, int(clock.now_ns))
    return True


@kernel_inlined
def note_heard(s: State, p: Array, of_future: bool) -> None:
    """A record arrived. Those of others speak for the future only where the source says itself when it is quiet.

    One whose time is still in doubt says nothing.
    """
    clock = s.clock
    if (of_future or clock.watched != 0) and clock.jump_ns == 0:
        hear(s, p)


@kernel_inlined
def enter_record(s: State, p: Array, w: NDArray[Any], target: int, subject: int) -> bool:
    """The same for a record of the future, which also belongs to a venue event."""
    book = s.book
    t_ns = record_time(w)
    if not enter_clock(s, p, w, t_ns, target, subject):
        return False
    if book.event_open != 0 and book.event_ns != t_ns:
        close_event(s, p)
    if book.event_open == 0:
        book.event_open = 1
        book.event_ns = t_ns
    return True


@kernel_inlined
def reject(s: State, counter: int) -> None:
    """Count a record that changed nothing."""
    s.counters[counter] += 1
    s.windows.quality[s.ledger.bucket, QUALITY_REJECTED] += 1


@kernel_inlined
def step_depth(s: State, p: Array, w: NDArray[Any], target: int, subject: int) -> None:
    """One MBP-10 record (int64[46]); the snaps due before it have been taken."""
    clock = s.clock
    if not enter_record(s, p, w, target, subject):
        return
    details = w[W_DETAILS]
    flags = (details >> FLAGS_BITS) & BYTE
    clock.last_depth_ns = clock.now_ns
    # what a late record shows came into sight now, not at the time it bears
    fault = apply_depth(s, p, w, clock.now_ns, details, flags)
    if fault != 0:
        reject(s, fault)
    if (flags & F_LAST) != 0:
        close_event(s, p)


@kernel_inlined
def apply_depth(s: State, p: Array, w: NDArray[Any], t_ns: int, details: int, flags: int) -> int:
    """Give a record to book, ledger and tape; returns 0 or the counter of its rejection."""
    book = s.book
    action = (details >> ACTION_BITS) & BYTE
    side = side_index((details >> SIDE_BITS) & BYTE)
    size = details & MASK32
    if action == ACTION_CLEAR:
        clear_book(s, t_ns)
        book.cleared = 1
        keep_record(s, w)
        return 0
    if action != ACTION_TRADE and action != ACTION_ADD and action != ACTION_CANCEL and action != ACTION_MODIFY:
        return _BAD_ACTION
    if (flags & F_MAYBE_BAD_BOOK) != 0:
        clear_book(s, t_ns)
        s.trust.bad_book = 1
    if action == ACTION_TRADE:
        fault = apply_print(s, p, w[W_PRICE], size, side, True)
        if fault != 0 or book.status != VALID or same_levels(w, book.words):
            return fault
    if (flags & F_MAYBE_BAD_BOOK) != 0:
        # the venue's own channel lost something: this book is not taken, the next clean one is
        return 0
    snapshot = (flags & F_SNAPSHOT) != 0
    if snapshot and book.status == VALID:
        clear_book(s, t_ns)
    if book.status != VALID:
        return load_levels(s, w, t_ns, snapshot)
    return apply_levels(s, p, w, t_ns, action, side, tick_of(s, w[W_PRICE]), size)


@kernel_inlined
def side_index(code: int) -> int:
    """0 bid, 1 ask, -1 none."""
    if code == SIDE_BID:
        return BID
    if code == SIDE_ASK:
        return ASK
    return -1


@kernel
def step_trade(s: State, p: Array, w: NDArray[Any], target: int, subject: int) -> None:
    """One record of a trades stream that is the tape (int64[6]); the snaps due before it have been taken."""
    clock = s.clock
    if not enter_record(s, p, w, target, subject):
        return
    clock.last_tape_ns = clock.now_ns
    details = w[W_DETAILS]
    side = side_index((details >> SIDE_BITS) & BYTE)
    fault = apply_print(s, p, w[W_PRICE], details & MASK32, side, False)
    if fault != 0:
        reject(s, fault)
    if ((details >> FLAGS_BITS) & F_LAST) != 0:
        close_event(s, p)


@kernel
def step_option(s: State, p: Array, w: NDArray[Any], target: int, kind: int, c: int) -> None:
    """One record of contract ``c`` of the day's options; the snaps due before it have been taken.

    What is wrong with an option is no fault of the depth, so it does not count against that.
    """
    clock = s.clock
    s.counters[_RECORDS] += 1
    fingerprint_record(s, w)
    if target < 0:
        s.counters[_BAD_TIME] += 1
        return
    t_ns = w[W_RECEIVED] if kind == _BBO or kind == _CBBO else record_time(w)
    move_clock(s, p, t_ns, target)
    note_heard(s, p, False)
    clock.as_of_ns = min(t_ns, int(clock.now_ns))
    words = s.scratch.plain[:] if write_plain(s, w, kind) else w
    with_quote = kind != _TRADE and kind != _XTRADE
    action = (words[W_DETAILS] >> ACTION_BITS) & BYTE
    if not with_quote or ((kind == _MBP1 or kind == _CMBP1) and action == ACTION_TRADE):
        apply_option_trade(s, words, c, treatment_of(w, kind), with_quote, t_ns)
        note_traded(s, c)
    if with_quote:
        apply_option_quote(s, words, c, t_ns, int(clock.now_ns))


@kernel
def step_equity(s: State, p: Array, w: NDArray[Any], target: int, kind: int) -> None:
    """One record of the equity (int64[6 or 10]); the snaps due before it have been taken."""
    t_ns = w[W_RECEIVED] if kind == _BBO else record_time(w)
    if not enter_clock(s, p, w, t_ns, target, EQUITY):
        return
    words = s.scratch.plain[:] if write_plain(s, w, kind) else w
    fault = apply_equity(s, p, words, int(s.clock.now_ns), kind == _TRADE or kind == _XTRADE, kind == _MBP1)
    if fault != 0:
        reject(s, fault)


@kernel
def apply_print(s: State, p: Array, price_e9: int, size: int, side: int, with_book: bool) -> int:
    """The trade a record reports onto the tape; returns 0 or the counter of its rejection.

    ``side``: where a trade's record names the aggressor.
    """
    tick = tick_of(s, price_e9)
    if tick == NO_TICK:
        return _BAD_PRICE
    if size == 0 or size > MAX_CONTRACTS:
        return _BAD_SIZE
    aggressor = 1 if side == BID else (-1 if side == ASK else 0)
    fault = apply_trade(s, p, s.book.event_ns, aggressor, tick, size, with_book)
    if fault == 0:
        s.counters[_TRADES] += 1
        note_traded(s, FUTURE)
    return fault
