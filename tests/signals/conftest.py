"""One short run of the engine, for the tests that need what it really writes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest

from spymaster.config.params import build_params
from spymaster.config.profiles import EsProfile
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.sessions import SESSION
from tests.support.blocks import T0_NS, TestBlock
from tests.support.dbn import MS, depth

HOUR_NS = 3_600_000_000_000
USER_IDS = ("lunch", "line in the sand")


def config_frame() -> ConfigFrame:
    """The es profile's defaults on 2024-01-05, with two levels of the trader's own."""
    session = np.zeros(1, SESSION)
    session["session_date"] = 20240105
    session["open_ns"], session["close_ns"] = T0_NS - 15 * HOUR_NS - HOUR_NS // 2, T0_NS + 7 * HOUR_NS + HOUR_NS // 2
    session["rth_open_ns"], session["rth_close_ns"] = T0_NS, T0_NS + 6 * HOUR_NS + HOUR_NS // 2
    return ConfigFrame(
        profile="es",
        params=build_params(EsProfile()).tobytes(),
        instrument=Instrument(1, 17077, "ESH4", 250_000_000, 50, TickSource.DEFINITION, "CME Globex Equity"),
        tape_from=TapeFrom.DEPTH,
        user_levels=(UserLevel(USER_IDS[0], 4_801_500_000_000), UserLevel(USER_IDS[1], 4_790_000_000_000)),
        sessions=session.tobytes(),
    )


def engine_run(frames: Sequence[Frame]) -> list[TestBlock]:
    """What the engine makes of the frames, copied out."""
    from spymaster.physics.engine import Engine

    engine = Engine(with_flows=True)
    kept = []
    for frame in frames:
        for block in engine.feed(frame):
            kept.append(TestBlock(*(copy.copy(getattr(block, field.name)) for field in fields(TestBlock))))
    for block in engine.finish():
        kept.append(TestBlock(*(copy.copy(getattr(block, field.name)) for field in fields(TestBlock))))
    return kept


def records(**columns: int) -> RecordsFrame:
    """Twenty seconds of a restless book with trades in it, from 09:31 New York; ``columns`` of every record."""
    words = depth(2000, every_nth_a_trade=7, recv_ns=T0_NS + 60_000 * MS, step_ns=10 * MS, **columns)
    return RecordsFrame(Batch.of(Kind.MBP10, words))


@pytest.fixture(scope="session")
def engine_blocks() -> list[TestBlock]:
    """Twenty seconds of snaps."""
    return engine_run([config_frame(), records()])
