"""When a futures contract ends, read off its symbol: needed where no definition says so."""

from __future__ import annotations

import datetime as dt
from typing import Final

from spymaster.market.instruments import FUTURES_CALENDAR, OUTRIGHT, PRODUCTS

MONTH_CODES: Final = "FGHJKMNQUVXZ"
"""The letter of each delivery month, January first."""

_FRIDAY: Final = 4
_PHYSICAL_EXPIRY_DAY: Final = 20


def third_friday(year: int, month: int) -> dt.date:
    """The day the equity index futures of a month expire, holidays aside."""
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def contract_expiry(symbol: str, near: dt.date) -> dt.date | None:
    """The expiry of an outright (``ESH4``), its year digits read as the year nearest to ``near``; None for other
    symbols.

    Exact for equity index roots. Other roots deliver goods and end before their month does: taken as the 20th of the
    month before, which is early rather than late for energy and metals.
    """
    match = OUTRIGHT.match(symbol)
    if match is None:
        return None
    digits = match["year"]
    cycle = 10 ** len(digits)
    year = min(
        (century + int(digits) for century in range(near.year // cycle * cycle - cycle, near.year + 2 * cycle, cycle)),
        key=lambda candidate: abs(candidate - near.year),
    )
    month = MONTH_CODES.index(match["month"]) + 1
    product = PRODUCTS.get(match["root"])
    if product is None or product.calendar == FUTURES_CALENDAR:
        return third_friday(year, month)
    before = dt.date(year, month, 1) - dt.timedelta(days=1)
    return before.replace(day=_PHYSICAL_EXPIRY_DAY)
