"""Areas, paths and time axes drawn in cells: what the screens with a history of one level and with bars share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.view.drawing.cells import Line
from spymaster.view.drawing.glyphs import Glyphs
from spymaster.view.drawing.numbers import clock, is_time, short

_NICE: Final = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TIME_STEPS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)


def nice_above(value: float) -> float:
    """A round number not below ``value`` to end a scale with; 1 for nothing."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (*_NICE, 20.0) if step * power >= value * (1 - 1e-9))


def scale_text(value: float) -> str:
    """The end of a scale in at most five cells."""
    if abs(value) >= 10_000:
        return short(value, 4)
    return f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def put_bars_up(lines: Sequence[Line], x: int, part: float, ink: str, glyphs: Glyphs) -> None:
    """A column standing on the last of the lines; ``part`` of their height, 0 to 1."""
    eighths = _eighths(part, len(lines))
    for line in reversed(lines):
        if eighths <= 0:
            return
        line.put(x, glyphs.bars[min(eighths, 8)], ink)
        eighths -= 8


def put_bars_down(lines: Sequence[Line], x: int, part: float, ink: str, glyphs: Glyphs) -> None:
    """A column hanging from the first of the lines; ``part`` of their height, 0 to 1."""
    eighths = _eighths(part, len(lines))
    for line in lines:
        if eighths <= 0:
            return
        if eighths >= 8:
            line.put(x, glyphs.bars[8], ink)
        elif glyphs.bars[8] == "█":
            # a bar from below with its colours exchanged is a bar from above
            line.put(x, glyphs.bars[8 - eighths], "ground", ground=ink)
        elif eighths >= 4:
            line.put(x, glyphs.bars[8], ink)
        eighths -= 8


def _eighths(part: float, rows: int) -> int:
    if math.isnan(part) or part <= 0:
        return 0
    return max(round(min(part, 1.0) * rows * 8), 1)


def put_path(lines: Sequence[Line], x: int, rows: Sequence[int | None], ink: str, glyphs: Glyphs) -> None:
    """A line through one row in each column, from ``x`` on; None: a hole."""
    straight, down_right, down_left, up_left, up_right, upright = tuple(glyphs.path)
    before: int | None = None
    for at, row in enumerate(rows):
        if row is None or before is None or row == before:
            if row is not None:
                lines[row].put(x + at, straight, ink)
        else:
            rising = row < before
            lines[before].put(x + at, up_left if rising else down_left, ink)
            lines[row].put(x + at, down_right if rising else up_right, ink)
            for between in range(min(row, before) + 1, max(row, before)):
                lines[between].put(x + at, upright, ink)
        before = row


def time_step_s(span_s: float, cells: int, room: int) -> int:
    """Seconds between two labels of ``room`` cells each on an axis of ``cells`` cells for ``span_s`` seconds."""
    least = span_s / max(cells, 1) * room
    return next((step for step in _TIME_STEPS_S if step >= least), _TIME_STEPS_S[-1])


def put_time_axis(line: Line, x: int, cells: int, end_ns: int, span_s: float, tick: str) -> None:
    """Clock times below ``cells`` cells, the last of which ends at ``end_ns``."""
    step_ns = time_step_s(span_s, cells, 13) * NS_PER_S
    cell_ns = span_s * NS_PER_S / max(cells, 1)
    at_ns = end_ns // step_ns * step_ns
    now = "now"
    while is_time(at_ns) and at_ns > end_ns - span_s * NS_PER_S:
        cell = cells - 1 - int((end_ns - at_ns) / cell_ns)
        if cell >= 0 and cell + 10 < cells - len(now):
            line.put(x + cell, tick, "faint")
            line.put(x + cell + 1, clock(at_ns), "muted")
        at_ns -= step_ns
    line.right(x + cells - 1, now, "text")


def cell_edges(end_ns: int, span_s: float, cells: int) -> NDArray[np.int64]:
    """Borders of the cells in ns, ``cells`` + 1 of them. They lie on multiples of a cell's span, so that what is in a
    cell stays together when time moves on."""
    each = max(int(span_s * NS_PER_S / cells), 1)
    newest = (end_ns - 1) // each
    edges: NDArray[np.int64] = (np.arange(newest - cells + 1, newest + 2)) * each
    return edges
