"""What stands above and below the heatmap: title, settings, the scale in contracts, notes on gaps, and clock times."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.market.kinds import NS_PER_S
from spymaster.view.drawing.cells import Line, Row, Rows
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import age, clock
from spymaster.view.layout import BAND
from spymaster.view.market.heat import page_of
from spymaster.view.market.heat_column import HeatLook, shade_of
from spymaster.view.market.heat_history import HeatHistory
from spymaster.view.market.heat_scale import STEPS

_RAMP: tuple[int, ...] = (1, 3, 5, 7, 9, 11)


def heat_head(look: HeatLook, width: int, two_rows: bool, gaps: Sequence[tuple[int, int]]) -> Rows:
    """Title and settings; below them the note over each gap on the screen: (cell, ns)."""
    title = Line(width)
    title.put(0, "HEATMAP" if width >= 30 else "HEAT", "muted", bold=True)
    left = 9 if width >= 30 else 5
    end = _put_scale(title, look, width, left)
    per_column = f"{look.seconds} s/col"
    layers = look.layers
    shown = (("liquidity", layers.liquidity), ("state", layers.states), ("fate", layers.fate))
    names = " + ".join(name for name, on in shown if on) or "no layer"
    for setting in (f"{names}   {per_column}", per_column, per_column.partition("/")[0]):
        if end - len(setting) >= left:
            title.right(end, setting, "muted")
            break
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


def _put_scale(title: Line, look: HeatLook, width: int, left: int) -> int:
    """From how many contracts to how many the ramp goes, and what fills a cell with trades; returns where it begins."""
    scale, glyphs = look.scale, SETS[look.glyphs]
    if not scale.high:
        return width - 1
    low, high = f"{scale.low:.0f}", f"{scale.high:.0f}"
    unit = f"{glyphs.large_buy}{scale.dot_large}"
    words = " set" if scale.by_hand else " lots"
    if width >= 60:
        at = width - len(low) - len(high) - len(words) - len(unit) - len(_RAMP) - 5
        x = title.put(at, low, "text") + 1
        for step in _RAMP:
            if look.shades:
                title.put(x, shade_of(step, glyphs), "muted" if step < STEPS - 4 else "bright")
            else:
                title.put(x, " ", "text", ground=f"heat:{step}")
            x += 1
        x = title.put(x + 1, high, "text")
        x = title.put(x, words, "text" if scale.by_hand else "muted")
        title.put(x + 3, unit, "muted")
        return at - 4
    text = f"{low}{'=' if scale.by_hand else '–'}{high}"
    if width - len(text) - 1 < left:
        return width - 1
    return title.right(width - 1, text, "text") - 3


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
