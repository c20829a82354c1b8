"""Alerts of one's own rules as rows of the alert list, and what is silenced, in a few words."""

from __future__ import annotations

from functools import lru_cache

from spymaster.alerts.standing import AlertStanding, RuleAlert
from spymaster.view.drawing.cells import Line, Row, clip
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import clock, clock_minute
from spymaster.view.levels.items import level_text

ROLE = "level_user"
"""The colour of what is one's own."""


@lru_cache(maxsize=256)
def own_row(alert: RuleAlert, fresh: bool, acked: bool, picked: bool, width: int, glyph_set: str) -> Row:
    """When, which rule, which level, and what it says as far as there is room."""
    glyphs = SETS[glyph_set]
    active = alert.ended_ns is None
    loud = active and not acked
    role = ROLE if active else "muted"
    line = Line(width, ROLE if fresh else "selected" if picked else "ground")

    def ink(name: str) -> str:
        return "ground" if fresh else name

    if loud or picked:
        line.put(0, glyphs.mark, ink(ROLE if loud else "bright"))
    line.put(1, clock(alert.t_ns), ink("text" if active else "muted"))
    x = line.put(10, f"{glyphs.own} {clip(alert.rule, 12 if width >= 50 else 8)}", ink(role), bold=loud) + 1
    x = max(x, 21)
    room = min(15, width - x)
    x = line.put(x, clip(level_text(alert.level_id, alert.price, room), room), ink(role), bold=loud) + 2
    x = max(x, 39) if width >= 50 else x
    if width - x >= 6:
        line.put(x, clip(alert.says, width - x), ink("text" if active else "muted"))
    return line.row()


def silence_text(standing: AlertStanding, t_ns: int, width: int) -> str:
    """Who is silent and until when, in at most ``width`` cells; empty where nobody is."""
    there = [one for one in standing.snoozes if t_ns < one.until_ns]
    if not there:
        return ""
    name = "all" if there[-1].kind == "all" else there[-1].name
    more = f" +{len(there) - 1}" if len(there) > 1 else ""
    told = f"silent: {name}{more} to {clock_minute(there[-1].until_ns)}"
    return told if len(told) <= width else f"{len(there)} silent" if width >= 8 else ""
