"""Predictions of our own making: what a model might have said at a level."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.features.horizons import HORIZONS_S
from spymaster.ledger.predictions.chain import GENESIS, chained
from spymaster.ledger.predictions.entries import (
    Entry,
    ModelSaid,
    Outcome,
    Outcomes,
    Role,
    Round,
    RunBegins,
    RunEnds,
    Said,
    Settled,
)

S = 1_000_000_000


def model_said(role: Role = "champion", sha256: str = "a" * 64) -> ModelSaid:
    return ModelSaid(role, "sim-heads", "worlds-1", sha256, True)


RUN = "20260105T143000Z-000001"


def run_begins(*models: ModelSaid, simulated: bool = False, run: str = RUN) -> RunBegins:
    return RunBegins(
        run=run,
        profile="es",
        symbol="ESH6",
        simulated=simulated,
        code_version="1.0",
        horizons_s=HORIZONS_S,
        models=models or (model_said(),),
    )


def said(
    p_break: float = 0.34,
    *,
    stage: str = "CONTACT",
    shown: bool = False,
    model: int = 0,
    level: float = 5000.0,
    direction: int = 1,
    distance: float = 2.0,
    is_decision: bool = True,
) -> Said:
    curve = tuple(p_break for _ in HORIZONS_S)
    return Said(
        model=model,
        shown=shown,
        level="PMH",
        kind="PMH",
        price=level,
        future_price=level,
        direction=direction,
        beyond=-0.25,
        stage=stage,
        phase="TOUCH",
        is_decision=is_decision,
        distance=distance,
        p_break=p_break,
        p_bounce=0.9 - p_break,
        p_tradeable=0.9,
        strength=(-1.0, 0.1, 1.2),
        break_by=curve,
        bounce_by=tuple(0.9 - p_break for _ in HORIZONS_S),
    )


def written(*entries: Entry) -> bytes:
    """A file of these entries."""
    root, data = GENESIS, b""
    for entry in entries:
        root, line = chained(root, entry)
        data += line
    return data


def a_day() -> bytes:
    """A whole file: what a run said at four snaps of two trade dates."""
    rounds = [Round(t * S, 20260105 + t // 3, (said(0.1 * t), said(0.2))) for t in range(1, 5)]
    return written(run_begins(), *rounds, RunEnds(5, 8))


def outcomes(settled: Sequence[Settled], *, simulated: bool = False, models: Sequence[ModelSaid] = ()) -> Outcomes:
    return Outcomes(
        run=RUN,
        simulated=simulated,
        root="0" * 64,
        lines=1,
        rule="by hand",
        horizons_s=HORIZONS_S,
        models=tuple(models) or (model_said(),),
        settled=tuple(settled),
    )


def settled(p_break: float, outcome: Outcome, after_s: float, **how: object) -> Settled:
    return Settled(2, 0, S, 20260105, said(p_break, **how), outcome, after_s)  # type: ignore[arg-type]
