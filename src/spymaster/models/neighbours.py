"""The attempts of the past that were most like one: exact search over a small index inside a model's file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.models.heads import stage_group

Array = NDArray[Any]
Floats = NDArray[np.float64]

NEAREST: Final = 5
MOST_DEVIATIONS: Final = 4.0
"""Values further from the middle count as so far, so that no single one decides what is alike."""

NEIGHBOUR: Final = np.dtype(
    [
        ("distance", "<f8"), ("date", "<i8"), ("kind", "<i8"), ("price", "<f8"), ("source", "<i8"), ("arm_ns", "<i8"),
        ("side", "<i8"), ("outcome", "<i8"), ("end_s", "<f8"),
    ]
)  # fmt: skip
"""One attempt that was alike. ``distance``: root mean square over the columns compared, in standard deviations; NaN and
-1 throughout where there are fewer. ``date`` yyyymmdd, ``kind`` of the level, its ``price`` in points of the future,
``source``: place in ``Neighbours.sources``, ``arm_ns`` and ``side`` of the attempt; ``outcome``:
``labels.first_passage.Outcome`` of the longest race, ``end_s``: seconds until that."""
_IDENTITY: Final = tuple(name for name in NEIGHBOUR.names or () if name != "distance")
_INDEX: Final = "index"
_SOURCES: Final = f"{_INDEX}/sources"


@dataclass(frozen=True, eq=False)
class Neighbours:
    """N attempts, each as it stood in one stage. Raises ValueError where the arrays do not fit together.

    ``columns`` int32[m]: of a model's row, those that are compared; ``centre``, ``scale`` float64[m]; ``rows``
    float32[N, m]: scaled, 0 where absent; ``group`` uint8[N]: stage group. Then the fields of NEIGHBOUR, [N] each.
    """

    columns: Array
    centre: Array
    scale: Array
    rows: Array
    group: Array
    date: Array
    kind: Array
    price: Array
    source: Array
    arm_ns: Array
    side: Array
    outcome: Array
    end_s: Array
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        told = (self.group, *(getattr(self, name) for name in _IDENTITY))
        wide = {len(self.columns), len(self.centre), len(self.scale), self.rows.shape[-1]}
        if self.rows.ndim != 2 or len(wide) != 1 or any(one.shape != (len(self.rows),) for one in told):
            raise ValueError("an index of attempts that is not all there")
        if not (self.scale > 0.0).all():
            raise ValueError("an index of attempts with a scale that is none")

    def __len__(self) -> int:
        return len(self.rows)

    def nearest(self, rows: Floats, stage: NDArray[np.integer], count: int = NEAREST) -> Array:
        """The attempts most like each row, of its stage group, the nearest first: NEIGHBOUR[n, count]."""
        out = np.full((len(rows), count), -1, NEIGHBOUR)
        out["distance"] = out["price"] = out["end_s"] = np.nan
        asked = scaled(rows[:, self.columns], self.centre, self.scale)
        for found, row, group in zip(out, asked, stage_group(stage), strict=True):
            places = np.flatnonzero(self.group == group)
            away = ((self.rows[places] - row) ** 2).mean(axis=1, dtype=np.float64)
            order = np.argsort(away, kind="stable")[:count]
            chosen = found[: len(order)]
            chosen["distance"] = np.sqrt(away[order])
            for name in _IDENTITY:
                chosen[name] = getattr(self, name)[places[order]]
        return out

    def arrays(self) -> dict[str, Array]:
        """For a model's file."""
        told = {
            f"{_INDEX}/{field.name}": getattr(self, field.name) for field in fields(self) if field.name != "sources"
        }
        names = json.dumps(self.sources, ensure_ascii=False).encode()
        return {**told, _SOURCES: np.frombuffer(names, np.uint8)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array], width: int) -> Neighbours | None:
        """Out of a model's file whose rows have ``width`` columns; None where it has no index. Raises ValueError."""
        if _SOURCES not in arrays:
            return None
        names = [field.name for field in fields(cls) if field.name != "sources"]
        missing = [name for name in names if f"{_INDEX}/{name}" not in arrays]
        if missing:
            raise ValueError(f"the index of attempts lacks {missing[0]}")
        sources: Sequence[str] = json.loads(arrays[_SOURCES].tobytes())
        index = cls(**{name: arrays[f"{_INDEX}/{name}"] for name in names}, sources=tuple(map(str, sources)))
        if len(index.columns) and not 0 <= int(index.columns.min()) <= int(index.columns.max()) < width:
            raise ValueError(f"the index of attempts compares columns beyond {width}")
        return index


def scaled(values: Floats, centre: Floats, scale: Floats) -> NDArray[np.float32]:
    """In standard deviations from the middle, at most four; 0 where absent."""
    away = np.clip((values - centre) / scale, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    return np.nan_to_num(away, nan=0.0).astype(np.float32)
