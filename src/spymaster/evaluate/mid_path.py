"""Where the mid went, read off a simulated recording's truth: which side it came from, and what it reached first.

Nothing here knows the engine. Distances are half ticks of the future, in which mids are whole; a distance *past* a
level is positive beyond it, seen from the side that defends it (0 bid, 1 ask).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.sim.market.latent import BUCKET_NS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HALF_TICKS_PER_POINT: Final = 8
OUTCOME: Final = 2 * HALF_TICKS_PER_POINT
"""An outcome is the mid two points beyond a level or two points in front of it, whichever comes first."""
HORIZON: Final = 240 * NS_PER_S // BUCKET_NS
"""Buckets within which it has to come."""
UNRESOLVED: Final = 0
_SAMPLE: Final = 5 * NS_PER_S // BUCKET_NS
_SAMPLES_A_MINUTE: Final = 12
_FEWEST_MOVES: Final = 36
_ARM_POINTS: Final = 1.0
_ARM_SIGMAS: Final = 0.75


class MidPath:
    """The mid at the end of each bucket of a session.

    ``times``: int64[n], ns, 250 ms apart; ``mids``: int64[n], half ticks; ``sigma``: float64[n], points per root
    minute, of the mids up to each: root mean square of overlapping moves of a minute sampled every five seconds, of
    five seconds until there are three minutes of them, older ones fading with ``tau_s``.
    """

    def __init__(self, touch: NDArray[Any], *, tau_s: float = 600.0, floor: float = 0.05) -> None:
        self.times: Ints = touch["ts_bucket_ns"].astype(np.int64)
        self.mids: Ints = (touch["bid"] + touch["ask"]).astype(np.int64)
        self.sigma = _volatility(self.mids, tau_s, floor)

    def rows(self, times: Ints) -> Ints:
        """The row of each moment: that of the bucket which ends then, or of the last before it."""
        return np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, len(self.times) - 1)

    def past(self, tick: int, side: int | Ints) -> Ints:
        """Half ticks the mid is past a level, as its defenders see it."""
        return (2 * np.asarray(side, np.int64) - 1) * (self.mids - 2 * tick)

    def defenders(self, tick: int) -> Ints:
        """int64[n]: the side that defends a price, 1 (asks) where the mid last came from far enough below.

        Far enough is one point or three quarters of a minute's usual move. Before that, the side it began on.
        """
        above = self.mids - 2 * tick
        arm = np.maximum(_ARM_POINTS, _ARM_SIGMAS * self.sigma) * HALF_TICKS_PER_POINT
        far = np.where(above >= arm, 1, np.where(above <= -arm, -1, 0))
        last = np.maximum.accumulate(np.where(far != 0, np.arange(len(far)), -1))
        off = above[above != 0]
        begins = int(np.sign(off[0])) if len(off) else 1
        came_from: Ints = np.where(last >= 0, far[np.maximum(last, 0)], begins)
        return np.where(came_from > 0, 0, 1).astype(np.int64)

    def first_of(self, tick: int) -> Ints:
        """int64[n]: +1 where the mid is next two points above the price, -1 below, within the horizon; else 0.

        From each bucket's end, that moment not included.
        """
        above = self.mids - 2 * tick
        now = np.arange(len(above))
        up, down = _next(above >= OUTCOME), _next(above <= -OUTCOME)
        first = np.minimum(up, down)
        found: Ints = np.where(first - now > HORIZON, UNRESOLVED, np.where(up < down, 1, -1))
        return found


def _volatility(mids: Ints, tau_s: float, floor: float) -> Floats:
    """Sigma at each bucket's end, points per root minute."""
    samples = mids[::_SAMPLE] / HALF_TICKS_PER_POINT
    alpha = 1.0 - np.exp(-_SAMPLE * BUCKET_NS / NS_PER_S / tau_s)
    of_sample = np.full(len(samples), floor)
    short = minute = 0.0
    for n in range(1, len(samples)):
        short += max(1.0 / n, alpha) * ((samples[n] - samples[n - 1]) ** 2 - short)
        moves = n - _SAMPLES_A_MINUTE + 1
        if moves > 0:
            minute += max(1.0 / moves, alpha) * ((samples[n] - samples[n - _SAMPLES_A_MINUTE]) ** 2 - minute)
        variance = minute if moves >= _FEWEST_MOVES else short * _SAMPLES_A_MINUTE
        of_sample[n] = max(float(np.sqrt(variance)), floor)
    return np.repeat(of_sample, _SAMPLE)[: len(mids)]


def _next(mask: NDArray[np.bool_]) -> Ints:
    """The first row after each at which the mask is true; far beyond the end where there is none."""
    rows = np.where(mask, np.arange(len(mask)), 2 * len(mask) + 2 * HORIZON)
    after = np.append(rows[1:], 2 * len(mask) + 2 * HORIZON)
    return np.minimum.accumulate(after[::-1])[::-1]
