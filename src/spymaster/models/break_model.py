"""P(break): Brownian log odds from distance and volatility, corrected by a small logistic (docs/p-break.md)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.break_features import (
    BARRIER_POINTS,
    BREAK_FEATURES,
    HORIZON_S,
    SCHEMA,
    BreakInputs,
    break_inputs,
)
from spymaster.features.price_memory import PriceMemory
from spymaster.models.brownian import log_odds
from spymaster.models.errors import ModelError
from spymaster.models.model_file import Card, ModelFile, pack_model, read_model

Floats = NDArray[np.float64]

KIND: Final = "p_break"
SHIPPED: Final = Path(__file__).with_name("p_break.model")
INPUT_NAMES: Final = ("constant", "brownian", *(feature.name for feature in BREAK_FEATURES))
"""What the coefficients belong to."""
_SPREAD: Final = np.sqrt(HORIZON_S / 60.0) / BARRIER_POINTS
_COEFFICIENTS: Final = "coefficients"


def baseline_log_odds(inputs: BreakInputs) -> Floats:
    """What distance and volatility alone say: float64[m]."""
    return log_odds(inputs.distance * (1.0 / BARRIER_POINTS), inputs.sigma_1m * _SPREAD)


def design(inputs: BreakInputs) -> Floats:
    """The columns of ``INPUT_NAMES``: float64[m, k]."""
    columns = np.empty((len(inputs.places), len(INPUT_NAMES)))
    columns[:, 0] = 1.0
    columns[:, 1] = baseline_log_odds(inputs)
    columns[:, 2:] = inputs.features
    return columns


def chance(odds: Floats) -> Floats:
    """Log odds as a share of one."""
    share: Floats = 1.0 / (1.0 + np.exp(-odds))
    return share


class BreakModel:
    """The chance of +2 points beyond a level before -2, given that one of them comes within 240 s.

    ``card`` says what it rests on, ``data_set`` names it, ``horizon_s`` and ``points`` are those numbers. Raises
    ModelError for a file of another kind of model, or of features that are computed differently here.
    """

    def __init__(self, file: ModelFile, place: Path | str) -> None:
        header = file.header
        remedy = "make it again with 'spymaster-tui learn pbreak'"
        if header.kind != KIND:
            raise ModelError(place, f"is a model of {header.kind}, not of {KIND}", remedy)
        if header.schema != SCHEMA or header.features != INPUT_NAMES:
            raise ModelError(place, "was made for other features than this program computes", remedy)
        coefficients = file.arrays.get(_COEFFICIENTS)
        if coefficients is None or coefficients.shape != (len(INPUT_NAMES),) or not np.isfinite(coefficients).all():
            raise ModelError(place, f"does not hold {len(INPUT_NAMES)} coefficients", remedy)
        self.coefficients: Floats = coefficients.astype(np.float64)
        self.card: Card = header.card
        self.data_set = header.data_set
        self.horizon_s = HORIZON_S
        self.points = BARRIER_POINTS

    def chances(self, inputs: BreakInputs) -> Floats:
        """Of the levels near enough: float64[m]."""
        return chance(design(inputs) @ self.coefficients)


def pack_break_model(coefficients: Floats, *, data_set: str, code_version: str, card: Card) -> bytes:
    """The bytes of its file."""
    return pack_model(
        KIND,
        {_COEFFICIENTS: coefficients},
        features=INPUT_NAMES,
        schema=SCHEMA,
        data_set=data_set,
        code_version=code_version,
        card=card,
    )


@cache
def shipped_model() -> BreakModel:
    """The model in the package. Raises ModelError."""
    return BreakModel(read_model(SHIPPED), SHIPPED)


class BreakScorer:
    """Follows published snaps and says the chance of a break at each level near enough.

    It reads what was published and writes nothing back: no hash and no score knows of it. ``model`` None: it only
    remembers, so that its memory is the same whether anybody is told or not.
    """

    def __init__(self, model: BreakModel | None) -> None:
        self.model = model
        self.memory = PriceMemory()
        self._progress = np.nan

    def on_snap(self, t_ns: int, microprice: float, numbers: NDArray[Any]) -> Floats:
        """The chances of the levels of a snap: float64[n], NaN for those two points away or further.

        ``numbers``: their rows as float64[n, fields]; snaps in their order.
        """
        self.remember(t_ns, microprice)
        return self.chances(numbers)

    def remember(self, t_ns: int, microprice: float) -> None:
        """Take a snap in, without saying anything of its levels yet."""
        self._progress = self.memory.add(t_ns, microprice)

    def chances(self, numbers: NDArray[Any]) -> Floats:
        """As ``on_snap``, of the levels of the snap remembered last."""
        chances = np.full(len(numbers), np.nan)
        if self.model is not None:
            inputs = break_inputs(numbers, self._progress)
            if len(inputs.places):
                chances[inputs.places] = self.model.chances(inputs)
        return chances
