"""How price moved over windows of the last twenty minutes, from what it was at the end of each second."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.features.memory import BINS, FLOWS_S, MICRO, MOVES_S, OPTIONS_S, RANGES_S, TRADED_S, WINDOWS_S, Memory
from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NS_PER_S

Array = NDArray[Any]

_MS_PER_S: Final = 1000
_KNOWN: Final = 0.8
"""A window of which less than this share was seen says nothing."""
_MINUTE_S: Final = 60.0
_MINUTE_NS: Final = 60 * NS_PER_S
_ACTIVE_S: Final = 300
_SIGMA_S: Final = 300


@kernel
def bin_before(bins: Array, then_ns: int) -> int:
    """The place of the last snap at ``then_ns`` or less than a second before it; -1 where there was none."""
    second = then_ns // NS_PER_S
    place = int(second & (BINS - 1))
    if bins[place].second == second and bins[place].t_ns <= then_ns:
        return place
    place = int((second - 1) & (BINS - 1))
    if bins[place].second == second - 1:
        return place
    return -1


@kernel
def look_at_motion(m: Memory, looked: Any, now_ns: int, price: float, cvd: int) -> None:
    """Moves, slopes, ranges and flows up to a snap: upwards, NaN where too little of a window was seen."""
    bins = m.bins
    for n in range(len(MOVES_S)):
        at = bin_before(bins, now_ns - MOVES_S[n] * NS_PER_S)
        looked.moves[n] = math.nan
        if at >= 0:
            looked.moves[n] = (price - bins[at].price) / math.sqrt((now_ns - bins[at].t_ns) / _MINUTE_NS)
    for n in range(len(WINDOWS_S)):
        _fit(bins, looked, n, WINDOWS_S[n], now_ns, price)
    for n in range(len(RANGES_S)):
        looked.ranges[n] = _place_in_range(bins, RANGES_S[n], now_ns, price)
    looked.activity = _activity(bins, now_ns)
    at = bin_before(bins, now_ns - _SIGMA_S * NS_PER_S)
    looked.sigma_then = bins[at].sigma_1m if at >= 0 else math.nan
    clock = m.clock[0]
    for n in range(len(FLOWS_S)):
        at = bin_before(bins, now_ns - FLOWS_S[n] * NS_PER_S)
        looked.flows[n] = math.nan
        if at >= 0 and clock.ofi_ms - bins[at].ofi_ms >= _KNOWN * FLOWS_S[n] * _MS_PER_S:
            looked.flows[n] = FLOWS_S[n] * _rate(clock.ofi - bins[at].ofi, clock.ofi_ms - bins[at].ofi_ms)
    for n in range(len(TRADED_S)):
        at = bin_before(bins, now_ns - TRADED_S[n] * NS_PER_S)
        looked.traded[n] = math.nan
        if at >= 0:
            looked.traded[n] = (cvd - bins[at].cvd) * (TRADED_S[n] * NS_PER_S / (now_ns - bins[at].t_ns))
    for n in range(len(OPTIONS_S)):
        at = bin_before(bins, now_ns - OPTIONS_S[n] * NS_PER_S)
        looked.optioned[n] = math.nan
        if at >= 0 and clock.option_ms - bins[at].option_ms >= _KNOWN * OPTIONS_S[n] * _MS_PER_S:
            flow, known_ms = clock.option_flow - bins[at].option_flow, clock.option_ms - bins[at].option_ms
            looked.optioned[n] = OPTIONS_S[n] * _rate(flow, known_ms)


@kernel
def copy_motion(one: Any, other: Any) -> None:
    """The same for another level of the snap."""
    for n in range(len(MOVES_S)):
        other.moves[n] = one.moves[n]
    for n in range(len(WINDOWS_S)):
        other.slopes[n] = one.slopes[n]
        other.bends[n] = one.bends[n]
        other.trends[n] = one.trends[n]
    for n in range(len(RANGES_S)):
        other.ranges[n] = one.ranges[n]
    other.activity = one.activity
    other.sigma_then = one.sigma_then
    for n in range(len(FLOWS_S)):
        other.flows[n] = one.flows[n]
    for n in range(len(TRADED_S)):
        other.traded[n] = one.traded[n]
    for n in range(len(OPTIONS_S)):
        other.optioned[n] = one.optioned[n]


@kernel_inlined
def _rate(micro: int, known_ms: int) -> float:
    """Millionths counted in so many milliseconds, as wholes a second."""
    return micro / MICRO / (known_ms / _MS_PER_S)


@kernel_inlined
def _slope(n: float, x: float, y: float, xx: float, xy: float) -> float:
    """Of the line through points with these sums, a second."""
    return (n * xy - x * y) / (n * xx - x * x)


@kernel
def _fit(bins: Array, looked: Any, at: int, window_s: int, now_ns: int, price: float) -> None:
    """Points a minute of the line through a window's seconds; how much steeper its later half is than its earlier one,
    points a minute each minute; and its way over the sum of its steps, -1 to 1."""
    last = now_ns // NS_PER_S
    half = window_s // 2
    n0, x0, y0, xx0, xy0 = 0.0, 0.0, 0.0, 0.0, 0.0
    n1, x1, y1, xx1, xy1 = 0.0, 0.0, 0.0, 0.0, 0.0
    first, before, path = math.nan, math.nan, 0.0
    for k in range(window_s):
        second = last - window_s + 1 + k
        one = bins[int(second & (BINS - 1))]
        if one.second != second:
            continue
        x, y = (one.t_ns - now_ns) / NS_PER_S, one.price - price
        if k < half:
            n0, x0, y0, xx0, xy0 = n0 + 1.0, x0 + x, y0 + y, xx0 + x * x, xy0 + x * y
        else:
            n1, x1, y1, xx1, xy1 = n1 + 1.0, x1 + x, y1 + y, xx1 + x * x, xy1 + x * y
        if math.isnan(first):
            first = y
        else:
            path += abs(y - before)
        before = y
    looked.slopes[at] = math.nan
    looked.bends[at] = math.nan
    looked.trends[at] = math.nan
    if n0 < _KNOWN * half or n1 < _KNOWN * half:
        return
    looked.slopes[at] = _MINUTE_S * _slope(n0 + n1, x0 + x1, y0 + y1, xx0 + xx1, xy0 + xy1)
    steeper = _slope(n1, x1, y1, xx1, xy1) - _slope(n0, x0, y0, xx0, xy0)
    looked.bends[at] = steeper * _MINUTE_S * _MINUTE_S / half
    looked.trends[at] = (before - first) / path if path > 0.0 else 0.0


@kernel
def _place_in_range(bins: Array, window_s: int, now_ns: int, price: float) -> float:
    """-1 at the low of a window, 1 at its high, 0 where it has neither."""
    last = now_ns // NS_PER_S
    low, high, seen = price, price, 0
    for second in range(last - window_s + 1, last + 1):
        one = bins[int(second & (BINS - 1))]
        if one.second == second:
            low, high, seen = min(low, one.price), max(high, one.price), seen + 1
    if seen < _KNOWN * window_s:
        return math.nan
    return ((price - low) - (high - price)) / (high - low) if high > low else 0.0


@kernel
def _activity(bins: Array, now_ns: int) -> float:
    """Points per root minute that price moved in the last five minutes, second by second."""
    last = now_ns // NS_PER_S
    total, seen, before = 0.0, 0, math.nan
    for second in range(last - _ACTIVE_S, last + 1):
        one = bins[int(second & (BINS - 1))]
        if one.second != second:
            before = math.nan
            continue
        if not math.isnan(before):
            total += (one.price - before) * (one.price - before)
            seen += 1
        before = one.price
    return math.sqrt(total / seen * _MINUTE_S) if seen >= _KNOWN * _ACTIVE_S else math.nan
