"""The record kinds every part of the program speaks, and the constants of their vendor layout.

A kind's number is written into journals and recordings and therefore never changes.
Sources: the Databento Binary Encoding (DBN) version 3 record layout and enumerations.
"""

from __future__ import annotations

import enum
from typing import Final


class Kind(enum.IntEnum):
    """What a record is. The value is its code in ``Batch.order`` and in the journal."""

    DEF = 0
    MAPPING = 1
    STATUS = 2
    STAT = 3
    MBP10 = 4
    TRADE = 5
    MBP1 = 6
    CMBP1 = 7
    BBO = 8
    CBBO = 9
    SYSTEM = 10
    ERROR = 11
    XTRADE = 12
    XQUOTE = 13
    RAW = 14
    BAR = 15
    GREEKS = 16


UNDEF_PRICE: Final = 2**63 - 1
"""An absent price in the vendor's layout (int64). Never becomes a number."""

UNDEF_TIMESTAMP: Final = 2**64 - 1
"""An absent time in the vendor's layout (uint64; -1 when read as int64)."""

F_LAST: Final = 128
F_TOB: Final = 64
F_SNAPSHOT: Final = 32
F_MBP: Final = 16
F_BAD_TS_RECV: Final = 8
F_MAYBE_BAD_BOOK: Final = 4

ACTION_ADD: Final = ord("A")
ACTION_CANCEL: Final = ord("C")
ACTION_MODIFY: Final = ord("M")
ACTION_CLEAR: Final = ord("R")
ACTION_TRADE: Final = ord("T")

SIDE_BID: Final = ord("B")
SIDE_ASK: Final = ord("A")
SIDE_NONE: Final = ord("N")

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
CHART_BAR_NS: Final = 120 * NS_PER_S
"""Span of the bars that averages and the chart are made of."""

PRICE_SCALE: Final = 1_000_000_000
"""Fixed-point prices are integers of 1e-9 of the quoted unit."""

MAX_TICK: Final = 2**36
"""No market trades this many ticks from zero; a price beyond is a fault of the record."""

NO_TICK: Final = -(2**40)
"""No price, or none on a tick: beyond every real one, since prices of spreads and of oil can be below zero."""

MAX_CONTRACTS: Final = 2**24
"""Nor is a size beyond this one: the vendor's 2**32 - 1 means none, and sums must stay inside 32 bits."""

MASK32: Final = 0xFFFFFFFF
"""The lower half of a 64-bit word: two sizes share one."""

MBP10_WORDS: Final = 46
"""An MBP-10 record is 368 bytes: 46 little-endian 64-bit words."""
