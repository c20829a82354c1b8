"""What a model says of the levels of a snap, beside what the engine published and never part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ModelChances:
    """``p_break`` float64[n]: one for each level of the snap, in their order: the chance that price is first ``points``
    (of the future) beyond the level rather than as far back, given that one of them comes within ``horizon_s``; NaN
    where price is that far away already.

    ``simulated``: the model has seen simulated markets alone, and that is said beside it. ``model``: id of its data.
    """

    p_break: NDArray[np.float64]
    horizon_s: float
    points: float
    simulated: bool
    model: str
