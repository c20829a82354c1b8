"""When shares and options owe quotes: the hours beside a session's own, as records that travel in CONFIG."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.calendar_table import date_of, et_ns
from spymaster.market.hours_table import AFTER_HOURS, LATE_OPTIONS, PREMARKET_OPENS, overnight_opens
from spymaster.market.kinds import NS_PER_S

HOURS: Final = np.dtype(
    [
        ("share_open_ns", "<i8"),
        ("share_day_ns", "<i8"),
        ("share_close_ns", "<i8"),
        ("options_open_ns", "<i8"),
        ("options_close_ns", "<i8"),
    ]
)
"""The hours of one trade date besides those of its SESSION record, packed, int64 throughout; times are ns UTC.

``share_open_ns`` to ``share_close_ns``: when shares trade, the night before included; ``share_day_ns``: when that night
ends, the same as ``share_open_ns`` where there is none. ``options_open_ns`` to ``options_close_ns``: when options of
the day owe quotes. 0 on a date without regular hours.
"""

_NOON: Final = dt.time(12)


def hours_of(sessions: NDArray[np.void], underlying: str) -> NDArray[np.void]:
    """HOURS of each session (SESSION[n]). ``underlying``: the share that the options are on, empty for options on the
    future itself, which trade as long as it does."""
    hours = np.zeros(len(sessions), HOURS)
    late_ns = _ns(LATE_OPTIONS.get(underlying, dt.timedelta(0)))
    for row, session in zip(hours, sessions, strict=True):
        if session["rth_open_ns"] == 0:
            continue
        day = date_of(int(session["session_date"]))
        row["share_day_ns"] = et_ns(day, PREMARKET_OPENS)
        row["share_open_ns"] = share_open_ns(day)
        row["share_close_ns"] = session["rth_close_ns"] + _ns(AFTER_HOURS)
        row["options_open_ns"] = session["rth_open_ns"] if underlying else session["open_ns"]
        row["options_close_ns"] = session["rth_close_ns"] + late_ns if underlying else session["close_ns"]
    return hours


def share_open_ns(trade_date: dt.date) -> int:
    """When shares begin to trade on a trade date, the evening before where there is a night session; ns UTC."""
    night = overnight_opens(trade_date)
    return et_ns(trade_date, PREMARKET_OPENS) if night is None else et_ns(night.date(), night.time())


def with_premarket(sessions: NDArray[np.void], opens: dt.time) -> NDArray[np.void]:
    """The sessions with their pre-market from ``opens`` on; from noon on a time is one of the evening before."""
    changed = sessions.copy()
    for row in changed:
        if row["rth_open_ns"] > 0:
            day = date_of(int(row["session_date"]))
            row["premarket_open_ns"] = et_ns(day if opens < _NOON else day - dt.timedelta(days=1), opens)
    return changed


def _ns(span: dt.timedelta) -> int:
    return round(span.total_seconds()) * NS_PER_S
