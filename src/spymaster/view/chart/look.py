"""How the price chart is looked at, and where its parts stand at a size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.chart.bars import BLIND_TIME
from spymaster.view.between_edges import between_edges
from spymaster.view.chart.columns import bar_ns, columns_of, merged_bars
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.layout import Grade, Layout, Rect

WIDTHS: Final = (1, 2, 3, 4, 6, 8, 12, 18)
"""Cells of a bar to choose from; from two on one of them stays free."""

_FEW: Final = 24
"""With fewer bars of two minutes, those of one are shown until others are chosen."""
_READABLE: Final = 2
_NOTHING: Final = np.zeros(0, BLIND_TIME)
_AXIS: Final = ((180, 32), (140, 28), (110, 24), (70, 20), (0, 9))
_PROFILE: Final = ((180, 32), (140, 22), (110, 16), (70, 9), (0, 0))
_VOLUME: Final = ((44, 6), (30, 4), (18, 3), (14, 2), (0, 0))
_ALERTS: Final = ((50, 8), (34, 5), (0, 0))
"""Cells or rows from a width or height of the chart on."""


@dataclass(frozen=True, slots=True)
class ChartState:
    """Where the chart looks. ``minutes`` of a bar and ``cells`` of its width, 0 for what suits; ``back``: columns from
    the newest; ``profile``: whether the volume profile is drawn."""

    minutes: int = 0
    cells: int = 0
    back: int = 0
    profile: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """A chart of ``width`` by ``height`` cells. From the left: ``plot`` cells of bars, each of ``each`` cells and
    ``minutes``; ``profile`` cells; the price axis. From the top: ``rows`` of prices, ``volume`` rows, one of times,
    ``alerts`` rows."""

    width: int
    height: int
    plot: int
    profile: int
    rows: int
    volume: int
    alerts: int
    each: int
    minutes: int
    glyph_set: str
    picked: str | None

    @property
    def glyphs(self) -> Glyphs:
        """The characters in use."""
        return SETS[self.glyph_set]

    @property
    def columns(self) -> int:
        """How many bars there is room for."""
        return max(self.plot // self.each, 1)

    @property
    def axis_x(self) -> int:
        """First cell of the price axis."""
        return self.plot + self.profile + 1

    @property
    def each_ns(self) -> int:
        """Length of a bar."""
        return bar_ns(self.minutes)


@lru_cache(maxsize=16)
def chart_rects(width: int, height: int, time_bar: bool) -> Layout:
    """Where everything stands: the rows at the edges as on the cockpit, a title, the chart."""
    room = between_edges(width, height, time_bar, "chart_title")
    if room.base.grade is not Grade.TINY:
        bottom = room.bottom
        if room.airy:
            bottom -= 1
            room.rects["rule"] = Rect(1, bottom, width - 2, 1)
        room.rects["chart"] = Rect(1, room.top, width - 2, max(bottom - room.top, 1))
    return room.layout()


def axis_width(width: int) -> int:
    """Cells of the price axis and its names."""
    return _from(_AXIS, width)


def look_at(bars: NDArray[Any], state: ChartState, layout: Layout, glyph_set: str, picked: str | None) -> Look:
    """What is drawn where of one-minute ``bars``."""
    rect = layout.rects["chart"]
    profile = _from(_PROFILE, rect.width) if state.profile else 0
    plot = max(rect.width - axis_width(rect.width) - profile, 1)
    alerts = _from(_ALERTS, rect.height)
    volume = _from(_VOLUME, rect.height)
    rows = max(rect.height - alerts - volume - 1, 3)
    minutes = state.minutes or fitting_minutes(bars)
    each = state.cells or fitting_width(bars, minutes, plot)
    return Look(rect.width, rect.height, plot, profile, rows, volume, alerts, each, minutes, glyph_set, picked)


def fitting_minutes(bars: NDArray[Any]) -> int:
    """Two, or one where that makes too few bars."""
    return 2 if len(merged_bars(bars, 2)) >= _FEW else 1


def fitting_width(bars: NDArray[Any], minutes: int, plot: int) -> int:
    """The widest at which all bars can be seen, or else a readable one."""
    count = len(columns_of(merged_bars(bars, minutes)["t_ns"], bar_ns(minutes), _NOTHING))
    return next((each for each in reversed(WIDTHS) if count * each <= plot), _READABLE)


def furthest_back(bars: NDArray[Any], look: Look) -> int:
    """How far one may scroll: until the oldest bar is at the left."""
    count = len(columns_of(merged_bars(bars, look.minutes)["t_ns"], look.each_ns, _NOTHING))
    return max(count - look.columns, 0)


def next_width(each: int, by: int) -> int:
    """The width of bars beside one."""
    return WIDTHS[min(max(WIDTHS.index(each) + by, 0), len(WIDTHS) - 1)]


def _from(table: tuple[tuple[int, int], ...], size: int) -> int:
    return next(value for least, value in table if size >= least)
