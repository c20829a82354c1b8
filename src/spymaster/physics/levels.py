"""Which levels exist now, where they are, which way they face and which are nearest (SPEC 6.6)."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.levels import LevelKind
from spymaster.physics.motion import tick_points
from spymaster.physics.state import (
    LEDGER_TICKS,
    LEVEL_SLOTS,
    ROUND_SLOTS,
    STRUCTURAL_SLOTS,
    USER_SLOTS,
    Array,
    State,
)

_USER: Final = int(LevelKind.USER)
_ROUND: Final = int(LevelKind.ROUND)
_VWAP: Final = int(LevelKind.VWAP)
_SESSION_HIGH: Final = int(LevelKind.SESSION_HIGH)
_SESSION_LOW: Final = int(LevelKind.SESSION_LOW)
_ON_HIGH: Final = int(LevelKind.ON_HIGH)
_ON_LOW: Final = int(LevelKind.ON_LOW)
_COMPLETE_NS: Final = 60_000_000_000
"""A session counts as seen from its start when the first record came within this of it."""


@kernel
def is_on(p: Array, kind: int) -> bool:
    """Whether a kind of level is switched on."""
    return bool((p[0].level_kinds >> kind) & 1)


@kernel
def arm_distance(s: State, p: Array) -> float:
    """x_arm in futures points: how far price must be from a level before the level counts as approached anew."""
    m = s.market[0]
    touch = p[0].touch_band * m.ratio
    return float(max(p[0].arm_min_points, p[0].arm_sigma * m.sigma_1m, p[0].arm_touch_multiple * touch))


@kernel
def reset_level(s: State, slot: int) -> None:
    """Forget what was smoothed: the level is approached anew."""
    v = s.level[slot]
    v.has_score = 0
    v.has_delta = 0
    v.high_since_ns = 0
    v.low_since_ns = 0
    v.touched_ns = 0
    for k in range(3):
        v.has_weight[k] = 0
        v.share[k] = 0.0


@kernel
def put_level(s: State, slot: int, kind: int, ordinal: int, price: float) -> None:
    """A level begins to exist in a slot."""
    v = s.level[slot]
    v.active = 1
    v.kind = kind
    v.ordinal = ordinal
    v.price = price
    v.tick = nearest_tick(s, price)
    v.direction = 0
    v.frozen = 0
    v.inside = 0
    v.state = -1
    v.rival = -1
    v.signal = 0
    v.raised_ns = 0
    v.turned = 0
    v.contested_end_ns = 0
    v.confidence = 0.0
    reset_level(s, slot)


@kernel
def nearest_tick(s: State, price: float) -> int:
    """The futures tick nearest a price in the profile's unit, halves up."""
    return int(math.floor(price * s.market[0].ratio / tick_points(s) + 0.5))


@kernel
def move_level(s: State, p: Array, slot: int, kind: int, price: float, mid: float) -> None:
    """A moving level's new price; held still while price is at it, so that a running extreme can be broken."""
    v = s.level[slot]
    if v.active == 0:
        put_level(s, slot, kind, -1, price)
        return
    if price == v.price:
        v.frozen = 0
        return
    away = abs(v.price * s.market[0].ratio - mid)
    extreme = kind == _SESSION_HIGH or kind == _SESSION_LOW
    limit = arm_distance(s, p) if extreme else p[0].touch_band * s.market[0].ratio
    if away < limit:
        v.frozen = 1
        return
    v.frozen = 0
    v.price = price
    v.tick = nearest_tick(s, price)
    if extreme:
        v.direction = 0
        v.turned = 1
        reset_level(s, slot)


@kernel
def drop_level(s: State, slot: int) -> None:
    """The level is not published any more."""
    s.level[slot].active = 0


@kernel
def place_structural(s: State, p: Array, t_ns: int, mid: float) -> None:
    """Session extremes, VWAP and overnight extremes, each only when everything it rests on was seen."""
    m = s.market[0]
    c = s.clock[0]
    base = USER_SLOTS
    unit = tick_points(s) / m.ratio
    row = s.sessions[max(c.session, 0)]
    starts = row.rth_open_ns if p[0].is_spy != 0 else row.open_ns
    whole = starts > 0 and c.session >= 0 and starts <= t_ns and c.first_ns <= starts + _COMPLETE_NS
    for kind in (_SESSION_HIGH, _SESSION_LOW):
        if is_on(p, kind) and whole and m.session_trades > 0:
            tick = m.session_high if kind == _SESSION_HIGH else m.session_low
            move_level(s, p, base + kind, kind, tick * unit, mid)
        else:
            drop_level(s, base + kind)
    day = row.rth_open_ns > 0 and c.session >= 0 and t_ns >= row.rth_open_ns
    if is_on(p, _VWAP) and day and m.vwap_volume > 0 and c.first_ns <= row.rth_open_ns + _COMPLETE_NS:
        move_level(s, p, base + _VWAP, _VWAP, m.vwap_ticks / m.vwap_volume * unit, mid)
    else:
        drop_level(s, base + _VWAP)
    night = day and m.overnight_trades > 0 and c.first_ns <= row.open_ns + _COMPLETE_NS
    for kind in (_ON_HIGH, _ON_LOW):
        if is_on(p, kind) and night:
            tick = m.overnight_high if kind == _ON_HIGH else m.overnight_low
            move_level(s, p, base + kind, kind, tick * unit, mid)
        else:
            drop_level(s, base + kind)


@kernel
def place_rounds(s: State, p: Array, spot: float) -> None:
    """Round prices within ``strike_range`` of spot."""
    m = s.market[0]
    if not is_on(p, _ROUND):
        return
    step = p[0].round_step
    low = max(int(math.ceil((spot - p[0].strike_range) / step)), 1)
    high = min(int(math.floor((spot + p[0].strike_range) / step)), low + ROUND_SLOTS - 1)
    if low == m.round_low and high == m.round_high:
        return
    base = USER_SLOTS + STRUCTURAL_SLOTS
    for n in range(m.round_low, m.round_high + 1):
        if n < low or n > high:
            drop_level(s, base + n % ROUND_SLOTS)
    for n in range(low, high + 1):
        slot = base + n % ROUND_SLOTS
        v = s.level[slot]
        if v.active == 0 or v.ordinal != n:
            put_level(s, slot, _ROUND, n, n * step)
    m.round_low = low
    m.round_high = high


@kernel
def face_level(s: State, slot: int, mid: float, arm: float) -> float:
    """Latch the direction and return x in futures points (> 0: not yet reached).

    Resistance when the level is above price the first time, support when below, at price what its kind suggests;
    afterwards the direction changes only when price is ``arm`` beyond the level. Leaving the armed distance again
    starts a new approach.
    """
    v = s.level[slot]
    gap = v.price * s.market[0].ratio - mid
    if v.direction == 0:
        low = v.kind == _SESSION_LOW or v.kind == _ON_LOW
        v.direction = 1 if gap > 0.0 or (gap == 0.0 and not low) else -1
        v.inside = 1 if abs(gap) < arm else 0
        return float(v.direction * gap)
    x = v.direction * gap
    if x <= -arm:
        v.direction = -v.direction
        v.turned = 1
        x = -x
        v.inside = 0
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
    """Order the slots by distance from spot, ties by slot; returns how many are active. Cheap when nearly sorted."""
    active = 0
    for k in range(LEVEL_SLOTS):
        v = s.level[k]
        s.separation[k] = abs(v.price - spot) if v.active != 0 else math.inf
        active += 1 if v.active != 0 else 0
    for i in range(1, LEVEL_SLOTS):
        slot = s.ranking[i]
        d = s.separation[slot]
        j = i - 1
        while j >= 0 and (s.separation[s.ranking[j]] > d or (s.separation[s.ranking[j]] == d and s.ranking[j] > slot)):
            s.ranking[j + 1] = s.ranking[j]
            j -= 1
        s.ranking[j + 1] = slot
    return active


@kernel
def mark_near(s: State, p: Array, published: int) -> None:
    """Note the ticks whose zone overlaps the zone of a published level: they are no measure of what is usual."""
    for i in range(LEDGER_TICKS):
        s.near[i] = 0
    reach = 2 * p[0].barrier_zone_ticks
    for k in range(published):
        i = s.level[s.ranking[k]].tick - s.book[0].base
        for j in range(max(i - reach, 0), min(i + reach, LEDGER_TICKS - 1) + 1):
            s.near[j] = 1
