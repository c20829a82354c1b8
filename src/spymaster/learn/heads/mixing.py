"""The predecessor's mix of trees and neighbours, as a row to compare with; it is not what is served."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.labels.first_passage import Outcome
from spymaster.models.heads import bounded
from spymaster.models.neighbours import Neighbours

Floats = NDArray[np.float64]

NEIGHBOURS: Final = 20
_ALIKE: Final = 0.6
_APART: Final = 0.4


def mixed(trees: Floats, index: Neighbours, rows: Floats, stage: NDArray[np.integer]) -> Floats:
    """Chances of a break given that either comes, float64[n]: its weight falls with likeness and grows with entropy.

    ``trees``: their chances; rows without a resolved neighbour keep them.
    """
    found = index.nearest(rows, stage, NEIGHBOURS)
    resolved = (found["outcome"] == Outcome.BREAK) | (found["outcome"] == Outcome.BOUNCE)
    near = np.where(resolved, 1.0 / (np.nan_to_num(found["distance"], nan=np.inf) + 1e-6), 0.0)
    total = near.sum(axis=1)
    alike = np.where(resolved, 1.0 / (1.0 + np.nan_to_num(found["distance"], nan=np.inf)), 0.0)
    similarity = alike.sum(axis=1) / np.maximum(resolved.sum(axis=1), 1)
    broke = (near * (found["outcome"] == Outcome.BREAK)).sum(axis=1) / np.maximum(total, 1e-12)
    share = bounded(broke)
    entropy = -(share * np.log(share) + (1.0 - share) * np.log1p(-share))
    weight = np.clip(0.7 - 0.4 * similarity + 0.4 * entropy, 0.2, 0.8)
    chances = weight * trees + (1.0 - weight) * broke
    apart = np.abs(trees - broke)
    penalty = np.where((similarity >= _ALIKE) & (apart >= _APART), np.minimum(0.5, 0.5 * apart), 0.0)
    chances = 0.5 + (chances - 0.5) * (1.0 - penalty)
    told: Floats = np.where(total > 0.0, chances, trees)
    return told
