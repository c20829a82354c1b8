"""What is typed behind ``:`` on the cockpit: a price of the profile or of the futures contract."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Final

import numpy as np

from spymaster.errors import UserError
from spymaster.market.calendar_table import date_of
from spymaster.market.hours_table import FUTURES_DAY_BEGINS
from spymaster.market.sessions import SESSION, TimeFormatError, et_ns, parse_time
from spymaster.signals.frame import Header

_PRICE: Final = re.compile(r"([-−]?)\$?((?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?|\.[0-9]+)")
"""Digits with commas between thousands or none; a comma in any other place may mean a decimal point elsewhere."""


class GotoError(UserError):
    """What was typed cannot be gone to. Caught at the prompt, which shows it."""


def moment_for(text: str, header: Header) -> int:
    """The moment (ns) of a typed time: ISO with a zone, or ``HH:MM[:SS]`` in New York on the session's date, where
    hours from six in the evening on are those of the evening before. Raises ``GotoError``."""
    if not header.session_date:
        raise GotoError(text.strip(), "there is no session to go in yet", "wait for the first book")
    session = np.zeros(1, SESSION)[0]
    day = date_of(header.session_date)
    session["session_date"] = header.session_date
    session["open_ns"] = et_ns(day - dt.timedelta(days=1), FUTURES_DAY_BEGINS)
    try:
        return parse_time(text.strip(), session)
    except TimeFormatError as error:
        raise GotoError(error.place, error.problem, error.remedy) from None


def tick_for(text: str, header: Header) -> int:
    """The futures tick of a typed price. A price nearer to the profile's spot than to the futures price is the
    profile's and is converted at the present ratio. Raises ``GotoError``."""
    price = _price(text)
    if not math.isfinite(header.tick_size) or header.tick_size <= 0 or not math.isfinite(header.es_mid):
        raise GotoError(text.strip(), "there is no price to go from yet", "wait for the first book")
    spot_known = math.isfinite(header.spot) and math.isfinite(header.ratio)
    if spot_known and abs(price - header.spot) < abs(price - header.es_mid):
        price *= header.ratio
    return round(price / header.tick_size)


def _price(text: str) -> float:
    found = _PRICE.fullmatch(text.strip())
    price = float(("-" if found[1] else "") + found[2].replace(",", "")) if found else math.nan
    if not math.isfinite(price):
        raise GotoError(text.strip(), "is not a price", "write one such as 687.5 or 6,871.25")
    return price
