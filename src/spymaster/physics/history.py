"""Minute bars of the time before the recording: levels and averages begin with a past (docs/physics.md 6, warm-up).

They move no clock and make no snap. Bars of the equity count in profile ``spy`` when there is such a feed; then the
future's are passed over, since the ratio of their time is not known.
"""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import UNDEF_PRICE
from spymaster.physics.fingerprint import fingerprint_record
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import KEY_BITS, W_EVENT, W_HEADER
from spymaster.physics.memory.state import Array, State
from spymaster.physics.session_start import enter_data
from spymaster.physics.time.bars import MINUTE_NS, apply_minute_bar, bar_is_sound
from spymaster.physics.time.ranges import begin_ranges

_OTHER_INSTRUMENT: Final = int(Counter.OTHER_INSTRUMENT)
_BARS: Final = int(Counter.BARS)
_LATE_BARS: Final = int(Counter.LATE_BARS)
_BAD_BARS: Final = int(Counter.BAD_BARS)

_E9: Final = 1e9
_OPEN: Final = 2
_HIGH: Final = 3
_LOW: Final = 4
_CLOSE: Final = 5
_VOLUME: Final = 6
"""Words of a bar."""


@kernel
def ingest_bars(state: Array, p: Array, bars: NDArray[Any]) -> None:
    """bars: int64[n, 7], the vendor's one-minute bars (header, start, open, high, low, close, volume), oldest first."""
    s = state[0]
    equity = s.equity
    for k in range(len(bars)):
        w = bars[k]
        key = w[W_HEADER] >> KEY_BITS
        wanted = equity.key if equity.configured != 0 else s.instrument.key
        if key != wanted:
            s.counters[_OTHER_INSTRUMENT] += 1
            continue
        s.counters[_BARS] += 1
        fingerprint_record(s, w)
        fault = apply_bar(s, p, w)
        if fault != 0:
            s.counters[fault] += 1


@kernel
def apply_bar(s: State, p: Array, w: NDArray[Any]) -> int:
    """One bar; returns 0 or the counter of its rejection."""
    ranges = s.ranges
    start = w[W_EVENT]
    if s.clock.now_ns != 0 or start + MINUTE_NS <= ranges.data_ns:
        return _LATE_BARS
    if w[_OPEN] == UNDEF_PRICE or w[_CLOSE] == UNDEF_PRICE or w[_VOLUME] < 0:
        return _BAD_BARS
    ratio = 1.0 if s.equity.configured != 0 else s.market.ratio
    open_, high, low, close = (
        w[_OPEN] / _E9 / ratio,
        w[_HIGH] / _E9 / ratio,
        w[_LOW] / _E9 / ratio,
        w[_CLOSE] / _E9 / ratio,
    )
    if not bar_is_sound(open_, high, low, close):
        return _BAD_BARS
    index = session_at(s, start)
    if index < 0:
        return _BAD_BARS
    enter_data(s, start)
    if index != ranges.session:
        begin_ranges(s, p, index)
    apply_minute_bar(s, start, open_, high, low, close, float(w[_VOLUME]))
    ranges.data_ns = start + MINUTE_NS
    return 0


@kernel
def session_at(s: State, t_ns: int) -> int:
    """Index of the trading session open at ``t_ns``, or -1."""
    calendar = s.calendar
    for k in range(calendar.held):
        if calendar.sessions[k].open_ns <= t_ns < calendar.sessions[k].close_ns:
            return k
    return -1
