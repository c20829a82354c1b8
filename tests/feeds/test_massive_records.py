"""What a Massive frame becomes: exact values, the frame itself kept, codes, ids, clocks; nothing a frame can break."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.feeds.massive_live.conditions import PACKAGED, Condition, ConditionCodes
from spymaster.feeds.massive_live.frame_records import FrameRecords, RawFrame, frames_of
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_live.messages import FrameReader, Status, statuses_of
from spymaster.feeds.massive_live.skew import SkewMeter
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import MappingFrame
from spymaster.market.kinds import NS_PER_MS, NS_PER_S, UNDEF_PRICE, Kind
from spymaster.market.option_chain import FIRST_CODE, NO_CONDITION, TREATMENTS, Treatment

T_MS = 1_773_765_000_123
NONE = NO_CONDITION
OPTION = "O:SPY260317C00660000"


def records(
    *frames: bytes | list[Any], at_ms: int = T_MS + 7
) -> tuple[Any, FrameRecords, Counter[str], InstrumentBook]:
    """The batch of some frames that arrive one millisecond after the other."""
    rejected: Counter[str] = Counter()
    book = InstrumentBook()
    reader = FrameRecords(book, rejected)
    raw = [frame if isinstance(frame, bytes) else json.dumps(frame).encode() for frame in frames]
    batch = reader.take([RawFrame(n, (at_ms + n) * NS_PER_MS, data) for n, data in enumerate(raw)], connection=3)
    return batch, reader, rejected, book


def test_a_trade_is_a_record_of_exactly_its_numbers() -> None:
    trade = {"ev": "T", "sym": OPTION, "x": 302, "p": 598.01, "s": 7, "c": [219, 232], "t": T_MS, "q": 987654321012}
    batch, _, _, book = records([trade])
    (row,) = batch.arrays[Kind.XTRADE]
    number = book.id_of(OPTION)
    fields = (
        "length",
        "rtype",
        "publisher_id",
        "instrument_id",
        "ts_event",
        "price",
        "size_e9",
        "sequence",
        "exchange",
    )
    expected = [16, 0xF0, PUBLISHER, number, T_MS * NS_PER_MS, 598_010_000_000, 7 * 10**9, 987654321012, 302]
    assert [int(row[name]) for name in fields] == expected
    assert row["conditions"].tolist() == [219, 232, NONE, NONE, NONE, NONE]


def test_a_quote_is_a_record_of_exactly_its_numbers() -> None:
    quote = {"ev": "Q", "sym": "SPY", "bx": 11, "bp": 659.99, "bs": 300, "ax": 12, "ap": 660.005, "as": 40, "c": 1}
    batch, _, _, _ = records([quote | {"i": [604, 2], "t": T_MS, "q": 5, "z": 1}])
    (row,) = batch.arrays[Kind.XQUOTE]
    fields = ("bid_px", "bid_sz_e9", "ask_px", "ask_sz_e9", "sequence", "exchange", "ask_exchange", "ts_event")
    expected = [659_990_000_000, 300 * 10**9, 660_005_000_000, 40 * 10**9, 5, 11, 12, T_MS * NS_PER_MS]
    assert [int(row[name]) for name in fields] == expected
    assert row["conditions"].tolist() == [1, 604, 2, NONE, NONE, NONE]


def test_a_side_that_is_not_quoted_is_absent_and_not_zero() -> None:
    batch, _, _, _ = records([{"ev": "Q", "sym": "SPY", "ap": 660.0, "as": 3, "bp": 0, "bs": 9, "t": T_MS}])
    (row,) = batch.arrays[Kind.XQUOTE]
    assert (int(row["bid_px"]), int(row["bid_sz_e9"])) == (UNDEF_PRICE, 0)
    assert (int(row["ask_px"]), int(row["ask_sz_e9"])) == (660 * 10**9, 3 * 10**9)


@pytest.mark.parametrize(
    ("digits", "size_e9"), [("0.5", 500_000_000), ("12.000000001", 12_000_000_001), ("x", 7 * 10**9)]
)
def test_fractions_of_shares_are_taken_from_their_digits(digits: str, size_e9: int) -> None:
    batch, _, _, _ = records([{"ev": "T", "sym": "SPY", "p": 1.0, "s": 7, "ds": digits, "t": T_MS}])
    assert int(batch.arrays[Kind.XTRADE]["size_e9"][0]) == size_e9


def test_more_than_six_codes_are_counted() -> None:
    codes = [1, 2, 3, 4, 5, 6, 7, 8]
    batch, _, rejected, _ = records([{"ev": "T", "sym": "SPY", "p": 1.0, "s": 7, "c": codes, "t": T_MS}])
    assert batch.arrays[Kind.XTRADE]["conditions"][0].tolist() == codes[:6]
    assert rejected == {"condition codes beyond the sixth": 2}


def test_frames_stand_before_their_records_and_come_back_byte_for_byte() -> None:
    trade = {"ev": "T", "sym": "SPY", "p": 1.0, "s": 7, "t": T_MS}
    long = json.dumps([trade | {"q": place} for place in range(1, 12)]).encode()
    frames = [json.dumps([trade]).encode(), b"", long, b"{no json\0\0", b"[" + b" " * 218 + b"]"]
    batch, _, _, _ = records(*frames)
    raw = batch.arrays[Kind.RAW]
    assert frames_of(raw) == frames
    assert raw["frame"].tolist() == [0, 1, *[2] * int(raw["pieces"][2]), 3, 4]
    assert set(raw["instrument_id"].tolist()) == {3}
    pieces = -(-len(long) // 220)
    order = [Kind.RAW, Kind.XTRADE, Kind.RAW, *[Kind.RAW] * pieces, *[Kind.XTRADE] * 11, Kind.RAW, Kind.RAW]
    assert batch.order.tolist() == [int(kind) for kind in order]


def test_mixed_channels_keep_the_order_they_came_in() -> None:
    quote = {"ev": "Q", "sym": "SPY", "bp": 1.0, "ap": 2.0, "t": T_MS}
    trade = {"ev": "T", "sym": OPTION, "p": 1.0, "s": 7, "t": T_MS}
    batch, _, rejected, book = records([quote, trade, {"ev": "status", "status": "success"}, quote, trade])
    assert batch.order[batch.order != Kind.RAW].tolist() == [13, 12, 13, 12]
    assert not rejected
    assert [frame.symbol for frame in book.untold()] == ["SPY", OPTION]


def test_a_trade_sent_again_counts_once_and_twins_of_other_exchanges_stay() -> None:
    trade = {"ev": "T", "sym": "SPY", "p": 1.0, "s": 7, "t": T_MS, "q": 9, "x": 4}
    batch, _, rejected, _ = records([trade, trade | {"x": 5}, trade], [trade, trade | {"t": T_MS + 1}])
    assert batch.arrays[Kind.XTRADE]["exchange"].tolist() == [4, 5, 4]
    assert rejected == {"trade sent again (same exchange, sequence and time)": 2}


def test_ids_are_told_once_are_the_same_in_every_run_and_differ_where_check_sums_meet() -> None:
    book, other = InstrumentBook(), InstrumentBook()
    assert book.id_of("SPY") == zlib.crc32(b"SPY") & 0x7FFF_FFFF == other.id_of("SPY")
    assert book.untold() == [MappingFrame(PUBLISHER, book.id_of("SPY"), "SPY")]
    assert book.untold() == []
    by_sum: dict[int, str] = {}
    pair = None
    for digits in np.random.default_rng(1).integers(2**60, size=200_000).tolist():
        symbol = f"X{digits:x}"
        twin = by_sum.setdefault(zlib.crc32(symbol.encode()) & 0x7FFF_FFFF, symbol)
        if twin != symbol:
            pair = (twin, symbol)
            break
    assert pair is not None
    first, second = map(book.id_of, pair)
    assert second == first + 1
    assert (book.symbol_of(first), book.symbol_of(second)) == pair


@pytest.mark.parametrize("symbol", ["", "X" * 41, "A\u00e9", "A\n"])
def test_text_that_can_be_no_symbol_gets_no_id(symbol: str) -> None:
    assert InstrumentBook().id_of(symbol) == 0


# --- codes ---


def test_the_packaged_codes_are_those_that_the_engines_table_is_made_for() -> None:
    kinds = {letter: Treatment(int(TREATMENTS[code - FIRST_CODE])) for letter, code in PACKAGED.items()}
    assert {letter for letter, kind in kinds.items() if kind is Treatment.CANCEL} == set("ACEG")
    assert {letter for letter, kind in kinds.items() if kind is Treatment.LATE} == set("BDFH")
    assert {letter for letter, kind in kinds.items() if kind is Treatment.NO_SIDE} == set("fghijklmnopqrstu")


def test_numbers_that_the_vendor_gives_other_letters_mean_what_the_letters_mean() -> None:
    told = [
        Condition(201, "I"),
        Condition(240, "A"),
        Condition(232, "?"),
        Condition(219, "S"),
        Condition(7, "A", is_trade=False),
    ]
    codes = ConditionCodes.of(told, "a list")
    assert codes.translate([201, 240, 232, 219, 7, 205]) == [209, 201, FIRST_CODE, 219, 7, 205]


def test_without_a_list_of_the_vendors_codes_stay_what_they_are() -> None:
    assert ConditionCodes().translate([201, 240]) == [201, 240]


# --- clocks ---


def test_receive_time_is_corrected_by_the_skew_and_never_runs_backwards() -> None:
    meter = SkewMeter()
    for second in range(20):
        now_ns = (1000 + second) * NS_PER_S
        for late_ms in (90, 12, 40):
            meter.take(now_ns, now_ns - 5 * NS_PER_S - late_ms * NS_PER_MS)
    assert meter.skew_ns == 5 * NS_PER_S + 12 * NS_PER_MS
    first = meter.corrected_ns(2000 * NS_PER_S)
    assert first == 2000 * NS_PER_S - meter.skew_ns
    assert meter.corrected_ns(1999 * NS_PER_S) == first


def test_one_record_with_a_wrong_time_does_not_move_the_skew() -> None:
    meter = SkewMeter()
    for second in range(20):
        now_ns = (1000 + second) * NS_PER_S
        meter.take(now_ns, now_ns - 30 * NS_PER_MS)
        if second == 7:
            meter.take(now_ns, now_ns + 3600 * NS_PER_S)
    assert meter.skew_ns == 30 * NS_PER_MS


def test_a_clock_that_is_behind_does_not_make_records_come_from_the_future() -> None:
    trade = {"ev": "T", "sym": "SPY", "p": 1.0, "s": 7, "t": T_MS}
    batch, reader, _, _ = records([trade], at_ms=T_MS - 4000)
    row = batch.arrays[Kind.XTRADE][0]
    assert reader.skew.skew_ns == -4000 * NS_PER_MS
    assert int(row["ts_recv"]) >= int(row["ts_event"])


# --- whatever arrives ---

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
_FIELD = st.sampled_from(
    ["ev", "sym", "p", "s", "ds", "t", "q", "x", "c", "bp", "ap", "bs", "as", "bx", "ax", "i", "status"]
)
_EVENT = st.dictionaries(_FIELD, _JSON | st.sampled_from(["T", "Q", "status", "SPY", T_MS]), max_size=9)
_KIND = st.sampled_from(["T", "Q", "status", "X"])
_NEAR = st.builds(lambda ev, more: {"ev": ev, "sym": "SPY", "p": 1.5, "t": T_MS} | more, _KIND, _EVENT)


BENT_FRAMES = 1500


def check(data: bytes) -> None:
    """Whatever a frame is, each of its events is a record, a status, or counted; and the frame is kept."""
    batch, _, rejected, _ = records(data)
    assert frames_of(batch.arrays[Kind.RAW]) == [data]
    counts = {kind: len(rows) for kind, rows in batch.arrays.items()}
    assert np.bincount(batch.order, minlength=len(Kind)).tolist() == [counts.get(kind, 0) for kind in Kind]
    for kind in (Kind.XTRADE, Kind.XQUOTE):
        rows = batch.arrays.get(kind, np.zeros(0, DTYPES[kind]))
        assert (rows["ts_event"] > 0).all()
        assert (rows["ts_event"] < 2**63).all()
    try:
        events = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(events, list) and not rejected.get("frame that is no array of events"):
        statuses = sum(isinstance(one, Status) for one in FrameReader(Counter()).read(data))
        beyond = rejected.pop("condition codes beyond the sixth", 0)
        assert beyond >= 0
        assert counts.get(Kind.XTRADE, 0) + counts.get(Kind.XQUOTE, 0) + statuses + rejected.total() == len(events)


@settings(max_examples=300, deadline=None)
@given(st.lists(_EVENT | _NEAR | _JSON, max_size=5))
def test_any_json_is_read_or_counted(events: list[Any]) -> None:
    check(json.dumps(events).encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_counted(data: bytes) -> None:
    check(data)
    statuses_of(data)


def test_frames_cut_and_bent_anywhere_are_read_or_counted() -> None:
    rng = np.random.default_rng(5)
    whole = json.dumps(
        [
            {"ev": "T", "sym": OPTION, "x": 302, "p": 598.01, "s": 7, "c": [219, 232], "t": T_MS, "q": 9},
            {"ev": "Q", "sym": "SPY", "bx": 11, "bp": 659.99, "bs": 300, "ax": 12, "ap": 660.0, "as": 4, "t": T_MS},
            {"ev": "status", "status": "success", "message": "subscribed to: T.SPY"},
        ]
    ).encode()
    for place in range(len(whole)):
        check(whole[:place])
    for _ in range(BENT_FRAMES):
        bent = bytearray(whole)
        for _ in range(rng.integers(1, 5)):
            bent[rng.integers(len(bent))] = rng.integers(256)
        check(bytes(bent))


def test_events_nested_without_end_are_counted() -> None:
    check(b"[" * 100_000)
    _, _, rejected, _ = records(b'[{"ev":"T","x":' + b"[" * 50_000)
    assert rejected == {"frame that is no array of events": 1}


def test_kinds_of_events_without_number_do_not_fill_the_memory_with_reasons() -> None:
    _, _, rejected, _ = records(*([{"ev": f"Z{place}"}] for place in range(500)))
    assert rejected.total() == 500
    assert len(rejected) <= 65
