"""The ledger event by event adds up to the ledger."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.flow_events import flow_events
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.columns import flows_columns
from tests.support.small_files import busy_words, depth_file

FIELDS = {"added": "ADDED", "pulled": "PULLED", "filled": "FILLED", "hidden": "HIDDEN", "off_book": "OFF_BOOK"}
TICK_E9 = 250_000_000
Cell = tuple[int, str, str, float]


class Ledger:
    """Sums of ``flows`` by bucket, field, side and price."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()

    def on_block(self, block: SnapBlock) -> None:
        columns = flows_columns(block, TICK_E9)
        times, sides, prices = (columns[name].tolist() for name in ("ts_bucket_ns", "side", "price"))
        for name, event in FIELDS.items():
            for t, side, price, count in zip(times, sides, prices, columns[name].tolist(), strict=True):
                self.cells[t, event, side, price] += count


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> ReplayPlan:
    path: Path = depth_file(tmp_path_factory.mktemp("events") / "a.mbp-10.dbn", busy_words(300))
    return ReplayPlan((path,), load_config().profile("es"))


def test_events_add_up_to_the_ledger_in_every_cell(plan: ReplayPlan) -> None:
    ledger = Ledger()
    drive(ReplaySource(plan), Engine(with_flows=True), [ledger])
    events: Counter[Cell] = Counter()
    traded = 0
    for columns in flow_events(ReplaySource(plan), Engine(snaps_per_block=1)):
        cells = zip(*(columns[n].tolist() for n in ("ts_bucket_ns", "event", "side", "price")), strict=True)
        for cell, count in zip(cells, columns["contracts"].tolist(), strict=True):
            if cell[1] == "TRADED":
                traded += count
            else:
                events[cell] += count
    assert events == Counter({cell: count for cell, count in ledger.cells.items() if count})
    assert traded > 0
    assert set(FIELDS.values()) - {cell[1] for cell in events} <= {"HIDDEN", "OFF_BOOK"}


def test_events_are_in_order_and_never_after_their_bucket(plan: ReplayPlan) -> None:
    for columns in flow_events(ReplaySource(plan), Engine(snaps_per_block=1)):
        times, buckets = np.asarray(columns["ts_event_ns"]), np.asarray(columns["ts_bucket_ns"])
        assert (np.diff(times) >= 0).all()
        assert (times < buckets).all()
