"""Levels at which nothing happens: what was said of them a moment ago is said again (docs/physics.md 0).

Most snaps of a night bring no record at all. A level whose inputs are those of the snap before, and at which the rules
left everything as it was, would come out as it did then. So it rests: its row is repeated, but for what follows the
clock or the motion of the market. Any doubt wakes it, and the row is computed as ever.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.rows import INPUTS, LEVEL_ROW, SHARED_COLUMNS
from spymaster.physics.book.windows import buckets_in
from spymaster.physics.memory.indices import (
    ASK,
    BID,
    COMPONENTS,
    DEPTH_DISTANCES,
    DISTANCES,
    HIGH,
    LEDGER_TICKS,
    LOW,
    NOISES,
    RECENT_DEPTHS,
)
from spymaster.physics.memory.level_records import REST_GLOBALS, REST_SCALES, REST_STATE
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import arrival_s, progress_points

AWAKE: Final = 0
QUIET: Final = 1
STILL: Final = 2
"""What happened since the snap before: something; nothing but that what is usual crept on; nothing at all."""
_FIELDS: Final = len(LEVEL_ROW.names or ())
_SHARED: Final = np.array([k for k, name in enumerate(LEVEL_ROW.names or ()) if name in SHARED_COLUMNS])


@kernel
def how_quiet(s: State, p: Array, t_ns: int, published: int, arm: float, worst: int, regrouped: bool) -> int:
    """AWAKE, QUIET or STILL; what it is judged by is kept for the next snap."""
    levels = s.levels
    same_scales = note_scales(s)
    same = note_globals(s, p, published, arm, worst)
    heard = levels.rest_fingerprint != s.clock.fingerprint
    levels.rest_fingerprint = s.clock.fingerprint
    if heard or not same or regrouped or levels.changed != 0 or s.chain.contracts != 0 or s.scratch.sweeps_held != 0:
        return AWAKE
    if s.flicker.low <= s.flicker.high or not windows_still(s, p):
        return AWAKE
    return STILL if same_scales else QUIET


@kernel
def windows_still(s: State, p: Array) -> bool:
    """Whether the bucket closed last and those that left the windows with it were empty."""
    now, ring = s.ledger.bucket, s.ledger.ring
    return bool(
        is_empty(s, now)
        and is_empty(s, (now - buckets_in(p, p[0].w_barrier_ns)) % ring)
        and is_empty(s, (now - buckets_in(p, p[0].w_tape_ns)) % ring)
        and is_empty(s, (now - buckets_in(p, p[0].w_response_ns)) % ring)
    )


@kernel
def is_empty(s: State, bucket: int) -> bool:
    """Whether nothing came, went or traded in a bucket."""
    ledger = s.ledger
    untouched = ledger.touched[bucket, HIGH] < ledger.touched[bucket, LOW]
    return bool(untouched and ledger.trade_range[bucket, HIGH] < ledger.trade_range[bucket, LOW])


@kernel
def differs(before: Array, k: int, now: float) -> bool:
    """Whether a number is not what it was, absent ones being equal; it is kept."""
    was = before[k]
    before[k] = now
    return not (was == now or (was != was and now != now))


@kernel
def note_globals(s: State, p: Array, published: int, arm: float, worst: int) -> bool:
    """Whether all that every level depends on is what it was."""
    b = s.levels.rest_globals
    market = s.market
    back = min(buckets_in(p, p[0].w_response_ns), int(s.motion.mids_held))
    changed = differs(b, 0, market.spot)
    changed |= differs(b, 1, market.spot_points)
    changed |= differs(b, 2, market.ratio)
    changed |= differs(b, 3, arm)
    changed |= differs(b, 4, float(s.ledger.base))
    changed |= differs(b, 5, 1.0 if s.book.visible_ns < p[0].warmup_ns else 0.0)
    changed |= differs(b, 6, float(published))
    changed |= differs(b, 7, float(worst))
    changed |= differs(b, 8, s.bars.sma_200)
    changed |= differs(b, 9, s.bars.sma_400)
    changed |= differs(b, 10, s.equity.variance)
    changed |= differs(b, 11, float(back))
    changed |= differs(b, 12, progress_points(s, back))
    changed |= differs(b, 13, float(s.clock.session))
    changed |= differs(b, 14, float(s.ledger.restarts))
    changed |= differs(b, 15, float(s.context.losses))
    changed |= differs(b, 16, 1.0 if s.flicker.low <= s.flicker.high else 0.0)
    changed |= differs(b, 17, float(s.scratch.sweeps_held))
    for k in range(len(INPUTS)):
        changed |= differs(b, REST_GLOBALS + k, float(s.trust.state[k]))
    return not changed


@kernel
def note_scales(s: State) -> bool:
    """Whether what is usual is what it was; levels out of sight do not ask for it."""
    b = s.levels.rest_scales
    scales = s.scales
    changed = differs(b, 0, scales.typical_best)
    changed |= differs(b, 1, s.flicker.usual)
    n = REST_SCALES
    for d in range(DEPTH_DISTANCES):
        changed |= differs(b, n + d, scales.depth_mean[d])
    n += DEPTH_DISTANCES
    for what in range(NOISES):
        for d in range(DISTANCES):
            changed |= differs(b, n + d, scales.noise[what, d])
        n += DISTANCES
    return not changed


@kernel
def may_rest(s: State, v: Any, j: int, quiet: int) -> bool:
    """Whether the level ranked ``j``, asleep at the snap before, sleeps on."""
    return bool(s.levels.rest_settled[j] != 0 and (quiet == STILL or (quiet == QUIET and v.unseen != 0)))


@kernel_inlined
def rest_level(
    s: State, p: Array, v: Any, j: int, t_ns: int, row: Any, numbers: Array, common: Array, is_there: bool
) -> None:
    """The row of the snap before, brought up to date; ``row`` is the memory of ``numbers``.

    common: float64[fields], what the levels of this snap share; is_there: the row of the snap before stands there.
    """
    levels = s.levels
    if not is_there:
        for f in range(_FIELDS):
            numbers[f] = levels.rest_rows[j, f]
    for k in range(len(_SHARED)):
        numbers[_SHARED[k]] = common[_SHARED[k]]
    row.approach_bars = s.scratch.rising_bars if v.direction > 0 else s.scratch.falling_bars
    row.valid_from_s = v.valid_ns * 1e-9
    row.held = v.frozen
    row.running_price = v.running
    row.arrival_s = arrival_s(
        row.x * s.market.ratio, v.direction * s.motion.velocity, v.direction * s.motion.acceleration
    )
    if v.evidence_ns == levels.rest_ns:
        v.evidence_ns = t_ns
    if v.unseen == 0:
        side = ASK if v.direction > 0 else BID
        row.long_window_s = min(t_ns - s.ledger.seen_since[side, v.tick - s.ledger.base], p[0].w_context_ns) * 1e-9
        newest = v.depths[(v.depths_held - 1) % RECENT_DEPTHS]
        v.depths[v.depths_held % RECENT_DEPTHS] = newest
        v.depths_held += 1


@kernel
def remember(s: State, v: Any, j: int) -> None:
    """Note what the rules may change of the level ranked ``j``, to see whether they did."""
    b = s.scratch.before[j]
    read_level(v, s.scratch.after)
    for k in range(REST_STATE):
        b[k] = s.scratch.after[k]


@kernel
def read_level(v: Any, into: Array) -> None:
    """What of a level goes on by itself, into float64[REST_STATE]."""
    into[0] = v.has_score
    into[1] = v.score
    into[2] = v.confidence
    into[3] = v.delta_liq
    into[4] = v.replenishment
    into[5] = v.state
    into[6] = v.rival
    into[7] = v.direction
    into[8] = v.inside
    into[9] = v.armed
    into[10] = v.touches
    into[11] = v.attempt
    into[12] = v.reached
    into[13] = v.held_depth
    into[14] = v.lost_pulled
    into[15] = v.lost_filled
    into[16] = v.has_delta
    into[17] = v.unseen
    into[18] = v.touching
    into[19] = v.came_vacuum
    into[20] = v.came_consumed
    for k in range(COMPONENTS):
        into[21 + k] = v.evidence_part[k]


@kernel
def has_settled(s: State, p: Array, v: Any, j: int, t_ns: int, row: Any) -> bool:
    """Whether a level that was computed at a quiet snap would come out the same at the next one."""
    before, after = s.scratch.before[j], s.scratch.after
    read_level(v, after)
    for k in range(REST_STATE):
        if before[k] != after[k]:
            return False
    if v.signal != 0 or v.turned != 0 or v.high_since_ns != 0 or v.low_since_ns != 0 or v.touched_ns == t_ns:
        return False
    if v.restored_ns != 0 or v.away_ns != 0 or v.shock_ns != 0 or v.alarm != 0:
        return False
    if (v.touching != 0 and v.armed != 0) or (v.attempt > 1 and v.has_first != 0):
        return False
    if row.buy_volume != 0.0 or row.sell_volume != 0.0 or not (v.evidence == 0.0 or v.evidence_ns == t_ns):
        return False
    return is_long_in_sight(s, p, v, t_ns) and (v.unseen != 0 or zone_has_settled(v, row))


@kernel
def is_long_in_sight(s: State, p: Array, v: Any, t_ns: int) -> bool:
    """Whether every price of the zone, on the far side, is out of sight or has been in sight for a whole window."""
    ledger = s.ledger
    side = ASK if v.direction > 0 else BID
    sign = 1 if side == ASK else -1
    for reach in range(p[0].barrier_zone_ticks + 1):
        i = v.tick - ledger.base + sign * reach
        if 0 <= i < LEDGER_TICKS:
            since = ledger.seen_since[side, i]
            if since != 0 and t_ns - since < s.scratch.longest_ns:
                return False
    return True


@kernel
def zone_has_settled(v: Any, row: Any) -> bool:
    """Whether nothing of what a zone in sight remembers is on its way anywhere."""
    for k in range(3):
        if v.drift[k] != 0.0:
            return False
    if v.depths_held < RECENT_DEPTHS:
        return False
    for k in range(1, RECENT_DEPTHS):
        if v.depths[k] != v.depths[0]:
            return False
    # an iceberg and the recovery from a shock are told for a while only
    told = row.iceberg_executed == row.iceberg_executed or row.refill_half_life_s == row.refill_half_life_s
    return not told


@kernel
def keep_row(s: State, j: int, numbers: Array) -> None:
    """The row of the level ranked ``j`` for the snaps to come."""
    for f in range(_FIELDS):
        s.levels.rest_rows[j, f] = numbers[f]
