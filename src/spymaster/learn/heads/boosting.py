"""Trees fitted by LightGBM, so that the same rows give the same bytes; the one module that imports it."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.learn.heads.options import SEED, THREADS, TrainOptions
from spymaster.models.forest import Forest
from spymaster.models.lightgbm_text import forest_of_text

Floats = NDArray[np.float64]

_SETTINGS: Final[Mapping[str, Any]] = {
    "deterministic": True, "force_row_wise": True, "num_threads": THREADS, "seed": SEED, "verbose": -1,
    "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0, "max_bin": 63,
    "feature_pre_filter": False,
}  # fmt: skip


def need_lightgbm() -> None:
    """Raises UserError where it is not installed."""
    if importlib.util.find_spec("lightgbm") is None:
        remedy = "install the extra (LightGBM, 4 MB, with SciPy): pip install 'spymaster-tui[learn]'"
        raise UserError("lightgbm", "is not installed, and trains the trees", remedy, code=ExitCode.USAGE)


def fit_forest(
    rows: Floats,
    told: Floats,
    weight: Floats,
    objective: Mapping[str, Any],
    options: TrainOptions,
    *,
    trees: int,
    odds: Floats | None = None,
) -> Forest:
    """Trees for rows float64[n, k] and what came, float64[n]. ``objective``: LightGBM's words for the question;
    ``odds`` float64[n], or [n, classes]: log odds that they are to correct, which are not part of what they say."""
    need_lightgbm()
    import lightgbm

    settings = {
        **_SETTINGS,
        **objective,
        "num_leaves": options.leaves,
        "learning_rate": options.rate,
        "min_data_in_leaf": options.least_rows,
        "boost_from_average": odds is None,
    }
    names = [f"c{k}" for k in range(rows.shape[1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = lightgbm.Dataset(rows, told, weight=weight, init_score=odds, feature_name=names, params=dict(_SETTINGS))
        booster = lightgbm.train(settings, data, trees)
    return forest_of_text(booster.model_to_string(), "LightGBM", names)
