"""Option flow over time: calls and puts of strikes above and below spot, each in a lane of its own on one scale.

Lanes lie as strikes do: those above spot on top, then spot itself, then those below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.chart.bars import Chart
from spymaster.signals.chart.flow import FLOW_METRICS, FLOW_SPAN_NS
from spymaster.signals.frame import Frame
from spymaster.view.chart.look import axis_width
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import MISSING, price, short
from spymaster.view.drawing.plot import cell_edges, nice_above, put_bars_down, put_bars_up, put_path, put_time_axis
from spymaster.view.edges import footer
from spymaster.view.edges.tiny import tiny_rows
from spymaster.view.layout import Layout, Rect
from spymaster.view.level_detail import edge_panels
from spymaster.view.levels.items import LevelItem
from spymaster.view.options.flow_wave import CALLS, PUTS
from spymaster.view.options.texts import options_text
from spymaster.view.state import Keys, ViewState

WINDOWS_S: Final = (5, 30, 60)
"""Seconds of a column to choose from."""

FLOW_KEYS: Final[Keys] = (
    ("Esc", "back"),
    ("1 2 3", "premium, delta, gamma"),
    ("+ -", "window"),
    ("u", "total or rate"),
    ("p", "chart"),
)

_LANES: Final = (
    ("calls_above", "calls above", CALLS),
    ("puts_above", "puts above", PUTS),
    ("calls_below", "calls below", CALLS),
    ("puts_below", "puts below", PUTS),
)
_UNITS: Final = {"premium": "$", "delta": "ES contracts", "gamma": "ES contracts a point"}
_SAID: Final = {
    "premium": "paid for options",
    "delta": "delta customers took over",
    "gamma": "gamma customers took over",
}
_SIGNED: Final = frozenset(("delta", "gamma"))
_NUMBER: Final = 7
_WIDE: Final = 110
_WIDEST: Final = 4


@dataclass(frozen=True, slots=True)
class FlowState:
    """What is shown: a metric (of FLOW_METRICS), seconds of a column, and the sum of all columns so far instead of each
    column's own flow a minute."""

    metric: str = "delta"
    window_s: int = 30
    total: bool = False


def flow_panels(
    frame: Frame | None,
    items: tuple[LevelItem, ...],
    chart: Chart,
    choice: FlowState,
    state: ViewState,
    layout: Layout,
) -> Panels:
    """The rows of every panel of the layout, which is the price chart's."""
    if tiny := layout.rect("tiny"):
        return {"tiny": tiny_rows(frame, items, state, tiny.width, tiny.height)}
    out = edge_panels(frame, state, layout, state.keys or FLOW_KEYS)
    rect = layout.rects["chart"]
    out["chart_title"] = (_title(frame, choice, layout.rects["chart_title"].width, state),)
    message = _message(frame, chart)
    if message or frame is None:
        line = Line(rect.width)
        line.put(1, message, "muted")
        out["chart"] = (line.row(), *(blank(rect.width),) * (rect.height - 1))
        return out
    out["chart"] = _rows(frame, chart, choice, rect, SETS[state.glyphs])
    return out


def _message(frame: Frame | None, chart: Chart) -> str:
    """Why there is nothing to draw; empty where there is."""
    if frame is None:
        return "waiting for the first snap"
    if len(chart.flow):
        return ""
    said = options_text(frame)
    return f"{said}: there is no flow to draw" if said else "no option has traded yet"


def columns_of(
    flow: NDArray[Any], choice: FlowState, cells: int, t_ns: int
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Of each group ``cells`` columns of its flow, the newest that of ``t_ns``, and where spot was, NaN before it was
    known. A rate is a minute's; a total is of all that is remembered, seen or not."""
    span_ns = choice.window_s * NS_PER_S
    edges = cell_edges(t_ns, cells * choice.window_s, cells)
    # a span belongs to the column it begins in; a column is as many spans
    place = np.searchsorted(edges, flow["t_ns"] + FLOW_SPAN_NS // 2, side="right") - 1
    inside = (place >= 0) & (place < cells)
    out = {}
    for group, _, _ in _LANES:
        values = flow[f"{group}_{choice.metric}"]
        column = np.zeros(cells)
        np.add.at(column, place[inside], values[inside])
        if choice.total:
            column = np.cumsum(column) + values[place < 0].sum()
        else:
            column *= 60 * NS_PER_S / span_ns
        out[group] = column
    spot = np.full(cells, math.nan)
    known = flow["spot"]
    spot[place[inside]] = known[inside]
    before = known[place < 0]
    held = before[-1] if len(before) else math.nan
    for at in range(cells):
        held = spot[at] if not math.isnan(spot[at]) else held
        spot[at] = held
    return out, spot


def _rows(frame: Frame, chart: Chart, choice: FlowState, rect: Rect, glyphs: Glyphs) -> Rows:
    room = max(rect.width - axis_width(rect.width) - 1, 8)
    wide = cells_of_a_column(chart.flow, choice, room, frame.t_ns)
    flow, spot = columns_of(chart.flow, choice, room // wide, frame.t_ns)
    cells = room // wide * wide
    middle = max(rect.height // 6, 1)
    each = max((rect.height - 1 - middle) // len(_LANES), 1)
    middle = max(rect.height - 1 - each * len(_LANES), 1)
    most = max(float(np.abs(column).max()) for column in flow.values())
    top = nice_above(most) if most > 0.0 else 0.0
    out: list[Row] = []
    for at, (group, name, ink) in enumerate(_LANES):
        out += _lane(flow[group], wide, top, (name, ink), choice, rect.width, each, glyphs)
        if at == 1:
            out += _spot_lane(np.repeat(spot, wide), rect.width, middle, frame.header.spot, glyphs)
    line = Line(rect.width)
    put_time_axis(line, 0, cells, frame.t_ns, cells // wide * choice.window_s, glyphs.tick)
    line.put(cells + 1, "ET", "muted")
    out.append(line.row())
    return tuple(out + [blank(rect.width)] * (rect.height - len(out)))[: rect.height]


def cells_of_a_column(flow: NDArray[Any], choice: FlowState, room: int, t_ns: int) -> int:
    """Cells of a column: as many, up to four, as let all that is remembered be seen."""
    needed = (t_ns - int(flow["t_ns"][0])) // (choice.window_s * NS_PER_S) + 1
    return min(max(room // max(needed, 1), 1), _WIDEST)


def _lane(
    column: NDArray[np.float64],
    wide: int,
    top: float,
    about: tuple[str, str],
    choice: FlowState,
    width: int,
    rows: int,
    glyphs: Glyphs,
) -> list[Row]:
    """Bars up from a line and, of what has a sign, down from it."""
    name, ink = about
    lines = [Line(width) for _ in range(rows)]
    signed = choice.metric in _SIGNED and rows > 1
    upper = lines[: (rows + 1) // 2] if signed else lines
    lower = lines[(rows + 1) // 2 :] if signed else []
    base = upper[-1]
    base.put(0, glyphs.level_line * (len(column) * wide), "faint")
    for at, value in enumerate(column.tolist()):
        share = abs(value) / top if top else 0.0
        for x in range(at * wide, at * wide + max(wide - 1, 1)):
            if value > 0:
                put_bars_up(upper, x, share * _share(upper, lower), f"dim:{ink}", glyphs)
            elif value < 0:
                put_bars_down(lower or upper, x, share * _share(lower or upper, upper), f"dim:{ink}", glyphs)
    x = len(column) * wide + 1
    lines[0].put(x, name, ink, bold=True)
    value = float(column[-1])
    amount = MISSING if math.isnan(value) else _amount(value, choice.metric, glyphs)
    target = lines[1] if rows > 1 and width < _WIDE else lines[0]
    target.right(width - 1, amount, "text")
    if rows > 2 and top:
        both = "" if not lower else "±" if glyphs.minus != "-" else "+-"
        lines[-1].put(x, both + _plain(top, choice.metric), "muted")
    return [line.row() for line in lines]


def _share(mine: list[Line], other: list[Line]) -> float:
    """Both sides of a line have one scale, that of the side with fewer rows."""
    return min(len(mine), len(other) or len(mine)) / len(mine)


def _spot_lane(spot: NDArray[np.float64], width: int, rows: int, last: float, glyphs: Glyphs) -> list[Row]:
    lines = [Line(width) for _ in range(rows)]
    values = np.append(spot, last)
    known = values[~np.isnan(values)]
    if len(known):
        high, low = float(known.max()), float(known.min())
        span = max(high - low, 1e-9)
        places = [
            None if math.isnan(value) else min(int((high - value) / span * rows), rows - 1) if high > low else rows // 2
            for value in spot.tolist()
        ]
        put_path(lines, 0, places, "last_path", glyphs)
    x = len(spot) + 1
    line = lines[rows // 2]
    at = line.put(x, "spot ", "muted")
    line.put(at, price(last), "last_cell_text", bold=True, ground="last_cell")
    return [line.row() for line in lines]


def _amount(value: float, metric: str, glyphs: Glyphs) -> str:
    if metric not in _SIGNED:
        return _plain(value, metric)
    sign = "+" if value > 0 else glyphs.minus if value < 0 else ""
    return sign + _plain(abs(value), metric)


def _plain(value: float, metric: str) -> str:
    text = f"{value:.1f}" if 0 < value < 9.95 else short(value, _NUMBER, 9999.0)
    return f"${text}" if metric == "premium" else text


def _title(frame: Frame | None, choice: FlowState, width: int, state: ViewState) -> Row:
    line, glyphs = Line(width), SETS[state.glyphs]
    if state.note:
        return footer.note_row("", state.note, "degraded", glyphs.mark, width)
    x = line.put(1, "OPTION FLOW", "muted", bold=True) + 2
    for metric in FLOW_METRICS:
        chosen = metric == choice.metric
        x = line.put(x, metric, "bright" if chosen else "muted", bold=chosen) + 1
    x += 1
    for window_s in WINDOWS_S:
        chosen = window_s == choice.window_s
        x = line.put(x, f"{window_s} s", "bright" if chosen else "muted", bold=chosen) + 1
    x += 1
    for word, chosen in (("total", choice.total), ("rate", not choice.total)):
        x = line.put(x, word, "bright" if chosen else "muted", bold=chosen) + 1
    unit = _UNITS[choice.metric] + ("" if choice.total else ", a minute")
    said = f"{_SAID[choice.metric]}, {unit}" if width >= _WIDE else unit
    if x + 2 + len(said) < width:
        line.right(width - 1, said, "muted")
    return line.row()
