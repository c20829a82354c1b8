"""Trade dates as spans of time: from six in the evening before, New York, when Globex opens, to six in the evening."""

from __future__ import annotations

import datetime as dt

from spymaster.market.calendar_table import date_of, et_ns
from spymaster.market.hours_table import FUTURES_DAY_BEGINS
from spymaster.market.sessions import et_time


def day_ns(date: int) -> tuple[int, int]:
    """[begin, end) of a trade date (yyyymmdd), ns UTC."""
    day = date_of(date)
    return et_ns(day - dt.timedelta(days=1), FUTURES_DAY_BEGINS), et_ns(day, FUTURES_DAY_BEGINS)


def trade_date_at(ns: int) -> int:
    """The trade date (yyyymmdd) whose span holds a moment, ns UTC."""
    moment = et_time(ns)
    day = moment.date() + dt.timedelta(days=moment.time() >= FUTURES_DAY_BEGINS)
    return int(day.strftime("%Y%m%d"))


def trade_dates(first_ns: int, last_ns: int) -> list[int]:
    """The trade dates that touch a span of time, both ends included, in order; those of weekends among them."""
    day, last = date_of(trade_date_at(first_ns)), date_of(trade_date_at(last_ns))
    days = range((last - day).days + 1)
    return [int((day + dt.timedelta(days=days_on)).strftime("%Y%m%d")) for days_on in days]
