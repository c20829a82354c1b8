"""The share beside the future: its quotes, its trades, and the ratio between the two prices (SPEC 2).

The ratio is measured once a second from two fresh mids and averaged; how far single measurements scatter makes a level
of the share so many ticks of the future wide. Levels change their tick only when the ratio has moved well past a half.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_TRADE, MASK32, NS_PER_S, UNDEF_PRICE
from spymaster.physics.maths.elementary import smoothing
from spymaster.physics.memory.state import C_BAD_QUOTES, LEVEL_SLOTS, Array, State
from spymaster.physics.time.bars import note_trade
from spymaster.physics.time.motion import mid_points, tick_points
from spymaster.physics.time.ranges import note_hole

_E9: Final = 1e9
_HALF_AND_MORE: Final = 0.75
_PLAUSIBLE: Final = 0.02
"""A ratio further than this from the configured one is a fault of the data, not of the market."""


@kernel
def take_quote(s: State, w: NDArray[Any], t_ns: int) -> int:
    """Best bid and ask out of a one-level record (int64[10]); returns 0 or the counter of its rejection."""
    q = s.equity[0]
    bid, ask = w[6], w[7]
    if bid == UNDEF_PRICE or ask == UNDEF_PRICE or bid <= 0 or ask <= bid:
        # one-sided, locked and crossed quotes happen and say nothing about the price
        return C_BAD_QUOTES if bid <= 0 or ask <= 0 else 0
    q.bid = bid / _E9
    q.ask = ask / _E9
    q.quote_ns = t_ns
    return 0


@kernel
def is_implausible(p: Array, future: float, share: float) -> bool:
    """Whether two prices make no ratio near the configured one; False where there is none of the future."""
    return bool(abs(future / share / p[0].ratio_default - 1.0) > _PLAUSIBLE)


@kernel
def take_print(s: State, p: Array, price_e9: int, size: int, t_ns: int) -> int:
    """A trade of the share: it makes bars and extremes from now on; returns 0 or the counter of its rejection."""
    if price_e9 <= 0 or price_e9 == UNDEF_PRICE or size <= 0:
        return C_BAD_QUOTES
    if is_implausible(p, mid_points(s), price_e9 / _E9):
        return C_BAD_QUOTES
    if s.equity[0].prints == 0:
        begin_prices(s, t_ns)
    s.equity[0].prints += 1
    s.equity[0].print_ns = t_ns
    note_trade(s, t_ns, price_e9 / _E9, float(size))
    return 0


@kernel
def begin_prices(s: State, t_ns: int) -> None:
    """The share's first print or first measured ratio: nothing is known of its prices since the recording began."""
    q = s.equity[0]
    if q.prints == 0 and q.steps == 0:
        note_hole(s, s.clock[0].first_ns, t_ns)


@kernel
def future_makes_prices(s: State) -> bool:
    """Whether the future's trades stand for the share's: always without its feed, else once the ratio is known."""
    q = s.equity[0]
    if q.has_feed == 0:
        return True
    return bool(q.prints == 0 and q.steps > 0)


@kernel
def take_equity(s: State, p: Array, w: NDArray[Any], t_ns: int, trades_only: bool, has_action: bool) -> int:
    """A record of the share: its trade (TRADE, or an MBP-1 whose action is one), else its quote."""
    if trades_only or (has_action and ((w[3] >> 32) & 0xFF) == ACTION_TRADE):
        fault = take_print(s, p, w[2], w[3] & MASK32, t_ns)
        if trades_only or fault != 0:
            return fault
    return take_quote(s, w, t_ns)


@kernel
def share_mid(s: State, t_ns: int, fresh_ns: int) -> float:
    """Middle of the share's quote; NaN where it is older than ``fresh_ns``."""
    q = s.equity[0]
    if q.quote_ns == 0 or t_ns - q.quote_ns > fresh_ns:
        return math.nan
    return float(0.5 * (q.bid + q.ask))


@kernel
def parity_is_fresh(s: State, p: Array, t_ns: int) -> bool:
    """Whether put-call parity of the share's options gave its price a moment ago."""
    h = s.chain[0]
    return bool(h.forward_ns > 0 and t_ns - h.forward_ns <= p[0].equity_degraded_ns)


@kernel
def share_price(s: State, p: Array, t_ns: int) -> float:
    """The share's fresh mid, else the forward of its options; NaN without either."""
    mid = share_mid(s, t_ns, p[0].equity_degraded_ns)
    if math.isnan(mid) and parity_is_fresh(s, p, t_ns):
        return float(s.chain[0].forward)
    return mid


@kernel
def follow_ratio(s: State, p: Array, t_ns: int) -> None:
    """Once a second: measure future / share, average it, and move the levels' ticks where that is called for."""
    q = s.equity[0]
    m = s.market[0]
    if p[0].is_spy == 0 or t_ns - q.step_ns < NS_PER_S:
        return
    share = share_price(s, p, t_ns)
    future = mid_points(s)
    if math.isnan(share) or math.isnan(future) or s.book[0].has_bbo == 0 or s.book[0].invalid_since_ns > 0:
        return
    q.step_ns = t_ns
    measured = future / share
    if is_implausible(p, future, share):
        return
    if q.steps == 0:
        begin_prices(s, t_ns)
        m.ratio = measured
    q.steps += 1
    weight = max(1.0 / q.steps, smoothing(1.0, p[0].ratio_tau_s))
    off = measured - m.ratio
    m.ratio += weight * off
    q.variance += weight * ((1.0 - weight) * off * off - q.variance)
    retick_levels(s)


@kernel
def retick_levels(s: State) -> None:
    """Give levels another tick of the future where their exact place has left the old one by three quarters."""
    factor = s.market[0].ratio / tick_points(s)
    for k in range(LEVEL_SLOTS):
        v = s.level[k]
        if v.active != 0 and abs(v.price * factor - v.tick) > _HALF_AND_MORE:
            v.tick = int(math.floor(v.price * factor + 0.5))


@kernel
def level_width_ticks(s: State, price: float) -> float:
    """One spread of the ratio at a price, in ticks of the future; 0 where nothing is converted or measured."""
    return float(abs(price) * math.sqrt(max(s.equity[0].variance, 0.0)) / tick_points(s))


@kernel
def find_spot(s: State, p: Array, t_ns: int) -> float:
    """The price levels are measured from: the share's fresh mid, else parity's, else the future's over the ratio.

    NaN without any.

    Kept in futures points too: of two conversions that cancel out nothing must be left.
    """
    m = s.market[0]
    m.spot_points = mid_points(s)
    m.spot = m.spot_points / m.ratio
    if p[0].is_spy != 0:
        mid = share_price(s, p, t_ns)
        # a stub quote, far on both sides, is no price; the ratio is not measured with it either
        if not math.isnan(mid) and not is_implausible(p, m.spot_points, mid):
            m.spot = mid
            m.spot_points = mid * m.ratio
    return float(m.spot)


@kernel
def trade_in_unit(s: State, tick: int) -> float:
    """A trade of the future in the profile's unit."""
    return float(tick * s.book[0].tick_e9 / _E9 / s.market[0].ratio)
