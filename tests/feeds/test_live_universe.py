"""The front month and the options of the day, by what definitions and statistics say; subscriptions only grow."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from spymaster.feeds.databento_live.lines import Asked
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, ListedOptionsLine, OptionDay, ShareLine
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import Hours
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import empty
from spymaster.market.instruments import TickSource
from spymaster.market.kinds import UNDEF_PRICE, Kind
from tests.feeds.test_supervision import ToldClock

NOW = dt.datetime(2026, 3, 10, 15, tzinfo=dt.UTC)
NOW_NS = int(NOW.timestamp()) * 10**9
DAY_NS = 86_400 * 10**9


def open_all_day(_ns: int) -> Hours:
    """A market that never closes."""
    return Hours.OPEN


def definition(
    symbol: str,
    number: int,
    what: str,
    expires: dt.datetime,
    *,
    underlying: str = "",
    strike: float = 0.0,
    tick_e9: int = 250_000_000,
) -> Records:
    """One definition."""
    row = empty(Kind.DEF, 1)
    row["rtype"], row["publisher_id"], row["instrument_id"] = 19, 1, number
    row["raw_symbol"], row["instrument_class"] = symbol.encode(), what.encode()
    row["expiration"] = int(expires.timestamp()) * 10**9
    row["underlying"], row["min_price_increment"] = underlying.encode(), tick_e9
    row["strike_price"] = round(strike * 1e9) if strike else UNDEF_PRICE
    row["ts_event"] = row["ts_recv"] = NOW_NS
    return row


def cleared(number: int, volume: int, day: dt.date = dt.date(2026, 3, 9)) -> Records:
    """The volume cleared in a session."""
    row = empty(Kind.STAT, 1)
    row["rtype"], row["instrument_id"], row["stat_type"], row["quantity"] = 24, number, 6, volume
    row["ts_ref"] = int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * 10**9
    return row


def at(day: dt.date, hour: int = 21) -> dt.datetime:
    """An hour of a day, UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)


MARCH, JUNE = at(dt.date(2026, 3, 20)), at(dt.date(2026, 6, 19))
TODAY = at(NOW.date())


@pytest.fixture
def universe() -> Universe:
    """Two outrights, a spread, options of today and of tomorrow under several roots."""
    known = Universe()
    for row in (
        definition("ESH6", 1, "F", MARCH),
        definition("ESM6", 2, "F", JUNE),
        definition("ESH6-ESM6", 3, "S", MARCH),
        definition("MESM6", 4, "F", JUNE),
        definition("E2BH6 C6700", 10, "C", TODAY, underlying="ESH6", strike=6700, tick_e9=0),
        definition("E2BH6 P6700", 11, "P", TODAY, underlying="ESH6", strike=6700, tick_e9=0),
        definition("EW2H6 C6710", 12, "C", TODAY + dt.timedelta(days=1), underlying="ESH6", strike=6710, tick_e9=0),
        definition("ESM6 C6700", 13, "C", TODAY, underlying="ESM6", strike=6700, tick_e9=0),
    ):
        known.define(row)
    return known


def front(universe: Universe, now_ns: int = NOW_NS) -> str | None:
    """The front month's symbol."""
    found = universe.front_month("ES", now_ns)
    return None if found is None else found.symbol


def test_the_front_month_is_what_cleared_most_in_the_session_before(universe: Universe) -> None:
    universe.measure(cleared(1, 1000))
    universe.measure(cleared(2, 900_000))
    assert front(universe) == "ESM6"


def test_volumes_of_the_running_session_do_not_count(universe: Universe) -> None:
    universe.measure(cleared(2, 900_000, NOW.date()))
    assert front(universe) == "ESH6"


def test_without_volumes_it_is_the_nearest_that_has_more_than_eight_days_left(universe: Universe) -> None:
    assert front(universe) == "ESH6"
    assert front(universe, NOW_NS + 3 * DAY_NS) == "ESM6"


def test_what_has_expired_is_no_front_month(universe: Universe) -> None:
    universe.measure(cleared(1, 900_000, dt.date(2026, 3, 20)))
    assert front(universe, NOW_NS + 20 * DAY_NS) == "ESM6"


def test_another_product_is_never_the_front_month_of_this_one(universe: Universe) -> None:
    universe.measure(cleared(4, 9_000_000))
    assert front(universe) == "ESH6"
    assert universe.front_month("NQ", NOW_NS) is None


def futures(symbol: str = "ES", *, options: bool = True) -> FuturesLine:
    """A line of futures, with the options of the day."""
    clock = ToldClock()
    clock.now_s = NOW_NS / 1e9
    day = OptionDay(20260310, int(TODAY.timestamp()) * 10**9) if options else None
    return FuturesLine(symbol, clock, open_all_day, day)


def test_the_options_of_the_day_are_those_on_the_front_month_that_expire_on_it_whatever_their_root(
    universe: Universe,
) -> None:
    line = futures()
    asked = {(one.schema, one.symbols) for one in line.choose(universe)}
    options = ("E2BH6 C6700", "E2BH6 P6700")
    assert {(schema, options) for schema in ("tbbo", "bbo-1s", "statistics", "status")} <= asked
    assert ("mbp-10", ("ESH6",)) in asked
    assert line.instrument is not None
    assert (line.instrument.symbol, line.instrument.tick_source) == ("ESH6", TickSource.DEFINITION)
    assert (line.instrument.multiplier, line.instrument.publisher_id) == (50, 1)
    assert line.contracts["instrument_id"].tolist() == [10, 11]


def test_an_outright_asked_for_is_taken_whatever_trades_most(universe: Universe) -> None:
    line = futures("ESM6")
    line.choose(universe)
    assert line.instrument is not None
    assert line.instrument.symbol == "ESM6"
    assert line.contracts["instrument_id"].tolist() == [13]


def test_a_continuous_symbol_is_followed_to_what_it_stands_for(universe: Universe) -> None:
    line = futures("ES.v.0", options=False)
    assert line.choose(universe) == ()
    universe.map("ES.v.0", "ESM6", 2)
    line.choose(universe)
    assert line.instrument is not None
    assert line.instrument.symbol == "ESM6"
    reference = [(one.schema, one.symbols, one.stype) for one in line.plan().reference]
    assert ("definition", ("ES.v.0",), "continuous") in reference
    assert ("definition", ("ES.FUT",), "parent") in reference


def test_the_contract_stays_once_it_is_chosen(universe: Universe) -> None:
    line = futures()
    line.choose(universe)
    universe.measure(cleared(2, 900_000))
    line.choose(universe)
    assert line.instrument is not None
    assert line.instrument.symbol == "ESH6"


def test_strikes_listed_later_are_added_and_none_is_ever_taken_away(universe: Universe) -> None:
    line = futures()
    asked = Asked(line.plan(), universe, ToldClock())
    asked.at_start()
    nothing = Batch({}, np.zeros(0, np.uint8))
    replays = len({one.schema for one in line.plan().reference})
    first = asked.take(nothing, replays)
    assert {one.schema for one in first} == {"mbp-10", "trades", "status", "statistics", "tbbo", "bbo-1s"}
    late = definition("E2BH6 C6800", 20, "C", TODAY, underlying="ESH6", strike=6800, tick_e9=0)
    universe.define(late)
    added = asked.take(Batch.of(Kind.DEF, late), 0)
    assert {one.symbols for one in added} == {("E2BH6 C6800",)}
    assert asked.take(Batch.of(Kind.DEF, late), 0) == ()
    again = asked.at_start()[0][0]
    assert [one for one in again if one.schema == "bbo-1s"] == [
        one for one in (*first, *added) if one.schema == "bbo-1s"
    ]


def test_nothing_is_chosen_before_the_definitions_are_complete(universe: Universe) -> None:
    asked = Asked(futures().plan(), universe, ToldClock())
    asked.at_start()
    assert asked.take(Batch.of(Kind.DEF, definition("ESU6", 9, "F", JUNE)), 0) == ()
    assert asked.now == ()


def test_a_second_life_asks_for_what_was_chosen_and_for_changes_of_definitions_only(universe: Universe) -> None:
    line = futures()
    asked = Asked(line.plan(), universe, ToldClock())
    assert [start for _, start in asked.at_start()] == [None, 0]
    asked.take(Batch({}, np.zeros(0, np.uint8)), 9)
    subscriptions, reference = asked.at_start()
    assert any(one.schema == "mbp-10" for one in subscriptions[0])
    assert reference[1] is None


def test_definitions_that_do_not_come_are_a_fault_after_their_time() -> None:
    clock = ToldClock()
    asked = Asked(futures().plan(), Universe(), clock)
    asked.at_start()
    clock.now_s += 29.0
    assert asked.overdue() is None
    clock.now_s += 2.0
    fault = asked.overdue()
    assert fault is not None
    assert "definitions" in fault.detail


def test_listed_options_and_the_share_are_asked_of_their_own_datasets() -> None:
    known = Universe()
    midnight = at(NOW.date(), 0)
    for symbol, number, what in (("SPY   260310C00670000", 5, "C"), ("SPY   260310P00670000", 6, "P")):
        known.define(definition(symbol, number, what, midnight, underlying="SPY", strike=670, tick_e9=10_000_000))
    options = ListedOptionsLine("SPY", OptionDay(20260310, int(TODAY.timestamp()) * 10**9), open_all_day)
    asked = options.choose(known)
    assert {one.schema for one in asked} == {"tcbbo", "cbbo-1s", "statistics", "status"}
    assert options.contracts["expiry_ns"].tolist() == [int(TODAY.timestamp()) * 10**9] * 2
    assert options.plan().dataset == "OPRA.PILLAR"
    known.define(definition("SPY", 7, "K", JUNE, tick_e9=10_000_000))
    share = ShareLine("SPY", "EQUS.MINI", open_all_day)
    # its trades are in there: asked for twice they would count twice
    assert {one.schema for one in share.choose(known)} == {"mbp-1"}, (
        "trades are in it: asked for twice they would count twice"
    )
    assert {one.schema for one in ShareLine("SPY", "XNAS.BASIC", open_all_day).choose(known)} == {"mbp-1", "status"}
    assert share.instrument is not None
    assert (share.instrument.calendar, share.instrument.multiplier) == ("NASDAQ", 1)


def test_options_that_have_expired_owe_no_quote_while_the_future_trades_on() -> None:
    plan = futures().plan()
    close_ns = int(TODAY.timestamp()) * 10**9
    assert plan.hours_of["bbo-1s"](close_ns - 1) is Hours.OPEN
    assert plan.hours_of["bbo-1s"](close_ns) is Hours.CLOSED
    assert plan.hours(close_ns) is Hours.OPEN
