"""Moving the clock on, and what begins afresh with a session or after a hole in the data.

Apart from the clock itself, because it reaches into whatever has to be forgotten.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import TrustReason
from spymaster.physics.book.flows import restart_windows
from spymaster.physics.levels.touches import forget_touches
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import (
    HOLES,
    LEDGER_TICKS,
    LEVEL_SLOTS,
    TAPE_BUY,
    TAPE_SELL,
    TRUST_DEPTH,
    TRUST_TAPE,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.clock import NEVER, open_ns_between, snap_at_or_after
from spymaster.physics.time.ranges import HOLE_NS, begin_ranges, note_hole
from spymaster.physics.time.volatility import forget_mids

_GAP: Final = int(TrustReason.GAP)
_LATE: Final = int(Counter.LATE)
_JUMPS: Final = int(Counter.JUMPS)
_HOLES: Final = int(Counter.HOLES)


@kernel_inlined
def move_clock(s: State, p: Array, t: int, target: int) -> None:
    """Set the clock after the snaps that were due have been taken; notes jumps that wait and records that came late."""
    clock = s.clock
    ledger = s.ledger
    if clock.now_ns == 0:
        enter_data(s, t)
        clock.now_ns = t
        clock.first_ns = t
        clock.heard_ns = t
        clock.next_snap_ns = snap_at_or_after(s, p, t + 1)
        ledger.bucket_from_ns = t
        enter_session(s, p)
        return
    if t > target:
        clock.jump_ns = t
        s.counters[_JUMPS] += 1
        return
    clock.jump_ns = 0
    enter_data(s, t)
    if t < ledger.bucket_from_ns:
        s.counters[_LATE] += 1
    clock.now_ns = target
    if target >= clock.boundary_ns:
        enter_session(s, p)


@kernel
def enter_session(s: State, p: Array) -> None:
    """The clock crossed a session's boundary: start what begins there afresh and find the next boundary."""
    clock = s.clock
    calendar = s.calendar
    ledger = s.ledger
    now = clock.now_ns
    index = -1
    boundary = NEVER
    for k in range(calendar.held):
        row = calendar.sessions[k]
        if row.open_ns <= now <= row.close_ns:
            index = k
        for edge in (row.open_ns, row.rth_open_ns, row.rth_close_ns, row.close_ns + 1):
            if now < edge < boundary:
                boundary = edge
    clock.boundary_ns = boundary
    if index < 0:
        return
    if index == clock.session:
        return
    clock.session = index
    begin_windows(s, now)
    s.orders.cvd = 0
    for i in range(LEDGER_TICKS):
        ledger.volume[TAPE_BUY, i] = 0
        ledger.volume[TAPE_SELL, i] = 0
    for k in range(LEVEL_SLOTS):
        forget_touches(s.levels.at[k])
    if index != s.ranges.session:
        begin_ranges(s, p, index)


@kernel
def begin_windows(s: State, t_ns: int) -> None:
    """Nothing before ``t_ns`` counts any more: what price did while nobody looked is no motion."""
    motion = s.motion
    restart_windows(s, t_ns)
    motion.has_motion = 0
    motion.velocity_smooth = 0.0
    motion.mids_held = 0
    forget_mids(s)


@kernel
def hear(s: State, p: Array) -> None:
    """The future was heard of at the clock's time, or its source says that there was nothing: a hole ends here."""
    clock = s.clock
    trust = s.trust
    if clock.hole_ns != 0:
        hole = clock.hole[s.counters[_HOLES] % HOLES]
        hole.from_ns = clock.hole_ns
        hole.to_ns = clock.now_ns
        s.counters[_HOLES] += 1
        note_hole(s, clock.hole_ns, clock.now_ns)
        clock.hole_ns = 0
        # the bucket in hand would else reach back to the last snap before the hole
        s.ledger.bucket_from_ns = clock.now_ns
        begin_windows(s, clock.now_ns)
        until_ns = clock.now_ns + p[0].w_barrier_ns
        for k in (TRUST_DEPTH, TRUST_TAPE):
            if until_ns > trust.degraded_until_ns[k]:
                trust.degraded_until_ns[k] = until_ns
                trust.degraded_reason[k] = _GAP
    clock.heard_ns = clock.now_ns


@kernel_inlined
def enter_data(s: State, t_ns: int) -> None:
    """Data go on at ``t_ns``: the very first, or after a silence that must be a hole."""
    ranges = s.ranges
    if ranges.data_ns == 0:
        ranges.covered_from_ns = t_ns
    elif t_ns - ranges.data_ns > HOLE_NS and open_ns_between(s, ranges.data_ns, t_ns) > HOLE_NS:
        note_hole(s, ranges.data_ns, t_ns)
    if t_ns > ranges.data_ns:
        ranges.data_ns = t_ns
