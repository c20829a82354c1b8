"""Where price is going: velocity, acceleration and jerk by fading-memory polynomials (P4.4).

Recursive exponential least squares of degree two, and of degree three for the jerk alone; the coefficients are those of
the critically damped g-h-k filter and its next of kin.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.state import A_VELOCITY, Array, State

_SD_VELOCITY: Final = 0.86
_SD_ACCELERATION: Final = 0.25
_SD_JERK: Final = 0.18
"""Spreads on a driftless walk of sigma per root second: each x sigma / tau**(0.5, 1.5, 2.5)."""
_ROOT_MINUTE: Final = 7.745966692414834
ARRIVAL_MAX_S: Final = 120.0


@kernel
def tick_points(s: State) -> float:
    """One tick in points."""
    return float(s.book[0].tick_e9 * 1e-9)


@kernel
def mid_points(s: State) -> float:
    """Middle of the last good best bid and ask, in points; the last trade's price without a book; NaN with neither."""
    b = s.book[0]
    if b.has_bbo != 0:
        return float(0.5 * (b.bid + b.ask) * tick_points(s))
    if b.has_last != 0:
        return float(b.last_tick * tick_points(s))
    return float("nan")


@kernel
def microprice(s: State) -> float:
    """Size-weighted middle (q_b P_a + q_a P_b) / (q_a + q_b) in points; the mid or last price where there is none."""
    b = s.book[0]
    total = b.bid_size + b.ask_size
    if b.has_bbo == 0 or total == 0:
        return mid_points(s)
    return float((b.bid_size * b.ask + b.ask_size * b.bid) / total * tick_points(s))


@kernel
def follow_price(s: State, p: Array) -> None:
    """One step of the critically damped g-h-k filter on the microprice: exponential least squares of degree two."""
    m = s.market[0]
    z = microprice(s)
    if math.isnan(z):
        return
    if m.has_motion == 0:
        m.has_motion = 1
        m.position = z
        m.velocity = 0.0
        m.acceleration = 0.0
        m.cubic[0] = z
        for order in range(1, 4):
            m.cubic[order] = 0.0
        return
    dt = p[0].snap_interval_ns * 1e-9
    th = exp_(-dt / p[0].w_velocity_s)
    one = 1.0 - th
    g = 1.0 - th * th * th
    h = 1.5 * (1.0 - th * th) * one
    k = 0.5 * one * one * one
    x = m.position + dt * m.velocity + 0.5 * dt * dt * m.acceleration
    v = m.velocity + dt * m.acceleration
    r = z - x
    m.position = x + g * r
    m.velocity = v + h / dt * r
    m.acceleration = m.acceleration + 2.0 * k / (dt * dt) * r
    m.velocity_smooth += s.share[A_VELOCITY] * (m.velocity - m.velocity_smooth)
    follow_cubic(m.cubic, z, dt, th)


@kernel
def follow_cubic(c: Array, z: float, dt: float, th: float) -> None:
    """One step of degree three: c is (position, velocity, acceleration, jerk) in points and seconds."""
    one = 1.0 - th
    x = c[0] + dt * (c[1] + dt * (0.5 * c[2] + dt * c[3] / 6.0))
    v = c[1] + dt * (c[2] + 0.5 * dt * c[3])
    a = c[2] + dt * c[3]
    r = z - x
    c[0] = x + (1.0 - th * th * th * th) * r
    c[1] = v + one * one * (11.0 + 14.0 * th + 11.0 * th * th) / (6.0 * dt) * r
    c[2] = a + 2.0 * one * one * one * (1.0 + th) / (dt * dt) * r
    c[3] = c[3] + one * one * one * one / (dt * dt * dt) * r


@kernel
def motion_spreads(p: Array, sigma_1m: float) -> tuple[float, float, float]:
    """Spread of velocity, acceleration and jerk that a driftless walk of this volatility would show."""
    tau = p[0].w_velocity_s
    sigma = sigma_1m / _ROOT_MINUTE
    root = math.sqrt(tau)
    return _SD_VELOCITY * sigma / root, _SD_ACCELERATION * sigma / (tau * root), _SD_JERK * sigma / (tau * tau * root)


@kernel
def arrival_s(x: float, velocity: float, acceleration: float) -> float:
    """Seconds until a way of ``x`` > 0 points is made at this motion towards it, at most 120; NaN if it never is.

    The smallest positive root of x - v t - a t^2 / 2 = 0, in the form that does not cancel.
    """
    if x <= 0.0:
        return math.nan
    inside = velocity * velocity + 2.0 * acceleration * x
    if inside < 0.0:
        return math.nan
    root = math.sqrt(inside)
    if velocity + root <= 0.0:
        return math.nan
    return min(2.0 * x / (velocity + root), ARRIVAL_MAX_S)
