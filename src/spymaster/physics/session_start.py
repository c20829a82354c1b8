"""Moving the clock on, and what begins afresh with a session or after a hole in the data.

Apart from the clock itself, because it reaches into whatever has to be forgotten.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.book.flows import restart_windows
from spymaster.physics.levels.touches import forget_touches
from spymaster.physics.memory.state import C_HOLES, C_JUMPS, C_LATE, HOLES, LEDGER_TICKS, LEVEL_SLOTS, Array, State
from spymaster.physics.time.clock import NEVER, open_ns_between, snap_at_or_after
from spymaster.physics.time.ranges import HOLE_NS, begin_ranges, note_hole
from spymaster.physics.time.volatility import forget_mids


@kernel
def move_clock(s: State, p: Array, t: int, target: int) -> None:
    """Set the clock after the snaps that were due have been taken; notes jumps that wait and records that came late."""
    c = s.clock[0]
    if c.now_ns == 0:
        enter_data(s, t)
        c.now_ns = t
        c.first_ns = t
        c.heard_ns = t
        c.next_snap_ns = snap_at_or_after(s, p, t + 1)
        s.book[0].bucket_from_ns = t
        enter_session(s, p)
        return
    if t > target:
        c.jump_ns = t
        s.counters[C_JUMPS] += 1
        return
    c.jump_ns = 0
    enter_data(s, t)
    if t < s.book[0].bucket_from_ns:
        s.counters[C_LATE] += 1
    c.now_ns = target
    if target >= c.boundary_ns:
        enter_session(s, p)


@kernel
def enter_session(s: State, p: Array) -> None:
    """The clock crossed a session's boundary: start what begins there afresh and find the next boundary."""
    c = s.clock[0]
    m = s.market[0]
    now = c.now_ns
    index = -1
    boundary = NEVER
    for k in range(s.book[0].sessions):
        row = s.sessions[k]
        if row.open_ns <= now <= row.close_ns:
            index = k
        for edge in (row.open_ns, row.rth_open_ns, row.rth_close_ns, row.close_ns + 1):
            if now < edge < boundary:
                boundary = edge
    c.boundary_ns = boundary
    if index < 0:
        return
    if index == c.session:
        return
    c.session = index
    begin_windows(s, now)
    s.book[0].cvd = 0
    for i in range(LEDGER_TICKS):
        s.volume[0, i] = 0
        s.volume[1, i] = 0
    for k in range(LEVEL_SLOTS):
        forget_touches(s.level[k])
    if index != m.range_session:
        begin_ranges(s, p, index)


@kernel
def begin_windows(s: State, t_ns: int) -> None:
    """Nothing before ``t_ns`` counts any more: what price did while nobody looked is no motion."""
    restart_windows(s, t_ns)
    s.market[0].has_motion = 0
    s.market[0].velocity_smooth = 0.0
    forget_mids(s)


@kernel
def hear(s: State, p: Array) -> None:
    """The future was heard of at the clock's time, or its source says that there was nothing: a hole ends here."""
    c = s.clock[0]
    if c.hole_ns != 0:
        hole = s.hole[s.counters[C_HOLES] % HOLES]
        hole.from_ns = c.hole_ns
        hole.to_ns = c.now_ns
        s.counters[C_HOLES] += 1
        note_hole(s, c.hole_ns, c.now_ns)
        c.hole_ns = 0
        # the bucket in hand would else reach back to the last snap before the hole
        s.book[0].bucket_from_ns = c.now_ns
        begin_windows(s, c.now_ns)
        s.trust[0].degraded_until_ns = max(s.trust[0].degraded_until_ns, c.now_ns + p[0].w_barrier_ns)
    c.heard_ns = c.now_ns


@kernel
def enter_data(s: State, t_ns: int) -> None:
    """Data go on at ``t_ns``: the very first, or after a silence that must be a hole."""
    m = s.market[0]
    if m.data_ns == 0:
        m.covered_from_ns = t_ns
    elif t_ns - m.data_ns > HOLE_NS and open_ns_between(s, m.data_ns, t_ns) > HOLE_NS:
        note_hole(s, m.data_ns, t_ns)
    if t_ns > m.data_ns:
        m.data_ns = t_ns
