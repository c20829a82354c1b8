"""The replay's time bar: where in the recording we are, and what lies before and behind."""

from __future__ import annotations

import math

from spymaster.signals.frame import AlertMark, Frame, Phase, ReplayStatus
from spymaster.view.drawing.cells import Line, Row
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import clock, clock_ends, clock_ms
from spymaster.view.edges.header import band_of, speed_text

_SIGNALS = {"BREAK": 1, "REJECT": 2, "CONTESTED": 3, "CONTEST": 3}


def time_bar_row(frame: Frame, width: int, glyphs: str) -> Row:
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
    begins, ends = clock_ends(header.first_ns, header.last_ns)
    tail = f"{begins}–{ends}   {_share(frame) * 100:3.0f} %" if width >= 100 else ends
    start = line.right(width - 2, tail, ink)
    first, last = x + 3, start - 2
    if last - first < 8:
        return line.row()
    if header.phase is Phase.SEEKING and frame.replay is not None:
        _seeking(line, first, last, frame.replay, ink, band.ground)
    else:
        _track(line, first, last, frame, ink, glyph_set)
    return line.row()


def _derived(ink: str, kind: str) -> str:
    """The softer relatives of a band's ink; a picture of live data has no band."""
    return ink.removesuffix("text") + kind if ink.endswith("_text") else "rule"


def _share(frame: Frame) -> float:
    header = frame.header
    span = header.last_ns - header.first_ns
    return min(max((header.t_ns - header.first_ns) / span, 0.0), 1.0) if span > 0 else 0.0


def _track(line: Line, first: int, last: int, frame: Frame, ink: str, glyphs: Glyphs) -> None:
    header = frame.header
    span = max(header.last_ns - header.first_ns, 1)

    def cell(ns: int) -> int:
        return first + round(min(max((ns - header.first_ns) / span, 0.0), 1.0) * (last - first))

    here = cell(header.t_ns)
    loop = frame.replay.loop_ns if frame.replay is not None else None
    if loop is not None:
        line.fill(cell(loop[0]), cell(loop[1] if loop[1] is not None else header.t_ns) + 1, _derived(ink, "loop"))
    for at in range(first, last + 1):
        played = at < here
        line.put(at, glyphs.value if played else glyphs.track, ink if played else _derived(ink, "soft"))
    for alert in _marks(frame):
        code = _SIGNALS.get(alert.signal.upper(), 0)
        ahead = alert.t_ns > header.t_ns
        mark = glyphs.signals[code] if code else glyphs.dot
        line.put(cell(alert.t_ns), mark, _derived(ink, "soft") if ahead else ink)
    for at, gap in enumerate(frame.heat.gap_ns.tolist()):
        if gap > 0:
            line.put(cell(int(frame.heat.t_ns[at])), glyphs.gap, ink)
    if loop is not None:
        line.put(cell(loop[0]), "[", ink, bold=True)
        if loop[1] is not None:
            line.put(cell(loop[1]), "]", ink, bold=True)
    line.put(here, glyphs.eighths[8], "bright")


def _marks(frame: Frame) -> tuple[AlertMark, ...]:
    """The alerts of the whole recording as far as they are known, or else those of the list."""
    if frame.replay is not None and frame.replay.alerts:
        return frame.replay.alerts
    return tuple(AlertMark(alert.t_ns, alert.id, alert.level_id, alert.signal) for alert in frame.alerts)


def _seeking(line: Line, first: int, last: int, status: ReplayStatus, ink: str, ground: str) -> None:
    sought = clock(status.seeking_ns) if status.seeking_ns else status.seeking or "the beginning"
    x = line.put(first, f" seeking {sought} "[: last - first], ground, bold=True, ground=ink) + 1
    text = f"checkpoint {clock(status.checkpoint_ns)}" if status.checkpoint_ns else ""
    room = last - x - len(text) - 2
    if room < 6:
        return
    done = math.floor(min(max(status.seek_progress, 0.0), 1.0) * room)
    line.fill(x, x + done, ink)
    line.fill(x + done, x + room, _derived(ink, "loop"))
    line.put(x + room + 2, text, ink)
