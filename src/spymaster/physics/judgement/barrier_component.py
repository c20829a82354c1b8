"""What the barrier says about one level at one snap: a score 0-100 and how much it weighs (docs/physics.md 3, 8)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import BarrierAlarm, BarrierState, Tag, Trust
from spymaster.physics.book.changes import forget_changes
from spymaster.physics.book.context import read_context
from spymaster.physics.book.icebergs import find_iceberg, remaining_size, typical_peak
from spymaster.physics.book.passed import follow_zone, forget_zone, passed_states
from spymaster.physics.book.recovery import forget_recovery, recovery_half_life, update_recovery
from spymaster.physics.judgement.barrier import (
    replenishment,
    settle_state,
    time_to_clear,
)
from spymaster.physics.maths.elementary import exp_, gate
from spymaster.physics.memory.indices import (
    Z_FILL,
    Z_GROSS,
    Z_HIDDEN,
    Z_IN,
    Z_OUT,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import tick_points

_MISSING: Final = int(BarrierState.MISSING)
_VACUUM: Final = int(BarrierState.VACUUM)
_CONSUMED: Final = int(BarrierState.CONSUMED)
_WEAK: Final = int(BarrierState.WEAK)
_NEUTRAL: Final = int(BarrierState.NEUTRAL)
_ABSORPTION: Final = int(BarrierState.ABSORPTION)
_WALL: Final = int(BarrierState.WALL)
_STACKING: Final = int(BarrierAlarm.STACKING)
_DEFENDED: Final = int(Tag.DEFENDED)
_ICEBERG: Final = int(Tag.ICEBERG)
_FLICKER: Final = int(Tag.FLICKER)
_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_LEAST_SPREAD: Final = 1.0
"""A zone in which hardly anything ever happens has a spread of a contract."""
_FLICKER_EXCESS: Final = 0.2
"""Only a share clearly beyond the usual one is worth a tag."""


@kernel
def barrier_score(p: Array, states: Array) -> float:
    """S_L of a zone that price stands in front of: expected value of what each state says for the break."""
    return float(
        p[0].value_vacuum * states[_VACUUM]
        + p[0].value_consumed * states[_CONSUMED]
        + p[0].value_weak * states[_WEAK]
        + p[0].value_neutral * states[_NEUTRAL]
        + p[0].value_absorption * states[_ABSORPTION]
        + p[0].value_wall * states[_WALL]
    )


@kernel
def passed_score(p: Array, v: Any, states: Array) -> float:
    """S_L of a zone that price has passed.

    Every such zone is empty, so that alone says nothing: what says something is that its defenders stayed and were
    eaten, which is rare (``passed_eaten``: the share of what left that must have been filled), or the others.
    """
    lost = v.lost_filled + v.lost_pulled
    stayed = gate((v.lost_filled / lost - p[0].passed_eaten) / p[0].gate_filled) if lost > 0.0 else 0.0
    consumed = p[0].value_neutral + stayed * (p[0].value_consumed_passed - p[0].value_neutral)
    return float(
        p[0].value_vacuum_passed * states[_VACUUM]
        + consumed * states[_CONSUMED]
        + p[0].value_neutral * (states[_WEAK] + states[_NEUTRAL])
        + p[0].value_absorption * states[_ABSORPTION]
        + p[0].value_wall * states[_WALL]
    )


@kernel
def held_evidence(p: Array, v: Any, score: float, passed: bool, t_ns: int) -> float:
    """The barrier's score with the strongest evidence of a break it gave while price stood in front, fading since.

    ``evidence_tau`` is how fast. In front of the level the score is what it is; past it, that or what is left.
    """
    left = 0.0
    if v.evidence > 0.0:
        left = v.evidence * exp_(-float(t_ns - v.evidence_ns) * 1e-9 / p[0].evidence_tau_s)
    if passed:
        return float(max(score, 50.0 + left))
    if score - 50.0 >= left:
        v.evidence = max(score - 50.0, 0.0)
        v.evidence_ns = t_ns
    return score


@kernel
def no_barrier(v: Any, row: Any) -> None:
    """Write a barrier that cannot be judged: unseen is not zero."""
    v.state = -1
    v.rival = -1
    v.has_delta = 0
    row.barrier_state = _MISSING
    row.barrier_confidence = 0.0
    row.visible_fraction = 0.0
    row.window_s = 0.0
    row.seen_s = 0.0
    row.long_window_s = 0.0
    row.tags = 0.0
    row.alarm = 0.0
    row.passed = 0.0
    if v.unseen == 0:
        v.unseen = 1
        forget_changes(v)
        forget_recovery(v, 0)
        forget_zone(v)


@kernel_inlined
def judge_barrier(s: State, p: Array, t_ns: int, lane: int, v: Any, row: Any) -> tuple[bool, float, float]:
    """Flows, states and depth of the zone into ``row``; returns (present, S_L, weight in [0, 1]).

    The zone was looked at (``judgement.zones``), and what its window says by itself of its state stands in the lane.
    """
    lanes = s.scratch.lanes
    zone = lanes.zone[lane]
    if zone.judged == 0:
        no_barrier(v, row)
        return False, 0.0, 0.0
    v.unseen = 0
    side, low, high, z = zone.side, zone.low, zone.high, zone.window
    states = s.scratch.states
    state = settle_zone(s, p, v, lane, t_ns)
    write_flows(row, z, zone.depth, zone.span * p[0].snap_interval_ns * 1e-9)
    write_states(s, row, state, zone.fraction * zone.warm)
    row.passed = zone.passed
    row.visible_fraction = zone.fraction
    row.seen_s = zone.seen * p[0].snap_interval_ns * 1e-9
    row.flicker_share = zone.flicker
    write_iceberg(s, row, side, low, high, t_ns)
    row.tags = barrier_tags(s, p, row, z, state, lanes.fill_limit[lane])
    write_context(s, p, row, side, low, high, t_ns - s.ledger.seen_since[side, v.tick - s.ledger.base])
    update_recovery(p, v, zone.depth, zone.usual, high - low + 1, t_ns)
    row.refill_half_life_s = recovery_half_life(v, t_ns)
    lost = z[Z_OUT] + z[Z_FILL]
    smooth_flows(s, v, row, z[Z_IN] - z[Z_OUT] - z[Z_FILL], replenishment(z[Z_IN], lost, lanes.theta[lane]))
    write_defender(s, side, v.tick, row)
    score = passed_score(p, v, states) if zone.passed != 0 else barrier_score(p, states)
    score = held_evidence(p, v, score, zone.passed != 0, t_ns)
    believed = zone.seen * p[0].snap_interval_ns >= p[0].sight_share * p[0].w_barrier_ns
    return True, score, zone.fraction * (zone.seen / s.scratch.longest) * zone.warm if believed else 0.0


@kernel_inlined
def settle_zone(s: State, p: Array, v: Any, lane: int, t_ns: int) -> int:
    """Probabilities of the zone's six states into the scratch, price having passed it or not; the settled state."""
    zone = s.scratch.lanes.zone[lane]
    states = s.scratch.states
    for k in range(len(states)):
        states[k] = s.scratch.lanes.states[k, lane]
    follow_zone(s, p, v, states, zone.side, zone.beyond, t_ns)
    if zone.passed != 0:
        passed_states(p, v, states)
    v.state, v.rival = settle_state(states, v.state, v.rival, p[0].hysteresis_lead)
    return int(v.state)


@kernel
def write_flows(row: Any, z: Array, depth: int, window_s: float) -> None:
    """The window's flows (int64[8], order of the Z_ constants) into a level row."""
    row.added = z[Z_IN]
    row.pulled = z[Z_OUT]
    row.filled = z[Z_FILL]
    row.churn = 1.0 - (z[Z_IN] + z[Z_OUT]) / z[Z_GROSS] if z[Z_GROSS] > 0 else 0.0
    row.depth_in_zone = depth
    row.hidden_share = z[Z_HIDDEN] / z[Z_FILL] if z[Z_FILL] > 0 else 0.0
    row.window_s = window_s
    row.time_to_clear_s = time_to_clear(depth, z[Z_IN], z[Z_OUT], z[Z_FILL], window_s)


@kernel
def write_iceberg(s: State, row: Any, side: int, low: int, high: int, t_ns: int) -> None:
    """The largest apparent iceberg of the zone into the row."""
    i = find_iceberg(s, side, low, high, t_ns)
    if i < 0:
        row.iceberg_executed = math.nan
        row.iceberg_peak = math.nan
        row.iceberg_remaining = math.nan
        return
    v = s.icebergs.at[side, i]
    row.iceberg_executed = v.executed
    row.iceberg_peak = typical_peak(v)
    row.iceberg_remaining = remaining_size(s, v.executed)


@kernel
def write_context(s: State, p: Array, row: Any, side: int, low: int, high: int, seen_ns: int) -> None:
    """The long window into the row."""
    net, filled = read_context(s, side, low, high)
    row.long_window_s = min(seen_ns, p[0].w_context_ns) * 1e-9
    row.long_window_delta = net
    row.long_window_filled = filled


@kernel
def write_states(s: State, row: Any, state: int, factor: float) -> None:
    """The probabilities and the settled state into a level row."""
    scratch = s.scratch
    row.p_vacuum = scratch.states[_VACUUM]
    row.p_consumed = scratch.states[_CONSUMED]
    row.p_weak = scratch.states[_WEAK]
    row.p_neutral = scratch.states[_NEUTRAL]
    row.p_absorption = scratch.states[_ABSORPTION]
    row.p_wall = scratch.states[_WALL]
    row.barrier_state = state
    row.barrier_confidence = scratch.states[state] * factor


@kernel
def barrier_tags(s: State, p: Array, row: Any, z: Array, state: int, fill_threshold: float) -> int:
    """Bits of ``Tag``: a WALL that is hit, hidden or refilling size, and depth that comes and goes."""
    tags = 0
    if state == _WALL and z[Z_FILL] >= fill_threshold:
        tags |= _DEFENDED
    if row.iceberg_executed == row.iceberg_executed or (
        z[Z_FILL] > 0 and z[Z_HIDDEN] > p[0].hidden_iceberg_share * z[Z_FILL]
    ):
        tags |= _ICEBERG
    usual = s.flicker.usual
    if row.flicker_share >= p[0].flicker_tag_share and row.flicker_share >= usual + _FLICKER_EXCESS:
        tags |= _FLICKER
    return tags


@kernel
def smooth_flows(s: State, v: Any, row: Any, delta: float, ratio: float) -> None:
    """Smoothed net flow and replenishment ratio of the level."""
    alpha = s.alpha
    if v.has_delta == 0:
        v.has_delta = 1
        v.delta_liq = delta
        v.replenishment = ratio
    else:
        v.delta_liq += alpha.delta * (delta - v.delta_liq)
        v.replenishment += alpha.replenishment * (ratio - v.replenishment)
    row.delta_liq = v.delta_liq
    row.replenishment = v.replenishment


@kernel
def write_defender(s: State, side: int, tick: int, row: Any) -> None:
    """The defenders' quote nearest the level, the better price first among equals."""
    book = s.book
    nearest = -1
    for k in range(book.shown[side]):
        if nearest < 0 or abs(book.tick[side, k] - tick) < abs(book.tick[side, nearest] - tick):
            nearest = k
    if nearest >= 0:
        row.defending_price = book.tick[side, nearest] * tick_points(s) / s.market.ratio
        row.defending_size = book.size[side, nearest]
