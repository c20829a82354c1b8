"""What a rule earned over days, beside other prices: figures counted by hand, their intervals, and what is said."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from spymaster.evaluate.strategy.day_trades import DayTrades, SideTrades, StrategyTrade, merged_days
from spymaster.evaluate.strategy.strategy_page import strategy_page
from spymaster.evaluate.strategy.strategy_report import strategy_report, strategy_text
from tests.evaluate.strategy.market import DATE, a_rule

RULE = a_rule()
FEE = 0.4


def traded(*pairs: tuple[float, float], contracts: int = 1) -> SideTrades:
    """Brackets, each (result, what the mid moved its way)."""
    trades = tuple(
        StrategyTrade(DATE, "VWAP", "VWAP", 1, contracts, 1, 2, 3, "target" if result > 0 else "stop", result, market)
        for result, market in pairs
    )
    return SideTrades(met=len(trades), trades=trades)


def day(number: int, own: SideTrades, placebo: SideTrades, *, simulated: bool = False) -> DayTrades:
    return DayTrades(
        name=f"d{number}",
        session_date=DATE + number,
        begin_ns=number * 100,
        end_ns=number * 100 + 50,
        hours=6.5,
        simulated=simulated,
        own=own,
        placebo=placebo,
    )


def fair_days() -> list[DayTrades]:
    """Levels earn four ticks; other prices move two ticks either way, day by day, and their fills cost one."""
    return [day(k, traded((4.0, 5.0)), traded((1.0, 2.0), (-3.0, -2.0))) for k in range(4)]


def test_net_is_what_the_mid_moved_less_what_fills_and_commission_cost() -> None:
    report = strategy_report(RULE, fair_days())
    own, placebo = report.own, report.placebo
    assert (own.market.value, own.fills.value) == (5.0, 1.0)
    assert own.net.value == pytest.approx(4.0 - FEE)
    assert (placebo.market.value, placebo.fills.value) == (0.0, 1.0)
    assert placebo.net.value == pytest.approx(-1.0 - FEE)
    assert report.beyond.value == pytest.approx(5.0)
    assert report.money == pytest.approx(4 * (4.0 - FEE) * 12.5)


def test_contracts_weigh_what_a_bracket_counts() -> None:
    days = [day(0, SideTrades(trades=traded((4.0, 4.0), contracts=3).trades + traded((-4.0, -4.0)).trades), traded())]
    report = strategy_report(RULE, days)
    assert report.own.market.value == pytest.approx(2.0)
    assert (report.own.trades, report.own.contracts, report.own.won.value) == (2, 4, 0.5)


def test_prices_like_any_other_that_earn_minus_their_costs_are_said_to() -> None:
    report = strategy_report(RULE, fair_days())
    assert report.placebo_is_fair is True
    words = "prices like any other earned minus their costs (1.40 ticks a contract) within the interval"
    assert words in strategy_text(report)


def test_prices_like_any_other_that_earn_something_are_told_of() -> None:
    days = [day(k, traded((4.0, 5.0)), traded((2.0 + k / 10, 3.0 + k / 10))) for k in range(4)]
    report = strategy_report(RULE, days)
    assert report.placebo_is_fair is False
    assert "did NOT earn minus their costs" in strategy_text(report)


def test_two_days_have_no_intervals_and_the_text_says_so() -> None:
    report = strategy_report(RULE, fair_days()[:2])
    assert report.own.net.low is None
    assert report.placebo_is_fair is None
    assert "no intervals: days are drawn anew for them, and 3 are the fewest" in strategy_text(report)


def test_a_rule_that_nothing_met_is_a_report_without_figures() -> None:
    report = strategy_report(RULE, [day(0, SideTrades(), SideTrades())])
    assert (report.own.net.value, report.beyond.value, report.wanted) == (None, None, None)
    assert "No bracket ended by itself." in strategy_page(report, [day(0, SideTrades(), SideTrades())])


def test_what_it_does_not_know_is_said_with_the_sample_that_would_tell() -> None:
    days = [day(k, traded((10.0, 10.0), (-10.0, -10.0)), traded()) for k in range(3)]
    report = strategy_report(RULE, days)
    # a standard deviation of 10.95 ticks: (2.8 x 10.95)^2
    assert report.wanted == 941
    text = strategy_text(report)
    assert "sample: 6 brackets on 3 days; about 941 show a tick a contract" in text
    for word in ("choice:", "queue:", "own size:", "fees:", "venue:"):
        assert word in text


def test_a_page_is_one_file_that_fetches_nothing_and_says_simulated() -> None:
    days = [day(k, traded((4.0, 5.0)), traded((-1.0, 0.0)), simulated=True) for k in range(3)]
    page = strategy_page(strategy_report(a_rule(name="a < b & c"), days), days)
    root = ET.fromstring(page)
    words = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "a < b & c"
    assert "SIMULATED MARKET" in words
    assert page.count("http") == 1
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 7


def test_two_runs_of_a_session_date_are_one_day_and_of_the_same_time_are_refused() -> None:
    one = day(0, traded((1.0, 1.0)), traded((2.0, 2.0)))
    later = DayTrades(
        name="later",
        session_date=DATE,
        begin_ns=60,
        end_ns=90,
        hours=1.0,
        simulated=False,
        own=traded((3.0, 3.0)),
        placebo=SideTrades(),
    )
    [both] = merged_days([later, one])
    assert (both.own.met, both.placebo.met, both.hours, both.end_ns) == (2, 1, 7.5, 90)
    with pytest.raises(ValueError, match=str(DATE)):
        merged_days([one, one])


def test_simulated_recordings_are_days_of_their_own() -> None:
    one = day(0, traded((1.0, 1.0)), traded(), simulated=True)
    assert len(merged_days([one, one])) == 2
