"""Event time: the clock, the grid of snaps, and the trading sessions (SPEC 4)."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import F_BAD_TS_RECV, NS_PER_S
from spymaster.physics.memory.state import Array, State

NEVER: Final = 2**62
"""A time that never comes."""

SILENCE_NS: Final = 1800 * NS_PER_S
"""After so much open time without a word of the future there are no snaps until the next one (SPEC 4)."""

_WEEK_NS: Final = 7 * 86_400_000_000_000


@kernel
def record_time(w: NDArray[Any]) -> int:
    """The time of a record (words 1 ts_event, 4 ts_recv): ts_event, or ts_recv where that is undefined (-1)."""
    return int(w[1]) if w[1] != -1 else int(w[4])


@kernel
def time_is_bad(s: State, w: NDArray[Any], flags: int, p: Array) -> bool:
    """No usable time, one far outside the calendar, or one further ahead of its capture than clocks differ."""
    t = record_time(w)
    if is_far(s, t):
        return True
    if (flags & F_BAD_TS_RECV) != 0 or w[4] <= 0:
        return False
    return bool(t - w[4] > p[0].ahead_reject_ns)


@kernel
def is_far(s: State, t: int) -> bool:
    """Whether a time lies more than a week outside the sessions the run is about."""
    last = s.sessions[s.book[0].sessions - 1].close_ns
    return bool(t < s.sessions[0].open_ns - _WEEK_NS or t > last + _WEEK_NS)


@kernel
def open_ns_between(s: State, a: int, b: int) -> int:
    """How long the calendar says open between two times."""
    total = 0
    for k in range(s.book[0].sessions):
        low = max(a, s.sessions[k].open_ns)
        high = min(b, s.sessions[k].close_ns)
        if high > low:
            total += high - low
    return total


@kernel
def snap_at_or_after(s: State, p: Array, t: int) -> int:
    """The first grid point >= t at which the calendar says open; NEVER beyond the calendar."""
    step = p[0].snap_interval_ns
    for k in range(s.book[0].sessions):
        if t <= s.sessions[k].close_ns:
            low = max(t, s.sessions[k].open_ns)
            grid = (low + step - 1) // step * step
            if grid <= s.sessions[k].close_ns:
                return int(grid)
    return NEVER


@kernel
def target_clock(s: State, p: Array, t: int) -> int:
    """Where a record of time t takes the clock; a jump of over a minute of open time waits for a second record."""
    c = s.clock[0]
    if c.now_ns == 0:
        return t
    if t <= c.now_ns:
        return int(c.now_ns)
    limit = p[0].jump_confirm_ns
    if t - c.now_ns > limit and open_ns_between(s, c.now_ns, t) > limit:
        if c.jump_ns != 0 and t != c.jump_ns and abs(t - c.jump_ns) <= limit:
            return max(t, int(c.jump_ns))
        return int(c.now_ns)
    return t


@kernel
def is_in_hole(s: State, t_ns: int) -> bool:
    """Whether a snap at ``t_ns`` would lie half an hour of open time behind what was last heard of the future."""
    heard_ns = s.clock[0].heard_ns
    return bool(t_ns - heard_ns > SILENCE_NS and open_ns_between(s, heard_ns, t_ns) > SILENCE_NS)


@kernel
def pass_over(s: State, p: Array, target: int) -> None:
    """Leave out the snaps up to ``target``: nothing is known of that time."""
    c = s.clock[0]
    c.hole_ns = c.heard_ns
    c.next_snap_ns = snap_at_or_after(s, p, target + 1)


@kernel
def in_regular_hours(s: State, t: int) -> bool:
    """Whether t lies in the regular hours of the session the clock is in."""
    k = s.clock[0].session
    if k < 0:
        return False
    return bool(s.sessions[k].rth_open_ns <= t < s.sessions[k].rth_close_ns)


@kernel
def minutes_since_open(s: State, t: int) -> float:
    """Minutes since 09:30 ET of the session; NaN on a day without regular hours."""
    k = s.clock[0].session
    if k < 0 or s.sessions[k].rth_open_ns == 0:
        return float("nan")
    return float((t - s.sessions[k].rth_open_ns) / 60e9)


@kernel
def in_signal_window(s: State, p: Array, t: int) -> bool:
    """Whether t lies in the profile's signal window, given in seconds of the day with 09:30 ET as the anchor."""
    k = s.clock[0].session
    if k < 0 or s.sessions[k].rth_open_ns == 0:
        return False
    midnight = s.sessions[k].rth_open_ns - 34_200_000_000_000
    second = (t - midnight) / 1e9
    in_hours = t < s.sessions[k].rth_close_ns or p[0].is_spy == 0
    return bool(p[0].signal_window_start_s <= second < p[0].signal_window_end_s and in_hours)
