"""What the option market remembers, as a part of the market's one record, and the layout of what it writes.

Contract ``2 * k`` is the call of strike ``k`` and ``2 * k + 1`` its put. Prices of options and strikes are in the unit
their venue quotes: ES points, or dollars of the share. With the future quoted in the same unit the ratio is exactly 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np

MOST_STRIKES: Final = 48
MOST_CONTRACTS: Final = 2 * MOST_STRIKES
CLOCK_MINUTES: Final = 391
"""Entries of the variance clock: what is left of the day at 09:30, at 09:31, ... and at 16:00 (nothing)."""

CALL: Final = 0
PUT: Final = 1

NO_OPTIONS: Final = 0
ON_FUTURE: Final = 1
"""Options on the future, quoted in its points (profile es)."""
ON_EQUITY: Final = 2
"""Options on a share that trades beside the future (profile spy)."""

OPTIONS: Final = np.dtype(
    [
        # dice of its own: the flow of orders in the book does not depend on how often options are drawn for
        ("rng", "<u8"),
        ("kind", "<i8"),
        ("strikes", "<i8"),
        ("strike_e9", "<i8", (MOST_STRIKES,)),
        ("strike", "<f8", (MOST_STRIKES,)),
        # when options (and the share) may trade, ns; they expire at the end
        ("open_ns", "<i8"),
        ("expiry_ns", "<i8"),
        ("equity_open_ns", "<i8"),
        ("equity_close_ns", "<i8"),
        # variance still to come at each minute of the session, years; the average that fixes them takes some away
        ("clock", "<f8", (CLOCK_MINUTES,)),
        ("clock_start_ns", "<i8"),
        ("fixing_years", "<f8"),
        # dealers' position of each contract, what it was at the start, and the open interest that is published
        ("inventory", "<i8", (MOST_CONTRACTS,)),
        ("opening", "<i8", (MOST_CONTRACTS,)),
        ("open_interest", "<i8", (MOST_CONTRACTS,)),
        ("usual_interest", "<f8"),
        # share of the customers' trades that dealers take
        ("dealer_share", "<f8"),
        # trades per second at midday's activity, and how wide around the price they lie, in strikes
        ("trade_rate", "<f8"),
        ("reach", "<f8"),
        # what customers are about to bring dealers into at a strike, contracts of call and put each, and how far it got
        ("target", "<i8", (MOST_STRIKES,)),
        ("done", "<i8", (MOST_STRIKES,)),
        # contracts of its usual trades
        ("unit", "<f8", (MOST_STRIKES,)),
        # smile: at the money, slope and bend per percent of distance, where they return to, and now by strike
        ("level", "<f8"),
        ("slope", "<f8"),
        ("bend", "<f8"),
        ("usual_level", "<f8"),
        ("usual_slope", "<f8"),
        ("usual_bend", "<f8"),
        ("vol", "<f8", (MOST_STRIKES,)),
        ("years", "<f8"),
        # ES price / price in the options' unit, its slow part and where that returns to
        ("ratio", "<f8"),
        ("slow_ratio", "<f8"),
        ("usual_ratio", "<f8"),
        # quotes: tick below and from the price where ticks grow, e9
        ("fine_e9", "<i8"),
        ("coarse_e9", "<i8"),
        ("coarse_from_e9", "<i8"),
        ("width_least", "<f8"),
        ("width_share", "<f8"),
        ("usual_quote", "<f8"),
        ("bid", "<i8", (MOST_CONTRACTS,)),
        ("ask", "<i8", (MOST_CONTRACTS,)),
        ("bid_size", "<i8", (MOST_CONTRACTS,)),
        ("ask_size", "<i8", (MOST_CONTRACTS,)),
        # as last written, and the last trade
        ("sent", "<i8", (MOST_CONTRACTS, 4)),
        ("last_ns", "<i8", (MOST_CONTRACTS,)),
        ("last_e9", "<i8", (MOST_CONTRACTS,)),
        ("last_size", "<i8", (MOST_CONTRACTS,)),
        ("last_side", "<i8", (MOST_CONTRACTS,)),
        ("last_sequence", "<i8", (MOST_CONTRACTS,)),
        ("traded", "<i8", (MOST_CONTRACTS,)),
        ("sequence", "<i8"),
        ("recv_ns", "<i8"),
        # the share's quote as last written, and what others trade in it per second
        ("equity", "<i8", (4,)),
        ("equity_quote_rate", "<f8"),
        ("equity_trade_rate", "<f8"),
        ("equity_sequence", "<i8"),
        ("equity_recv_ns", "<i8"),
        ("next_ns", "<i8"),
        ("rates", "<f8", (4,)),
        # dealers' hedge: futures held, and contracts of futures a contract's delta is worth
        ("held", "<f8"),
        ("worth", "<f8"),
        ("look_ns", "<i8"),
        # futures they may trade now without trading the market away from themselves
        ("budget", "<f8"),
    ]
)
"""The option market; ``kind`` 0 is none, and nothing else is read then."""

ROW_COLUMNS: Final = 14
R_WHAT: Final = 0
R_EVENT: Final = 1
R_RECV: Final = 2
R_CONTRACT: Final = 3
R_PRICE: Final = 4
R_SIZE: Final = 5
R_SIDE: Final = 6
R_BID: Final = 7
R_ASK: Final = 8
R_BID_SIZE: Final = 9
R_ASK_SIZE: Final = 10
R_DEALER: Final = 11
R_INVENTORY: Final = 12
R_SEQUENCE: Final = 13
"""Columns of a row of the tape: times ns, prices e9, sides as the vendor's letters.

``R_DEALER``: 1 where a dealer took the trade; ``R_INVENTORY``: the dealers' position after it."""

WHAT_TRADE: Final = 0
WHAT_QUOTE: Final = 1
WHAT_EQUITY_TRADE: Final = 2
WHAT_EQUITY_QUOTE: Final = 3
WHAT_HEDGE: Final = 4
"""A dealers' order in the future: decided at ``R_EVENT``, at the venue at ``R_RECV``, ``R_SIDE`` B to buy."""

SECOND_COLUMNS: Final = 4 + MOST_STRIKES
"""A row of truth each second: time (seconds since the first, exact), future's mid, ratio, years left, vol by strike."""
