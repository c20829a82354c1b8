"""The price chart: two-minute bars as candles, their averages, the levels as lines, volume below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import CHART_BAR_NS, NS_PER_S
from spymaster.signals.frame import CHART_BAR, Frame
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, Rows, Run, blank
from spymaster.view.drawing.glyphs import SETS, SIGNAL_ROLES, STATE_ROLES
from spymaster.view.drawing.numbers import MISSING, clock_minute, price, short
from spymaster.view.drawing.plot import nice_above, put_bars_up, scale_text
from spymaster.view.edges import footer
from spymaster.view.edges.tiny import tiny_rows
from spymaster.view.layout import Grade, Layout, Rect, layout_for
from spymaster.view.level_detail import edge_panels
from spymaster.view.levels.items import LevelItem, running_places
from spymaster.view.market.candles import PriceScale, put_candle
from spymaster.view.state import Keys, ViewState

CHART_KEYS: Final[Keys] = (
    ("Esc", "back"),
    ("← →", "scroll"),
    ("+ -", "zoom"),
    ("End", "newest"),
)

ZOOMS: Final[tuple[tuple[int, int], ...]] = ((8, 1), (4, 1), (2, 1), (1, 1), (1, 2), (1, 4), (1, 6))
"""(bars put together, cells each) from the widest view to the closest; candles leave one cell free from two on."""

_FULL_AMOUNT: Final = 9999.0
_FITTING: Final = (5, 4, 3)
_CLOSE: Final = 4
BAR_S: Final = CHART_BAR_NS // NS_PER_S
_PRICE_STEPS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)

_SHARED: Final = ("header_left", "header_right", "trust_left", "trust_right", "time_bar", "footer", "tiny")
_LINES: Final = (
    ("sma_400", "SMA 400", "muted", 3),
    ("sma_200", "SMA 200", "level_range", 2),
    ("vwap", "VWAP", "level_average", 1),
)
"""Column, name, role, and every how many cells it is drawn: whole, dashed, dotted."""

_LEAST_SPAN: Final = 0.0006
"""Smallest span of the price axis as a share of the price: a quiet market is not blown up into a storm."""


@dataclass(frozen=True, slots=True)
class ChartState:
    """Where the chart looks: a place in ``ZOOMS``, None for what suits the number of bars, and how many bars (as drawn)
    it is moved back from the newest."""

    zoom: int | None = None
    back: int = 0


@lru_cache(maxsize=16)
def chart_rects(width: int, height: int, time_bar: bool) -> Layout:
    """Where everything stands: the rows at the edges as on the cockpit, a title, the chart."""
    base = layout_for(width, height, time_bar)
    rects = {name: rect for name, rect in base.rects.items() if name in _SHARED}
    if base.grade is Grade.TINY:
        return Layout(width, height, base.grade, rects)
    airy = height >= 36
    top = (2 if base.two_headers else 1) + (1 if airy else 0)
    rects["chart_title"] = Rect(1, top, width - 2, 1)
    top += 2 if airy else 1
    bottom = height - (1 if "time_bar" in rects else 0) - (1 if "footer" in rects else 0)
    if airy:
        bottom -= 1
        rects["rule"] = Rect(1, bottom, width - 2, 1)
    rects["chart"] = Rect(1, top, width - 2, max(bottom - top, 1))
    return Layout(width, height, base.grade, rects, two_headers=base.two_headers)


def plot_cells(layout: Layout) -> int:
    """Cells the candles have."""
    rect = layout.rect("chart")
    return max(rect.width - _axis_width(rect.width), 1) if rect else 1


def zoom_of(bars: int, state: ChartState, cells: int) -> int:
    """The zoom in use: the chosen one, or the closest at which all bars can be seen, or else a readable one."""
    if state.zoom is not None:
        return state.zoom
    return next((zoom for zoom in _FITTING if bars * ZOOMS[zoom][1] <= cells), _CLOSE)


def furthest_back(bars: int, state: ChartState, cells: int) -> int:
    """How far one may scroll: until the oldest of ``bars`` bars is at the left."""
    together, each = ZOOMS[zoom_of(bars, state, cells)]
    return max(math.ceil(bars / together) - cells // each, 0)


def chart_panels(
    frame: Frame | None,
    items: tuple[LevelItem, ...],
    bars: NDArray[Any],
    chart: ChartState,
    state: ViewState,
    layout: Layout,
) -> Panels:
    """The rows of every panel of the layout. ``bars``: CHART_BAR[n], oldest first."""
    if tiny := layout.rect("tiny"):
        return {"tiny": tiny_rows(frame, items, state, tiny.width, tiny.height)}
    out = edge_panels(frame, state, layout, state.keys or CHART_KEYS)
    rect = layout.rects["chart"]
    cells = plot_cells(layout)
    zoom = zoom_of(len(bars), chart, cells)
    shown = merged_bars(bars, ZOOMS[zoom][0])
    count = max(cells // ZOOMS[zoom][1], 1)
    end = max(len(shown) - chart.back, min(count, len(shown)))
    view = shown[max(end - count, 0) : end]
    out["chart_title"] = (_title(view, frame, zoom, end == len(shown), layout.rects["chart_title"].width, state),)
    if not len(view):
        line = Line(rect.width)
        line.put(1, "waiting for the first bar", "muted")
        out["chart"] = (line.row(), *(blank(rect.width),) * (rect.height - 1))
    else:
        look = _ChartLook(rect.width, rect.height, cells, zoom, state.glyphs, state.picked)
        drawn = items if frame is None else (*items, *running_places(items, frame))
        out["chart"] = _chart_rows(view, drawn, frame, look)
    return out


def merged_bars(bars: NDArray[Any], together: int) -> NDArray[Any]:
    """Bars of ``together`` times two minutes, cut at multiples of their length so that they stay the same."""
    if together == 1 or not len(bars):
        return bars
    group = bars["t_ns"] // (together * BAR_S * NS_PER_S)
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    out = np.zeros(len(first), CHART_BAR)
    out["t_ns"], out["open"] = bars["t_ns"][first], bars["open"][first]
    out["high"] = np.maximum.reduceat(bars["high"], first)
    out["low"] = np.minimum.reduceat(bars["low"], first)
    out["volume"] = np.add.reduceat(bars["volume"], first)
    for name in ("close", "vwap", "sma_200", "sma_400"):
        out[name] = bars[name][last]
    return out


@dataclass(frozen=True, slots=True)
class _ChartLook:
    width: int
    height: int
    cells: int
    zoom: int
    glyphs: str
    picked: str | None

    @property
    def each(self) -> int:
        return ZOOMS[self.zoom][1]


def _axis_width(width: int) -> int:
    return 20 if width >= 110 else 18 if width >= 70 else 9


def _title(view: NDArray[Any], frame: Frame | None, zoom: int, newest: bool, width: int, state: ViewState) -> Row:
    line = Line(width)
    if state.note:
        return footer.note_row("", state.note, "degraded", SETS[state.glyphs].mark, width)
    unit = frame.header.profile.upper() if frame is not None else ""
    minutes = ZOOMS[zoom][0] * BAR_S // 60
    x = line.runs(1, [(unit, "bright*"), (f" {minutes} min", "muted*")])
    if not len(view):
        return line.row()
    last = view[-1]
    rising = last["close"] >= last["open"]
    glyphs = SETS[state.glyphs]
    mark = glyphs.large_buy if rising else glyphs.large_sell
    names = ("open", "high", "low", "close") if width >= 110 else ("o", "h", "l", "c")
    fields = ("open", "high", "low", "close")
    groups: list[list[Run]] = [
        [("" if newest else f"{clock_minute(int(last['t_ns']))} ", "muted"), (mark, "bid" if rising else "ask")]
    ]
    groups += [
        [(f"{n} ", "muted"), (price(float(last[f])), "text*" if f == "close" else "text")]
        for n, f in zip(names, fields, strict=True)
    ]
    groups.append([("volume " if width >= 110 else "v ", "muted"), (_amount(float(last["volume"])), "text")])
    for column, name, role, every in reversed(_LINES):
        sample = "".join(glyphs.slopes[1] if at % every == 0 else " " for at in range(4))
        value = float(last[column])
        groups.append(
            [
                (sample.rstrip() + " ", role),
                (name, role),
                (f" {price(value) if not math.isnan(value) else MISSING}", "text"),
            ]
        )
    for group in groups:
        cells = sum(len(text) for text, _ in group)
        if x + 2 + cells > width:
            break
        x = line.runs(x + 2, group)
    return line.row()


def _amount(value: float) -> str:
    return short(value, 6, _FULL_AMOUNT)


def _chart_rows(view: NDArray[Any], items: Sequence[LevelItem], frame: Frame | None, look: _ChartLook) -> Rows:
    volume_rows = 4 if look.height >= 30 else 2 if look.height >= 14 else 0
    rows = max(look.height - volume_rows - 1, 3)
    scale = _scale_of(view, items, rows)
    lines = [Line(look.width) for _ in range(rows)]
    _put_levels(lines, items, scale, look)
    _put_averages(lines, view, scale, look)
    glyphs = SETS[look.glyphs]
    for at, bar in enumerate(view):
        put_candle(lines, at * look.each, bar, scale, look.each, glyphs)
    _put_price_axis(lines, view, items, frame, scale, look)
    out = [line.row() for line in lines]
    out += _volume(view, look, volume_rows)
    out.append(_time_axis(view, look))
    return tuple(out + [blank(look.width)] * (look.height - len(out)))[: look.height]


def _scale_of(view: NDArray[Any], items: Sequence[LevelItem], rows: int) -> PriceScale:
    """All bars, and a level or average that lies just outside of them."""
    high, low = float(np.nanmax(view["high"])), float(np.nanmin(view["low"]))
    least = max(_LEAST_SPAN * abs(high), _PRICE_STEPS[0])
    if high - low < least:
        middle = (high + low) / 2
        high, low = middle + least / 2, middle - least / 2
    reach = (high - low) * 0.15
    near = [item.price for item in items if low - reach <= item.price <= high + reach]
    high, low = max([high, *near]), min([low, *near])
    edge = (high - low) * 0.5 / rows
    return PriceScale(high + edge, low - edge, rows)


def _put_levels(lines: Sequence[Line], items: Sequence[LevelItem], scale: PriceScale, look: _ChartLook) -> None:
    glyphs = SETS[look.glyphs]
    for item in items:
        if scale.holds(item.price):
            picked = item.id == look.picked
            glyph = glyphs.level_line if not picked else glyphs.track
            lines[scale.row_of(item.price)].put(0, glyph * look.cells, f"weak:{item.role}")


def _put_averages(lines: Sequence[Line], view: NDArray[Any], scale: PriceScale, look: _ChartLook) -> None:
    """Each on its own way of drawing, so that they can be told apart without colour."""
    slopes = SETS[look.glyphs].slopes
    for column, _, role, every in _LINES:
        values = view[column]
        for at, value in enumerate(values.tolist()):
            after = values[at + 1] if at + 1 < len(values) else value
            for sub in range(look.each):
                cell = at * look.each + sub
                now = value + (after - value) * sub / look.each if not math.isnan(after) else value
                if math.isnan(now) or cell % every or cell >= look.cells or not scale.holds(now):
                    continue
                lines[scale.row_of(now)].put(cell, slopes[scale.third_of(now)], role)


def _put_price_axis(
    lines: Sequence[Line],
    view: NDArray[Any],
    items: Sequence[LevelItem],
    frame: Frame | None,
    scale: PriceScale,
    look: _ChartLook,
) -> None:
    """Prices, the levels by name at their own, and the last price; the nearest to the last price wins a row."""
    glyphs = SETS[look.glyphs]
    x = look.cells + 1
    least = (scale.top - scale.bottom) / max(len(lines) / 4, 1)
    step = next((each for each in _PRICE_STEPS if each >= least), 1000.0)
    value = math.floor(scale.top / step) * step
    while value >= scale.bottom:
        lines[scale.row_of(value)].put(x + 2, price(value), "muted")
        value -= step
    wide = _axis_width(look.width) >= 18
    for item in reversed(items):
        if not scale.holds(item.price):
            continue
        line = lines[scale.row_of(item.price)]
        line.put(x, " " * (look.width - x))
        if not item.place_only:
            line.put(x, glyphs.states[item.state], STATE_ROLES[item.state])
        picked = item.id == look.picked
        end = line.put(x + 2, price(item.price), item.role, bold=picked)
        if wide:
            line.put(end + 1, item.short, item.role, bold=picked)
        if item.signalling:
            line.put(look.width - 1, glyphs.signals[item.signal], SIGNAL_ROLES[item.signal], bold=True)
    last = frame.header.spot if frame is not None and not math.isnan(frame.header.spot) else float(view["close"][-1])
    if scale.holds(last):
        line = lines[scale.row_of(last)]
        line.put(x, glyphs.spot, "bright")
        line.put(x + 2, price(last), "last_cell_text", bold=True, ground="last_cell")
    for above in (True, False):
        _put_beyond(lines, items, scale, look, above)


def _put_beyond(
    lines: Sequence[Line], items: Sequence[LevelItem], scale: PriceScale, look: _ChartLook, above: bool
) -> None:
    """The nearest level off the chart."""
    hidden = [item for item in items if (item.price > scale.top if above else item.price < scale.bottom)]
    line, x = lines[0 if above else -1], look.cells + 1
    taken = any(scale.holds(item.price) and lines[scale.row_of(item.price)] is line for item in items)
    if not hidden or taken:
        return
    item = min(hidden, key=lambda each: abs(each.price - (scale.top if above else scale.bottom)))
    glyphs = SETS[look.glyphs]
    line.put(x, " " * (look.width - x))
    end = line.runs(x, [(glyphs.up if above else glyphs.down, "muted"), (f" {price(item.price)}", "muted")])
    if _axis_width(look.width) >= 18:
        line.put(end + 1, item.short, item.role)


def _volume(view: NDArray[Any], look: _ChartLook, rows: int) -> list[Row]:
    if not rows:
        return []
    glyphs = SETS[look.glyphs]
    lines = [Line(look.width) for _ in range(rows)]
    top = nice_above(float(np.nanmax(view["volume"], initial=1.0)))
    for at, bar in enumerate(view):
        rising = bar["close"] >= bar["open"]
        for sub in range(max(look.each - 1, 1)):
            put_bars_up(
                lines,
                at * look.each + sub,
                float(bar["volume"]) / top,
                "dim:bid" if rising else "dim:ask",
                glyphs,
            )
    lines[0].put(look.cells + 3, scale_text(top), "muted")
    lines[-1].put(look.cells + 3, "volume", "muted")
    return [line.row() for line in lines]


def _time_axis(view: NDArray[Any], look: _ChartLook) -> Row:
    """Clock times under whole hours and their parts; a mark where bars are missing."""
    line = Line(look.width)
    glyphs = SETS[look.glyphs]
    times = view["t_ns"]
    together = ZOOMS[look.zoom][0]
    each_s = together * BAR_S
    cells_s = each_s / look.each
    step_s = next((step for step in (600, 900, 1800, 3600, 7200, 14_400) if step / cells_s >= 8), 28_800)
    free = 0
    for at, t_ns in enumerate(times.tolist()):
        cell = at * look.each
        if at and t_ns - times[at - 1] > each_s * NS_PER_S * 3 // 2:
            line.put(cell, glyphs.gap, "faint")
        begins = t_ns // NS_PER_S // step_s != (t_ns // NS_PER_S - each_s) // step_s
        if begins and cell >= free and cell + 6 <= look.cells:
            line.put(cell, glyphs.tick, "faint")
            line.put(cell + 1, clock_minute(t_ns // (step_s * NS_PER_S) * step_s * NS_PER_S), "muted")
            free = cell + 8
    return line.row()
