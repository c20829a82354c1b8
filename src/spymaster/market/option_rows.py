"""What is published of the options at one snap: a row per strike, and a summary of them all.

Exposures are dealers' (the customers' other side) in ES contracts per ES point in both profiles: above 0 dealers trade
against a move and damp it, below 0 they trade with it and amplify it. Flows are customers': above 0 they bought.
Strike prices, quotes and premiums are in the unit the options are quoted in (ES points or SPY dollars). Absent values
are the one quiet NaN. Formulas: docs/physics.md 5.6,
docs/physics.md 5.7, docs/physics.md 5.8.
"""

from __future__ import annotations

import enum
from typing import Final

from spymaster.market.columns.fields import (
    NEGATED,
    SAME,
    Absent,
    Field,
    Mirror,
    Type,
    negated_from,
    row_dtype,
    trades_places,
)

NUMBER: Final = Type.NUMBER
PRICE: Final = Type.PRICE
FLAG: Final = Type.FLAG
CODE: Final = Type.CODE
FUELLED: Final = Absent.FUELLED
OPTIONAL: Final = Absent.OPTIONAL

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


_PER_RIGHT: Final[tuple[tuple[str, str, str, Absent], ...]] = (
    ("volume", "option contracts", "traded this session", Absent.NEVER),
    ("premium", "currency", "sum of price x size x multiplier over those trades", Absent.NEVER),
    ("net", "option contracts", "expected customers' buys - sells this session", Absent.NEVER),
    ("net_sd", "option contracts", "its spread by doubtful sides", Absent.NEVER),
    ("delta_flow", "ES contracts", "delta customers took over this session, each trade at its own", Absent.NEVER),
    ("gamma_flow", "ES contracts/point", "gamma customers took over this session, each trade at its own", Absent.NEVER),
    ("last", "option price", "last trade; NaN before any", OPTIONAL),
    ("bid", "option price", "best bid; NaN without a usable quote", OPTIONAL),
    ("ask", "option price", "best ask; NaN without a usable quote", OPTIONAL),
    ("delta", "per unit", "of the fitted smile; NaN without one", OPTIONAL),
    ("open_interest", "option contracts", "as last published for the session before; NaN where unknown", OPTIONAL),
)
"""Per call and per put of a strike. Upside down a call is a put, and delta changes its sign."""
_DELTAS: Final = frozenset({"delta", "delta_flow"})


def _of(right: str, other: str) -> tuple[Field, ...]:
    def mirror(name: str) -> Mirror:
        return negated_from(f"{other}_{name}") if name in _DELTAS else trades_places(f"{other}_{name}")

    return tuple(
        Field(f"{right}_{name}", NUMBER, unit, mirror(name), f"{right}: {doc}", absent)
        for name, unit, doc, absent in _PER_RIGHT
    )


STRIKE_FIELDS: Final[tuple[Field, ...]] = (
    Field("strike", PRICE, "option unit", NEGATED, "strike price"),
    *_of("call", "put"),
    *_of("put", "call"),
    Field(
        "iv", NUMBER, "1/sqrt(year)", SAME, "volatility of the fitted smile at the strike; NaN without one", OPTIONAL
    ),
    Field(
        "gamma",
        NUMBER,
        "per option unit",
        SAME,
        "near-expiry gamma of one option at spot; NaN without a smile",
        OPTIONAL,
    ),
    Field("hedge", NUMBER, "ES contracts/point", SAME, "part of the strike in dealers' exposure at spot", OPTIONAL),
    Field("hedge_sd", NUMBER, "ES contracts/point", SAME, "its spread", OPTIONAL),
    Field("wall", NUMBER, "+1/0/-1", SAME, "WallSign of the strike that is a wall; 0 for the others"),
)
"""The columns of a strike."""

STRIKE_ROW: Final = row_dtype(STRIKE_FIELDS)

OPTION_FIELDS: Final[tuple[Field, ...]] = (
    Field("strikes", NUMBER, "count", SAME, "strike rows of the snap; 0 without options"),
    Field("contracts", NUMBER, "count", SAME, "contracts of the chain; 0 without options"),
    Field("quoted", NUMBER, "count", SAME, "contracts with a usable quote"),
    Field("expiry_s", NUMBER, "s since 1970 UTC", SAME, "expiration of the chain", OPTIONAL),
    Field("forward", PRICE, "option unit", NEGATED, "forward of put-call parity; NaN without one", OPTIONAL),
    Field("iv", NUMBER, "1/sqrt(year)", SAME, "volatility at the money; NaN without a smile", OPTIONAL),
    Field(
        "hedge",
        NUMBER,
        "ES contracts/point",
        SAME,
        "dealers' exposure at spot, smoothed; NaN before the first smile",
        OPTIONAL,
    ),
    Field("hedge_low", NUMBER, "ES contracts/point", SAME, "lower end of its 90 % band", OPTIONAL),
    Field("hedge_high", NUMBER, "ES contracts/point", SAME, "upper end of its 90 % band", OPTIONAL),
    Field("effect", CODE, "code", SAME, "what dealers' hedging does to a move", OPTIONAL, codes=FuelEffect),
    Field("gex", NUMBER, "currency per 1 %", SAME, "the same as dealers' dollar gamma", OPTIONAL),
    Field(
        "net_dealer_gamma",
        NUMBER,
        "option deltas per option unit",
        SAME,
        "- sum of customers' side x size x gamma x multiplier",
        OPTIONAL,
    ),
    Field(
        "gamma_velocity",
        NUMBER,
        "ES contracts/point/min",
        SAME,
        "change of the exposure over w_fuel; NaN before",
        OPTIONAL,
    ),
    Field(
        "charm_flow",
        NUMBER,
        "ES contracts/min",
        NEGATED,
        "dealers' hedge trades by the passing of time; + buys",
        OPTIONAL,
    ),
    Field(
        "call_wall",
        PRICE,
        "option unit",
        negated_from("put_wall"),
        "price of the wall above spot; NaN without one",
        OPTIONAL,
    ),
    Field(
        "call_wall_sign",
        NUMBER,
        "+1/0/-1",
        trades_places("put_wall_sign"),
        "WallSign of the wall; absent without one",
        OPTIONAL,
    ),
    Field(
        "put_wall",
        PRICE,
        "option unit",
        negated_from("call_wall"),
        "price of the wall below spot; NaN without one",
        OPTIONAL,
    ),
    Field(
        "put_wall_sign",
        NUMBER,
        "+1/0/-1",
        trades_places("call_wall_sign"),
        "WallSign of the wall; absent without one",
        OPTIONAL,
    ),
    Field(
        "gamma_flip",
        PRICE,
        "option unit",
        NEGATED,
        "where the exposure changes its sign, nearest spot; NaN without one",
        OPTIONAL,
    ),
    Field(
        "classified_share",
        NUMBER,
        "0-1",
        SAME,
        "share of the traded volume whose side is known; NaN without trades",
        OPTIONAL,
    ),
    Field("volume", NUMBER, "option contracts", SAME, "traded this session", OPTIONAL),
    Field("hedge_flow", NUMBER, "ES contracts/point", SAME, "exposure at spot by Convention.SIGNED_FLOW", OPTIONAL),
    Field(
        "hedge_calls_long",
        NUMBER,
        "ES contracts/point",
        SAME,
        "exposure at spot by Convention.CALLS_LONG_PUTS_SHORT",
        OPTIONAL,
    ),
    Field(
        "hedge_customers_long",
        NUMBER,
        "ES contracts/point",
        SAME,
        "exposure at spot by Convention.CUSTOMERS_LONG",
        OPTIONAL,
    ),
    Field(
        "hedge_customers_short",
        NUMBER,
        "ES contracts/point",
        SAME,
        "exposure at spot by Convention.CUSTOMERS_SHORT",
        OPTIONAL,
    ),
    Field(
        "convention_dependent",
        FLAG,
        "0/1",
        SAME,
        "1 where CALLS_LONG_PUTS_SHORT gives another effect at spot",
        OPTIONAL,
    ),
    Field(
        "call_delta_flow",
        NUMBER,
        "ES contracts",
        negated_from("put_delta_flow"),
        "delta customers took over in calls during the last snap interval",
        OPTIONAL,
    ),
    Field("put_delta_flow", NUMBER, "ES contracts", negated_from("call_delta_flow"), "the same in puts", OPTIONAL),
)
"""The columns of the options' summary."""

OPTION_SUMMARY: Final = row_dtype(OPTION_FIELDS)

FUEL_FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "hedge",
        NUMBER,
        "ES contracts/point",
        SAME,
        "G: dealers' exposure with price at the level; NaN without options",
        OPTIONAL,
    ),
    Field("hedge_low", NUMBER, "ES contracts/point", SAME, "lower end of its 90 % band", FUELLED),
    Field("hedge_high", NUMBER, "ES contracts/point", SAME, "upper end of its 90 % band", FUELLED),
    Field("fuel_effect", CODE, "code", SAME, "what dealers' hedging does to a move", FUELLED, codes=FuelEffect),
    Field(
        "fuel_confidence",
        NUMBER,
        "0-1",
        SAME,
        "confidence of the fuel: share of known sides, and how little its band leaves open",
        FUELLED,
    ),
    Field("gamma_velocity", NUMBER, "ES contracts/point/min", SAME, "change of G over w_fuel; NaN before", OPTIONAL),
    Field(
        "net_dealer_gamma",
        NUMBER,
        "option deltas per option unit",
        SAME,
        "- sum of customers' side x size x gamma x multiplier",
        OPTIONAL,
    ),
    Field("convention_dependent", NUMBER, "0/1", SAME, "1 where CALLS_LONG_PUTS_SHORT gives another effect", FUELLED),
    Field("call_wall", PRICE, "profile unit", negated_from("put_wall"), "wall above spot; NaN without one", OPTIONAL),
    Field(
        "call_wall_sign",
        NUMBER,
        "+1/0/-1",
        trades_places("put_wall_sign"),
        "WallSign: +1 pin, -1 slip; 0 without a wall",
        OPTIONAL,
    ),
    Field("put_wall", PRICE, "profile unit", negated_from("call_wall"), "wall below spot; NaN without one", OPTIONAL),
    Field(
        "put_wall_sign",
        NUMBER,
        "+1/0/-1",
        trades_places("call_wall_sign"),
        "WallSign: +1 pin, -1 slip; 0 without a wall",
        OPTIONAL,
    ),
    Field("gamma_flip", PRICE, "profile unit", NEGATED, "where the exposure changes its sign; NaN without", OPTIONAL),
)
"""The fuel's columns of a level row (``market.columns.level_fields``)."""
