"""The order book market's records are what the vendor would send of it."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.dtypes import W_LEVELS, by_name
from spymaster.market.kinds import F_LAST, UNDEF_PRICE, Kind
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.recording.session import session_start_ns, trades_of
from tests.sim.market_support import session, settings
from tests.sim.reading import ASK, BID, Row, events, rows


@pytest.fixture(scope="module")
def run() -> Session:
    return session(5, 4, "mix", "open")


@pytest.fixture(scope="module")
def seen(run: Session) -> list[Row]:
    return rows(run.records[:25_000])


def test_a_session_begins_with_a_clear_and_a_snapshot(run: Session) -> None:
    fields = by_name(Kind.MBP10, run.records)
    assert fields["action"][:2].tolist() == [b"R", b"A"]
    assert fields["side"][:2].tolist() == [b"N", b"N"]
    assert fields["flags"][1] == 168
    assert fields["bid_px_00"][0] == fields["ask_px_09"][0] == UNDEF_PRICE
    assert set(fields["action"][2:].tolist()) == {b"A", b"C", b"M", b"T"}


def test_an_evening_session_begins_with_an_auction_that_has_no_aggressor() -> None:
    first = by_name(Kind.MBP10, simulate(settings(5, "none", "quiet"), 1).records[:3])
    assert first["action"].tolist() == [b"R", b"T", b"A"]
    assert first["side"].tolist() == [b"N", b"N", b"N"]


def test_midnight_brings_a_snapshot_that_changes_nothing() -> None:
    start_ns = session_start_ns(19 * 60 + 59)
    chosen = settings(5, "none", "quiet", minute=19 * 60 + 59, start_ns=start_ns, with_auction=False)
    records = simulate(chosen, 2).records
    fields = by_name(Kind.MBP10, records)
    [at] = np.flatnonzero(fields["flags"][2:] == 168) + 2
    assert (records[at, W_LEVELS:] == records[at - 1, W_LEVELS:]).all()
    assert (fields["action"][at], fields["side"][at]) == (b"A", b"N")
    assert fields["ts_recv"][at] >= session_start_ns(20 * 60) > fields["ts_event"][at - 1]


def test_the_records_of_an_event_share_its_time_and_only_the_last_says_so(seen: list[Row]) -> None:
    several = 0
    for event in events(seen)[1:-1]:
        assert [row.is_last for row in event] == [False] * (len(event) - 1) + [True]
        several += len(event) > 1
    assert several > 500


def test_trades_carry_the_book_before_them_and_what_follows_takes_their_size_away(seen: list[Row]) -> None:
    before = seen[1].book
    swept = 0
    for event in events(seen[2:])[:-1]:
        trades = [row for row in event if row.action == "T"]
        assert event[: len(trades)] == trades
        assert all(trade.book == before for trade in trades)
        for trade in trades:
            passive = ASK if trade.side == "B" else BID
            gone = before[passive][trade.price] - event[-1].book[passive].get(trade.price, 0)
            assert gone <= trade.size
        swept += len(trades) > 1
        before = event[-1].book
    assert swept > 10


def test_every_record_but_a_trade_changes_the_ten_levels(run: Session) -> None:
    changed = (np.diff(run.records[1:, W_LEVELS:], axis=0) != 0).any(axis=1)
    is_trade = by_name(Kind.MBP10, run.records)["action"][2:] == b"T"
    assert (changed == ~is_trade).all()


def test_the_book_is_never_locked_or_crossed_when_an_event_ends(run: Session) -> None:
    fields = by_name(Kind.MBP10, run.records[1:])
    ended = fields["flags"] & F_LAST != 0
    assert (fields["ask_px_00"][ended] - fields["bid_px_00"][ended] >= TICK_E9).all()


def test_times_run_forward_and_sequence_numbers_have_holes(run: Session) -> None:
    fields = by_name(Kind.MBP10, run.records)
    event, recv = fields["ts_event"].astype(np.int64), fields["ts_recv"].astype(np.int64)
    assert (np.diff(event) >= 0).all()
    assert (np.diff(recv) >= 0).all()
    assert (recv > event).all()
    steps = np.diff(fields["sequence"].astype(np.int64))
    assert steps.min() >= 0
    assert (steps > 1).any()
    assert (fields["ts_in_delta"][2:] > 0).all()


def test_the_trades_file_holds_the_depths_trades(run: Session) -> None:
    fields = by_name(Kind.MBP10, run.records)
    inside = fields[fields["action"] == b"T"]
    trades = trades_of(run.records)
    assert set(trades["rtype"]) == {0}
    assert set(trades["length"]) == {12}
    for name in ("ts_event", "ts_recv", "price", "size", "side", "sequence", "instrument_id", "publisher_id"):
        assert (trades[name] == inside[name]).all()
