"""What is published of the options at one snap: a row per strike, and a summary of them all.

Exposures are dealers' (the customers' other side) in ES contracts per ES point in both profiles: above 0 dealers trade
against a move and damp it, below 0 they trade with it and amplify it. Flows are customers': above 0 they bought.
Strike prices, quotes and premiums are in the unit the options are quoted in (ES points or SPY dollars). Absent values
are the one quiet NaN. Sources: SPEC 6.5 and 7.3, P5.6 to P5.8.
"""

from __future__ import annotations

import enum
from typing import Final

import numpy as np

MAX_PUBLISHED_STRIKES: Final = 64
"""At most this many strikes are published at one snap, those nearest spot, by rising price."""


class FuelEffect(enum.IntEnum):
    """What dealers' hedging does to a move; NEUTRAL where it is small or its sign is not known."""

    NEUTRAL = 0
    AMPLIFY = 1
    DAMPEN = 2


class WallSign(enum.IntEnum):
    """What a wall is: a PIN (dealers long gamma) stops price, a SLIP (dealers short) speeds it on."""

    SLIP = -1
    NONE = 0
    PIN = 1


class Convention(enum.IntEnum):
    """Who is taken to hold what: four readings of one chain.

    The conclusion is said to depend on the convention where the first two differ in their effect; the last two always
    oppose each other and say how far it could go either way.
    """

    SIGNED_FLOW = 0
    """By the signed trades of the session: what customers bought, dealers sold."""
    CALLS_LONG_PUTS_SHORT = 1
    """Dealers long all calls and short all puts in hand (customers overwrite calls and buy puts)."""
    CUSTOMERS_LONG = 2
    """Customers bought everything in hand."""
    CUSTOMERS_SHORT = 3
    """Customers sold everything in hand."""


_CONTRACT_FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("volume", "option contracts", "traded this session"),
    ("premium", "currency", "sum of price x size x multiplier over those trades"),
    ("net", "option contracts", "expected customers' buys - sells this session"),
    ("net_sd", "option contracts", "its spread by doubtful sides"),
    ("delta_flow", "ES contracts", "delta customers took over this session, each trade at its own delta"),
    ("gamma_flow", "ES contracts/point", "gamma customers took over this session, each trade at its own gamma"),
    ("last", "option price", "last trade; NaN before any"),
    ("bid", "option price", "best bid; NaN without a usable quote"),
    ("ask", "option price", "best ask; NaN without a usable quote"),
    ("delta", "per unit", "of the fitted smile; NaN without one"),
    ("open_interest", "option contracts", "as last published for the session before; NaN where unknown"),
)
"""Per call and per put of a strike."""

STRIKE_FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("strike", "option unit", "strike price"),
    *((f"call_{name}", unit, f"call: {meaning}") for name, unit, meaning in _CONTRACT_FIELDS),
    *((f"put_{name}", unit, f"put: {meaning}") for name, unit, meaning in _CONTRACT_FIELDS),
    ("iv", "1/sqrt(year)", "volatility of the fitted smile at the strike; NaN without one"),
    ("gamma", "per option unit", "near-expiry gamma of one option at spot; NaN without a smile"),
    ("hedge", "ES contracts/point", "share of the strike in dealers' exposure at spot"),
    ("hedge_sd", "ES contracts/point", "its spread"),
    ("wall", "+1/0/-1", "WallSign of the strike that is a wall; 0 for the others"),
)
"""The columns of a strike: name, unit, meaning. All float64."""

STRIKE_ROW: Final = np.dtype([(name, "<f8") for name, _, _ in STRIKE_FIELDS])

OPTION_FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("strikes", "count", "strike rows of the snap; 0 without options"),
    ("contracts", "count", "contracts of the chain; 0 without options"),
    ("quoted", "count", "contracts with a usable quote"),
    ("expiry_s", "s since 1970 UTC", "expiration of the chain"),
    ("forward", "option unit", "forward of put-call parity; NaN without one"),
    ("iv", "1/sqrt(year)", "volatility at the money; NaN without a smile"),
    ("hedge", "ES contracts/point", "dealers' exposure at spot, smoothed; NaN before the first smile"),
    ("hedge_low", "ES contracts/point", "lower end of its 90 % band"),
    ("hedge_high", "ES contracts/point", "upper end of its 90 % band"),
    ("effect", "code", "FuelEffect"),
    ("gex", "currency per 1 %", "the same as dealers' dollar gamma"),
    ("net_dealer_gamma", "option deltas per option unit", "- sum of customers' side x size x gamma x multiplier"),
    ("gamma_velocity", "ES contracts/point/min", "change of the exposure over w_fuel; NaN before"),
    ("charm_flow", "ES contracts/min", "dealers' hedge trades by the passing of time; + buys"),
    ("call_wall", "option unit", "price of the wall above spot; NaN without one"),
    ("call_wall_sign", "+1/0/-1", "WallSign"),
    ("put_wall", "option unit", "price of the wall below spot; NaN without one"),
    ("put_wall_sign", "+1/0/-1", "WallSign"),
    ("flip", "option unit", "where the exposure changes its sign, nearest spot; NaN without one"),
    ("classified_share", "0-1", "share of the traded volume whose side is known; NaN without trades"),
    ("volume", "option contracts", "traded this session"),
    ("hedge_flow", "ES contracts/point", "exposure at spot by Convention.SIGNED_FLOW"),
    ("hedge_calls_long", "ES contracts/point", "exposure at spot by Convention.CALLS_LONG_PUTS_SHORT"),
    ("hedge_customers_long", "ES contracts/point", "exposure at spot by Convention.CUSTOMERS_LONG"),
    ("hedge_customers_short", "ES contracts/point", "exposure at spot by Convention.CUSTOMERS_SHORT"),
    ("convention_dependent", "0/1", "1 where CALLS_LONG_PUTS_SHORT gives another effect at spot"),
    ("call_delta_flow", "ES contracts", "delta customers took over in calls during the last snap interval"),
    ("put_delta_flow", "ES contracts", "the same in puts"),
)
"""The columns of the options' summary: name, unit, meaning. All float64."""

OPTION_SUMMARY: Final = np.dtype([(name, "<f8") for name, _, _ in OPTION_FIELDS])

FUEL_FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("hedge", "ES contracts/point", "G: dealers' exposure with price at the level; NaN without options"),
    ("hedge_low", "ES contracts/point", "lower end of its 90 % band"),
    ("hedge_high", "ES contracts/point", "upper end of its 90 % band"),
    ("fuel_effect", "code or NaN", "FuelEffect"),
    ("fuel_confidence", "0-1", "weight of the fuel: share of known sides, width of the band, size of G"),
    ("gamma_velocity", "ES contracts/point/min", "change of G over w_fuel; NaN before"),
    ("net_dealer_gamma", "option deltas per option unit", "- sum of customers' side x size x gamma x multiplier"),
    ("convention_dependent", "0/1 or NaN", "1 where CALLS_LONG_PUTS_SHORT gives another effect"),
    ("call_wall", "profile unit", "wall above spot; NaN without one"),
    ("call_wall_sign", "sign or NaN", "WallSign; 0 without a wall"),
    ("put_wall", "profile unit", "wall below spot; NaN without one"),
    ("put_wall_sign", "sign or NaN", "WallSign; 0 without a wall"),
    ("gamma_flip", "profile unit", "where the exposure changes its sign; NaN without"),
)
"""The fuel's columns of a level row (``market.rows.LEVEL_FIELDS``): name, unit, meaning."""
