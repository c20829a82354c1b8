"""One rule over one run: when it enters and leaves, what is counted, and what a bracket is measured by."""

from __future__ import annotations

import pytest

from spymaster.config.alerts import LevelRule
from spymaster.evaluate.strategy.day_trades import SideTrades
from spymaster.evaluate.strategy.rule_file import EntryTable
from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierState
from tests.evaluate.strategy.market import DATE, LEVEL, QUIET, Play, Shown, a_rule
from tests.practice.tape import Said, book

WALL = BarrierState.WALL
LOWER = book("95:50 94:60", "96:40 97:40")


def entered() -> Play:
    """Sold at 100 by a market order sent at 1 s, at the venue at 1.05 s."""
    play = Play(a_rule()).records(Said(500, QUIET), Said(1040, QUIET), Said(1100, QUIET))
    return play.snaps(Shown(750), Shown(1000, WALL), Shown(1250, WALL))


def test_a_fade_sells_at_a_resistance_and_its_target_is_measured_from_the_fill() -> None:
    play = entered().records(Said(1300, LOWER), Said(1400, LOWER))
    play.snaps(Shown(1500, mid=95.5), Shown(1750, mid=95.5))
    trade = play.trade
    assert (trade.side, trade.contracts, trade.by, trade.level_id) == (-1, 1, "target", "ROUND_25.25")
    assert trade.result == 4.0
    # sold with the mid at 100.5, bought with it at 95.5
    assert trade.market == 5.0
    assert trade.session_date == DATE


def test_what_fills_cost_is_what_the_mid_moved_beyond_what_was_earned() -> None:
    play = entered().records(Said(1300, book("103:50", "105:40"))).snaps(Shown(1500, mid=104.0))
    play.records(Said(1600, book("103:50", "105:40"), 1, 105, 1, last=False), Said(1600, book("103:50", "106:9")))
    play.records(Said(1700, book("103:50", "106:9"))).snaps(Shown(1750, mid=104.5), Shown(2000, mid=104.5))
    trade = play.trade
    assert trade.by == "stop"
    # sold at 100 with the mid at 100.5, the stop at 104 was bought at 106 with the mid at 104.5
    assert (trade.result, trade.market) == (-6.0, -4.0)


def test_a_follow_buys_there() -> None:
    play = Play(a_rule(entry=EntryTable(trade="follow"))).records(Said(500, QUIET), Said(1100, QUIET))
    play.snaps(Shown(1000, WALL), Shown(1250, WALL)).records(Said(1300, book("105:5", "106:5"))).snaps(Shown(1500))
    assert play.trade.side == 1


@pytest.mark.parametrize(("order", "offset", "waits"), [("limit", 0, True), ("limit", -1, False), ("stop", -2, True)])
def test_a_limit_and_a_stop_stand_where_the_rule_says(order: str, offset: int, waits: bool) -> None:
    entry = EntryTable(order=order, offset=offset, wait=60.0)  # type: ignore[arg-type]
    play = Play(a_rule(entry=entry)).records(Said(500, QUIET), Said(1100, QUIET), Said(1200, QUIET))
    play.snaps(Shown(1000, WALL), Shown(1250, WALL))
    # at 100 a sell takes the bid, at 101 it rests; a stop at 99 waits for a trade there
    assert play.trader._practice is not None
    current = play.trader._practice.current
    assert current is not None
    assert current.tick == LEVEL + offset
    assert (current.filled == 0) == waits


def test_an_entry_that_waits_too_long_is_cancelled() -> None:
    entry = EntryTable(order="limit", wait=2.0)
    play = Play(a_rule(entry=entry)).records(*(Said(ms, QUIET) for ms in range(500, 5000, 100)))
    play.to(750, begin_ms=750).snaps(Shown(1000, WALL)).to(4000, begin_ms=1250)
    assert play.side == SideTrades(met=1, unfilled=1)


def test_a_position_whose_time_is_over_is_left_at_the_market() -> None:
    play = entered().records(*(Said(ms, QUIET) for ms in range(1300, 13_000, 250))).to(12_500, begin_ms=1500)
    trade = play.trade
    assert trade.by == "time"
    # at the first snap ten seconds after the fill it is sent, and is there 50 ms later
    assert trade.ended_ns >= trade.entered_ns + 10_000_000_000
    assert trade.ended_ns == 11_300_000_000
    # sold at 100, bought at 101, the mid where it was
    assert (trade.result, trade.market) == (-1.0, 0.0)


def test_one_bracket_at_a_time_and_what_is_met_meanwhile_is_counted() -> None:
    play = entered().snaps(Shown(1500), Shown(1750, WALL))
    assert play.side == SideTrades(met=2, busy=1)


@pytest.mark.parametrize(
    "then",
    [Shown(1500, mid=None), Shown(3000), Shown(1500, date=DATE + 1)],
    ids=["no book", "a gap", "another session"],
)
def test_a_bracket_of_which_nobody_can_say_how_it_ended_is_void(then: Shown) -> None:
    play = entered().snaps(then)
    assert play.side == SideTrades(met=1, void=1)
    assert set(play.trader.days) == {DATE}


def test_what_is_open_when_a_recording_ends_is_void() -> None:
    play = entered()
    play.trader.finish()
    assert play.side == SideTrades(met=1, void=1)


def test_without_a_book_nothing_is_entered() -> None:
    play = Play(a_rule()).records(Said(500, QUIET)).snaps(Shown(750, mid=None), Shown(1000, WALL, mid=None))
    assert play.side == SideTrades()


def test_at_prices_like_any_other_the_rule_asks_for_no_kind_of_level() -> None:
    of_vwap = LevelRule(states=("WALL",), kinds=("VWAP",), rest=0)
    own = Play(a_rule(of_vwap), levels=(25.25,))
    other = Play(a_rule(of_vwap), levels=(25.25,), placebos=1)
    for play in (own, other):
        play.records(Said(500, QUIET)).snaps(Shown(1000, WALL, kind=LevelKind.USER, user_index=0))
    assert (own.side.met, other.side.met) == (0, 1)


def test_levels_are_not_traded_at_where_prices_like_any_other_are() -> None:
    play = Play(a_rule(), levels=(25.25,), placebos=1).records(Said(500, QUIET)).snaps(Shown(1000, WALL))
    assert play.side.met == 0


def test_cutting_records_into_frames_and_snaps_into_blocks_otherwise_changes_nothing() -> None:
    said = [Said(ms, QUIET if ms < 2000 else LOWER) for ms in range(500, 3000, 50)]
    shown = [Shown(ms, WALL if ms == 1000 else BarrierState.NEUTRAL) for ms in range(750, 3000, 250)]
    whole = Play(a_rule()).records(*said).snaps(*shown)
    pieces = Play(a_rule())
    for snap in shown:
        pieces.records(*(one for one in said if snap.ms - 250 <= one.ms < snap.ms)).snaps(snap)
    assert whole.side.trades == pieces.side.trades != ()
