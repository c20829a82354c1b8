"""One snap: close the bucket, bring everything up to date, score every level, write the results.

The order of things: docs/physics.md 0.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import BarrierState, Trust
from spymaster.physics.book.equity import find_spot, level_width_ticks, update_ratio
from spymaster.physics.book.events import close_event
from spymaster.physics.book.flicker import age_additions
from spymaster.physics.book.scales import observe_scales
from spymaster.physics.book.windows import buckets_in, open_bucket, recentre, slide_windows
from spymaster.physics.common_rows import one_nan, turn_common, write_common, write_snap
from spymaster.physics.judgement.barrier_component import judge_barrier
from spymaster.physics.judgement.fuel_rows import (
    fuel_is_asked,
    score_fuel,
    write_common_fuel,
    write_strikes,
    write_summary,
)
from spymaster.physics.judgement.outcomes import follow_outcomes
from spymaster.physics.judgement.response import measure_response, no_response, tag_absorbing
from spymaster.physics.judgement.resting import (
    AWAKE,
    has_settled,
    how_quiet,
    keep_row,
    may_rest,
    remember,
    rest_level,
)
from spymaster.physics.judgement.score import combine_forces, write_score
from spymaster.physics.judgement.tape_component import find_sweeps, score_tape
from spymaster.physics.judgement.trigger import end_signal_of_lost_level, run_triggers
from spymaster.physics.judgement.trust import update_trust, worst_configured
from spymaster.physics.judgement.zones import judge_zones, look_at_zone
from spymaster.physics.levels.active import (
    arm_distance,
    face_level,
    is_dynamic,
    mark_near,
    place_rounds,
    place_structural,
    rank_levels,
)
from spymaster.physics.levels.confluence import find_neighbours, write_neighbours
from spymaster.physics.levels.option_levels import place_option_levels
from spymaster.physics.levels.runway import is_strong, order_by_price, write_runways
from spymaster.physics.levels.touches import update_touch, write_attempt
from spymaster.physics.memory.indices import (
    ASK,
    BARRIER,
    BID,
    COMPONENTS,
    FUEL,
    LEVEL_SLOTS,
    LEVELS_NEW,
    TAPE,
    TRUST_DEPTH,
    TRUST_TAPE,
)
from spymaster.physics.memory.outputs import Out, write_flows
from spymaster.physics.memory.scratch import LANES
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.fuel import refresh_fuel
from spymaster.physics.row_hash import hash_snap
from spymaster.physics.session_start import enter_session
from spymaster.physics.time.bars import close_due_bars
from spymaster.physics.time.clock import snap_at_or_after
from spymaster.physics.time.motion import (
    progress_points,
    remember_mid,
    update_price,
)
from spymaster.physics.time.volatility import update_volatility

_USER: Final = int(LevelKind.USER)
_MISSING: Final = int(BarrierState.MISSING)
_ABSENT: Final = int(Trust.ABSENT)
_NEAR_EVERY: Final = 8
_NEIGHBOURS_EVERY: Final = 4
"""Levels that moved keep their neighbours for at most this many snaps."""


@kernel
def take_snap(s: State, p: Array, t_ns: int, out: Out) -> None:
    """Take the snap at T = ``t_ns``; ``out`` must have room."""
    clock = s.clock
    alerts = s.alerts
    chain = s.chain
    close_event(s, p)
    if clock.now_ns < t_ns:
        clock.now_ns = t_ns
    if t_ns >= clock.boundary_ns:
        enter_session(s, p)
    k = out.held[0]
    flows = write_flows(s, t_ns, out) if out.held[2] != 0 else 0
    close_windows(s, p, t_ns)
    update_trust(s, p, t_ns)
    first_alert = alerts.held
    spot = find_spot(s, p, t_ns)
    published = 0
    if not math.isnan(spot):
        place_structural(s, p, t_ns)
        place_rounds(s, p, spot)
        if chain.contracts > 0:
            refresh_fuel(s, p, t_ns)
            place_option_levels(s, p, spot)
        write_common_fuel(s, out.common[0])
        write_common(s, p, t_ns, out.common[0])
        turn_common(out.common_numbers)
        active = rank_levels(s, spot)
        published = min(active, MAX_PUBLISHED)
        place = 0 if out.held[3] != 0 else k
        score_levels(s, p, t_ns, published, out.rows[place], out.numbers[place], out.common_numbers, out.placed)
        _end_lost(s, t_ns, published, active, out.blank[0])
        if clock.snaps % _NEAR_EVERY == 0:
            mark_near(s, p, published)
    if out.held[3] != 0:
        hash_snap(out.words, s.scratch.hashing, t_ns, published, out.numbers.shape[2])
    else:
        # the next snap has other rows
        for j in range(published):
            out.placed[j] = 0
    follow_outcomes(s, p, t_ns)
    observe_scales(s, p, t_ns)
    write_snap(s, p, t_ns, out, k)
    if chain.contracts > 0:
        write_summary(s, p, out.snaps[k].options)
        out.snaps[k].options.strikes = write_strikes(s, p, out.strikes[k])
    out.snaps[k].levels = published
    out.snaps[k].flows = flows
    out.snaps[k].alerts = alerts.held - first_alert
    out.held[0] = k + 1
    open_bucket(s, t_ns, out.held[2] != 0)
    clock.snaps += 1
    clock.next_snap_ns = snap_at_or_after(s, p, t_ns + 1)


@kernel
def close_windows(s: State, p: Array, t_ns: int) -> None:
    """The bucket is over: windows, bars, motion, volatility and price ratio as of the snap."""
    slide_windows(s, p)
    age_additions(s, t_ns, p[0].snap_interval_ns)
    recentre(s, p, t_ns)
    close_due_bars(s, t_ns)
    update_price(s, p)
    remember_mid(s)
    update_volatility(s, p, t_ns)
    update_ratio(s, p, t_ns)


@kernel
def score_levels(
    s: State, p: Array, t_ns: int, published: int, rows: Any, numbers: Array, common: Array, placed: Array
) -> None:
    """Every published level into its row: each on its own, then what they mean to each other.

    common: float64[2, fields], what rows begin with: those of resistances, those of supports. placed: by rank, whether
    the row of a level that rests is there from the snap before.
    """
    levels = s.levels
    arm = arm_distance(s, p)
    find_spans(s, p)
    find_sweeps(s, p, t_ns)
    order_by_price(s, published, s.market.spot)
    moved = levels.changed != 0 and s.clock.snaps % _NEIGHBOURS_EVERY == 0
    regrouped = moved or levels.changed == LEVELS_NEW or published != levels.grouped
    if regrouped:
        find_neighbours(s, p, published)
    worst = worst_configured(s)
    quiet = how_quiet(s, p, t_ns, published, arm, worst, regrouped)
    asleep = wake_levels(s, p, t_ns, published, quiet, rows, numbers, common, placed)
    awake = published - asleep
    for first in range(0, awake, LANES):
        score_lanes(s, p, t_ns, first, min(LANES, awake - first), arm, worst, rows, numbers, common)
    if asleep < published or levels.rest_whole == 0:
        run_triggers(s, p, t_ns, published, rows)
        write_runways(s, p, rows, published)
        settle_levels(s, p, t_ns, published, asleep, quiet, rows, numbers)
    levels.rest_whole = 1 if asleep == published and quiet != AWAKE else 0
    levels.rest_ns = t_ns


@kernel
def wake_levels(
    s: State, p: Array, t_ns: int, published: int, quiet: int, rows: Any, numbers: Array, common: Array, placed: Array
) -> int:
    """Which levels are to be judged, by rank; the others rest and their rows are written. Returns how many rest."""
    scratch = s.scratch
    asleep = 0
    for j in range(published):
        v = s.levels.at[s.levels.ranking[j]]
        scratch.resting[j] = 1 if may_rest(s, v, j, quiet) else 0
        if scratch.resting[j] != 0:
            side = 0 if v.direction > 0 else 1
            rest_level(s, p, v, j, t_ns, rows[j], numbers[j], common[side], placed[j] != 0)
            placed[j] = 1
            asleep += 1
            continue
        placed[j] = 0
        if quiet != AWAKE:
            remember(s, v, j)
        scratch.awake[j - asleep] = j
    return asleep


@kernel
def score_lanes(
    s: State, p: Array, t_ns: int, first: int, count: int, arm: float, worst: int, rows: Any, numbers: Array,
    common: Array,
) -> None:  # fmt: skip
    """Everything of their own but their signals into the rows of ``count`` levels, from the ``first`` that is awake on.

    What is looked up is looked up level by level, and what is computed from it side by side.
    """
    levels = s.levels
    awake = s.scratch.awake
    judged = 0
    for lane in range(count):
        j = awake[first + lane]
        slot = levels.ranking[j]
        v = levels.at[slot]
        x = face_level(s, slot, arm) / s.market.ratio
        begin_row(numbers[j], common[0 if v.direction > 0 else 1])
        rows[j].x = x
        write_identity(s, p, v, rows[j])
        look_at_zone(s, p, t_ns, lane, v, rows[j])
        judged += s.scratch.lanes.zone[lane].judged
    # those further away are out of sight, all of them
    if judged > 0:
        judge_zones(s, p)
    for lane in range(count):
        j = awake[first + lane]
        slot = levels.ranking[j]
        weigh_forces(s, p, t_ns, slot, lane, rows[j])
    combine_forces(s, p)
    for lane in range(count):
        j = awake[first + lane]
        v = levels.at[levels.ranking[j]]
        write_score(s, p, lane, v, worst, rows[j])
        follow_touches(s, p, t_ns, v, arm / s.market.ratio, rows[j])
        write_neighbours(s, p, v, rows[j])
    # only now: what was written a moment ago, number by number, is not yet there to be read eight at a time; what is
    # written later, signals and runways, is no result of arithmetic on what is absent
    for lane in range(count):
        one_nan(numbers[awake[first + lane]])


@kernel_inlined
def begin_row(numbers: Array, common: Array) -> None:
    """What a row begins with: what all levels share, all else absent."""
    for f in range(len(numbers)):
        numbers[f] = common[f]


@kernel
def settle_levels(
    s: State, p: Array, t_ns: int, published: int, asleep: int, quiet: int, rows: Any, numbers: Array
) -> None:
    """Who rests at the next snap, if that is as quiet; the rows to be repeated then."""
    levels = s.levels
    for j in range(published):
        v = levels.at[levels.ranking[j]]
        rested = s.scratch.resting[j] != 0
        rests = quiet != AWAKE and (rested or has_settled(s, p, v, j, t_ns, rows[j]))
        levels.rest_settled[j] = 1 if rests else 0
        # while some are awake, the signals and runways of those that rest are written anew at every snap
        if rests and (not rested or asleep == published):
            keep_row(s, j, numbers[j])


@kernel
def find_spans(s: State, p: Array) -> None:
    """Windows in buckets, and what the mid did in one: a division for every level would cost as much as its zone."""
    scratch = s.scratch
    scratch.shortest = buckets_in(p, p[0].w_barrier_min_ns)
    scratch.longest = buckets_in(p, p[0].w_barrier_ns)
    scratch.longest_ns = scratch.longest * p[0].snap_interval_ns
    wanted = buckets_in(p, p[0].w_response_ns)
    scratch.answering = min(wanted, s.motion.mids_held)
    scratch.answers_whole = 1 if scratch.answering == wanted else 0
    scratch.progress = progress_points(s, scratch.answering)


@kernel
def _end_lost(s: State, t_ns: int, published: int, active: int, blank: Any) -> None:
    """Levels that are not published, gone or beyond the nearest: their signals are resolved, their clocks stopped.

    Empty slots have been through this once; only a level that went needs it.
    """
    levels = s.levels
    last = LEVEL_SLOTS if levels.came_or_went != 0 else active
    levels.came_or_went = 0
    for k in range(published, last):
        v = levels.at[levels.ranking[k]]
        v.high_since_ns = 0
        v.low_since_ns = 0
        if v.signal != 0:
            end_signal_of_lost_level(s, levels.ranking[k], t_ns, blank)


@kernel_inlined
def weigh_forces(s: State, p: Array, t_ns: int, slot: int, lane: int, row: Any) -> None:
    """What each force says of a level and how far it is believed, into its lane and ``row``."""
    lanes = s.scratch.lanes
    says, weight, asked = lanes.says, lanes.weight, lanes.asked
    v = s.levels.at[slot]
    in_band = row.in_band != 0.0
    has_barrier, says[BARRIER, lane], believed = judge_barrier(s, p, t_ns, lane, v, row)
    weight[BARRIER, lane] = believed if has_barrier else 0.0
    effort = progress = 0.0
    if in_band:
        effort, progress = measure_response(s, p, v, ASK if v.direction > 0 else BID, row)
        if has_barrier:
            tag_absorbing(p, effort, progress, lanes.fill_limit[lane], row)
    else:
        no_response(row)
    has_tape, says[TAPE, lane], believed = score_tape(s, p, t_ns, slot, effort, progress, row)
    weight[TAPE, lane] = believed if has_tape else 0.0
    has_fuel, says[FUEL, lane], believed = score_fuel(s, p, t_ns, slot, in_band, row)
    weight[FUEL, lane] = believed if has_fuel else 0.0
    asked[BARRIER, lane] = 1 if s.trust.state[TRUST_DEPTH] != _ABSENT else 0
    asked[TAPE, lane] = 1 if s.trust.state[TRUST_TAPE] != _ABSENT else 0
    asked[FUEL, lane] = 1 if fuel_is_asked(s, p, row) else 0
    lanes.in_band[lane] = 1 if in_band else 0
    lanes.had_score[lane] = v.has_score
    for k in range(COMPONENTS):
        lanes.evidence[k, lane] = v.evidence_part[k]


@kernel_inlined
def follow_touches(s: State, p: Array, t_ns: int, v: Any, arm: float, row: Any) -> None:
    """Touches and attempts, and the bars in which price came."""
    began = update_touch(p, v, row.x, arm, row.touching != 0.0, t_ns)
    row.approach_bars = s.scratch.rising_bars if v.direction > 0 else s.scratch.falling_bars
    write_attempt(v, row, s.motion.velocity_smooth, began, row.barrier_state != _MISSING)


@kernel_inlined
def write_identity(s: State, p: Array, v: Any, row: Any) -> None:
    """What and where the level is; ``row.x`` is set."""
    row.kind = v.kind
    row.user_index = v.ordinal if v.kind == _USER else -1
    row.price = v.price
    row.tick = v.tick
    row.width_ticks = level_width_ticks(s, v.price)
    if v.valid_ns == 0:
        v.valid_ns = s.clock.first_ns
    row.valid_from_s = v.valid_ns * 1e-9
    row.dynamic = 1.0 if is_dynamic(v.kind) else 0.0
    row.strong = 1.0 if is_strong(v.kind, v.ordinal) else 0.0
    row.direction = v.direction
    row.distance = abs(row.x)
    row.in_band = 1.0 if row.distance <= p[0].monitor_band else 0.0
    row.held = v.frozen
    row.running_price = v.running
    row.touching = 1.0 if row.distance <= p[0].touch_band else 0.0
