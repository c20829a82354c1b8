"""A bracket from its placing to its end: entries, stops, targets, excursions and R. For buys and sells."""

from __future__ import annotations

import pytest

from spymaster.market.kinds import NS_PER_MS
from spymaster.practice.engine import PracticeError
from tests.practice.tape import Bench, Said, book

both = pytest.mark.parametrize("side", [1, -1])

B = book("100:50 99:60", "101:40 102:40")


@both
def test_a_market_order_takes_what_is_displayed_level_by_level(side: int) -> None:
    bench = Bench(side, latency_ms=50).play(Said(0, B)).buy("market", 0, size=60)
    bench.play(Said(40, book("100:50", "101:30 103:100")), Said(60, book("104:1", "105:1")))
    # at the venue at 51 ms: thirty at 101 and thirty at 103
    assert (bench.trade.filled, bench.entry) == (60, 102.0)
    assert bench.trade.entered_ns == 51 * NS_PER_MS


@both
def test_what_the_book_has_not_is_taken_from_it_after_the_next_event(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("market", 0, size=100).play(Said(5, book("100:50", "103:9")))
    assert bench.trade.filled == 80
    bench.play(Said(6, B))
    assert bench.trade.filled == 89
    bench.play(Said(7, B))
    assert (bench.trade.filled, bench.trade.open) == (100, 100)


@both
def test_a_limit_beyond_the_other_side_takes_up_to_its_price_and_rests(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 101, size=50).play(Said(5, B), Said(6, B))
    assert (bench.trade.filled, bench.entry) == (40, 101.0)
    assert bench.ahead() == 0


@both
def test_a_stop_entry_waits_for_a_trade_at_its_price_and_takes_the_book_after_it(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("stop", 102, size=2).play(Said(5, B, 1, 101, 5), Said(6, B))
    assert bench.trade.filled == 0
    after = book("101:5", "103:40")
    bench.play(Said(7, B, 1, 102, 5, last=False), Said(7, after), Said(8, book("109:1", "110:1")))
    assert (bench.trade.filled, bench.entry) == (2, 103.0)


def opened(side: int, size: int = 2, latency_ms: float = 0.0) -> Bench:
    """Bought at 101 with a stop at 97 and a target at 105, at rest."""
    bench = Bench(side, latency_ms).play(Said(0, B)).buy("limit", 101, size=size, stop=4, target=4)
    return bench.play(Said(60, B), Said(200, book("101:5", "102:5")))


@both
def test_a_target_is_filled_by_queue_like_any_resting_order(side: int) -> None:
    at_rest = book("100:50", "101:40 105:30")
    bench = Bench(side).play(Said(0, at_rest)).buy("limit", 101, size=2, stop=4, target=4)
    bench.play(Said(60, at_rest), Said(210, book("104:5", "105:30")), Said(220, book("104:5", "105:30"), 1, 105, 30))
    assert bench.trade.status == "open"
    bench.play(Said(230, book("104:5", "105:20"), 1, 105, 1), Said(240, book("104:5", "105:20"), 1, 105, 4))
    trade = bench.trade
    assert (trade.status, trade.by, bench.exit, trade.result) == ("closed", "target", 105.0, 4.0)
    assert trade.r == 1.0


@both
def test_a_stop_is_triggered_by_a_trade_and_slips_to_what_is_there(side: int) -> None:
    bench = opened(side)
    bench.play(Said(210, book("98:5", "99:5"), -1, 97, 1), Said(220, book("90:1", "91:1")))
    assert bench.trade.status == "closed"
    trade = bench.trade
    # the event that triggered it left 98 bid
    assert (trade.by, bench.exit, trade.result, trade.r) == ("stop", 98.0, -3.0, -0.75)


@both
def test_a_stop_fills_below_its_price_where_the_book_is(side: int) -> None:
    bench = opened(side)
    bench.play(Said(210, book("95:5", "96:5"), -1, 97, 1), Said(220, B))
    assert (bench.trade.by, bench.trade.result, bench.trade.r) == ("stop", -6.0, -1.5)


@both
def test_where_one_record_reaches_both_the_stop_comes_first(side: int) -> None:
    bench = opened(side)
    bench.play(Said(210, book("96:5", "105:5"), -1, 97, 1), Said(220, book("106:5", "107:5")))
    assert bench.trade.by == "stop"


@both
def test_the_exits_come_to_the_venue_a_latency_after_the_fill(side: int) -> None:
    bench = Bench(side, 50).play(Said(0, B)).buy("limit", 101, size=2, stop=4, target=4)
    bench.play(Said(60, book("96:5", "97:5"), -1, 96, 1), Said(61, B), Said(90, B))
    assert bench.trade.status == "open"
    assert [order.at_venue for order in bench.engine.standing(is_on=True).orders] == [False, False]


@both
def test_a_stop_that_comes_too_late_leaves_at_once(side: int) -> None:
    bench = Bench(side, 50).play(Said(0, B)).buy("limit", 101, size=2, stop=4, target=4)
    bench.play(Said(60, book("94:5", "95:5")), Said(200, book("94:5", "95:5")))
    assert (bench.trade.status, bench.trade.by, bench.exit) == ("closed", "stop", 94.0)


@both
def test_a_target_filled_in_part_leaves_the_stop_to_protect_the_rest(side: int) -> None:
    bench = opened(side, size=5)
    bench.play(Said(210, book("104:5", "105:0")), Said(220, book("104:5", "105:9"), 1, 105, 2))
    orders = {order.role: order.left for order in bench.engine.standing(is_on=True).orders}
    assert (bench.trade.open, orders) == (3, {"stop": 3, "target": 3})
    bench.play(Said(230, book("96:9", "97:5"), -1, 96, 1), Said(240, B))
    trade = bench.trade
    assert (trade.status, trade.by) == ("closed", "stop")
    assert trade.result == pytest.approx((2 * 4 - 3 * 5) / 5)


@both
def test_an_entry_filled_in_part_is_protected_and_its_rest_goes_at_the_first_exit(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 101, size=50, stop=4, target=4)
    bench.play(Said(60, book("101:0", "102:5")), Said(70, book("96:90", "97:5"), -1, 96, 0), Said(80, B))
    trade = bench.trade
    assert (trade.size, trade.filled, trade.status, trade.open) == (50, 40, "closed", 0)


@both
def test_excursions_are_of_the_price_it_could_be_left_at(side: int) -> None:
    bench = opened(side)
    bench.play(Said(210, book("99:5", "103:5")), Said(220, book("103:5", "106:5")), Said(230, book("102:5", "106:5")))
    trade = bench.trade
    assert (trade.adverse, trade.favourable) == (-2.0, 2.0)
    assert bench.engine.standing(is_on=True).mark == 1.0


@both
def test_flat_leaves_at_the_market_after_the_latency_and_cancels_the_rest(side: int) -> None:
    bench = opened(side, latency_ms=50)
    bench.engine.flat()
    bench.play(Said(230, book("103:9", "104:5")), Said(300, B))
    trade = bench.trade
    assert (trade.status, trade.by, bench.exit, trade.r) == ("closed", "flat", 103.0, 0.5)
    assert bench.engine.standing(is_on=True).orders == ()


@both
def test_flat_before_anything_was_filled_is_a_cancellation(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("limit", 99).play(Said(5, B))
    bench.engine.flat()
    bench.play(Said(6, B))
    assert (bench.trade.status, bench.trade.filled, bench.trade.counts) == ("cancelled", 0, False)


@both
def test_a_market_entry_has_its_stop_and_target_counted_from_its_first_fill(side: int) -> None:
    bench = Bench(side).play(Said(0, B)).buy("market", 0, stop=4, target=8).play(Said(5, B), Said(6, B))
    trade = bench.trade
    assert (side * (trade.entry - trade.stop), side * (trade.target - trade.entry)) == (4, 8)


def test_one_bracket_at_a_time() -> None:
    bench = Bench().play(Said(0, B)).buy("limit", 99)
    with pytest.raises(PracticeError, match="one bracket at a time"):
        bench.buy("limit", 98)


@pytest.mark.parametrize(("size", "stop", "target"), [(0, 4, 4), (501, 4, 4), (1, 0, 4), (1, 4, 401)])
def test_a_bracket_that_cannot_be_is_refused(size: int, stop: int, target: int) -> None:
    bench = Bench().play(Said(0, B))
    with pytest.raises(PracticeError, match="cannot be"):
        bench.buy("limit", 99, size, stop, target)


def test_a_leap_makes_void_what_works_or_is_open_and_nothing_else() -> None:
    bench = opened(1)
    bench.engine.flat()
    bench.play(Said(300, B))
    bench.engine.advance(400 * NS_PER_MS)
    bench.buy("limit", 99)
    bench.engine.leap("the replay went back")
    trades = bench.engine.ended
    assert [(trade.status, trade.counts) for trade in trades] == [("closed", True), ("void", False)]
    assert trades[1].why_void == "the replay went back"
    assert not bench.engine.is_busy


def test_what_is_placed_where_the_future_has_been_seen_does_not_count() -> None:
    bench = Bench().play(Said(0, B), Said(500, B))
    bench.engine.leap("the replay went back")
    bench.play(Said(10, B)).buy("market", 0, stop=4, target=4).play(Said(20, B))
    bench.play(Said(30, book("95:5", "96:5"), -1, 95, 1), Said(40, B))
    trade = bench.trade
    assert (trade.status, trade.foreseen, trade.counts) == ("closed", True, False)
    assert bench.engine.standing(is_on=True).counted == 0
