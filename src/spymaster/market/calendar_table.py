"""The calendar of a venue as a small table, one file a year in the cache folder.

Making a year's sessions needs ``pandas_market_calendars`` and with it pandas, which takes the better part of a second
to import. So each year is made once, with the year before and the year after, and kept as packed records. The table
can be lost or be unwritable at any time: it is then made again.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import tempfile
import zlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.market.hours_table import OPENING_RANGE, PREMARKET_OPENS, overnight_opens
from spymaster.market.kinds import NS_PER_S

SESSION: Final = np.dtype(
    [
        ("session_date", "<i8"),
        ("open_ns", "<i8"),
        ("close_ns", "<i8"),
        ("rth_open_ns", "<i8"),
        ("rth_close_ns", "<i8"),
        ("premarket_open_ns", "<i8"),
        ("or_end_ns", "<i8"),
    ]
)
"""One trading session, packed, int64 throughout; times are ns UTC.

``session_date``: trade date as yyyymmdd. ``open_ns``, ``close_ns``: the venue's hours of that trade date, which for
Globex begin at 18:00 ET of the day before, and for shares with the night session before, where there is one
(``market.hours_table``). ``rth_open_ns``, ``rth_close_ns``: the stock market's regular hours of that
date with its early closes; ``premarket_open_ns``: 04:00 ET; ``or_end_ns``: 15 minutes after the regular opening, 09:45
ET. The last four are 0 on a date without regular hours, and always for products whose day is not the stock market's.
"""

ET: Final = ZoneInfo("America/New_York")
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2199
"""The holiday rules behind the calendars hold for these years; outside them every weekday would look open."""

_STOCKS: Final = frozenset({"NASDAQ", "NYSE"})
_EQUITY: Final = _STOCKS | {"CME Globex Equity"}
_OPENING_RANGE_NS: Final = OPENING_RANGE // timedelta(seconds=1) * NS_PER_S
_LAYOUT: Final = 2
"""Rises with the layout of ``SESSION`` and with the hours that are not the calendar package's."""


def load_years(calendar: str, first_year: int, last_year: int, folder: Path | None) -> NDArray[np.void]:
    """All sessions with a date in these years, oldest first, shape (n,), dtype ``SESSION``.

    ``folder``: where the table is kept, or None to make it anew. Raises UserError.
    """
    if first_year < FIRST_YEAR or last_year > LAST_YEAR:
        asked = first_year if first_year < FIRST_YEAR else last_year
        problem = f"is known from {FIRST_YEAR} to {LAST_YEAR}, not for {asked}"
        raise _refused(calendar, problem, "check the times in the data")
    years = range(first_year, last_year + 1)
    if folder is not None:
        kept = [_read(_path(folder, calendar, year)) for year in years]
        if all(table is not None for table in kept):
            return np.concatenate([table for table in kept if table is not None])
    wider = range(max(FIRST_YEAR, first_year - 1), min(LAST_YEAR, last_year + 1) + 1)
    made = _make(calendar, wider)
    if folder is not None:
        _keep(folder, calendar, made, wider)
    return made[np.isin(_years_of(made), years)]


def et_ns(day: date, clock: time) -> int:
    """A time of day in New York as ns UTC."""
    return int(datetime.combine(day, clock, tzinfo=ET).timestamp()) * NS_PER_S


def date_of(yyyymmdd: int) -> date:
    """20240105 as a date."""
    return date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100)


def _make(calendar: str, years: range) -> NDArray[np.void]:
    trade_dates, hours = _schedule(calendar, years, extended=calendar in _STOCKS)
    sessions = np.zeros(len(trade_dates), dtype=SESSION)
    sessions["session_date"] = trade_dates
    sessions["open_ns"], sessions["close_ns"] = hours
    if calendar in _STOCKS:
        _open_overnight(sessions)
    if calendar in _EQUITY:
        _add_regular_hours(sessions, years)
    return sessions


def _open_overnight(sessions: NDArray[np.void]) -> None:
    """Let each date with a night session begin with it."""
    for row in sessions:
        night = overnight_opens(date_of(int(row["session_date"])))
        if night is not None:
            row["open_ns"] = et_ns(night.date(), night.time())


def _add_regular_hours(sessions: NDArray[np.void], years: range) -> None:
    trade_dates, (opens, closes) = _schedule("NYSE", years, extended=False)
    _, ours, theirs = np.intersect1d(sessions["session_date"], trade_dates, return_indices=True)
    sessions["rth_open_ns"][ours] = opens[theirs]
    sessions["rth_close_ns"][ours] = closes[theirs]
    days = [date_of(int(day)) for day in sessions["session_date"][ours]]
    sessions["premarket_open_ns"][ours] = [et_ns(day, PREMARKET_OPENS) for day in days]
    sessions["or_end_ns"][ours] = opens[theirs] + _OPENING_RANGE_NS


def _schedule(
    calendar: str, years: range, *, extended: bool
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Trade dates (yyyymmdd) with open and close in ns UTC; ``extended`` takes in the hours before and after."""
    import pandas_market_calendars

    names: list[str] = pandas_market_calendars.get_calendar_names()
    if calendar not in names:
        nearest = difflib.get_close_matches(calendar, names, n=1)
        remedy = f'did you mean "{nearest[0]}"?' if nearest else "use a name of pandas_market_calendars"
        raise _refused(calendar, "is not known", remedy)
    first, last = ("pre", "post") if extended else ("market_open", "market_close")
    try:
        table: Any = pandas_market_calendars.get_calendar(calendar).schedule(
            f"{years[0]}-01-01", f"{years[-1]}-12-31", start=first, end=last
        )
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        problem = f"has no sessions for {years[0]} to {years[-1]} ({reason})"
        raise _refused(calendar, problem, "check the times in the data") from None
    days = table.index
    return (days.year * 10_000 + days.month * 100 + days.day).to_numpy(np.int64), (_ns(table[first]), _ns(table[last]))


def _refused(calendar: str, problem: str, remedy: str) -> UserError:
    return UserError(f'calendar "{calendar}"', problem, remedy, code=ExitCode.DATA)


def _ns(column: Any) -> NDArray[np.int64]:
    stamps: NDArray[np.datetime64] = column.to_numpy(dtype="datetime64[ns]")
    return stamps.astype(np.int64)


def _years_of(sessions: NDArray[np.void]) -> NDArray[np.int64]:
    dates: NDArray[np.int64] = sessions["session_date"]
    return dates // 10_000


def _path(folder: Path, calendar: str, year: int) -> Path:
    return folder / f"{quote(calendar, safe='')}-{year}-{_rules()}-{_LAYOUT}.sessions"


@functools.cache
def _rules() -> str:
    """Which holiday rules are installed. Asked once: reading a package's metadata takes milliseconds."""
    return version("pandas_market_calendars")


def _read(path: Path) -> NDArray[np.void] | None:
    """A kept year, or None if it is missing, unreadable or damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    checksum, payload = content[:4], content[4:]
    if not payload or len(payload) % SESSION.itemsize or zlib.crc32(payload).to_bytes(4, "little") != checksum:
        return None
    return np.frombuffer(payload, dtype=SESSION)


def _keep(folder: Path, calendar: str, sessions: NDArray[np.void], years: Iterable[int]) -> None:
    """Write each year's file whole or not at all; a folder that cannot be written is no fault."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for year in years:
            payload = sessions[_years_of(sessions) == year].tobytes()
            _write_atomically(_path(folder, calendar, year), zlib.crc32(payload).to_bytes(4, "little") + payload)


def _write_atomically(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".sessions-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
