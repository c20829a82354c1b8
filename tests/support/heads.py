"""Models with several heads of our own making: what they say follows from a row, plainly."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.features.horizons import HORIZONS_S
from spymaster.ledger.predictions.entries import ModelSaid, Role
from spymaster.models.model_file import Card
from spymaster.models.prediction import PREDICTION, Stage
from spymaster.session.scoring.choice import ScoringPlan
from spymaster.session.scoring.opening import SessionScoring
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.scoring.speakers import Speaker

Floats = NDArray[np.float64]
NEIGHBOUR = np.dtype(
    [
        (name, "<f8" if name in ("distance", "price", "end_s") else "<i8")
        for name in (
            "distance",
            "date",
            "kind",
            "price",
            "source",
            "arm_ns",
            "side",
            "outcome",
            "end_s",
        )
    ]
)


class PlainIndex:
    sources = ("sim-world-7",)


class PlainHeads:
    """Says a chance that follows from what is known in a row, from ``low`` on; NaN rows count as 0."""

    def __init__(self, low: float = 0.2, *, name: str = "sim-plain", simulated: bool = True) -> None:
        self.card = Card(name=name, question="?", learnt_on="nothing", made_by="hand", simulated=simulated, rows=0)
        self.data_set = name
        self.asked: list[Stage] = []
        self._low = low

    def predict(self, rows: Floats, stage: NDArray[np.integer]) -> NDArray[Any]:
        self.asked += [Stage(number) for number in stage.tolist()]
        told = np.zeros(len(rows), PREDICTION)
        turned = np.abs(np.sin(np.nan_to_num(rows, posinf=0.0, neginf=0.0).sum(axis=1)))
        told["p_tradeable"] = 0.9
        told["p_break"] = self._low + 0.3 * turned
        told["p_bounce"] = 0.9 - told["p_break"]
        grown = (np.arange(len(HORIZONS_S)) + 1.0) / len(HORIZONS_S)
        told["break_by"] = told["p_break"][:, np.newaxis] * grown
        told["bounce_by"] = told["p_bounce"][:, np.newaxis] * grown
        told["strength_p10"], told["strength_p50"], told["strength_p90"] = -1.0, 0.2, 1.5
        told["utility"] = 0.9 * 0.2
        return told

    @property
    def index(self) -> PlainIndex:
        return PlainIndex()

    def neighbours(self, rows: Floats, stage: NDArray[np.integer]) -> NDArray[Any]:
        """Five, of which the last is none."""
        near = np.zeros((len(rows), 5), NEIGHBOUR)
        near["distance"] = [0.4, 0.5, 0.6, 0.7, np.nan]
        near["date"], near["price"], near["arm_ns"] = 20260105, 5000.25, 1_767_623_400_000_000_000
        near["outcome"] = [0, 1, 0, 2, -1]
        near["end_s"] = [42.0, 75.0, 130.0, 480.0, np.nan]
        return near


def speaker(model: PlainHeads, role: Role = "champion") -> Speaker:
    digest = hashlib.sha256(model.card.name.encode()).hexdigest()
    return Speaker(model, ModelSaid(role, model.card.name, model.data_set, digest, model.card.simulated))


class HeadsPlan(ScoringPlan, frozen=True, kw_only=True):
    """A plan in which models of ours are asked, whatever the package ships."""

    @property
    def asks(self) -> bool:
        return self.mode != "off"


def models(mode: str, *speakers: Speaker, simulated: bool = True, lake: str = "") -> SessionModels:
    plan = HeadsPlan(mode=mode, simulated=simulated, lake=lake)  # type: ignore[arg-type]
    spoken = speakers or (speaker(PlainHeads()),)
    return SessionModels(SessionScoring(plan, speakers=lambda _plan: spoken))
