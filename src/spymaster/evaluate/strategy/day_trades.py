"""What a rule did on one day, as brackets, so that days can be pooled: days are witnesses, trades are not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class StrategyTrade(msgspec.Struct, frozen=True):
    """A bracket that ended. ``side``: +1 bought; ``result``: ticks a contract from fills to fills; ``market``: ticks a
    contract that the mid moved its way between these fills, so that the difference of both is what the fills cost."""

    session_date: int
    level_id: str
    kind: str
    side: int
    contracts: int
    placed_ns: int
    entered_ns: int
    ended_ns: int
    by: str
    result: float
    market: float


class SideTrades(msgspec.Struct, frozen=True):
    """One rule on one day. ``met``: times that a level came to meet it; of these ``busy``: a bracket was there
    already; ``unfilled``: the entry was cancelled with nothing filled; ``void``: nobody knows how it would have ended.
    """

    met: int = 0
    busy: int = 0
    unfilled: int = 0
    void: int = 0
    trades: tuple[StrategyTrade, ...] = ()

    @property
    def contracts(self) -> int:
        """Contracts that were entered and left."""
        return sum(trade.contracts for trade in self.trades)

    def plus(self, other: SideTrades) -> SideTrades:
        """Both."""
        return SideTrades(
            self.met + other.met,
            self.busy + other.busy,
            self.unfilled + other.unfilled,
            self.void + other.void,
            self.trades + other.trades,
        )


class DayTrades(msgspec.Struct, frozen=True, kw_only=True):
    """A day: a session date, or one simulated recording, which is a day of its own. ``own``: at levels; ``placebo``: at
    prices like any other. ``hours``: of snaps with a book."""

    name: str
    session_date: int
    begin_ns: int
    end_ns: int
    hours: float
    simulated: bool
    own: SideTrades
    placebo: SideTrades


def merged_days(days: Sequence[DayTrades]) -> list[DayTrades]:
    """One for each session date of a market, by date; simulated ones stay as they are.

    Raises ValueError, which names the date, where two of a market are of the same time.
    """
    found: dict[object, DayTrades] = {}
    for place, day in enumerate(sorted(days, key=lambda one: (one.session_date, one.begin_ns))):
        key = place if day.simulated else f"{day.session_date}"
        before = found.get(key)
        if before is not None and day.begin_ns <= before.end_ns:
            raise ValueError(str(day.session_date))
        found[key] = day if before is None else _both(before, day)
    return list(found.values())


def _both(one: DayTrades, other: DayTrades) -> DayTrades:
    return msgspec.structs.replace(
        one,
        end_ns=other.end_ns,
        hours=one.hours + other.hours,
        own=one.own.plus(other.own),
        placebo=one.placebo.plus(other.placebo),
    )
