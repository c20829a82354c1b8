"""Where price is going: velocity, acceleration and jerk by fading-memory polynomials (docs/physics.md 4).

Recursive exponential least squares of degree two, and of degree three for the jerk alone; the coefficients are those of
the critically damped g-h-k filter and its next of kin.
"""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.indices import MIDS
from spymaster.physics.memory.state import Array, State

_SD_VELOCITY: Final = 0.86
_SD_ACCELERATION: Final = 0.25
_SD_JERK: Final = 0.18
"""Spreads on a driftless dispatch_records of sigma per root second: each x sigma / tau**(0.5, 1.5, 2.5)."""
_ROOT_MINUTE: Final = 7.745966692414834
ARRIVAL_MAX_S: Final = 120.0


@kernel
def tick_points(s: State) -> float:
    """One tick in points."""
    return float(s.instrument.tick_e9 * 1e-9)


@kernel
def mid_points(s: State) -> float:
    """Middle of the last good best bid and ask, in points; the last trade's price without a book; NaN with neither."""
    book = s.book
    if book.has_bbo != 0:
        return float(0.5 * (book.bid + book.ask) * tick_points(s))
    if book.has_last != 0:
        return float(book.last_tick * tick_points(s))
    return float("nan")


@kernel
def microprice(s: State) -> float:
    """Size-weighted middle (q_b P_a + q_a P_b) / (q_a + q_b) in points; the mid or last price where there is none."""
    book = s.book
    total = book.bid_size + book.ask_size
    if book.has_bbo == 0 or total == 0:
        return mid_points(s)
    return float((book.bid_size * book.ask + book.ask_size * book.bid) / total * tick_points(s))


@kernel
def remember_mid(s: State) -> None:
    """The mid of this snap beside those of the snaps before; without one the way made is not known any further back."""
    motion = s.motion
    mid = mid_points(s)
    if math.isnan(mid):
        motion.mids_held = 0
        return
    motion.newest_mid = (motion.newest_mid + 1) % MIDS
    motion.mids[motion.newest_mid] = mid
    motion.mids_held = min(motion.mids_held + 1, MIDS)


@kernel
def progress_points(s: State, snaps: int) -> float:
    """How far the mid moved over the last ``snaps`` snaps, or as many as there are, in points; + is up."""
    motion = s.motion
    if motion.mids_held == 0:
        return 0.0
    back = min(snaps, motion.mids_held - 1)
    return float(motion.mids[motion.newest_mid] - motion.mids[(motion.newest_mid - back) % MIDS])


@kernel
def update_price(s: State, p: Array) -> None:
    """One step of the critically damped g-h-k filter on the microprice: exponential least squares of degree two."""
    motion = s.motion
    z = microprice(s)
    if math.isnan(z):
        return
    if motion.has_motion == 0:
        motion.has_motion = 1
        motion.position = z
        motion.velocity = 0.0
        motion.acceleration = 0.0
        motion.cubic[0] = z
        for order in range(1, 4):
            motion.cubic[order] = 0.0
        return
    dt = p[0].snap_interval_ns * 1e-9
    th = exp_(-dt / p[0].w_velocity_s)
    one = 1.0 - th
    g = 1.0 - th * th * th
    h = 1.5 * (1.0 - th * th) * one
    k = 0.5 * one * one * one
    x = motion.position + dt * motion.velocity + 0.5 * dt * dt * motion.acceleration
    v = motion.velocity + dt * motion.acceleration
    r = z - x
    motion.position = x + g * r
    motion.velocity = v + h / dt * r
    motion.acceleration = motion.acceleration + 2.0 * k / (dt * dt) * r
    motion.velocity_smooth += s.alpha.velocity * (motion.velocity - motion.velocity_smooth)
    update_cubic(motion.cubic, z, dt, th)


@kernel
def update_cubic(c: Array, z: float, dt: float, th: float) -> None:
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
    """Spread of velocity, acceleration and jerk that a driftless dispatch_records of this volatility would show."""
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
