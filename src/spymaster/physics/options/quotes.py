"""Which option a record is about, its quotes, and open interest (docs/physics.md 5.4)."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_TRADE, MASK32, PRICE_SCALE, SIDE_NONE, UNDEF_PRICE, Kind
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import (
    ACTION_BITS,
    ASK_SIZE_BITS,
    ID_BITS,
    KEY_BITS,
    SIDE_BITS,
    W_ASK,
    W_BID,
    W_DETAILS,
    W_EVENT,
    W_HEADER,
    W_PRICE,
    W_RECEIVED,
    W_SIZES,
)
from spymaster.physics.memory.option_records import LOOKUP, LOOKUP_MULTIPLIER
from spymaster.physics.memory.state import State

_OPTION_QUOTES: Final = int(Counter.OPTION_QUOTES)
_BAD_OPTIONS: Final = int(Counter.BAD_OPTIONS)
_OPEN_INTEREST: Final = int(Counter.OPEN_INTEREST)

_CMBP1: Final = int(Kind.CMBP1)
_CBBO: Final = int(Kind.CBBO)
_XTRADE: Final = int(Kind.XTRADE)
_XQUOTE: Final = int(Kind.XQUOTE)
_STAT: Final = int(Kind.STAT)
_STATUS: Final = int(Kind.STATUS)
_PER_E9: Final = 1e-9
_STAT_TYPE_WORD: Final = 7
_QUANTITY_WORD: Final = 5
_OPEN_INTEREST_TYPE: Final = 9
_T_WITHOUT_SIDE: Final = (ACTION_TRADE << ACTION_BITS) | (SIDE_NONE << SIDE_BITS)
_SEQUENCE: Final = 5
_X_SIZE: Final = 3
_X_BID: Final = 2
_X_ASK: Final = 8
_X_ASK_SIZE: Final = 9
"""Words of the JSON vendor's records; sizes are fixed-point numbers, and a trade's stands where the bid's does."""


@kernel
def contract_of(s: State, w: NDArray[Any], kind: int) -> int:
    """Index of the contract a record (header in word 0) belongs to, -1 where it is of no option of the day."""
    chain = s.chain
    if chain.contracts == 0:
        return -1
    key = w[W_HEADER] >> KEY_BITS
    number = (w[W_HEADER] >> ID_BITS) & MASK32
    any_venue = chain.any_publisher != 0
    if any_venue and kind != _CMBP1 and kind != _CBBO and kind != _STAT and kind != _STATUS:
        return -1
    at = ((number * LOOKUP_MULTIPLIER) >> 16) % LOOKUP
    while chain.lookup[at] != 0:
        c = chain.lookup[at] - 1
        known = chain.contract[c].key
        if known == key or (any_venue and (known >> 16) == number):
            return int(c)
        at = (at + 1) % LOOKUP
    return -1


@kernel
def write_plain(s: State, w: NDArray[Any], kind: int) -> bool:
    """A record of the JSON vendor (XTRADE or XQUOTE) into the scratch, in the words of MBP-1: a trade without quotes,
    or quotes alone. False: it is another's, and stands in such words already."""
    if kind != _XTRADE and kind != _XQUOTE:
        return False
    d = s.scratch.plain
    d[W_HEADER], d[W_EVENT], d[W_RECEIVED], d[_SEQUENCE] = w[W_HEADER], w[W_EVENT], w[W_RECEIVED], w[_SEQUENCE]
    if kind == _XTRADE:
        d[W_PRICE] = w[W_PRICE]
        d[W_DETAILS] = min(max((w[_X_SIZE] + PRICE_SCALE // 2) // PRICE_SCALE, 0), MASK32) | _T_WITHOUT_SIDE
        d[W_BID] = UNDEF_PRICE
        d[W_ASK] = UNDEF_PRICE
        d[W_SIZES] = 0
    else:
        bid_size = min(max(w[_X_SIZE] // PRICE_SCALE, 0), MASK32)
        ask_size = min(max(w[_X_ASK_SIZE] // PRICE_SCALE, 0), MASK32)
        d[W_PRICE] = 0
        d[W_DETAILS] = 0
        d[W_BID] = w[_X_BID] if w[_X_BID] > 0 else UNDEF_PRICE
        d[W_ASK] = w[_X_ASK] if w[_X_ASK] > 0 else UNDEF_PRICE
        d[W_SIZES] = bid_size | (ask_size << ASK_SIZE_BITS)
    return True


@kernel
def apply_option_quote(s: State, w: NDArray[Any], c: int, event_ns: int, now_ns: int) -> None:
    """Best bid and ask (words 6 to 8) of a contract. A side without a price is absent; a negative price is a fault."""
    chain = s.chain
    x = chain.contract[c]
    bid, ask = w[W_BID], w[W_ASK]
    if bid < 0 or ask < 0:
        s.counters[_BAD_OPTIONS] += 1
        return
    if event_ns > x.event_ns:
        # of quotes of one time the last stands; only one that is older than a trade can be what the trade met
        x.old_ns = x.event_ns
        x.old_bid = x.bid
        x.old_ask = x.ask
        x.old_bid_size = x.bid_size
        x.old_ask_size = x.ask_size
        x.event_ns = event_ns
    x.bid = bid * _PER_E9 if 0 < bid != UNDEF_PRICE else math.nan
    x.ask = ask * _PER_E9 if 0 < ask != UNDEF_PRICE else math.nan
    x.bid_size = w[W_SIZES] & MASK32
    x.ask_size = (w[W_SIZES] >> ASK_SIZE_BITS) & MASK32
    x.seen_ns = now_ns
    chain.quote_ns = now_ns
    s.counters[_OPTION_QUOTES] += 1


@kernel
def apply_open_interest(s: State, w: NDArray[Any], c: int) -> bool:
    """Open interest out of a statistics record (int64[10]); whether it was one."""
    if (w[_STAT_TYPE_WORD] & 0xFFFF) != _OPEN_INTEREST_TYPE:
        return False
    quantity = w[_QUANTITY_WORD]
    if quantity < 0 or quantity > MASK32:
        s.counters[_BAD_OPTIONS] += 1
        return False
    s.chain.contract[c].open_interest = quantity
    s.counters[_OPEN_INTEREST] += 1
    return True
