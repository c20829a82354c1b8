"""What of the zones is in sight and what flowed there, level by level; then what that makes them, side by side.

Formulas: docs/physics.md 3.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import BarrierAlarm, Trust
from spymaster.physics.book.changes import bucket_flows, detect_change, forget_changes
from spymaster.physics.book.flicker import flicker_share, lasting_depth
from spymaster.physics.book.passed import ticks_beyond
from spymaster.physics.book.scales import usual_depth
from spymaster.physics.book.windows import buckets_in
from spymaster.physics.book.zone_sums import level_window, take_sums
from spymaster.physics.judgement.barrier import held_through, soft_states, thresholds, visible_part
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
    Z_IN,
    Z_OUT,
)
from spymaster.physics.memory.scratch import LANES
from spymaster.physics.memory.state import Array, State

_STACKING: Final = int(BarrierAlarm.STACKING)
_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_LEAST_SPREAD: Final = 1.0
"""A zone in which hardly anything ever happens has a spread of a contract."""


@kernel_inlined
def look_at_zone(s: State, p: Array, t_ns: int, lane: int, v: Any, row: Any) -> None:
    """A level's zone into its lane, and its newest bucket into ``row``; one that cannot be judged is noted as such."""
    ledger = s.ledger
    lanes = s.scratch.lanes
    zone = lanes.zone[lane]
    side = ASK if v.direction > 0 else BID
    depth_trust = s.trust.state[TRUST_DEPTH]
    edge, seen = -1, 0
    if depth_trust != _BLIND and depth_trust != _ABSENT:
        edge, seen = visible_part(s, p, t_ns, side, v.tick)
    zone.judged = 0 if edge < 0 else 1
    if edge < 0:
        return
    half, sign = p[0].barrier_zone_ticks, 1 if side == ASK else -1
    centre = v.tick - ledger.base
    low = max(min(centre - sign * half, edge), 0)
    high = min(max(centre - sign * half, edge), LEDGER_TICKS - 1)
    zone.side, zone.low, zone.high, zone.seen = side, low, high, seen
    zone.beyond = ticks_beyond(s, v)
    passed = zone.beyond >= p[0].passed_ticks
    zone.passed = 1 if passed else 0
    zone.fraction = (high - low + 1) / (2.0 * half + 1.0)
    scale = s.scratch.scale
    usual, zone.warm = zone_scales(s, p, side, v.tick, edge, scale)
    zone.usual = usual
    update_changes(s, p, v, row, side, low, high, t_ns)
    end = young = 0
    for i in range(low, high + 1):
        end += ledger.depth[side, i]
        young += s.flicker.fresh[side, i, NEWER] + s.flicker.fresh[side, i, OLDER]
    span = state_span(p, v, seen, t_ns, end <= usual - scale[SCALE_NET_LIMIT])
    zone.depth, zone.span = end, span
    z = zone.window
    if span == s.scratch.longest and edge == centre + sign * half and 0 <= centre < LEDGER_TICKS:
        take_sums(s.windows.zone[side, centre], z)
    else:
        level_window(s, v, side, low, high, span)
        take_sums(v.sums, z)
    zone.flicker = flicker_share(z[Z_ADDED], z[Z_FLICKER])
    lanes.added[lane], lanes.pulled[lane], lanes.filled[lane] = z[Z_IN], z[Z_OUT], z[Z_FILL]
    lanes.start[lane] = max(end - (z[Z_IN] - z[Z_OUT] - z[Z_FILL]), 0)
    lanes.lasting[lane] = lasting_depth(end, young, zone.flicker, s.flicker.usual)
    # behind the touch nothing rests: what is usual there would call every zone full
    lanes.resting[lane] = usual_depth(s, 0, high - low) if passed else usual
    lanes.theta[lane], lanes.fill_limit[lane] = scale[SCALE_NET_LIMIT], scale[SCALE_FILL_LIMIT]
    lanes.held[lane] = 1 if not passed and held_through(s, side, v.tick + sign * half, span) else 0


@kernel
def judge_zones(s: State, p: Array) -> None:
    """Probabilities of the six states of every lane's zone, from its window alone."""
    lanes = s.scratch.lanes
    absolute = has_plain_thresholds(s, p)
    log_vacuum, log_wall = s.logs.r_vac, s.logs.r_wall
    for k in range(LANES):
        vacuum, consumed, weak, neutral, absorption, wall = soft_states(
            p, lanes.added[k], lanes.pulled[k], lanes.filled[k], lanes.start[k], lanes.lasting[k], lanes.resting[k],
            lanes.theta[k], lanes.fill_limit[k], absolute, lanes.held[k] != 0, log_vacuum, log_wall,
        )  # fmt: skip
        lanes.states[0, k] = vacuum
        lanes.states[1, k] = consumed
        lanes.states[2, k] = weak
        lanes.states[3, k] = neutral
        lanes.states[4, k] = absorption
        lanes.states[5, k] = wall


@kernel_inlined
def has_plain_thresholds(s: State, p: Array) -> bool:
    """Whether flows are held against plain numbers: as configured, and before it is known what is usual."""
    return bool(s.book.visible_ns < p[0].warmup_ns or p[0].absolute_thresholds != 0)


@kernel_inlined
def update_changes(s: State, p: Array, v: Any, row: Any, side: int, low: int, high: int, t_ns: int) -> None:
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
        longest = scratch.longest
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
def zone_scales(s: State, p: Array, side: int, tick: int, edge: int, scale: Array) -> tuple[float, float]:
    """(usual depth, warm-up factor) of a zone's visible part.

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
    d = min(max(distance, 0), DISTANCES - 1)
    fills = 0.0 if plain else scales.noise[NOISE_FILL_USUAL, d]
    scale[SCALE_NET_LIMIT], scale[SCALE_FILL_LIMIT] = thresholds(
        p, warm or plain, usual, scales.noise[NOISE_NET, d], fills, scales.noise[NOISE_FILL, d], scales.typical_best
    )
    scale[SCALE_NET] = max(scales.noise[NOISE_NET, d], _LEAST_SPREAD)
    scale[SCALE_FILL_USUAL] = fills
    scale[SCALE_FILL] = max(scales.noise[NOISE_FILL, d], _LEAST_SPREAD)
    return usual, (p[0].warmup_confidence if warm else 1.0)
