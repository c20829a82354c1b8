"""Folds for cheap models: whole days of whole sources, so that no attempt and no hour is on both sides."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.logistic import fit_logistic
from spymaster.models.break_model import chance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS: Final = 5
_RIDGE_ROWS: Final = 20.0


def by_block(date: Ints, source: Ints) -> Ints:
    """The number of each row's day and source, by the order in which they come: int64[n]."""
    _, first, place = np.unique(np.stack([date, source]), axis=1, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[place.reshape(-1)]


def out_of_fold(design: Floats, came: Floats, block: Ints) -> Floats:
    """Chances by logistic models that saw no row of the row's block: float64[n]. ``design``: the first column is 1;
    ``came``: 0 or 1. Blocks go to folds by turns."""
    ridge = np.full(design.shape[1], _RIDGE_ROWS)
    ridge[0] = 1e-3
    told = np.full(len(came), np.nan)
    for fold in range(FOLDS):
        held = block % FOLDS == fold
        if held.any():
            told[held] = chance(design[held] @ fit_logistic(design[~held], came[~held], ridge, np.zeros(len(ridge))))
    return told
