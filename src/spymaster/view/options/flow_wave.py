"""The flow wave: delta that customers took over in options, by time; calls and puts.

Above the line delta was bought, below it sold, each column stacked from calls (next to the line) and puts.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import OPTION_FLOW_NS
from spymaster.view.drawing.cells import Line, Row, Rows, merged
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import signed
from spymaster.view.drawing.part_rows import text_row

CALLS: Final = "gamma_above"
PUTS: Final = "gamma_below"
_LEAST_SPAN_NS: Final = 600 * NS_PER_S
_STEPS: Final = 8


def wave_rows(flow: NDArray[Any], t_ns: int, width: int, lane: int, message: str, glyphs: str) -> Rows:
    """Title, totals and the wave with ``lane`` rows above its line and as many below, ``lane * 2 + 2`` rows in all.

    ``words``: what is to be said instead, where there is no wave.
    """
    step = -(-_LEAST_SPAN_NS // (width * OPTION_FLOW_NS)) * OPTION_FLOW_NS
    span = f"{round(10 * width * step / _LEAST_SPAN_NS)} min"
    name, right = ("FLOW WAVE", f"net δ  {span}") if width >= 24 else ("FLOW δ", span)
    title = text_row(width, name, bold=True, right=message or right)
    if message:
        return (title,)
    columns = _columns(flow, t_ns, width, step)
    up = np.maximum(columns, 0.0)
    down = np.maximum(-columns, 0.0)
    most = max(float(up.sum(axis=1).max()), float(down.sum(axis=1).max()))
    rows = [title, _totals(columns, width, glyphs)]
    if most <= 0.0:
        return (*rows, text_row(width, "no option trades in that time" if width >= 32 else "no trades"))
    rows += _lane(up, most, lane, SETS[glyphs], rising=True)
    rows += _lane(down, most, lane, SETS[glyphs], rising=False)
    return tuple(rows)


def _columns(flow: NDArray[Any], t_ns: int, width: int, step: int) -> NDArray[np.float64]:
    """(calls, puts) of each column of ``step`` nanoseconds, the newest last."""
    out = np.zeros((width, 2))
    cell = width - 1 - (t_ns // step - flow["t_ns"] // step)
    inside = (cell >= 0) & (cell < width)
    for column, name in enumerate(("calls", "puts")):
        np.add.at(out[:, column], cell[inside], flow[name][inside])
    return out


def _totals(columns: NDArray[np.float64], width: int, glyphs: str) -> Row:
    minus = SETS[glyphs].minus
    calls, puts = (float(total) for total in columns.sum(axis=0))
    line = Line(width)
    short = width < 24
    line.runs(0, (("C " if short else "calls ", "muted"), (signed(calls, 0, minus), CALLS)))
    text = signed(puts, 0, minus)
    start = line.right(width - 1, text, PUTS)
    line.right(start - 2, "P" if short else "puts", "muted")
    return line.row()


def _lane(sizes: NDArray[np.float64], most: float, lane: int, glyphs: Glyphs, *, rising: bool) -> list[Row]:
    """Rows of one side, from the top: bars stacked from the line, calls first, in eighths of a cell."""
    calls = np.round(sizes[:, 0] / most * lane * _STEPS).astype(int)
    whole = np.round(sizes.sum(axis=1) / most * lane * _STEPS).astype(int)
    out = []
    for row in range(lane):
        base = ((lane - 1 - row) if rising else row) * _STEPS
        chars, styles = [], []
        for own, end in zip(calls.tolist(), whole.tolist(), strict=True):
            char, name = _cell(min(max(own - base, 0), _STEPS), min(max(end - base, 0), _STEPS), glyphs, rising)
            chars.append(char)
            styles.append(name)
        out.append(merged(chars, styles))
    return out


def _cell(own: int, end: int, glyphs: Glyphs, rising: bool) -> tuple[str, str]:
    """A cell filled to ``end`` eighths, the first ``own`` of them by calls. Two colours of it need a boundary, and a
    cell has one: where a third would be needed, the larger part wins."""
    calls, puts = f"dim:{CALLS}", f"dim:{PUTS}"
    if end == 0:
        return " ", "text"
    if own in (0, end):
        return _block(end, calls if own else puts, "ground", glyphs, rising)
    if end == _STEPS:
        return _block(own, calls, puts, glyphs, rising)
    return _block(end, calls if 2 * own >= end else puts, "ground", glyphs, rising)


def _block(eighths: int, ink: str, beyond: str, glyphs: Glyphs, rising: bool) -> tuple[str, str]:
    """A block growing from the line; downwards, a block from below with its colours exchanged."""
    if eighths == _STEPS:
        return glyphs.bars[_STEPS], ink
    if rising or glyphs.bars[4] != "▄":
        return glyphs.bars[eighths], ink if beyond == "ground" else f"{ink}/{beyond}"
    return glyphs.bars[_STEPS - eighths], f"{beyond}/{ink}"
