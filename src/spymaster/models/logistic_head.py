"""What distance, volatility and a few motions say of a level: what trees correct, and all there is where they are not.

The chances of a walk without drift have most of what can be known (docs/p-break.md 1), and trees would need thousands
of attempts to find them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.ledger.rules import LEAST_POINTS, LEAST_SIGMA, MOST_POINTS
from spymaster.models.brownian import MOST_LOG_ODDS, passages

Array = NDArray[Any]
Floats = NDArray[np.float64]

BROWNIAN: Final = ("brownian_tradeable", "brownian_direction")
"""The first columns of its design: log odds that either comes by the longest horizon, and of a break if so."""
NEAR: Final = ("distance", "sigma_1m")
"""The features these are made of."""
_ROOT_MINUTES: Final = float(np.sqrt(HORIZONS_S[-1] / 60.0))
_INSIDE: Final = 0.999
"""Price at a barrier or beyond it counts as so near to it, in barriers."""
_TINY: Final = float(np.finfo(np.float64).tiny)
_NAME: Final = "logistic"


@dataclass(frozen=True, eq=False)
class LogisticHead:
    """Two logistics over the same columns. Raises ValueError where the arrays do not fit together.

    ``near`` int32[2]: columns of ``NEAR`` in a row; ``columns`` int32[m]: others; ``centre``, ``scale`` float64[m]:
    how these are scaled; ``weights`` float64[2, m + 3]: of tradeable and direction, for ``BROWNIAN``, the columns and a
    constant. ``shapes`` float64[2, 6] and ``strength`` float64[3]: curves and quantiles of all rows together, for where
    there are no trees.
    """

    near: Array
    columns: Array
    centre: Array
    scale: Array
    weights: Array
    shapes: Array
    strength: Array

    def __post_init__(self) -> None:
        m = len(self.columns)
        sizes = {"near": (2,), "centre": (m,), "scale": (m,), "weights": (2, m + 3), "shapes": (2, len(HORIZONS_S))}
        for name, size in {**sizes, "columns": (m,), "strength": (3,)}.items():
            one = getattr(self, name)
            if one.shape != size or not np.isfinite(one).all():
                raise ValueError(f"{_NAME}/{name} is not {' x '.join(map(str, size))} numbers")
        if (self.scale <= 0.0).any():
            raise ValueError("a logistic with a scale that is none")

    def odds(self, rows: Floats) -> Floats:
        """Log odds of tradeable and of direction: float64[n, 2]. A row says the same in any company."""
        columns = design(rows, self.near, self.columns, self.centre, self.scale)
        return np.stack([(columns * weights).sum(axis=1) for weights in self.weights], axis=1)

    def arrays(self) -> dict[str, Array]:
        """For a model's file."""
        return {f"{_NAME}/{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array], width: int) -> LogisticHead:
        """Out of a model's file whose rows have ``width`` columns. Raises ValueError."""
        missing = [field.name for field in fields(cls) if f"{_NAME}/{field.name}" not in arrays]
        if missing:
            raise ValueError(f"{_NAME} lacks {missing[0]}")
        head = cls(**{field.name: arrays[f"{_NAME}/{field.name}"] for field in fields(cls)})
        asked = np.concatenate([head.near, head.columns])
        if not 0 <= int(asked.min()) <= int(asked.max()) < width:
            raise ValueError(f"{_NAME} asks for columns beyond {width}")
        return head


def design(rows: Floats, near: Array, columns: Array, centre: Array, scale: Array) -> Floats:
    """The columns that the weights belong to: float64[n, m + 3]. What is absent counts as the middle."""
    out = np.ones((len(rows), len(columns) + 3))
    out[:, :2] = brownian_odds(rows[:, near[0]], rows[:, near[1]])
    out[:, 2:-1] = np.clip((rows[:, columns] - centre) / scale, -4.0, 4.0)
    np.copyto(out, 0.0, where=np.isnan(out))
    return out


def brownian_odds(distance: Floats, sigma_1m: Floats) -> Floats:
    """By ``BROWNIAN``, float64[n, 2]: of price so many points beyond a level, volatility in points per root minute."""
    chances = brownian_chances(distance, sigma_1m)
    up, down = np.maximum(chances, _TINY).T
    neither = np.maximum(1.0 - up - down, _TINY)
    odds = np.stack([np.log((up + down) / neither), np.log(up / down)], axis=1)
    bounded: Floats = np.clip(odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)
    return bounded


def brownian_chances(distance: Floats, sigma_1m: Floats, barrier: Floats | None = None) -> Floats:
    """Of a break and of a bounce by the longest horizon, float64[n, 2]. ``barrier``: the distance asked, points; that
    of the longest race if absent, but for its rounding to ticks."""
    sigma = np.maximum(sigma_1m, LEAST_SIGMA)
    wide = np.clip(sigma * _ROOT_MINUTES, LEAST_POINTS, MOST_POINTS) if barrier is None else barrier
    u = np.clip(distance / wide, -_INSIDE, _INSIDE)
    chances: Floats = np.clip(np.stack(passages(u, sigma * _ROOT_MINUTES / wide), axis=1), 0.0, 1.0)
    return chances
