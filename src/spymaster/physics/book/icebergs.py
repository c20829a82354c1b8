"""Apparent icebergs: prices that show size again at once whenever they are hit (docs/physics.md 3).

A depth feed has no order ids, so this is evidence, not knowledge. Each fill of half the displayed size or more is a
trial; size shown again within ``iceberg_refill`` is a success. The log odds compare a success rate of 0.9 with the rate
at which additions come to the touch anyway.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import exp_, log_
from spymaster.physics.maths.quantiles import quantile_bin, quantile_centre
from spymaster.physics.memory.indices import LEDGER_TICKS, LOST, QUANTILE_BINS, USED_UP
from spymaster.physics.memory.state import Array, State

_HIT_RATE: Final = 0.9
_NULL_MIN: Final = 0.02
_NULL_MAX: Final = 0.85
_GIVE_UP: Final = -3.0
_IDLE_NS: Final = 30 * NS_PER_S
_ENOUGH_ENDS: Final = 10.0
_PEAKS: Final = 8


@kernel
def learn_null_rate(s: State, p: Array, adds: int, interval_s: float, weight: float) -> None:
    """How often size comes to the best price within the refill time without any iceberg: from the rate of additions."""
    icebergs = s.icebergs
    icebergs.add_rate += weight * (0.5 * adds / interval_s - icebergs.add_rate)
    null = 1.0 - exp_(-icebergs.add_rate * p[0].iceberg_refill_ns * 1e-9)
    null = min(max(null, _NULL_MIN), _NULL_MAX)
    icebergs.log_refill = log_(_HIT_RATE / null)
    icebergs.log_miss = log_((1.0 - _HIT_RATE) / (1.0 - null))


@kernel
def end_iceberg(s: State, v: Any, how: int) -> None:
    """Forget a price's trials; an iceberg that had been seen leaves its total to those that come after."""
    if v.flagged != 0:
        s.icebergs.ends[how, quantile_bin(v.executed)] += 1.0
    v.hit_ns = 0
    v.tries = 0
    v.refills = 0
    v.odds = 0.0
    v.flagged = 0
    v.executed = 0
    v.last_ns = 0


@kernel
def decide_trial(s: State, v: Any, success: bool, t_ns: int) -> None:
    """One trial is decided."""
    icebergs = s.icebergs
    v.tries += 1
    v.hit_ns = 0
    if success:
        v.refills += 1
        v.odds += icebergs.log_refill
        if v.odds > s.logs.iceberg_odds:
            v.flagged = 1
        return
    v.odds += icebergs.log_miss
    if v.odds < _GIVE_UP:
        end_iceberg(s, v, USED_UP)
        v.last_ns = t_ns


@kernel
def note_fill(s: State, p: Array, side: int, i: int, filled: int, before: int, t_ns: int) -> None:
    """``filled`` of ``before`` displayed contracts were taken at ledger index i."""
    v = s.icebergs.at[side, i]
    if v.last_ns > 0 and t_ns - v.last_ns > _IDLE_NS:
        end_iceberg(s, v, LOST)
    v.last_ns = t_ns
    v.executed += filled
    if 2 * filled >= before:
        if v.hit_ns > 0 and t_ns - v.hit_ns > p[0].iceberg_refill_ns:
            decide_trial(s, v, False, t_ns)
        v.hit_ns = t_ns


@kernel
def note_refill(s: State, p: Array, side: int, i: int, added: int, t_ns: int) -> None:
    """Contracts were added at ledger index i where a trial may be under way."""
    v = s.icebergs.at[side, i]
    if v.hit_ns == 0:
        return
    in_time = t_ns - v.hit_ns <= p[0].iceberg_refill_ns
    if in_time:
        v.peak[v.refills % _PEAKS] = added
    decide_trial(s, v, in_time, t_ns)


@kernel
def note_hidden(s: State, side: int, i: int, hidden: int, t_ns: int) -> None:
    """More was filled at a price than it showed: refilled inside the event, the plainest success there is."""
    v = s.icebergs.at[side, i]
    v.executed += hidden
    v.last_ns = t_ns
    v.peak[v.refills % _PEAKS] = 0
    decide_trial(s, v, True, t_ns)


@kernel
def find_iceberg(s: State, side: int, low: int, high: int, t_ns: int) -> int:
    """The ledger index of the largest apparent iceberg at low..high that was hit lately, or -1."""
    found = -1
    most = 0
    for i in range(max(low, 0), min(high, LEDGER_TICKS - 1) + 1):
        v = s.icebergs.at[side, i]
        if v.flagged != 0 and t_ns - v.last_ns <= _IDLE_NS and v.executed > most:
            most = v.executed
            found = i
    return found


@kernel
def typical_peak(v: Any) -> float:
    """Median of the latest sizes shown again; 0 where all refills stayed hidden."""
    n = min(v.refills, _PEAKS)
    hidden = 0
    for i in range(n):
        if v.peak[i] == 0:
            hidden += 1
    middle = hidden + (n - hidden) // 2
    for i in range(n):
        smaller = equal = 0
        for j in range(n):
            if v.peak[j] < v.peak[i]:
                smaller += 1
            elif v.peak[j] == v.peak[i]:
                equal += 1
        if v.peak[i] > 0 and smaller <= middle < smaller + equal:
            return float(v.peak[i])
    return 0.0


@kernel
def remaining_size(s: State, executed: float) -> float:
    """Median contracts still to come, by Kaplan-Meier on earlier icebergs' totals; those lost from sight are censored.

    NaN while too few have ended, or where fewer than half of those that came so far have.
    """
    ends = s.icebergs.ends
    total = 0.0
    for k in range(QUANTILE_BINS):
        total += ends[USED_UP, k]
    if total < _ENOUGH_ENDS:
        return math.nan
    start = quantile_bin(int(executed))
    at_risk = 0.0
    for k in range(start, QUANTILE_BINS):
        at_risk += ends[USED_UP, k] + ends[LOST, k]
    survival = 1.0
    for k in range(start, QUANTILE_BINS):
        if at_risk <= 0.0:
            return math.nan
        survival *= 1.0 - ends[USED_UP, k] / at_risk
        at_risk -= ends[USED_UP, k] + ends[LOST, k]
        if survival <= 0.5:
            return max(quantile_centre(k) - executed, 0.0)
    return math.nan


@kernel
def forget_icebergs(s: State) -> None:
    """The ledger's window moved: prices are somewhere else."""
    for side in range(2):
        for i in range(LEDGER_TICKS):
            v = s.icebergs.at[side, i]
            if v.last_ns != 0 or v.hit_ns != 0:
                end_iceberg(s, v, LOST)
