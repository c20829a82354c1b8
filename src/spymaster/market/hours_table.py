"""The one table of trading hours that no calendar package holds: what begins and ends beside the regular hours.

Days and regular hours with their early closes come from the calendar package (``market.calendar_table``). Times of day
are New York's. Where venues have announced hours and not yet begun with them, the entry says so: such an entry decides
only whether silence is a fault. A record is taken at any hour, whatever stands here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

FUTURES_DAY_BEGINS: Final = dt.time(18)
"""From here on what is traded on Globex is of the next trade date."""

PREMARKET_OPENS: Final = dt.time(4)
"""When the day session of shares begins, and the pre-market where the configuration does not say otherwise."""

OPENING_RANGE: Final = dt.timedelta(minutes=15)
"""How long after the regular opening the opening range ends."""

AFTER_HOURS: Final = dt.timedelta(hours=4)
"""How long after the regular close, early or not, shares trade on: to 20:00, on a half day to 17:00."""


class Overnight(NamedTuple):
    """Hours of the night session of shares, from ``opens`` on the evening before to ``PREMARKET_OPENS``.

    What is traded in it is of the trade date it ends on, so that a week lasts from Sunday 21:00 to Friday 20:00, and
    there is none before a day without trading. ``first_trade_date``: the first one that has such a night.
    """

    first_trade_date: dt.date
    opens: dt.time
    source: str


OVERNIGHT: Final = (
    Overnight(
        dt.date(2026, 12, 7),
        dt.time(21),
        "hours: Nasdaq's filing SR-NASDAQ-2025-109 (91 FR 1350), and the consolidated tapes' plan amendment announced "
        "on 2025-12-19, from 21:00 on Sundays to 20:00 on Fridays without holidays. The tapes aim at December 2026 and "
        "name no day: the first Monday after the month's first Sunday is taken",
    ),
)
"""The night sessions of shares, oldest first."""

LATE_OPTIONS: Final[Mapping[str, dt.timedelta]] = MappingProxyType(
    dict.fromkeys(("DIA", "IWM", "QQQ", "SPY"), dt.timedelta(minutes=15))
)
"""Share -> how long its listed options trade on behind the regular close, early or not; others stop with it.

Options on funds that follow a broad index trade to 16:15. Sessions before 09:30 (07:30 to 09:25 of the classes Cboe
chooses, from 20:15 the evening before of index options) are each venue's choice, class by class: quotes that come in
them are used, none are owed, so they need no entry here.
"""


def overnight_opens(trade_date: dt.date) -> dt.datetime | None:
    """When the night session of shares that belongs to a trade date begins, without a zone; None before there was one.

    Only a date on which shares trade has one; whether it is such a date is for the caller to know.
    """
    found = [entry for entry in OVERNIGHT if trade_date >= entry.first_trade_date]
    return dt.datetime.combine(trade_date - dt.timedelta(days=1), found[-1].opens) if found else None
