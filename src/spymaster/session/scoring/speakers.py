"""The models of a session: loaded from their files, each with what it is called in a run's predictions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.ledger.predictions.entries import ModelSaid, Outcome, Role
from spymaster.market.levels import LevelKind
from spymaster.models.live_scorer import Heads
from spymaster.models.model_file import Card
from spymaster.session.scoring.choice import SHIPPED_HEADS, ScoringPlan
from spymaster.signals.said.viewport import Similar

Array = NDArray[Any]
Floats = NDArray[np.float64]

_OUTCOMES: Final = tuple(Outcome)
"""By the labels' numbers."""


class Index(Protocol):
    """Attempts of the past (``models.neighbours.Neighbours``)."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The recordings they are of."""
        ...


class HeadsModel(Heads, Protocol):
    """A model as its file has it (``models.head_model.HeadModel``)."""

    @property
    def card(self) -> Card:
        """What it rests on."""
        ...

    @property
    def data_set(self) -> str:
        """What it was learnt on."""
        ...

    @property
    def index(self) -> Index | None:
        """Attempts of the past, None without."""
        ...

    def neighbours(self, rows: Floats, stage: NDArray[np.integer]) -> Array:
        """The attempts most like each row: ``models.neighbours.NEIGHBOUR``[n, k]."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """A model and what it is called in a run's predictions. ``recordings``: what is replayed is called so."""

    model: HeadsModel
    said: ModelSaid
    recordings: tuple[str, ...] = ()

    def similar(self, row: Floats, stage: int) -> tuple[Similar, ...]:
        """The past attempts most like one, the most alike first."""
        index = self.model.index
        if index is None:
            return ()
        (near,) = self.model.neighbours(row[np.newaxis], np.array([stage]))
        return tuple(
            Similar(
                recording=index.sources[int(one["source"])],
                date=int(one["date"]),
                t_ns=int(one["arm_ns"]),
                level=LevelKind(int(one["kind"])).name,
                price=float(one["price"]),
                outcome=_OUTCOMES[int(one["outcome"])],
                after_s=float(one["end_s"]) if np.isfinite(one["end_s"]) else None,
                distance=float(one["distance"]),
                is_here=_is_of(index.sources[int(one["source"])], self.recordings),
            )
            for one in near
            if np.isfinite(one["distance"])
        )


def _is_of(source: str, recordings: tuple[str, ...]) -> bool:
    """Whether a source of a data set, a title in letters and digits and the beginning of a hash, is one of these."""
    title = source.rpartition("-")[0]
    return any(_plain(title) == _plain(name) or source == name for name in recordings)


def _plain(title: str) -> str:
    return "".join(letter for letter in title.lower() if letter.isalnum())


def speakers_of(plan: ScoringPlan) -> tuple[Speaker, ...]:
    """The champion, and the challenger where one is asked for. Raises UserError where there is none to
    stand beside, ModelError for a file that cannot be used."""
    if plan.model is None and not SHIPPED_HEADS.is_file():
        remedy = "name it as scoring.model in its place"
        raise UserError("scoring.challenger", "there is no first model to stand beside", remedy, code=ExitCode.USAGE)
    found = [_speaker("champion", plan.model or SHIPPED_HEADS, plan.recordings)]
    if plan.challenger is not None:
        found.append(_speaker("challenger", plan.challenger, plan.recordings))
    return tuple(found)


def _speaker(role: Role, path: Path, recordings: tuple[str, ...]) -> Speaker:
    from spymaster.models.head_model import HeadModel

    model = HeadModel.load(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Speaker(model, ModelSaid(role, model.card.name, model.data_set, digest, model.card.simulated), recordings)
