"""One snap: close the bucket, bring everything up to date, judge every level, write the results (SPEC 4, 6, 7.1)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.physics.clock import enter_session, in_signal_window, minutes_since_open, snap_at_or_after
from spymaster.physics.events import close_event
from spymaster.physics.forces import judge_barrier, judge_tape
from spymaster.physics.levels import (
    arm_distance,
    face_level,
    mark_near,
    place_rounds,
    place_structural,
    rank_levels,
)
from spymaster.physics.motion import follow_price, follow_volatility, microprice, mid_points, tick_points
from spymaster.physics.outputs import Out, write_flows
from spymaster.physics.scales import observe_scales
from spymaster.physics.score import combine_forces, confidence_label, smooth_weight, write_attribution
from spymaster.physics.state import BARRIER, FUEL, LEVEL_SLOTS, MASS, TAPE, Array, State
from spymaster.physics.trigger import end_signal_of_lost_level, update_trigger
from spymaster.physics.trust import judge_inputs, worst_configured
from spymaster.physics.windows import open_bucket, recentre, slide_windows

_USER: Final = int(LevelKind.USER)
_MASK32: Final = 0xFFFFFFFF
_NEAR_EVERY: Final = 8
LEVEL_NUMBERS: Final = len(LEVEL_FIELDS)


@kernel
def take_snap(s: State, p: Array, t_ns: int, out: Out) -> None:
    """Take the snap at T = ``t_ns``; ``out`` must have room."""
    c = s.clock[0]
    close_event(s, p)
    if c.now_ns < t_ns:
        c.now_ns = t_ns
    if t_ns >= c.boundary_ns:
        enter_session(s, p)
    k = out.held[0]
    flows = write_flows(s, t_ns, out) if out.held[2] != 0 else 0
    slide_windows(s, p)
    recentre(s, p, t_ns)
    follow_price(s, p)
    follow_volatility(s, p, t_ns)
    judge_inputs(s, p, t_ns)
    first_alert = s.book[0].alerts
    mid = mid_points(s)
    published = 0
    if not math.isnan(mid):
        spot = mid / s.market[0].ratio
        place_structural(s, p, t_ns, mid)
        place_rounds(s, p, spot)
        write_context(s, p, t_ns, mid, out.blank[0])
        published = min(rank_levels(s, spot), MAX_PUBLISHED)
        rows = out.rows[k]
        numbers = out.numbers[k]
        arm = arm_distance(s, p)
        for j in range(published):
            judge_level(s, p, t_ns, s.ranking[j], mid, arm, rows[j], numbers[j], out.blank_numbers)
            one_nan(numbers[j])
        _end_lost(s, t_ns, published, out.blank[0])
        if c.snaps % _NEAR_EVERY == 0:
            mark_near(s, p, published)
    observe_scales(s, p, t_ns)
    write_snap(s, p, t_ns, out, k)
    out.snaps[k].levels = published
    out.snaps[k].flows = flows
    out.snaps[k].alerts = s.book[0].alerts - first_alert
    out.held[0] = k + 1
    open_bucket(s, t_ns, out.held[2] != 0)
    c.snaps += 1
    c.next_snap_ns = snap_at_or_after(s, p, t_ns + 1)


@kernel
def one_nan(numbers: Array) -> None:
    """Give every absent value the same bits: the sign of a NaN depends on how a product with -1 was compiled."""
    for f in range(LEVEL_NUMBERS):
        x = numbers[f]
        numbers[f] = x if x == x else math.nan


@kernel
def _end_lost(s: State, t_ns: int, published: int, blank: Any) -> None:
    """Levels that are not published, gone or beyond the nearest: their signals are resolved, their clocks stopped."""
    for k in range(published, LEVEL_SLOTS):
        v = s.level[s.ranking[k]]
        v.high_since_ns = 0
        v.low_since_ns = 0
        if v.signal != 0:
            end_signal_of_lost_level(s, s.ranking[k], t_ns, blank)


@kernel
def judge_level(
    s: State, p: Array, t_ns: int, slot: int, mid: float, arm: float, row: Any, numbers: Array, blank: Array
) -> None:
    """Everything about a level into ``row``; ``numbers`` is the same memory, ``blank`` what all rows share."""
    v = s.level[slot]
    for f in range(LEVEL_NUMBERS):
        numbers[f] = blank[f]
    x = face_level(s, slot, mid, arm) / s.market[0].ratio
    in_band = abs(x) <= p[0].monitor_band
    touching = abs(x) <= p[0].touch_band
    row.kind = v.kind
    row.ordinal = v.ordinal if v.kind == _USER else -1
    row.price = v.price
    row.tick = v.tick
    row.direction = v.direction
    row.distance = abs(x)
    row.x = x
    row.in_band = 1.0 if in_band else 0.0
    row.frozen = v.frozen
    row.touching = 1.0 if touching else 0.0
    scores = s.scores
    weights = s.weights
    has_barrier, scores[BARRIER], weight = judge_barrier(s, p, t_ns, slot, row)
    weights[BARRIER] = smooth_weight(s, slot, BARRIER, has_barrier, weight)
    has_tape, scores[TAPE], weight = judge_tape(s, p, t_ns, slot, row)
    weights[TAPE] = smooth_weight(s, slot, TAPE, has_tape, weight)
    scores[FUEL] = 50.0
    has_score = False
    if in_band:
        has_score = combine_forces(s, p, slot, scores, weights, row)
    else:
        v.has_score = 0
    label = 0
    if has_score:
        write_attribution(s, slot, has_barrier, has_tape, row)
        label = confidence_label(p, v.confidence, worst_configured(s))
    row.confidence_label = label
    update_trigger(s, p, slot, t_ns, in_band, touching, has_score, has_barrier, row)
    row.signal = v.signal


@kernel
def write_context(s: State, p: Array, t_ns: int, mid: float, row: Any) -> None:
    """What is true of the whole snap into the blank row: each level's row repeats it and so stands on its own."""
    c = s.clock[0]
    b = s.book[0]
    ratio = s.market[0].ratio
    point = tick_points(s) / ratio
    row.spot = mid / ratio
    row.bid = b.bid * point if b.has_bbo != 0 else math.nan
    row.ask = b.ask * point if b.has_bbo != 0 else math.nan
    row.ratio = ratio
    row.as_of_age_ns = t_ns - c.as_of_ns
    row.minutes_since_open = minutes_since_open(s, t_ns)
    row.in_window = 1.0 if in_signal_window(s, p, t_ns) else 0.0
    row.trust_depth = s.trust[0].state[0]
    row.trust_tape = s.trust[0].state[1]
    row.trust_options = s.trust[0].state[2]
    row.trust_equity = s.trust[0].state[3]
    row.input_fold_high = (c.fold >> 32) & _MASK32
    row.input_fold_low = c.fold & _MASK32


@kernel
def write_snap(s: State, p: Array, t_ns: int, out: Out, k: int) -> None:
    """The snap's own record."""
    c = s.clock[0]
    b = s.book[0]
    m = s.market[0]
    r = out.snaps[k]
    mid = mid_points(s)
    r.t_ns = t_ns
    r.as_of_ns = c.as_of_ns
    r.session_date = s.sessions[max(c.session, 0)].session_date
    r.orders = b.orders
    r.spot = mid / m.ratio
    r.bid = b.bid * tick_points(s) / m.ratio if b.has_bbo != 0 else math.nan
    r.ask = b.ask * tick_points(s) / m.ratio if b.has_bbo != 0 else math.nan
    r.es_mid = mid
    r.es_last = b.last_tick * tick_points(s) if b.has_last != 0 else math.nan
    r.microprice = microprice(s)
    r.velocity = m.velocity_smooth
    r.acceleration = m.acceleration
    r.sigma_1m = m.sigma_1m
    r.minutes_since_open = minutes_since_open(s, t_ns)
    r.in_window = 1 if in_signal_window(s, p, t_ns) else 0
    for i in range(4):
        r.trust[i] = s.trust[0].state[i]
        r.trust_reason[i] = s.trust[0].reason[i]
    for i in range(MASS):
        r.mass[i] = s.mass_sum[i]
