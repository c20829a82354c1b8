"""What the tape says about one level at one snap: a score 0-100 and how much it weighs (docs/physics.md 4, 8.1)."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NS_PER_MS
from spymaster.market.rows import Trust
from spymaster.physics.judgement.response import answered
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.indices import (
    LEDGER_TICKS,
    SWEEPS,
    TAPE_BUY,
    TAPE_LARGE_BUY,
    TAPE_LARGE_SELL,
    TAPE_SELL,
    TRUST_TAPE,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.motion import arrival_s, tick_points

_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)


@kernel_inlined
def score_tape(
    s: State, p: Array, t_ns: int, slot: int, effort: float, progress: float, row: Any
) -> tuple[bool, float, float]:
    """Volumes in the band, motion and sweeps into ``row``; returns (present, S_T, weight in [0, 1]).

    effort, progress: what was traded against the zone, and the way that made (``judgement.response``).
    """
    windows = s.windows
    motion = s.motion
    v = s.levels.at[slot]
    band = windows.tape_band
    i = v.tick - s.ledger.base
    buys = sells = 0
    inside = 0 <= i < LEDGER_TICKS
    if inside:
        buys = windows.tape[TAPE_BUY, i]
        sells = windows.tape[TAPE_SELL, i]
    volume = buys + sells
    imbalance = (buys - sells) / (volume + s.scales.typical_best) if volume > 0 else 0.0
    row.buy_volume = buys
    row.sell_volume = sells
    row.large_buys = windows.tape[TAPE_LARGE_BUY, i] if inside else 0
    row.large_sells = windows.tape[TAPE_LARGE_SELL, i] if inside else 0
    row.tape_imbalance = imbalance
    row.arrival_s = arrival_s(row.x * s.market.ratio, v.direction * motion.velocity, v.direction * motion.acceleration)
    toward = v.direction * motion.velocity / p[0].score_velocity_full
    toward = min(max(toward, -1.0), 1.0)
    push = answered(p, v.direction * imbalance, effort, progress)
    score = 50.0 + p[0].score_velocity_gain * toward + p[0].score_imbalance_gain * push
    row.sweep_direction = 0.0
    row.sweep_age_s = math.nan
    if s.scratch.sweeps_held > 0:
        score = pull_to_sweep(s, t_ns, v.tick, v.direction, band, row, score)
    state = s.trust.state[TRUST_TAPE]
    if state == _BLIND or state == _ABSENT:
        return False, 0.0, 0.0
    return True, score, min(1.0, volume / p[0].tape_full_volume)


@kernel
def find_sweeps(s: State, p: Array, t_ns: int) -> None:
    """Note the sweeps of the tape's window, the latest first: once a snap, not once a level."""
    orders = s.orders
    scratch = s.scratch
    scratch.sweeps_held = 0
    for back in range(min(orders.sweeps, SWEEPS)):
        place = (orders.sweeps - 1 - back) % SWEEPS
        w = orders.sweep[place]
        if t_ns - w.t_ns > p[0].w_tape_ns:
            break
        if w.cluster != 0 or w.levels >= p[0].sweep_min_levels:
            scratch.live_sweeps[scratch.sweeps_held] = place
            scratch.sweep_low[scratch.sweeps_held] = w.low
            scratch.sweep_high[scratch.sweeps_held] = w.high
            scratch.sweep_fade[scratch.sweeps_held] = exp_(-((t_ns - w.t_ns) * 1e-9) / p[0].sweep_decay_s)
            scratch.sweeps_held += 1


@kernel
def pull_to_sweep(s: State, t_ns: int, tick: int, direction: int, band: int, row: Any, score: float) -> float:
    """The latest sweep that touched the band pulls the score to 100 (break) or 0 (reject), fading with its age."""
    scratch = s.scratch
    for k in range(scratch.sweeps_held):
        if scratch.sweep_high[k] < tick - band or scratch.sweep_low[k] > tick + band:
            continue
        w = s.orders.sweep[scratch.live_sweeps[k]]
        age = (t_ns - w.t_ns) * 1e-9
        row.sweep_direction = w.side
        row.sweep_volume = w.size
        row.sweep_notional = w.notional_ticks * tick_points(s) * s.instrument.multiplier
        row.sweep_prints = w.prints
        row.sweep_levels = w.levels
        row.sweep_age_s = age
        row.sweep_window_ms = (w.t_ns - w.first_ns) // NS_PER_MS
        target = 100.0 if w.side * direction > 0 else 0.0
        pulled = 50.0 + (target - 50.0) * scratch.sweep_fade[k]
        if abs(pulled - 50.0) > abs(score - 50.0):
            return float(pulled)
        break
    return score
