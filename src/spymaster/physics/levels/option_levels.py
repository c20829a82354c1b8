"""Levels that come from options: the strikes near price, the gamma walls, the flip (SPEC 6.6)."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.levels import LevelKind
from spymaster.physics.levels.active import drop_level, is_on, place, put_level
from spymaster.physics.memory.option_state import B_STRIKE, CALL_WALL, FLIP, PUT_WALL, SLIP_ORDINAL
from spymaster.physics.memory.state import ROUND_SLOTS, STRIKE_SLOTS, STRUCTURAL_SLOTS, USER_SLOTS, Array, State

_STRIKE: Final = int(LevelKind.STRIKE)
_CALL_WALL: Final = int(LevelKind.CALL_WALL)
_PUT_WALL: Final = int(LevelKind.PUT_WALL)
_GAMMA_FLIP: Final = int(LevelKind.GAMMA_FLIP)
_FIRST: Final = USER_SLOTS + STRUCTURAL_SLOTS + ROUND_SLOTS


@kernel
def place_option_levels(s: State, p: Array, spot: float) -> None:
    """Publish, move or drop every level that rests on options."""
    place_strikes(s, p, spot)
    place_mark(s, p, _CALL_WALL, CALL_WALL)
    place_mark(s, p, _PUT_WALL, PUT_WALL)
    place_mark(s, p, _GAMMA_FLIP, FLIP)


@kernel
def place_mark(s: State, p: Array, kind: int, which: int) -> None:
    """A wall or the flip. A wall's slot notes as ordinal whether it is a slip."""
    h = s.chain[0]
    price = h.mark[which]
    place(s, p, kind, not math.isnan(price), price, h.mark_ns[which])
    s.level[USER_SLOTS + kind].ordinal = SLIP_ORDINAL if h.mark_sign[which] < 0.0 else -1


@kernel
def place_strikes(s: State, p: Array, spot: float) -> None:
    """Strikes of the chain within ``strike_range`` of spot, those nearest where there are too many."""
    h = s.chain[0]
    if not is_on(p, _STRIKE):
        return
    strikes = s.by_strike[B_STRIKE]
    low = first_at_or_above(s, spot - p[0].strike_range)
    high = first_at_or_above(s, spot + p[0].strike_range)
    if high == h.strikes or strikes[high] > spot + p[0].strike_range:
        high -= 1
    while high - low >= STRIKE_SLOTS:
        if spot - strikes[low] > strikes[high] - spot:
            low += 1
        else:
            high -= 1
    if low == h.low and high == h.high and h.waiting == 0:
        return
    h.waiting = 0
    for n in range(h.low, h.high + 1):
        if n < low or n > high:
            drop_level(s, _FIRST + n % STRIKE_SLOTS)
    for n in range(low, high + 1):
        slot = _FIRST + n % STRIKE_SLOTS
        v = s.level[slot]
        if v.active != 0 and v.ordinal == n:
            continue
        if v.signal != 0:
            # the slot's last level takes its signal with it first, at the end of this snap
            drop_level(s, slot)
            h.waiting = 1
            continue
        put_level(s, slot, _STRIKE, n, strikes[n])
    h.low = low
    h.high = high


@kernel
def first_at_or_above(s: State, price: float) -> int:
    """Place of the lowest strike at or above a price; their number where there is none."""
    strikes = s.by_strike[B_STRIKE]
    low, high = 0, s.chain[0].strikes
    while low < high:
        middle = (low + high) // 2
        if strikes[middle] < price:
            low = middle + 1
        else:
            high = middle
    return int(low)
