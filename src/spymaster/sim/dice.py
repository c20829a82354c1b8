"""The dice of both simulated markets: a 64-bit integer generator and the few draws made from it.

Everything rests on integers, + - x / and square roots, so a seed means the same bytes on every machine.
Source: the SplitMix64 generator (Steele, Lea and Flood, 2014).
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

import numpy as np

from spymaster.market.jit import kernel
from spymaster.physics.maths.elementary import log_

State = Any
"""A market's record; ``rng``, a uint64, is all that is read or written of it here."""

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S11: Final = np.uint64(11)
_2_TO_MINUS_53: Final = 2.0**-53

_LARGEST_ORDER: Final = 200


@kernel
def draw(s: State) -> int:
    """53 random bits."""
    s.rng = s.rng + _STEP
    z = s.rng
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return int(np.int64((z ^ (z >> _S31)) >> _S11))


@kernel
def uniform(s: State) -> float:
    """Uniform in (0, 1]."""
    return (draw(s) + 1) * _2_TO_MINUS_53


@kernel
def below(s: State, n: int) -> int:
    """A whole number from 0 to n - 1; n is far below 2**53, so the bias is not measurable."""
    return draw(s) % n


@kernel
def exponential(s: State) -> float:
    """Exponential with mean 1."""
    return -log_(uniform(s))


@kernel
def heavy_tail(s: State) -> float:
    """Pareto with exponent 1.6 and smallest value 1: u ** (-5/8)."""
    u = uniform(s)
    return 1.0 / (sqrt(u) * sqrt(sqrt(sqrt(u))))


@kernel
def resting_size(s: State) -> int:
    """Contracts of an arriving order: mostly one, seldom large."""
    u = uniform(s)
    if u < 0.60:
        return 1
    if u < 0.93:
        return 1 + int(3.0 * exponential(s))
    return min(_LARGEST_ORDER, 1 + int(6.0 / sqrt(uniform(s))))


@kernel
def aggressor_size(s: State) -> int:
    """Contracts an aggressor wants: median 1 to 2, mean about 4, heavy tail."""
    u = uniform(s)
    if u < 0.42:
        return 1
    if u < 0.80:
        return 1 + int(2.5 * exponential(s))
    return min(_LARGEST_ORDER, int(5.0 * heavy_tail(s)))


@kernel
def lag_ns(s: State) -> int:
    """From the venue's event to the vendor's receipt: about 0.1 ms, seldom more than 1 ms."""
    u = uniform(s)
    if u < 0.80:
        return 82_000 + int(18_000 * exponential(s))
    return 100_000 + int(min(220_000 * heavy_tail(s), 20_000_000.0))


@kernel
def sending_ns(s: State) -> int:
    """From the venue's sending to the vendor's receipt."""
    return 12_600 + below(s, 3_600)
