"""Tests of levels made by hand, and runs of a lake that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.lake.gold.level_tests import LevelTestsWriter
from spymaster.lake.run_manifest import RunInfo, RunManifest
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import hour_of
from spymaster.ledger.rows import TEST, TestOutcome
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.manifest import RunStatus
from tests.support.lakes import RUN
from tests.support.market import START_NS

DAY_NS = 24 * 3600 * NS_PER_S
DATE = 20240105
HELD, BROKE = TestOutcome.HELD, TestOutcome.BROKE


def rows_of(*outcomes: TestOutcome, day: int = 0, at_s: int = 0, kind: int = LevelKind.VWAP) -> NDArray[Any]:
    """A test a minute from a moment of a day on."""
    rows = np.zeros(len(outcomes), TEST)
    begin_ns = START_NS + day * DAY_NS + at_s * NS_PER_S
    rows["touch_ns"] = begin_ns + 60 * NS_PER_S * np.arange(len(outcomes))
    rows["end_ns"] = rows["touch_ns"] + 20 * NS_PER_S
    rows["session_date"], rows["kind"], rows["user_index"] = DATE + day, kind, -1
    rows["outcome"], rows["price"], rows["direction"] = outcomes, 4800.0, 1
    return rows


def run_with(root: Path, run_id: str, *pieces: NDArray[Any], status: RunStatus = RunStatus.SEALED) -> RunInfo:
    """A run of a lake that holds these tests."""
    storage = LocalStorage(root)
    run = msgspec.structs.replace(RUN, id=run_id)
    writer, manifest = LevelTestsWriter(PartMaker(storage, run_id), run.underlying), RunManifest(storage, run)
    for rows in pieces:
        writer.tests(rows, hour_of(int(rows["end_ns"][0])))
        manifest.add(writer.close_hour())
    manifest.write(status, START_NS, "")
    return run
