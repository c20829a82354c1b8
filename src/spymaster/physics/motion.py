"""Where price is going: velocity and acceleration by fading-memory polynomials, and one-minute volatility (P4)."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.mathx import exp_, smoothing
from spymaster.physics.state import A_VELOCITY, Array, State

_SAMPLE_NS: Final = 5 * NS_PER_S
_PER_MINUTE: Final = 12.0


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


@kernel
def follow_volatility(s: State, p: Array, t_ns: int) -> None:
    """sigma in points per square root of a minute from 5-second mids, exponentially averaged, never under the floor."""
    m = s.market[0]
    mid = mid_points(s)
    if math.isnan(mid):
        m.sigma_1m = p[0].sigma_floor
        return
    if m.last_5s_ns == 0 or t_ns - m.last_5s_ns > 2 * _SAMPLE_NS:
        m.last_5s_ns = t_ns
        m.last_5s_mid = mid
    elif t_ns - m.last_5s_ns >= _SAMPLE_NS:
        move = mid - m.last_5s_mid
        floor = smoothing(5.0, p[0].sigma_tau_s)
        m.variance_weight += 1.0
        share = max(1.0 / m.variance_weight, floor)
        m.variance_5s += share * (move * move - m.variance_5s)
        m.last_5s_ns = t_ns
        m.last_5s_mid = mid
    m.sigma_1m = max(math.sqrt(m.variance_5s * _PER_MINUTE), p[0].sigma_floor)
