"""Which option a record is about, its quotes, and open interest (SPEC 4, P5.4)."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_TRADE, MASK32, PRICE_SCALE, SIDE_NONE, UNDEF_PRICE, Kind
from spymaster.physics.memory.option_state import LOOKUP, LOOKUP_MULTIPLIER
from spymaster.physics.memory.state import C_BAD_OPTIONS, C_OPEN_INTEREST, C_OPTION_QUOTES, State

_CMBP1: Final = int(Kind.CMBP1)
_CBBO: Final = int(Kind.CBBO)
_XTRADE: Final = int(Kind.XTRADE)
_STAT: Final = int(Kind.STAT)
_PER_E9: Final = 1e-9
_STAT_TYPE_WORD: Final = 7
_QUANTITY_WORD: Final = 5
_OPEN_INTEREST: Final = 9
_T_WITHOUT_SIDE: Final = (ACTION_TRADE << 32) | (SIDE_NONE << 40)


@kernel
def contract_of(s: State, w: NDArray[Any], kind: int) -> int:
    """Place of the contract a record (header in word 0) belongs to, -1 where it is of no option of the day."""
    if s.chain[0].contracts == 0:
        return -1
    key = w[0] >> 16
    number = (w[0] >> 32) & MASK32
    any_venue = s.chain[0].any_publisher != 0
    if any_venue and kind != _CMBP1 and kind != _CBBO and kind != _STAT:
        return -1
    place = ((number * LOOKUP_MULTIPLIER) >> 16) % LOOKUP
    while s.lookup[place] != 0:
        c = s.lookup[place] - 1
        known = s.contract[c].key
        if known == key or (any_venue and (known >> 16) == number):
            return int(c)
        place = (place + 1) % LOOKUP
    return -1


@kernel
def plain_words(s: State, w: NDArray[Any], kind: int) -> Any:
    """A record of the JSON vendor (XTRADE or XQUOTE) in the words of MBP-1: a trade without quotes, or quotes alone."""
    d = s.plain
    d[0], d[1], d[4], d[5] = w[0], w[1], w[4], w[5]
    if kind == _XTRADE:
        d[2] = w[2]
        d[3] = min(max((w[3] + PRICE_SCALE // 2) // PRICE_SCALE, 0), MASK32) | _T_WITHOUT_SIDE
        d[6] = UNDEF_PRICE
        d[7] = UNDEF_PRICE
        d[8] = 0
    else:
        d[2] = 0
        d[3] = 0
        d[6] = w[2] if w[2] > 0 else UNDEF_PRICE
        d[7] = w[8] if w[8] > 0 else UNDEF_PRICE
        d[8] = min(max(w[3] // PRICE_SCALE, 0), MASK32) | (min(max(w[9] // PRICE_SCALE, 0), MASK32) << 32)
    return d[:]


@kernel
def take_option_quote(s: State, w: NDArray[Any], c: int, event_ns: int, now_ns: int) -> None:
    """Best bid and ask (words 6 to 8) of a contract. A side without a price is absent; a negative price is a fault."""
    x = s.contract[c]
    bid, ask = w[6], w[7]
    if bid < 0 or ask < 0:
        s.counters[C_BAD_OPTIONS] += 1
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
    x.bid_size = w[8] & MASK32
    x.ask_size = (w[8] >> 32) & MASK32
    x.seen_ns = now_ns
    s.chain[0].quote_ns = now_ns
    s.counters[C_OPTION_QUOTES] += 1


@kernel
def take_open_interest(s: State, w: NDArray[Any], c: int) -> bool:
    """Open interest out of a statistics record (int64[10]); whether it was one."""
    if (w[_STAT_TYPE_WORD] & 0xFFFF) != _OPEN_INTEREST:
        return False
    quantity = w[_QUANTITY_WORD]
    if quantity < 0 or quantity > MASK32:
        s.counters[C_BAD_OPTIONS] += 1
        return False
    s.contract[c].open_interest = quantity
    s.counters[C_OPEN_INTEREST] += 1
    return True
