"""Sudden changes of a zone's flows, found sooner than a ten-second window can show them (two-sided CUSUM).

Formulas: docs/physics.md 8.

Each snap interval's netted additions and fills, in units of their usual spread, are summed above a drift; a sum beyond
``cusum_threshold`` is an alarm, and the change began when that sum last was zero. With the default drift of half a
spread, independent normal noise and snaps of 250 ms, a threshold of 9 gives net flow one false alarm in 107 minutes,
and net flow and fills together one in 72; the often quoted 5 would give net flow one in two minutes.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierAlarm
from spymaster.physics.memory.indices import (
    ADD,
    ASK_FIELDS,
    FILL,
    HIGH,
    LOW,
    PULL,
    SCALE_FILL,
    SCALE_FILL_USUAL,
    SCALE_NET,
)
from spymaster.physics.memory.state import Array, State

_NONE: Final = int(BarrierAlarm.NONE)
_STACKED: Final = 0
_PULLED: Final = 1
_FILLED: Final = 2
_DETECTORS: Final = 3
"""The sums, in the order of the alarms they raise."""
_CAP: Final = 2.0
"""A sum never grows beyond so many thresholds: an alarm must be able to end soon after its cause."""


@kernel
def bucket_flows(s: State, side: int, low: int, high: int) -> tuple[int, int, int]:
    """(added, pulled, filled) at ledger indices low..high in the bucket closed last."""
    ledger = s.ledger
    j = ledger.bucket
    if ledger.touched[j, HIGH] < low or ledger.touched[j, LOW] > high:
        return 0, 0, 0
    base = side * ASK_FIELDS
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
    z = net / scale[SCALE_NET]
    push_sum(v, _STACKED, z - drift, cap, from_ns)
    push_sum(v, _PULLED, -z - drift, cap, from_ns)
    push_sum(v, _FILLED, (filled - scale[SCALE_FILL_USUAL]) / scale[SCALE_FILL] - drift, cap, from_ns)
    alarm = _NONE
    most = limit
    for k in range(_DETECTORS):
        if v.drift[k] > most:
            most = v.drift[k]
            alarm = k + 1
    v.alarm = alarm


@kernel
def forget_changes(v: Any) -> None:
    """The zone was out of sight or is another one."""
    v.alarm = _NONE
    for k in range(_DETECTORS):
        v.drift[k] = 0.0
