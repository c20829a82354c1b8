"""Exponentially forgetting quantiles of non-negative integers, in histograms with logarithmic bins.

Forgetting is done by letting new samples weigh more (weight grows by exp(dt / tau)) and scaling everything down now and
then, so a sample costs one addition.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel

_LINEAR: Final = 32
_PER_OCTAVE: Final = 8
_OCTAVES: Final = 16
_BINS: Final = _LINEAR + _PER_OCTAVE * _OCTAVES


def _bin_centres() -> NDArray[np.float64]:
    centres = [float(v) for v in range(_LINEAR)]
    for octave in range(_OCTAVES):
        low = _LINEAR * 2**octave
        step = low / _PER_OCTAVE
        centres += [low + (i + 0.5) * step - 0.5 for i in range(_PER_OCTAVE)]
    return np.array(centres)


_CENTRES: Final = _bin_centres()
_WIDTHS: Final = np.concatenate(
    [np.zeros(_LINEAR), np.repeat(_LINEAR / _PER_OCTAVE * 2.0 ** np.arange(_OCTAVES), _PER_OCTAVE)]
)
"""How far apart the values of a bin may lie; nothing for bins of one value."""


@kernel
def quantile_bin(value: int) -> int:
    """The bin of a non-negative integer: exact below 32, eight bins an octave above (within 6 %)."""
    if value < _LINEAR:
        return max(value, 0)
    low = _LINEAR
    octave = 0
    while octave < _OCTAVES - 1 and value >= 2 * low:
        low *= 2
        octave += 1
    inside = min((value - low) * _PER_OCTAVE // low, _PER_OCTAVE - 1)
    return _LINEAR + octave * _PER_OCTAVE + inside


@kernel
def quantile_centre(k: int) -> float:
    """The middle of a bin."""
    return float(_CENTRES[k])


@kernel
def weight_of(histogram: NDArray[Any]) -> float:
    """All weight in a histogram (float64[160])."""
    total = 0.0
    for k in range(_BINS):
        total += histogram[k]
    return total


@kernel
def quantile_of(histogram: NDArray[Any], share: float) -> float:
    """The value below which ``share`` of the weight in a histogram (float64[160]) lies; 0 when empty.

    In a bin that holds several values weight is taken to lie evenly: else a scale would jump by a bin, a tenth of it.
    """
    wanted = share * weight_of(histogram)
    running = 0.0
    for k in range(_BINS):
        running += histogram[k]
        if running >= wanted and running > 0.0:
            over = (running - wanted) / histogram[k] if histogram[k] > 0.0 else 0.5
            return float(_CENTRES[k] + _WIDTHS[k] * (0.5 - over))
    return 0.0


@kernel
def median_of(histogram: NDArray[Any]) -> float:
    """Weighted median of the samples in a histogram (float64[160]); 0 when empty."""
    return quantile_of(histogram, 0.5)
