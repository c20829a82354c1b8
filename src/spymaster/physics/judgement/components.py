"""What each force says about one level at one snap: a score 0-100 and how much it weighs (SPEC 6.10)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS
from spymaster.market.rows import BarrierAlarm, BarrierState, Tag, Trust
from spymaster.physics.book.changes import bucket_flows, detect_change, forget_changes
from spymaster.physics.book.context import read_context
from spymaster.physics.book.flicker import fleeting_share, lasting_depth
from spymaster.physics.book.icebergs import find_iceberg, remaining_size, typical_peak
from spymaster.physics.book.recovery import follow_recovery, forget_recovery, recovery_half_life
from spymaster.physics.book.scales import usual_depth
from spymaster.physics.book.windows import buckets_in, zone_window
from spymaster.physics.judgement.barrier import (
    held_through,
    replenishment,
    settle_state,
    soft_states,
    thresholds,
    time_to_clear,
    visible_part,
)
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.state import (
    A_DELTA,
    A_REPLENISHMENT,
    ASK,
    BID,
    DISTANCES,
    LEDGER_TICKS,
    SWEEPS,
    Z_ADDED,
    Z_FILL,
    Z_FLEETING,
    Z_GROSS,
    Z_HIDDEN,
    Z_IN,
    Z_OUT,
    ZONE_FIELDS,
    Array,
    State,
)
from spymaster.physics.time.motion import arrival_s, tick_points

_MISSING: Final = int(BarrierState.MISSING)
_WALL: Final = int(BarrierState.WALL)
_STACKING: Final = int(BarrierAlarm.STACKING)
_DEFENDED: Final = int(Tag.DEFENDED)
_ICEBERG: Final = int(Tag.ICEBERG)
_FLEETING: Final = int(Tag.FLEETING)
_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_S_CONSUMED: Final = 60.0
_S_WEAK: Final = 75.0
_LEAST_SPREAD: Final = 1.0
"""A zone in which hardly anything ever happens has a spread of a contract."""
_FLEETING_EXCESS: Final = 0.2
"""Only a share clearly beyond the usual one is worth a tag."""


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
    row.seen_s = 0.0
    row.context_s = 0.0
    row.tags = 0.0
    row.alarm = 0.0
    forget_changes(v)
    forget_recovery(v, 0)


@kernel
def judge_barrier(s: State, p: Array, t_ns: int, slot: int, row: Any) -> tuple[bool, float, float]:
    """Flows, states and depth of the zone into ``row``; returns (present, S_L, weight in [0, 1])."""
    v = s.level[slot]
    side = ASK if v.direction > 0 else BID
    depth_trust = s.trust[0].state[0]
    edge, seen = -1, 0
    if depth_trust != _BLIND and depth_trust != _ABSENT:
        edge, seen = visible_part(s, p, t_ns, side, v.tick)
    if edge < 0:
        no_barrier(s, slot, row)
        return False, 0.0, 0.0
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    centre = v.tick - s.book[0].base
    low = max(min(centre - sign * half, edge), 0)
    high = min(max(centre - sign * half, edge), LEDGER_TICKS - 1)
    fraction = (high - low + 1) / (2.0 * half + 1.0)
    longest = buckets_in(p, p[0].w_barrier_ns)
    scale = s.scale
    usual, absolute, warm = zone_scales(s, p, side, v.tick, edge, scale)
    theta, fill_threshold = scale[3], scale[4]
    follow_changes(s, p, v, row, side, low, high, t_ns, longest)
    end = young = 0
    for i in range(low, high + 1):
        end += s.depth[side, i]
        young += s.fresh[side, i, 0] + s.fresh[side, i, 1]
    span = judged_span(p, v, seen, t_ns, end <= usual - theta)
    z = s.window
    if span == longest and edge == centre + sign * half and 0 <= centre < LEDGER_TICKS:
        for k in range(ZONE_FIELDS):
            z[k] = s.zone[side, centre, k]
    else:
        zone_window(s, side, low, high, span, z)
    held = held_through(s, side, v.tick + sign * half, span)
    start = end - (z[Z_IN] - z[Z_OUT] - z[Z_FILL])
    share = fleeting_share(z[Z_ADDED], z[Z_FLEETING])
    lasting = lasting_depth(end, young, share, s.market[0].fleeting_usual)
    soft_states(
        p, z[Z_IN], z[Z_OUT], z[Z_FILL], max(start, 0), lasting, usual, theta, fill_threshold, absolute, held,
        s.logs, s.states,
    )  # fmt: skip
    state, rival = settle_state(s.states, v.state, v.rival, p[0].hysteresis_lead)
    v.state = state
    v.rival = rival
    write_flows(row, z, end, span * p[0].snap_interval_ns * 1e-9)
    write_states(s, row, state, fraction * warm)
    row.visible_fraction = fraction
    row.seen_s = seen * p[0].snap_interval_ns * 1e-9
    row.fleeting_share = share
    write_iceberg(s, row, side, low, high, t_ns)
    row.tags = barrier_tags(s, p, row, z, state, fill_threshold)
    write_context(s, p, row, side, low, high, t_ns - s.seen_since[side, centre])
    follow_recovery(p, v, end, usual, high - low + 1, t_ns)
    row.refill_half_life_s = recovery_half_life(v, t_ns)
    smooth_flows(s, slot, row, z[Z_IN] - z[Z_OUT] - z[Z_FILL], replenishment(z[Z_IN], z[Z_OUT] + z[Z_FILL], theta))
    write_defender(s, side, v.tick, row)
    return True, barrier_score(s.states), fraction * (seen / longest) * warm


@kernel
def follow_changes(
    s: State, p: Array, v: Any, row: Any, side: int, low: int, high: int, t_ns: int, longest: int
) -> None:
    """The zone's newest bucket into the row and into the change detectors, once the scales are known.

    A level that is faced from its other side has other defenders: what the old ones lost is forgotten.
    """
    added, pulled, filled = bucket_flows(s, side, low, high)
    row.bucket_added = added
    row.bucket_pulled = pulled
    row.bucket_filled = filled
    if s.book[0].visible_ns < p[0].warmup_ns or v.turned != 0:
        forget_changes(v)
    else:
        # ten seconds' spreads: of independent buckets each has the share 1 / root n
        root = math.sqrt(longest)
        s.spread[0] = s.scale[0] / root
        s.spread[1] = s.scale[1] / longest
        s.spread[2] = s.scale[2] / root
        detect_change(p, v, added - pulled, filled, s.spread, t_ns - p[0].snap_interval_ns)
    row.alarm = v.alarm
    row.alarm_age_s = (t_ns - v.drift_ns[v.alarm - 1]) * 1e-9 if v.alarm > 0 else math.nan


@kernel
def judged_span(p: Array, v: Any, seen: int, t_ns: int, thin: bool) -> int:
    """Buckets the state rests on: all that were seen, or since a sudden loss began, the shortest window at least.

    Only the loss that left the zone ``thin`` shortens the window: one that gives back what came a moment ago empties
    nothing. Stacking never does: what comes in a burst is often gone as fast, so a wall has the whole window to last.
    """
    if v.alarm == 0 or v.alarm == _STACKING or not thin:
        return seen
    since = buckets_in(p, t_ns - v.drift_ns[v.alarm - 1])
    return min(seen, max(since, buckets_in(p, p[0].w_barrier_min_ns)))


@kernel
def zone_scales(s: State, p: Array, side: int, tick: int, edge: int, scale: Array) -> tuple[float, bool, float]:
    """(usual depth, absolute?, warm-up factor) of a zone's visible part.

    scale (float64[5]): spread of net flow, usual fill and spread of fills as the change detectors use them; then the
    thresholds of net flow and of fills. All are those of the whole zone over the whole window, however little of it
    is in sight: the unseen part may have gone either way, so what is seen must carry the state by itself. With
    thresholds lowered to the visible part most of the walls and vacuums of levels just come into sight were false.
    """
    b = s.book[0]
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    best = b.ask if side == ASK else b.bid
    distance = sign * (tick - best)
    usual = usual_depth(s, distance - half, sign * (edge + b.base - best))
    warm = b.visible_ns < p[0].warmup_ns
    plain = p[0].absolute_thresholds != 0
    absolute = warm or plain
    d = min(max(distance, 0), DISTANCES - 1)
    fills = 0.0 if plain else s.noise[1, d]
    scale[3], scale[4] = thresholds(p, absolute, usual, s.noise[0, d], fills, s.noise[2, d], s.market[0].typical_best)
    scale[0] = max(s.noise[0, d], _LEAST_SPREAD)
    scale[1] = fills
    scale[2] = max(s.noise[2, d], _LEAST_SPREAD)
    return usual, absolute, (p[0].warmup_confidence if warm else 1.0)


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
    v = s.iceberg[side, i]
    row.iceberg_executed = v.executed
    row.iceberg_peak = typical_peak(v)
    row.iceberg_remaining = remaining_size(s, v.executed)


@kernel
def write_context(s: State, p: Array, row: Any, side: int, low: int, high: int, seen_ns: int) -> None:
    """The long window into the row."""
    net, filled = read_context(s, side, low, high)
    row.context_s = min(seen_ns, p[0].w_context_ns) * 1e-9
    row.context_delta = net
    row.context_filled = filled


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
def barrier_tags(s: State, p: Array, row: Any, z: Array, state: int, fill_threshold: float) -> int:
    """Bits of ``Tag``: a WALL that is hit, hidden or refilling size, and depth that comes and goes."""
    tags = 0
    if state == _WALL and z[Z_FILL] >= fill_threshold:
        tags |= _DEFENDED
    if row.iceberg_executed == row.iceberg_executed or (
        z[Z_FILL] > 0 and z[Z_HIDDEN] > p[0].hidden_iceberg_share * z[Z_FILL]
    ):
        tags |= _ICEBERG
    usual = s.market[0].fleeting_usual
    if row.fleeting_share >= p[0].fleeting_tag_share and row.fleeting_share >= usual + _FLEETING_EXCESS:
        tags |= _FLEETING
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
    inside = 0 <= i < LEDGER_TICKS
    if inside:
        buys = s.tape[0, i]
        sells = s.tape[1, i]
    volume = buys + sells
    imbalance = (buys - sells) / (volume + m.typical_best) if volume > 0 else 0.0
    row.buy_volume = buys
    row.sell_volume = sells
    row.large_buys = s.tape[2, i] if inside else 0
    row.large_sells = s.tape[3, i] if inside else 0
    row.tape_imbalance = imbalance
    row.arrival_s = arrival_s(row.x * m.ratio, v.direction * m.velocity, v.direction * m.acceleration)
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
        small = w.cluster == 0 and w.levels < p[0].sweep_min_levels
        if small or w.high < tick - band or w.low > tick + band:
            continue
        age = (t_ns - w.t_ns) * 1e-9
        row.sweep_direction = w.side
        row.sweep_volume = w.size
        row.sweep_notional = w.notional_ticks * tick_points(s) * b.multiplier
        row.sweep_prints = w.prints
        row.sweep_levels = w.levels
        row.sweep_age_s = age
        row.sweep_window_ms = (w.t_ns - w.first_ns) // NS_PER_MS
        target = 100.0 if w.side * direction > 0 else 0.0
        pulled = 50.0 + (target - 50.0) * exp_(-age / p[0].sweep_decay_s)
        if abs(pulled - 50.0) > abs(score - 50.0):
            return float(pulled)
        break
    return score
