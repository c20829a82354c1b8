"""What a model has to beat: simple chances of the same rows, learnt from the same rows where they learn at all."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.questions import questions
from spymaster.models.heads import bounded, chance
from spymaster.models.logistic_head import LogisticHead, brownian_chances

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

BROWNIAN: Final = "Brownian"
BASE_RATE: Final = "base rate by kind, side, half hour"
REJECT: Final = "always reject"
SCORE: Final = "rule score / 100"
LOGISTIC: Final = "logistic"
_HALF_HOUR: Final = 30.0
_SHRINK_ROWS: Final = 20.0
"""A cell of few rows says mostly what is wider than it."""


class Chances:
    """Of rows: ``tradeable`` and ``direction`` float64[n], NaN where a baseline says nothing."""

    def __init__(self, tradeable: Floats, direction: Floats) -> None:
        self.tradeable = tradeable
        self.direction = direction

    def of(self, head: str) -> Floats:
        """By the name of a head."""
        found: Floats = getattr(self, head)
        return found


def baselines(data: DataSet, train: Places, test: Places, logistic: LogisticHead | None) -> dict[str, Chances]:
    """By their names, of the rows ``test``. ``logistic``: as it was fitted on ``train``."""
    brownian = brownian_chances(data.distance_signed[test], data.sigma[test], questions(data).barrier[test])
    either = brownian.sum(axis=1)
    nothing = np.full(len(test), np.nan)
    told = {
        BROWNIAN: Chances(bounded(either), bounded(brownian[:, 0] / np.maximum(either, 1e-12))),
        BASE_RATE: base_rates(data, train, test),
        REJECT: Chances(nothing, np.zeros(len(test))),
        SCORE: Chances(nothing, data.score[test] / 100.0),
    }
    if logistic is not None:
        odds = logistic.odds(data.design[test])
        told[LOGISTIC] = Chances(chance(odds[:, 0]), chance(odds[:, 1]))
    return told


def base_rates(data: DataSet, train: Places, test: Places) -> Chances:
    """How often it came by kind, side and half hour, each drawn towards what is wider: kind and side, and all rows."""
    asked = questions(data)
    half_hour = np.floor(np.nan_to_num(data.minutes) / _HALF_HOUR).astype(np.int64)
    wide = data.kind.astype(np.int64) * 4 + data.side + 1
    cells = (wide, wide * 10_000 + half_hour)
    told = []
    for wanted, came in ((asked.known, asked.resolved), (asked.resolved, asked.broke)):
        learnt = train[wanted[train]]
        rate = np.full(len(test), came[learnt].mean() if len(learnt) else 0.5)
        for cell in cells:
            rate = _drawn_in(cell[learnt], came[learnt].astype(np.float64), cell[test], rate)
        told.append(rate)
    return Chances(*told)


def _drawn_in(cell: Places, came: Floats, asked: Places, wider: Floats) -> Floats:
    """The rate of each row's cell, as if so many rows more had come as often as in what is wider."""
    names, place = np.unique(cell, return_inverse=True)
    if not len(names):
        return wider
    count, ones = np.bincount(place, minlength=len(names)), np.bincount(place, came, len(names))
    at = np.minimum(np.searchsorted(names, asked), len(names) - 1)
    known = names[at] == asked
    rows, sums = np.where(known, count[at], 0.0), np.where(known, ones[at], 0.0)
    return (sums + _SHRINK_ROWS * wider) / (rows + _SHRINK_ROWS)
