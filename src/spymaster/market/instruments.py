"""Instruments: what identifies one, its tick and its multiplier, and the product table used without definitions."""

from __future__ import annotations

import enum
import re
from datetime import date
from typing import Final

import msgspec


class TickSource(enum.StrEnum):
    """Where an instrument's tick came from, best first."""

    DEFINITION = "definition"
    PRODUCT_TABLE = "product table"
    INFERRED = "inferred"


class Product(msgspec.Struct, frozen=True):
    """What every contract of one root shares. Prices are 1e-9 of the quoted unit."""

    root: str
    tick_e9: int
    multiplier: int
    calendar: str


class Instrument(msgspec.Struct, frozen=True):
    """One tradable contract. Identified by (``publisher_id``, ``instrument_id``); ids are unique within a day only.

    ``tick_e9``: smallest price step in 1e-9 of the quoted unit. ``multiplier``: currency units per point.
    ``calendar``: a calendar name of ``pandas_market_calendars``.
    """

    publisher_id: int
    instrument_id: int
    symbol: str
    tick_e9: int
    multiplier: int
    tick_source: TickSource
    calendar: str


FUTURES_CALENDAR: Final = "CME Globex Equity"
"""The hours of equity index futures; also those of a futures root that the product table does not know."""
EQUITY_CALENDAR: Final = "NASDAQ"
"""The hours of United States stocks."""

CENT_E9: Final = 10_000_000
SHARE_TICK_E9: Final = 5_000_000
"""The finest step in which shares of a dollar and more are quoted, half a cent: prices in whole cents lie on it too."""

_HALF_CENTS_FROM: Final = date(2026, 11, 2)
"""From here on Rule 612 has many shares quoted in half cents (SEC release 34-101070, put off by a year in 2025)."""

PRODUCTS: Final[dict[str, Product]] = {
    p.root: p
    for p in (
        Product("ES", 250_000_000, 50, FUTURES_CALENDAR),
        Product("MES", 250_000_000, 5, FUTURES_CALENDAR),
        Product("NQ", 250_000_000, 20, FUTURES_CALENDAR),
        Product("MNQ", 250_000_000, 2, FUTURES_CALENDAR),
        Product("RTY", 100_000_000, 50, FUTURES_CALENDAR),
        Product("M2K", 100_000_000, 5, FUTURES_CALENDAR),
        Product("YM", 1_000_000_000, 5, FUTURES_CALENDAR),
        Product("MYM", 1_000_000_000, 1, FUTURES_CALENDAR),
        Product("CL", 10_000_000, 1000, "CMEGlobex_CL"),
        Product("MCL", 10_000_000, 100, "CMEGlobex_MCL"),
        Product("GC", 100_000_000, 100, "CMEGlobex_GC"),
        Product("SI", 5_000_000, 5000, "CMEGlobex_SI"),
        Product("NG", 1_000_000, 10_000, "CMEGlobex_NG"),
    )
}

OUTRIGHT: Final = re.compile(r"^(?P<root>[A-Z0-9]{1,4}?)(?P<month>[FGHJKMNQUVXZ])(?P<year>\d{1,2})$")
"""An outright futures symbol: root, month letter, one or two digits of the year."""

_CONTINUOUS: Final = re.compile(r"^(?P<root>[A-Z0-9]{1,4})\.[cnv]\.\d+$")


def futures_root(symbol: str) -> str | None:
    """The root of an outright futures symbol (``ESH4`` -> ``ES``), or None for a spread, an option or a stock."""
    match = OUTRIGHT.match(symbol)
    return match["root"] if match else None


def outright_root(symbol: str) -> str | None:
    """The root of an outright or of the vendor's continuous symbol for one (``ES.c.0`` -> ``ES``), else None."""
    match = OUTRIGHT.match(symbol) or _CONTINUOUS.match(symbol)
    return match["root"] if match else None


def share_tick_e9(stated_e9: int | None, step_e9: int, first_day: date) -> int:
    """The tick on which every quote of a share lies, 1e-9 dollars.

    ``stated_e9``: by its definition, if there is one; ``step_e9``: of the quotes looked at; ``first_day``: of the data.
    A grid that is too fine loses nothing, one that is too coarse would reject quotes: so half a cent as soon as the
    rules allow it, or the quotes show it.
    """
    usual = stated_e9 or CENT_E9
    if first_day >= _HALF_CENTS_FROM or step_e9 % CENT_E9 != 0:
        return min(usual, SHARE_TICK_E9)
    return usual
