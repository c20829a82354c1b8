"""Indicators and levels from minute bars a second time, in plain Python and in the plainest way.

Written from the definitions alone: nothing here shares code, arrays or integers with the program. Bars are those of one
instrument, oldest first, stamped at their start; a bar counts once it has ended. Times are ns UTC, prices are floats in
the bars' unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
S = 1_000_000_000
MINUTE = 60 * S


@dataclass(frozen=True)
class Bar:
    """One bar; ``length_ns`` from ``start_ns``."""

    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    length_ns: int = MINUTE

    @property
    def end_ns(self) -> int:
        """When it is closed."""
        return self.start_ns + self.length_ns


@dataclass(frozen=True)
class Day:
    """One trade date: Globex hours from 18:00 New York of the evening before, and the stock market's regular hours.

    ``rth_close`` and ``close`` are those of the date itself, earlier on a short day.
    """

    date: dt.date
    open_ns: int
    close_ns: int
    premarket_ns: int
    rth_open_ns: int
    or_end_ns: int
    rth_close_ns: int


def usual_day(date: dt.date) -> Day:
    """A trade date with the usual hours: 18:00 the evening before to 17:00, regular 09:30 to 16:00."""

    def at(day: dt.date, hour: int, minute: int = 0) -> int:
        return int(dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).timestamp()) * S

    evening = date - dt.timedelta(days=1)
    return Day(date, at(evening, 18), at(date, 17), at(date, 4), at(date, 9, 30), at(date, 9, 45), at(date, 16))


def closed(bars: Iterable[Bar], t_ns: int) -> list[Bar]:
    """The bars that have ended by a moment."""
    return [bar for bar in bars if bar.end_ns <= t_ns]


def two_minute_bars(bars: Iterable[Bar]) -> list[Bar]:
    """Two-minute bars that begin on even minutes, of the minutes there are: none where both are missing."""
    halves: dict[int, list[Bar]] = {}
    for bar in bars:
        halves.setdefault(bar.start_ns // (2 * MINUTE), []).append(bar)
    return [
        Bar(
            start_ns=number * 2 * MINUTE,
            open=parts[0].open,
            high=max(part.high for part in parts),
            low=min(part.low for part in parts),
            close=parts[-1].close,
            volume=fsum(part.volume for part in parts),
            length_ns=2 * MINUTE,
        )
        for number, parts in sorted(halves.items())
    ]


def sma(bars: Sequence[Bar], count: int) -> float | None:
    """The mean close of the last ``count`` bars; None with fewer."""
    return fsum(bar.close for bar in bars[-count:]) / count if len(bars) >= count else None


def sma_of_two_minutes(bars: Iterable[Bar], count: int, t_ns: int) -> float | None:
    """SMA_200 or SMA_400 at a moment: over closed two-minute bars, whatever sessions they lie in."""
    return sma(closed(two_minute_bars(bars), t_ns), count)


def true_range(bar: Bar, before: Bar | None) -> float:
    """High less low, widened to the close before."""
    if before is None:
        return bar.high - bar.low
    return max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close))


def wilder_atr(bars: Iterable[Bar], length: int = 14) -> list[float]:
    """The average true range after each bar, as charting tools start it: the n-th of the first bars weighs 1/n."""
    values: list[float] = []
    before: Bar | None = None
    for number, bar in enumerate(bars, 1):
        share = min(number, length)
        last = values[-1] if values else 0.0
        values.append(((share - 1) * last + true_range(bar, before)) / share)
        before = bar
    return values


def vwap(bars: Iterable[Bar], from_ns: int, t_ns: int) -> float | None:
    """Volume-weighted price of the closed bars that begin at ``from_ns`` or later, each at its typical price."""
    counted = [bar for bar in closed(bars, t_ns) if bar.start_ns >= from_ns]
    volume = fsum(bar.volume for bar in counted)
    if volume == 0.0:
        return None
    return fsum((bar.high + bar.low + bar.close) / 3.0 * bar.volume for bar in counted) / volume


def vwap_of_trades(trades: Iterable[tuple[int, float, float]], from_ns: int, t_ns: int) -> float | None:
    """The same over trades (time, price, size) from ``from_ns`` until before ``t_ns``: what bars can only approach."""
    counted = [(price, size) for time, price, size in trades if from_ns <= time < t_ns]
    volume = fsum(size for _, size in counted)
    return fsum(price * size for price, size in counted) / volume if volume else None


def extremes(bars: Iterable[Bar], from_ns: int, until_ns: int, t_ns: int) -> tuple[float, float] | None:
    """(high, low) of the closed bars that lie within a span; None without any."""
    inside = [bar for bar in closed(bars, t_ns) if from_ns <= bar.start_ns and bar.end_ns <= until_ns]
    return (max(bar.high for bar in inside), min(bar.low for bar in inside)) if inside else None


def prior_day(bars: Sequence[Bar], before: Day, *, regular: bool) -> tuple[float, float, float] | None:
    """(high, low, close) of the day before: its whole Globex session, or (``regular``) its regular hours."""
    span = (before.rth_open_ns, before.rth_close_ns) if regular else (before.open_ns, before.close_ns)
    inside = [bar for bar in bars if span[0] <= bar.start_ns and bar.end_ns <= span[1]]
    found = extremes(inside, *span, span[1])
    return (*found, inside[-1].close) if found else None


def levels_at(bars: Sequence[Bar], today: Day, before: Day | None, t_ns: int, *, is_spy: bool) -> dict[str, float]:
    """Every bar-made level that has a value at a moment, by its kind's name. A span still open counts as far as it is.

    OR is known once 09:45 has come; the others have a value from their first closed bar on.
    """
    spans = {
        "PM": (today.premarket_ns, today.rth_open_ns),
        "SESSION": (today.rth_open_ns, today.rth_close_ns) if is_spy else (today.open_ns, today.close_ns),
    }
    if t_ns >= today.or_end_ns:
        spans["OR"] = (today.rth_open_ns, today.or_end_ns)
    if not is_spy:
        spans["ON"] = (today.open_ns, today.rth_open_ns)
    found: dict[str, float] = {}
    for name, span in spans.items():
        if (pair := extremes(bars, *span, t_ns)) is not None:
            found[f"{name}_HIGH"], found[f"{name}_LOW"] = pair
    if before is not None and (prior := prior_day(closed(bars, t_ns), before, regular=is_spy)) is not None:
        found["PD_HIGH"], found["PD_LOW"], found["PD_CLOSE"] = prior
    averages = {f"SMA_{count}": sma_of_two_minutes(bars, count, t_ns) for count in (200, 400)}
    averages["VWAP"] = vwap(bars, today.rth_open_ns, t_ns)
    return found | {name: value for name, value in averages.items() if value is not None}
