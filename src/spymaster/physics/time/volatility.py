"""How far price usually goes in a minute (P4.5).

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
    m = s.market[0]
    m.last_5s_ns = 0
    m.mids_held = 0


@kernel
def take_mid(s: State, p: Array, mid: float) -> None:
    """One sample five seconds after the last."""
    m = s.market[0]
    share = smoothing(_SAMPLE_S, p[0].sigma_tau_s)
    move = mid - m.last_5s_mid
    m.variance_weight += 1.0
    m.variance_5s += max(1.0 / m.variance_weight, share) * (move * move - m.variance_5s)
    n = m.mids_held
    if n >= _PER_MINUTE:
        move = mid - m.mids[n % _PER_MINUTE]
        m.minute_weight += 1.0
        m.variance_1m += max(1.0 / m.minute_weight, share) * (move * move - m.variance_1m)
    m.mids[n % _PER_MINUTE] = mid
    m.mids_held = n + 1


@kernel
def follow_volatility(s: State, p: Array, t_ns: int) -> None:
    """sigma in points per square root of a minute, never under the floor."""
    m = s.market[0]
    mid = mid_points(s)
    if math.isnan(mid):
        m.sigma_1m = p[0].sigma_floor
        return
    if m.last_5s_ns == 0 or t_ns - m.last_5s_ns > 2 * _SAMPLE_NS:
        m.last_5s_ns = t_ns
        m.last_5s_mid = mid
        m.mids[0] = mid
        m.mids_held = 1
    elif t_ns - m.last_5s_ns >= _SAMPLE_NS:
        take_mid(s, p, mid)
        m.last_5s_ns = t_ns
        m.last_5s_mid = mid
    variance = m.variance_1m if m.minute_weight >= _ENOUGH else m.variance_5s * _PER_MINUTE
    m.sigma_1m = max(math.sqrt(variance), p[0].sigma_floor)
