"""Candles over time with levels, averages and alerts, the volume below them and the times below that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import AlertView
from spymaster.view.chart.columns import NO_BAR, Columns
from spymaster.view.chart.look import Look
from spymaster.view.chart.marks import put_alerts
from spymaster.view.drawing.cells import Line, Row
from spymaster.view.drawing.glyphs import Glyphs
from spymaster.view.drawing.numbers import clock_minute, day
from spymaster.view.drawing.plot import nice_above, put_bars_up, scale_text
from spymaster.view.levels.items import LevelItem
from spymaster.view.market.candles import PriceScale, put_candle

AVERAGES: Final = (
    ("sma_400", "SMA 400", "muted", 3),
    ("sma_200", "SMA 200", "level_range", 2),
    ("vwap", "VWAP", "level_average", 1),
)
"""Column, name, role, and every how many cells it is drawn: whole, dashed, dotted."""

_LEAST_SPAN: Final = 0.0006
"""Smallest span of the price axis as a share of the price: a quiet market is not blown up into a storm."""
_LEAST_STEP: Final = 0.05
_NEAR: Final = 0.15
"""A level this far outside of the bars' span, as a share of it, is let in."""
_TIME_CELLS: Final = 9
_HOUR_NS: Final = 3600 * NS_PER_S
_TIME_STEPS_MIN: Final = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)


def scale_of(view: NDArray[Any], items: Sequence[LevelItem], rows: int) -> PriceScale:
    """All bars, and a level that lies just outside of them."""
    high, low = float(np.nanmax(view["high"])), float(np.nanmin(view["low"]))
    least = max(_LEAST_SPAN * abs(high), _LEAST_STEP)
    if high - low < least:
        middle = (high + low) / 2
        high, low = middle + least / 2, middle - least / 2
    reach = (high - low) * _NEAR
    near = [item.price for item in items if low - reach <= item.price <= high + reach]
    high, low = max([high, *near]), min([low, *near])
    edge = (high - low) * 0.5 / rows
    return PriceScale(high + edge, low - edge, rows)


def first_cell(columns: Columns, look: Look) -> int:
    """Where the first column begins: the newest stands at the right."""
    return look.plot - len(columns) * look.each


def put_plot(
    lines: Sequence[Line],
    view: NDArray[Any],
    columns: Columns,
    items: Sequence[LevelItem],
    alerts: Sequence[AlertView],
    scale: PriceScale,
    look: Look,
) -> None:
    """The rows of prices. ``view``: the bars of ``columns`` and no others."""
    x = first_cell(columns, look)
    _put_unknown(lines, columns, x, look)
    _put_levels(lines, items, scale, look)
    _put_averages(lines, view, columns, x, scale, look)
    for at, place in enumerate(columns.bar.tolist()):
        if place != NO_BAR:
            put_candle(lines, x + at * look.each, view[place], scale, look.each, look.glyphs)
    put_alerts(lines, alerts, view, columns, x, scale, look)


def _put_unknown(lines: Sequence[Line], columns: Columns, x: int, look: Look) -> None:
    """Hatch where nothing was known, a dotted column where time was left out or some of a bar's was blind."""
    breaks = columns.is_break(look.each_ns)
    for at in np.flatnonzero(columns.blind | breaks).tolist():
        if columns.blind[at] and columns.bar[at] == NO_BAR:
            glyph, ink, cells = look.glyphs.hatch, "hatch", look.each
        else:
            glyph, ink, cells = look.glyphs.gap, "faint", 1
        for line in lines:
            line.put(x + at * look.each, glyph * cells, ink)


def _put_levels(lines: Sequence[Line], items: Sequence[LevelItem], scale: PriceScale, look: Look) -> None:
    for item in sorted(items, key=lambda item: item.id == look.picked):
        if scale.holds(item.price):
            glyph = look.glyphs.track if item.id == look.picked else look.glyphs.level_line
            lines[scale.row_of(item.price)].put(0, glyph * look.plot, f"weak:{item.role}")


def _put_averages(
    lines: Sequence[Line], view: NDArray[Any], columns: Columns, x: int, scale: PriceScale, look: Look
) -> None:
    """Each on its own way of drawing, so that they can be told apart without colour; none over a break."""
    places = columns.bar.tolist()
    breaks = columns.is_break(look.each_ns).tolist()
    for name, _, role, every in AVERAGES:
        values = view[name].tolist()
        by_column = [values[place] if place != NO_BAR else math.nan for place in places]
        for at, value in enumerate(by_column):
            if breaks[at] or math.isnan(value):
                continue
            after = by_column[at + 1] if at + 1 < len(by_column) else value
            for sub in range(look.each):
                now = value + (after - value) * sub / look.each if not math.isnan(after) else value
                if scale.holds(now) and (at * look.each + sub) % every == 0:
                    glyph = look.glyphs.slopes[scale.third_of(now)]
                    lines[scale.row_of(now)].put(x + at * look.each + sub, glyph, role)


def volume_rows(view: NDArray[Any], columns: Columns, look: Look) -> list[Row]:
    """Volume of each bar, in the colour of its candle."""
    if not look.volume:
        return []
    lines = [Line(look.width) for _ in range(look.volume)]
    top = nice_above(float(np.nanmax(view["volume"], initial=1.0)))
    x = first_cell(columns, look)
    for at, place in enumerate(columns.bar.tolist()):
        if place == NO_BAR:
            continue
        bar = view[place]
        ink = "dim:bid" if bar["close"] >= bar["open"] else "dim:ask"
        for sub in range(max(look.each - 1, 1)):
            put_bars_up(lines, x + at * look.each + sub, float(bar["volume"]) / top, ink, look.glyphs)
    lines[0].put(look.plot + 1, scale_text(top), "muted")
    lines[-1].put(look.plot + 1, "volume", "muted")
    return [line.row() for line in lines]


def time_row(columns: Columns, look: Look) -> Row:
    """Times of the day in New York under their bars, the date where a day begins."""
    line = Line(look.width)
    x, glyphs = first_cell(columns, look), look.glyphs
    step_ns = _time_step_ns(look)
    breaks = columns.is_break(look.each_ns)
    free, before = 0, ""
    last_step = None
    for at, t_ns in enumerate(columns.from_ns.tolist()):
        cell = x + at * look.each
        today, step = day(t_ns - t_ns % _HOUR_NS), _local(t_ns) // step_ns
        if breaks[at]:
            line.put(cell, glyphs.gap, "faint")
            last_step = None
            continue
        new_day = bool(before) and today != before
        if (new_day or (step != last_step and _local(t_ns) % step_ns == 0)) and _fits(cell, free, look):
            text = today if new_day else clock_minute(t_ns)
            line.put(cell, glyphs.tick, "faint")
            line.put(cell + 1, text, "text" if new_day else "muted")
            free = cell + len(text) + 3
            before = today
        last_step, before = step, before or today
    line.put(look.axis_x + 2, "ET", "muted")
    return line.row()


def _fits(cell: int, free: int, look: Look) -> bool:
    return cell >= free and cell + 6 <= look.axis_x


def _local(t_ns: int) -> int:
    """Nanoseconds of the day in New York."""
    text = clock_minute(t_ns)
    if not text[0].isdigit():
        return t_ns
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 * NS_PER_S


def _time_step_ns(look: Look) -> int:
    cells_per_minute = look.each / look.minutes
    least = _TIME_CELLS / cells_per_minute
    return next((step for step in _TIME_STEPS_MIN if step >= least), _TIME_STEPS_MIN[-1]) * 60 * NS_PER_S


def sample(glyphs: Glyphs, every: int) -> str:
    """How an average is drawn, four cells of it."""
    return "".join(glyphs.slopes[1] if at % every == 0 else " " for at in range(4)).rstrip()
