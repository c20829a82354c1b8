"""Trading sessions, and times of day in New York.

Every hour comes from the venue's calendar and the zone table, so changes of daylight saving, early closes and holidays
are right; nothing here assumes a fixed UTC hour.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.market.calendar_table import (
    ET,
    SESSION,
    date_of,
    et_ns,
    load_years,
)
from spymaster.market.kinds import NS_PER_S

__all__ = [
    "ET",
    "SESSION",
    "TimeFormatError",
    "default_cache_folder",
    "et_ns",
    "et_stamp",
    "et_time",
    "parse_time",
    "session_at",
    "session_of",
    "session_on",
    "sessions_between",
]

_MEAN_YEAR_NS: Final = 31_556_952 * NS_PER_S
_MARGIN_NS: Final = 14 * 86_400 * NS_PER_S
"""No venue has stayed closed this long, so a neighbouring session lies within it."""

_END_NS: Final = 2**63
"""Moments are int64 ns; the last one is in the year 2262."""

_ISO: Final = re.compile(r"(?P<head>\d{4}-?\d\d-?\d\d[T ][\d:]+)(?:\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-][\d:]+)")
_CLOCK: Final = re.compile(r"(?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?")


class TimeFormatError(UserError):
    """A time that cannot be understood. Caught where a person types it."""

    default_code: ClassVar[ExitCode] = ExitCode.USAGE


def default_cache_folder() -> Path:
    """Where the calendar tables are kept by default: the user's cache folder."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("spymaster-tui", appauthor=False)) / "calendar"


def sessions_between(
    calendar: str,
    first_ns: int,
    last_ns: int,
    *,
    cache_folder: Path | None = None,
    use_cache: bool = True,
) -> NDArray[np.void]:
    """The sessions that touch ``first_ns`` to ``last_ns`` (ns UTC, both included) and one more on either side.

    ``calendar``: a name of ``pandas_market_calendars``. ``cache_folder``: instead of the user's cache folder. Returns
    records of dtype ``SESSION``, oldest first. Raises UserError for an unknown calendar or unknown years.
    """
    if first_ns > last_ns:
        problem = f"a span cannot end ({last_ns} ns) before it begins ({first_ns} ns)"
        raise UserError("calendar", problem, "check the times in the data", code=ExitCode.DATA)
    folder = (cache_folder or default_cache_folder()) if use_cache else None
    table = load_years(calendar, _year_of(first_ns - _MARGIN_NS), _year_of(last_ns + _MARGIN_NS), folder)
    first = int(np.searchsorted(table["close_ns"], first_ns, side="right"))
    last = int(np.searchsorted(table["open_ns"], last_ns, side="right"))
    return table[max(first - 1, 0) : last + 1].copy()


def session_of(sessions: NDArray[np.void], ns: int) -> int | None:
    """The index of the session that is open at ``ns``, or None while the venue is closed."""
    index = int(np.searchsorted(sessions["open_ns"], ns, side="right")) - 1
    return index if index >= 0 and ns < sessions["close_ns"][index] else None


def session_at(sessions: NDArray[np.void], ns: int) -> np.void:
    """The session open at ``ns``, in a break the one about to open, behind the last the last."""
    place = min(int(np.searchsorted(sessions["close_ns"], ns, side="right")), len(sessions) - 1)
    session: np.void = sessions[place]
    return session


def session_on(sessions: NDArray[np.void], session_date: int) -> np.void:
    """The session of that trade date (yyyymmdd). Raises UserError if there is none."""
    found = sessions[sessions["session_date"] == session_date]
    if not len(found):
        problem = f"{date_of(session_date)} is no trading day"
        raise UserError("calendar", problem, "choose a day on which the market was open", code=ExitCode.DATA)
    session: np.void = found[0]
    return session


def et_time(ns: int) -> datetime:
    """A moment as New York wall-clock time, to the microsecond."""
    seconds, rest = divmod(int(ns), NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000).astimezone(ET)


def et_stamp(ns: int) -> str:
    """A moment for people, with the zone's name: ``2024-01-05 09:30:00.250 EST``."""
    moment = et_time(ns)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} {moment:%Z}"


def parse_time(text: str, session: np.void) -> int:
    """A time as users write it, in ns UTC.

    Either ISO 8601 with a zone, to the nanosecond, or ``HH:MM[:SS]`` in New York on ``session``'s date, where the hours
    from the session's opening to midnight are those of the evening before. Raises ``TimeFormatError``.
    """
    if iso := _ISO.fullmatch(text):
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(iso["head"] + iso["zone"])
            ns = int(moment.timestamp()) * NS_PER_S + int((iso["fraction"] or "0").ljust(9, "0"))
            if ns < _END_NS:
                return ns
    clock = _CLOCK.fullmatch(text)
    if not clock:
        remedy = "write HH:MM or HH:MM:SS (New York), or a date, time and zone such as 2024-01-05T09:30:00-05:00"
        raise TimeFormatError(f'"{text}"', "is not a time", remedy)
    opening = et_time(int(session["open_ns"]))
    day = date_of(int(session["session_date"]))
    moment_of_day = time(int(clock["h"]), int(clock["m"]), int(clock["s"] or 0))
    if opening.date() < day and moment_of_day >= opening.time():
        day = opening.date()
    return et_ns(day, moment_of_day)


def _year_of(ns: int) -> int:
    """The year of a moment, a day or so wrong around New Year, for any integer."""
    return 1970 + ns // _MEAN_YEAR_NS
