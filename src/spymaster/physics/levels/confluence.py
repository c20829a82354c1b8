"""Levels that stand together: how many, how much they weigh, and where their centre is (docs/physics.md 6)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.levels import MAX_PUBLISHED, LevelKind
from spymaster.physics.memory.indices import LEVELS_MOVED, NEAR_CENTRE, NEAR_COUNT, NEAR_PRESSURE, NEAR_STRENGTH
from spymaster.physics.memory.option_records import SLIP_ORDINAL
from spymaster.physics.memory.state import Array, State

_ROUND: Final = int(LevelKind.ROUND)
_CALL_WALL: Final = int(LevelKind.CALL_WALL)
_PUT_WALL: Final = int(LevelKind.PUT_WALL)
_ROUNDING: Final = 1e-6
_STRONG_BIT: Final = 1 << len(LevelKind)
KIND_WEIGHTS: Final = np.array([kind.weight for kind in sorted(LevelKind)])
_SPECIAL_WEIGHTS: Final = np.array([kind.special for kind in sorted(LevelKind)])
"""How much a level of each kind adds to a confluence, 0 to 1, and how much a strong round number does, or a wall that
is none to price because dealers are short there."""


@kernel
def level_weight(p: Array, v: Any) -> float:
    """Weight of one level."""
    is_strong_round = v.kind == _ROUND and v.ordinal % p[0].round_strong_multiple == 0
    is_slip = (v.kind == _CALL_WALL or v.kind == _PUT_WALL) and v.ordinal == SLIP_ORDINAL
    return float(_SPECIAL_WEIGHTS[v.kind] if is_strong_round or is_slip else KIND_WEIGHTS[v.kind])


@kernel
def find_neighbours(s: State, p: Array, published: int) -> None:
    """Confluence of each published level, kept with the level until the levels change.

    Where levels only moved, those far from where they were and are keep theirs. Not so with options, whose walls change
    what they weigh, and with more levels than are published, of whom others are without a level coming or going.
    """
    levels = s.levels
    scratch = s.scratch
    only_moved = levels.changed == LEVELS_MOVED and levels.grouped == published and levels.moves > 0
    only_moved = only_moved and published < MAX_PUBLISHED and s.chain.contracts == 0
    levels.changed = 0
    levels.grouped = published
    for index in range(published):
        v = levels.at[levels.ranking[scratch.by_price[index]]]
        scratch.near_price[index] = v.price
        scratch.near_weight[index] = level_weight(p, v)
        scratch.near_kind[index] = kind_bit(p, v)
    for index in range(published):
        v = levels.at[levels.ranking[scratch.by_price[index]]]
        if only_moved and not is_near_move(s, v.price, p[0].confluence_band):
            continue
        look_around(
            scratch.near_price,
            scratch.near_weight,
            scratch.near_kind,
            published,
            index,
            p[0].confluence_band,
            v.neighbours,
        )


@kernel
def is_near_move(s: State, price: float, band: float) -> bool:
    """Whether a level moved within the band of a price, or into or out of it."""
    levels = s.levels
    near = False
    for k in range(levels.moves):
        near |= abs(levels.moved[k] - price) <= band + _ROUNDING
    return bool(near)


@kernel
def kind_bit(p: Array, v: Any) -> int:
    """A bit for each kind that counts once; strong round numbers are a kind of their own."""
    if v.kind == _ROUND and v.ordinal % p[0].round_strong_multiple == 0:
        return _STRONG_BIT
    return int(1 << v.kind)


@kernel
def look_around(
    prices: Array, weights: Array, kinds: Array, published: int, index: int, band: float, out: Array
) -> None:
    """The other levels within the band of one: their count, pressure and strength, and the centre of them all.

    prices, weights (float64) and kinds (int64, one bit each) by rising price; ``out``: float64[4], the centre as
    distance from the level. Pressure: 1 - prod(1 - weight x (1 - distance / band)) over the others, strength:
    1 - prod(1 - weight) with the level itself, each over distinct kinds, of which the nearest counts: walking outwards
    it comes first. The centre is the weighted mean price. All of it is the same seen upside down, which greedy grouping
    would not be.
    """
    price = prices[index]
    apart = 1.0
    together = 1.0 - weights[index]
    total = weights[index]
    offsets = 0.0
    near = 0
    seen = kinds[index]
    down, up = index - 1, index + 1
    below = price - prices[down] if down >= 0 else math.inf
    above = prices[up] - price if up < published else math.inf
    while True:
        distance = min(below, above)
        if not distance <= band:
            break
        if below <= above:
            other = down
            down -= 1
            below = price - prices[down] if down >= 0 else math.inf
        else:
            other = up
            up += 1
            above = prices[up] - price if up < published else math.inf
        weight = weights[other]
        total += weight
        offsets += weight * (prices[other] - price)
        bit = kinds[other]
        if (near & bit) == 0:
            near |= bit
            apart *= 1.0 - weight * (1.0 - distance / band)
            if (seen & bit) == 0:
                seen |= bit
                together *= 1.0 - weight
    out[NEAR_COUNT] = up - down - 2
    out[NEAR_PRESSURE] = 1.0 - apart
    out[NEAR_STRENGTH] = 1.0 - together
    out[NEAR_CENTRE] = offsets / total


@kernel
def alignment(s: State, p: Array, direction: int) -> int:
    """+1 where the trend of the moving averages backs the level (support in an uptrend), -1 against it, 0 unknown."""
    bars = s.bars
    if math.isnan(bars.sma_200) or math.isnan(bars.sma_400):
        return 0
    gap = bars.sma_200 - bars.sma_400
    if abs(gap) <= p[0].touch_band:
        return 0
    return -direction if gap > 0.0 else direction


@kernel_inlined
def write_neighbours(s: State, p: Array, v: Any, row: Any) -> None:
    """Confluence into a level row."""
    row.confluence_count = v.neighbours[NEAR_COUNT]
    row.confluence_pressure = v.neighbours[NEAR_PRESSURE]
    row.confluence_strength = v.neighbours[NEAR_STRENGTH]
    row.confluence_centre = v.price + v.neighbours[NEAR_CENTRE]
    row.confluence_alignment = alignment(s, p, v.direction)
