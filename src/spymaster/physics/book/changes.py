"""Sudden changes of a zone's flows, found sooner than a ten-second window can show them (P8 G3: two-sided CUSUM).

Each snap interval's netted additions and fills, in units of their usual spread, are summed above a drift; a sum beyond
``cusum_threshold`` is an alarm, and the change began when that sum last was zero. With the default drift of half a
spread, independent normal noise and snaps of 250 ms, a threshold of 9 gives net flow one false alarm in 107 minutes,
and net flow and fills together one in 72; the often quoted 5 would give net flow one in two minutes.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierAlarm
from spymaster.physics.memory.state import ADD, FILL, PULL, Array, State

_NONE: Final = int(BarrierAlarm.NONE)
_CAP: Final = 2.0
"""A sum never grows beyond so many thresholds: an alarm must be able to end soon after its cause."""


@kernel
def bucket_flows(s: State, side: int, low: int, high: int) -> tuple[int, int, int]:
    """(added, pulled, filled) at ledger indices low..high in the bucket closed last."""
    b = s.book[0]
    j = b.bucket
    if s.touched[j, 1] < low or s.touched[j, 0] > high:
        return 0, 0, 0
    base = side * 4
    added = pulled = filled = 0
    for i in range(low, high + 1):
        added += s.flow[j, i, base + ADD]
        pulled += s.flow[j, i, base + PULL]
        filled += s.flow[j, i, base + FILL]
    return added, pulled, filled


@kernel
def push_sum(v: Any, k: int, excess: float, cap: float, t_ns: int) -> None:
    """One step of one sum: ``excess`` is the interval's value above the drift, in spreads."""
    if v.drift[k] <= 0.0:
        v.drift_ns[k] = t_ns
    v.drift[k] = min(max(v.drift[k] + excess, 0.0), cap)


@kernel
def detect_change(p: Array, v: Any, net: float, filled: float, scale: Array, from_ns: int) -> None:
    """Take in one bucket that began at ``from_ns``: netted additions and fills (contracts) of a level's zone.

    scale: float64[3], spread of net, usual fill and spread of fills in one bucket. Sets the level's alarm: of several
    the one that has gone furthest beyond the threshold.
    """
    drift = p[0].cusum_drift
    limit = p[0].cusum_threshold
    cap = _CAP * limit
    z = net / scale[0]
    push_sum(v, 0, z - drift, cap, from_ns)
    push_sum(v, 1, -z - drift, cap, from_ns)
    push_sum(v, 2, (filled - scale[1]) / scale[2] - drift, cap, from_ns)
    alarm = _NONE
    most = limit
    for k in range(3):
        if v.drift[k] > most:
            most = v.drift[k]
            alarm = k + 1
    v.alarm = alarm


@kernel
def forget_changes(v: Any) -> None:
    """The zone was out of sight or is another one."""
    v.alarm = _NONE
    for k in range(3):
        v.drift[k] = 0.0
