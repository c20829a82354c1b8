"""Levels and averages of real minute bars against a second computation, at many moments of every session.

Tolerances: in points, extremes, closes, moving averages and average true range to the last bit (sums of quarter points
are exact, and the range is smoothed in the same order); the volume-weighted price, and all prices of the share, to
1e-9.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.feeds.bars.bars import BarCollector, Bars, BarSpan, Stamped
from spymaster.feeds.bars.files import read_table
from spymaster.market.batches import Batch
from spymaster.market.frames import RecordsFrame, WatermarkFrame
from spymaster.market.instruments import FUTURES_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.sessions import sessions_between
from tests.support.engine import config_frame, feed, records
from tests.support.market import SECOND, Market
from tests.support.prices import FUTURE, SPY, at, placed, started
from tests.support.reference_indicators import MINUTE, NEW_YORK, Bar, Day, levels_at, wilder_atr

pytestmark = pytest.mark.slow

ES = Instrument(*FUTURE, "ESH6", 250_000_000, 50, TickSource.DEFINITION, FUTURES_CALENDAR)
CLOCKS = ("20:00", "03:59", "04:30", "09:29", "09:30", "09:40", "09:45", "11:01", "12:00", "15:59", "16:30")
APPROXIMATE = 1e-9


def as_reference(bars: Bars) -> list[Bar]:
    """The records as the second computation wants them."""

    def price(row: np.void, name: str) -> float:
        return int(row[name]) / 1e9

    return [
        Bar(
            start_ns=int(row["ts_event"]),
            open=price(row, "open"),
            high=price(row, "high"),
            low=price(row, "low"),
            close=price(row, "close"),
            volume=float(row["volume"]),
        )
        for row in bars
    ]


def day_of(session: np.void) -> Day:
    number = int(session["session_date"])
    names = ("open_ns", "close_ns", "premarket_open_ns", "rth_open_ns", "or_end_ns", "rth_close_ns")
    return Day(dt.date(number // 10_000, number // 100 % 100, number % 100), *(int(session[name]) for name in names))


def read(path: Path, instrument: Instrument, first: str, last: str) -> tuple[Bars, NDArray[np.void]]:
    """A table's bars between two moments, and the sessions they lie in."""
    span = BarSpan(at(first), at(last))
    sessions = sessions_between(FUTURES_CALENDAR, span.from_ns, span.until_ns)
    collector = BarCollector(instrument, span, sessions, on_ticks=instrument is ES)
    collector.add(path, read_table(path, Stamped.START))
    assert not collector.rejected
    return collector.records(), sessions


def published(bars: Bars, sessions: NDArray[np.void], t_ns: int, profile: str = "es") -> tuple[dict[str, float], float]:
    """The levels and the average true range of the first snap after ``t_ns``, with the bars that had ended then."""
    engine = started(
        config_frame(profile, sessions=sessions, params={"strike_range": 1.0}), with_share=profile == "spy"
    )
    told = bars[bars["ts_event"].astype(np.int64) + MINUTE <= t_ns]
    price = float(told["close"][-1]) / 1e9 * (10.0 if profile == "spy" else 1.0)
    market = Market(start_ns=t_ns).ladder(best_bid=round(price * 4))
    results = feed(
        engine, RecordsFrame(Batch.of(Kind.BAR, told)), records(market.words()), WatermarkFrame(t_ns + SECOND)
    )
    assert engine.counters()["bars"] == len(told)
    assert engine.counters()["late_bars"] == engine.counters()["bad_bars"] == 0
    return placed(results.rows[0]), float(results.snaps["atr"][0])


def expected(bars: list[Bar], today: Day, before: Day | None, t_ns: int, profile: str) -> dict[str, float]:
    """What the second computation says, of what is published at this time of day."""
    found = levels_at(bars, today, before, t_ns, is_spy=profile == "spy")
    early = {"PM": today.rth_open_ns, "ON": today.rth_open_ns, "OR": today.or_end_ns, "VWAP": today.rth_open_ns}
    return {
        name: price
        for name, price in found.items()
        if (start := early.get(name.partition("_")[0], 1)) and t_ns >= start
    }


def moments(bars: Bars, sessions: NDArray[np.void]) -> Iterator[tuple[int, Day, Day | None]]:
    """(time, its session, the one before if the bars hold it) at several times of day, some minutes after a bar."""
    first, last = int(bars["ts_event"][0]), int(bars["ts_event"][-1]) + MINUTE
    for index, session in enumerate(sessions):
        today = day_of(session)
        known = index > 0 and int(sessions[index - 1]["open_ns"]) >= first
        for clock in CLOCKS:
            date = today.date if clock < "17:00" else today.date - dt.timedelta(days=1)
            moment = dt.datetime.combine(date, dt.time.fromisoformat(clock), NEW_YORK)
            t_ns = int(moment.timestamp()) * SECOND
            if max(first + MINUTE, today.open_ns) <= t_ns <= min(last, today.close_ns - SECOND):
                yield t_ns, today, day_of(sessions[index - 1]) if known else None


def differences(bars: Bars, sessions: NDArray[np.void]) -> tuple[int, list[tuple[str, str, Any, Any]]]:
    """How many moments were compared, and (time, level, published, expected) wherever the two differ in any bit or,
    for the volume-weighted price, by more than rounding."""
    plain = as_reference(bars)
    ranges = wilder_atr(plain)
    wrong: list[tuple[str, str, Any, Any]] = []
    count = 0
    for t_ns, today, before in moments(bars, sessions):
        count += 1
        mine, atr = published(bars, sessions, t_ns)
        told = [bar for bar in plain if bar.end_ns <= t_ns]
        theirs = expected(plain, today, before, t_ns, "es")
        for name in sorted(mine.keys() | theirs.keys()):
            one, two = mine.get(name), theirs.get(name)
            if one is None or two is None or abs(one - two) > (APPROXIMATE if name == "VWAP" else 0.0):
                wrong.append((dt.datetime.fromtimestamp(t_ns / SECOND, NEW_YORK).isoformat(), name, one, two))
        if atr != ranges[len(told) - 1]:
            wrong.append((str(t_ns), "atr", atr, ranges[len(told) - 1]))
    return count, wrong


@pytest.fixture(scope="module")
def export(vendor_data: Path) -> Path:
    return vendor_data / "bars" / "ES_Volumetric_1min_20260205_20260216.csv"


@pytest.fixture(scope="module")
def week(export: Path) -> tuple[Bars, NDArray[np.void]]:
    return read(export, ES, "2026-02-05T18:00:00-05:00", "2026-02-16T13:00:00-05:00")


def test_every_level_of_seven_real_sessions(week: tuple[Bars, NDArray[np.void]]) -> None:
    count, wrong = differences(*week)
    assert (count, wrong) == (75, [])


def test_the_average_true_range_is_the_charting_tool_s_own(week: tuple[Bars, NDArray[np.void]], export: Path) -> None:
    bars, sessions = week
    with export.open(encoding="utf-8") as file:
        tool = [float(row["atr14"]) for row in csv.DictReader(line for line in file if not line.startswith("#"))]
    for place in (0, 5, 13, 14, 700, 4000, len(bars) - 1):
        _, atr = published(bars, sessions, int(bars["ts_event"][place]) + MINUTE)
        assert atr == pytest.approx(tool[place], abs=1e-12)


def test_every_level_of_real_sessions_of_2013(vendor_data: Path) -> None:
    """One contract through a week in which minutes without a trade have no bar.

    Those years trading paused from 16:15 to 16:30, which the calendar of today calls open: too short to be a hole.
    """
    path = vendor_data / "bars" / "lean_es_1min_trades.parquet"
    contract = Instrument(*FUTURE, "ESZ3", 250_000_000, 50, TickSource.DEFINITION, FUTURES_CALENDAR)
    span = ("2013-10-06T18:00:00-04:00", "2013-10-11T16:45:00-04:00")
    sessions = sessions_between(FUTURES_CALENDAR, at(span[0]), at(span[1]))
    collector = BarCollector(contract, BarSpan(at(span[0]), at(span[1])), sessions, on_ticks=True)
    collector.add(path, read_table(path, Stamped.START))
    bars = collector.records()
    starts = bars["ts_event"].astype(np.int64)
    place = np.searchsorted(sessions["close_ns"], starts, side="right")
    bars = bars[(place < len(sessions)) & (sessions["open_ns"][np.minimum(place, len(sessions) - 1)] <= starts)]
    assert len(bars) > 6_000
    assert (np.diff(bars["ts_event"].astype(np.int64)) > MINUTE).any()
    count, wrong = differences(bars, sessions)
    assert count == 55
    assert wrong == []


def test_every_level_of_a_real_day_of_the_share(vendor_data: Path) -> None:
    """Share bars with extended hours: regular hours are its session, the morning from four is its premarket."""
    path = vendor_data / "spy" / "spy_20230803_minute_extended.parquet"
    bars, sessions = read(path, SPY, "2023-08-03T04:00:00-04:00", "2023-08-03T20:00:00-04:00")
    plain = as_reference(bars)
    today = day_of(sessions[sessions["session_date"] == 20230803][0])
    seen: set[str] = set()
    for clock in ("04:30", "09:29", "09:30", "09:40", "09:45", "10:39", "10:40", "11:01", "15:59", "16:00", "16:45"):
        t_ns = at(f"2023-08-03T{clock}:00-04:00")
        mine, atr = published(bars, sessions, t_ns, "spy")
        theirs = expected(plain, today, None, t_ns, "spy")
        assert mine.keys() == theirs.keys(), clock
        assert {name: mine[name] for name in theirs} == pytest.approx(theirs, abs=APPROXIMATE), clock
        told = [bar for bar in plain if bar.end_ns <= t_ns]
        assert atr == pytest.approx(wilder_atr(told)[-1], abs=APPROXIMATE), clock
        seen |= mine.keys()
    assert seen == {*("PM_HIGH", "PM_LOW", "OR_HIGH", "OR_LOW", "SESSION_HIGH", "SESSION_LOW"), *("VWAP", "SMA_200")}
