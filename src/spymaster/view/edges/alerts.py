"""The alert list: those still on, then those that ended, each as it was raised and what became of it.

``84→91``: raised with a score of 84, and 91 is the furthest it came to since. ``84→↑12s``: raised with 84, and price
went up first, twelve seconds later; in the signal's colour where that is the way it said. ``84→↑0.5``: it has gone far
neither way yet, and stood half a point above the level when that was last noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from spymaster.alerts.standing import AlertStanding, RuleAlert
from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import AlertView
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, SIGNAL_ROLES, Glyphs
from spymaster.view.drawing.numbers import clock
from spymaster.view.edges.own_alerts import own_row, silence_text
from spymaster.view.levels.items import level_text

FRESH_NS = 2 * NS_PER_S
"""A new alert's row is inverse for this long."""

SIGNAL_CODES: Final = {"BREAK": 1, "REJECT": 2, "CONTESTED": 3, "CONTEST": 3}
_MANY = frozenset({"USER", "ROUND", "STRIKE"})
_CONFIDENCE = {"MEDIUM": "MED"}
_REASON_CELLS: Final = 24
"""Fewer show nothing of a sentence that is worth reading."""


@dataclass(frozen=True, slots=True)
class AlertLook:
    """What the list depends on besides the alerts. ``acked``: ids whose mark is gone; ``muted``: it does not ring;
    ``own``: alerts of one's own rules, and what is silenced."""

    t_ns: int
    acked: frozenset[str]
    picked: str | None
    muted: bool
    glyphs: str
    own: AlertStanding = field(default_factory=AlertStanding)


def listed(alerts: Sequence[AlertView], own: Sequence[RuleAlert] = ()) -> tuple[AlertView | RuleAlert, ...]:
    """Alerts in the order of the list: those that are on, newest first, then those that ended, newest first."""
    return tuple(sorted((*alerts, *own), key=lambda alert: (_over(alert), -alert.t_ns)))


def _over(alert: AlertView | RuleAlert) -> bool:
    return (alert.ended_ns if isinstance(alert, RuleAlert) else alert.resolved_ns) is not None


def alert_rows(alerts: Sequence[AlertView], look: AlertLook, width: int, height: int) -> Rows:
    """Title and list in ``height`` rows; a single row shows the newest alert alone."""
    ordered = listed(alerts, look.own.alerts)
    if height == 1:
        return (_one_line(ordered, look, width),)
    active = sum(not _over(alert) for alert in ordered)
    title = Line(width)
    title.put(1, "ALERTS", "muted", bold=True)
    count = "muted in replay" if look.muted else f"{active} active" if ordered else "none yet"
    x = title.right(width - 1, count, "muted")
    if silent := silence_text(look.own, look.t_ns, x - 11):
        title.put(9, silent, "degraded")
    out = [title.row()]
    wide = width >= 50
    # rows nothing else needs tell why: of those that are on in any case where there is width for it
    spare = max(height - 1 - len(ordered), 0)
    for alert in ordered:
        if len(out) >= height:
            break
        if isinstance(alert, RuleAlert):
            out.append(_own(alert, look, width))
            continue
        sure = wide and alert.resolved_ns is None
        told = bool(alert.reason) and (sure or spare > 0) and len(out) + 2 <= height
        out.append(_alert(alert, look, width, wide, told))
        if told:
            spare -= 1
            loud = alert.resolved_ns is None and alert.id not in look.acked
            out.append(_reason_row(alert, loud, width, look.glyphs))
    if not ordered:
        line = Line(width)
        line.put(1, "waiting for a signal", "muted")
        out.append(line.row())
    out += [blank(width)] * (height - len(out))
    return tuple(out[:height])


def _own(alert: RuleAlert, look: AlertLook, width: int) -> Row:
    acked = alert.id in look.acked
    fresh = alert.ended_ns is None and not acked and 0 <= look.t_ns - alert.t_ns < FRESH_NS
    return own_row(alert, fresh, acked, alert.id == look.picked, width, look.glyphs)


def _one_line(ordered: Sequence[AlertView | RuleAlert], look: AlertLook, width: int) -> Row:
    if ordered:
        newest = ordered[0]
        if isinstance(newest, RuleAlert):
            return _own(newest, look, width)
        return _alert(newest, look, width, width >= 50, False)
    line = Line(width)
    line.put(1, "no alert yet", "muted")
    return line.row()


def _alert(alert: AlertView, look: AlertLook, width: int, wide: bool, told: bool) -> Row:
    acked = alert.id in look.acked
    fresh = alert.resolved_ns is None and not acked and 0 <= look.t_ns - alert.t_ns < FRESH_NS
    return _alert_row(alert, fresh, acked, alert.id == look.picked, width, wide, told, look.glyphs)


@lru_cache(maxsize=256)
def _alert_row(
    alert: AlertView, fresh: bool, acked: bool, picked: bool, width: int, wide: bool, told: bool, glyph_set: str
) -> Row:
    glyphs = SETS[glyph_set]
    code = SIGNAL_CODES.get(alert.signal.upper(), 0)
    active = alert.resolved_ns is None
    role = SIGNAL_ROLES[code] if alert.in_window else "muted"
    line = Line(width, role if fresh else "selected" if picked else "ground")
    loud = active and not acked

    def ink(name: str) -> str:
        return "ground" if fresh else name

    if loud or picked:
        line.put(0, glyphs.mark, ink(role if loud else "bright"))
    line.put(1, clock(alert.t_ns), ink("text" if active else "muted"))
    _put_signal(line, 10, alert, code, ink(role), loud, glyphs)
    score = f"{alert.score:.0f}"
    furthest = f"{alert.peak_score:.0f}"
    confidence = _CONFIDENCE.get(alert.confidence.upper(), alert.confidence.upper())
    became = "" if wide else became_short(alert, glyphs)
    wrong = bool(alert.went) and alert.went != alert.way and not wide
    moved = bool(became) or furthest != score
    if moved:
        score = f"{score}{glyphs.clear}{became or furthest}"
    room = min(15, 18 - len(score)) if wide else width - 23 - len(score)
    name = level_text(alert.level_id, alert.price, room)
    if moved and len(name) > room:
        # of some kinds there are many levels, and the price says which is meant; of the others the name does
        price, _, called = name.partition(" ")
        name = price if called in _MANY else called
    if not wide:
        line.put(21, clip(name, room), ink("text" if active else "muted"), bold=loud)
        line.right(width - 1, score, ink("muted" if wrong else role), bold=loud)
        return line.row()
    line.put(21, clip(name, room), ink("text" if active else "muted"), bold=loud)
    line.right(39, score, ink(role), bold=loud)
    line.put(41, confidence, ink("text" if active else "muted"))
    tail, right = became_words(alert, glyphs)
    if not tail and not told and width - 47 >= _REASON_CELLS:
        tail = alert.reason
    line.put(47, clip(tail, width - 47), ink(role if right else "muted"))
    return line.row()


def became_words(alert: AlertView, glyphs: Glyphs) -> tuple[str, bool]:
    """What became of an alert in at most seventeen cells, and whether it was right; empty while nothing is known."""
    if not alert.went:
        if alert.above is None:
            return "", False
        return f"{_way(alert.above, glyphs)} at {alert.above_s} s", False
    arrow = glyphs.up if alert.went > 0 else glyphs.down
    right = alert.went == alert.way
    word = "then" if not alert.way else "right" if right else "wrong"
    return f"{word} {arrow} in {alert.went_s:.0f} s", right


def became_short(alert: AlertView, glyphs: Glyphs) -> str:
    """The same in at most six cells: ``↑12s`` for far and when, ``↑0.5`` for how far; empty while nothing is known."""
    if alert.went:
        return f"{glyphs.up if alert.went > 0 else glyphs.down}{alert.went_s:.0f}s"
    return "" if alert.above is None else _way(alert.above, glyphs)


def _way(above: float, glyphs: Glyphs) -> str:
    text = f"{abs(above):.1f}"
    return f"{'' if not float(text) else glyphs.up if above > 0 else glyphs.down}{text}"


def _put_signal(line: Line, x: int, alert: AlertView, code: int, ink: str, bold: bool, glyphs: Glyphs) -> None:
    mark = ("" if alert.in_window else glyphs.hushed) or glyphs.signals[code]
    x = line.put(x, f"{mark} {SIGNAL_NAMES[code]}", ink, bold=bold)
    towards = alert.direction if code == 1 else -alert.direction if code == 2 else 0
    if towards:
        line.put(x + 1, glyphs.up if towards > 0 else glyphs.down, ink)


@lru_cache(maxsize=256)
def _reason_row(alert: AlertView, loud: bool, width: int, glyph_set: str) -> Row:
    line = Line(width)
    if loud:
        role = SIGNAL_ROLES[SIGNAL_CODES.get(alert.signal.upper(), 0)]
        line.put(0, SETS[glyph_set].mark, role if alert.in_window else "muted")
    x = 10 if width >= 50 else 2
    line.put(x, clip(alert.reason, width - x), "muted")
    return line.row()
