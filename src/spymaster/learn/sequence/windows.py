"""Rows as short sequences: each family of columns over its look-backs, from the furthest to the nearest."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.dataset.read import DataSet

Singles = NDArray[np.float32]

_WINDOW: Final = re.compile(r"(.+)_(\d+)(s|min)")
_MINUTE_S: Final = 60
_MOST: Final = 4.0
_LEAST_STEPS: Final = 2


class Windows(NamedTuple):
    """``places`` int64[channels, steps]: the column of each channel at each look-back, -1 where there is none;
    ``others`` int64[m]: columns of no family; ``channels``: names; ``steps_s``: look-backs, falling."""

    places: NDArray[np.int64]
    others: NDArray[np.int64]
    channels: tuple[str, ...]
    steps_s: tuple[int, ...]


class Scaling(NamedTuple):
    """Mean and standard deviation of every column, of the rows that are learnt from: float64[k] each."""

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]


def windows(names: tuple[str, ...]) -> Windows:
    """The families among columns: names that differ in ``_30s`` or ``_5min`` alone."""
    families: dict[str, dict[int, int]] = {}
    for place, name in enumerate(names):
        if match := _WINDOW.fullmatch(name):
            seconds = int(match[2]) * (_MINUTE_S if match[3] == "min" else 1)
            families.setdefault(match[1], {})[seconds] = place
    families = {name: told for name, told in families.items() if len(told) >= _LEAST_STEPS}
    steps = sorted({seconds for told in families.values() for seconds in told}, reverse=True)
    places = np.array([[told.get(seconds, -1) for seconds in steps] for told in families.values()], np.int64)
    places = places.reshape(len(families), len(steps))
    others = np.setdiff1d(np.arange(len(names)), places)
    return Windows(places, others.astype(np.int64), tuple(families), tuple(steps))


def sequences(data: DataSet, rows: NDArray[np.int64], found: Windows, scaling: Scaling) -> tuple[Singles, Singles]:
    """float32[n, channels, steps] and the columns of no family, with the stage, float32[n, m + 1].

    In standard deviations, at most four; what is absent is the middle. A look-back that a channel does not have is that
    of the next longer one, as if nothing had changed since.
    """
    away = np.clip((data.design[rows] - scaling.centre) / scaling.scale, -_MOST, _MOST)
    small: Singles = np.nan_to_num(away, nan=0.0).astype(np.float32)
    channels = []
    for places in found.places:
        held: Singles = np.zeros(len(rows), np.float32)
        steps: list[Singles] = []
        for place in places.tolist():
            if place >= 0:
                held = small[:, place]
            steps.append(held)
        channels.append(np.stack(steps, axis=1))
    told = np.stack(channels, axis=1) if channels else np.zeros((len(rows), 0, 0), np.float32)
    stage = data.stage[rows].astype(np.float32)[:, np.newaxis]
    return told, np.concatenate([small[:, found.others], stage], axis=1)
