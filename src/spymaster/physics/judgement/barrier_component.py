"""What the barrier says about one level at one snap: a score 0-100 and how much it weighs (docs/physics.md 3, 8)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import BarrierAlarm, BarrierState, Tag, Trust
from spymaster.physics.book.changes import bucket_flows, detect_change, forget_changes
from spymaster.physics.book.context import read_context
from spymaster.physics.book.flicker import flicker_share, lasting_depth
from spymaster.physics.book.icebergs import find_iceberg, remaining_size, typical_peak
from spymaster.physics.book.passed import follow_zone, forget_zone, passed_states, ticks_beyond
from spymaster.physics.book.recovery import forget_recovery, recovery_half_life, update_recovery
from spymaster.physics.book.scales import usual_depth
from spymaster.physics.book.windows import buckets_in
from spymaster.physics.book.zone_sums import level_window, take_sums
from spymaster.physics.judgement.barrier import (
    held_through,
    replenishment,
    settle_state,
    soft_states,
    thresholds,
    time_to_clear,
    visible_part,
)
from spymaster.physics.maths.elementary import exp_, gate
from spymaster.physics.memory.indices import (
    ASK,
    BID,
    DISTANCES,
    LEDGER_TICKS,
    NEWER,
    NOISE_FILL,
    NOISE_FILL_USUAL,
    NOISE_NET,
    OLDER,
    SCALE_FILL,
    SCALE_FILL_LIMIT,
    SCALE_FILL_USUAL,
    SCALE_NET,
    SCALE_NET_LIMIT,
    TRUST_DEPTH,
    Z_ADDED,
    Z_FILL,
    Z_FLICKER,
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
    left = v.evidence * exp_(-float(t_ns - v.evidence_ns) * 1e-9 / p[0].evidence_tau_s)
    if passed:
        return float(max(score, 50.0 + left))
    if score - 50.0 >= left:
        v.evidence = max(score - 50.0, 0.0)
        v.evidence_ns = t_ns
    return score


@kernel
def no_barrier(s: State, slot: int, row: Any) -> None:
    """Write a barrier that cannot be judged: unseen is not zero."""
    v = s.levels.at[slot]
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
def score_barrier(s: State, p: Array, t_ns: int, slot: int, row: Any) -> tuple[bool, float, float]:
    """Flows, states and depth of the zone into ``row``; returns (present, S_L, weight in [0, 1])."""
    ledger = s.ledger
    scratch = s.scratch
    v = s.levels.at[slot]
    side = ASK if v.direction > 0 else BID
    depth_trust = s.trust.state[TRUST_DEPTH]
    edge, seen = -1, 0
    if depth_trust != _BLIND and depth_trust != _ABSENT:
        edge, seen = visible_part(s, p, t_ns, side, v.tick)
    if edge < 0:
        no_barrier(s, slot, row)
        return False, 0.0, 0.0
    v.unseen = 0
    half, sign = p[0].barrier_zone_ticks, 1 if side == ASK else -1
    centre = v.tick - ledger.base
    low = max(min(centre - sign * half, edge), 0)
    high = min(max(centre - sign * half, edge), LEDGER_TICKS - 1)
    beyond = ticks_beyond(s, v)
    passed = beyond >= p[0].passed_ticks
    fraction = (high - low + 1) / (2.0 * half + 1.0)
    longest = scratch.longest
    scale = scratch.scale
    usual, absolute, warm = zone_scales(s, p, side, v.tick, edge, scale)
    theta, fill_threshold = scale[SCALE_NET_LIMIT], scale[SCALE_FILL_LIMIT]
    update_changes(s, p, v, row, side, low, high, t_ns, longest)
    end = young = 0
    for i in range(low, high + 1):
        end += ledger.depth[side, i]
        young += s.flicker.fresh[side, i, NEWER] + s.flicker.fresh[side, i, OLDER]
    span = state_span(p, v, seen, t_ns, end <= usual - theta)
    z = scratch.window
    if span == longest and edge == centre + sign * half and 0 <= centre < LEDGER_TICKS:
        take_sums(s.windows.zone[side, centre], z)
    else:
        level_window(s, v, side, low, high, span)
        take_sums(v.sums, z)
    held = not passed and held_through(s, side, v.tick + sign * half, span)
    share = flicker_share(z[Z_ADDED], z[Z_FLICKER])
    lasting = lasting_depth(end, young, share, s.flicker.usual)
    # behind the touch nothing rests: what is usual there would call every zone full
    resting = usual_depth(s, 0, high - low) if passed else usual
    state = judge_zone(s, p, v, side, end, lasting, resting, absolute, held, beyond, t_ns)
    write_flows(row, z, end, span * p[0].snap_interval_ns * 1e-9)
    write_states(s, row, state, fraction * warm)
    row.passed = 1.0 if passed else 0.0
    row.visible_fraction = fraction
    row.seen_s = seen * p[0].snap_interval_ns * 1e-9
    row.flicker_share = share
    write_iceberg(s, row, side, low, high, t_ns)
    row.tags = barrier_tags(s, p, row, z, state, fill_threshold)
    write_context(s, p, row, side, low, high, t_ns - ledger.seen_since[side, centre])
    update_recovery(p, v, end, usual, high - low + 1, t_ns)
    row.refill_half_life_s = recovery_half_life(v, t_ns)
    smooth_flows(s, slot, row, z[Z_IN] - z[Z_OUT] - z[Z_FILL], replenishment(z[Z_IN], z[Z_OUT] + z[Z_FILL], theta))
    write_defender(s, side, v.tick, row)
    score = passed_score(p, v, scratch.states) if passed else barrier_score(p, scratch.states)
    score = held_evidence(p, v, score, passed, t_ns)
    believed = seen * p[0].snap_interval_ns >= p[0].sight_share * p[0].w_barrier_ns
    return True, score, fraction * (seen / longest) * warm if believed else 0.0


@kernel_inlined
def judge_zone(
    s: State, p: Array, v: Any, side: int, depth: int, lasting: float, usual: float, absolute: bool, held: bool,
    beyond: float, t_ns: int,
) -> int:  # fmt: skip
    """Probabilities of the six states from the window in the scratch; returns the settled state.

    depth: contracts in the part of the zone that is judged; lasting: those that are no flicker; held: no trade beyond
    the zone.
    """
    z = s.scratch.window
    scale = s.scratch.scale
    states = s.scratch.states
    start = max(depth - (z[Z_IN] - z[Z_OUT] - z[Z_FILL]), 0)
    soft_states(
        p, z[Z_IN], z[Z_OUT], z[Z_FILL], start, lasting, usual, scale[SCALE_NET_LIMIT], scale[SCALE_FILL_LIMIT],
        absolute, held, s.logs, states,
    )  # fmt: skip
    follow_zone(s, p, v, states, side, beyond, t_ns)
    if beyond >= p[0].passed_ticks:
        passed_states(p, v, states)
    v.state, v.rival = settle_state(states, v.state, v.rival, p[0].hysteresis_lead)
    return int(v.state)


@kernel_inlined
def update_changes(
    s: State, p: Array, v: Any, row: Any, side: int, low: int, high: int, t_ns: int, longest: int
) -> None:
    """The zone's newest bucket into the row and into the change detectors, once the scales are known.

    A level that is faced from its other side has other defenders: what the old ones lost is forgotten.
    """
    scratch = s.scratch
    added, pulled, filled = bucket_flows(s, side, low, high)
    row.bucket_added = added
    row.bucket_pulled = pulled
    row.bucket_filled = filled
    if s.book.visible_ns < p[0].warmup_ns or v.turned != 0:
        forget_changes(v)
    else:
        # ten seconds' spreads: of independent buckets each has the share 1 / root n
        root = math.sqrt(longest)
        scratch.bucket_scale[SCALE_NET] = scratch.scale[SCALE_NET] / root
        scratch.bucket_scale[SCALE_FILL_USUAL] = scratch.scale[SCALE_FILL_USUAL] / longest
        scratch.bucket_scale[SCALE_FILL] = scratch.scale[SCALE_FILL] / root
        detect_change(p, v, added - pulled, filled, scratch.bucket_scale, t_ns - p[0].snap_interval_ns)
    row.alarm = v.alarm
    row.alarm_age_s = (t_ns - v.drift_ns[v.alarm - 1]) * 1e-9 if v.alarm > 0 else math.nan


@kernel
def state_span(p: Array, v: Any, seen: int, t_ns: int, thin: bool) -> int:
    """Buckets the state rests on: all that were seen, or since a sudden loss began, the shortest window at least.

    Only the loss that left the zone ``thin`` shortens the window: one that gives back what came a moment ago empties
    nothing. Stacking never does: what comes in a burst is often gone as fast, so a wall has the whole window to last.
    """
    if v.alarm == 0 or v.alarm == _STACKING or not thin:
        return seen
    since = buckets_in(p, t_ns - v.drift_ns[v.alarm - 1])
    return min(seen, max(since, buckets_in(p, p[0].w_barrier_min_ns)))


@kernel_inlined
def zone_scales(s: State, p: Array, side: int, tick: int, edge: int, scale: Array) -> tuple[float, bool, float]:
    """(usual depth, absolute?, warm-up factor) of a zone's visible part.

    scale (float64[5]): spread of net flow, usual fill and spread of fills as the change detectors use them; then the
    thresholds of net flow and of fills. All are those of the whole zone over the whole window, however little of it
    is in sight: the unseen part may have gone either way, so what is seen must carry the state by itself. With
    thresholds lowered to the visible part most of the walls and vacuums of levels just come into sight were false.
    """
    book = s.book
    scales = s.scales
    half = p[0].barrier_zone_ticks
    sign = 1 if side == ASK else -1
    best = book.ask if side == ASK else book.bid
    distance = sign * (tick - best)
    usual = usual_depth(s, distance - half, sign * (edge + s.ledger.base - best))
    warm = book.visible_ns < p[0].warmup_ns
    plain = p[0].absolute_thresholds != 0
    absolute = warm or plain
    d = min(max(distance, 0), DISTANCES - 1)
    fills = 0.0 if plain else scales.noise[NOISE_FILL_USUAL, d]
    scale[SCALE_NET_LIMIT], scale[SCALE_FILL_LIMIT] = thresholds(
        p, absolute, usual, scales.noise[NOISE_NET, d], fills, scales.noise[NOISE_FILL, d], scales.typical_best
    )
    scale[SCALE_NET] = max(scales.noise[NOISE_NET, d], _LEAST_SPREAD)
    scale[SCALE_FILL_USUAL] = fills
    scale[SCALE_FILL] = max(scales.noise[NOISE_FILL, d], _LEAST_SPREAD)
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
def smooth_flows(s: State, slot: int, row: Any, delta: float, ratio: float) -> None:
    """Smoothed net flow and replenishment ratio of the level."""
    alpha = s.alpha
    v = s.levels.at[slot]
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
