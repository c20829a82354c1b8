"""The history of one level above one time axis: score, state, distance, depth and flows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.market.rows import BarrierState
from spymaster.view.drawing.cells import Line, Rows
from spymaster.view.drawing.glyphs import SETS, STATE_NAMES, STATE_ROLES, Glyphs
from spymaster.view.drawing.numbers import signed
from spymaster.view.drawing.plot import nice_above, put_bars_down, put_bars_up, put_path, put_time_axis, scale_text
from spymaster.view.levels.past import Past

_ZERO: Final = 1e-9
_LOW, _HIGH = 0.4, 0.75
"""Confidences from which a state's band is higher."""


@dataclass(frozen=True, slots=True)
class PlotLook:
    """What the plots depend on besides the past. ``side``: role of the defenders' side; ``score``: now, NaN without."""

    width: int
    height: int
    end_ns: int
    span_s: float
    side: str
    score: float
    unit: str
    glyphs: str

    @property
    def x(self) -> int:
        """First cell of the plots."""
        return 8 if self.width >= 72 else 6

    @property
    def tags(self) -> int:
        """Cells right of the plots."""
        return 8 if self.width >= 72 else 0

    @property
    def cells(self) -> int:
        """Cells of the time axis."""
        return max(self.width - self.x - self.tags, 1)


@dataclass(slots=True)
class Heights:
    """Rows of each plot; 0 where it is left out. ``titles``: each has a row for its title; ``gaps``: blank rows between
    them."""

    score: int = 5
    state: int = 1
    distance: int = 3
    depth: int = 2
    flow: int = 4
    fill: int = 0
    titles: bool = False
    gaps: bool = False

    @property
    def total(self) -> int:
        """Rows of everything with the time axis."""
        plots = sum(map(bool, (self.score, self.distance, self.depth, self.flow)))
        between = plots if self.gaps else 0
        rows = self.score + self.state + self.distance + self.depth + self.flow + self.fill
        return rows + 1 + between + (plots if self.titles else 0)


_LEFT_OUT: Final = ("flow", "depth", "distance", "state")
_GROWTH: Final[tuple[tuple[str, int], ...]] = (
    *(("fill", 1), ("state", 2), ("titles", 1), ("score", 7), ("depth", 3), ("distance", 4), ("score", 9)),
    *(("flow", 6), ("gaps", 1), ("score", 11), ("depth", 4), ("distance", 5)),
    *(("score", 13), ("flow", 8), ("depth", 5), ("distance", 6), ("score", 15), ("depth", 6), ("flow", 10)),
    *(("score", 17), ("distance", 8), ("depth", 8), ("score", 21), ("flow", 14), ("score", 27)),
)


def heights_for(rows: int) -> Heights:
    """How ``rows`` rows are shared out: what is least needed goes first, what is most needed grows first."""
    heights = Heights()
    for name in _LEFT_OUT:
        if heights.total > rows:
            setattr(heights, name, 0)
    for name, wanted in _GROWTH:
        if not getattr(heights, "flow" if name == "fill" else name) and name in (*_LEFT_OUT, "fill"):
            continue
        before = getattr(heights, name)
        setattr(heights, name, bool(wanted) if name in ("titles", "gaps") else wanted)
        if heights.total > rows:
            setattr(heights, name, before)
    return heights


def plot_rows(past: Past, look: PlotLook) -> Rows:
    """All plots in ``look.height`` rows."""
    heights = heights_for(look.height)
    out: list[Line] = []
    out += _score(past, look, heights)
    out += _gap(look, heights) + _state(past, look, heights.state)
    if heights.distance:
        out += _gap(look, heights) + _distance(past, look, heights)
    if heights.depth:
        out += _gap(look, heights) + _depth(past, look, heights)
    if heights.flow:
        out += _gap(look, heights) + _flow(past, look, heights)
    axis = Line(look.width)
    put_time_axis(axis, look.x, look.cells, look.end_ns, look.span_s, SETS[look.glyphs].tick)
    out.append(axis)
    out += [Line(look.width) for _ in range(look.height - len(out))]
    return tuple(line.row() for line in out[: look.height])


def _gap(look: PlotLook, heights: Heights) -> list[Line]:
    return [Line(look.width)] if heights.gaps else []


def _head(look: PlotLook, heights: Heights, title: str, right: str) -> list[Line]:
    if not heights.titles:
        return []
    line = Line(look.width)
    line.put(1, title, "muted", bold=True)
    line.right(look.x + look.cells - 1, right, "muted")
    return [line]


def _plot(look: PlotLook, rows: int) -> list[Line]:
    return [Line(look.width) for _ in range(rows)]


def _put_unseen(lines: Sequence[Line], look: PlotLook, past: Past) -> None:
    """Where the level was out of sight the rows are hatched, where nothing is known of it there is a gap."""
    glyphs = SETS[look.glyphs]
    for cell in range(look.cells):
        unseen = past.state[cell] == int(BarrierState.MISSING)
        if unseen or past.gap(cell):
            for line in lines:
                line.put(look.x + cell, glyphs.hatch if unseen else glyphs.gap, "hatch" if unseen else "faint")


def _put_awaited(lines: Sequence[Line], look: PlotLook, known: bool) -> None:
    """An empty plot says that it is one: nothing is known, which is not the same as nought."""
    if not known:
        lines[len(lines) // 2].put(look.x + 1, "nothing known yet"[: look.cells - 1], "muted")


def _label(line: Line, look: PlotLook, text: str, bold: bool = False) -> None:
    line.put(0, " " * (look.x - 1))
    line.right(look.x - 3 if look.tags else look.x - 2, text, "muted", bold=bold)


def _guide(line: Line, look: PlotLook, glyph: str) -> None:
    line.put(look.x, glyph * look.cells, "rule")


def _score(past: Past, look: PlotLook, heights: Heights) -> list[Line]:
    glyphs = SETS[look.glyphs]
    half = (heights.score - 1) // 2
    head = _head(look, heights, "SCORE", _span_text(look))
    lines = _plot(look, heights.score)
    high, low = int(0.4 * half), heights.score - 1 - int(0.4 * half)
    for row in (high, low):
        _guide(lines[row], look, glyphs.level_line)
    _guide(lines[half], look, glyphs.rule)
    _put_unseen(lines, look, past)
    for cell, score in enumerate(past.score.tolist()):
        if math.isnan(score):
            continue
        if score >= 50:
            put_bars_up(lines[:half], look.x + cell, (score - 50) / 50, "break" if score >= 80 else "dim:break", glyphs)
        else:
            ink = "reject" if score <= 20 else "dim:reject"
            put_bars_down(lines[half + 1 :], look.x + cell, (50 - score) / 50, ink, glyphs)
    _put_awaited(lines[: max(half, 1)], look, not all(math.isnan(score) for score in past.score.tolist()))
    for row, text in ((0, "100"), (half, "50"), (heights.score - 1, "0"), (high, "80"), (low, "20")):
        if heights.score >= 9 or row in (0, half, heights.score - 1):
            _label(lines[row], look, text)
    if not heights.titles:
        _label(lines[0], look, "SCORE", True)
    if look.tags:
        _score_tags(lines, look, half, (high, low), glyphs)
    return head + lines


def _score_tags(lines: Sequence[Line], look: PlotLook, half: int, marks: tuple[int, int], glyphs: Glyphs) -> None:
    """Where the signals begin, and what the score is now."""
    x = look.x + look.cells + 1
    row = -1 if math.isnan(look.score) else min(max(round(half - (look.score - 50) / 50 * half), 0), len(lines) - 1)
    lines[marks[0] + (row == marks[0])].put(x, "BREAK", "break")
    lines[marks[1] - (row == marks[1])].put(x, "REJECT", "reject")
    if row < 0:
        return
    role = "break" if look.score >= 50 else "reject"
    mark = glyphs.signals[1] if look.score > 80 else glyphs.signals[2] if look.score < 20 else ""
    lines[row].put(x, f"{look.score:.0f} {mark}".ljust(7), role, bold=True)


def _span_text(look: PlotLook) -> str:
    each = look.span_s / look.cells
    return f"{look.span_s:.0f} s, {each:.1f} s/col"


def _state(past: Past, look: PlotLook, rows: int) -> list[Line]:
    """The states as a band whose height is the confidence, each named where it begins."""
    if not rows:
        return []
    glyphs = SETS[look.glyphs]
    names, band = Line(look.width), Line(look.width)
    _label(names if rows > 1 else band, look, "STATE", True)
    states = past.state.tolist()
    start = 0
    for cell in range(look.cells + 1):
        if cell < look.cells and states[cell] == states[start]:
            continue
        state = states[start]
        if state >= 0:
            _run(names if rows > 1 else None, band, look.x + start, cell - start, state, glyphs)
        start = cell
    for cell, state in enumerate(states):
        if 0 <= state < int(BarrierState.MISSING) and not (rows == 1 and (not cell or states[cell - 1] != state)):
            confidence = past.confidence[cell]
            level = 0 if not confidence >= _LOW else 1 if confidence < _HIGH else 2
            band.put(look.x + cell, glyphs.ribbon[level], f"dim:{STATE_ROLES[state]}")
    return [names, band] if rows > 1 else [band]


def _run(names: Line | None, band: Line, x: int, cells: int, state: int, glyphs: Glyphs) -> None:
    glyph, label, role = glyphs.states[state], STATE_NAMES[state], STATE_ROLES[state]
    if state == int(BarrierState.MISSING):
        band.put(x, glyphs.hatch * cells, "hatch")
    if names is None:
        band.put(x, glyph, role)
    elif cells >= len(label) + 3:
        names.put(x, f"{glyph} {label}", role)
    elif cells >= 2:
        names.put(x, glyph, role)


def _distance(past: Past, look: PlotLook, heights: Heights) -> list[Line]:
    """The way still to go: down to nought the price is at the level, below it is beyond."""
    glyphs, rows = SETS[look.glyphs], heights.distance
    lines = _plot(look, rows)
    known = [value for value in past.x.tolist() if not math.isnan(value)]
    top = nice_above(max(known, default=1.0))
    bottom = -nice_above(-min(known)) if known and min(known) < -_ZERO else 0.0

    def row_of(value: float) -> int:
        return min(max(round((top - value) / (top - bottom) * (rows - 1)), 0), rows - 1)

    _guide(lines[row_of(0.0)], look, glyphs.level_line)
    _put_unseen(lines, look, past)
    put_path(lines, look.x, [None if math.isnan(v) else row_of(v) for v in past.x.tolist()], "last_path", glyphs)
    _put_awaited(lines, look, bool(known))
    _label(lines[0], look, scale_text(top) if heights.titles else "DIST", not heights.titles)
    if bottom < 0:
        _label(lines[-1], look, glyphs.minus + scale_text(-bottom))
    if row_of(0.0) > 0:
        _label(lines[row_of(0.0)], look, "0")
    if known and look.tags:
        lines[row_of(known[-1])].put(look.x + look.cells + 1, signed(known[-1], 2, glyphs.minus), "text")
    return _head(look, heights, f"DISTANCE  {look.unit}", "0 is at the level, below is beyond") + lines


def _depth(past: Past, look: PlotLook, heights: Heights) -> list[Line]:
    glyphs, rows = SETS[look.glyphs], heights.depth
    lines = _plot(look, rows)
    _put_unseen(lines, look, past)
    known = [value for value in past.depth.tolist() if not math.isnan(value)]
    top = nice_above(max(known, default=1.0))
    vacuum = int(BarrierState.VACUUM)
    for cell, (depth, state) in enumerate(zip(past.depth.tolist(), past.state.tolist(), strict=True)):
        put_bars_up(lines, look.x + cell, depth / top, "dim:vacuum" if state == vacuum else f"dim:{look.side}", glyphs)
    _put_awaited(lines, look, bool(known))
    _label(lines[0], look, scale_text(top) if heights.titles else "DEPTH", not heights.titles)
    if rows > 1:
        _label(lines[-1], look, "0" if heights.titles else scale_text(top))
    if known and look.tags:
        lines[-1].put(look.x + look.cells + 1, f"{known[-1]:.0f}", look.side, bold=True)
    return _head(look, heights, "DEPTH IN ZONE", "contracts") + lines


def _flow(past: Past, look: PlotLook, heights: Heights) -> list[Line]:
    """Added upwards, pulled downwards, on one scale; filled below them."""
    glyphs, half = SETS[look.glyphs], heights.flow // 2
    lines = _plot(look, heights.flow)
    _put_unseen(lines, look, past)
    both = [value for value in (*past.added.tolist(), *past.pulled.tolist()) if not math.isnan(value)]
    top = nice_above(max(both, default=1.0))
    for cell, (added, pulled) in enumerate(zip(past.added.tolist(), past.pulled.tolist(), strict=True)):
        put_bars_up(lines[:half], look.x + cell, added / top, "dim:wall", glyphs)
        put_bars_down(lines[half:], look.x + cell, pulled / top, "dim:vacuum", glyphs)
    _put_awaited(lines, look, bool(both))
    _label(lines[0], look, f"+{scale_text(top)}" if heights.titles else "FLOW", not heights.titles)
    _label(lines[-1], look, f"{glyphs.minus}{scale_text(top)}")
    if look.tags:
        x = look.x + look.cells + 1
        lines[0].put(x, "added", "wall")
        lines[-1].put(x, "pulled", "vacuum")
    if heights.fill:
        lines.append(_fills(past, look, glyphs))
    says = f"added {glyphs.up}  pulled {glyphs.down}  filled {glyphs.bars[4]}"
    return _head(look, heights, "FLOW per second", says) + lines


def _fills(past: Past, look: PlotLook, glyphs: Glyphs) -> Line:
    line = Line(look.width)
    known = [value for value in past.filled.tolist() if not math.isnan(value)]
    top = nice_above(max(known, default=1.0))
    for cell, filled in enumerate(past.filled.tolist()):
        put_bars_up((line,), look.x + cell, filled / top, "absorption", glyphs)
    _label(line, look, "fill")
    if look.tags and known:
        line.put(look.x + look.cells + 1, f"{glyphs.up}{scale_text(top)}", "muted")
    return line
