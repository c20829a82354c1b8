"""The inputs: how each stands, how old it is, and how much of the session it covered, as one line of time for each."""

from __future__ import annotations

import math
from typing import Final

from spymaster.signals.frame import Frame, InputTrust
from spymaster.signals.header_parts import SessionHealth
from spymaster.view.drawing.cells import Line, Row, Rows, clip, style
from spymaster.view.drawing.glyphs import Glyphs
from spymaster.view.drawing.numbers import age, clock, percent
from spymaster.view.drawing.plot import put_time_axis
from spymaster.view.edges.header import light

_STATE: Final = 9
_AGE_END: Final = 28
_TRACK: Final = 31
_SHARE: Final = 9
_WORST: Final = ("ABSENT", "GREEN", "DEGRADED", "BLIND", "GAP")
"""States from the least worth showing to the most, where several fall into one cell."""

_INKS: Final = {"GREEN": "green", "DEGRADED": "degraded", "BLIND": "blind", "GAP": "blind", "ABSENT": "faint"}


def input_rows(frame: Frame, width: int, signs: Glyphs) -> Rows:
    """A head, a row for each input, the time below them, and why an input is not green."""
    health, now_ns = frame.header.health, frame.t_ns
    cells = width - _TRACK - _SHARE
    span_ns = now_ns - health.since_ns if health.since_ns else 0
    rows: list[Row] = [_head(health, span_ns, cells, width)]
    for at, trust in enumerate(frame.trust):
        line = Line(width)
        glyph, role = light(trust, signs)
        line.put(0, trust.name, "text")
        line.put(_STATE, f"{glyph} {trust.state}", role, bold=True)
        line.right(_AGE_END, age(trust.age_ns), "text")
        if span_ns > 0 and cells >= 8:
            states = _states(health, trust.name, now_ns, cells)
            _put_track(line, states, signs)
            share = _share(health, at, trust.name, now_ns)
            line.right(width - 1, percent(share, 2 if share < 1 else 0), "muted")
        rows.append(line.row())
    if span_ns > 0 and cells >= 8:
        axis = Line(width)
        put_time_axis(axis, _TRACK, cells, now_ns, span_ns / 1e9, signs.tick)
        rows.append(axis.row())
    rows += [_why(trust, width, signs) for trust in frame.trust if trust.state in ("DEGRADED", "BLIND")]
    return tuple(rows)


def _head(health: SessionHealth, span_ns: int, cells: int, width: int) -> Row:
    line = Line(width)
    line.put(0, "INPUTS", "muted", bold=True)
    line.put(_STATE, "state", "muted")
    line.right(_AGE_END, "age", "muted")
    if span_ns <= 0 or cells < 8:
        line.put(_TRACK, clip("nothing seen yet", max(width - _TRACK, 0)), "muted")
        return line.row()
    line.put(_TRACK, "COVERAGE", "muted", bold=True)
    each = age(round(span_ns / cells))
    long = f"since {clock(health.since_ns)}, {each} a cell"
    said = long if cells >= len(long) + 20 else f"{each} a cell" if cells >= 24 else ""
    line.put(_TRACK + 11, said, "muted")
    line.right(width - 1, "green", "muted")
    return line.row()


def _share(health: SessionHealth, at: int, name: str, now_ns: int) -> float:
    """How much of the time since an input first gave anything it was green; NaN where it never did."""
    begun_ns = next((c.t_ns for c in health.changes if c.input == name and c.state != "ABSENT"), now_ns)
    if begun_ns >= now_ns or at >= len(health.green_ns):
        return math.nan
    return min(health.green_ns[at] / (now_ns - begun_ns), 1.0)


def _why(trust: InputTrust, width: int, signs: Glyphs) -> Row:
    line = Line(width)
    glyph, role = light(trust, signs)
    line.put(0, clip(f"{glyph} {trust.name}: {trust.reason or trust.state.lower()}", width), role)
    return line.row()


def _states(health: SessionHealth, name: str, now_ns: int, cells: int) -> list[str]:
    """The worst state of an input in each cell."""
    changes = [change for change in health.changes if change.input == name]
    span_ns = now_ns - health.since_ns
    out = ["ABSENT"] * cells
    for at, change in enumerate(changes):
        until_ns = changes[at + 1].t_ns if at + 1 < len(changes) else now_ns
        first = max(int((change.t_ns - health.since_ns) / span_ns * cells), 0)
        last = max(math.ceil((until_ns - health.since_ns) / span_ns * cells), first + 1)
        for cell in range(first, min(last, cells)):
            out[cell] = max(out[cell], change.state, key=_WORST.index)
    return out


def _put_track(line: Line, states: list[str], signs: Glyphs) -> None:
    glyphs = {
        "GREEN": signs.value, "DEGRADED": signs.degraded, "BLIND": signs.blind, "GAP": signs.gap, "ABSENT": signs.dot,
    }  # fmt: skip
    for cell, state in enumerate(states):
        line.put(_TRACK + cell, glyphs[state], style(_INKS[state]))
