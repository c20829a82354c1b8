"""The second market's records are what the vendor would send of such a market."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.dtypes import W_LEVELS, by_name
from spymaster.market.kinds import F_LAST, Kind
from spymaster.sim.instrument import INSTRUMENT_ID, TICK_E9
from spymaster.sim.second.session import SecondSession
from tests.sim.reading import ASK, BID, Row, events


def levels(session: SecondSession, name: str) -> NDArray[np.int64]:
    """One field of all ten levels: int64[n, 10]."""
    fields = by_name(Kind.MBP10, session.records)
    return np.stack([fields[f"{name}_{level:02}"] for level in range(10)], axis=1).astype(np.int64)


def test_every_record_has_the_vendors_header(opening: SecondSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    assert set(
        zip(fields["length"], fields["rtype"], fields["publisher_id"], fields["instrument_id"], strict=True)
    ) == {(92, 10, 1, INSTRUMENT_ID)}


def test_the_first_record_is_a_snapshot_of_the_whole_book_and_the_only_one(opening: SecondSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    assert (fields["action"][0], fields["side"][0], fields["flags"][0]) == (b"A", b"N", 168)
    assert not (fields["flags"][1:] & 32).any()


@pytest.mark.parametrize(("side", "outward"), [("bid", -1), ("ask", 1)])
def test_all_ten_levels_are_there_in_order_on_ticks_with_size_and_orders(
    opening: SecondSession, side: str, outward: int
) -> None:
    prices = levels(opening, f"{side}_px")
    assert (prices % TICK_E9 == 0).all()
    assert (np.diff(prices, axis=1) * outward >= TICK_E9).all()
    sizes, orders = levels(opening, f"{side}_sz"), levels(opening, f"{side}_ct")
    assert (orders >= 1).all()
    assert (sizes >= orders).all()


def test_the_book_is_never_locked_or_crossed_when_an_event_ends(opening: SecondSession) -> None:
    ended = by_name(Kind.MBP10, opening.records)["flags"] & F_LAST != 0
    assert (levels(opening, "ask_px")[ended, 0] > levels(opening, "bid_px")[ended, 0]).all()


def test_times_run_forward_and_nothing_arrives_before_it_happens(opening: SecondSession) -> None:
    fields = by_name(Kind.MBP10, opening.records)
    event, recv = fields["ts_event"].astype(np.int64), fields["ts_recv"].astype(np.int64)
    assert (np.diff(event) >= 0).all()
    assert (np.diff(recv) >= 0).all()
    assert (np.diff(fields["sequence"].astype(np.int64)) >= 0).all()
    assert ((recv - event >= 82_000) & (recv - event < 30_000_000)).all()
    assert opening.start_ns <= event[0]
    assert event[-1] < opening.end_ns


def test_an_event_ends_with_its_last_record_and_nowhere_else(opening_rows: list[Row]) -> None:
    for event in events(opening_rows)[:-1]:
        assert [row.is_last for row in event] == [False] * (len(event) - 1) + [True]


def test_every_record_but_a_trade_changes_the_ten_levels(opening: SecondSession) -> None:
    changed = (np.diff(opening.records[:, W_LEVELS:], axis=0) != 0).any(axis=1)
    is_trade = by_name(Kind.MBP10, opening.records)["action"][1:] == b"T"
    assert (changed == ~is_trade).all()


def test_trades_carry_the_book_before_them_and_what_follows_takes_their_size_away(opening_rows: list[Row]) -> None:
    before = opening_rows[0].book
    sweeps = 0
    for event in events(opening_rows)[1:-1]:
        trades = [row for row in event if row.action == "T"]
        if trades:
            assert event[: len(trades)] == trades
            assert all(trade.book == before for trade in trades)
            passive = ASK if trades[0].side == "B" else BID
            after = event[-1].book[passive]
            for trade in trades:
                assert before[passive][trade.price] - after.get(trade.price, 0) == trade.size
            assert [trade.price for trade in trades] == list(before[passive])[: len(trades)]
            sweeps += len(trades) > 1
        before = event[-1].book
    assert sweeps > 10


def test_an_add_or_cancel_states_the_size_it_changed(opening_rows: list[Row]) -> None:
    before = opening_rows[0].book
    for row in opening_rows[1:]:
        if row.action in "AC":
            side = BID if row.side == "B" else ASK
            change = row.book[side].get(row.price, 0) - before[side].get(row.price, 0)
            gone = row.price not in row.book[side] and row.price not in before[side]
            assert gone or change == (row.size if row.action == "A" else -row.size)
        before = row.book


def test_prices_enter_and_leave_the_window_at_the_tenth_level(opening_rows: list[Row]) -> None:
    far = [list(row.book[ASK])[-1] for row in opening_rows if row.action != "T"]
    steps = np.sign(np.diff(far))
    assert (steps > 0).sum() > 50
    assert (steps < 0).sum() > 50
