"""One column of the heatmap: resting liquidity, barrier states, the fate of liquidity, the path, and trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK
from spymaster.market.rows import BarrierState
from spymaster.signals.frame import UNSEEN
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import style
from spymaster.view.drawing.glyphs import SETS, STATE_ROLES, Glyphs
from spymaster.view.market.heat_fate import SHARE_OF_TOP, fates
from spymaster.view.market.heat_history import HeatHistory, Second
from spymaster.view.market.heat_scale import STEPS, HeatScale
from spymaster.view.state import Layers

MOST_CELLS: Final = 6
"""A trade is drawn no longer than this."""

_SILENT: Final = frozenset({int(BarrierState.NEUTRAL), int(BarrierState.MISSING)})


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Everything a column depends on besides what is remembered. ``halves``: two prices in a cell; ``shades``: steps
    are drawn as characters, for a terminal with too few colours."""

    axis: PriceAxis
    seconds: int
    scale: HeatScale
    layers: Layers
    stale: bool
    halves: bool
    glyphs: str
    shades: bool = False


@dataclass(slots=True)
class Column:
    """A painted column by row: a character, its style, and whether a level's line may be seen there."""

    chars: list[str]
    names: list[str]
    free: list[bool]

    def differs(self, other: Column) -> list[int]:
        """The rows that do not look the same."""
        mine = zip(self.chars, self.names, self.free, strict=True)
        theirs = zip(other.chars, other.names, other.free, strict=True)
        return [row for row, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]


def empty_column(rows: int) -> Column:
    """Before the recording: nothing, not even that it is unseen."""
    return Column([" "] * rows, ["text"] * rows, [False] * rows)


def lead_column(look: HeatLook, is_first: bool) -> Column:
    """Right of the newest: only lines of levels; the first has a thin edge."""
    rows = look.axis.rows
    char = SETS[look.glyphs].eighths[1] if is_first else " "
    return Column([char] * rows, ["rule" if is_first else "text"] * rows, [True] * rows)


def painted_column(history: HeatHistory, look: HeatLook, group: int) -> Column:
    """The column of a cell of ``look.seconds`` seconds."""
    rows = look.axis.rows
    if (group + 1) * look.seconds <= 0:
        return empty_column(rows)
    glyphs = SETS[look.glyphs]
    columns = history.group(group, look.seconds)
    if not columns:
        return Column([glyphs.hatch] * rows, ["hatch"] * rows, [True] * rows)
    if any(column.gap_ns for column in columns):
        return Column([glyphs.gap] * rows, ["faint"] * rows, [False] * rows)
    brush = _Brush(look)
    brush.depth(history.depth(columns[-1].number, look.axis, look.halves))
    if look.layers.states:
        brush.marks(columns)
    before = history.group(group - 1, look.seconds)
    is_whole = bool(before) and not any(column.gap_ns for column in before)
    if look.layers.fate and is_whole:
        brush.fate(history, group, before[-1].number, columns[-1].number)
    brush.path(columns[-1].last, before[-1].last if is_whole else NO_TICK)
    brush.trades(history, group)
    return brush.column


class _Brush:
    """Paints one column."""

    def __init__(self, look: HeatLook) -> None:
        rows = look.axis.rows
        self.look = look
        self.set: Glyphs = SETS[look.glyphs]
        self.column = Column([" "] * rows, ["text"] * rows, [False] * rows)
        self.steps = [UNSEEN] * rows

    def depth(self, depth: NDArray[np.int32]) -> None:
        """The ground: how much rests at each price."""
        look, column = self.look, self.column
        steps = np.where(depth < 0, UNSEEN, np.digitize(depth, look.scale.cuts)).tolist()
        for row in range(look.axis.rows):
            upper = steps[row * 2] if look.halves else steps[row]
            lower = steps[row * 2 + 1] if look.halves else upper
            step = self.steps[row] = max(upper, lower)
            if step == UNSEEN:
                column.chars[row], column.names[row], column.free[row] = self.set.hatch, "hatch", True
            elif not look.layers.liquidity:
                continue
            elif look.shades:
                column.chars[row] = shade_of(step, self.set)
                column.names[row] = "muted" if look.stale or step < STEPS - 4 else "bright"
            elif upper == lower:
                column.names[row] = style("text", self._ground(step))
            else:
                ink = "ground" if upper == UNSEEN else self._ground(upper)
                column.chars[row] = self.set.half
                column.names[row] = style(ink, "ground" if lower == UNSEEN else self._ground(lower))

    def _ground(self, step: int) -> str:
        if step < 0 or self.look.shades or not self.look.layers.liquidity:
            return "ground"
        return f"fade:heat:{step}" if self.look.stale else f"heat:{step}"

    def marks(self, columns: Sequence[Second]) -> None:
        """Ribbons of barrier states on the rows of their levels."""
        for tick, state, confidence in columns[-1].marks:
            row = self.look.axis.row_of(tick)
            if not 0 <= row < self.look.axis.rows or state in _SILENT:
                continue
            glyph = self.set.ribbon[0 if confidence < 0.4 else 1 if confidence < 0.75 else 2]
            step, role = self.steps[row], STATE_ROLES[state]
            if self.look.stale:
                name = style("faint", self._ground(step))
            elif step < 0 or not self.look.layers.liquidity or self.look.shades:
                name = role
            else:
                name = style(f"ribbon:{role}", f"clamp:{step}")
            self._write(row, glyph, name)

    def fate(self, history: HeatHistory, group: int, before: int, after: int) -> None:
        """Where much was pulled, eaten or refilled since the last column."""
        axis = self.look.axis
        found = fates(
            history.depth(before, axis, False),
            history.depth(after, axis, False),
            history.traded(group, self.look.seconds, axis),
            max(self.look.scale.high * SHARE_OF_TOP, 2.0),
        )
        for row, fate in found.items():
            self._mark(row, self.set.states[fate], STATE_ROLES[fate])

    def path(self, last: int, previous: int) -> None:
        """The last price, joined to the one before."""
        if last == NO_TICK:
            return
        axis = self.look.axis
        row = axis.row_of(last)
        before = axis.row_of(previous) if previous != NO_TICK else row
        straight, down_right, down_left, up_left, up_right, upright = tuple(self.set.path)
        if row == before:
            self._mark(row, straight, "last_path")
            return
        falling = row > before
        self._mark(before, down_left if falling else up_left, "last_path")
        self._mark(row, up_right if falling else down_right, "last_path")
        for between in range(min(row, before) + 1, max(row, before)):
            self._mark(between, upright, "last_path")

    def trades(self, history: HeatHistory, group: int) -> None:
        """Trades as long as they were large: those of earlier columns reach into this one."""
        for back in range(MOST_CELLS - 1, -1, -1):
            for dot in dots_of(history, self.look, group - back):
                if dot.cells <= back:
                    continue
                role = ("bid" if dot.is_buy else "ask") if not dot.absorbed else "absorption"
                self._mark(dot.row, self.set.spread if back else dot.glyph(self.set), role)

    def _mark(self, row: int, glyph: str, role: str) -> None:
        if 0 <= row < self.look.axis.rows:
            ground = self._ground(self.steps[row])
            self._write(row, glyph, style("muted" if self.look.stale else f"on:{role}", ground))

    def _write(self, row: int, glyph: str, name: str) -> None:
        self.column.chars[row], self.column.names[row], self.column.free[row] = glyph, name, False


@dataclass(frozen=True, slots=True)
class Dot:
    """What traded in a cell, by the side that traded more: its row, the cells it is long, and whether it was absorbed:
    when the cell was over those who were hit still showed as much at that price as they had been hit for."""

    row: int
    is_buy: bool
    is_large: bool
    absorbed: bool
    cells: int

    def glyph(self, glyphs: Glyphs) -> str:
        """The character at the moment of the trade."""
        if self.absorbed:
            return glyphs.held_buy if self.is_buy else glyphs.held_sell
        if self.is_large:
            return glyphs.large_buy if self.is_buy else glyphs.large_sell
        return glyphs.buy if self.is_buy else glyphs.sell


def dots_of(history: HeatHistory, look: HeatLook, group: int) -> Iterator[Dot]:
    """The trades of a cell's seconds that are worth a mark."""
    scale = look.scale
    columns = history.group(group, look.seconds)
    if not columns or not scale.dot_large:
        return
    bid, ask = columns[-1].bid, columns[-1].ask
    for row, (buys, sells) in history.traded(group, look.seconds, look.axis).items():
        size, is_buy = max(buys, sells), buys >= sells
        if size < scale.dot:
            continue
        low = look.axis.low(row)
        stands = NO_TICK not in (bid, ask) and (ask <= low + look.axis.zoom - 1 if is_buy else bid >= low)
        is_large = size >= scale.dot_large
        absorbed = is_large and stands and history.depth(columns[-1].number, look.axis, False)[row] >= size
        cells = min(max(round(size / scale.dot_large), 1), MOST_CELLS)
        yield Dot(row, is_buy, is_large, bool(absorbed), cells)


def shade_of(step: int, glyphs: Glyphs) -> str:
    """The character of a step where there are too few colours."""
    return glyphs.shades[-(-step * (len(glyphs.shades) - 1) // (STEPS - 1))]
