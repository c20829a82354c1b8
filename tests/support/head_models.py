"""Models with several heads, made by hand: trees of one question each, so that every number can be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.models.forest import Forest, Link
from spymaster.models.head_model import FORESTS, HAZARD, STRENGTHS, HeadModel, pack_head_model
from spymaster.models.heads import QUANTILES
from spymaster.models.logistic_head import LogisticHead
from spymaster.models.model_file import Card, unpack_model

Array = NDArray[Any]

CARD = Card(name="trial", question="?", learnt_on="nothing", made_by="hand", simulated=True, rows=0)
FEATURES = ("distance", "sigma_1m", "motion", "queue")
SCHEMA = "four features"


def stumps(
    width: int, told: Sequence[tuple[int, float, float, float]], classes: int = 1, link: Link = Link.LOGISTIC
) -> Forest:
    """Trees of one question: column, threshold, what is said up to it, what beyond; NaN goes left."""
    count = len(told)
    return Forest(
        first_node=np.arange(count + 1, dtype=np.int32),
        first_leaf=np.arange(count + 1, dtype=np.int32) * 2,
        feature=np.array([one[0] for one in told], np.int32),
        threshold=np.array([one[1] for one in told]),
        nan_left=np.ones(count, np.uint8),
        left_from=np.zeros(count, np.uint8),
        left_to=np.ones(count, np.uint8),
        leaf_value=np.array([value for one in told for value in one[2:]]),
        shape=np.array([classes, width, link], np.int32),
    )


def logistic(**changes: Any) -> LogisticHead:
    """One that says Brown's odds and nothing else."""
    told: dict[str, Any] = {
        "near": np.array([0, 1], np.int32),
        "columns": np.array([2], np.int32),
        "centre": np.zeros(1),
        "scale": np.ones(1),
        "weights": np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]),
        "shapes": np.array([np.arange(1, 7) / 6.0] * 2),
        "strength": np.array([-1.0, 0.0, 1.0]),
    }
    return LogisticHead(**(told | changes))


def arrays(*, trees: bool = True) -> dict[str, Array]:
    """Of a model over ``FEATURES``, calibrated by maps that change nothing."""
    width = len(FEATURES) + 1
    told: dict[str, Array] = logistic().arrays()
    told |= {f"{name}/beta": np.array([[1.0, 1.0, 0.0]] * 2) for name in FORESTS[:2]}
    told["strength/shift"] = np.zeros((2, len(QUANTILES)))
    if trees:
        for name in FORESTS[:2]:
            told |= stumps(width, [(3, 0.0, -0.5, 0.5)]).arrays(name)
        for name, value in zip(STRENGTHS, (-1.0, 0.25, 1.0), strict=True):
            told |= stumps(width, [(3, 0.0, value, value + 0.5)], link=Link.IDENTITY).arrays(name)
        hazard = [(3, 0.0, 0.0, 0.0), (3, 0.0, -2.0, -1.0), (width, 2.5, -2.0, -3.0)]
        told |= stumps(width + 1, hazard, 3, Link.SOFTMAX).arrays(HAZARD) | {f"{HAZARD}/base": np.zeros((6, 3))}
    return told


def packed(told: Mapping[str, Array], schema: str = SCHEMA) -> bytes:
    return pack_head_model(told, features=FEATURES, schema=schema, data_set="sim-0", code_version="0", card=CARD)


def model(told: Mapping[str, Array] | None = None) -> HeadModel:
    return HeadModel(unpack_model("here", packed(arrays() if told is None else told)), "here", SCHEMA)
