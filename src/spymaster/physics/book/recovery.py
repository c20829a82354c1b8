"""How fast a zone fills up again after a shock: resiliency (docs/physics.md 3).

A shock is the loss of half the zone's depth within a second. For half a minute afterwards the missing part is fitted,
1 - D / Dbar = rho exp(-t / tau), by exponentially weighted least squares on its logarithm; published is ln 2 tau.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import LN2, log_
from spymaster.physics.memory.indices import FIT_SUMS, FIT_T, FIT_TT, FIT_TY, FIT_WEIGHT, FIT_Y, RECENT_DEPTHS
from spymaster.physics.memory.state import Array

_SPAN_NS: Final = 30 * NS_PER_S
_CENSORED_S: Final = 30.0
_REMEMBER_NS: Final = 60 * NS_PER_S
_FORGET: Final = 0.98
_LEAST: Final = 0.02
_FEW: Final = 4


@kernel
def forget_recovery(v: Any, reach: int) -> None:
    """Depths of another part of the zone say nothing about this one."""
    v.reach = reach
    v.depths_held = 0
    v.shock_ns = 0


@kernel
def update_recovery(p: Array, v: Any, depth: int, usual: float, reach: int, t_ns: int) -> None:
    """One snap: depth of the zone's visible part (``reach`` ticks of it) and what is usual there, in contracts."""
    if v.reach != reach:
        forget_recovery(v, reach)
    back = min(int(NS_PER_S // p[0].snap_interval_ns), RECENT_DEPTHS)
    n = v.depths_held
    before = v.depths[(n - back) % RECENT_DEPTHS] if n >= back else 0
    v.depths[n % RECENT_DEPTHS] = depth
    v.depths_held = n + 1
    if v.shock_ns == 0:
        if n >= back and before >= p[0].theta_min_contracts and before >= 0.5 * usual and 2 * depth <= before:
            begin_fit(v, max(usual, float(before)), t_ns)
        return
    fit_recovery(v, depth, t_ns)


@kernel
def begin_fit(v: Any, usual: float, t_ns: int) -> None:
    """A shock happened."""
    v.shock_ns = t_ns
    v.shock_usual = usual
    for k in range(FIT_SUMS):
        v.fit[k] = 0.0


@kernel
def fit_recovery(v: Any, depth: int, t_ns: int) -> None:
    """One more point of the recovery; ends it when the depth is back or the time is over."""
    t = (t_ns - v.shock_ns) * 1e-9
    missing = 1.0 - depth / v.shock_usual
    y = log_(min(max(missing, _LEAST), 1.0))
    f = v.fit
    for k in range(FIT_SUMS):
        f[k] *= _FORGET
    f[FIT_WEIGHT] += 1.0
    f[FIT_T] += t
    f[FIT_Y] += y
    f[FIT_TT] += t * t
    f[FIT_TY] += t * y
    spread = f[FIT_WEIGHT] * f[FIT_TT] - f[FIT_T] * f[FIT_T]
    half_life = _CENSORED_S
    if spread > 0.0:
        slope = (f[FIT_WEIGHT] * f[FIT_TY] - f[FIT_T] * f[FIT_Y]) / spread
        if slope < 0.0:
            half_life = min(-LN2 / slope, _CENSORED_S)
    recovered = missing <= _LEAST
    if f[FIT_WEIGHT] >= _FEW - 1 or recovered:
        v.half_life = min(half_life, t) if recovered else half_life
        v.half_life_ns = t_ns
    if recovered or t_ns - v.shock_ns >= _SPAN_NS:
        v.shock_ns = 0


@kernel
def recovery_half_life(v: Any, t_ns: int) -> float:
    """Half-life in seconds of the last recovery, 30 standing for 30 or more; NaN without one in the last minute."""
    if v.half_life_ns == 0 or t_ns - v.half_life_ns > _REMEMBER_NS:
        return math.nan
    return float(v.half_life)
