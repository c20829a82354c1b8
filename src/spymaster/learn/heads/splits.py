"""Which rows are learnt from, calibrated on and tested on: never two of them by one attempt, one day or one world."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.learn.dataset.read import DataSet

Places = NDArray[np.int64]

LEAST_GROUPS: Final = 8
"""Trade dates, or worlds, that a split needs."""
_CALIBRATION_SHARE: Final = 4
_LAST_SHARE: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Places of rows, each part later than the one before it: int64 arrays."""

    train: Places
    calibrate: Places
    test: Places


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """``walk``: folds of the walk forward, each learning from all before it; ``final``: what the model that is kept
    learns from, is calibrated on, and the last quarter, which is opened once."""

    walk: tuple[Split, ...]
    final: Split


def plan(data: DataSet, folds: int) -> Plan:
    """The splits of a set. Raises UserError where it has too few trade dates, or worlds."""
    groups = in_order(data)
    what = "worlds" if data.simulated else "trade dates"
    if len(groups) < LEAST_GROUPS:
        problem = f"has {len(groups)} {what}, and a split needs {LEAST_GROUPS}"
        raise UserError(data.id, problem, "build a larger data set", code=ExitCode.DATA)
    late = -(-len(groups) // _LAST_SHARE)
    early = groups[:-late]
    walk = []
    # the later half of what is not the last quarter is tested block by block
    blocks = np.array_split(np.arange(len(early) // 2, len(early)), min(folds, len(early) - len(early) // 2))
    for block in blocks:
        walk.append(_split(data, early[: block[0]], early[block[0] : block[-1] + 1]))
    return Plan(tuple(walk), _split(data, early, groups[-late:]))


def in_order(data: DataSet) -> list[int]:
    """Trade dates in time, or the sources of simulated worlds shuffled by their names: nobody chose which is last."""
    if not data.simulated:
        return [int(date) for date in np.unique(data.date)]
    present = [int(source) for source in np.unique(data.source)]
    return sorted(present, key=lambda one: hashlib.sha256(data.sources[one].encode()).digest())


def check_split(data: DataSet, split: Split) -> None:
    """Raises ValueError where two parts share an attempt, a day or a world, or where an earlier one looks into a later.

    Of worlds none is later than another: they are markets of their own.
    """
    parts = {"train": split.train, "calibrate": split.calibrate, "test": split.test}
    shared = {"an attempt": data.attempt, "a world" if data.simulated else "a trade date": _group(data)}
    pairs = list(combinations(parts.items(), 2))
    for what, numbers in shared.items():
        for (one, early), (other, late) in pairs:
            if np.intersect1d(numbers[early], numbers[late]).size:
                raise ValueError(f"{one} and {other} share {what}")
    for (one, early), (other, late) in pairs:
        if not data.simulated and early.size and late.size and data.ends_ns[early].max() >= _begins(data, late):
            raise ValueError(f"labels of {one} look into {other}")


def _split(data: DataSet, before: list[int], test: list[int]) -> Split:
    """The last of ``before`` calibrate; between days that touch one is left out."""
    embargo = 0 if data.simulated else 1
    count = max(1, len(before) // _CALIBRATION_SHARE)
    calibrate = before[len(before) - embargo - count : len(before) - embargo]
    train = before[: max(len(before) - 2 * embargo - count, 1)]
    group = _group(data)
    split = Split(*(np.flatnonzero(np.isin(group, part)) for part in (train, calibrate, test)))
    return _purged(data, split)


def _purged(data: DataSet, split: Split) -> Split:
    """Without rows whose labels reach into a later part."""
    if data.simulated:
        return split
    calibrate = _before(data, split.calibrate, _begins(data, split.test))
    train = _before(data, split.train, min(_begins(data, calibrate), _begins(data, split.test)))
    return replace(split, train=train, calibrate=calibrate)


def _before(data: DataSet, places: Places, begin_ns: int) -> Places:
    return places[data.ends_ns[places] < begin_ns]


def _begins(data: DataSet, places: Places) -> int:
    """When the first attempt of these rows began."""
    return int(np.minimum(data.arm_ns[places], data.t_ns[places]).min()) if places.size else int(data.ends_ns.max()) + 1


def _group(data: DataSet) -> Places:
    return data.source if data.simulated else data.date
