"""How far price usually goes in a minute (docs/physics.md 4).

Mids are taken every five seconds; each makes one overlapping move of a minute, and the squared moves are averaged with
the time constant ``sigma_tau``. Until there are a few minutes of them, moves of five seconds stand in, scaled by the
root of time. No factor for the time of day: that would need days of history.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import smoothing
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import mid_points

_SAMPLE_NS: Final = 5 * NS_PER_S
_SAMPLE_S: Final = 5.0
_PER_MINUTE: Final = 12
_ENOUGH: Final = 36.0
"""Minute moves before they are believed: three minutes of them."""


@kernel
def forget_mids(s: State) -> None:
    """What price did over a hole in the data or a closed market is no move of a minute."""
    volatility = s.volatility
    volatility.last_5s_ns = 0
    volatility.mids_held = 0


@kernel
def update_mids(s: State, p: Array, mid: float) -> None:
    """One sample five seconds after the last."""
    volatility = s.volatility
    alpha = smoothing(_SAMPLE_S, p[0].sigma_tau_s)
    move = mid - volatility.last_5s_mid
    volatility.variance_weight += 1.0
    volatility.variance_5s += max(1.0 / volatility.variance_weight, alpha) * (move * move - volatility.variance_5s)
    n = volatility.mids_held
    if n >= _PER_MINUTE:
        move = mid - volatility.mids[n % _PER_MINUTE]
        volatility.minute_weight += 1.0
        volatility.variance_1m += max(1.0 / volatility.minute_weight, alpha) * (move * move - volatility.variance_1m)
    volatility.mids[n % _PER_MINUTE] = mid
    volatility.mids_held = n + 1


@kernel
def update_volatility(s: State, p: Array, t_ns: int) -> None:
    """sigma in points per square root of a minute, never under the floor."""
    volatility = s.volatility
    mid = mid_points(s)
    if math.isnan(mid):
        volatility.sigma_1m = p[0].sigma_floor
        return
    if volatility.last_5s_ns == 0 or t_ns - volatility.last_5s_ns > 2 * _SAMPLE_NS:
        volatility.last_5s_ns = t_ns
        volatility.last_5s_mid = mid
        volatility.mids[0] = mid
        volatility.mids_held = 1
    elif t_ns - volatility.last_5s_ns >= _SAMPLE_NS:
        update_mids(s, p, mid)
        volatility.last_5s_ns = t_ns
        volatility.last_5s_mid = mid
    variance = volatility.variance_1m if volatility.minute_weight >= _ENOUGH else volatility.variance_5s * _PER_MINUTE
    volatility.sigma_1m = max(math.sqrt(variance), p[0].sigma_floor)
