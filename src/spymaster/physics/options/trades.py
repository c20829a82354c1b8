"""Who began an option trade, and what customers came to hold by it (docs/physics.md 5.5 and 5.6).

A side is never certain: a trade counts as its expected signed size, and what is left open adds to the variance.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import MASK32, MAX_CONTRACTS, SIDE_ASK, SIDE_BID, UNDEF_PRICE, Kind
from spymaster.market.option_chain import CALL, FIRST_CODE, LAST_CODE, TREATMENTS, Treatment
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import ASK_SIZE_BITS, BYTE, SIDE_BITS, W_ASK, W_BID, W_DETAILS, W_PRICE, W_SIZES
from spymaster.physics.memory.option_records import PRINTS
from spymaster.physics.memory.state import State

_OPTION_TRADES: Final = int(Counter.OPTION_TRADES)
_BAD_OPTIONS: Final = int(Counter.BAD_OPTIONS)
_OPTION_CANCELS: Final = int(Counter.OPTION_CANCELS)
_LOST_CANCELS: Final = int(Counter.LOST_CANCELS)

_XTRADE: Final = int(Kind.XTRADE)
_NO_SIDE: Final = int(Treatment.NO_SIDE)
_LATE: Final = int(Treatment.LATE)
_CANCEL: Final = int(Treatment.CANCEL)
_PER_E9: Final = 1e-9

AT_QUOTE: Final = 0.9
"""Trust in a side read off a trade at or beyond the quote."""
INSIDE_BASE: Final = 0.5
INSIDE_GAIN: Final = 0.35
"""Inside the spread: one half, and so much more the nearer the quote."""
AT_MIDDLE: Final = 0.55
"""At the exact middle, by which side's size is smaller, else by the last change of price."""
WITHOUT_QUOTE: Final = 0.59
"""By the last change of price alone."""
KNOWN: Final = 0.7
"""From this trust on a trade counts as classified."""


@kernel
def treatment_of(w: NDArray[Any], kind: int) -> int:
    """What the condition codes of a record make of its trade: the strongest of them; PLAIN for kinds without codes."""
    if kind != _XTRADE:
        return 0
    strongest = 0
    for index in range(6):
        bits = 16 * (index + 1)
        code = (w[6 + bits // 64] >> (bits % 64)) & 0xFFFF
        if FIRST_CODE <= code <= LAST_CODE:
            strongest = max(strongest, int(TREATMENTS[code - FIRST_CODE]))
    return strongest


@kernel
def tick_side(x: Any, price: float) -> int:
    """+1 where a price is above the contract's last different one, -1 below, 0 unknown."""
    if price > x.last:
        return 1
    if price < x.last:
        return -1
    return int(x.step)


@kernel
def sign_trade(
    x: Any, price: float, size: float, bid: float, ask: float, bid_size: float, ask_size: float
) -> tuple[int, float]:
    """(+1 customers bought, -1 sold, 0 unknown; how surely) by quotes from before the trade (NaN: none).

    A trade of just the size that was quoted on the side it hit is likely a resting customer's order that was taken, so
    that side says nothing.
    """
    if not (bid < ask and bid > 0.0):
        side = tick_side(x, price)
        return side, (WITHOUT_QUOTE if side != 0 else 0.5)
    if price >= ask:
        return (0, 0.5) if size == ask_size and size != bid_size and size > 1.0 else (1, AT_QUOTE)
    if price <= bid:
        return (0, 0.5) if size == bid_size and size != ask_size and size > 1.0 else (-1, AT_QUOTE)
    inside = 2.0 * (price - 0.5 * (bid + ask)) / (ask - bid)
    if abs(inside) > 1e-9:
        return (1 if inside > 0.0 else -1), INSIDE_BASE + INSIDE_GAIN * abs(inside)
    if bid_size != ask_size:
        return (1 if ask_size < bid_size else -1), AT_MIDDLE
    side = tick_side(x, price)
    return side, (AT_MIDDLE if side != 0 else 0.5)


@kernel
def side_of_trade(x: Any, w: NDArray[Any], with_quote: bool, t_ns: int) -> tuple[int, float]:
    """(side, trust): the venue's own where it gives one, else by the quote that came with the trade or stood before."""
    code = (w[W_DETAILS] >> SIDE_BITS) & BYTE
    if code == SIDE_BID:
        return 1, 1.0
    if code == SIDE_ASK:
        return -1, 1.0
    price = w[W_PRICE] * _PER_E9
    size = float(w[W_DETAILS] & MASK32)
    if with_quote:
        bid = w[W_BID] * _PER_E9 if w[W_BID] != UNDEF_PRICE else math.nan
        ask = w[W_ASK] * _PER_E9 if w[W_ASK] != UNDEF_PRICE else math.nan
        return sign_trade(
            x, price, size, bid, ask, float(w[W_SIZES] & MASK32), float((w[W_SIZES] >> ASK_SIZE_BITS) & MASK32)
        )
    if 0 < x.event_ns < t_ns:
        return sign_trade(x, price, size, x.bid, x.ask, x.bid_size, x.ask_size)
    if 0 < x.old_ns < t_ns:
        return sign_trade(x, price, size, x.old_bid, x.old_ask, x.old_bid_size, x.old_ask_size)
    return sign_trade(x, price, size, math.nan, math.nan, 0.0, 0.0)


@kernel
def apply_option_trade(s: State, w: NDArray[Any], c: int, treatment: int, with_quote: bool, t_ns: int) -> None:
    """A trade (price and size in words 2 and 3) of a contract, or the taking back of one."""
    x = s.chain.contract[c]
    price_e9 = w[W_PRICE]
    size = w[W_DETAILS] & MASK32
    if price_e9 <= 0 or price_e9 == UNDEF_PRICE or size == 0 or size > MAX_CONTRACTS:
        s.counters[_BAD_OPTIONS] += 1
        return
    if treatment == _CANCEL:
        cancel_trade(s, c, price_e9, float(size))
        return
    s.counters[_OPTION_TRADES] += 1
    r = x.print[x.prints % PRINTS]
    x.prints += 1
    r.price_e9 = price_e9
    r.size = size
    side, trust = 0, 0.5
    if treatment < _NO_SIDE:
        side, trust = side_of_trade(x, w, with_quote, t_ns)
    r.signed = side * (2.0 * trust - 1.0) * size
    r.variance = 4.0 * trust * (1.0 - trust) * size * size
    r.sided = size if trust == 1.0 else 0.0
    r.known = size if side != 0 and trust >= KNOWN else 0.0
    r.delta = x.delta if x.delta == x.delta else 0.0
    r.gamma = x.gamma if x.gamma == x.gamma else 0.0
    r.slot = s.option_flow.slot
    count_trade(s, c, r, 1.0)
    price = price_e9 * _PER_E9
    if treatment < _LATE:
        x.step = tick_side(x, price)
        x.last = price


@kernel
def count_trade(s: State, c: int, r: Any, sign: float) -> None:
    """Add a trade (``sign`` 1) to the sums of its contract and of the chain, or take it out again (-1)."""
    chain = s.chain
    option_flow = s.option_flow
    x = chain.contract[c]
    x.volume += sign * r.size
    x.premium += sign * r.size * (r.price_e9 * _PER_E9) * chain.multiplier
    x.net += sign * r.signed
    x.variance = max(x.variance + sign * r.variance, 0.0)
    x.squares = max(x.squares + sign * r.size * r.size, 0.0)
    option_flow.volume += sign * r.size
    option_flow.known += sign * r.known
    option_flow.sided += sign * r.sided
    delta = sign * r.signed * r.delta
    x.delta_flow += delta
    x.gamma_flow += sign * r.signed * r.gamma
    if x.right == CALL:
        option_flow.call_flow += delta
    else:
        option_flow.put_flow += delta
    if r.slot > option_flow.slot - len(x.recent_slot):
        x.recent += sign * r.signed
        x.recent_slot[r.slot % len(x.recent_slot)] += sign * r.signed


@kernel
def cancel_trade(s: State, c: int, price_e9: int, size: float) -> None:
    """Take back the newest trade of that price and size; one that is not among the latest is only counted."""
    x = s.chain.contract[c]
    for back in range(min(x.prints, PRINTS)):
        r = x.print[(x.prints - 1 - back) % PRINTS]
        if r.price_e9 == price_e9 and r.size == size:
            count_trade(s, c, r, -1.0)
            r.price_e9 = 0
            s.counters[_OPTION_CANCELS] += 1
            return
    s.counters[_LOST_CANCELS] += 1


@kernel
def update_flow_window(s: State, window_ns: int, t_ns: int) -> None:
    """Let trades older than the window of the exposure's change fall out of it, a part of the window at a time."""
    chain = s.chain
    option_flow = s.option_flow
    slots = len(chain.contract[0].recent_slot)
    part_ns = window_ns // slots
    if t_ns - option_flow.slot_ns < part_ns:
        return
    steps = min((t_ns - option_flow.slot_ns) // part_ns, slots)
    option_flow.slot_ns = t_ns
    option_flow.slot += steps
    for c in range(chain.contracts):
        x = chain.contract[c]
        if x.volume == 0.0:
            continue
        total = 0.0
        for back in range(steps):
            x.recent_slot[(option_flow.slot - back) % slots] = 0.0
        for k in range(slots):
            total += x.recent_slot[k]
        x.recent = total
