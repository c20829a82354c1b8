"""The chance that a walk without drift leaves between two barriers by the upper one (docs/p-break.md 1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_LOG_ODDS: Final = 8.0
"""Log odds beyond it say no more: a chance of .9997."""
_LEAST_SPREAD: Final = 0.1
_SWITCH: Final = 1.0
_IMAGES: Final = 2
_WAVES: Final = 5
_BEHIND: Final = 4.0 * np.arange(_IMAGES)[:, np.newaxis]
_ORDER: Final = np.arange(1, _WAVES + 1)[:, np.newaxis]
_DYING: Final = -((_ORDER * np.pi) ** 2) / 8.0
_PHASE: Final = _ORDER * (np.pi / 2.0)
_HEIGHT: Final = 2.0 / (_ORDER * np.pi)
_TINY: Final = float(np.finfo(np.float64).tiny)
_ROOT_TWO: Final = np.sqrt(2.0)
_ERFC: Final = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
)  # fmt: skip
"""Chebyshev fit of erfc (Press et al., Numerical Recipes, 6.2): a fractional error below 1.2e-7 everywhere."""


def erfc_positive(z: Floats) -> Floats:
    """The complementary error function of numbers that are not negative."""
    t = 1.0 / (1.0 + 0.5 * z)
    power = np.full_like(t, _ERFC[-1])
    for coefficient in _ERFC[-2::-1]:
        power *= t
        power += coefficient
    value: Floats = t * np.exp(power - z * z)
    return value


def passages(u: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Chances (upper barrier first, lower barrier first) within a time, float64[n] each.

    ``u``: where the walk is, -1 at the lower barrier and 1 at the upper. ``spread``: the standard deviation it would
    have after that time without barriers, in units of half the way between them; below 0.1 it counts as 0.1.
    """
    spread = np.maximum(spread, _LEAST_SPREAD)
    short = spread < _SWITCH
    if not short.any():
        return _by_waves(u, spread)
    if short.all():
        return _by_images(u, spread)
    up, down = np.empty_like(u), np.empty_like(u)
    up[short], down[short] = _by_images(u[short], spread[short])
    up[~short], down[~short] = _by_waves(u[~short], spread[~short])
    return up, down


def log_odds(u: Floats, spread: Floats) -> Floats:
    """Log odds of the upper barrier, given that either is reached within the time; at most 8 either way."""
    up, down = passages(u, spread)
    odds = np.log(np.maximum(up, _TINY) / np.maximum(down, _TINY))
    bounded: Floats = np.minimum(np.maximum(odds, -MOST_LOG_ODDS), MOST_LOG_ODDS)
    return bounded


def _by_images(u: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Sums over mirror images of the barriers: they converge where little time has passed."""
    above, below = 1.0 - u, 1.0 + u
    # the first image of one barrier lies as far behind the other as that one is away, and so on by fours
    ways = np.stack([above, 4.0 - above, below, 4.0 - below])[:, np.newaxis] + _BEHIND
    up, up_less, down, down_less = erfc_positive(ways * (1.0 / (spread * _ROOT_TWO))).sum(axis=1)
    return up - up_less, down - down_less


def _by_waves(u: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The chance after any time, less what is still to come: sine waves that die out as time passes."""
    waves = np.exp(spread * spread * _DYING) * np.sin(_PHASE * (1.0 + u)) * _HEIGHT
    odd, even = waves[::2].sum(axis=0), waves[1::2].sum(axis=0)
    return (1.0 + u) / 2.0 - (odd - even), (1.0 - u) / 2.0 - (odd + even)
