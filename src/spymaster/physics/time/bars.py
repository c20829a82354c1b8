"""Minute bars and what is made of them: average true range, two-minute bars and their moving averages.

Formulas: docs/physics.md 6.

Bars are formed from trades as they happen, and taken ready-made for the time before the recording began. Prices are in
the profile's unit. A bar is closed by the first trade after it or by the first snap after its end.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import CHART_BAR_NS, NS_PER_S
from spymaster.physics.memory.indices import CHART_BARS, CLOSES, MINUTE_BARS
from spymaster.physics.memory.state import State
from spymaster.physics.time.ranges import note_prices

MINUTE_NS: Final = 60 * NS_PER_S
DOUBLE_NS: Final = CHART_BAR_NS
_ATR_BARS: Final = 14
_SMA_SHORT: Final = 200
_SMA_LONG: Final = 400


@kernel
def open_bar(bar: Any, start_ns: int, open_: float, high: float, low: float, close: float, volume: float) -> None:
    """Begin a bar with what is known of it."""
    bar.start_ns = start_ns
    bar.open = open_
    bar.high = high
    bar.low = low
    bar.close = close
    bar.volume = volume
    bar.trades = 1


@kernel
def extend_bar(bar: Any, high: float, low: float, close: float, volume: float) -> None:
    """More of the same bar."""
    bar.high = max(bar.high, high)
    bar.low = min(bar.low, low)
    bar.close = close
    bar.volume += volume
    bar.trades += 1


@kernel
def note_trade(s: State, t_ns: int, price: float, size: float) -> None:
    """A trade into the minute being formed and into the session's extremes; a late one counts where we are now."""
    bar = s.bars.minute
    start = t_ns // MINUTE_NS * MINUTE_NS
    if bar.trades > 0 and start > bar.start_ns:
        close_minute(s)
    if bar.trades == 0:
        open_bar(bar, start, price, price, price, price, size)
    else:
        extend_bar(bar, price, price, price, size)
    note_prices(s, t_ns, price, price, price, price, size)


@kernel
def close_due_bars(s: State, t_ns: int) -> None:
    """Close what ended by ``t_ns``."""
    bars = s.bars
    if bars.minute.trades > 0 and t_ns >= bars.minute.start_ns + MINUTE_NS:
        close_minute(s)
    if bars.double.trades > 0 and t_ns >= bars.double.start_ns + DOUBLE_NS:
        close_double(s)


@kernel
def close_minute(s: State) -> None:
    """The minute is over: into the average true range, the two-minute bar, the latest closes and the minutes held."""
    bars = s.bars
    bar = bars.minute
    before = bars.closes[(bars.minutes_held - 1) % CLOSES] if bars.minutes_held > 0 else bar.close
    update_true_range(s, bar.high, bar.low, before)
    double = bars.double
    start = bar.start_ns // DOUBLE_NS * DOUBLE_NS
    if double.trades > 0 and start > double.start_ns:
        close_double(s)
    if double.trades == 0:
        open_bar(double, start, bar.open, bar.high, bar.low, bar.close, bar.volume)
    else:
        extend_bar(double, bar.high, bar.low, bar.close, bar.volume)
    bars.closes[bars.minutes_held % CLOSES] = bar.close
    row = bars.minutes[bars.minutes_held % MINUTE_BARS]
    keep_bar(row, bar)
    row.vwap = vwap_of(s)
    row.sma_200 = bars.sma_200
    row.sma_400 = bars.sma_400
    bars.minutes_held += 1
    bar.trades = 0


@kernel
def keep_bar(row: Any, bar: Any) -> None:
    """A bar that is over into its ring."""
    row.start_ns = bar.start_ns
    row.open = bar.open
    row.high = bar.high
    row.low = bar.low
    row.close = bar.close
    row.volume = bar.volume


@kernel
def vwap_of(s: State) -> float:
    """Volume-weighted mean price of the regular hours; NaN before their first trade."""
    ranges = s.ranges
    return float(ranges.vwap_value / ranges.vwap_volume) if ranges.vwap_volume > 0.0 else math.nan


@kernel
def update_true_range(s: State, high: float, low: float, before: float) -> None:
    """Average true range of 14 one-minute bars, Wilder's smoothing with a plain mean at the start."""
    bars = s.bars
    if bars.true_ranges == 0:
        bars.true_ranges = 1
        bars.atr = high - low
        return
    spread = max(high - low, abs(high - before), abs(low - before))
    bars.true_ranges += 1
    n = min(bars.true_ranges, _ATR_BARS)
    bars.atr = ((n - 1) * bars.atr + spread) / n


@kernel
def close_double(s: State) -> None:
    """Two minutes are over: the moving averages of the closes so far, as of the last minute too."""
    bars = s.bars
    bar = bars.double
    keep_bar(bars.chart[bars.chart_held % CHART_BARS], bar)
    bars.chart_held += 1
    bars.sma_200 = mean_close(s, _SMA_SHORT)
    bars.sma_400 = mean_close(s, _SMA_LONG)
    newest = bars.minutes[(bars.minutes_held - 1) % MINUTE_BARS]
    newest.sma_200 = bars.sma_200
    newest.sma_400 = bars.sma_400
    bar.trades = 0


@kernel
def mean_close(s: State, count: int) -> float:
    """Mean of the latest closes of two-minute bars; NaN while there are fewer."""
    bars = s.bars
    held = bars.chart_held
    if held < count:
        return math.nan
    total = 0.0
    for k in range(count):
        total += bars.chart[(held - 1 - k) % CHART_BARS].close
    return total / count


@kernel
def apply_minute_bar(
    s: State, start_ns: int, open_: float, high: float, low: float, close: float, volume: float
) -> None:
    """One minute of the time before the recording: its volume is weighted with (high + low + close) / 3."""
    close_due_bars(s, start_ns)
    open_bar(s.bars.minute, start_ns, open_, high, low, close, volume)
    typical = (high + low + close) / 3.0
    note_prices(s, start_ns, high, low, close, typical, volume)
    close_minute(s)


@kernel
def approach_of(s: State, direction: int) -> tuple[float, int, float]:
    """(velocity, bars, distance) of the last ten one-minute closes, the minute being formed included.

    velocity: (last - first) / count, per minute and positive towards the level; bars: the latest closes in a row that
    moved towards it; distance: |last - first|. direction: +1 when the level is approached from below.
    """
    bars = s.bars
    forming = 1 if bars.minute.trades > 0 else 0
    held = min(bars.minutes_held, 10 - forming)
    count = held + forming
    if count < 2:
        return 0.0, 0, 0.0
    last = bars.minute.close if forming == 1 else bars.closes[(bars.minutes_held - 1) % CLOSES]
    first = bars.closes[(bars.minutes_held - held) % CLOSES]
    in_a_row = 0
    after = last
    for k in range(1 - forming, held):
        before = bars.closes[(bars.minutes_held - 1 - k) % CLOSES]
        if direction * (after - before) <= 0.0:
            break
        in_a_row += 1
        after = before
    return direction * (last - first) / count, in_a_row, abs(last - first)


@kernel
def bar_is_sound(open_: float, high: float, low: float, close: float) -> bool:
    """Whether a bar's prices can be those of a bar."""
    return bool(low <= min(open_, close) and max(open_, close) <= high)
