"""One snap: close the bucket, bring everything up to date, score every level, write the results.

The order of things: docs/physics.md 0.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import Trust
from spymaster.physics.book.equity import find_spot, level_width_ticks, update_ratio
from spymaster.physics.book.events import close_event
from spymaster.physics.book.flicker import age_additions
from spymaster.physics.book.scales import observe_scales
from spymaster.physics.book.windows import buckets_in, open_bucket, recentre, slide_windows
from spymaster.physics.common_rows import write_common, write_snap
from spymaster.physics.judgement.barrier_component import score_barrier
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
from spymaster.physics.judgement.score import (
    combine_forces,
    confidence_label,
    silence_weak,
    write_attribution,
    write_forces,
)
from spymaster.physics.judgement.tape_component import find_sweeps, score_tape
from spymaster.physics.judgement.trigger import end_signal_of_lost_level, run_triggers
from spymaster.physics.judgement.trust import update_trust, worst_configured
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
    FUEL,
    LEVEL_SLOTS,
    LEVELS_NEW,
    SCALE_FILL_LIMIT,
    TAPE,
    TRUST_DEPTH,
    TRUST_TAPE,
)
from spymaster.physics.memory.outputs import Out, write_flows
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.fuel import refresh_fuel
from spymaster.physics.session_start import enter_session
from spymaster.physics.time.bars import close_due_bars
from spymaster.physics.time.clock import snap_at_or_after
from spymaster.physics.time.motion import (
    remember_mid,
    update_price,
)
from spymaster.physics.time.volatility import update_volatility

_USER: Final = int(LevelKind.USER)
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
            write_common_fuel(s, out.shared[k])
        write_common(s, p, t_ns, out.shared[k])
        one_nan(out.shared_numbers[k])
        active = rank_levels(s, spot)
        published = min(active, MAX_PUBLISHED)
        score_levels(s, p, t_ns, published, out.rows[k], out.numbers[k])
        _end_lost(s, t_ns, published, active, out.blank[0])
        if clock.snaps % _NEAR_EVERY == 0:
            mark_near(s, p, published)
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
def score_levels(s: State, p: Array, t_ns: int, published: int, rows: Any, numbers: Array) -> None:
    """Every published level into its row: each on its own, then what they mean to each other."""
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
    asleep = 0
    for j in range(published):
        slot = levels.ranking[j]
        v = levels.at[slot]
        s.scratch.resting[j] = 1 if may_rest(s, v, j, quiet) else 0
        if s.scratch.resting[j] != 0:
            rest_level(s, p, v, j, t_ns, rows[j], numbers[j])
            asleep += 1
            continue
        if quiet != AWAKE:
            remember(s, v, j)
        score_level(s, p, t_ns, slot, arm, worst, rows[j], numbers[j])
    if asleep < published or levels.rest_whole == 0:
        run_triggers(s, p, t_ns, published, rows)
        write_runways(s, p, rows, published)
        settle_levels(s, p, t_ns, published, asleep, quiet, rows, numbers)
    levels.rest_whole = 1 if asleep == published and quiet != AWAKE else 0
    levels.rest_ns = t_ns


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
    """The barrier windows in buckets: a division for every level would cost as much as reading its zone."""
    scratch = s.scratch
    scratch.shortest = buckets_in(p, p[0].w_barrier_min_ns)
    scratch.longest = buckets_in(p, p[0].w_barrier_ns)
    scratch.longest_ns = scratch.longest * p[0].snap_interval_ns


@kernel
def one_nan(numbers: Array) -> None:
    """Give every absent value the same bits: the sign of a NaN depends on how a product with -1 was compiled."""
    for f in range(len(numbers)):
        x = numbers[f]
        numbers[f] = x if x == x else math.nan


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


@kernel
def score_level(
    s: State, p: Array, t_ns: int, slot: int, arm: float, worst_trust: int, row: Any, numbers: Array
) -> None:
    """Everything of a level's own but its signal into ``row``, which is the memory of ``numbers``."""
    v = s.levels.at[slot]
    for f in range(len(numbers)):
        numbers[f] = math.nan
    ratio = s.market.ratio
    x = face_level(s, slot, arm) / ratio
    in_band = abs(x) <= p[0].monitor_band
    touching = abs(x) <= p[0].touch_band
    row.x = x
    write_identity(s, v, row, in_band, touching)
    has_barrier = weigh_forces(s, p, t_ns, slot, in_band, row)
    score_forces(s, p, slot, in_band, worst_trust, row)
    began = update_touch(p, v, x, arm / ratio, touching, t_ns)
    row.approach_bars = s.scratch.rising_bars if v.direction > 0 else s.scratch.falling_bars
    write_attempt(v, row, s.motion.velocity_smooth, began, has_barrier)
    write_neighbours(s, p, v, row)
    # what is written later, the signal and the runway, is no result of arithmetic on what is absent
    one_nan(numbers)


@kernel_inlined
def weigh_forces(s: State, p: Array, t_ns: int, slot: int, in_band: bool, row: Any) -> bool:
    """What each force says and how far it is believed, into the scratch and ``row``; whether there is a barrier."""
    scores = s.scratch.scores
    weights = s.scratch.weights
    asked = s.scratch.asked
    v = s.levels.at[slot]
    has_barrier, scores[BARRIER], weight = score_barrier(s, p, t_ns, slot, row)
    weights[BARRIER] = weight if has_barrier else 0.0
    effort = progress = 0.0
    if in_band:
        effort, progress = measure_response(s, p, v, ASK if v.direction > 0 else BID, row)
        if has_barrier:
            tag_absorbing(p, effort, progress, s.scratch.scale[SCALE_FILL_LIMIT], row)
    else:
        no_response(row)
    has_tape, scores[TAPE], weight = score_tape(s, p, t_ns, slot, effort, progress, row)
    weights[TAPE] = weight if has_tape else 0.0
    has_fuel, scores[FUEL], weight = score_fuel(s, p, t_ns, slot, in_band, row)
    weights[FUEL] = weight if has_fuel else 0.0
    asked[BARRIER] = 1 if s.trust.state[TRUST_DEPTH] != _ABSENT else 0
    asked[TAPE] = 1 if s.trust.state[TRUST_TAPE] != _ABSENT else 0
    asked[FUEL] = 1 if fuel_is_asked(s, p, row) else 0
    return bool(has_barrier)


@kernel_inlined
def score_forces(s: State, p: Array, slot: int, in_band: bool, worst_trust: int, row: Any) -> None:
    """Score, attribution and confidence of the forces in the scratch into ``row``, where there is a score."""
    v = s.levels.at[slot]
    weights = s.scratch.weights
    said = silence_weak(p, weights, s.scratch.asked)
    write_forces(s.scratch.scores, weights, row)
    row.confidence_label = 0
    if not (said and in_band):
        v.has_score = 0
        return
    combine_forces(s, p, slot, s.scratch.scores, weights, s.scratch.asked, row)
    write_attribution(s, slot, weights, row)
    row.confidence_label = confidence_label(p, v.confidence, worst_trust)


@kernel_inlined
def write_identity(s: State, v: Any, row: Any, in_band: bool, touching: bool) -> None:
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
    row.in_band = 1.0 if in_band else 0.0
    row.held = v.frozen
    row.running_price = v.running
    row.touching = 1.0 if touching else 0.0
