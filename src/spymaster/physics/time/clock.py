"""Event time: the clock, the grid of snaps, and the trading sessions (docs/physics.md 0)."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import F_BAD_TS_RECV, NS_PER_S
from spymaster.physics.memory.indices import W_EVENT, W_RECEIVED
from spymaster.physics.memory.state import Array, State

NEVER: Final = 2**62
"""A time that never comes."""

SILENCE_NS: Final = 1800 * NS_PER_S
"""After so much open time without a word of the future there are no snaps until the next one (docs/physics.md 0)."""

SHARE_UNKNOWN: Final = -1
SHARE_CLOSED: Final = 0
SHARE_NIGHT: Final = 1
SHARE_DAY: Final = 2
"""What shares are doing at a time."""

_WEEK_NS: Final = 7 * 86_400_000_000_000


@kernel_inlined
def record_time(w: NDArray[Any]) -> int:
    """The time of a record (words 1 ts_event, 4 ts_recv): ts_event, or ts_recv where that is undefined (-1)."""
    return int(w[W_EVENT]) if w[W_EVENT] != -1 else int(w[W_RECEIVED])


@kernel_inlined
def time_is_bad(s: State, w: NDArray[Any], flags: int, p: Array) -> bool:
    """No usable time, one far outside the calendar, or one further ahead of its capture than clocks differ."""
    t = record_time(w)
    if is_far(s, t):
        return True
    if (flags & F_BAD_TS_RECV) != 0 or w[W_RECEIVED] <= 0:
        return False
    return bool(t - w[W_RECEIVED] > p[0].ahead_reject_ns)


@kernel_inlined
def is_far(s: State, t: int) -> bool:
    """Whether a time lies more than a week outside the sessions the run is about."""
    calendar = s.calendar
    last = calendar.sessions[calendar.held - 1].close_ns
    return bool(t < calendar.sessions[0].open_ns - _WEEK_NS or t > last + _WEEK_NS)


@kernel
def open_ns_between(s: State, a: int, b: int) -> int:
    """How long the calendar says open between two times."""
    calendar = s.calendar
    total = 0
    for k in range(calendar.held):
        low = max(a, calendar.sessions[k].open_ns)
        high = min(b, calendar.sessions[k].close_ns)
        if high > low:
            total += high - low
    return total


@kernel
def snap_at_or_after(s: State, p: Array, t: int) -> int:
    """The first grid point >= t at which the calendar says open; NEVER beyond the calendar."""
    calendar = s.calendar
    step = p[0].snap_interval_ns
    for k in range(calendar.held):
        if t <= calendar.sessions[k].close_ns:
            low = max(t, calendar.sessions[k].open_ns)
            grid = (low + step - 1) // step * step
            if grid <= calendar.sessions[k].close_ns:
                return int(grid)
    return NEVER


@kernel_inlined
def target_clock(s: State, p: Array, t: int) -> int:
    """Where a record of time t takes the clock; a jump of over a minute of open time waits for a second record."""
    clock = s.clock
    if clock.now_ns == 0:
        return t
    if t <= clock.now_ns:
        return int(clock.now_ns)
    limit = p[0].jump_confirm_ns
    if t - clock.now_ns > limit and open_ns_between(s, clock.now_ns, t) > limit:
        if clock.jump_ns != 0 and t != clock.jump_ns and abs(t - clock.jump_ns) <= limit:
            return max(t, int(clock.jump_ns))
        return int(clock.now_ns)
    return t


@kernel
def is_in_hole(s: State, t_ns: int) -> bool:
    """Whether a snap at ``t_ns`` would lie half an hour of open time behind what was last heard of the future."""
    heard_ns = s.clock.heard_ns
    return bool(t_ns - heard_ns > SILENCE_NS and open_ns_between(s, heard_ns, t_ns) > SILENCE_NS)


@kernel
def pass_over(s: State, p: Array, target: int) -> None:
    """Leave out the snaps up to ``target``: nothing is known of that time."""
    clock = s.clock
    clock.hole_ns = clock.heard_ns
    clock.next_snap_ns = snap_at_or_after(s, p, target + 1)


@kernel
def in_regular_hours(s: State, t: int) -> bool:
    """Whether t lies in the regular hours of the session the clock is in."""
    calendar = s.calendar
    k = s.clock.session
    if k < 0:
        return False
    return bool(calendar.sessions[k].rth_open_ns <= t < calendar.sessions[k].rth_close_ns)


@kernel
def minutes_since_open(s: State, t: int) -> float:
    """Minutes since 09:30 ET of the session; NaN on a day without regular hours."""
    calendar = s.calendar
    k = s.clock.session
    if k < 0 or calendar.sessions[k].rth_open_ns == 0:
        return float("nan")
    return float((t - calendar.sessions[k].rth_open_ns) / 60e9)


@kernel
def in_signal_window(s: State, p: Array, t: int) -> bool:
    """Whether t lies in the profile's signal window, given in seconds of the day with 09:30 ET as the anchor."""
    calendar = s.calendar
    k = s.clock.session
    if k < 0 or calendar.sessions[k].rth_open_ns == 0:
        return False
    midnight = calendar.sessions[k].rth_open_ns - 34_200_000_000_000
    second = (t - midnight) / 1e9
    in_hours = t < calendar.sessions[k].rth_close_ns or p[0].is_spy == 0
    return bool(p[0].signal_window_start_s <= second < p[0].signal_window_end_s and in_hours)


@kernel
def share_hours(s: State, t: int) -> tuple[int, int]:
    """(what shares are doing at t, since when); shares trade on behind the future's close, so of two sessions.

    One of SHARE_UNKNOWN, SHARE_CLOSED, SHARE_NIGHT and SHARE_DAY; the time is 0 for the first two.
    """
    calendar = s.calendar
    if calendar.has_hours == 0:
        return SHARE_UNKNOWN, 0
    for k in range(max(s.clock.session - 1, 0), max(s.clock.session + 1, 0)):
        row = calendar.hours[k]
        if row.share_day_ns <= t < row.share_close_ns:
            return SHARE_DAY, int(row.share_day_ns)
        if row.share_open_ns <= t < row.share_day_ns:
            return SHARE_NIGHT, int(row.share_open_ns)
    return SHARE_CLOSED, 0
