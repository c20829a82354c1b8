"""Numbers that must agree are one number: places of levels, counters, inputs, sums, words of records."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import Kind
from spymaster.market.levels import LevelKind
from spymaster.market.rows import INPUTS, SNAP, TOTALS
from spymaster.physics.memory import indices
from spymaster.physics.memory.counters import COUNTERS, REJECTIONS, Counter
from spymaster.physics.memory.indices import LEVEL_SLOTS, ROUND_SLOTS, STRIKE_SLOTS, STRUCTURAL_SLOTS, USER_SLOTS
from spymaster.physics.memory.level_records import TRUST
from spymaster.physics.memory.state import STATE


def test_every_kind_of_level_has_a_slot_and_none_is_shared() -> None:
    places = {USER_SLOTS + kind for kind in LevelKind}
    assert len(places) == len(LevelKind)
    assert min(places) >= USER_SLOTS
    assert max(places) < USER_SLOTS + STRUCTURAL_SLOTS
    assert USER_SLOTS + STRUCTURAL_SLOTS + ROUND_SLOTS + STRIKE_SLOTS == LEVEL_SLOTS


def test_every_counter_has_an_index_of_its_own_and_is_told_under_its_name() -> None:
    assert [int(counter) for counter in Counter] == list(range(len(COUNTERS)))
    assert [COUNTERS[counter] for counter in Counter] == [counter.name.lower() for counter in Counter]
    assert STATE["counters"].shape == (len(Counter),)
    assert set(REJECTIONS) < set(COUNTERS)


def words_of(kind: Kind, field: str) -> float:
    """Where a field of a record begins, in words of 64 bits."""
    fields = DTYPES[kind].fields
    assert fields is not None
    return float(fields[field][1]) / 8


@pytest.mark.parametrize("kind", [Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.CMBP1, Kind.XTRADE, Kind.XQUOTE])
def test_times_stand_at_the_same_words_of_every_record_with_a_time_of_its_own(kind: Kind) -> None:
    assert (words_of(kind, "ts_event"), words_of(kind, "ts_recv")) == (indices.W_EVENT, indices.W_RECEIVED)


@pytest.mark.parametrize("kind", [Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.CMBP1])
def test_price_and_details_stand_where_kernels_read_them(kind: Kind) -> None:
    assert words_of(kind, "price") == indices.W_PRICE
    bits = [(words_of(kind, name) - indices.W_DETAILS) * 64 for name in ("size", "action", "side", "flags")]
    assert bits == [0, indices.ACTION_BITS, indices.SIDE_BITS, indices.FLAGS_BITS]


@pytest.mark.parametrize("kind", [Kind.MBP10, Kind.MBP1, Kind.CMBP1, Kind.BBO, Kind.CBBO])
def test_the_best_quote_stands_where_kernels_read_it(kind: Kind) -> None:
    places = [words_of(kind, name) for name in ("bid_px_00", "ask_px_00", "bid_sz_00", "ask_sz_00")]
    assert places == [indices.W_BID, indices.W_ASK, indices.W_SIZES, indices.W_SIZES + indices.ASK_SIZE_BITS / 64]


@pytest.mark.parametrize("kind", list(DTYPES))
def test_a_header_names_publisher_and_instrument_where_kernels_look(kind: Kind) -> None:
    places = [words_of(kind, name) * 64 for name in ("publisher_id", "instrument_id")]
    assert places == [indices.KEY_BITS, indices.ID_BITS]


def test_the_inputs_stand_in_the_order_they_are_published_in() -> None:
    places = (indices.TRUST_DEPTH, indices.TRUST_TAPE, indices.TRUST_OPTIONS, indices.TRUST_EQUITY)
    assert [INPUTS[place] for place in places] == list(INPUTS)
    for record, name in ((SNAP, "trust"), (SNAP, "trust_reason"), (TRUST, "state"), (TRUST, "reason")):
        assert record[name].shape == (len(INPUTS),)


def test_the_sums_of_a_bucket_stand_in_the_order_they_are_published_in() -> None:
    places = [value for name, value in vars(indices).items() if name.startswith("TOTAL_")]
    assert places == list(range(len(TOTALS)))
    assert SNAP["totals"].shape == (len(TOTALS),)


def test_no_tick_is_beyond_every_tick_a_market_trades_at() -> None:
    from spymaster.market.kinds import MAX_TICK, NO_TICK

    assert abs(NO_TICK) > MAX_TICK
    assert np.int64(NO_TICK) < 0
