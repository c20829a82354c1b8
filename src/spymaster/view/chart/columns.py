"""Bars of any length on a time axis: which bar stands in which column, what is missing between them and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.chart.bars import CHART_BAR, CHART_BAR_S

MINUTES: Final = (1, 2, 5, 15)
"""Lengths of a bar to choose from."""

DRAWN_NS: Final = 1200 * NS_PER_S
"""A longer time without a bar is drawn as one column: a break, or a hole in the data."""

NO_BAR: Final = -1


def bar_ns(minutes: int) -> int:
    """Length of a bar of so many minutes."""
    return minutes * CHART_BAR_S * NS_PER_S


def merged_bars(bars: NDArray[Any], minutes: int) -> NDArray[Any]:
    """Bars of so many minutes out of those of one (CHART_BAR), cut at multiples of their length.

    Of one minute too: where history ends in the minute a recording begins in, there are two bars of it.
    """
    if not len(bars):
        return bars
    each_ns = bar_ns(minutes)
    group = bars["t_ns"] // each_ns
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    out = np.zeros(len(first), CHART_BAR)
    out["t_ns"], out["open"] = group[first] * each_ns, bars["open"][first]
    out["high"] = np.maximum.reduceat(bars["high"], first)
    out["low"] = np.minimum.reduceat(bars["low"], first)
    out["volume"] = np.add.reduceat(bars["volume"], first)
    for name in ("close", "vwap", "sma_200", "sma_400"):
        out[name] = bars[name][last]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A time axis. ``bar[n]``: place of the bar in column n, NO_BAR where there is none; ``from_ns[n]``, ``to_ns[n]``:
    what time the column stands for, more than one bar's where it is a break; ``blind[n]``: whether nothing was known
    for some of it."""

    bar: NDArray[np.int64]
    from_ns: NDArray[np.int64]
    to_ns: NDArray[np.int64]
    blind: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.bar)

    def cut(self, first: int, end: int) -> Columns:
        """The columns from ``first`` to ``end`` (excluded)."""
        return Columns(self.bar[first:end], self.from_ns[first:end], self.to_ns[first:end], self.blind[first:end])

    def column_at(self, t_ns: int) -> int:
        """The column of a moment, -1 where it is outside of all."""
        at = int(np.searchsorted(self.from_ns, t_ns, side="right")) - 1
        return at if at >= 0 and t_ns < self.to_ns[at] else -1

    def is_break(self, each_ns: int) -> NDArray[np.bool_]:
        """Which columns stand for more time than they show."""
        return self.to_ns - self.from_ns > each_ns


def columns_of(t_ns: NDArray[np.int64], each_ns: int, blind: NDArray[Any]) -> Columns:
    """The columns of bars that begin at ``t_ns`` and last ``each_ns``. ``blind``: BLIND_TIME."""
    if not len(t_ns):
        nothing = np.zeros(0, np.int64)
        return Columns(nothing, nothing, nothing, np.zeros(0, np.bool_))
    missing = np.diff(t_ns) // each_ns - 1
    drawn = np.where(missing * each_ns <= DRAWN_NS, missing, 1)
    place = np.concatenate([[0], np.cumsum(1 + drawn)])
    count = int(place[-1]) + 1
    bar = np.full(count, NO_BAR, np.int64)
    bar[place] = np.arange(len(t_ns))
    held = np.maximum.accumulate(bar)
    from_ns = t_ns[held] + (np.arange(count) - place[held]) * each_ns
    to_ns = np.append(from_ns[1:], from_ns[-1] + each_ns)
    known = np.zeros(count, np.bool_)
    for start, end in blind.tolist():
        known |= (from_ns < end) & (to_ns > start) & (start < end)
    return Columns(bar, from_ns, to_ns, known)
