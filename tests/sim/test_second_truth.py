"""The truth is what the orders did: it adds up, and a reader of the ten levels recovers it where they reach."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from spymaster.market.dtypes import by_name
from spymaster.market.kinds import Kind
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.session import SecondSession, bucket_flows
from spymaster.sim.second.state import ADD, APPEAR, FILL, KEPT_RANKS, PULL, VANISH
from tests.sim.reading import ASK, BID, BUCKET_NS, Decomposition, Row, decompose, events


@pytest.fixture(scope="module")
def read(opening_rows: list[Row]) -> Decomposition:
    return decompose(opening_rows)


@pytest.fixture(scope="module")
def true_cells(opening: SecondSession, opening_rows: list[Row]) -> dict[tuple[int, int, int], list[int]]:
    """The truth of the whole buckets that the rows cover."""
    end_ns = opening_rows[-1].ts_event // BUCKET_NS * BUCKET_NS
    in_session = (opening.flows["ts_ns"] >= opening.start_ns) & (opening.flows["ts_ns"] < end_ns)
    return {
        (b["ts_bucket_ns"], b["side"], b["tick"] * TICK_E9): [b["added"], b["pulled"], b["filled"]]
        for b in bucket_flows(opening.flows[in_session])
    }


def test_all_traded_volume_is_filled_size(opening: SecondSession) -> None:
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


def test_buckets_hold_every_flow_once(opening: SecondSession) -> None:
    buckets = bucket_flows(opening.flows)
    for name, kinds in (("added", (ADD, APPEAR)), ("pulled", (PULL, VANISH)), ("filled", (FILL,))):
        assert buckets[name].sum() == opening.flows["size"][np.isin(opening.flows["kind"], kinds)].sum()
    assert (np.diff(buckets["ts_bucket_ns"]) >= 0).all()
    assert (buckets["ts_bucket_ns"] % BUCKET_NS == 0).all()


def test_a_flow_on_the_edge_belongs_to_the_bucket_that_begins_there(opening: SecondSession) -> None:
    flows = opening.flows[:2].copy()
    flows["ts_ns"] = (10 * BUCKET_NS, 10 * BUCKET_NS - 1)
    assert sorted(bucket_flows(flows)["ts_bucket_ns"]) == [10 * BUCKET_NS, 11 * BUCKET_NS]


def test_what_waits_at_a_price_is_the_sum_of_all_that_came_and_went(opening: SecondSession) -> None:
    depth: dict[tuple[int, int], int] = defaultdict(int)
    for _, side, tick, kind, size, left in opening.flows.tolist():
        depth[side, tick] += size if kind in (ADD, APPEAR) else -size
        assert depth[side, tick] == left >= 0


def test_depth_at_a_buckets_end_differs_from_that_before_by_its_flows(opening: SecondSession) -> None:
    depth: dict[tuple[int, int], int] = defaultdict(int)
    for _, side, tick, added, pulled, filled, depth_end in bucket_flows(opening.flows).tolist():
        assert depth_end - depth[side, tick] == added - pulled - filled
        depth[side, tick] = depth_end


def test_every_record_shows_the_depth_that_the_flows_add_up_to(opening: SecondSession, opening_rows: list[Row]) -> None:
    depth: tuple[dict[int, int], dict[int, int]] = ({}, {})
    flows = iter(opening.flows.tolist())
    ahead = next(flows)
    for event in events(opening_rows)[:-1]:
        while ahead[0] <= event[-1].ts_event:
            depth[ahead[1]][ahead[2] * TICK_E9] = ahead[5]
            ahead = next(flows)
        shown = event[-1].book
        for side in (BID, ASK):
            waiting = sorted((price for price, size in depth[side].items() if size), reverse=side == BID)
            assert list(shown[side].items()) == [(price, depth[side][price]) for price in waiting[:10]]


def test_the_touch_is_that_of_the_last_record_of_each_bucket(opening: SecondSession) -> None:
    touches = opening.touches
    assert touches["ts_bucket_ns"].tolist() == list(range(opening.start_ns, opening.end_ns + 1, BUCKET_NS))
    last = opening.records[np.maximum(np.searchsorted(opening.records[:, 1], touches["ts_bucket_ns"]) - 1, 0)]
    fields = by_name(Kind.MBP10, np.ascontiguousarray(last))
    for side in ("bid", "ask"):
        assert (touches[side] * TICK_E9 == fields[f"{side}_px_00"]).all()
        assert (touches[f"{side}_size"] == fields[f"{side}_sz_00"]).all()


def test_orders_exist_as_far_as_the_market_says_and_come_and_go_beyond_sight(opening: SecondSession) -> None:
    flows = opening.flows[opening.flows["ts_ns"] >= opening.start_ns]
    assert {APPEAR, VANISH} <= set(flows["kind"].tolist())
    for name, side, outward in (("bid", BID, -1), ("ask", ASK, 1)):
        assert (outward * (opening.touches[f"{name}_reach"] - opening.touches[name]) >= KEPT_RANKS - 10).all()
        far = flows[(flows["side"] == side) & np.isin(flows["kind"], (APPEAR, VANISH))]
        before = np.searchsorted(opening.touches["ts_bucket_ns"], far["ts_ns"], side="right") - 1
        assert (outward * (far["tick"] - opening.touches[name][before]) > KEPT_RANKS - 10).all()
