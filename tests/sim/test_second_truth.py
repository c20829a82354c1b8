"""The truth beside the records is what a reader of the ten levels can at best recover."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.dtypes import by_name
from spymaster.market.kinds import Kind
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.session import PlainSession, bucket_flows
from spymaster.sim.second.state import FILL
from tests.sim.reading import BUCKET_NS, Decomposition, Row, decompose


@pytest.fixture(scope="module")
def read(opening_rows: list[Row]) -> Decomposition:
    return decompose(opening_rows)


@pytest.fixture(scope="module")
def true_cells(opening: PlainSession, opening_rows: list[Row]) -> dict[tuple[int, int, int], list[int]]:
    """The truth of the whole buckets that the rows cover."""
    end_ns = opening_rows[-1].ts_event // BUCKET_NS * BUCKET_NS
    buckets = bucket_flows(opening.flows[opening.flows["ts_ns"] < end_ns])
    return {(b["ts_bucket_ns"], b["side"], b["price_e9"]): [b["added"], b["pulled"], b["filled"]] for b in buckets}


def test_all_traded_volume_is_filled_size(opening: PlainSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    traded = fields["size"][fields["action"] == b"T"].sum()
    assert traded == opening.flows["size"][opening.flows["kind"] == FILL].sum() > 10_000


def test_no_trade_is_left_without_its_decrease(read: Decomposition) -> None:
    assert read.unmatched == 0


def test_true_flows_of_visible_prices_are_exactly_those_read_off_the_levels(
    read: Decomposition, true_cells: dict[tuple[int, int, int], list[int]]
) -> None:
    last = max(bucket for bucket, _, _ in true_cells)
    cells = {key for key in true_cells.keys() | read.cells.keys() if key[0] <= last and read.in_sight(*key)}
    assert len(cells) > 5_000
    for key in cells:
        assert read.cells.get(key, [0, 0, 0]) == true_cells.get(key, [0, 0, 0]), key


def test_every_fill_is_in_sight(read: Decomposition, true_cells: dict[tuple[int, int, int], list[int]]) -> None:
    last = max(bucket for bucket, _, _ in true_cells)
    assert {key: flow[2] for key, flow in true_cells.items() if flow[2]} == {
        key: flow[2] for key, flow in read.cells.items() if flow[2] and key[0] <= last
    }


def test_buckets_hold_every_flow_once(opening: PlainSession) -> None:
    buckets = bucket_flows(opening.flows)
    for kind, name in enumerate(("added", "pulled", "filled")):
        assert buckets[name].sum() == opening.flows["size"][opening.flows["kind"] == kind].sum()
    assert (np.diff(buckets["ts_bucket_ns"]) >= 0).all()
    assert (buckets["ts_bucket_ns"] % BUCKET_NS == 0).all()
    assert (buckets["price_e9"] % TICK_E9 == 0).all()


def test_a_flow_on_the_edge_belongs_to_the_bucket_that_begins_there(opening: PlainSession) -> None:
    flows = opening.flows[:2].copy()
    flows["ts_ns"] = (10 * BUCKET_NS, 10 * BUCKET_NS - 1)
    assert sorted(bucket_flows(flows)["ts_bucket_ns"]) == [10 * BUCKET_NS, 11 * BUCKET_NS]
