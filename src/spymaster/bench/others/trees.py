"""LightGBM's own predict and the walker that serves its trees, in turn on the same rows; and all heads of a model."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.features.attempt_features import ATTEMPT_FEATURES, SCHEMA
from spymaster.models.forest import Forest
from spymaster.models.head_model import (
    DIRECTION,
    HAZARD,
    STRENGTHS,
    TRADEABLE,
    HeadModel,
    pack_head_model,
)
from spymaster.models.heads import BINS, CAUSES
from spymaster.models.lightgbm_text import forest_of_text
from spymaster.models.logistic_head import LogisticHead
from spymaster.models.model_file import Card, unpack_model

Array = NDArray[Any]
Floats = NDArray[np.float64]

ROWS: Final = 60
"""As many levels as are near price on a busy day."""
WIDTH: Final = 160
TREES: Final = 300
LEAVES: Final = 31
HEAD_TREES: Final = 120
HEAD_LEAVES: Final = 15
HAZARD_TREES: Final = 40
"""As ``learn train`` makes them by itself."""
_CALLS: Final = 300
_DEFAULT_CALLS: Final = 40
_LEARNT_ROWS: Final = 3000


class TreeFigures(NamedTuple):
    """Milliseconds of each call on 60 rows: the walker, the library on one thread, the library by itself, and all heads
    of a model. The first three in turn; the default's fewer, for it is slow where something else runs."""

    ours_ms: list[float]
    one_thread_ms: list[float]
    default_ms: list[float]
    heads_ms: list[float]


def tree_figures() -> TreeFigures:
    """Measure. Raises UserError without the extra, ValueError where the walker does not say what the library says."""
    if importlib.util.find_spec("lightgbm") is None:
        remedy = "install the extra: pip install 'spymaster-tui[learn]'"
        raise UserError(
            "lightgbm", "is not installed, and is what trees are measured against", remedy, code=ExitCode.USAGE
        )
    booster = _trained({"objective": "binary"}, WIDTH, TREES, LEAVES)
    forest = forest_of_text(booster.model_to_string(), "LightGBM")
    rows = _random_rows(ROWS, WIDTH, 7)
    if forest.predict(rows).tobytes() != booster.predict(rows).tobytes():
        raise ValueError("the walker and LightGBM say different things of the same rows")
    ours, one, default = [], [], []
    for call in range(_CALLS):
        ours.append(_ms(lambda: forest.predict(rows)))
        one.append(_ms(lambda: booster.predict(rows, num_threads=1)))
        if call % (_CALLS // _DEFAULT_CALLS) == 0:
            default.append(_ms(lambda: booster.predict(rows)))
    model = _heads()
    asked, stage = _random_rows(ROWS, len(ATTEMPT_FEATURES), 8), np.arange(ROWS) % 4
    model.predict(asked, stage)
    return TreeFigures(ours, one, default, [_ms(lambda: model.predict(asked, stage)) for _ in range(_CALLS)])


def _ms(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def _random_rows(count: int, width: int, seed: int) -> Floats:
    dice = np.random.default_rng(seed)
    rows: Floats = dice.normal(size=(count, width))
    rows[dice.random(rows.shape) < 0.1] = np.nan
    return rows


def _trained(objective: Mapping[str, Any], width: int, trees: int, leaves: int) -> Any:
    import lightgbm

    dice = np.random.default_rng(1)
    rows = _random_rows(_LEARNT_ROWS, width, 1)
    said = np.nansum(rows[:, :9], axis=1) + dice.normal(size=len(rows))
    kind = objective["objective"]
    told = (said > 0.0) * 1.0 if kind == "binary" else np.digitize(said, [-1.0, 1.0]) if kind == "multiclass" else said
    settings = {**objective, "num_leaves": leaves, "verbose": -1, "num_threads": 1, "learning_rate": 0.05}
    return lightgbm.train(settings, lightgbm.Dataset(rows, told), trees)


def _forest(objective: Mapping[str, Any], width: int, trees: int) -> Forest:
    return forest_of_text(_trained(objective, width, trees, HEAD_LEAVES).model_to_string(), "LightGBM")


def _heads() -> HeadModel:
    """A model of the usual size whose trees learnt nothing of markets."""
    width = len(ATTEMPT_FEATURES)
    columns = np.arange(2, 8, dtype=np.int32)
    head = LogisticHead(
        near=np.array([0, 1], np.int32),
        columns=columns,
        centre=np.zeros(len(columns)),
        scale=np.ones(len(columns)),
        weights=np.full((2, len(columns) + 3), 0.1),
        shapes=np.full((2, BINS), 0.5),
        strength=np.zeros(3),
    )
    arrays: dict[str, Array] = head.arrays()
    for name in (TRADEABLE, DIRECTION):
        arrays |= _forest({"objective": "binary"}, width + 1, HEAD_TREES).arrays(name)
        arrays[f"{name}/beta"] = np.array([[1.0, 1.0, 0.0]] * 2)
    for name in STRENGTHS:
        arrays |= _forest({"objective": "quantile", "alpha": 0.5}, width + 1, HEAD_TREES).arrays(name)
    arrays |= _forest({"objective": "multiclass", "num_class": CAUSES}, width + 2, HAZARD_TREES).arrays(HAZARD)
    arrays |= {f"{HAZARD}/base": np.zeros((BINS, CAUSES)), "strength/shift": np.zeros((2, 3))}
    card = Card(name="", question="", learnt_on="nothing", made_by="bench", simulated=True, rows=0)
    names = tuple(feature.name for feature in ATTEMPT_FEATURES)
    packed = pack_head_model(arrays, features=names, schema=SCHEMA, data_set="", code_version="", card=card)
    return HeadModel(unpack_model("bench", packed), "bench")
