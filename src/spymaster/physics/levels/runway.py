"""How far price can run once a level has given way, or held: the next obstacle beyond it (docs/physics.md 6)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.levels import LevelKind, kind_bits
from spymaster.market.rows import BarrierState, Signal
from spymaster.physics.levels.confluence import level_weight
from spymaster.physics.memory.option_records import SLIP_ORDINAL
from spymaster.physics.memory.state import Array, State

_WALL: Final = int(BarrierState.WALL)
_CALL_WALL: Final = int(LevelKind.CALL_WALL)
_PUT_WALL: Final = int(LevelKind.PUT_WALL)
_ABSORPTION: Final = int(BarrierState.ABSORPTION)
_BREAK: Final = int(Signal.BREAK)
_REJECT: Final = int(Signal.REJECT)
_NOTABLE: Final = 0.4
"""A level of at least this weight between a level and the obstacle makes the way to it obstructed."""

_OBSTACLE: Final = 2
_LESSER: Final = 1
"""What a level is on the way of price."""

_STRONG_KINDS: Final = kind_bits(kind for kind in LevelKind if kind.strong)


@kernel
def is_strong(kind: int, ordinal: int) -> bool:
    """Whether a level is an obstacle by its kind, whatever rests there. A wall is one where dealers are long gamma."""
    if (kind == _CALL_WALL or kind == _PUT_WALL) and ordinal == SLIP_ORDINAL:
        return False
    return bool((_STRONG_KINDS >> kind) & 1)


@kernel
def order_by_price(s: State, published: int, spot: float) -> None:
    """``s.by_price``: indices of the rows by rising price. Nearest first is already sorted on either side of spot."""
    levels = s.levels
    scratch = s.scratch
    standing = levels.standing
    below = 0
    for j in range(published):
        if standing[levels.ranking[j]] < spot:
            below += 1
    down = below - 1
    up = below
    for j in range(published):
        if standing[levels.ranking[j]] < spot:
            scratch.by_price[down] = j
            down -= 1
        else:
            scratch.by_price[up] = j
            up += 1


@kernel
def points_to(v: Any, row: Any) -> int:
    """Which way a level's signal points, or its score while there is none: +1 up, -1 down."""
    if v.signal == _BREAK or (v.signal != _REJECT and not row.score < 50.0):
        return int(v.direction)
    return int(-v.direction)


@kernel
def write_runways(s: State, p: Array, rows: Any, published: int) -> None:
    """Runway of every published level into its row: one walk up for those that point down, one down for the others."""
    levels = s.levels
    scratch = s.scratch
    for index in range(published):
        j = scratch.by_price[index]
        v = levels.at[levels.ranking[j]]
        scratch.way_price[index] = v.price
        scratch.way_direction[index] = points_to(v, rows[j])
        scratch.way_obstacle[index] = stands_in_way(p, v, rows[j].barrier_state)
    for direction in (1, -1):
        obstacle = waiting = -1
        notable = waiting_notable = False
        price = math.nan
        for step in range(published):
            index = published - 1 - step if direction > 0 else step
            if price != scratch.way_price[index]:
                # levels at one price are no obstacles to each other: those passed become one with the next price
                if waiting >= 0:
                    obstacle = waiting
                    notable = False
                elif waiting_notable:
                    notable = True
                price = scratch.way_price[index]
                waiting = -1
                waiting_notable = False
            j = scratch.by_price[index]
            if scratch.way_direction[index] == direction:
                write_runway(rows[j], price, direction, rows, obstacle, notable)
            if scratch.way_obstacle[index] == _OBSTACLE:
                waiting = j
            elif scratch.way_obstacle[index] == _LESSER:
                waiting_notable = True


@kernel
def stands_in_way(p: Array, v: Any, state: float) -> int:
    """What a level is to price on its way: an obstacle by its kind or by what rests there, a lesser one, or nothing."""
    if state == _WALL or state == _ABSORPTION or is_strong(v.kind, v.ordinal):
        return _OBSTACLE
    return _LESSER if level_weight(p, v) >= _NOTABLE else 0


@kernel
def write_runway(row: Any, price: float, direction: int, rows: Any, obstacle: int, notable: bool) -> None:
    """The way from the level at a price to the obstacle found beyond it (-1: none)."""
    row.runway_direction = direction
    row.runway_obstructed = 1.0 if notable else 0.0
    if obstacle < 0:
        row.runway_distance = math.nan
        row.runway_kind = math.nan
        row.runway_user_index = math.nan
        row.runway_price = math.nan
        return
    other = rows[obstacle]
    row.runway_distance = abs(other.price - price)
    row.runway_kind = other.kind
    row.runway_user_index = other.user_index
    row.runway_price = other.price
