"""A cheap sequence model: fixed convolutions, the share of each that is above a threshold, and a ridge.

After Dempster, Schmidt and Webb, MiniRocket: a very fast (almost) deterministic transform, 2021; with shorter kernels,
for there are few steps. Needs numpy alone.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

LENGTH: Final = 6
DILATIONS: Final = (1, 2)
QUANTILES: Final = (0.25, 0.5, 0.75)
RIDGES: Final = (10.0, 100.0, 1000.0, 10_000.0)
"""In rows' worth; which of them, the calibration fold says."""


def kernels() -> Singles:
    """All kernels with two weights of 2 and four of -1, which add up to 0: float32[15, 6]."""
    found = np.full((0, LENGTH), -1.0, np.float32)
    for pair in combinations(range(LENGTH), 2):
        one = np.full((1, LENGTH), -1.0, np.float32)
        one[0, list(pair)] = 2.0
        found = np.concatenate([found, one])
    return found


class Convolutions:
    """The transform, with thresholds from the rows that are learnt from, and the ridge on top of it."""

    def __init__(self, told: Singles, static: Singles, came: Floats) -> None:
        self._thresholds = [np.quantile(one, QUANTILES, axis=(0, 2)) for one in _convolved(told)]
        columns = self._columns(told, static)
        self._centre, scale = columns.mean(axis=0), columns.std(axis=0)
        self._scale = np.where(scale > 1e-6, scale, 1.0)
        scaled = (columns - self._centre) / self._scale
        self._mean = float(came.mean())
        self._gram, self._moment = scaled.T @ scaled, scaled.T @ (came - self._mean)
        self.weights = np.zeros(scaled.shape[1])

    def choose(self, told: Singles, static: Singles, came: Floats) -> None:
        """The ridge with the least error on rows it did not learn from."""
        columns = (self._columns(told, static) - self._centre) / self._scale
        tried = []
        for ridge in RIDGES:
            weights: Floats = np.linalg.solve(self._gram + ridge * np.eye(len(self._gram)), self._moment)
            tried.append((float(((columns @ weights + self._mean - came) ** 2).mean()), weights))
        self.weights = min(tried, key=lambda one: one[0])[1]

    def chances(self, told: Singles, static: Singles) -> Floats:
        """Not calibrated yet, and held between 0 and 1: float64[n]."""
        columns = (self._columns(told, static) - self._centre) / self._scale
        held: Floats = np.clip(columns @ self.weights + self._mean, 0.001, 0.999)
        return held

    def _columns(self, told: Singles, static: Singles) -> Floats:
        shares = [static.astype(np.float64)]
        for convolved, thresholds in zip(_convolved(told), self._thresholds, strict=True):
            shares += [(convolved > one[np.newaxis, :, np.newaxis]).mean(axis=2) for one in thresholds]
        return np.concatenate(shares, axis=1)


def _convolved(told: Singles) -> list[Singles]:
    """Every channel by every kernel, for each channel and dilation: float32[n, 15, steps]."""
    steps = told.shape[2]
    found = []
    for dilation in DILATIONS:
        reach = dilation * (LENGTH - 1)
        padded = np.pad(told, ((0, 0), (0, 0), (reach // 2, reach - reach // 2)))
        taps = np.stack([padded[:, :, k * dilation : k * dilation + steps] for k in range(LENGTH)], axis=2)
        found += [np.einsum("kl,nlt->nkt", kernels(), taps[:, channel]) for channel in range(told.shape[1])]
    return found
