"""Hand-checkable cases of the decomposition, through the engine: what one event writes into the ledger."""

from __future__ import annotations

from spymaster.market.kinds import F_LAST
from tests.support.engine import Results, run
from tests.support.market import ASK, BID, MID, Market

BEST_BID = MID
BEST_ASK = MID + 1


def two_bids() -> Market:
    """Bids 50 at the best and 60 below, ten full asks; one second later the case begins."""
    market = Market()
    market.ladder(size=40, depth=10)
    for number in market.orders_at(BID, BEST_BID) + market.orders_at(BID, BEST_BID - 1):
        market.orders[number].size = 50 if market.orders[number].tick == BEST_BID else 60
    market.rows.clear()
    market.snapshot()
    return market.at(1.0)


def flows_of(market: Market) -> Results:
    return run(market.words())


def only_cell(results: Results) -> dict[str, int]:
    cells = results.cells()
    assert len(cells) == 1, cells
    return next(iter(cells.values()))


def test_a_cancel_after_a_trade_is_a_fill() -> None:
    market = two_bids()
    market.trade(ASK, 20)
    cell = only_cell(flows_of(market))
    assert (cell["filled"], cell["pulled"], cell["added"]) == (20, 0, 0)


def test_the_same_cancel_without_a_trade_is_a_pull() -> None:
    market = two_bids()
    market.cancel(market.orders_at(BID, BEST_BID)[0], 20)
    cell = only_cell(flows_of(market))
    assert (cell["filled"], cell["pulled"], cell["added"]) == (0, 20, 0)


def test_a_trade_that_leaves_a_visible_price_unchanged_hit_hidden_size() -> None:
    market = two_bids()
    market.print(ASK, BEST_BID, 20)
    cell = only_cell(flows_of(market))
    assert (cell["filled"], cell["added"], cell["hidden"], cell["pulled"]) == (20, 20, 20, 0)


def test_a_refill_in_the_same_event_is_an_addition() -> None:
    market = two_bids()
    market.trade(ASK, 20, last=False)
    market.add(BID, BEST_BID, 15)
    cell = only_cell(flows_of(market))
    assert (cell["filled"], cell["added"], cell["pulled"], cell["hidden"]) == (20, 15, 0, 0)


def test_a_decrease_larger_than_the_trade_is_part_fill_part_pull() -> None:
    market = two_bids()
    market.print(ASK, BEST_BID, 20, last=False)
    market.cancel(market.orders_at(BID, BEST_BID)[0], 25)
    cell = only_cell(flows_of(market))
    assert (cell["filled"], cell["pulled"], cell["added"]) == (20, 5, 0)


def test_a_price_that_enters_the_window_is_no_addition() -> None:
    market = Market()
    market.ladder(size=40, depth=11).at(1.0)
    market.cancel(market.orders_at(ASK, BEST_ASK)[0])
    cells = flows_of(market).cells()
    assert {(side, tick) for _, side, tick in cells} == {(ASK, BEST_ASK)}
    assert only_cell(flows_of(market))["pulled"] == 40


def test_a_price_that_leaves_the_window_is_no_pull() -> None:
    market = Market()
    market.ladder(size=40, depth=10, spread=2).at(1.0)
    market.add(ASK, BEST_ASK, 7)
    cells = flows_of(market).cells()
    assert {(side, tick) for _, side, tick in cells} == {(ASK, BEST_ASK)}
    assert only_cell(flows_of(market))["added"] == 7


def test_a_trade_without_a_side_between_the_quotes_is_off_book() -> None:
    market = Market()
    market.ladder(spread=3).at(1.0)
    market.print(None, MID + 1, 5)
    cells = flows_of(market).cells()
    assert {(side, tick): cell["off_book"] for (_, side, tick), cell in cells.items()} == {(None, MID + 1): 5}


def test_a_trade_without_a_side_at_the_ask_is_matched_to_the_asks() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.print(None, BEST_ASK, 5, last=False)
    market.cancel(market.orders_at(ASK, BEST_ASK)[0], 5)
    results = flows_of(market)
    assert results.total("filled", ASK, BEST_ASK) == 5
    assert results.total("off_book") == 0


def test_a_moved_order_is_pulled_at_one_price_and_added_at_the_other() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.modify(market.orders_at(BID, MID - 2)[0], tick=MID - 1)
    results = flows_of(market)
    assert results.total("pulled", BID, MID - 2) == 50
    assert results.total("added", BID, MID - 1) == 50


def test_a_sweep_fills_each_price_and_pulls_none() -> None:
    market = Market()
    market.ladder(size=10).at(1.0)
    market.trade(BID, 25)
    results = flows_of(market)
    assert [results.total("filled", ASK, BEST_ASK + k) for k in range(3)] == [10, 10, 5]
    assert results.total("pulled") == 0
    assert results.total("added") == 0


def test_a_trade_shown_with_the_book_after_it_is_a_fill_too() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.orders[market.orders_at(ASK, BEST_ASK)[0]].size = 30
    market.print(BID, BEST_ASK, 20)
    results = flows_of(market)
    assert (results.total("filled"), results.total("pulled"), results.total("hidden")) == (20, 0, 0)


def test_an_event_without_last_flag_closes_when_the_event_time_changes() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.print(ASK, BEST_BID, 20, last=False)
    market.at(1.01)
    market.cancel(market.orders_at(BID, BEST_BID)[0], 20)
    results = flows_of(market)
    assert results.total("hidden") == 20
    assert results.total("pulled") == 20


def test_a_trade_waits_for_its_decrease_over_all_records_of_the_event() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.print(ASK, BEST_BID, 20, last=False)
    market.add(ASK, BEST_ASK + 3, 4, last=False)
    market.cancel(market.orders_at(BID, BEST_BID)[0], 20)
    results = flows_of(market)
    assert (results.total("filled", BID, BEST_BID), results.total("pulled"), results.total("hidden")) == (20, 0, 0)


def test_a_clear_makes_no_flow_and_sends_waiting_trades_off_book() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.print(ASK, BEST_BID, 20, last=False)
    market.clear()
    results = flows_of(market)
    assert (results.total("off_book"), results.total("filled"), results.total("pulled")) == (20, 0, 0)


def test_a_snapshot_makes_no_flow() -> None:
    market = Market()
    market.ladder().at(1.0)
    for order in market.orders.values():
        order.size += 13
    market.snapshot()
    assert len(flows_of(market).flows) == 0


def test_a_doubted_book_makes_no_flow_and_the_next_clean_record_starts_anew() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.orders[market.orders_at(BID, BEST_BID)[0]].size = 5
    market.write(b"C", BID, BEST_BID, 45, flags=F_LAST | 4)
    market.at(1.1)
    market.orders[market.orders_at(ASK, BEST_ASK)[0]].size = 5
    market.write(b"C", ASK, BEST_ASK, 45)
    market.at(1.2)
    market.cancel(market.orders_at(ASK, BEST_ASK)[0], 2)
    results = flows_of(market)
    assert results.total("pulled") == 2
    assert results.total("added") == 0


def test_a_record_that_changes_nothing_makes_no_flow() -> None:
    market = Market()
    market.ladder().at(1.0)
    market.write(b"A", BID, MID - 12, 10)
    market.write(b"C", ASK, MID + 14, 10)
    assert len(flows_of(market).flows) == 0
