"""One snap: close the bucket, bring everything up to date, score every level, write the results.

The order of things: docs/physics.md 0.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import MASK32
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import INPUTS, LEVEL_FIELDS, Trust
from spymaster.physics.book.equity import find_spot, level_width_ticks, update_ratio
from spymaster.physics.book.events import close_event
from spymaster.physics.book.flicker import age_additions
from spymaster.physics.book.ofi import depth_ofi, integrated_ofi, ofi_spread, queue_imbalance
from spymaster.physics.book.scales import observe_scales
from spymaster.physics.book.windows import open_bucket, recentre, slide_windows
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
from spymaster.physics.judgement.score import (
    combine_forces,
    confidence_label,
    silence_weak,
    write_attribution,
    write_forces,
)
from spymaster.physics.judgement.tape_component import score_tape
from spymaster.physics.judgement.trigger import end_signal_of_lost_level, run_triggers
from spymaster.physics.judgement.trust import update_trust, worst_configured
from spymaster.physics.levels.active import (
    LEVELS_NEW,
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
    OFI_1S,
    OFI_5S,
    OFI_15S,
    OFI_60S,
    OFI_BEST,
    SCALE_FILL_LIMIT,
    TAPE,
    TOTALS,
    TRUST_DEPTH,
    TRUST_EQUITY,
    TRUST_OPTIONS,
    TRUST_TAPE,
)
from spymaster.physics.memory.outputs import Out, write_flows
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.fuel import refresh_fuel
from spymaster.physics.session_start import enter_session
from spymaster.physics.time.bars import approach_of, close_due_bars
from spymaster.physics.time.clock import in_signal_window, minutes_since_open, snap_at_or_after
from spymaster.physics.time.motion import (
    microprice,
    mid_points,
    motion_spreads,
    remember_mid,
    tick_points,
    update_price,
)
from spymaster.physics.time.volatility import update_volatility

_USER: Final = int(LevelKind.USER)
_ABSENT: Final = int(Trust.ABSENT)
_NEAR_EVERY: Final = 8
_NEIGHBOURS_EVERY: Final = 4
"""Levels that moved keep their neighbours for at most this many snaps."""
LEVEL_NUMBERS: Final = len(LEVEL_FIELDS)


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
            write_common_fuel(s, out.blank[0])
        write_common(s, p, t_ns, out.blank[0])
        published = min(rank_levels(s, spot), MAX_PUBLISHED)
        score_levels(s, p, t_ns, published, out.rows[k], out.numbers[k], out.blank_numbers)
        _end_lost(s, t_ns, published, out.blank[0])
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
def score_levels(s: State, p: Array, t_ns: int, published: int, rows: Any, numbers: Array, blank: Array) -> None:
    """Every published level into its row: each on its own, then what they mean to each other."""
    levels = s.levels
    arm = arm_distance(s, p)
    order_by_price(s, published, s.market.spot)
    moved = levels.changed != 0 and s.clock.snaps % _NEIGHBOURS_EVERY == 0
    if moved or levels.changed == LEVELS_NEW or published != levels.grouped:
        levels.grouped = published
        find_neighbours(s, p, published)
    worst = worst_configured(s)
    for j in range(published):
        score_level(s, p, t_ns, levels.ranking[j], arm, worst, rows[j], numbers[j], blank)
    run_triggers(s, p, t_ns, published, rows)
    write_runways(s, p, rows, published)
    for j in range(published):
        one_nan(numbers[j])


@kernel
def one_nan(numbers: Array) -> None:
    """Give every absent value the same bits: the sign of a NaN depends on how a product with -1 was compiled."""
    for f in range(LEVEL_NUMBERS):
        x = numbers[f]
        numbers[f] = x if x == x else math.nan


@kernel
def _end_lost(s: State, t_ns: int, published: int, blank: Any) -> None:
    """Levels that are not published, gone or beyond the nearest: their signals are resolved, their clocks stopped."""
    levels = s.levels
    for k in range(published, LEVEL_SLOTS):
        v = levels.at[levels.ranking[k]]
        v.high_since_ns = 0
        v.low_since_ns = 0
        if v.signal != 0:
            end_signal_of_lost_level(s, levels.ranking[k], t_ns, blank)


@kernel
def score_level(
    s: State, p: Array, t_ns: int, slot: int, arm: float, worst_trust: int, row: Any, numbers: Array, blank: Array
) -> None:
    """Everything about a level but its signal into ``row``, the memory of ``numbers``; ``blank``: what all share."""
    v = s.levels.at[slot]
    for f in range(LEVEL_NUMBERS):
        numbers[f] = blank[f]
    ratio = s.market.ratio
    x = face_level(s, slot, arm) / ratio
    in_band = abs(x) <= p[0].monitor_band
    touching = abs(x) <= p[0].touch_band
    row.x = x
    write_identity(s, v, row, in_band, touching)
    has_barrier = weigh_forces(s, p, t_ns, slot, in_band, row)
    score_forces(s, p, slot, in_band, worst_trust, row)
    began = update_touch(p, v, x, arm / ratio, touching, t_ns)
    write_motion_towards(s, v, row)
    write_attempt(v, row, began, has_barrier)
    write_neighbours(s, p, v, row)


@kernel
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


@kernel
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


@kernel
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


@kernel
def write_motion_towards(s: State, v: Any, row: Any) -> None:
    """What is known of the whole market, signed towards the level's break: order flow, queues and the approach.

    The blank row holds these for a resistance; ``approach_*`` differ by more than their sign.
    """
    if v.direction < 0:
        row.ofi_1s = -row.ofi_1s
        row.ofi_5s = -row.ofi_5s
        row.ofi_15s = -row.ofi_15s
        row.ofi_60s = -row.ofi_60s
        row.ofi_z = -row.ofi_z
        row.ofi_best_5s = -row.ofi_best_5s
        row.ofi_depth_5s = -row.ofi_depth_5s
        row.queue_imbalance = -row.queue_imbalance
        row.approach_velocity = -row.approach_velocity
        row.approach_bars = s.scratch.falling_bars


@kernel
def write_common(s: State, p: Array, t_ns: int, row: Any) -> None:
    """What is true of the whole snap into the blank row: each level's row repeats it and so stands on its own."""
    market = s.market
    book = s.book
    clock = s.clock
    trust = s.trust
    point = tick_points(s) / market.ratio
    row.spot = market.spot
    row.bid = book.bid * point if book.has_bbo != 0 else math.nan
    row.ask = book.ask * point if book.has_bbo != 0 else math.nan
    row.ratio = market.ratio
    row.microprice = microprice(s)
    row.sigma_1m = s.volatility.sigma_1m
    row.atr = s.bars.atr
    row.as_of_age_ns = t_ns - clock.as_of_ns
    row.minutes_since_open = minutes_since_open(s, t_ns)
    row.in_window = 1.0 if in_signal_window(s, p, t_ns) else 0.0
    row.trust_depth = trust.state[TRUST_DEPTH]
    row.trust_tape = trust.state[TRUST_TAPE]
    row.trust_options = trust.state[TRUST_OPTIONS]
    row.trust_equity = trust.state[TRUST_EQUITY]
    row.input_fingerprint_high = (clock.fingerprint >> 32) & MASK32
    row.input_fingerprint_low = clock.fingerprint & MASK32
    write_motion(s, p, row)
    row.ofi_1s = integrated_ofi(s, OFI_1S)
    row.ofi_5s = integrated_ofi(s, OFI_5S)
    row.ofi_15s = integrated_ofi(s, OFI_15S)
    row.ofi_60s = integrated_ofi(s, OFI_60S)
    row.ofi_z = row.ofi_5s / ofi_spread(s)
    row.ofi_best_5s = s.ofi.sums[OFI_5S, OFI_BEST]
    row.ofi_depth_5s = depth_ofi(s, OFI_5S)
    row.queue_imbalance = queue_imbalance(s)
    row.approach_velocity, row.approach_bars, row.approach_distance = approach_of(s, 1)
    _, s.scratch.falling_bars, _ = approach_of(s, -1)


@kernel
def write_motion(s: State, p: Array, row: Any) -> None:
    """Motion of the future and how unusual it is for a dispatch_records of this volatility."""
    motion = s.motion
    row.velocity = motion.velocity_smooth
    row.acceleration = motion.acceleration
    row.jerk = motion.cubic[3]
    velocity, acceleration, jerk = motion_spreads(p, s.volatility.sigma_1m)
    row.velocity_z = motion.velocity / velocity
    row.acceleration_z = motion.acceleration / acceleration
    row.jerk_z = motion.cubic[3] / jerk


@kernel
def write_snap(s: State, p: Array, t_ns: int, out: Out, k: int) -> None:
    """The snap's own record."""
    clock = s.clock
    orders = s.orders
    market = s.market
    book = s.book
    motion = s.motion
    trust = s.trust
    r = out.snaps[k]
    mid = mid_points(s)
    r.t_ns = t_ns
    r.as_of_ns = clock.as_of_ns
    r.session_date = s.calendar.sessions[max(clock.session, 0)].session_date
    r.orders = orders.orders
    r.spot = market.spot
    r.bid = book.bid * tick_points(s) / market.ratio if book.has_bbo != 0 else math.nan
    r.ask = book.ask * tick_points(s) / market.ratio if book.has_bbo != 0 else math.nan
    r.es_mid = mid
    r.es_last = book.last_tick * tick_points(s) if book.has_last != 0 else math.nan
    r.microprice = microprice(s)
    r.velocity = motion.velocity_smooth
    r.acceleration = motion.acceleration
    r.sigma_1m = s.volatility.sigma_1m
    r.atr = s.bars.atr
    r.ratio = market.ratio
    r.cvd = orders.cvd
    r.minutes_since_open = minutes_since_open(s, t_ns)
    r.in_window = 1 if in_signal_window(s, p, t_ns) else 0
    for i in range(len(INPUTS)):
        r.trust[i] = trust.state[i]
        r.trust_reason[i] = trust.reason[i]
    for i in range(TOTALS):
        r.totals[i] = s.windows.totals_sum[i]
