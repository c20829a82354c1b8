"""The attempts that a model remembers, to say which were like the one in view."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.fitting import Arrays, scales
from spymaster.learn.heads.options import TrainOptions
from spymaster.learn.heads.questions import questions
from spymaster.learn.heads.splits import in_order
from spymaster.models.head_model import FORESTS, HAZARD
from spymaster.models.heads import stage_group
from spymaster.models.neighbours import Neighbours, scaled
from spymaster.models.prediction import Stage

Places = NDArray[np.int64]

_USUAL: Final = ("distance_sigma", "velocity_z", "approach_velocity", "prior_touches", "tape_imbalance", "wall_ratio")
"""What is compared where there are no trees to say which columns matter."""


def index_of(data: DataSet, places: Places, arrays: Arrays, options: TrainOptions) -> Neighbours:
    """The latest attempts among these rows, each at arm and at contact where it was asked there.

    They are compared in the columns that the model's trees ask for most often.
    """
    asked = questions(data)
    stage = data.stage[places]
    wanted = places[asked.known[places] & ((stage == Stage.ARM) | (stage == Stage.CONTACT))]
    wanted = wanted[_latest(data, wanted, options.neighbours)]
    columns = _asked_most(data, arrays, options.compared)
    values = data.design[wanted][:, columns]
    centre, scale = scales(values)
    names, source = np.unique(data.source[wanted], return_inverse=True)
    return Neighbours(
        columns=columns,
        centre=centre,
        scale=scale,
        rows=scaled(values, centre, scale),
        group=stage_group(data.stage[wanted]).astype(np.uint8),
        date=data.date[wanted].astype(np.int32),
        kind=data.kind[wanted].astype(np.int32),
        price=data.level[wanted],
        source=source.astype(np.int32),
        arm_ns=data.arm_ns[wanted],
        side=data.side[wanted].astype(np.int32),
        outcome=asked.outcome[wanted].astype(np.int32),
        end_s=asked.end_s[wanted].astype(np.float32),
        sources=tuple(data.sources[one] for one in names.tolist()),
    )


def _latest(data: DataSet, places: Places, most: int) -> NDArray[np.bool_]:
    """Rows of so many attempts at most, those of the last sessions."""
    rank = np.zeros(int(data.source.max(initial=0)) + 1, np.int64)
    if data.simulated:
        rank[in_order(data)] = np.arange(len(in_order(data)))
    order = np.lexsort((data.arm_ns[places], rank[data.source[places]], data.date[places]))
    attempts = data.attempt[places][order][::-1]
    _, first = np.unique(attempts, return_index=True)
    kept = attempts[np.sort(first)[:most]]
    return np.isin(data.attempt[places], kept)


def _asked_most(data: DataSet, arrays: Arrays, most: int) -> NDArray[np.int32]:
    """Columns by how many nodes of the trees ask for them."""
    width = len(data.names)
    count = np.zeros(width + 2, np.int64)
    for name in FORESTS:
        if name != HAZARD and f"{name}/feature" in arrays:
            count += np.bincount(arrays[f"{name}/feature"], minlength=width + 2)[: width + 2]
    if not count[:width].any():
        count[[data.names.index(name) for name in _USUAL if name in data.names]] = 1
    chosen = np.argsort(-count[:width], kind="stable")[:most]
    return np.sort(chosen[count[chosen] > 0]).astype(np.int32)
