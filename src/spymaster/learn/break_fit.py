"""The fit of P(break), and its file (docs/p-break.md 3)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_rows import BreakRows
from spymaster.learn.logistic import fit_logistic
from spymaster.models.break_model import INPUT_NAMES, chance, pack_break_model
from spymaster.models.model_file import Card

Floats = NDArray[np.float64]

FOLDS: Final = 5
RIDGE_ROWS: Final = 500.0
"""Each coefficient is held to what is believed beforehand, the Brownian odds as they are and nothing else, as if by so
many rows: rows two seconds apart say nearly the same, so these are some ten tests of a level."""
DECIMALS: Final = 6
"""Digits of a coefficient that are kept: sums of floats end differently on other machines, these do not."""
LEAST_ROWS: Final = 1000
QUESTION: Final = "+2 points of the future beyond the level before -2, given that one of them comes within 240 s"
_PRIOR: Final = np.array([float(name == "brownian") for name in INPUT_NAMES])


def fit_break(rows: BreakRows) -> Floats:
    """Coefficients of the rows that were resolved, float64[k]. Raises ValueError for too few."""
    known = rows.resolved
    if int(known.sum()) < LEAST_ROWS:
        raise ValueError(f"{int(known.sum())} resolved rows are too few to fit: {LEAST_ROWS} are needed")
    return _fit(rows)


def _fit(rows: BreakRows) -> Floats:
    known = rows.resolved
    broke = (rows.outcome[known] == Outcome.BREAK).astype(np.float64)
    ridge = np.full(len(INPUT_NAMES), RIDGE_ROWS)
    return np.round(fit_logistic(rows.design[known], broke, ridge, _PRIOR), DECIMALS)


def out_of_fold(rows: BreakRows) -> Floats:
    """Chances by models that never saw the row's world: float64[n], NaN where there are not two worlds.

    Worlds go to folds by turns.
    """
    worlds = np.unique(rows.world)
    chances = np.full(len(rows), np.nan)
    folds = min(FOLDS, len(worlds))
    for fold in range(folds if folds > 1 else 0):
        held = np.isin(rows.world, worlds[fold::folds])
        chances[held] = chance(rows.design[held] @ _fit(rows.select(~held)))
    return chances


def break_file(coefficients: Floats, *, data_set: str, card: Card) -> bytes:
    """The bytes of the model's file."""
    return pack_break_model(coefficients, data_set=data_set, code_version=version("spymaster-tui"), card=card)
