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
    below = 0
    for j in range(published):
        if levels.at[levels.ranking[j]].price < spot:
            below += 1
    down = below - 1
    up = below
    for j in range(published):
        if levels.at[levels.ranking[j]].price < spot:
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
    for direction in (1, -1):
        obstacle = waiting = -1
        notable = waiting_notable = False
        price = math.nan
        for step in range(published):
            index = published - 1 - step if direction > 0 else step
            j = s.scratch.by_price[index]
            v = levels.at[levels.ranking[j]]
            row = rows[j]
            if price != v.price:
                # levels at one price are no obstacles to each other: those passed become one with the next price
                if waiting >= 0:
                    obstacle = waiting
                    notable = False
                elif waiting_notable:
                    notable = True
                price = v.price
                waiting = -1
                waiting_notable = False
            if points_to(v, row) == direction:
                write_runway(row, v, direction, rows, obstacle, notable)
            state = row.barrier_state
            if is_strong(v.kind, v.ordinal) or state == _WALL or state == _ABSORPTION:
                waiting = j
            elif level_weight(p, v) >= _NOTABLE:
                waiting_notable = True


@kernel
def write_runway(row: Any, v: Any, direction: int, rows: Any, obstacle: int, notable: bool) -> None:
    """The way from one level to the obstacle found beyond it (-1: none)."""
    row.runway_direction = direction
    row.runway_obstructed = 1.0 if notable else 0.0
    if obstacle < 0:
        row.runway_distance = math.nan
        row.runway_kind = math.nan
        row.runway_user_index = math.nan
        row.runway_price = math.nan
        return
    other = rows[obstacle]
    row.runway_distance = abs(other.price - v.price)
    row.runway_kind = other.kind
    row.runway_user_index = other.user_index
    row.runway_price = other.price
