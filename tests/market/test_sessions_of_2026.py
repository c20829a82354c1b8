"""The sessions of 2026: holidays and half days of both markets, and the night session of shares."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.calendar_table import load_years
from spymaster.market.hours import HOURS, hours_of, with_premarket
from spymaster.market.hours_table import AFTER_HOURS, LATE_OPTIONS, OVERNIGHT, PREMARKET_OPENS, overnight_opens
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR
from spymaster.market.sessions import SESSION, et_ns, et_time, session_at, session_of, session_on

_CLOSED = None


@cache
def year(calendar: str, first: int = 2026, last: int = 2026) -> NDArray[np.void]:
    """Sessions of some years, made anew."""
    return load_years(calendar, first, last, None)


def on(calendar: str, day: str) -> np.void:
    return session_on(year(calendar), int(day.replace("-", "")))


def clock(ns: int) -> str:
    return f"{et_time(int(ns)):%a %m-%d %H:%M}"


def et(day: str, time: str) -> int:
    return et_ns(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


@pytest.mark.parametrize(
    ("day", "futures_close", "stocks_close"),
    [
        ("2026-01-19", "13:00", _CLOSED),
        ("2026-02-16", "13:00", _CLOSED),
        # jobs figures came out on this Good Friday, so that the future traded until 08:15 in Chicago
        ("2026-04-03", "09:15", _CLOSED),
        ("2026-05-25", "13:00", _CLOSED),
        ("2026-06-19", "13:00", _CLOSED),
        ("2026-07-03", "13:00", _CLOSED),
        ("2026-09-07", "13:00", _CLOSED),
        ("2026-11-26", "13:00", _CLOSED),
        ("2026-11-27", "13:15", "13:00"),
        ("2026-12-24", "13:15", "13:00"),
        ("2026-12-28", "17:00", "16:00"),
    ],
)
def test_holidays_and_half_days(day: str, futures_close: str, stocks_close: str | None) -> None:
    future = on(FUTURES_CALENDAR, day)
    assert clock(future["close_ns"])[-5:] == futures_close
    regular = int(future["rth_close_ns"])
    assert (clock(regular)[-5:] if regular else _CLOSED) == stocks_close
    assert (int(day.replace("-", "")) in year(EQUITY_CALENDAR)["session_date"]) == (stocks_close is not _CLOSED)


@pytest.mark.parametrize("day", ["2026-12-25", "2026-01-01"])
def test_days_on_which_neither_market_trades(day: str) -> None:
    number = int(day.replace("-", ""))
    assert number not in year(FUTURES_CALENDAR)["session_date"]
    assert number not in year(EQUITY_CALENDAR)["session_date"]


def test_shares_trade_on_for_four_hours_after_every_close_early_or_not() -> None:
    """The package's own hours after the close and our table say the same, half days included: so since its 5.4."""
    sessions = year(EQUITY_CALENDAR, 2023, 2027)
    after_ns = round(AFTER_HOURS.total_seconds()) * 10**9
    assert (sessions["close_ns"] - sessions["rth_close_ns"] == after_ns).all()
    early = sessions[(sessions["rth_close_ns"] - sessions["rth_open_ns"]) < 6 * 3600 * 10**9]
    assert {clock(ns)[-5:] for ns in early["close_ns"]} == {"17:00"}


def test_the_packages_hours_before_the_opening_are_those_of_our_table() -> None:
    before = year(EQUITY_CALENDAR, 2023, 2025)
    assert {clock(ns)[-5:] for ns in before["open_ns"]} == {f"{PREMARKET_OPENS:%H:%M}"}
    assert (before["open_ns"] == before["premarket_open_ns"]).all()


def test_the_declared_calendar_package_is_one_that_knows_all_of_this() -> None:
    """5.2.0 and 5.2.1 lack the future's calendar, and before 5.4 a half day had no hours after its close."""
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["dependencies"]
    (line,) = [one for one in declared if one.startswith("pandas_market_calendars")]
    assert tuple(map(int, line.partition(">=")[2].split("."))) >= (5, 4)


# --- the night session of shares --------------------------------------------------------------------------------------


def test_there_is_no_night_before_the_first_one_of_the_table() -> None:
    first = OVERNIGHT[0].first_trade_date
    assert overnight_opens(first - dt.timedelta(days=1)) is None
    assert clock(on(EQUITY_CALENDAR, "2026-12-04")["open_ns"]) == "Fri 12-04 04:00"


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-12-07", "Sun 12-06 21:00"),
        ("2026-12-08", "Mon 12-07 21:00"),
        ("2026-12-11", "Thu 12-10 21:00"),
        ("2026-12-24", "Wed 12-23 21:00"),
        # after Christmas, a Friday, the next date is Monday's, whose night begins on Sunday
        ("2026-12-28", "Sun 12-27 21:00"),
    ],
)
def test_a_trade_date_begins_with_the_night_before_it(day: str, opens: str) -> None:
    assert clock(on(EQUITY_CALENDAR, day)["open_ns"]) == opens


@pytest.mark.parametrize(
    ("moment", "trade_date"),
    [
        (("2026-12-08", "20:30"), None),
        (("2026-12-08", "21:00"), 20261209),
        (("2026-12-08", "23:59"), 20261209),
        (("2026-12-09", "00:30"), 20261209),
        (("2026-12-09", "03:59"), 20261209),
        (("2026-12-09", "19:59"), 20261209),
        (("2026-12-11", "20:00"), None),
        (("2026-12-11", "22:00"), None),
        (("2026-12-12", "22:00"), None),
        (("2026-12-13", "20:59"), None),
        (("2026-12-13", "21:00"), 20261214),
        # half day before Christmas: evening until 17:00, no night, nothing until Sunday
        (("2026-12-24", "16:59"), 20261224),
        (("2026-12-24", "17:00"), None),
        (("2026-12-24", "22:00"), None),
        (("2026-12-25", "12:00"), None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_is_traded_at_night_is_of_the_trade_date_it_ends_on(
    moment: tuple[str, str], trade_date: int | None
) -> None:
    sessions = year(EQUITY_CALENDAR)
    place = session_of(sessions, et(*moment))
    assert (None if place is None else int(sessions["session_date"][place])) == trade_date


def test_sessions_with_nights_never_overlap() -> None:
    sessions = year(EQUITY_CALENDAR, 2026, 2028)
    assert (sessions["close_ns"][:-1] <= sessions["open_ns"][1:]).all()


def test_globex_has_the_share_night_in_the_same_trade_date() -> None:
    moment = et("2026-12-08", "21:30")
    of_share, of_future = (session_at(year(name), moment) for name in (EQUITY_CALENDAR, FUTURES_CALENDAR))
    assert of_share["session_date"] == of_future["session_date"] == 20261209


# --- when share and options owe quotes --------------------------------------------------------------------------------


def hours_on(day: str, underlying: str) -> np.void:
    row: np.void = hours_of(year(FUTURES_CALENDAR), underlying)[year(FUTURES_CALENDAR)["session_date"] == int(day)][0]
    return row


def test_hours_are_40_packed_bytes_of_int64() -> None:
    assert HOURS.itemsize == 40
    assert {HOURS[name].str for name in HOURS.names or ()} == {"<i8"}


@pytest.mark.parametrize(
    ("day", "underlying", "opens", "closes"),
    [
        ("20261209", "SPY", "Wed 12-09 09:30", "Wed 12-09 16:15"),
        ("20261224", "SPY", "Thu 12-24 09:30", "Thu 12-24 13:15"),
        ("20261209", "AAPL", "Wed 12-09 09:30", "Wed 12-09 16:00"),
        ("20261209", "", "Tue 12-08 18:00", "Wed 12-09 17:00"),
    ],
    ids=["fund", "fund on a half day", "share", "future"],
)
def test_options_owe_quotes_by_the_market_they_trade_in(day: str, underlying: str, opens: str, closes: str) -> None:
    hours = hours_on(day, underlying)
    assert (clock(hours["options_open_ns"]), clock(hours["options_close_ns"])) == (opens, closes)


def test_the_share_of_the_default_profile_is_one_whose_options_close_later() -> None:
    assert LATE_OPTIONS["SPY"] == dt.timedelta(minutes=15)


def test_on_a_day_without_regular_hours_nothing_but_the_future_is_owed() -> None:
    assert hours_on("20260403", "SPY") == np.zeros(1, HOURS)[0]


def test_the_premarket_begins_when_the_configuration_says() -> None:
    sessions = year(FUTURES_CALENDAR)
    for opens, told in ((dt.time(7), "Wed 12-09 07:00"), (dt.time(21), "Tue 12-08 21:00")):
        changed = with_premarket(sessions, opens)
        assert clock(session_on(changed, 20261209)["premarket_open_ns"]) == told
        assert session_on(changed, 20260403)["premarket_open_ns"] == 0
        others = [name for name in SESSION.names or () if name != "premarket_open_ns"]
        assert (changed[others] == sessions[others]).all()
