"""Data sets of drawn numbers: arrays of the right shapes, in which nothing follows from anything."""

from __future__ import annotations

import numpy as np

from spymaster.features.horizons import HORIZONS_S
from spymaster.labels.first_passage import Outcome
from spymaster.learn.dataset.label_columns import LABEL_SETS
from spymaster.learn.dataset.read import DataSet, Labels
from spymaster.market.kinds import NS_PER_S

_FIRST_NS = 1_773_754_200 * NS_PER_S


def some_set(rows: int = 400, blocks: int = 4, seed: int = 1) -> DataSet:
    """Attempts of two rows, arm and contact or both later ones by turns, a minute apart; days of as many rows each."""
    dice = np.random.default_rng(seed)
    place = np.arange(rows)
    day = place * blocks // rows
    t_ns = _FIRST_NS + day * 86_400 * NS_PER_S + place * 60 * NS_PER_S
    shape = (rows, len(HORIZONS_S))
    labels = {}
    for name in LABEL_SETS:
        outcome = dice.choice([Outcome.BREAK, Outcome.BOUNCE, Outcome.CHOP], shape).astype(np.int8)
        passed = outcome != Outcome.CHOP
        end_s = dice.random(shape) * np.array(HORIZONS_S)
        labels[name] = Labels(
            outcome=outcome,
            distance=np.full(shape, 2.0),
            end_s=np.where(passed, end_s, np.array(HORIZONS_S)),
            third_s=np.where(passed, end_s / 2.0, np.nan),
            passage_s=np.where(passed, end_s, np.nan),
            strength=np.where(passed, 1.0 + dice.random(shape), dice.random(shape)),
        )
    return DataSet(
        id=f"sim-{seed}",
        simulated=True,
        names=("first", "second", "third"),
        schema="drawn",
        sources=("drawn",),
        attempt_ids=tuple(f"drawn/{k}" for k in range((rows + 1) // 2)),
        design=dice.normal(size=(rows, 3)),
        stage=(place % 4).astype(np.int8),
        t_ns=t_ns,
        arm_ns=t_ns - NS_PER_S,
        contact_ns=np.where(place % 4 == 0, -1, t_ns),
        ends_ns=t_ns + 480 * NS_PER_S,
        date=20260317 + day,
        source=np.zeros(rows, np.int64),
        attempt=place // 2,
        weight=np.full(rows, 0.5),
        kind=np.ones(rows, np.int8),
        side=np.ones(rows, np.int8),
        level=np.full(rows, 5000.0),
        distance_signed=dice.normal(size=rows),
        sigma=np.full(rows, 1.5),
        minutes=np.full(rows, 30.0),
        score=np.full(rows, 50.0),
        labels=labels,
    )
