"""How well simulated rows can be told from real ones: what a model learnt on the former need not hold of the latter."""

from __future__ import annotations

import numpy as np

from spymaster.errors import ExitCode, UserError
from spymaster.learn.calibration import area_under_curve
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.boosting import fit_forest
from spymaster.learn.heads.options import TrainOptions

_TREES = 60


def told_apart(one: DataSet, other: DataSet, options: TrainOptions) -> float:
    """The AUC of telling rows of two sets apart, on days or worlds that were not learnt from. Raises UserError."""
    if one.names != other.names or one.schema != other.schema:
        raise UserError(
            other.id, f"has other features than {one.id}", "build both with one version", code=ExitCode.DATA
        )
    rows = np.concatenate([one.design, other.design])
    kind = np.concatenate([np.zeros(len(one)), np.ones(len(other))])
    # every other day or world of each set, so that no part of one is on both sides
    late = np.concatenate([_every_other(one), _every_other(other)])
    if min(len(np.unique(kind[part])) for part in (late, ~late)) < 2:
        raise UserError(other.id, "has one day or world alone", "give more of them", code=ExitCode.DATA)
    weight = np.where(kind > 0.5, 1.0 / len(other), 1.0 / len(one)) * len(kind) / 2.0
    binary = {"objective": "binary"}
    forest = fit_forest(rows[~late], kind[~late], weight[~late], binary, options, trees=_TREES)
    return area_under_curve(forest.raw(rows[late])[:, 0], kind[late])


def _every_other(data: DataSet) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    block = data.source if data.simulated else data.date
    _, place = np.unique(block, return_inverse=True)
    odd: np.ndarray[tuple[int], np.dtype[np.bool_]] = place % 2 == 1
    return odd
