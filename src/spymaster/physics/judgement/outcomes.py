"""What became of each alert: price some time later, and which way it went first (docs/physics.md 8.2)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import AlertEvent, BarrierState
from spymaster.physics.memory.indices import WATCHED
from spymaster.physics.memory.outputs import copy_alert
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import mid_points

_UPDATED: Final = int(AlertEvent.UPDATED)
_MISSING: Final = int(BarrierState.MISSING)
_MARKS_NS: Final = (30 * NS_PER_S, 120 * NS_PER_S, 240 * NS_PER_S)
_SECOND: Final = 1e9
_WAITING: Final = 0
_RUNNING: Final = 1
_DECIDED: Final = 2
_LATE_NS: Final = NS_PER_S
"""Snaps further apart leave out what price did meanwhile."""


@kernel
def group_was_told(s: State, p: Array, slot: int, signal: int, t_ns: int) -> bool:
    """Whether an alert of this kind and direction was raised nearby within ``alert_group``: it speaks for this too."""
    v = s.levels.at[slot]
    for k in range(WATCHED):
        w = s.watches.at[k]
        if w.on == 0 or w.row.signal != signal or w.row.direction != v.direction:
            continue
        if t_ns - w.row.raised_ns < p[0].alert_group_ns and abs(w.row.price - v.price) <= p[0].confluence_band:
            return True
    return False


@kernel
def watch_alert(s: State, slot: int, t_ns: int) -> None:
    """The alert raised last for a level will be followed; where too many are, the oldest is given up."""
    v = s.levels.at[slot]
    place = 0
    for k in range(WATCHED):
        w = s.watches.at[k]
        if w.on == 0:
            place = k
            break
        if w.row.raised_ns < s.watches.at[place].row.raised_ns:
            place = k
    w = s.watches.at[place]
    copy_alert(s.alerts.row[s.alerts.held - 1], w.row)
    w.on = 1
    w.points = v.price * s.market.ratio
    w.told = 0
    w.seen_ns = t_ns
    w.whole = 1
    w.race = _WAITING


@kernel
def note_peak(s: State, raised_ns: int, price: float, peak: float) -> None:
    """The furthest score of an alert that is on, for when its outcome is told."""
    for k in range(WATCHED):
        w = s.watches.at[k]
        if w.on != 0 and w.row.raised_ns == raised_ns and w.row.price == price:
            w.row.peak_score = peak


@kernel
def follow_outcomes(s: State, p: Array, t_ns: int) -> None:
    """One snap of all alerts under watch; each mark that is reached is told as an update of the alert."""
    mid = mid_points(s)
    for k in range(WATCHED):
        w = s.watches.at[k]
        if w.on != 0:
            follow_one(s, p, w, mid, t_ns)


@kernel
def follow_one(s: State, p: Array, w: Any, mid: float, t_ns: int) -> None:
    """One snap of one alert."""
    row = w.row
    if t_ns - w.seen_ns > _LATE_NS or math.isnan(mid):
        w.whole = 0
    w.seen_ns = t_ns
    age = t_ns - row.raised_ns
    way = row.direction * (mid - w.points)
    follow_race(p, w, way, age)
    reached = False
    while w.told < len(_MARKS_NS) and age >= _MARKS_NS[w.told]:
        known = way if age - _MARKS_NS[w.told] <= _LATE_NS else math.nan
        if w.told == 0:
            row.outcome_30s = known
        elif w.told == 1:
            row.outcome_120s = known
        else:
            row.outcome_240s = known
        w.told += 1
        reached = True
    if reached:
        tell_outcome(s, w, t_ns)
    if w.told == len(_MARKS_NS):
        w.on = 0


@kernel
def follow_race(p: Array, w: Any, way: float, age: int) -> None:
    """Whether price came ``outcome_points`` beyond the level first, or as far back from it.

    It begins once price is between the two: an alert raised further away has not been decided by that alone.
    """
    if w.whole == 0 or w.race == _DECIDED:
        return
    if abs(way) < p[0].outcome_points:
        w.race = _RUNNING
    elif w.race == _RUNNING:
        w.race = _DECIDED
        w.row.outcome_first = 1 if way > 0.0 else -1
        w.row.outcome_first_s = age / _SECOND


@kernel
def tell_outcome(s: State, w: Any, t_ns: int) -> None:
    """Append what is known of an alert's outcome as an update; of the level as it is now it says nothing."""
    alerts = s.alerts
    a = alerts.row[alerts.held]
    alerts.held += 1
    copy_alert(w.row, a)
    a.t_ns = t_ns
    a.event = _UPDATED
    a.barrier_state = _MISSING
    a.score = math.nan
    a.delta_liq = math.nan
    a.filled = math.nan
    a.pulled = math.nan
    a.added = math.nan
    a.window_s = math.nan
