"""Scratch carries no meaning: whatever stands in it between two records or two snaps, the same comes out."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from spymaster.market.frames import Frame
from spymaster.physics.engine import Engine
from spymaster.physics.memory.scratch import SCRATCH
from spymaster.physics.memory.state import STATE
from tests.physics.options.test_fuel import LEVELS, MIXED, world
from tests.support.engine import Results, engine_for, records, run
from tests.support.market import Market
from tests.support.options import chain, quiet_market
from tests.support.streams import play, random_actions


def published(results: Results) -> list[bytes]:
    return [
        results.snaps.tobytes(),
        b"".join(row.tobytes() for row in results.rows),
        b"".join(row.tobytes() for row in results.strikes),
        results.flows.tobytes(),
        results.alerts.tobytes(),
    ]


def spoil(engine: Engine, dice: random.Random) -> None:
    """Fill the scratch with bytes that mean nothing."""
    memory = engine.state.view(np.uint8)[: SCRATCH.itemsize]
    memory[:] = np.frombuffer(dice.randbytes(SCRATCH.itemsize), np.uint8)


def lived(frames: Iterable[Frame], *, spoiled: bool, **config: Any) -> tuple[Results, bytes]:
    """What is published, and the snapshot at the end; control comes back after every record and every snap."""
    engine, results, dice = engine_for(snaps_per_block=1, **config), Results(), random.Random(4)
    engine.records_per_step = 1
    for frame in frames:
        for block in engine.feed(frame):
            results.take([block])
            if spoiled:
                spoil(engine, dice)
    results.take(engine.finish())
    return results, engine.snapshot()


def test_scratch_is_the_first_of_the_engine_s_memory() -> None:
    assert STATE.fields is not None
    assert STATE.fields["scratch"][1] == 0


@pytest.mark.parametrize("seed", [3, 8])
def test_garbage_in_the_scratch_changes_nothing_of_a_market(seed: int) -> None:
    market = Market()
    market.ladder().at(0.5)
    words = play(market, random_actions(seed, 1500, rough=True)).words()
    levels = (5000.0, 5000.5, 5001.25, 4998.75)
    clean, spoiled = (lived([records(words)], spoiled=how, levels=levels) for how in (False, True))
    assert published(spoiled[0]) == published(clean[0]) == published(run(words, levels=levels))
    assert spoiled[1] == clean[1]


def test_garbage_in_the_scratch_changes_nothing_of_options() -> None:
    frames = world(*MIXED, seconds=6.0).frames(quiet_market(6.0))
    clean, spoiled = (lived(frames, spoiled=how, chain=chain(), levels=LEVELS) for how in (False, True))
    assert len(clean[0].snaps) > 20
    assert published(spoiled[0]) == published(clean[0])
    assert spoiled[1] == clean[1]


def test_a_snapshot_knows_nothing_of_the_scratch_and_restoring_one_leaves_it_alone() -> None:
    engine = engine_for()
    image = engine.snapshot()
    spoil(engine, random.Random(1))
    garbage = engine.state["scratch"].tobytes()
    assert engine.snapshot() == image
    engine.restore(image)
    assert engine.state["scratch"].tobytes() == garbage
