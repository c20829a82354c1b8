"""What a source holds and nobody uses is counted, by symbol and publisher."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.feeds.choice.unused import Unused, unused_line
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.batches import Batch
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.option_chain import ANY_PUBLISHER
from tests.support.dbn import dbn_file, depth, records

ESH4 = Instrument(1, 17077, "ESH4", 250_000_000, 50, TickSource.PRODUCT_TABLE, "CME Globex Equity")


def unused(tmp_path: Path, options: tuple[tuple[int, int], ...] = ()) -> Unused:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(1), symbol_map={17077: "ESH4", 5: "ESM4"})
    counting = Unused([DbnFile.open(path)])
    counting.begin([ESH4], options)
    return counting


def test_nothing_is_said_of_what_is_used(tmp_path: Path) -> None:
    counting = unused(tmp_path, ((1, 60), (ANY_PUBLISHER, 70)))
    counting.on_batch(Batch.of(Kind.MBP10, depth(9)))
    counting.on_batch(Batch.of(Kind.MBP1, records(Kind.MBP1, 4, instrument_id=60)))
    counting.on_batch(Batch.of(Kind.CBBO, records(Kind.CBBO, 4, instrument_id=70, publisher_id=33)))
    assert counting.counts() == ()
    assert unused_line(counting.counts(), ESH4) == ""


def test_another_contract_and_an_id_without_a_name(tmp_path: Path) -> None:
    counting = unused(tmp_path)
    counting.on_batch(Batch.of(Kind.MBP10, depth(3, instrument_id=5)))
    counting.on_batch(Batch.of(Kind.TRADE, records(Kind.TRADE, 2, instrument_id=99)))
    assert counting.counts() == (("ESM4", 1, 3), ("#99", 1, 2))
    assert unused_line(counting.counts(), ESH4) == (
        "5 records not used: 3 of ESM4 by publisher 1, 2 of #99 by publisher 1; ESH4 was chosen, --symbol chooses"
    )


def test_a_second_publisher_of_the_contract(tmp_path: Path) -> None:
    counting = unused(tmp_path)
    counting.on_batch(Batch.of(Kind.MBP10, depth(3, publisher_id=41)))
    assert unused_line(counting.counts(), ESH4).endswith("ESH4 is taken from publisher 1, --publisher chooses")


def test_a_publisher_nobody_knows_is_called_so(tmp_path: Path) -> None:
    counting = unused(tmp_path)
    counting.on_batch(Batch.of(Kind.MBP10, depth(3, publisher_id=999)))
    assert "3 of ESH4 by publisher 999 (unknown)" in unused_line(counting.counts(), ESH4)
    assert counting.unknown.lines == ("3 records of publisher 999 (unknown): taken like any other's",)


@pytest.mark.parametrize("said", [False, True])
def test_a_batch_that_says_whose_records_it_holds_is_counted_alike(tmp_path: Path, said: bool) -> None:
    counting = unused(tmp_path)
    for number in (17077, 5):
        batch = Batch.of(Kind.MBP10, depth(3, instrument_id=number))
        counting.on_batch(Batch(batch.arrays, batch.order, key=number << 16 | 1 if said else None))
    assert counting.counts() == (("ESM4", 1, 3),)


def test_what_is_no_price_is_not_counted(tmp_path: Path) -> None:
    counting = unused(tmp_path)
    counting.on_batch(Batch.of(Kind.STATUS, records(Kind.STATUS, 3, instrument_id=5)))
    assert counting.counts() == ()
