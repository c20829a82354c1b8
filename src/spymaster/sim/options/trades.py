"""Customers' trades in options: near the money most, of heavy-tailed size, some of them with dealers."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import SIDE_ASK, SIDE_BID, UNDEF_PRICE
from spymaster.sim.dice import below, exponential, heavy_tail, lag_ns, uniform
from spymaster.sim.market.climate import bell
from spymaster.sim.market.state import ASK, BID, State, Tape
from spymaster.sim.options.black import call_delta, gamma
from spymaster.sim.options.quotes import forward_of, requote, tick_e9
from spymaster.sim.options.state import NO_OPTIONS, ON_EQUITY, WHAT_TRADE

_AT_QUOTE: Final = 0.82
_OUT_OF_MONEY: Final = 0.7
_ONE: Final = 0.5
_FEW: Final = 0.85
_LARGEST: Final = 1000
USUAL_TRADES: Final = 400.0
"""A target is reached in about so many usual trades, if nobody is in a hurry."""
_LARGEST_UNITS: Final = 20.0
_FARTHEST_TICKS: Final = 40
_TICK_POINTS: Final = 0.25


@kernel
def usual_size(s: State) -> int:
    """Contracts of a customer's trade: half are of one, the largest have a tail of exponent 1.6."""
    o = s.options
    u = uniform(o)
    if u < _ONE:
        return 1
    if u < _FEW:
        return 1 + int(5.0 * exponential(o))
    return int(min(_LARGEST, 1 + int(20.0 * heavy_tail(o))))


@kernel
def trade_option(s: State, tape: Tape) -> None:
    """A customer trades something near the money, either way with the same chance."""
    o = s.options
    forward = forward_of(s)
    step = (o.strike[o.strikes - 1] - o.strike[0]) / (o.strikes - 1)
    k = int(math.floor((forward - o.strike[0]) / step + 0.5 + bell(o) * o.reach))
    k = min(max(k, 0), int(o.strikes) - 1)
    is_above = o.strike[k] > forward
    is_call = is_above if uniform(o) < _OUT_OF_MONEY else not is_above
    buys = below(o, 2)
    with_dealer = 1 if uniform(o) < o.dealer_share else 0
    take_trade(s, tape, 2 * k + (0 if is_call else 1), buys, usual_size(s), with_dealer, forward)


@kernel
def take_trade(s: State, tape: Tape, c: int, buys: int, size: int, with_dealer: int, forward: float) -> bool:
    """One trade at the quote or inside it; False where there is no bid to sell to."""
    o = s.options
    requote(s, c, forward)
    bid, ask = int(o.bid[c]), int(o.ask[c])
    if bid == UNDEF_PRICE and buys == 0:
        return False
    price = ask if buys == 1 else bid
    if bid != UNDEF_PRICE and uniform(o) >= _AT_QUOTE:
        step = tick_e9(s, float(bid))
        room = (ask - bid) // step // 2
        if room > 0:
            off = (1 + below(o, room)) * step
            price = ask - off if buys == 1 else bid + off
    if with_dealer == 1:
        o.inventory[c] += -size if buys == 1 else size
    o.sequence += 1
    o.traded[c] = 1
    o.last_ns[c] = s.now_ns
    o.last_e9[c] = price
    o.last_size[c] = size
    o.last_side[c] = SIDE_BID if buys == 1 else SIDE_ASK
    if s.silent == 0:
        _write_trade(s, tape, c, with_dealer)
    return True


@kernel
def _write_trade(s: State, tape: Tape, c: int, with_dealer: int) -> None:
    o = s.options
    o.recv_ns = max(o.recv_ns + 1, s.now_ns + lag_ns(o))
    row = tape.rows[s.n_rows]
    row[0] = WHAT_TRADE
    row[1] = s.now_ns
    row[2] = o.recv_ns
    row[3] = c
    row[4] = o.last_e9[c]
    row[5] = o.last_size[c]
    row[6] = o.last_side[c]
    row[7] = o.bid[c]
    row[8] = o.ask[c]
    row[9] = o.bid_size[c] if o.bid[c] != UNDEF_PRICE else 0
    row[10] = o.ask_size[c]
    row[11] = with_dealer
    row[12] = o.inventory[c]
    row[13] = o.sequence
    s.n_rows += 1


@kernel
def strike_tick(s: State, k: int) -> int:
    """The future's tick that a strike lies at."""
    return int(math.floor(s.options.strike[k] * s.options.ratio / _TICK_POINTS + 0.5))


@kernel
def strike_to_plant(s: State, least: int) -> int:
    """The nearest strike that is at least so many ticks from the market; -1 where none is near."""
    found, nearest = -1, least + _FARTHEST_TICKS
    for k in range(s.options.strikes):
        tick = strike_tick(s, k)
        off = max(tick - s.best[ASK], s.best[BID] - tick)
        if least <= off < nearest:
            found, nearest = k, off
    return found


@kernel
def side_of_tick(s: State, tick: int) -> int:
    """Whose defenders stand at a price away from the market."""
    return ASK if tick > s.best[ASK] else BID


@kernel
def begin_target(s: State, tick: int, wanted_gamma: float, trades: float) -> None:
    """Customers set out to bring dealers' gamma at a tick's strike to ``wanted_gamma`` futures per point.

    It takes about so many usual trades.
    """
    o = s.options
    if o.kind == NO_OPTIONS or wanted_gamma == 0.0:
        return
    for k in range(o.strikes):
        if strike_tick(s, k) == tick:
            strike = float(o.strike[k])
            each = gamma(strike, strike, float(o.vol[k]), float(o.years))
            if o.kind == ON_EQUITY:
                each *= 2.0 / (o.ratio * o.ratio)
            if each > 0.0:
                o.target[k] = int(0.5 * wanted_gamma / each)
                o.unit[k] = max(abs(o.target[k]) / trades, 1.0)


@kernel
def end_target(s: State, tick: int) -> None:
    """They close again what they had opened at the strike of a tick."""
    o = s.options
    if o.kind == NO_OPTIONS:
        return
    for k in range(o.strikes):
        # the ratio may have moved the strike by a tick since
        if abs(strike_tick(s, k) - tick) <= 1:
            o.target[k] = 0


@kernel
def has_target(s: State) -> bool:
    """Whether customers are still on their way to a target."""
    o = s.options
    left = 0
    for k in range(o.strikes):
        left += abs(o.target[k] - o.done[k])
    return left > 0


@kernel
def trade_to_target(s: State, tape: Tape) -> None:
    """Calls and puts at once, as many of each as bring dealers gamma and next to no delta wherever price is."""
    o = s.options
    k = below(o, int(o.strikes))
    for _ in range(o.strikes):
        if o.target[k] != o.done[k]:
            break
        k = (k + 1) % o.strikes
    left = int(o.target[k] - o.done[k])
    if left == 0:
        return
    forward = forward_of(s)
    size = min(abs(left), 1 + int(o.unit[k] * min(heavy_tail(o), _LARGEST_UNITS)))
    with_dealer = 1 if uniform(o) < o.dealer_share else 0
    buys = 1 if left < 0 else 0
    wanted = 2.0 * size * (1.0 - call_delta(forward, float(o.strike[k]), float(o.vol[k]), float(o.years)))
    calls = min(max(int(wanted + 0.5), 1), 2 * size - 1)
    took = take_trade(s, tape, 2 * k, buys, calls, with_dealer, forward)
    took = take_trade(s, tape, 2 * k + 1, buys, 2 * size - calls, with_dealer, forward) and took
    if with_dealer == 1 or not took:
        o.done[k] += size if left > 0 else -size
