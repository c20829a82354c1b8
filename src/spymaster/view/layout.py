"""Which panel stands where for a terminal of a given size: a pure function from size to cells."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

BAND: Final = 8
"""Cells of a heat band: a changed cell costs its whole band, so bands are narrow."""

TRADED: Final = 21
"""Cells of the ladder's last column where it tells by whom was traded: sold, bought, their difference and the sum."""

MIN_WIDTH: Final = 40
MIN_HEIGHT: Final = 12
_MAX_HEAT: Final = 24 * BAND


class Grade(enum.Enum):
    """The arrangement: four lines only, one column of panels, or the full grids."""

    TINY = 0
    SMALL = 1
    MEDIUM = 2
    BIG = 3


@dataclass(frozen=True, slots=True)
class Rect:
    """Cells of a panel: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LadderGrid:
    """Widths of the ladder's columns; 0 where a column is left out. Between two columns stands one blank cell."""

    flow: int
    size: int
    price: int
    volume: int

    @property
    def width(self) -> int:
        """Cells of the whole ladder."""
        return sum(w + 1 for w in self.columns if w) - 1

    @property
    def columns(self) -> tuple[int, ...]:
        """Widths from left to right: P/S, bid, price, ask, P/S, volume."""
        return (self.flow, self.size, self.price, self.size, self.flow, self.volume)


@dataclass(frozen=True, slots=True)
class TableGrid:
    """Widths of the level table's columns; 0 where a column is left out."""

    signal: int = 1
    level: int = 10
    price: int = 6
    dist: int = 5
    state: int = 12
    chance: int = 0
    score: int = 3
    meter: int = 15
    conf: int = 4
    components: int = 9
    number: int = 0
    runway: int = 0
    confluence: int = 0

    @property
    def left(self) -> int:
        """Cells of the left cut: the mark, then signal to meter, then a gap."""
        columns = (self.signal, self.level, self.price, self.dist, self.state, self.chance, self.score, self.meter)
        return 1 + sum(w + 1 for w in columns if w)

    @property
    def right(self) -> int:
        """Cells of the right cut: confidence to confluence."""
        columns = (self.conf, self.components, self.number, self.number, self.number, self.runway, self.confluence)
        return max(sum(w + 1 for w in columns if w) - 1, 0)


@dataclass(frozen=True, eq=False)
class Layout:
    """The rectangles of all panels by name, and what their inside depends on.

    ``axis_rows``: rows of the price axis. ``level_rows``: levels in the table. ``seconds``: of one heat column.
    ``bands``: rectangles of the heat bands from left to right; the heat's width is their sum.
    """

    width: int
    height: int
    grade: Grade
    rects: dict[str, Rect]
    axis_rows: int = 0
    level_rows: int = 0
    seconds: int = 1
    bands: tuple[int, ...] = ()
    ladder: LadderGrid = LadderGrid(0, 0, 0, 0)
    table: TableGrid = TableGrid()
    two_heads: bool = False
    two_headers: bool = False

    @property
    def heat_width(self) -> int:
        """Cells of the heatmap."""
        return sum(self.bands)

    def rect(self, name: str) -> Rect | None:
        """Cells of a panel, None where it is left out."""
        return self.rects.get(name)


_BIG_TABLE: Final = TableGrid(10, 11, 6, 5, 12, 4, 3, 21, 4, 15, 3, 16, 2)
_WIDE_TABLE: Final = TableGrid(1, 10, 6, 5, 12, 4, 3, 21, 4, 15, 3, 0, 0)
_MEDIUM_TABLE: Final = TableGrid()


@lru_cache(maxsize=32)
def layout_for(width: int, height: int, time_bar: bool = False) -> Layout:
    """The arrangement for a terminal of ``width`` x ``height`` cells; ``time_bar``: the last rows are a replay's."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return Layout(width, height, Grade.TINY, {"tiny": Rect(0, 0, width, min(height, 4))})
    big, medium = width >= 200 and height >= 50, width >= 120 and height >= 30
    return _arrange(_Plan(width, height, time_bar, Grade.BIG if big else Grade.MEDIUM if medium else Grade.SMALL))


@dataclass(frozen=True, slots=True)
class _Plan:
    width: int
    height: int
    time_bar: bool
    grade: Grade


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths of heat, rail, ladder and side column (0: left out) and the gap before the side column."""

    heat: int
    rail: int
    ladder: LadderGrid
    side: int = 0
    side_gap: int = 1


def _columns(plan: _Plan) -> _Columns:
    width = plan.width
    if plan.grade is Grade.BIG:
        heat = min(72 + (width - 200) // BAND * BAND, _MAX_HEAT)
        return _Columns(heat, 22, LadderGrid(5, 8, 9, TRADED), width - 1 - (heat + 88), 2)
    if width >= 112:
        rail = 22 if width >= 125 else 17
        side = 39 if width >= 176 else 17
        heat = min((width - rail - side - 46) // BAND * BAND, _MAX_HEAT)
        return _Columns(heat, rail, LadderGrid(5, 8, 8, 2), width - heat - rail - 46)
    if width >= 100:
        return _Columns(width - 62, 17, LadderGrid(5, 8, 8, 2))
    if width >= 64:
        return _Columns(width - 58, 16, LadderGrid(5, 8, 8, 0))
    if width >= 48:
        return _Columns(0, min(width - 41, 22), LadderGrid(5, 8, 8, 0))
    return _Columns(0, min(width - 29, 16), LadderGrid(0, 8, 8, 0))


@dataclass(frozen=True, slots=True)
class _Rows:
    """First row and height of what stands above and below the axis; -1 where left out."""

    headers: int
    heads: int
    head_y: int
    axis_y: int
    axis: int
    foot: int
    rule: int
    table_head: int
    table: int
    levels: int
    note: int
    bar: int
    keys: int
    alert: int = -1


def _rows(plan: _Plan) -> _Rows:
    height, bar = plan.height, plan.time_bar
    last_bar = height - 2 if bar else -1
    if plan.grade is Grade.BIG:
        more = _spared(plan)
        axis = height - 23 - more
        foot = 5 + axis
        levels, note = 12 - bar + more, height - 2 - bar
        return _Rows(2, 2, 3, 5, axis, foot, foot + 1, foot + 2, foot + 4, levels, note, last_bar, height - 1)
    if plan.grade is Grade.MEDIUM:
        more = _spared(plan)
        axis = height - 18 - more
        foot = 4 + axis
        note = height - 2 - bar
        return _Rows(2, 2, 2, 4, axis, foot, foot + 1, foot + 2, foot + 3, 8 + more, note, last_bar, height - 1)
    return _small_rows(plan)


def _spared(plan: _Plan) -> int:
    """Rows of a tall terminal that the axis gives to the level table: far from the price it is nothing but hatch."""
    return min(max(plan.height - (70 if plan.grade is Grade.BIG else 50), 0) // 2, 16)


def _small_rows(plan: _Plan) -> _Rows:
    """Rows for one column of panels: what is least needed goes first as the height shrinks; the axis keeps nine."""
    height = plan.height
    headers = 2 if plan.width >= 100 and height >= 24 else 1
    left = height - headers - 9
    take = _Taker(left)
    levels = take(1)
    keys = take(1)
    bar = take(1) if plan.time_bar else 0
    heads = take(1)
    foot = take(1)
    alert = take(1)
    note = take(1)
    levels += take(3)
    levels += take(4) if height >= 30 and take.left >= 4 else 0
    rule = take(1) if height >= 30 else 0
    levels += take(_spared(plan))
    axis = 9 + take.left
    head_y = headers if heads else -1
    axis_y = headers + heads
    foot_y = axis_y + axis
    table = foot_y + foot
    after = table + levels
    rule_y = after if rule else -1
    note_y = after + rule if note else -1
    alert_y = after + rule + note if alert else -1
    bottom = height - 1
    return _Rows(
        headers,
        heads,
        head_y,
        axis_y,
        axis,
        foot_y if foot else -1,
        rule_y,
        -1,
        table,
        levels,
        note_y,
        bottom - 1 if bar else -1,
        bottom if keys else -1,
        alert_y,
    )


class _Taker:
    """Hands out rows until none are left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, wanted: int) -> int:
        given = max(min(wanted, self.left), 0)
        self.left -= given
        return given


def _arrange(plan: _Plan) -> Layout:
    columns, rows = _columns(plan), _rows(plan)
    rects: dict[str, Rect] = {}
    _place_header(plan, rows, rects)
    _place_axis(columns, rows, rects)
    table = _table(plan)
    _place_bottom(plan, rows, table, rects)
    first = columns.heat % BAND or min(BAND, columns.heat)
    bands = (first, *([BAND] * ((columns.heat - first) // BAND))) if columns.heat else ()
    x = 1
    for index, width in enumerate(bands):
        rects[f"heat_{index}"] = Rect(x, rows.axis_y, width, rows.axis)
        x += width
    seconds = {Grade.BIG: 1, Grade.MEDIUM: 2}.get(plan.grade, 4 if plan.width < 100 else 2)
    return Layout(
        plan.width,
        plan.height,
        plan.grade,
        rects,
        rows.axis,
        rows.levels,
        seconds,
        bands,
        columns.ladder,
        table,
        rows.heads == 2,
        rows.headers == 2,
    )


def _place_header(plan: _Plan, rows: _Rows, rects: dict[str, Rect]) -> None:
    width = plan.width
    right = 60 if width >= 160 else 30 if width >= 100 else 18 if width >= 60 else 16
    rects["header_left"] = Rect(0, 0, width - right, 1)
    rects["header_right"] = Rect(width - right, 0, right, 1)
    if rows.headers == 2:
        right = 40 if width >= 120 else 20
        rects["trust_left"] = Rect(1, 1, width - 2 - right, 1)
        rects["trust_right"] = Rect(width - 1 - right, 1, right, 1)


def _place_axis(columns: _Columns, rows: _Rows, rects: dict[str, Rect]) -> None:
    y, height, x = rows.axis_y, rows.axis, 1
    if columns.heat:
        if rows.heads:
            rects["heat_head"] = Rect(x, rows.head_y, columns.heat, rows.heads)
        if rows.foot >= 0:
            rects["time_axis"] = Rect(x, rows.foot, columns.heat, 1)
        x += columns.heat + 1
    rects["rail"] = Rect(x, y, columns.rail, height)
    if rows.heads:
        rects["rail_head"] = Rect(x, rows.head_y, columns.rail, rows.heads)
    if rows.foot >= 0:
        rects["rail_foot"] = Rect(x, rows.foot, columns.rail, 1)
    x += columns.rail + 1
    ladder = columns.ladder
    if rows.heads:
        rects["ladder_head"] = Rect(x, rows.head_y, ladder.width, rows.heads)
    if rows.foot >= 0:
        rects["ladder_foot"] = Rect(x, rows.foot, ladder.width, 1)
    names = ("flow_bid", "bid", "price", "ask", "flow_ask", "volume")
    end = x + ladder.width
    for name, width in zip(names, ladder.columns, strict=True):
        if width:
            rects[name] = Rect(x, y, min(width + 1, end - x), height)
            x += width + 1
    if columns.side:
        _place_side(columns, rows, x - 1 + columns.side_gap, rects)


def _place_side(columns: _Columns, rows: _Rows, x: int, rects: dict[str, Rect]) -> None:
    top = rows.head_y if rows.heads else rows.axis_y
    height = rows.axis + rows.heads + (rows.foot >= 0)
    if columns.side_gap > 1:
        tape = 7 if rows.axis >= 37 else 5
        height -= tape + 1
        rects["tape"] = Rect(x, top + height + 1, columns.side, tape)
    rects["side"] = Rect(x, top, columns.side, height)


def _table(plan: _Plan) -> TableGrid:
    if plan.grade is Grade.BIG:
        return _BIG_TABLE
    if plan.grade is Grade.MEDIUM:
        return _WIDE_TABLE if plan.width >= 176 else _MEDIUM_TABLE
    width = plan.width
    if width >= 92:
        return TableGrid(meter=21, components=15)
    if width >= 72:
        return TableGrid(meter=21, components=0)
    if width >= 62:
        return TableGrid(meter=11, components=0)
    if width >= 48:
        return TableGrid(meter=0, components=0)
    return TableGrid(dist=0, meter=0, conf=0, components=0)


def _place_bottom(plan: _Plan, rows: _Rows, table: TableGrid, rects: dict[str, Rect]) -> None:
    inner, right = plan.width - 2, table.right
    y, height = rows.table, rows.levels
    rects["levels_left"] = Rect(1, y, min(table.left, inner), height)
    if right and table.left + right <= inner:
        rects["levels_right"] = Rect(1 + table.left, y, right, height)
    if rows.rule >= 0:
        rects["rule"] = Rect(1, rows.rule, inner, 1)
    if plan.grade in (Grade.BIG, Grade.MEDIUM):
        rects["levels_head"] = Rect(1, rows.table_head, table.left + right, y - rows.table_head)
        x = 135 if plan.grade is Grade.BIG else 1 + table.left + right + 6
        _place_alerts(plan, rows, x, rects)
    elif rows.alert >= 0:
        rects["alerts"] = Rect(1, rows.alert, inner, 1)
    if rows.note >= 0:
        rects["note"] = Rect(1, rows.note, inner, 1)
    if rows.bar >= 0:
        rects["time_bar"] = Rect(0, rows.bar, plan.width, 1)
    if rows.keys >= 0:
        rects["footer"] = Rect(0, rows.keys, plan.width, 1)


def _place_alerts(plan: _Plan, rows: _Rows, x: int, rects: dict[str, Rect]) -> None:
    width = plan.width - 1 - x
    if plan.grade is Grade.BIG:
        rects["alerts"] = Rect(x, rows.table_head, width, 1 + rows.table - rows.table_head - 1 + rows.levels)
        return
    # a replay's time bar takes one row, which is the one between the two
    rects["alerts"] = Rect(x, rows.table_head, width, 5)
    rects["tape"] = Rect(x, rows.table_head + 6 - plan.time_bar, width, 4)
