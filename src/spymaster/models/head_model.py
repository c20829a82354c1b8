"""A model with several heads: its file, and what it says of levels (docs/models.md)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.attempt_features import SCHEMA
from spymaster.models.errors import ModelError
from spymaster.models.forest import Forest, softmax
from spymaster.models.heads import (
    BINS,
    CAUSES,
    QUANTILES,
    STAGE_GROUPS,
    Said,
    calibrated,
    chance,
    predictions,
    shapes,
    stage_group,
)
from spymaster.models.logistic_head import LogisticHead
from spymaster.models.model_file import Card, ModelFile, pack_model, read_model
from spymaster.models.neighbours import NEAREST, NEIGHBOUR, Neighbours
from spymaster.models.prediction import PREDICTION

Array = NDArray[Any]
Floats = NDArray[np.float64]

KIND: Final = "heads"
TRADEABLE, DIRECTION, HAZARD = "tradeable", "direction", "hazard"
STRENGTHS: Final = ("strength_p10", "strength_p50", "strength_p90")
FORESTS: Final = (TRADEABLE, DIRECTION, *STRENGTHS, HAZARD)
_TOGETHER: Final = 4096
"""Rows whose bins are told at once: six times as many are held in memory meanwhile."""
_REMEDY: Final = "make it again with 'spymaster-tui learn train'"


class HeadModel:
    """What it says of a level at a moment, and which attempts were like it.

    ``card``: what it rests on; ``data_set``: the id of what it learnt from; ``features``: the names of a row's columns,
    in their order; ``has_trees``: False where there were too few attempts, and the logistic speaks alone; ``index``:
    attempts of the past, None without.
    """

    def __init__(self, file: ModelFile, place: Path | str, schema: str = SCHEMA) -> None:
        header = file.header
        if header.kind != KIND:
            raise ModelError(place, f"is a model of {header.kind}, not of {KIND}", _REMEDY)
        if header.schema != schema:
            raise ModelError(place, "was made for other features than this program computes", _REMEDY)
        self.card: Card = header.card
        self.data_set = header.data_set
        self.features = header.features
        self.schema = header.schema
        self._place = place
        try:
            self.has_trees = f"{HAZARD}/shape" in file.arrays
            self._forests = self._read_forests(file.arrays) if self.has_trees else {}
            self._logistic = LogisticHead.of_arrays(file.arrays, len(self.features))
            self._maps = {name: _floats(file.arrays, f"{name}/beta", (STAGE_GROUPS, 3)) for name in FORESTS[:2]}
            self._hazard = _floats(file.arrays, f"{HAZARD}/base", (BINS, CAUSES)) if self.has_trees else np.zeros(0)
            self._shift = _floats(file.arrays, "strength/shift", (STAGE_GROUPS, len(QUANTILES)))
            self.index = Neighbours.of_arrays(file.arrays, len(self.features))
        except (ValueError, IndexError) as error:
            raise ModelError(place, f"cannot be understood ({error})", _REMEDY) from None

    @classmethod
    def load(cls, path: Path, schema: str = SCHEMA) -> HeadModel:
        """The model in a file; ``schema``: the hash of the features it will be given, by default those of this program.

        Raises ModelError for a file that is none, is damaged, or was made for other features.
        """
        return cls(read_model(path), path, schema)

    def predict(self, rows: Floats, stage: NDArray[np.integer]) -> NDArray[np.void]:
        """What comes of levels at a moment: PREDICTION[n]; NaN throughout where nothing is known of a level.

        ``rows`` float64[n, k] by ``features``, NaN where one is absent; ``stage`` int[n]: ``Stage``. Raises ModelError
        for rows of another width.
        """
        rows = np.ascontiguousarray(rows, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.features):
            raise ModelError(self._place, f"is asked with {rows.shape[-1]} features of {len(self.features)}", _REMEDY)
        out = predictions(self.calibrated(self.uncalibrated(rows, stage), stage))
        out[np.isnan(rows).all(axis=1)] = _NOTHING
        return out

    def calibrated(self, said: Said, stage: NDArray[np.integer]) -> Said:
        """What the heads said, by the maps of each row's stage group."""
        group = stage_group(stage)
        return said._replace(
            tradeable=calibrated(said.tradeable, self._maps[TRADEABLE], group),
            direction=calibrated(said.direction, self._maps[DIRECTION], group),
            strength=said.strength + self._shift[group],
        )

    def uncalibrated(self, rows: Floats, stage: NDArray[np.integer]) -> Said:
        """The same before any calibration map, for whoever makes or measures one."""
        odds = self._logistic.odds(rows)
        if not self.has_trees:
            told = (np.tile(one, (len(rows), 1)) for one in (self._logistic.strength, *self._logistic.shapes))
            return Said(chance(odds[:, 0]), chance(odds[:, 1]), *told)
        staged = with_stage(rows, stage)
        hazards = [self._hazards(staged[at : at + _TOGETHER]) for at in range(0, len(staged), _TOGETHER)]
        return Said(
            chance(odds[:, 0] + self._forests[TRADEABLE].raw(staged)[:, 0]),
            chance(odds[:, 1] + self._forests[DIRECTION].raw(staged)[:, 0]),
            np.concatenate([self._forests[name].predict(staged) for name in STRENGTHS], axis=1),
            *shapes(np.concatenate([np.zeros((0, BINS, CAUSES)), *hazards])),
        )

    def neighbours(self, rows: Floats, stage: NDArray[np.integer], count: int = NEAREST) -> Array:
        """The attempts most like each row: NEIGHBOUR[n, count]; none where the model has no index."""
        if self.index is None:
            return np.zeros((len(rows), 0), NEIGHBOUR)
        return self.index.nearest(np.asarray(rows, np.float64), stage, count)

    def _hazards(self, staged: Floats) -> Floats:
        """Chances of each cause in each bin, of a race that reached it: float64[n, 6, 3]."""
        sums = self._forests[HAZARD].raw(by_bin(staged)) + np.tile(self._hazard, (len(staged), 1))
        return softmax(sums).reshape(len(staged), BINS, CAUSES)

    def _read_forests(self, arrays: Mapping[str, Array]) -> dict[str, Forest]:
        forests = {name: Forest.of_arrays(name, arrays) for name in FORESTS}
        width = len(self.features) + 1
        for name, forest in forests.items():
            asked = (width + 1, CAUSES) if name == HAZARD else (width, 1)
            if (forest.width, forest.classes) != asked:
                raise ValueError(f"the trees of {name} are for other rows")
        return forests


_NOTHING: Final = np.array(
    tuple(np.full(PREDICTION[name].shape, np.nan) for name in PREDICTION.names or ()), PREDICTION
)


def with_stage(rows: Floats, stage: NDArray[np.integer]) -> Floats:
    """Rows as the trees take them, the stage as their last column: float64[n, k + 1]."""
    return np.concatenate([rows, np.asarray(stage, np.float64)[:, np.newaxis]], axis=1)


def by_bin(staged: Floats) -> Floats:
    """Each row once for each bin between two horizons, its number as the last column: float64[6 n, k + 2]."""
    bins = np.tile(np.arange(BINS, dtype=np.float64), len(staged))[:, np.newaxis]
    return np.concatenate([np.repeat(staged, BINS, axis=0), bins], axis=1)


def pack_head_model(
    arrays: Mapping[str, Array], *, features: tuple[str, ...], schema: str, data_set: str, code_version: str, card: Card
) -> bytes:
    """The bytes of its file; the same model gives the same bytes."""
    return pack_model(
        KIND, arrays, features=features, schema=schema, data_set=data_set, code_version=code_version, card=card
    )


def _floats(arrays: Mapping[str, Array], name: str, size: tuple[int, ...]) -> Floats:
    found = arrays.get(name)
    if found is None or found.shape != size or not np.isfinite(found).all():
        raise ValueError(f"{name} is not {' x '.join(map(str, size))} numbers")
    return found.astype(np.float64)
