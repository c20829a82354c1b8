"""The replay's time bar: where in the recording we are, and what lies before and behind."""

from __future__ import annotations

import math

from spymaster.signals.frame import Frame, Phase
from spymaster.view.cells import Line, Row
from spymaster.view.glyphs import SETS, Glyphs
from spymaster.view.header import band_of, speed_text
from spymaster.view.numbers import clock, clock_ms
from spymaster.view.state import TimeBar

_SIGNALS = {"BREAK": 1, "REJECT": 2, "CONTESTED": 3, "CONTEST": 3}


def time_bar_row(frame: Frame, bar: TimeBar | None, width: int, glyphs: str) -> Row:
    """One row on the replay's ground: state, speed, event time, track, range, percent."""
    header = frame.header
    band = band_of(header)
    ink = band.soft
    glyph_set = SETS[glyphs]
    line = Line(width, band.ground)
    paused = header.phase in (Phase.PAUSED, Phase.ENDED)
    play = "||" if paused else glyph_set.signals[1]
    x = line.put(1, f"{play} {speed_text(header.speed, glyph_set)}", ink, bold=True)
    x = line.put(x + 2, clock_ms(header.t_ns) if width >= 70 else clock(header.t_ns), ink, bold=True)
    if width >= 100:
        tail = f"{clock(header.first_ns)[:5]}–{clock(header.last_ns)[:5]}   {_share(frame) * 100:3.0f} %"
    else:
        tail = clock(header.last_ns)[:5]
    start = line.right(width - 2, tail, ink)
    first, last = x + 3, start - 2
    if last - first < 8:
        return line.row()
    if bar is not None and bar.seeking_ns is not None:
        _seeking(line, first, last, bar, ink, band.ground)
        return line.row()
    _track(line, first, last, frame, bar, ink, glyph_set)
    return line.row()


def _derived(ink: str, kind: str) -> str:
    """The softer relatives of a band's ink; a picture of live data has no band."""
    return ink.removesuffix("text") + kind if ink.endswith("_text") else "rule"


def _share(frame: Frame) -> float:
    header = frame.header
    span = header.last_ns - header.first_ns
    return min(max((header.t_ns - header.first_ns) / span, 0.0), 1.0) if span > 0 else 0.0


def _track(line: Line, first: int, last: int, frame: Frame, bar: TimeBar | None, ink: str, glyphs: Glyphs) -> None:
    header = frame.header
    span = max(header.last_ns - header.first_ns, 1)

    def cell(ns: int) -> int:
        return first + round(min(max((ns - header.first_ns) / span, 0.0), 1.0) * (last - first))

    here = cell(header.t_ns)
    for at in range(first, last + 1):
        played = at < here
        line.put(at, glyphs.value if played else glyphs.track, ink if played else _derived(ink, "soft"))
    for alert in frame.alerts:
        code = _SIGNALS.get(alert.signal.upper(), 0)
        line.put(cell(alert.t_ns), glyphs.signals[code] if code else glyphs.dot, ink)
    for at, gap in enumerate(frame.heat.gap_ns.tolist()):
        if gap > 0:
            line.put(cell(int(frame.heat.t_ns[at])), glyphs.gap, ink)
    if bar is not None and bar.loop is not None:
        start, end = cell(bar.loop[0]), cell(bar.loop[1])
        line.fill(start, end + 1, _derived(ink, "loop"))
        line.put(start, "[", ink, bold=True)
        line.put(end, "]", ink, bold=True)
    line.put(here, glyphs.eighths[8], "bright")


def _seeking(line: Line, first: int, last: int, bar: TimeBar, ink: str, ground: str) -> None:
    target = f" seeking {clock(bar.seeking_ns or 0)} "
    x = line.put(first, target[: last - first], ground, bold=True, ground=ink) + 1
    room = last - x - len(bar.checkpoint) - 2
    if room < 6:
        return
    done = math.floor(min(max(bar.seek_progress, 0.0), 1.0) * room)
    line.fill(x, x + done, ink)
    line.fill(x + done, x + room, _derived(ink, "loop"))
    line.put(x + room + 2, bar.checkpoint, ink)
