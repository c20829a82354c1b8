"""The option market in motion: how it opens, what happens when, and what comes with every second."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S, SIDE_NONE, UNDEF_PRICE
from spymaster.physics.maths.elementary import exp_
from spymaster.sim.dice import exponential, uniform
from spymaster.sim.market.climate import bell
from spymaster.sim.market.state import NEVER, State, Tape
from spymaster.sim.options.equity import quote_equity, trade_equity
from spymaster.sim.options.hedging import hedge_options, wanted_futures
from spymaster.sim.options.quotes import drift, forward_of, quote_all, set_vols, years_left
from spymaster.sim.options.state import NO_OPTIONS, ON_FUTURE
from spymaster.sim.options.trades import has_target, trade_option, trade_to_target

_E9: Final = 1_000_000_000
_MOST_ACTIVITY: Final = 4.0
_TARGET_RATE: Final = 6.0
_OPENING_SHARE: Final = 0.15
"""Standard deviation of what dealers hold of a contract at the start, as a share of its open interest."""
_INTEREST_REACH: Final = 0.006
_ROUND: Final = 5
_ROUND_FACTOR: Final = 2.0
_IN_MONEY: Final = 0.35
_SHARE_SD: Final = 0.18
"""Nine of ten sessions have a dealers' share between 0.3 and 0.9."""


@kernel
def open_options(s: State, first_strike: int, step: int, strikes: int) -> None:
    """Draw what a session's option market begins with. Strikes are whole units; its parameters must be set."""
    o = s.options
    o.dealer_share = min(max(0.6 + _SHARE_SD * bell(o), 0.3), 0.9)
    o.usual_level = 0.14 + 0.045 * uniform(o)
    o.usual_slope = -0.06 - 0.08 * uniform(o)
    o.usual_bend = 0.03 + 0.03 * uniform(o)
    o.level, o.slope, o.bend = o.usual_level, o.usual_slope, o.usual_bend
    o.strikes = strikes
    o.years = years_left(s, int(s.now_ns))
    forward = forward_of(s)
    for k in range(strikes):
        strike = first_strike + k * step
        o.strike[k] = float(strike)
        o.strike_e9[k] = strike * _E9
        off = (strike - forward) / (_INTEREST_REACH * forward)
        usual = o.usual_interest * exp_(-0.5 * off * off)
        if strike // step % _ROUND == 0:
            usual *= _ROUND_FACTOR
        for is_put in range(2):
            c = 2 * k + is_put
            share = 1.0 if (strike > forward) == (is_put == 0) else _IN_MONEY
            o.open_interest[c] = int(usual * share * (0.3 + 0.7 * exponential(o)))
            o.opening[c] = int(math.floor(_OPENING_SHARE * o.open_interest[c] * bell(o) + 0.5))
            o.inventory[c] = o.opening[c]
            o.last_ns[c] = -1
            o.last_e9[c] = UNDEF_PRICE
            o.last_side[c] = SIDE_NONE
    set_vols(s, forward)
    o.held = wanted_futures(s)


@kernel
def draw_ratio(s: State) -> float:
    """The share's ratio for this session: near ten, and never exactly."""
    o = s.options
    o.usual_ratio = 10.0 + 0.08 * (uniform(o) - 0.5)
    o.slow_ratio = o.usual_ratio
    o.ratio = o.usual_ratio
    o.worth = 2.0 / o.ratio
    return float(o.ratio)


@kernel
def option_second(s: State, tape: Tape, at_ns: int) -> None:
    """What comes with a second: smile, ratio, quotes, a row of truth, new rates, a look at the hedge."""
    o = s.options
    if o.kind == NO_OPTIONS:
        return
    drift(s)
    if o.kind != ON_FUTURE:
        o.worth = 2.0 / o.ratio
    o.years = years_left(s, at_ns)
    forward = forward_of(s)
    set_vols(s, forward)
    is_open = o.open_ns <= at_ns < o.expiry_ns
    if is_open:
        quote_all(s, tape, at_ns, forward)
    if s.silent == 0:
        row = tape.seconds[s.n_seconds]
        row[0] = at_ns // NS_PER_S
        row[1] = forward * o.ratio
        row[2] = o.ratio
        row[3] = o.years
        for k in range(o.strikes):
            row[4 + k] = o.vol[k]
        s.n_seconds += 1
    lively = min(float(s.activity), _MOST_ACTIVITY)
    o.rates[0] = o.trade_rate * lively if is_open else 0.0
    o.rates[1] = _TARGET_RATE if is_open and has_target(s) else 0.0
    has_equity = o.kind != ON_FUTURE and o.equity_open_ns <= at_ns < o.equity_close_ns
    o.rates[2] = o.equity_quote_rate * lively if has_equity else 0.0
    o.rates[3] = o.equity_trade_rate * lively if has_equity else 0.0
    _schedule(s)
    hedge_options(s, tape)


@kernel
def _schedule(s: State) -> None:
    """When the next thing happens; drawing it anew at any time changes no chance."""
    o = s.options
    total = o.rates[0] + o.rates[1] + o.rates[2] + o.rates[3]
    o.next_ns = NEVER if total <= 0.0 else int(s.now_ns) + 1_000 + int(exponential(o) / total * NS_PER_S)


@kernel
def option_event(s: State, tape: Tape) -> None:
    """A trade of the usual flow, one towards a target, or the equity's quote or trade."""
    o = s.options
    left = uniform(o) * (o.rates[0] + o.rates[1] + o.rates[2] + o.rates[3])
    if left < o.rates[0]:
        trade_option(s, tape)
        hedge_options(s, tape)
    elif left < o.rates[0] + o.rates[1]:
        trade_to_target(s, tape)
        hedge_options(s, tape)
    elif left < o.rates[0] + o.rates[1] + o.rates[2]:
        quote_equity(s, tape)
    else:
        trade_equity(s, tape)
    _schedule(s)
