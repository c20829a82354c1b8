"""The record layouts are the vendor's, field for field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import databento_dbn
import numpy as np
import pytest
from databento_dbn import RType, Schema

from spymaster.market import dtypes as dt
from spymaster.market.kinds import MBP10_WORDS, Kind
from tests.support.dbn import depth, records

VENDOR_CLASSES = {
    Kind.DEF: "InstrumentDefMsg",
    Kind.MAPPING: "SymbolMappingMsg",
    Kind.STATUS: "StatusMsg",
    Kind.STAT: "StatMsg",
    Kind.MBP10: "MBP10Msg",
    Kind.TRADE: "TradeMsg",
    Kind.MBP1: "MBP1Msg",
    Kind.CMBP1: "CMBP1Msg",
    Kind.BBO: "BBOMsg",
    Kind.CBBO: "CBBOMsg",
    Kind.SYSTEM: "SystemMsg",
    Kind.BAR: "OHLCVMsg",
    Kind.ERROR: "ErrorMsg",
}


@pytest.mark.parametrize("kind", VENDOR_CLASSES)
def test_layout_is_the_vendors(kind: Kind) -> None:
    vendor = getattr(databento_dbn, VENDOR_CLASSES[kind])
    theirs, ours = np.dtype(vendor._dtypes), dt.DTYPES[kind]
    assert ours.names == theirs.names
    assert dict(ours.fields or {}) == dict(theirs.fields or {})
    assert ours.itemsize == theirs.itemsize == vendor.size_hint


OWN_KINDS = {Kind.XTRADE, Kind.XQUOTE, Kind.RAW, Kind.GREEKS}


def test_every_vendor_kind_has_a_layout_and_the_rest_are_our_own() -> None:
    assert set(dt.DTYPES) == set(VENDOR_CLASSES) | OWN_KINDS


@pytest.mark.parametrize(("kind", "size"), [(Kind.XTRADE, 64), (Kind.XQUOTE, 80)])
def test_our_own_kinds_are_whole_words_with_header_and_times_where_the_vendors_are(kind: Kind, size: int) -> None:
    fields: Mapping[str, Any] = dt.DTYPES[kind].fields or {}
    assert dt.DTYPES[kind].itemsize == size
    assert [fields[name][1] for name in ("length", "publisher_id", "instrument_id", "ts_event")] == [0, 2, 4, 8]
    assert fields["ts_recv"][1] == dt.W_TS_RECV * 8
    assert fields["conditions"][0].shape == (6,)


def test_layouts_are_little_endian_and_packed() -> None:
    for dtype in dt.DTYPES.values():
        sizes = [field[0].itemsize for field in (dtype.fields or {}).values()]
        assert sum(sizes) == dtype.itemsize
        assert all(field[0].byteorder in "<|=" for field in (dtype.fields or {}).values())


@pytest.mark.parametrize("schema", dt.SCHEMA_KINDS)
def test_schema_tables_agree_with_the_vendor(schema: str) -> None:
    rtype = int(RType.from_schema(Schema.from_str(schema)))
    assert dt.SCHEMA_RTYPES[schema] == rtype
    assert dt.RTYPE_KINDS[rtype] is dt.SCHEMA_KINDS[schema]


def test_mbp10_words_are_where_the_fields_are() -> None:
    words = depth(3, every_nth_a_trade=2, ts_in_delta=-7, flags=130, depth=4)
    rows = dt.by_name(Kind.MBP10, words)
    fields = words.view(np.uint64)
    low = np.uint64(0xFFFF_FFFF)
    byte = np.uint64(0xFF)
    assert words.shape == (3, MBP10_WORDS)
    assert (words[:, dt.W_TS_EVENT] == rows["ts_event"].astype(np.int64)).all()
    assert (words[:, dt.W_PRICE] == rows["price"]).all()
    assert (words[:, dt.W_TS_RECV] == rows["ts_recv"].astype(np.int64)).all()
    assert (fields[:, dt.W_SIZE] & low == rows["size"]).all()
    assert (fields[:, dt.W_SIZE] >> np.uint64(dt.ACTION_SHIFT) & byte == rows["action"].view(np.uint8)).all()
    assert (fields[:, dt.W_SIZE] >> np.uint64(dt.SIDE_SHIFT) & byte == rows["side"].view(np.uint8)).all()
    assert (fields[:, dt.W_SIZE] >> np.uint64(dt.FLAGS_SHIFT) & byte == rows["flags"]).all()
    assert (fields[:, dt.W_SIZE] >> np.uint64(dt.DEPTH_SHIFT) & byte == rows["depth"]).all()
    assert (fields[:, dt.W_SEQUENCE] >> np.uint64(dt.SEQUENCE_SHIFT) == rows["sequence"]).all()
    assert (fields[:, dt.W_SEQUENCE].astype(np.uint32).view(np.int32) == rows["ts_in_delta"]).all()
    assert (fields[:, dt.W_HEADER] >> np.uint64(dt.INSTRUMENT_SHIFT) == rows["instrument_id"]).all()
    assert (fields[:, dt.W_HEADER] >> np.uint64(dt.PUBLISHER_SHIFT) & np.uint64(0xFFFF) == rows["publisher_id"]).all()


@pytest.mark.parametrize("level", range(dt.LEVELS))
def test_level_words_are_where_the_fields_are(level: int) -> None:
    words = depth(2, bid_ct_03=5, ask_ct_03=6)
    rows = dt.by_name(Kind.MBP10, words)
    first = dt.W_LEVELS + level * dt.WORDS_PER_LEVEL
    assert (words[:, first] == rows[f"bid_px_{level:02}"]).all()
    assert (words[:, first + 1] == rows[f"ask_px_{level:02}"]).all()
    assert (words[:, first + 2] & 0xFFFF_FFFF == rows[f"bid_sz_{level:02}"]).all()
    assert (words[:, first + 2] >> 32 == rows[f"ask_sz_{level:02}"]).all()
    assert (words[:, first + 3] & 0xFFFF_FFFF == rows[f"bid_ct_{level:02}"]).all()
    assert (words[:, first + 3] >> 32 == rows[f"ask_ct_{level:02}"]).all()


def test_by_name_is_a_view_that_writes_through() -> None:
    words = depth(2)
    dt.by_name(Kind.MBP10, words)["size"][1] = 77
    assert words[1, dt.W_SIZE] & 0xFFFF_FFFF == 77


@pytest.mark.parametrize("kind", dt.DTYPES)
def test_arrival_time_is_ts_recv_or_else_ts_event(kind: Kind) -> None:
    rows = records(kind, 2, recv_ns=1000, step_ns=5)
    rows["ts_event"] = 1 if "ts_recv" in (rows.dtype.names or ()) else rows["ts_event"]
    travelling = rows.view(np.int64).reshape(2, -1) if kind is Kind.MBP10 else rows
    assert dt.recv_ns(kind, travelling).tolist() == [1000, 1005]


@pytest.mark.parametrize("kind", dt.DTYPES)
def test_empty_records_have_the_form_they_travel_in(kind: Kind) -> None:
    rows = dt.empty(kind, 3)
    assert len(rows) == 3
    assert rows.nbytes == 3 * dt.DTYPES[kind].itemsize
    assert rows.shape == ((3, MBP10_WORDS) if kind is Kind.MBP10 else (3,))
