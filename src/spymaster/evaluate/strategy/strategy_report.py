"""What a rule earned over days, beside the same rule at prices like any other, and what that does not say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from spymaster.evaluate.strategy.day_trades import DayTrades, SideTrades, StrategyTrade
from spymaster.evaluate.strategy.rule_file import StrategyRule
from spymaster.evaluate.worlds.figure_text import aligned, with_interval
from spymaster.evaluate.worlds.pool import Figure, Pool

_FEWEST_DAYS: Final = 3
_POWER: Final = 2.8
"""Standard errors at which a difference is seen in four of five samples, at 5 % that there is none."""

Side = Callable[[DayTrades], SideTrades]


class SideReport(msgspec.Struct, frozen=True):
    """A rule at its levels, or at prices like any other. Figures are ticks a contract: ``net``: after all costs;
    ``market``: what the mid moved its way from the fills of the entry to those of the exit; ``fills``: what these cost
    against that mid; ``won``: share of brackets that earned more than they cost."""

    met: int
    busy: int
    unfilled: int
    void: int
    trades: int
    contracts: int
    by: dict[str, int]
    net: Figure
    market: Figure
    fills: Figure
    won: Figure


class DayLine(msgspec.Struct, frozen=True):
    """A day: brackets and net ticks, summed over contracts, at levels and at prices like any other."""

    name: str
    session_date: int
    hours: float
    trades: int
    net_ticks: float
    placebo_trades: int
    placebo_net_ticks: float


class StrategyReport(msgspec.Struct, frozen=True):
    """Over days. ``commission_ticks``: of a contract, in and out; ``money``: all that was earned at levels, in the
    money of the rule; ``money_a_day``; ``beyond``: ticks a contract that levels earned more than other prices;
    ``placebo_is_fair``: whether those earned minus their costs within the interval, None where there is none;
    ``wanted``: brackets that would show a tick a contract; ``unknown``: what none of this knows."""

    rule: str
    says: list[str]
    days: int
    first: int
    last: int
    hours: float
    simulated: bool
    commission_ticks: float
    tick_value: float
    own: SideReport
    placebo: SideReport
    beyond: Figure
    money: float
    money_a_day: Figure
    placebo_is_fair: bool | None
    wanted: int | None
    by_day: list[DayLine]
    unknown: list[str]


def strategy_report(rule: StrategyRule, days: Sequence[DayTrades]) -> StrategyReport:
    """``days``: at least one."""
    pool = Pool(days)
    fee = rule.commission_ticks
    own, placebo = (_side(pool, fee, side) for side in (_own, _placebo))
    money = [_net(day.own, fee) * rule.tick_value for day in days]
    wanted = _wanted(days, fee)
    return StrategyReport(
        rule=rule.name,
        says=rule_words(rule),
        days=len(days),
        first=min(day.session_date for day in days),
        last=max(day.session_date for day in days),
        hours=sum(day.hours for day in days),
        simulated=any(day.simulated for day in days),
        commission_ticks=fee,
        tick_value=rule.tick_value,
        own=own,
        placebo=placebo,
        beyond=_beyond(pool, fee),
        money=round(sum(money), 2),
        money_a_day=pool.share("a day", [(one, 1.0) for one in money], is_share=False),
        placebo_is_fair=_is_fair(placebo.market),
        wanted=wanted,
        by_day=[_line(day, fee) for day in days],
        unknown=_unknown(own, wanted, len(days)),
    )


def _own(day: DayTrades) -> SideTrades:
    return day.own


def _placebo(day: DayTrades) -> SideTrades:
    return day.placebo


def _net(side: SideTrades, fee: float) -> float:
    """Ticks, summed over contracts."""
    return sum((trade.result - fee) * trade.contracts for trade in side.trades)


def _side(pool: Pool[DayTrades], fee: float, side: Side) -> SideReport:
    sides = [side(day) for day in pool.records]
    trades = [trade for one in sides for trade in one.trades]

    def a_contract(name: str, ticks: Callable[[StrategyTrade], float]) -> Figure:
        pairs = [(sum(ticks(t) * t.contracts for t in one.trades), float(one.contracts)) for one in sides]
        return pool.share(name, pairs, is_share=False)

    won = [(float(sum(t.result > fee for t in one.trades)), float(len(one.trades))) for one in sides]
    return SideReport(
        met=sum(one.met for one in sides),
        busy=sum(one.busy for one in sides),
        unfilled=sum(one.unfilled for one in sides),
        void=sum(one.void for one in sides),
        trades=len(trades),
        contracts=sum(one.contracts for one in sides),
        by={by: sum(t.by == by for t in trades) for by in ("target", "stop", "time")},
        net=a_contract("net", lambda trade: trade.result - fee),
        market=a_contract("the mid's move", lambda trade: trade.market),
        fills=a_contract("cost of fills", lambda trade: trade.market - trade.result),
        won=pool.share("won", won),
    )


def _beyond(pool: Pool[DayTrades], fee: float) -> Figure:
    table = np.array(
        [
            (_net(day.own, fee), day.own.contracts, _net(day.placebo, fee), day.placebo.contracts)
            for day in pool.records
        ],
        np.float64,
    )

    def figure(sums: Any) -> float:
        net, n, placebo_net, placebo_n = sums
        return float(net / n - placebo_net / placebo_n) if n and placebo_n else math.nan

    return pool.of_sums("net beyond other prices", table, figure, int(table[:, 1].sum()), is_share=False)


def _is_fair(market: Figure) -> bool | None:
    """Earning minus its costs is the same as the mid's not having moved its way."""
    return None if market.low is None or market.high is None else market.low <= 0.0 <= market.high


def _wanted(days: Sequence[DayTrades], fee: float) -> int | None:
    nets = np.array([trade.result - fee for day in days for trade in day.own.trades])
    return None if len(nets) < 2 else max(2, math.ceil((_POWER * float(nets.std(ddof=1))) ** 2))


def _line(day: DayTrades, fee: float) -> DayLine:
    return DayLine(
        name=day.name,
        session_date=day.session_date,
        hours=round(day.hours, 3),
        trades=len(day.own.trades),
        net_ticks=round(_net(day.own, fee), 3),
        placebo_trades=len(day.placebo.trades),
        placebo_net_ticks=round(_net(day.placebo, fee), 3),
    )


def _unknown(own: SideReport, wanted: int | None, days: int) -> list[str]:
    sample = f"sample: {own.trades:,} brackets on {days} days"
    if wanted is not None:
        sample += f"; about {wanted:,} show a tick a contract, if brackets were independent, and they are less"
    return [
        sample,
        "choice: a rule that was chosen on these days looks better on them than it will be; judge it on others",
        "queue: what is hidden or implied, and who leaves it; the usual share of cancels errs to the cautious side",
        "own size: the book does not react to paper, and a large order would fare worse",
        "fees: the commission of the rule and no others; no financing, no data, no tax",
        "venue: a constant latency; no rejects, no halts, no trading stops of a broker",
        *([f"void: {own.void} brackets that a gap, a session's or the recording's end cut off"] if own.void else []),
    ]


def rule_words(rule: StrategyRule) -> list[str]:
    """The rule in words, a line each."""
    entry, practice = rule.entry, rule.practice
    where = "" if entry.order == "market" else f" {_beyond_words(entry.offset)}"
    return [
        f"{entry.trade} the level: {entry.order} order{where}, {entry.size} contract{'s' if entry.size != 1 else ''}"
        + f", cancelled when unfilled after {entry.wait:g} s",
        f"target {rule.target} ticks, stop {rule.stop} ticks, left at the market after {rule.time_limit:g} s",
        f"fills by queue and latency: {practice.words}; one bracket at a time",
        f"costs: commission {rule.commission:g} a contract and fill, tick {rule.tick_value:g}: "
        f"{rule.commission_ticks:.2f} ticks a contract",
    ]


def _beyond_words(offset: int) -> str:
    if not offset:
        return "at the level"
    ticks = f"{abs(offset)} tick{'s' if abs(offset) != 1 else ''}"
    return f"{ticks} {'beyond' if offset > 0 else 'in front of'} it"


def strategy_text(report: StrategyReport) -> str:
    """The report for people."""
    days = f"{report.days} day{'s' if report.days != 1 else ''}"
    lines = [
        f"{'SIMULATED: ' if report.simulated else ''}{report.rule}: {days}, {date_text(report.first)} to "
        f"{date_text(report.last)}, {report.hours:.2f} h with a book",
        *(f"  {line}" for line in report.says),
    ]
    if report.days < _FEWEST_DAYS:
        lines.append(f"no intervals: days are drawn anew for them, and {_FEWEST_DAYS} are the fewest")
    lines += ["", *aligned(_table(report)), "", *verdict(report), "", "What this does not know"]
    return "\n".join([*lines, *(f"  {line}" for line in report.unknown)])


def _table(report: StrategyReport) -> list[list[str]]:
    rows = [["", "at levels", "at prices like any other"]]
    sides = (report.own, report.placebo)
    for name in ("met", "busy", "unfilled", "void", "trades"):
        rows.append([_COUNTS[name], *(f"{getattr(side, name):,}" for side in sides)])
    rows.append(["left by target, stop, time", *(", ".join(map(str, side.by.values())) for side in sides)])
    rows.append(["won", *(with_interval(side.won) for side in sides)])
    for name, title in (("market", "the mid moved its way"), ("fills", "fills cost"), ("net", "net of all costs")):
        rows.append([f"{title}, ticks a contract", *(with_interval(getattr(side, name)) for side in sides)])
    return rows


_COUNTS: Final = {
    "met": "a level met the rule",
    "busy": "of these a bracket was there already",
    "unfilled": "entries cancelled unfilled",
    "void": "void",
    "trades": "brackets that count",
}


def verdict(report: StrategyReport) -> list[str]:
    """What the comparison says, a line each."""
    lines = [f"levels beyond other prices: {with_interval(report.beyond)} ticks a contract, net"]
    lines.append(f"in money: {report.money:,.2f}, a day {with_interval(report.money_a_day)}")
    costs = report.placebo
    if report.placebo_is_fair is not None and costs.fills.value is not None:
        sum_of = costs.fills.value + report.commission_ticks
        fair = "earned minus their costs" if report.placebo_is_fair else "did NOT earn minus their costs"
        why = "" if report.placebo_is_fair else ": these days went the rule's way, or against it, wherever it traded"
        lines.append(f"prices like any other {fair} ({sum_of:.2f} ticks a contract) within the interval{why}")
    return lines


def date_text(number: int) -> str:
    """yyyymmdd as a date."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
