"""What a market is doing, by the calendar's sessions."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from spymaster.feeds.live.market_hours import ListedOptionHours, MarketHours, ShareHours
from spymaster.feeds.live.supervision import Hours
from spymaster.market.sessions import sessions_between

ET = ZoneInfo("America/New_York")


def at(day: int, hour: int, minute: int = 0) -> int:
    """A time in New York in the week of Thanksgiving 2026, ns."""
    return int(dt.datetime(2026, 11, day, hour, minute, tzinfo=ET).timestamp()) * 10**9


SESSIONS = sessions_between("CME Globex Equity", at(23, 12), at(27, 12))


@pytest.mark.parametrize(
    ("ns", "hours", "of_options"),
    [
        (at(24, 3), Hours.OPEN, Hours.CLOSED),
        (at(24, 9, 30), Hours.REGULAR, Hours.REGULAR),
        (at(24, 15, 59), Hours.REGULAR, Hours.REGULAR),
        (at(24, 16, 14), Hours.OPEN, Hours.OPEN),
        (at(24, 16, 15), Hours.OPEN, Hours.CLOSED),
        (at(24, 17, 30), Hours.CLOSED, Hours.CLOSED),
        (at(27, 12, 59), Hours.REGULAR, Hours.REGULAR),
        (at(27, 13, 5), Hours.OPEN, Hours.OPEN),
        (at(28, 12), Hours.CLOSED, Hours.CLOSED),
    ],
    ids=[
        "night",
        "opening",
        "last minute",
        "options trade on",
        "after hours",
        "break",
        "half day",
        "after a half day",
        "weekend",
    ],
)
def test_hours_follow_the_calendar(ns: int, hours: Hours, of_options: Hours) -> None:
    assert MarketHours(SESSIONS)(ns) is hours
    assert ListedOptionHours(SESSIONS, "SPY")(ns) is of_options


@pytest.mark.parametrize(
    ("day", "hour", "minute", "hours"),
    [
        (7, 21, 0, Hours.CLOSED),
        (8, 3, 59, Hours.CLOSED),
        (8, 4, 0, Hours.OPEN),
        (8, 9, 30, Hours.REGULAR),
        (8, 19, 59, Hours.OPEN),
        (8, 20, 0, Hours.CLOSED),
        (24, 16, 59, Hours.OPEN),
        (24, 17, 0, Hours.CLOSED),
    ],
)
def test_a_share_that_is_still_at_night_is_no_fault(day: int, hour: int, minute: int, hours: Hours) -> None:
    december = [int(dt.datetime(2026, 12, d, 12, tzinfo=ET).timestamp()) * 10**9 for d in (7, 28)]
    ns = int(dt.datetime(2026, 12, day, hour, minute, tzinfo=ET).timestamp()) * 10**9
    assert ShareHours(sessions_between("NASDAQ", *december))(ns) is hours
