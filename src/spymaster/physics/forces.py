"""What each force says about one level at one snap: a score 0-100 and how much it weighs (SPEC 6.10)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierState, Tag, Trust
from spymaster.physics.barrier import (
    held_through,
    replenishment,
    settle_state,
    soft_states,
    thresholds,
    time_to_clear,
    visible_part,
)
from spymaster.physics.mathx import exp_
from spymaster.physics.motion import tick_points
from spymaster.physics.scales import usual_depth
from spymaster.physics.state import (
    A_DELTA,
    A_REPLENISHMENT,
    ASK,
    BID,
    DISTANCES,
    LEDGER_TICKS,
    SWEEPS,
    Z_FILL,
    Z_GROSS,
    Z_HIDDEN,
    Z_IN,
    Z_OUT,
    Array,
    State,
)
from spymaster.physics.windows import buckets_in, zone_window

_MISSING: Final = int(BarrierState.MISSING)
_WALL: Final = int(BarrierState.WALL)
_DEFENDED: Final = int(Tag.DEFENDED)
_ICEBERG: Final = int(Tag.ICEBERG)
_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_S_CONSUMED: Final = 60.0
_S_WEAK: Final = 75.0


@kernel
def barrier_score(states: Array) -> float:
    """S_L: expected value of VACUUM 100, WEAK 75, CONSUMED 60, NEUTRAL 50, ABSORPTION 0, WALL 0."""
    return float(100.0 * states[0] + _S_CONSUMED * states[1] + _S_WEAK * states[2] + 50.0 * states[3])


@kernel
def no_barrier(s: State, slot: int, row: Any) -> None:
    """Write a barrier that cannot be judged: unseen is not zero."""
    v = s.level[slot]
    v.state = -1
    v.rival = -1
    v.has_delta = 0
    row.barrier_state = _MISSING
    row.barrier_confidence = 0.0
    row.visible_fraction = 0.0
    row.window_s = 0.0
    row.tags = 0.0


@kernel
def judge_barrier(s: State, p: Array, t_ns: int, slot: int, row: Any) -> tuple[bool, float, float]:
    """Flows, states and depth of the zone into ``row``; returns (present, S_L, weight in [0, 1])."""
    v = s.level[slot]
    side = ASK if v.direction > 0 else BID
    depth_trust = s.trust[0].state[0]
    edge, span = -1, 0
    if depth_trust != _BLIND and depth_trust != _ABSENT:
        edge, span = visible_part(s, p, t_ns, side, v.tick)
    if edge < 0:
        no_barrier(s, slot, row)
        return False, 0.0, 0.0
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    centre = v.tick - s.book[0].base
    low = max(min(centre - sign * half, edge), 0)
    high = min(max(centre - sign * half, edge), LEDGER_TICKS - 1)
    full = edge == centre + sign * half and span == buckets_in(p, p[0].w_barrier_ns) and 0 <= centre < LEDGER_TICKS
    if full:
        z = s.zone[side]
        added, pulled, filled = z[centre, Z_IN], z[centre, Z_OUT], z[centre, Z_FILL]
        gross, hidden = z[centre, Z_GROSS], z[centre, Z_HIDDEN]
    else:
        added, pulled, filled, gross, hidden = zone_window(s, side, low, high, span)
    end = 0
    for i in range(low, high + 1):
        end += s.depth[side, i]
    fraction = (high - low + 1) / (2.0 * half + 1.0)
    window_s = span * p[0].snap_interval_ns * 1e-9
    share = span / buckets_in(p, p[0].w_barrier_ns)
    theta, fill_threshold, usual, absolute, warm = zone_scales(s, p, side, v.tick, edge, share, fraction)
    held = held_through(s, side, v.tick + sign * half, span)
    start = end - (added - pulled - filled)
    soft_states(
        p, added, pulled, filled, max(start, 0), end, usual, theta, fill_threshold, absolute, held, s.logs, s.states
    )
    state, rival = settle_state(s.states, v.state, v.rival, p[0].hysteresis_lead)
    v.state = state
    v.rival = rival
    write_flows(row, added, pulled, filled, gross, hidden, end, window_s)
    write_states(s, row, state, fraction * warm)
    row.visible_fraction = fraction
    row.tags = barrier_tags(p, state, filled, hidden, fill_threshold)
    smooth_flows(s, slot, row, added - pulled - filled, replenishment(added, pulled + filled, theta))
    write_defender(s, side, v.tick, row)
    return True, barrier_score(s.states), fraction * share * warm


@kernel
def zone_scales(
    s: State, p: Array, side: int, tick: int, edge: int, share: float, fraction: float
) -> tuple[float, float, float, bool, float]:
    """(theta, F_thr, usual depth, absolute?, warm-up factor) for a zone: noise grows with the root of the window."""
    b = s.book[0]
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    best = b.ask if side == ASK else b.bid
    distance = sign * (tick - best)
    usual = usual_depth(s, distance - half, sign * (edge + b.base - best))
    warm = b.visible_ns < p[0].warmup_ns
    absolute = warm or p[0].absolute_thresholds != 0
    d = min(max(distance, 0), DISTANCES - 1)
    root = math.sqrt(share)
    noise = s.noise[0, d] * root * fraction
    theta, fill = thresholds(
        p, absolute, usual, noise, s.noise[1, d] * share, s.noise[2, d] * root, s.market[0].typical_best
    )
    return theta, fill, usual, absolute, (p[0].warmup_confidence if warm else 1.0)


@kernel
def write_flows(
    row: Any, added: int, pulled: int, filled: int, gross: int, hidden: int, depth: int, window_s: float
) -> None:
    """The window's flows into a level row."""
    row.added = added
    row.pulled = pulled
    row.filled = filled
    row.churn = 1.0 - (added + pulled) / gross if gross > 0 else 0.0
    row.depth_in_zone = depth
    row.hidden_share = hidden / filled if filled > 0 else 0.0
    row.window_s = window_s
    row.time_to_clear_s = time_to_clear(depth, added, pulled, filled, window_s)


@kernel
def write_states(s: State, row: Any, state: int, factor: float) -> None:
    """The probabilities and the settled state into a level row."""
    row.p_vacuum = s.states[0]
    row.p_consumed = s.states[1]
    row.p_weak = s.states[2]
    row.p_neutral = s.states[3]
    row.p_absorption = s.states[4]
    row.p_wall = s.states[5]
    row.barrier_state = state
    row.barrier_confidence = s.states[state] * factor


@kernel
def barrier_tags(p: Array, state: int, filled: int, hidden: int, fill_threshold: float) -> int:
    """Bits of ``Tag``: a WALL that is also being hit is defended; a large hidden share betrays an iceberg."""
    tags = 0
    if state == _WALL and filled >= fill_threshold:
        tags |= _DEFENDED
    if filled > 0 and hidden > p[0].hidden_iceberg_share * filled:
        tags |= _ICEBERG
    return tags


@kernel
def smooth_flows(s: State, slot: int, row: Any, delta: float, ratio: float) -> None:
    """Smoothed net flow and replenishment ratio of the level."""
    v = s.level[slot]
    if v.has_delta == 0:
        v.has_delta = 1
        v.delta_liq = delta
        v.replenishment = ratio
    else:
        v.delta_liq += s.share[A_DELTA] * (delta - v.delta_liq)
        v.replenishment += s.share[A_REPLENISHMENT] * (ratio - v.replenishment)
    row.delta_liq = v.delta_liq
    row.replenishment = v.replenishment


@kernel
def write_defender(s: State, side: int, tick: int, row: Any) -> None:
    """The defenders' quote nearest the level, the better price first among equals."""
    nearest = -1
    for k in range(s.ladder[side, 0, 10]):
        if nearest < 0 or abs(s.ladder[side, 0, k] - tick) < abs(s.ladder[side, 0, nearest] - tick):
            nearest = k
    if nearest >= 0:
        row.defending_price = s.ladder[side, 0, nearest] * tick_points(s) / s.market[0].ratio
        row.defending_size = s.ladder[side, 1, nearest]


@kernel
def judge_tape(s: State, p: Array, t_ns: int, slot: int, row: Any) -> tuple[bool, float, float]:
    """Volumes in the band, motion and sweeps into ``row``; returns (present, S_T, weight in [0, 1])."""
    m = s.market[0]
    v = s.level[slot]
    band = s.book[0].tape_band
    i = v.tick - s.book[0].base
    buys = sells = 0
    if 0 <= i < LEDGER_TICKS:
        buys = s.tape[0, i]
        sells = s.tape[1, i]
    volume = buys + sells
    imbalance = (buys - sells) / (volume + m.typical_best) if volume > 0 else 0.0
    row.buy_volume = buys
    row.sell_volume = sells
    row.tape_imbalance = imbalance
    row.velocity = m.velocity_smooth
    row.acceleration = m.acceleration
    toward = v.direction * m.velocity_smooth / p[0].score_velocity_full
    toward = min(max(toward, -1.0), 1.0)
    score = 50.0 + p[0].score_velocity_gain * toward + p[0].score_imbalance_gain * v.direction * imbalance
    score = pull_to_sweep(s, p, t_ns, v.tick, v.direction, band, row, score)
    state = s.trust[0].state[1]
    if state == _BLIND or state == _ABSENT:
        return False, 0.0, 0.0
    return True, score, min(1.0, volume / p[0].tape_full_volume)


@kernel
def pull_to_sweep(s: State, p: Array, t_ns: int, tick: int, direction: int, band: int, row: Any, score: float) -> float:
    """The latest sweep that touched the band pulls the score to 100 (break) or 0 (reject), fading with its age."""
    b = s.book[0]
    row.sweep_direction = 0.0
    row.sweep_age_s = math.nan
    for back in range(min(b.sweeps, SWEEPS)):
        w = s.sweep[(b.sweeps - 1 - back) % SWEEPS]
        if t_ns - w.t_ns > p[0].w_tape_ns:
            break
        if w.levels < p[0].sweep_min_levels or w.high < tick - band or w.low > tick + band:
            continue
        age = (t_ns - w.t_ns) * 1e-9
        row.sweep_direction = w.side
        row.sweep_volume = w.size
        row.sweep_notional = w.notional_ticks * tick_points(s) * b.multiplier
        row.sweep_prints = w.prints
        row.sweep_levels = w.levels
        row.sweep_age_s = age
        target = 100.0 if w.side * direction > 0 else 0.0
        pulled = 50.0 + (target - 50.0) * exp_(-age / p[0].sweep_decay_s)
        if abs(pulled - 50.0) > abs(score - 50.0):
            return float(pulled)
        break
    return score
