"""A resting paper order: where it joins, what takes it forward, what fills it. Every case for buys and sells."""

from __future__ import annotations

import pytest

from tests.practice.tape import Bench, Said, book

pytestmark = pytest.mark.parametrize("side", [1, -1])

B = book("100:50 99:60", "101:40 102:40")


def sold(ms: int, size: int, left: int, tick: int = 100) -> tuple[Said, Said]:
    """A seller hits the bid at 100: the trade, then the book without it, as one venue event."""
    before, after = book(f"100:{left + size} 99:60", "101:40"), book(f"100:{left} 99:60", "101:40")
    return Said(ms, before, -1, tick, size, last=False), Said(ms, after)


def test_it_joins_the_back_of_what_is_displayed(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, B))
    assert bench.ahead() == 50
    assert bench.trade.joined_ahead == 50
    assert bench.trade.status == "working"


def test_trades_at_its_price_take_what_is_ahead_first(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, B), *sold(6, 20, 30))
    assert bench.ahead() == 30
    assert bench.trade.filled == 0


def test_it_is_filled_by_what_trades_beyond_the_queue_ahead(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100, size=5).play(Said(5, B), *sold(6, 20, 30))
    bench.play(Said(7, book("100:40 99:60", "101:40")), *sold(8, 32, 8))
    assert (bench.trade.filled, bench.trade.open) == (2, 2)
    bench.play(*sold(9, 8, 0))
    assert (bench.trade.filled, bench.entry) == (5, 100.0)


def test_additions_after_it_stand_behind_it(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, book("100:90", "101:40")))
    assert bench.ahead() == 50


@pytest.mark.parametrize(("share", "ahead"), [(0.0, 50.0), (0.5, 40.0), (1.0, 30.0)])
def test_a_share_of_what_is_withdrawn_stood_ahead(side: int, share: float, ahead: float) -> None:
    """Fifty ahead of a hundred displayed: of forty that leave, half stood ahead if they leave evenly."""
    bench = Bench(side, cancels_ahead=share).play(Said(0, B)).buy("limit", 100).play(Said(5, B))
    bench.play(Said(6, book("100:100", "101:40")), Said(7, book("100:60", "101:40")))
    assert bench.ahead() == ahead


def test_no_more_is_ahead_than_is_displayed(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, B), Said(6, book("100:12 99:60", "101:40")))
    assert bench.ahead() == 12


def test_what_leaves_by_trading_is_not_taken_for_withdrawn(side: int) -> None:
    bench = Bench(side, cancels_ahead=1.0).play(Said(0, B)).buy("limit", 100).play(Said(5, B), *sold(6, 20, 30))
    assert bench.ahead() == 30


def test_a_trade_and_a_withdrawal_in_one_event_are_told_apart(side: int) -> None:
    bench = Bench(side, cancels_ahead=1.0).play(Said(0, B)).buy("limit", 100)
    bench.play(Said(5, book("100:80", "101:40")), Said(6, book("100:80", "101:40"), -1, 100, 20, last=False))
    bench.play(Said(6, book("100:40", "101:40")))
    # 80 displayed, 30 ahead after the trade; of 20 withdrawn out of 80, 30/80 stood ahead
    assert bench.ahead() == 22.5


def test_hidden_size_that_trades_takes_the_queue_forward_too(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, B), Said(6, B, -1, 100, 20))
    assert bench.ahead() == 30


def test_a_trade_through_its_price_fills_it_whole(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100, size=7).play(Said(5, B))
    bench.play(Said(6, B, -1, 99, 1))
    assert (bench.trade.filled, bench.entry) == (7, 100.0)


def test_it_is_filled_where_the_other_side_comes_to_stand_at_its_price(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100, size=3).play(Said(5, B))
    bench.play(Said(6, book("99:60", "100:5 101:40")))
    assert (bench.trade.filled, bench.entry) == (3, 100.0)


def test_trades_on_the_other_side_do_nothing(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 100).play(Said(5, B), Said(6, B, 1, 101, 40))
    assert (bench.ahead(), bench.trade.filled) == (50, 0)


def test_an_order_inside_the_spread_is_first_in_its_queue(side: int) -> None:
    wide = book("100:50", "103:40")
    bench = Bench(side).play(Said(0, wide)).buy("limit", 101, size=2).play(Said(5, wide))
    assert bench.ahead() == 0
    bench.play(Said(6, book("101:9 100:50", "103:40")), Said(7, book("101:9 100:50", "103:40"), -1, 101, 1))
    assert bench.trade.filled == 1


TEN = book(" ".join(f"{100 - k}:5" for k in range(10)), "101:40")
DEEPER = book(" ".join(f"{99 - k}:5" for k in range(10)), "100:40")


def test_where_its_price_is_out_of_sight_the_queue_is_unknown_and_nothing_is_assumed(side: int) -> None:
    bench = Bench(side).play(Said(0, TEN)).buy("limit", 90).play(Said(5, TEN))
    assert bench.ahead() is None
    assert bench.trade.joined_ahead is None


def test_once_in_sight_all_that_is_displayed_there_is_ahead(side: int) -> None:
    bench = Bench(side).play(Said(0, TEN)).buy("limit", 90).play(Said(5, TEN), Said(6, DEEPER))
    assert bench.ahead() == 5
    assert bench.trade.joined_ahead == 5


def test_before_its_latency_has_passed_nothing_reaches_it(side: int) -> None:
    bench = Bench(side, latency_ms=50).play(Said(0, B)).buy("limit", 100)
    bench.play(Said(20, B), *sold(21, 20, 30))
    assert bench.ahead() is None
    bench.play(Said(70, book("100:33 99:60", "101:40")), *sold(80, 5, 28))
    # it came at 51 ms, when thirty were displayed
    assert bench.ahead() == 25
    assert bench.trade.joined_ahead == 30


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_the_same_records_fill_alike_however_they_are_cut(side: int, cut: int) -> None:
    records = (
        *(Said(5, B), *sold(6, 20, 30)),
        *(Said(7, book("100:40 99:60", "101:40")), Said(8, book("100:25 99:60", "101:40"))),
        *(*sold(9, 15, 10), Said(10, book("100:30 99:60", "101:40"), -1, 99, 1), Said(200, B)),
        *(Said(300, book("108:5", "109:5")), Said(310, book("108:5", "109:5"), 1, 109, 3), Said(400, B)),
    )
    whole = Bench(side, 2, 0.5).play(Said(0, B)).buy("limit", 100, size=4).play(*records)
    parts = Bench(side, 2, 0.5).play(Said(0, B)).buy("limit", 100, size=4).play(*records, cut=cut)
    assert whole.trade == parts.trade
    assert whole.trade.filled == 4
