"""The flow ledger: where additions, withdrawals and fills are written, and which prices are in sight.

Formulas: MBP-10 decomposition on the common visible range; prices entering or leaving the ten levels make no flow.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.market.kinds import NO_TICK
from spymaster.physics.book.flicker import remember_addition, take_fresh
from spymaster.physics.book.icebergs import note_fill, note_hidden, note_refill
from spymaster.physics.book.ofi import note_displayed
from spymaster.physics.memory.state import (
    ADD,
    ASK,
    BID,
    FILL,
    FLEETING,
    HIDDEN,
    LEDGER_TICKS,
    M_ADD,
    M_FILL,
    M_HIDDEN,
    M_OFF,
    M_PULL,
    OFF_BOOK,
    PENDING,
    PULL,
    UNKNOWN,
    Array,
    State,
)

_NO_EDGE = -NO_TICK


@kernel
def index_of(s: State, tick: int) -> int:
    """Ledger index of a tick, or -1 outside the ledger's window."""
    i = tick - s.book[0].base
    if 0 <= i < LEDGER_TICKS:
        return int(i)
    return -1


@kernel
def record_flow(s: State, field: int, i: int, contracts: int) -> None:
    """Add contracts to one field of the open bucket at ledger index i >= 0."""
    b = s.book[0].bucket
    s.flow[b, i, field] += contracts
    if i < s.touched[b, 0]:
        s.touched[b, 0] = i
    if i > s.touched[b, 1]:
        s.touched[b, 1] = i


@kernel
def take_pending(s: State, side: int, tick: int, wanted: int) -> int:
    """Take up to ``wanted`` contracts of traded volume waiting for a decrease at (side, tick); returns how many."""
    taken = 0
    for k in range(s.book[0].pending):
        if s.pending[k, 0] == side and s.pending[k, 1] == tick and s.pending[k, 2] > 0:
            part = min(wanted - taken, s.pending[k, 2])
            s.pending[k, 2] -= part
            taken += part
            if taken == wanted:
                break
    return taken


@kernel
def add_pending(s: State, side: int, tick: int, contracts: int) -> bool:
    """Remember traded volume until the decrease that follows it. False when there is no room left."""
    n = s.book[0].pending
    for k in range(n):
        if s.pending[k, 0] == side and s.pending[k, 1] == tick:
            s.pending[k, 2] += contracts
            return True
    if n >= PENDING:
        return False
    s.pending[n, 0] = side
    s.pending[n, 1] = tick
    s.pending[n, 2] = contracts
    s.book[0].pending = n + 1
    return True


@kernel
def change_size(s: State, p: Array, side: int, tick: int, change: int, before: int, t_ns: int) -> None:
    """A visible price's displayed size changed by ``change``: ADD, or FILL as far as trades wait for it and PULL.

    ``before``: what was displayed there.
    """
    mass = s.mass[s.book[0].bucket]
    i = index_of(s, tick)
    note_displayed(s, side, tick, change)
    if change > 0:
        mass[M_ADD] += change
        if i >= 0:
            record_flow(s, side * 4 + ADD, i, change)
            remember_addition(s, side, i, change)
            note_refill(s, p, side, i, change, t_ns)
        if tick == (s.book[0].ask if side == ASK else s.book[0].bid):
            s.market[0].best_adds += 1
        return
    filled = 0
    if s.book[0].pending > 0:
        filled = take_pending(s, side, tick, -change)
        mass[M_FILL] += filled
    pulled = -change - filled
    mass[M_PULL] += pulled
    if i >= 0:
        if filled > 0:
            record_flow(s, side * 4 + FILL, i, filled)
            note_fill(s, p, side, i, filled, before, t_ns)
        if pulled > 0:
            record_flow(s, side * 4 + PULL, i, pulled)
            fleeting = take_fresh(s, side, i, pulled)
            if fleeting > 0:
                record_flow(s, FLEETING + side, i, fleeting)


@kernel
def settle_pending(s: State, t_ns: int) -> None:
    """End of a venue event: traded volume no decrease explained is hidden at a visible price, off-book elsewhere."""
    b = s.book[0]
    mass = s.mass[b.bucket]
    for k in range(b.pending):
        side, tick, rest = s.pending[k, 0], s.pending[k, 1], s.pending[k, 2]
        if rest == 0:
            continue
        if is_visible(s, side, tick):
            mass[M_FILL] += rest
            mass[M_ADD] += rest
            mass[M_HIDDEN] += rest
            i = index_of(s, tick)
            if i >= 0:
                record_flow(s, side * 4 + ADD, i, rest)
                record_flow(s, side * 4 + FILL, i, rest)
                record_flow(s, side * 4 + HIDDEN, i, rest)
                note_hidden(s, side, i, rest, t_ns)
        else:
            off_book(s, tick, rest)
    b.pending = 0


@kernel
def off_book(s: State, tick: int, contracts: int) -> None:
    """Traded volume without a displayed counterpart: unseen price, hidden print or auction."""
    s.mass[s.book[0].bucket, M_OFF] += contracts
    i = index_of(s, tick)
    if i >= 0:
        record_flow(s, OFF_BOOK, i, contracts)


@kernel
def is_visible(s: State, side: int, tick: int) -> bool:
    """Whether a price is at least as good as the worst of the ten visible levels of its side."""
    b = s.book[0]
    if b.status == UNKNOWN:
        return False
    if side == ASK:
        return bool(tick <= b.far_ask)
    return bool(tick >= b.far_bid)


@kernel
def clamp_index(s: State, tick: int) -> int:
    """Ledger index of a tick, clamped into [-1, LEDGER_TICKS]."""
    return int(min(max(tick - s.book[0].base, -1), LEDGER_TICKS))


@kernel
def move_edge(s: State, side: int, far: int, t_ns: int) -> None:
    """The worst visible price of a side moved to ``far``: note which prices came into sight and which went."""
    b = s.book[0]
    if side == ASK:
        old = clamp_index(s, b.far_ask)
        new = clamp_index(s, far)
        b.far_ask = far
        for i in range(old + 1, min(new, LEDGER_TICKS - 1) + 1):
            _appear(s, ASK, i, t_ns)
        for i in range(max(new, -1) + 1, min(old, LEDGER_TICKS - 1) + 1):
            _vanish(s, ASK, i, t_ns)
    else:
        old = clamp_index(s, b.far_bid)
        new = clamp_index(s, far)
        b.far_bid = far
        for i in range(max(new, 0), old):
            _appear(s, BID, i, t_ns)
        for i in range(max(old, 0), min(new, LEDGER_TICKS)):
            _vanish(s, BID, i, t_ns)


@kernel
def _appear(s: State, side: int, i: int, t_ns: int) -> None:
    s.seen_since[side, i] = t_ns
    s.depth[side, i] = 0


@kernel
def _vanish(s: State, side: int, i: int, t_ns: int) -> None:
    since = s.seen_since[side, i]
    if since > 0:
        # one ns short: an interrupted spell never adds up to a whole bucket, even if it resumes at the same instant
        s.seen_ns[side, i] += t_ns - max(since, s.book[0].bucket_from_ns) - 1
    s.seen_since[side, i] = 0
    s.last_seen[side, i] = t_ns
    s.book[0].spells = 1


@kernel
def hide_book(s: State, t_ns: int) -> None:
    """Nothing is visible any more: the book is unknown."""
    b = s.book[0]
    if b.status != UNKNOWN:
        for side in range(2):
            for i in range(LEDGER_TICKS):
                if s.seen_since[side, i] > 0:
                    _vanish(s, side, i, t_ns)
    b.far_ask = -_NO_EDGE
    b.far_bid = _NO_EDGE
    b.status = UNKNOWN
    s.ladder[0, 0, 10] = 0
    s.ladder[1, 0, 10] = 0


@kernel
def restart_windows(s: State, t_ns: int) -> None:
    """What was in sight counts as visible only from now on, so that no window reaches back over a doubtful time."""
    for side in range(2):
        for i in range(LEDGER_TICKS):
            since = s.seen_since[side, i]
            if 0 < since < t_ns:
                s.seen_ns[side, i] += max(t_ns - max(since, s.book[0].bucket_from_ns), 0)
                s.book[0].spells = 1
                s.seen_since[side, i] = t_ns
