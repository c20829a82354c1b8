"""Levels that come from options: the strikes near price, the gamma walls, the flip (docs/physics.md 6)."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.levels import LevelKind
from spymaster.physics.levels.active import drop_level, is_on, place_one, put_level
from spymaster.physics.memory.indices import ROUND_SLOTS, STRIKE_SLOTS, STRUCTURAL_SLOTS, USER_SLOTS
from spymaster.physics.memory.option_records import CALL_WALL, FLIP, PUT_WALL, SLIP_ORDINAL
from spymaster.physics.memory.state import Array, State

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
    walls = s.walls
    price = walls.mark[which]
    place_one(s, p, kind, not math.isnan(price), price, walls.mark_ns[which])
    s.levels.at[USER_SLOTS + kind].ordinal = SLIP_ORDINAL if walls.mark_sign[which] < 0.0 else -1


@kernel
def place_strikes(s: State, p: Array, spot: float) -> None:
    """Strikes of the chain within ``strike_range`` of spot, those nearest where there are too many."""
    levels = s.levels
    if not is_on(p, _STRIKE):
        return
    strikes = s.fuel.strikes.strike
    low = first_at_or_above(s, spot - p[0].strike_range)
    high = first_at_or_above(s, spot + p[0].strike_range)
    if high == s.chain.strikes or strikes[high] > spot + p[0].strike_range:
        high -= 1
    while high - low >= STRIKE_SLOTS:
        if spot - strikes[low] > strikes[high] - spot:
            low += 1
        else:
            high -= 1
    if low == levels.strike_low and high == levels.strike_high and levels.strikes_waiting == 0:
        return
    levels.strikes_waiting = 0
    for n in range(levels.strike_low, levels.strike_high + 1):
        if n < low or n > high:
            drop_level(s, _FIRST + n % STRIKE_SLOTS)
    for n in range(low, high + 1):
        slot = _FIRST + n % STRIKE_SLOTS
        v = levels.at[slot]
        if v.active != 0 and v.ordinal == n:
            continue
        if v.signal != 0:
            # the slot's last level takes its signal with it first, at the end of this snap
            drop_level(s, slot)
            levels.strikes_waiting = 1
            continue
        put_level(s, slot, _STRIKE, n, strikes[n])
    levels.strike_low = low
    levels.strike_high = high


@kernel
def first_at_or_above(s: State, price: float) -> int:
    """Index of the lowest strike at or above a price; their number where there is none."""
    strikes = s.fuel.strikes.strike
    low, high = 0, s.chain.strikes
    while low < high:
        middle = (low + high) // 2
        if strikes[middle] < price:
            low = middle + 1
        else:
            high = middle
    return int(low)
