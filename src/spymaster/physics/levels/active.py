"""Which levels exist now, where they are, which way they face and which are nearest (docs/physics.md 6)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import CHART_BAR_NS
from spymaster.market.levels import Hold, LevelKind, kind_bits
from spymaster.physics.book.changes import forget_changes
from spymaster.physics.book.passed import forget_evidence, forget_zone
from spymaster.physics.book.recovery import forget_recovery
from spymaster.physics.levels.touches import forget_touches
from spymaster.physics.memory.indices import (
    CHART_BARS,
    COMPONENTS,
    LEDGER_TICKS,
    LEVEL_SLOTS,
    LEVELS_MOVED,
    LEVELS_NEW,
    MOVES,
    NEAR_FIELDS,
    R_OPENING,
    R_OVERNIGHT,
    R_PREMARKET,
    R_PRIOR,
    R_REGULAR,
    R_SESSION,
    ROUND_SLOTS,
    STRUCTURAL_SLOTS,
    USER_SLOTS,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import tick_points
from spymaster.physics.time.profile import row_price, value_area
from spymaster.physics.time.ranges import is_known

_USER: Final = int(LevelKind.USER)
_ROUND: Final = int(LevelKind.ROUND)
_VWAP: Final = int(LevelKind.VWAP)
_SESSION_HIGH: Final = int(LevelKind.SESSION_HIGH)
_SESSION_LOW: Final = int(LevelKind.SESSION_LOW)
_ON_HIGH: Final = int(LevelKind.ON_HIGH)
_ON_LOW: Final = int(LevelKind.ON_LOW)
_PM_HIGH: Final = int(LevelKind.PM_HIGH)
_PM_LOW: Final = int(LevelKind.PM_LOW)
_OR_HIGH: Final = int(LevelKind.OR_HIGH)
_OR_LOW: Final = int(LevelKind.OR_LOW)
_PD_HIGH: Final = int(LevelKind.PD_HIGH)
_PD_LOW: Final = int(LevelKind.PD_LOW)
_PD_CLOSE: Final = int(LevelKind.PD_CLOSE)
_SMA_200: Final = int(LevelKind.SMA_200)
_SMA_400: Final = int(LevelKind.SMA_400)
_POC: Final = int(LevelKind.POC)
_VAH: Final = int(LevelKind.VAH)
_VAL: Final = int(LevelKind.VAL)
_LOW_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.side < 0)
_DYNAMIC_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.dynamic)
_ARM_HELD_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.hold is Hold.ARM)


@kernel
def is_on(p: Array, kind: int) -> bool:
    """Whether a kind of level is switched on."""
    return bool((p[0].level_kinds >> kind) & 1)


@kernel
def is_dynamic(kind: int) -> bool:
    """Whether a kind of level moves with the market."""
    return bool((_DYNAMIC_KINDS >> kind) & 1)


@kernel
def arm_distance(s: State, p: Array) -> float:
    """x_arm in futures points: how far price must be from a level before the level counts as approached anew."""
    touch = p[0].touch_band * s.market.ratio
    return float(max(p[0].arm_min_points, p[0].arm_sigma * s.volatility.sigma_1m, p[0].arm_touch_multiple * touch))


@kernel
def reset_level(s: State, slot: int) -> None:
    """Forget what was smoothed: the level is approached anew. What its zone held and lost has a clock of its own."""
    v = s.levels.at[slot]
    v.has_score = 0
    v.has_delta = 0
    v.high_since_ns = 0
    v.low_since_ns = 0
    v.touched_ns = 0
    forget_evidence(v)
    for k in range(COMPONENTS):
        v.evidence_part[k] = 0.0


@kernel
def put_level(s: State, slot: int, kind: int, ordinal: int, price: float) -> None:
    """A level begins to exist in a slot."""
    levels = s.levels
    v = levels.at[slot]
    v.active = 1
    levels.standing[slot] = price
    levels.came_or_went = 1
    v.kind = kind
    v.ordinal = ordinal
    v.price = price
    v.running = price
    v.tick = nearest_tick(s, price)
    v.direction = 0
    v.frozen = 0
    v.inside = 0
    v.state = -1
    v.rival = -1
    v.signal = 0
    v.raised_ns = 0
    v.turned = 0
    v.silent = 0
    v.contested_end_ns = 0
    v.confidence = 0.0
    v.valid_ns = s.clock.first_ns
    v.half_life_ns = 0
    v.has_fuel = 0
    for k in range(NEAR_FIELDS):
        v.neighbours[k] = 0.0
    forget_changes(v)
    forget_recovery(v, 0)
    forget_touches(v)
    forget_zone(v)
    reset_level(s, slot)
    levels.changed = LEVELS_NEW


@kernel
def nearest_tick(s: State, price: float) -> int:
    """The futures tick nearest a price in the profile's unit, halves up."""
    return int(math.floor(price * s.market.ratio / tick_points(s) + 0.5))


@kernel
def move_level(s: State, p: Array, slot: int, kind: int, price: float) -> None:
    """A moving level's new price; held still while price is at it, so that a running extreme can be broken.

    What is held is not the extreme any more: where that is now is kept beside it.
    """
    levels = s.levels
    market = s.market
    v = levels.at[slot]
    v.running = price
    if price == v.price:
        v.frozen = 0
        return
    away = abs(v.price * market.ratio - market.spot_points)
    extreme = (_ARM_HELD_KINDS >> kind) & 1 != 0
    limit = arm_distance(s, p) if extreme else p[0].touch_band * market.ratio
    if away < limit:
        v.frozen = 1
        return
    v.frozen = 0
    note_move(s, v.price, price)
    v.price = price
    levels.standing[slot] = price
    tick = nearest_tick(s, price)
    if tick != v.tick:
        forget_zone(v)
    v.tick = tick
    if levels.changed == 0:
        levels.changed = LEVELS_MOVED
    if extreme:
        v.direction = 0
        v.turned = 1
        forget_changes(v)
        forget_recovery(v, 0)
        forget_zone(v)
        reset_level(s, slot)


@kernel
def note_move(s: State, before: float, after: float) -> None:
    """Remember where a level was and is; of too many moves none is known."""
    levels = s.levels
    if levels.changed == 0:
        levels.moves = 0
    if 0 <= levels.moves <= MOVES - 2:
        levels.moved[levels.moves] = before
        levels.moved[levels.moves + 1] = after
        levels.moves += 2
    else:
        levels.moves = -1


@kernel
def drop_level(s: State, slot: int) -> None:
    """The level is not published any more."""
    levels = s.levels
    if levels.at[slot].active != 0:
        levels.at[slot].active = 0
        levels.standing[slot] = math.inf
        levels.came_or_went = 1
        levels.changed = LEVELS_NEW


@kernel
def place_one(s: State, p: Array, kind: int, known: bool, price: float, valid_ns: int) -> None:
    """Publish a structural level at a price, or not at all. ``valid_ns``: since when it means something."""
    levels = s.levels
    slot = USER_SLOTS + kind
    if not known or not is_on(p, kind) or math.isnan(price):
        drop_level(s, slot)
        return
    if levels.at[slot].active == 0:
        put_level(s, slot, kind, -1, price)
    else:
        move_level(s, p, slot, kind, price)
    levels.at[slot].valid_ns = valid_ns


@kernel
def place_pair(s: State, p: Array, high_kind: int, low_kind: int, r: Any, known: bool, valid_ns: int) -> None:
    """The two extremes of one part of a session."""
    place_one(s, p, high_kind, known, r.high, valid_ns)
    place_one(s, p, low_kind, known, r.low, valid_ns)


@kernel
def place_structural(s: State, p: Array, t_ns: int) -> None:
    """Extremes, averages and the prior session, each only when everything it rests on was seen (docs/physics.md 6)."""
    ranges = s.ranges
    bars = s.bars
    r = ranges.part
    place_pair(
        s, p, _SESSION_HIGH, _SESSION_LOW, r[R_SESSION], is_known(r[R_SESSION], t_ns, False), r[R_SESSION].start_ns
    )
    place_pair(s, p, _ON_HIGH, _ON_LOW, r[R_OVERNIGHT], is_known(r[R_OVERNIGHT], t_ns, True), r[R_OVERNIGHT].end_ns)
    place_pair(s, p, _PM_HIGH, _PM_LOW, r[R_PREMARKET], is_known(r[R_PREMARKET], t_ns, True), r[R_PREMARKET].end_ns)
    place_pair(s, p, _OR_HIGH, _OR_LOW, r[R_OPENING], is_known(r[R_OPENING], t_ns, True), r[R_OPENING].end_ns)
    prior = r[R_PRIOR]
    began = s.calendar.sessions[max(ranges.session, 0)].open_ns
    place_pair(s, p, _PD_HIGH, _PD_LOW, prior, prior.seen > 0, began)
    place_one(s, p, _PD_CLOSE, prior.seen > 0, prior.close, began)
    regular = r[R_REGULAR]
    # trades go on after the regular hours, and so does their average; what counts is that the opening was seen
    known = regular.start_ns > 0 and regular.whole != 0 and ranges.vwap_volume > 0.0
    place_one(s, p, _VWAP, known, ranges.vwap_value / ranges.vwap_volume if known else math.nan, regular.start_ns)
    newest = bars.chart[(bars.chart_held - 1) % CHART_BARS].start_ns + CHART_BAR_NS
    place_one(s, p, _SMA_200, not math.isnan(bars.sma_200), bars.sma_200, newest)
    place_one(s, p, _SMA_400, not math.isnan(bars.sma_400), bars.sma_400, newest)
    if is_on(p, _POC) or is_on(p, _VAH) or is_on(p, _VAL):
        place_profile(s, p, t_ns)


@kernel
def place_profile(s: State, p: Array, t_ns: int) -> None:
    """Point of control and value area of the session so far (docs/physics.md 6.10)."""
    profile = s.volume_profile
    session = s.ranges.part[R_SESSION]
    known = is_known(session, t_ns, False) and profile.total > 0.0 and profile.beyond == 0
    low, high = value_area(profile) if known else (0, 0)
    place_one(s, p, _POC, known, row_price(profile, profile.point), session.start_ns)
    place_one(s, p, _VAH, known, row_price(profile, high), session.start_ns)
    place_one(s, p, _VAL, known, row_price(profile, low), session.start_ns)


@kernel
def place_rounds(s: State, p: Array, spot: float) -> None:
    """Round prices within ``strike_range`` of spot."""
    levels = s.levels
    if not is_on(p, _ROUND):
        return
    step = p[0].round_step
    reach = min(p[0].strike_range, 0.5 * (ROUND_SLOTS - 1) * step)
    low = int(math.ceil((spot - reach) / step))
    high = int(math.floor((spot + reach) / step))
    if low == levels.round_low and high == levels.round_high and levels.rounds_waiting == 0:
        return
    base = USER_SLOTS + STRUCTURAL_SLOTS
    levels.rounds_waiting = 0
    for n in range(levels.round_low, levels.round_high + 1):
        if n < low or n > high:
            drop_level(s, base + n % ROUND_SLOTS)
    for n in range(low, high + 1):
        slot = base + n % ROUND_SLOTS
        v = levels.at[slot]
        if v.active != 0 and v.ordinal == n:
            continue
        if v.signal != 0:
            # the slot's last level takes its signal with it first, at the end of this snap
            drop_level(s, slot)
            levels.rounds_waiting = 1
            continue
        put_level(s, slot, _ROUND, n, n * step)
    levels.round_low = low
    levels.round_high = high


@kernel
def face_level(s: State, slot: int, arm: float) -> float:
    """Latch the direction and return x in futures points (> 0: not yet reached).

    Resistance when the level is above price the first time, support when below, at price what its kind suggests;
    afterwards the direction changes only when price is ``arm`` beyond the level. Leaving the armed distance again
    starts a new approach.
    """
    market = s.market
    v = s.levels.at[slot]
    gap = v.price * market.ratio - market.spot_points
    if v.direction == 0:
        low = (_LOW_KINDS >> v.kind) & 1
        v.direction = 1 if gap > 0.0 or (gap == 0.0 and low == 0) else -1
        v.inside = 1 if abs(gap) < arm else 0
        return float(v.direction * gap)
    x = v.direction * gap
    if x <= -arm:
        v.direction = -v.direction
        v.turned = 1
        x = -x
        v.inside = 0
        # the other side's quotes are another zone
        forget_changes(v)
        forget_recovery(v, 0)
        forget_zone(v)
        reset_level(s, slot)
    elif x >= arm:
        if v.inside != 0:
            reset_level(s, slot)
        v.inside = 0
    else:
        v.inside = 1
    return float(x)


@kernel
def rank_levels(s: State, spot: float) -> int:
    """Order the slots by distance from spot, ties by slot; returns how many are active. Cheap when nearly sorted.

    Empty slots come last and stand there as they are until a level comes or goes.
    """
    levels = s.levels
    ranking = levels.ranking
    away = s.scratch.away
    active = 0
    for k in range(LEVEL_SLOTS):
        active += 1 if levels.standing[k] < math.inf else 0
    last = LEVEL_SLOTS if levels.came_or_went != 0 else active
    for i in range(last):
        slot = ranking[i]
        d = abs(levels.standing[slot] - spot)
        j = i - 1
        while j >= 0 and (away[j] > d or (away[j] == d and ranking[j] > slot)):
            away[j + 1] = away[j]
            ranking[j + 1] = ranking[j]
            j -= 1
        away[j + 1] = d
        ranking[j + 1] = slot
    return active


@kernel
def mark_near(s: State, p: Array, published: int) -> None:
    """Note the ticks whose zone overlaps the zone of a published level: they are no measure of what is usual."""
    scales = s.scales
    levels = s.levels
    for i in range(LEDGER_TICKS):
        scales.near[i] = 0
    reach = 2 * p[0].barrier_zone_ticks
    for k in range(published):
        i = levels.at[levels.ranking[k]].tick - s.ledger.base
        for j in range(max(i - reach, 0), min(i + reach, LEDGER_TICKS - 1) + 1):
            scales.near[j] = 1
