"""Extremes of the parts of a session, and whether everything they rest on was seen (docs/physics.md 6).

A part counts as whole when no hole of over a minute in the data lies inside it. Prices come from trades as they happen,
or from minute bars of the time before the recording began.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.memory.indices import R_OPENING, R_OVERNIGHT, R_PREMARKET, R_PRIOR, R_REGULAR, R_SESSION, RANGES
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.profile import add_volume, clear_profile

_MINUTE_NS: Final = 60 * NS_PER_S
HOLE_NS: Final = 1200 * NS_PER_S
"""A longer silence while the calendar says open is a hole in the data; halts and old trading pauses take 15 minutes."""


@kernel
def set_range(s: State, k: int, start_ns: int, end_ns: int) -> None:
    """Begin to follow one part of a session; none where it has no start."""
    ranges = s.ranges
    r = ranges.part[k]
    r.start_ns = start_ns
    r.end_ns = end_ns
    r.seen = 0
    r.whole = 1 if start_ns > 0 and ranges.covered_from_ns <= start_ns + _MINUTE_NS else 0


@kernel
def begin_ranges(s: State, p: Array, index: int) -> None:
    """A trading session begins (``index`` in ``s.sessions``): what was the session becomes the one before.

    The equity's sessions are regular hours: on the day after a holiday the one before is that of the day before it.
    """
    calendar = s.calendar
    ranges = s.ranges
    row = calendar.sessions[index]
    old = ranges.part[R_SESSION]
    prior = ranges.part[R_PRIOR]
    is_spy = p[0].is_spy != 0
    follows = True
    for k in range(ranges.session + 1, index):
        # a date without regular hours is no session of the equity
        if not is_spy or calendar.sessions[k].rth_open_ns > 0:
            follows = False
    if not follows:
        prior.seen = 0
    elif not is_spy or old.start_ns > 0:
        prior.seen = old.seen if old.whole != 0 else 0
        prior.high = old.high
        prior.low = old.low
        prior.close = old.close
    prior.whole = prior.seen
    regular = row.rth_open_ns > 0
    opening = row.rth_open_ns
    if is_spy:
        set_range(s, R_SESSION, opening, row.rth_close_ns)
    else:
        set_range(s, R_SESSION, row.open_ns, row.close_ns)
    set_range(s, R_OVERNIGHT, row.open_ns if regular else 0, opening)
    set_range(s, R_PREMARKET, row.premarket_open_ns if regular else 0, opening)
    set_range(s, R_OPENING, opening, row.or_end_ns)
    set_range(s, R_REGULAR, opening, row.rth_close_ns)
    ranges.vwap_value = 0.0
    ranges.vwap_volume = 0.0
    clear_profile(s)
    ranges.session = index


@kernel
def note_hole(s: State, from_ns: int, to_ns: int) -> None:
    """Nothing is known of the time between: parts of the session that reach into it are not whole."""
    ranges = s.ranges
    if to_ns > ranges.covered_from_ns:
        ranges.covered_from_ns = to_ns
    for k in range(RANGES):
        r = ranges.part[k]
        if k != R_PRIOR and min(r.end_ns, to_ns) - max(r.start_ns, from_ns) > _MINUTE_NS:
            r.whole = 0


@kernel
def note_prices(s: State, t_ns: int, high: float, low: float, close: float, typical: float, volume: float) -> None:
    """Prices traded at ``t_ns``, in the profile's unit; ``typical`` is what the volume is weighted with."""
    ranges = s.ranges
    for k in range(R_PRIOR):
        r = ranges.part[k]
        if r.start_ns <= t_ns < r.end_ns:
            if r.seen == 0 or high > r.high:
                r.high = high
            if r.seen == 0 or low < r.low:
                r.low = low
            r.close = close
            r.seen += 1
            if k == R_SESSION:
                add_volume(s, low, high, close, volume)
    opening = ranges.part[R_REGULAR].start_ns
    if 0 < opening <= t_ns:
        ranges.vwap_value += typical * volume
        ranges.vwap_volume += volume


@kernel
def is_known(r: Any, t_ns: int, at_end: bool) -> bool:
    """Whether a part's extremes may be published: seen whole, begun, and over where they are meant to be final."""
    if r.seen == 0 or r.whole == 0 or r.start_ns == 0:
        return False
    return bool(t_ns >= (r.end_ns if at_end else r.start_ns))
