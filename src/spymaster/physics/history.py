"""Minute bars of the time before the recording: levels and averages begin with a past (SPEC 6.6, warm-up).

They move no clock and make no snap. Bars of the share count in profile ``spy`` when there is such a feed; then the
future's are passed over, since the ratio of their time is not known.
"""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import UNDEF_PRICE
from spymaster.physics.dispatch import fold_record
from spymaster.physics.memory.state import C_BAD_BARS, C_BARS, C_LATE_BARS, C_OTHER, Array, State
from spymaster.physics.session_start import enter_data
from spymaster.physics.time.bars import MINUTE_NS, bar_is_sound, take_bar
from spymaster.physics.time.ranges import begin_ranges

_E9: Final = 1e9


@kernel
def take_history(state: Array, p: Array, bars: NDArray[Any]) -> None:
    """bars: int64[n, 7], the vendor's one-minute bars (header, start, open, high, low, close, volume), oldest first."""
    s = state[0]
    for k in range(len(bars)):
        w = bars[k]
        key = w[0] >> 16
        wanted = s.equity[0].key if s.equity[0].configured != 0 else s.book[0].key
        if key != wanted:
            s.counters[C_OTHER] += 1
            continue
        s.counters[C_BARS] += 1
        fold_record(s, w)
        fault = take_one(s, p, w)
        if fault != 0:
            s.counters[fault] += 1


@kernel
def take_one(s: State, p: Array, w: NDArray[Any]) -> int:
    """One bar; returns 0 or the counter of its rejection."""
    start = w[1]
    m = s.market[0]
    if s.clock[0].now_ns != 0 or start + MINUTE_NS <= m.data_ns:
        return C_LATE_BARS
    if w[2] == UNDEF_PRICE or w[5] == UNDEF_PRICE or w[6] < 0:
        return C_BAD_BARS
    ratio = 1.0 if s.equity[0].configured != 0 else m.ratio
    open_, high, low, close = w[2] / _E9 / ratio, w[3] / _E9 / ratio, w[4] / _E9 / ratio, w[5] / _E9 / ratio
    if not bar_is_sound(open_, high, low, close):
        return C_BAD_BARS
    index = session_at(s, start)
    if index < 0:
        return C_BAD_BARS
    enter_data(s, start)
    if index != m.range_session:
        begin_ranges(s, p, index)
    take_bar(s, start, open_, high, low, close, float(w[6]))
    m.data_ns = start + MINUTE_NS
    return 0


@kernel
def session_at(s: State, t_ns: int) -> int:
    """Index of the trading session open at ``t_ns``, or -1."""
    for k in range(s.book[0].sessions):
        if s.sessions[k].open_ns <= t_ns < s.sessions[k].close_ns:
            return k
    return -1
