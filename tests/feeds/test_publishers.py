"""Publishers by number: the vendor's own list is held whole, and one that is not on it is taken, counted and named."""

from __future__ import annotations

import pytest

from spymaster.feeds.dbn.publishers import PUBLISHERS, Publisher, UnknownPublishers
from spymaster.market.batches import Batch
from spymaster.market.kinds import Kind
from tests.support.dbn import depth, records


def test_every_publisher_of_the_vendors_package_is_known() -> None:
    publishers = pytest.importorskip("databento.common.publishers")
    theirs = {one.to_int(): one.value for one in publishers.Publisher if one.to_int() <= max(PUBLISHERS)}
    ours = {number: f"{one.dataset}.{one.venue}" for number, one in PUBLISHERS.items()}
    assert {number: ours.get(number) for number in theirs} == theirs


def test_option_exchanges_are_not_one_range_of_numbers() -> None:
    """New ones have numbers behind those of other datasets, and the number after the old ones is no option exchange."""
    exchanges = {number for number, one in PUBLISHERS.items() if one.dataset == "OPRA.PILLAR"}
    assert exchanges >= {20, 37, 61, 108, 109}
    assert PUBLISHERS[38] == Publisher("IEXG.TOPS", "IEXG")


def counted(*batches: Batch) -> tuple[str, ...]:
    unknown = UnknownPublishers()
    for batch in batches:
        unknown.on_batch(batch)
    return unknown.lines


def test_records_of_a_publisher_nobody_knows_are_counted_and_named() -> None:
    quotes = records(Kind.CBBO, 4, instrument_id=70)
    quotes["publisher_id"] = [30, 999, 999, 33]
    trades = records(Kind.TRADE, 1, instrument_id=5, publisher_id=4242)
    assert counted(Batch.of(Kind.CBBO, quotes), Batch.of(Kind.TRADE, trades)) == (
        "2 records of publisher 999 (unknown): taken like any other's",
        "1 record of publisher 4242 (unknown): taken like any other's",
    )


def test_depth_is_counted_too() -> None:
    assert counted(Batch.of(Kind.MBP10, depth(3, publisher_id=999))) == (
        "3 records of publisher 999 (unknown): taken like any other's",
    )


@pytest.mark.parametrize("number", [0, 1, 30, 95, 109, 0xF001])
def test_nothing_is_said_of_those_that_are_known(number: int) -> None:
    assert counted(Batch.of(Kind.TRADE, records(Kind.TRADE, 2, publisher_id=number))) == ()
