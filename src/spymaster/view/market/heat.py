"""The barrier heatmap: resting liquidity as ground, barrier states as ribbons, the path of the price and the trades.

The newest cell is written in the last band; when a band is full everything moves left by one band. The cells right of
the newest are the lead lane, which carries the lines of the levels to the rail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NO_TICK, NS_PER_S
from spymaster.market.rows import BarrierState
from spymaster.signals.frame import UNSEEN
from spymaster.view.drawing.axis import PriceAxis
from spymaster.view.drawing.cells import Line, Row, Rows, merged, style
from spymaster.view.drawing.glyphs import SETS, STATE_ROLES, Glyphs
from spymaster.view.drawing.numbers import age, clock
from spymaster.view.layout import BAND
from spymaster.view.market.heat_history import HeatHistory, Second
from spymaster.view.state import Layers, Limits

STEPS: Final = 12
"""Steps of the ramp; a theme with fewer spreads them."""

_CURVE: Final = 1.5
"""Above one: the lower steps are narrower, so that one wall does not flatten everything around it."""

_SILENT: Final = frozenset({int(BarrierState.NEUTRAL), int(BarrierState.MISSING)})


@dataclass(frozen=True, slots=True)
class HeatScale:
    """Contracts at which step 1 begins and at which the top step begins, and the sizes of trades that are drawn."""

    low: float = 0.0
    high: float = 0.0
    dot: int = 0
    dot_large: int = 0

    @property
    def cuts(self) -> NDArray[np.float64]:
        """The lower bounds of steps 1 to ``STEPS`` - 1."""
        span = max(self.high - self.low, float(STEPS))
        return self.low + span * np.linspace(0.0, 1.0, STEPS - 1) ** _CURVE


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Everything a band's rows depend on besides the remembered columns. ``lines``: colour role of a level's line by
    row; ``halves``: two prices in a cell."""

    axis: PriceAxis
    seconds: int
    scale: HeatScale
    layers: Layers
    lines: tuple[tuple[int, str], ...]
    stale: bool
    halves: bool
    glyphs: str


def page_of(history: HeatHistory, seconds: int) -> int:
    """The page (of ``BAND`` cells) the newest column is written in."""
    return history.newest // seconds // BAND


def visible_scale(history: HeatHistory, look: HeatLook, width: int, limits: Limits) -> HeatScale:
    """The scale for what is visible now: percentiles of the depth, and of the trades' sizes."""
    end = (page_of(history, look.seconds) + 1) * BAND
    depths, sizes = [], []
    for group in range(end - width, end):
        columns = history.group(group, look.seconds)
        if not columns:
            continue
        depths.append(history.depth(columns[-1].number, look.axis, look.halves))
        sizes += [max(buys, sells) for column in columns for _, buys, sells in column.dots]
    visible = np.concatenate(depths) if depths else np.zeros(0, dtype=np.int32)
    visible = visible[visible > 0]
    if not len(visible):
        return HeatScale()
    low, high = np.percentile(visible, [limits.heat_low, limits.heat_high])
    dot, large = limits.dot, limits.dot_large
    if not dot:
        dot = max(int(np.percentile(sizes, 96)), 2) if sizes else 2
    return HeatScale(float(low), float(high), dot, large or dot * 2)


def steady(old: HeatScale, new: HeatScale, slack: float = 0.2) -> HeatScale:
    """The old scale while the new one is within ``slack`` of it: a new scale repaints everything."""
    if not old.high:
        return new
    near = all(
        abs(b - a) <= slack * max(a, 1.0) for a, b in ((old.low, new.low), (old.high, new.high), (old.dot, new.dot))
    )
    return old if near else new


def band_rows(history: HeatHistory, look: HeatLook, page: int, width: int) -> Rows:
    """The rows of the band that shows ``page``; a band narrower than ``BAND`` shows the page's last cells."""
    first = (page + 1) * BAND - width
    canvas = _Canvas(look, width)
    newest = history.newest // look.seconds
    previous = _last_before(history, look, first)
    for cell in range(width):
        group = first + cell
        if group > newest:
            canvas.lead(cell, group == newest + 1)
            continue
        columns = history.group(group, look.seconds)
        if not columns:
            canvas.unknown(cell)
            previous = NO_TICK
            continue
        if any(column.gap_ns for column in columns):
            canvas.gap(cell)
            previous = NO_TICK
            continue
        canvas.depth(cell, history.depth(columns[-1].number, look.axis, look.halves))
        canvas.marks(cell, columns)
        previous = canvas.path(cell, columns, previous)
        canvas.dots(cell, columns)
    return canvas.rows()


def _last_before(history: HeatHistory, look: HeatLook, group: int) -> int:
    columns = history.group(group - 1, look.seconds)
    if not columns or any(column.gap_ns for column in columns):
        return NO_TICK
    return columns[-1].last


class _Canvas:
    """One band while it is painted: a character, an ink and a heat step for each cell."""

    def __init__(self, look: HeatLook, width: int) -> None:
        rows = look.axis.rows
        self.look = look
        self.set: Glyphs = SETS[look.glyphs]
        self.width = width
        self.chars = [[" "] * width for _ in range(rows)]
        self.styles = [["text"] * width for _ in range(rows)]
        self.steps: list[list[int]] = [[UNSEEN] * width for _ in range(rows)]
        self.lines = dict(look.lines)
        self.cuts = look.scale.cuts
        self.grounds = [f"fade:heat:{n}" if look.stale else f"heat:{n}" for n in range(STEPS)]

    def lead(self, cell: int, first: bool) -> None:
        for row in range(self.look.axis.rows):
            if row in self.lines:
                self.chars[row][cell], self.styles[row][cell] = self.set.level_line, f"weak:{self.lines[row]}"
            elif first:
                self.chars[row][cell], self.styles[row][cell] = self.set.eighths[1], "rule"

    def unknown(self, cell: int) -> None:
        for row in range(self.look.axis.rows):
            self._unseen(row, cell)

    def _unseen(self, row: int, cell: int) -> None:
        if row in self.lines:
            self.chars[row][cell], self.styles[row][cell] = self.set.level_line, f"weak:{self.lines[row]}"
        else:
            self.chars[row][cell], self.styles[row][cell] = self.set.hatch, "hatch"

    def gap(self, cell: int) -> None:
        for row in range(self.look.axis.rows):
            self.chars[row][cell], self.styles[row][cell] = self.set.gap, "faint"

    def depth(self, cell: int, depth: NDArray[np.int32]) -> None:
        steps = np.where(depth < 0, UNSEEN, np.digitize(depth, self.cuts)).tolist()
        for row in range(self.look.axis.rows):
            upper = steps[row * 2] if self.look.halves else steps[row]
            lower = steps[row * 2 + 1] if self.look.halves else upper
            self._ground(row, cell, upper, lower)

    def _ground(self, row: int, cell: int, upper: int, lower: int) -> None:
        step = max(upper, lower)
        self.steps[row][cell] = step
        if step == UNSEEN:
            self._unseen(row, cell)
        elif not self.look.layers.liquidity:
            self.styles[row][cell] = "text"
        elif upper == lower:
            self.styles[row][cell] = style("text", self.grounds[step])
        else:
            ground = "ground" if lower == UNSEEN else self.grounds[lower]
            ink = "ground" if upper == UNSEEN else self.grounds[upper]
            self.chars[row][cell], self.styles[row][cell] = self.set.half, style(ink, ground)

    def marks(self, cell: int, columns: Sequence[Second]) -> None:
        if not self.look.layers.states:
            return
        for tick, state, confidence in columns[-1].marks:
            row = self.look.axis.row_of(tick)
            if not 0 <= row < self.look.axis.rows or state in _SILENT:
                continue
            glyph = self.set.ribbon[0 if confidence < 0.4 else 1 if confidence < 0.75 else 2]
            step, role = self.steps[row][cell], STATE_ROLES[state]
            if self.look.stale:
                name = style("faint", self.grounds[step] if step >= 0 else "ground")
            elif step < 0 or not self.look.layers.liquidity:
                name = role
            else:
                name = style(f"ribbon:{role}", f"clamp:{step}")
            self.chars[row][cell], self.styles[row][cell] = glyph, name

    def path(self, cell: int, columns: Sequence[Second], previous: int) -> int:
        last = columns[-1].last
        if last == NO_TICK:
            return NO_TICK
        axis = self.look.axis
        row = axis.row_of(last)
        before = axis.row_of(previous) if previous != NO_TICK else row
        straight, down_right, down_left, up_left, up_right, upright = list(self.set.path)
        if row == before:
            self._mark(row, cell, straight, "last_path")
            return last
        falling = row > before
        self._mark(before, cell, down_left if falling else up_left, "last_path")
        self._mark(row, cell, up_right if falling else down_right, "last_path")
        for between in range(min(row, before) + 1, max(row, before)):
            self._mark(between, cell, upright, "last_path")
        return last

    def dots(self, cell: int, columns: Sequence[Second]) -> None:
        scale = self.look.scale
        for column in columns:
            for tick, buys, sells in column.dots:
                size = max(buys, sells)
                if size < scale.dot:
                    continue
                buying = buys >= sells
                large = size >= scale.dot_large
                glyph = (
                    (self.set.large_buy if large else self.set.buy)
                    if buying
                    else (self.set.large_sell if large else self.set.sell)
                )
                self._mark(self.look.axis.row_of(tick), cell, glyph, "bid" if buying else "ask")

    def _mark(self, row: int, cell: int, glyph: str, role: str) -> None:
        if not 0 <= row < self.look.axis.rows:
            return
        step = self.steps[row][cell]
        ground = self.grounds[step] if step >= 0 and self.look.layers.liquidity else "ground"
        self.chars[row][cell] = glyph
        self.styles[row][cell] = style("muted" if self.look.stale else f"on:{role}", ground)

    def rows(self) -> Rows:
        return tuple(merged(chars, names) for chars, names in zip(self.chars, self.styles, strict=True))


def heat_head(look: HeatLook, width: int, two_rows: bool, gaps: Sequence[tuple[int, int]], limits: Limits) -> Rows:
    """Title and settings; below them the note over each gap on the screen: (cell, ns)."""
    title = Line(width)
    title.put(0, "HEATMAP" if width >= 30 else "HEAT", "muted", bold=True)
    layers = " + ".join(
        name for name, on in (("liquidity", look.layers.liquidity), ("state", look.layers.states)) if on
    )
    per_column = f"{look.seconds} s/col"
    long = f"{layers or 'no layer'}   {per_column}   p{limits.heat_low:g}–p{limits.heat_high:g}"
    setting = long if width >= len(long) + 12 else per_column
    if width >= len(setting) + 6:
        title.right(width - 1, setting, "muted")
    if not two_rows:
        return (title.row(),)
    note = Line(width)
    free = 0
    for cell, ns in gaps:
        text = f"gap {age(ns)}"
        start = min(max(cell - len(text) // 2, 0), width - len(text))
        if start >= free:
            note.put(start, text, "degraded")
            free = start + len(text) + 2
    return (title.row(), note.row())


def visible_gaps(history: HeatHistory, seconds: int, width: int) -> list[tuple[int, int]]:
    """Runs of gap cells on the screen: (middle cell, ns without data)."""
    first = (page_of(history, seconds) + 1) * BAND - width
    runs: list[list[int]] = []
    for cell in range(width):
        missing = sum(column.gap_ns for column in history.group(first + cell, seconds))
        if missing and runs and runs[-1][1] == cell - 1:
            runs[-1][1], runs[-1][2] = cell, runs[-1][2] + missing
        elif missing:
            runs.append([cell, cell, missing])
    return [((start + end) // 2, missing) for start, end, missing in runs]


def time_axis(history: HeatHistory, look: HeatLook, width: int, stopped: str) -> Row:
    """Clock times below the heatmap, on round seconds; ``stopped``: since when nothing arrives."""
    line = Line(width)
    now = history.newest // look.seconds
    first = (page_of(history, look.seconds) + 1) * BAND - width
    every = 15 if look.seconds == 1 else 30 if look.seconds == 2 else 60
    end = stopped or "now"
    right = width - len(end) - 1
    long = width >= 60
    for cell in range(width):
        columns = history.group(first + cell, look.seconds)
        if not columns or first + cell > now:
            continue
        begins = (columns[0].t_ns - 1) // NS_PER_S
        if begins % every >= look.seconds:
            continue
        text = clock((begins - begins % every) * NS_PER_S)
        text = SETS[look.glyphs].tick + (text if long else text[5:] if every < 60 else text[:5])
        if cell + len(text) < right:
            line.put(cell, text, "muted")
    if stopped:
        line.right(width - 1, end, "blind")
    else:
        at = min(now - first, width - 1)
        line.right(max(at, 2), end, "text")
    return line.row()
