"""The flow ledger: where additions, withdrawals and fills are written, and which prices are in sight.

Formulas: MBP-10 decomposition on the common visible range; prices entering or leaving the ten levels make no flow.
"""

from __future__ import annotations

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NO_TICK
from spymaster.physics.book.flicker import remember_addition, withdraw_fresh
from spymaster.physics.book.icebergs import note_fill, note_hidden, note_refill
from spymaster.physics.book.ofi import note_displayed
from spymaster.physics.memory.indices import (
    ADD,
    ASK,
    ASK_FIELDS,
    BID,
    FILL,
    FLICKER,
    HIDDEN,
    HIGH,
    LEDGER_TICKS,
    LOW,
    OFF_BOOK,
    PENDING,
    PULL,
    TOTAL_ADDED,
    TOTAL_FILLED,
    TOTAL_HIDDEN,
    TOTAL_OFF_BOOK,
    TOTAL_PULLED,
    UNKNOWN,
)
from spymaster.physics.memory.state import Array, State

_NO_EDGE = -NO_TICK


@kernel_inlined
def index_of(s: State, tick: int) -> int:
    """Ledger index of a tick, or -1 outside the ledger's window."""
    i = tick - s.ledger.base
    if 0 <= i < LEDGER_TICKS:
        return int(i)
    return -1


@kernel_inlined
def record_flow(s: State, field: int, i: int, contracts: int) -> None:
    """Add contracts to one field of the open bucket at ledger index i >= 0."""
    ledger = s.ledger
    b = ledger.bucket
    s.flow[b, i, field] += contracts
    if i < ledger.touched[b, LOW]:
        ledger.touched[b, LOW] = i
    if i > ledger.touched[b, HIGH]:
        ledger.touched[b, HIGH] = i


@kernel
def match_pending(s: State, side: int, tick: int, wanted: int) -> int:
    """Take up to ``wanted`` contracts of traded volume waiting for a decrease at (side, tick); returns how many."""
    ledger = s.ledger
    taken = 0
    for k in range(ledger.pending_held):
        if ledger.pending[k].side == side and ledger.pending[k].tick == tick and ledger.pending[k].size > 0:
            part = min(wanted - taken, ledger.pending[k].size)
            ledger.pending[k].size -= part
            taken += part
            if taken == wanted:
                break
    return taken


@kernel
def add_pending(s: State, side: int, tick: int, contracts: int) -> bool:
    """Remember traded volume until the decrease that follows it. False when there is no room left."""
    ledger = s.ledger
    n = ledger.pending_held
    for k in range(n):
        if ledger.pending[k].side == side and ledger.pending[k].tick == tick:
            ledger.pending[k].size += contracts
            return True
    if n >= PENDING:
        return False
    ledger.pending[n].side = side
    ledger.pending[n].tick = tick
    ledger.pending[n].size = contracts
    ledger.pending_held = n + 1
    return True


@kernel
def change_size(s: State, p: Array, side: int, tick: int, change: int, before: int, t_ns: int) -> None:
    """A visible price's displayed size changed by ``change``: ADD, or FILL as far as trades wait for it and PULL.

    ``before``: what was displayed there.
    """
    ledger = s.ledger
    book = s.book
    totals = s.windows.totals[ledger.bucket]
    i = index_of(s, tick)
    note_displayed(s, side, tick, change)
    if change > 0:
        totals[TOTAL_ADDED] += change
        if i >= 0:
            record_flow(s, side * ASK_FIELDS + ADD, i, change)
            remember_addition(s, side, i, change)
            note_refill(s, p, side, i, change, t_ns)
        if tick == (book.ask if side == ASK else book.bid):
            s.icebergs.best_adds += 1
        return
    filled = 0
    if ledger.pending_held > 0:
        filled = match_pending(s, side, tick, -change)
        totals[TOTAL_FILLED] += filled
    pulled = -change - filled
    totals[TOTAL_PULLED] += pulled
    if i >= 0:
        if filled > 0:
            record_flow(s, side * ASK_FIELDS + FILL, i, filled)
            note_fill(s, p, side, i, filled, before, t_ns)
        if pulled > 0:
            record_flow(s, side * ASK_FIELDS + PULL, i, pulled)
            flickered = withdraw_fresh(s, side, i, pulled)
            if flickered > 0:
                record_flow(s, FLICKER + side, i, flickered)


@kernel
def settle_pending(s: State, t_ns: int) -> None:
    """End of a venue event: traded volume no decrease explained is hidden at a visible price, off-book elsewhere."""
    ledger = s.ledger
    totals = s.windows.totals[ledger.bucket]
    for k in range(ledger.pending_held):
        side, tick, rest = ledger.pending[k].side, ledger.pending[k].tick, ledger.pending[k].size
        if rest == 0:
            continue
        if is_visible(s, side, tick):
            totals[TOTAL_FILLED] += rest
            totals[TOTAL_ADDED] += rest
            totals[TOTAL_HIDDEN] += rest
            i = index_of(s, tick)
            if i >= 0:
                record_flow(s, side * ASK_FIELDS + ADD, i, rest)
                record_flow(s, side * ASK_FIELDS + FILL, i, rest)
                record_flow(s, side * ASK_FIELDS + HIDDEN, i, rest)
                note_hidden(s, side, i, rest, t_ns)
        else:
            off_book(s, tick, rest)
    ledger.pending_held = 0


@kernel
def off_book(s: State, tick: int, contracts: int) -> None:
    """Traded volume without a displayed counterpart: unseen price, hidden print or auction."""
    s.windows.totals[s.ledger.bucket, TOTAL_OFF_BOOK] += contracts
    i = index_of(s, tick)
    if i >= 0:
        record_flow(s, OFF_BOOK, i, contracts)


@kernel
def is_visible(s: State, side: int, tick: int) -> bool:
    """Whether a price is at least as good as the worst of the ten visible levels of its side."""
    book = s.book
    if book.status == UNKNOWN:
        return False
    if side == ASK:
        return bool(tick <= book.far_ask)
    return bool(tick >= book.far_bid)


@kernel
def clamp_index(s: State, tick: int) -> int:
    """Ledger index of a tick, clamped into [-1, LEDGER_TICKS]."""
    return int(min(max(tick - s.ledger.base, -1), LEDGER_TICKS))


@kernel
def move_edge(s: State, side: int, far: int, t_ns: int) -> None:
    """The worst visible price of a side moved to ``far``: note which prices came into sight and which went."""
    book = s.book
    if side == ASK:
        old = clamp_index(s, book.far_ask)
        new = clamp_index(s, far)
        book.far_ask = far
        for i in range(old + 1, min(new, LEDGER_TICKS - 1) + 1):
            _appear(s, ASK, i, t_ns)
        for i in range(max(new, -1) + 1, min(old, LEDGER_TICKS - 1) + 1):
            _vanish(s, ASK, i, t_ns)
    else:
        old = clamp_index(s, book.far_bid)
        new = clamp_index(s, far)
        book.far_bid = far
        for i in range(max(new, 0), old):
            _appear(s, BID, i, t_ns)
        for i in range(max(old, 0), min(new, LEDGER_TICKS)):
            _vanish(s, BID, i, t_ns)


@kernel
def _appear(s: State, side: int, i: int, t_ns: int) -> None:
    ledger = s.ledger
    ledger.seen_since[side, i] = t_ns
    ledger.depth[side, i] = 0


@kernel
def _vanish(s: State, side: int, i: int, t_ns: int) -> None:
    ledger = s.ledger
    since = ledger.seen_since[side, i]
    if since > 0:
        # one ns short: an interrupted spell never adds up to a whole bucket, even if it resumes at the same instant
        ledger.seen_ns[side, i] += t_ns - max(since, ledger.bucket_from_ns) - 1
    ledger.seen_since[side, i] = 0
    ledger.last_seen[side, i] = t_ns
    ledger.spells = 1


@kernel
def hide_book(s: State, t_ns: int) -> None:
    """Nothing is visible any more: the book is unknown."""
    book = s.book
    if book.status != UNKNOWN:
        for side in range(2):
            for i in range(LEDGER_TICKS):
                if s.ledger.seen_since[side, i] > 0:
                    _vanish(s, side, i, t_ns)
    book.far_ask = -_NO_EDGE
    book.far_bid = _NO_EDGE
    book.status = UNKNOWN
    book.shown[0] = 0
    book.shown[1] = 0


@kernel
def restart_windows(s: State, t_ns: int) -> None:
    """What was in sight counts as visible only from now on, so that no window reaches back over a doubtful time."""
    ledger = s.ledger
    ledger.restarts += 1
    for side in range(2):
        for i in range(LEDGER_TICKS):
            since = ledger.seen_since[side, i]
            if 0 < since < t_ns:
                ledger.seen_ns[side, i] += max(t_ns - max(since, ledger.bucket_from_ns), 0)
                ledger.spells = 1
                ledger.seen_since[side, i] = t_ns
