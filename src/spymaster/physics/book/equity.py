"""The equity beside the future: its quotes, its trades, and the ratio between the two prices.

The ratio is measured once a second from two fresh mids and averaged; how far single measurements scatter makes a level
of the equity so many ticks of the future wide. Levels change their tick only when the ratio has moved well past a half.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_TRADE, MASK32, NS_PER_S, UNDEF_PRICE
from spymaster.physics.book.trading_status import EQUITY, note_traded
from spymaster.physics.maths.elementary import smoothing
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import ACTION_BITS, BYTE, LEVEL_SLOTS, W_ASK, W_BID, W_DETAILS, W_PRICE
from spymaster.physics.memory.state import Array, State
from spymaster.physics.time.bars import note_trade
from spymaster.physics.time.motion import mid_points, tick_points
from spymaster.physics.time.ranges import note_hole

_BAD_QUOTES: Final = int(Counter.BAD_QUOTES)

_E9: Final = 1e9
_HALF_AND_MORE: Final = 0.75
_PLAUSIBLE: Final = 0.02
"""A ratio further than this from the configured one is a fault of the data, not of the market."""


@kernel
def apply_quote(s: State, w: NDArray[Any], t_ns: int) -> int:
    """Best bid and ask out of a one-level record (int64[10]); returns 0 or the counter of its rejection."""
    equity = s.equity
    bid, ask = w[W_BID], w[W_ASK]
    if bid == UNDEF_PRICE or ask == UNDEF_PRICE or bid <= 0 or ask <= bid:
        # one-sided, locked and crossed quotes happen and say nothing about the price
        return _BAD_QUOTES if bid <= 0 or ask <= 0 else 0
    equity.bid = bid / _E9
    equity.ask = ask / _E9
    equity.quote_ns = t_ns
    return 0


@kernel
def is_implausible(p: Array, future: float, equity: float) -> bool:
    """Whether two prices make no ratio near the configured one; False where there is none of the future."""
    return bool(abs(future / equity / p[0].ratio_default - 1.0) > _PLAUSIBLE)


@kernel
def apply_equity_trade(s: State, p: Array, price_e9: int, size: int, t_ns: int) -> int:
    """A trade of the equity: it makes bars and extremes from now on; returns 0 or the counter of its rejection."""
    equity = s.equity
    if price_e9 <= 0 or price_e9 == UNDEF_PRICE or size <= 0:
        return _BAD_QUOTES
    if is_implausible(p, mid_points(s), price_e9 / _E9):
        return _BAD_QUOTES
    if equity.prints == 0:
        begin_prices(s, t_ns)
    equity.prints += 1
    equity.print_ns = t_ns
    note_trade(s, t_ns, price_e9 / _E9, float(size))
    note_traded(s, EQUITY)
    return 0


@kernel
def begin_prices(s: State, t_ns: int) -> None:
    """The equity's first print or first measured ratio: nothing is known of its prices since the recording began."""
    equity = s.equity
    if equity.prints == 0 and equity.steps == 0:
        note_hole(s, s.clock.first_ns, t_ns)


@kernel
def future_makes_prices(s: State) -> bool:
    """Whether the future's trades stand for the equity's: always without its feed, else once the ratio is known."""
    equity = s.equity
    if equity.has_feed == 0:
        return True
    return bool(equity.prints == 0 and equity.steps > 0)


@kernel
def apply_equity(s: State, p: Array, w: NDArray[Any], t_ns: int, trades_only: bool, has_action: bool) -> int:
    """A record of the equity: its trade (TRADE, or an MBP-1 whose action is one), else its quote."""
    if trades_only or (has_action and ((w[W_DETAILS] >> ACTION_BITS) & BYTE) == ACTION_TRADE):
        fault = apply_equity_trade(s, p, w[W_PRICE], w[W_DETAILS] & MASK32, t_ns)
        if trades_only or fault != 0:
            return fault
    return apply_quote(s, w, t_ns)


@kernel
def equity_mid(s: State, t_ns: int, fresh_ns: int) -> float:
    """Middle of the equity's quote; NaN where it is older than ``fresh_ns``."""
    equity = s.equity
    if equity.quote_ns == 0 or t_ns - equity.quote_ns > fresh_ns:
        return math.nan
    return float(0.5 * (equity.bid + equity.ask))


@kernel
def parity_is_fresh(s: State, p: Array, t_ns: int) -> bool:
    """Whether put-call parity of the equity's options gave its price a moment ago."""
    fuel = s.fuel
    return bool(fuel.forward_ns > 0 and t_ns - fuel.forward_ns <= p[0].equity_degraded_ns)


@kernel
def equity_price(s: State, p: Array, t_ns: int) -> float:
    """The equity's fresh mid, else the forward of its options; NaN without either."""
    mid = equity_mid(s, t_ns, p[0].equity_degraded_ns)
    if math.isnan(mid) and parity_is_fresh(s, p, t_ns):
        return float(s.fuel.forward)
    return mid


@kernel
def update_ratio(s: State, p: Array, t_ns: int) -> None:
    """Once a second: measure future / equity, average it, and move the levels' ticks where that is called for."""
    equity = s.equity
    book = s.book
    market = s.market
    if p[0].is_spy == 0 or t_ns - equity.step_ns < NS_PER_S:
        return
    price = equity_price(s, p, t_ns)
    future = mid_points(s)
    if math.isnan(price) or math.isnan(future) or book.has_bbo == 0 or book.invalid_since_ns > 0:
        return
    equity.step_ns = t_ns
    measured = future / price
    if is_implausible(p, future, price):
        return
    if equity.steps == 0:
        begin_prices(s, t_ns)
        market.ratio = measured
    equity.steps += 1
    weight = max(1.0 / equity.steps, smoothing(1.0, p[0].ratio_tau_s))
    off = measured - market.ratio
    market.ratio += weight * off
    equity.variance += weight * ((1.0 - weight) * off * off - equity.variance)
    retick_levels(s)


@kernel
def retick_levels(s: State) -> None:
    """Give levels another tick of the future where their exact place has left the old one by three quarters."""
    factor = s.market.ratio / tick_points(s)
    for k in range(LEVEL_SLOTS):
        v = s.levels.at[k]
        if v.active != 0 and abs(v.price * factor - v.tick) > _HALF_AND_MORE:
            v.tick = int(math.floor(v.price * factor + 0.5))


@kernel
def level_width_ticks(s: State, price: float) -> float:
    """One spread of the ratio at a price, in ticks of the future; 0 where nothing is converted or measured."""
    return float(abs(price) * math.sqrt(max(s.equity.variance, 0.0)) / tick_points(s))


@kernel
def find_spot(s: State, p: Array, t_ns: int) -> float:
    """The price levels are measured from: the equity's fresh mid, else parity's, else the future's over the ratio.

    NaN without any.

    Kept in futures points too: of two conversions that cancel out nothing must be left.
    """
    market = s.market
    market.spot_points = mid_points(s)
    market.spot = market.spot_points / market.ratio
    if p[0].is_spy != 0:
        mid = equity_price(s, p, t_ns)
        # a stub quote, far on both sides, is no price; the ratio is not measured with it either
        if not math.isnan(mid) and not is_implausible(p, market.spot_points, mid):
            market.spot = mid
            market.spot_points = mid * market.ratio
    return float(market.spot)


@kernel
def trade_in_unit(s: State, tick: int) -> float:
    """A trade of the future in the profile's unit."""
    return float(tick * s.instrument.tick_e9 / _E9 / s.market.ratio)
