"""Gamma walls and the flip as prices that stand still: they move once something else has held for a while (P5.8)."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import smoothing
from spymaster.physics.memory.option_state import (
    A_DEVIATION,
    A_FLOW,
    A_STRIKE,
    B_GAMMA,
    B_STRIKE,
    B_WALL,
    CALL_WALL,
    FLIP,
    PUT_WALL,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.exposure import flip_price
from spymaster.physics.options.gamma_walls import walls

_NEAR: Final = 0.0005
"""A flip that has moved by less than this share of the price is the same one, and is followed at once."""


@kernel
def follow_marks(s: State, p: Array, t_ns: int, since_s: float) -> None:
    """Look for walls and the flip, and move those published where another has held for ``wall_hold``."""
    h = s.chain[0]
    n = h.active
    b = s.by_strike
    follow_exposures(s, p, since_s)
    all_of_them = h.strikes
    above, above_sign, below, below_sign = walls(b[B_STRIKE][:all_of_them], b[B_WALL][:all_of_them], h.forward)
    flip = math.nan
    if n > 0:
        flip = flip_price(b[A_STRIKE][:n], b[A_FLOW][:n], b[A_DEVIATION][:n], h.forward, h.half_width)
    hold_ns = p[0].wall_hold_ns
    follow_mark(s, CALL_WALL, above, above_sign, 0.0, t_ns, hold_ns)
    follow_mark(s, PUT_WALL, below, below_sign, 0.0, t_ns, hold_ns)
    follow_mark(s, FLIP, flip, 0.0, _NEAR * h.forward, t_ns, hold_ns)


@kernel
def follow_exposures(s: State, p: Array, since_s: float) -> None:
    """Average every strike's exposure at spot over ``w_wall``. Strikes that nobody holds are valleys between others."""
    h = s.chain[0]
    b = s.by_strike
    share = smoothing(since_s, p[0].w_wall_ns * 1e-9) if since_s > 0.0 else 1.0
    k = 0
    for i in range(h.strikes):
        now = 0.0
        if k < h.active and b[A_STRIKE, k] == b[B_STRIKE, i]:
            now = p[0].dealer_share * b[A_FLOW, k] * b[B_GAMMA, i]
            k += 1
        b[B_WALL, i] += share * (now - b[B_WALL, i])


@kernel
def follow_mark(s: State, which: int, price: float, sign: float, tolerance: float, t_ns: int, hold_ns: int) -> None:
    """One observation of a wall or of the flip (NaN: there is none). Within ``tolerance`` it is the same as before."""
    h = s.chain[0]
    if is_same(price, h.mark[which], tolerance) and sign == h.mark_sign[which]:
        h.mark[which] = price
        h.rival_ns[which] = 0
        return
    if h.rival_ns[which] == 0 or sign != h.rival_sign[which] or not is_same(price, h.rival[which], tolerance):
        h.rival_sign[which] = sign
        h.rival_ns[which] = t_ns
    h.rival[which] = price
    if t_ns - h.rival_ns[which] >= hold_ns:
        h.mark[which] = price
        h.mark_sign[which] = sign
        h.mark_ns[which] = t_ns
        h.rival_ns[which] = 0


@kernel
def is_same(a: float, b: float, tolerance: float) -> bool:
    """Whether two prices, or two absences of one, are the same."""
    return bool(abs(a - b) <= tolerance or (a != a and b != b))
