"""Has the kernels of features and trees in memory before anything waits for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market.rows import LEVEL_ROW, SNAP


def _snaps() -> NDArray[Any]:
    snaps = np.zeros(1, SNAP)
    snaps["t_ns"], snaps["levels"], snaps["microprice"], snaps["sigma_1m"] = 10**9, 1, 1.0, 1.0
    return snaps


@dataclass(frozen=True, slots=True)
class _OneSnap:
    """A level at one snap."""

    snaps: NDArray[Any] = field(default_factory=_snaps)
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.zeros((1, 1, len(LEVEL_ROW.names or ()))))


def load_kernels() -> None:
    """Follow a snap and ask a tree: compiles what is not kept yet."""
    from spymaster.features.follower import FeatureFollower
    from spymaster.models.forest import Forest, Link

    follower = FeatureFollower(0.25)
    follower.on_block(_OneSnap())
    follower.standings()
    follower.rows(np.zeros(1, np.int64))
    follower.restore(follower.snapshot())
    follower.forget()
    ends, one = np.array([0, 1], np.int32), np.zeros(1, np.uint8)
    tree = Forest(
        first_node=ends,
        first_leaf=ends * 2,
        feature=np.zeros(1, np.int32),
        threshold=np.zeros(1),
        nan_left=one,
        left_from=one,
        left_to=one + 1,
        leaf_value=np.zeros(2),
        shape=np.array([1, 1, Link.IDENTITY], np.int32),
    )
    tree.predict(np.zeros((1, 1)))
