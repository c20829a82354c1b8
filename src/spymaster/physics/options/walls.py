"""Gamma walls and the flip as prices that stand still: they move once something else has held for a while.

Formulas: docs/physics.md 5.8.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import smoothing
from spymaster.physics.memory.option_records import CALL_WALL, FLIP, PUT_WALL
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.exposure import flip_price
from spymaster.physics.options.gamma_walls import walls

_NEAR: Final = 0.0005
"""A flip that has moved by less than this share of the price is the same one, and is followed at once."""


@kernel
def update_marks(s: State, p: Array, t_ns: int, since_s: float) -> None:
    """Look for walls and the flip, and move those published where another has held for ``wall_hold``."""
    fuel = s.fuel
    strikes = s.fuel.strikes
    held = s.fuel.held
    n = fuel.active
    update_exposures(s, p, since_s)
    all_of_them = s.chain.strikes
    above, above_sign, below, below_sign = walls(strikes.strike[:all_of_them], strikes.wall[:all_of_them], fuel.forward)
    flip = math.nan
    if n > 0:
        flip = flip_price(held.strike[:n], held.flow[:n], held.deviation[:n], fuel.forward, fuel.half_width)
    hold_ns = p[0].wall_hold_ns
    update_mark(s, CALL_WALL, above, above_sign, 0.0, t_ns, hold_ns)
    update_mark(s, PUT_WALL, below, below_sign, 0.0, t_ns, hold_ns)
    update_mark(s, FLIP, flip, 0.0, _NEAR * fuel.forward, t_ns, hold_ns)


@kernel
def update_exposures(s: State, p: Array, since_s: float) -> None:
    """Average every strike's exposure at spot over ``w_wall``. Strikes that nobody holds are valleys between others."""
    held = s.fuel.held
    strikes = s.fuel.strikes
    alpha = smoothing(since_s, p[0].w_wall_ns * 1e-9) if since_s > 0.0 else 1.0
    k = 0
    for i in range(s.chain.strikes):
        now = 0.0
        if k < s.fuel.active and held.strike[k] == strikes.strike[i]:
            now = p[0].dealer_share * held.flow[k] * strikes.gamma[i]
            k += 1
        strikes.wall[i] += alpha * (now - strikes.wall[i])


@kernel
def update_mark(s: State, which: int, price: float, sign: float, tolerance: float, t_ns: int, hold_ns: int) -> None:
    """One observation of a wall or of the flip (NaN: there is none). Within ``tolerance`` it is the same as before."""
    walls = s.walls
    if is_same(price, walls.mark[which], tolerance) and sign == walls.mark_sign[which]:
        walls.mark[which] = price
        walls.rival_ns[which] = 0
        return
    if (
        walls.rival_ns[which] == 0
        or sign != walls.rival_sign[which]
        or not is_same(price, walls.rival[which], tolerance)
    ):
        walls.rival_sign[which] = sign
        walls.rival_ns[which] = t_ns
    walls.rival[which] = price
    if t_ns - walls.rival_ns[which] >= hold_ns:
        walls.mark[which] = price
        walls.mark_sign[which] = sign
        walls.mark_ns[which] = t_ns
        walls.rival_ns[which] = 0


@kernel
def is_same(a: float, b: float, tolerance: float) -> bool:
    """Whether two prices, or two absences of one, are the same."""
    return bool(abs(a - b) <= tolerance or (a != a and b != b))
