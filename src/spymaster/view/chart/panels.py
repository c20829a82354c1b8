"""The price chart as a screen: a title, candles with everything at them, the latest alerts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Frame, Mode
from spymaster.view.chart.columns import MINUTES, NO_BAR, Columns, columns_of, merged_bars
from spymaster.view.chart.labels import labels_of, put_labels
from spymaster.view.chart.look import ChartState, Look, look_at
from spymaster.view.chart.plot import AVERAGES, put_plot, sample, scale_of, time_row, volume_rows
from spymaster.view.chart.profile import area_prices, put_profile
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, Rows, Run, blank
from spymaster.view.drawing.numbers import MISSING, clock_minute, price, short
from spymaster.view.edges import footer
from spymaster.view.edges.alerts import AlertLook, alert_rows
from spymaster.view.edges.tiny import tiny_rows
from spymaster.view.layout import Layout
from spymaster.view.level_detail import edge_panels
from spymaster.view.levels.items import LevelItem, running_places
from spymaster.view.state import Keys, ViewState

CHART_KEYS: Final[Keys] = (
    ("Esc", "back"),
    ("1 2 3 4", "minutes"),
    ("← →", "scroll"),
    ("+ -", "width"),
    ("v", "profile"),
    ("e", "flow"),
)

_FULL_AMOUNT: Final = 9999.0
_WIDE: Final = 110


def chart_panels(
    frame: Frame | None,
    items: tuple[LevelItem, ...],
    chart: Chart,
    choice: ChartState,
    state: ViewState,
    layout: Layout,
) -> Panels:
    """The rows of every panel of the layout."""
    if tiny := layout.rect("tiny"):
        return {"tiny": tiny_rows(frame, items, state, tiny.width, tiny.height)}
    out = edge_panels(frame, state, layout, state.keys or CHART_KEYS)
    look = look_at(chart.bars, choice, layout, state.glyphs, state.picked)
    bars = merged_bars(chart.bars, look.minutes)
    columns = columns_of(bars["t_ns"], look.each_ns, chart.blind)
    end = max(len(columns) - choice.back, min(look.columns, len(columns)))
    columns = columns.cut(max(end - look.columns, 0), end)
    view, columns = _bars_of(bars, columns)
    newest = not len(view) or view["t_ns"][-1] == bars["t_ns"][-1]
    out["chart_title"] = (_title(view, frame, chart, newest, look, layout.rects["chart_title"].width, state),)
    if not len(view):
        line = Line(look.width)
        line.put(1, "waiting for the first bar", "muted")
        out["chart"] = (line.row(), *(blank(look.width),) * (look.height - 1))
        return out
    drawn = items if frame is None else (*items, *running_places(items, frame))
    out["chart"] = _rows(view, columns, drawn, chart, frame, look, state)
    return out


def _bars_of(bars: NDArray[Any], columns: Columns) -> tuple[NDArray[Any], Columns]:
    """The bars of some columns, and the columns with places in these."""
    there = np.flatnonzero(columns.bar != NO_BAR)
    view = bars[columns.bar[there]]
    place = np.full(len(columns), NO_BAR, np.int64)
    place[there] = np.arange(len(there))
    return view, Columns(place, columns.from_ns, columns.to_ns, columns.blind)


def _rows(
    view: NDArray[Any],
    columns: Columns,
    items: Sequence[LevelItem],
    chart: Chart,
    frame: Frame | None,
    look: Look,
    state: ViewState,
) -> Rows:
    scale = scale_of(view, items, look.rows)
    alerts = frame.alerts if frame is not None else ()
    lines = [Line(look.width) for _ in range(look.rows)]
    put_plot(lines, view, columns, items, alerts, scale, look)
    if look.profile:
        put_profile(lines, chart.profile, scale, look)
    spot = frame.header.spot if frame is not None else math.nan
    last = float(view["close"][-1]) if math.isnan(spot) else spot
    area = area_prices(chart.profile) if look.profile else None
    put_labels(lines, labels_of(items, area), last, scale, look)
    out = [line.row() for line in lines]
    out += volume_rows(view, columns, look)
    out.append(time_row(columns, look))
    if look.alerts and frame is not None:
        muted = frame.header.mode is Mode.REPLAY
        about = AlertLook(frame.t_ns, state.acked, state.picked_alert, muted, state.glyphs)
        out += [blank(look.width), *alert_rows(alerts, about, look.width, look.alerts - 1)]
    return tuple(out + [blank(look.width)] * (look.height - len(out)))[: look.height]


def _title(
    view: NDArray[Any], frame: Frame | None, chart: Chart, newest: bool, look: Look, width: int, state: ViewState
) -> Row:
    line = Line(width)
    glyphs = look.glyphs
    if state.note:
        return footer.note_row("", state.note, "degraded", glyphs.mark, width)
    unit = frame.header.profile.upper() if frame is not None else ""
    lengths = [(f" {each}", "bright*" if each == look.minutes else "muted") for each in MINUTES]
    x = line.runs(1, [(unit, "bright*"), (" ", "muted"), *lengths, (" min", "muted")])
    if not len(view):
        return line.row()
    for group in _groups(view, chart, newest, look, width >= _WIDE):
        cells = sum(len(text) for text, _ in group)
        if x + 2 + cells > width:
            break
        x = line.runs(x + 2, group)
    return line.row()


def _groups(view: NDArray[Any], chart: Chart, newest: bool, look: Look, wide: bool) -> list[list[Run]]:
    """What the title says, the foremost first: the last bar in sight, its averages, the value area."""
    last, glyphs = view[-1], look.glyphs
    rising = last["close"] >= last["open"]
    mark = glyphs.large_buy if rising else glyphs.large_sell
    fields = ("open", "high", "low", "close")
    names = fields if wide else ("o", "h", "l", "c")
    groups: list[list[Run]] = [
        [("" if newest else f"{clock_minute(int(last['t_ns']))} ", "muted"), (mark, "bid" if rising else "ask")]
    ]
    groups += [
        [(f"{n} ", "muted"), (price(float(last[f])), "text*" if f == "close" else "text")]
        for n, f in zip(names, fields, strict=True)
    ]
    amount = short(float(last["volume"]), 6, _FULL_AMOUNT)
    groups.append([("volume " if wide else "v ", "muted"), (amount, "text")])
    for column, name, role, every in reversed(AVERAGES):
        value = float(last[column])
        shown = price(value) if not math.isnan(value) else MISSING
        groups.append([(f"{sample(glyphs, every)} ", role), (name, role), (f" {shown}", "text")])
    if look.profile and (area := area_prices(chart.profile)):
        top, point, bottom = (price(value) for value in area)
        groups.append([("POC ", "level_average"), (point, "text"), ("  value ", "muted"), (f"{bottom}-{top}", "text")])
    return groups
