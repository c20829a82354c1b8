"""What dealers' hedging would do: the smile, dealers' positions, and their exposure at any price (docs/physics.md 5).

A second apart the smile is fitted anew and positions are gathered by strike; exposures at spot and at the levels follow
from them, smoothed with ``tau_gamma``. Uncertain are the sides of trades and dealers' opening positions, independently
of each other; and the share of trades in which dealers take part and the rules for sides, for all trades at once.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import log_ratio, smoothing
from spymaster.physics.memory.option_records import NO_END, S_FLOW, S_HAND, S_NAIVE, S_OLD, S_RECENT, S_SPREAD, SUMS
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.black import band_gamma, band_half_width, delta
from spymaster.physics.options.exposure import charm_flow, hedge_scale
from spymaster.physics.options.option_time import SECONDS_PER_YEAR, variance_time, variance_time_to_fixing
from spymaster.physics.options.parity import parity_forward
from spymaster.physics.options.smile import USABLE, blend_smile, fit_smile, quote_fault, smile_point, total_deviation
from spymaster.physics.options.trades import update_flow_window
from spymaster.physics.options.walls import update_marks
from spymaster.physics.time.motion import mid_points

REFRESH_NS: Final = NS_PER_S
SLOW_NS: Final = 5 * NS_PER_S
"""Walls, flip and charm change slowly and cost more: they are looked for less often."""

_BAND: Final = 1.6448536269514722
_SIGNING_SD: Final = 0.25
"""Trust in guessed sides may be off by this share for the whole day: 0.9 at the quote stands for 0.8 to 1."""
_PARITY_STRIKES: Final = 3
_PARITY_SHARE: Final = 0.0005
"""Guesses of the forward further apart than this share of it are no price."""
_MINUTE_YEARS: Final = 60.0 / SECONDS_PER_YEAR
AMPLIFY: Final = 1
DAMPEN: Final = 2


@kernel
def refresh_fuel(s: State, p: Array, t_ns: int) -> None:
    """Bring smile, positions and the exposure at spot up to date, once a second; between them nothing is done."""
    fuel = s.fuel
    held = s.fuel.held
    if fuel.refresh_ns > 0 and t_ns - fuel.refresh_ns < REFRESH_NS:
        return
    update_flow_window(s, p[0].w_fuel_ns, t_ns)
    since_s = (t_ns - fuel.refresh_ns) * 1e-9 if fuel.refresh_ns > 0 else 0.0
    fuel.refresh_ns = t_ns
    gather_quotes(s, t_ns)
    update_forward(s, p, t_ns)
    fuel.tau = years_left(s, t_ns)
    if not (fuel.tau > 0.0 and fuel.forward > 0.0):
        fuel.has_hedge = 0
        return
    update_smile(s, p, since_s)
    if fuel.has_smile == 0:
        return
    ratio = s.market.ratio
    fuel.scale = hedge_scale(s.chain.multiplier, s.instrument.multiplier, ratio)
    fuel.half_width = band_half_width(1.0 / ratio, s.volatility.sigma_1m / ratio)
    update_greeks(s)
    gather_positions(s, p)
    update_spot(s, p, since_s)
    if t_ns - fuel.slow_ns >= SLOW_NS or fuel.slow_ns == 0:
        update_marks(s, p, t_ns, (t_ns - fuel.slow_ns) * 1e-9 if fuel.slow_ns > 0 else 0.0)
        n = fuel.active
        fuel.charm_flow = p[0].dealer_share * charm_flow(
            held.strike[:n], held.flow[:n], fuel.smile, fuel.forward, fuel.tau, _MINUTE_YEARS, ratio
        )
        fuel.slow_ns = t_ns


@kernel
def years_left(s: State, t_ns: int) -> float:
    """Variance time to the end of the options, years."""
    chain = s.chain
    if chain.fixing != 0:
        return variance_time_to_fixing(t_ns, chain.open_ns, chain.close_ns)
    return variance_time(t_ns, chain.open_ns, chain.close_ns)


@kernel
def gather_quotes(s: State, t_ns: int) -> None:
    """Usable quotes by strike (docs/physics.md 5.4): two-sided, not crossed, not too wide, not old; NaN for the others.

    A series that ends before the last one has its own quotes, which say nothing of the time the smile is for.
    """
    chain = s.chain
    strikes = s.fuel.strikes
    for i in range(chain.strikes):
        strikes.call_bid[i] = math.nan
        strikes.call_ask[i] = math.nan
        strikes.put_bid[i] = math.nan
        strikes.put_ask[i] = math.nan
    quoted = 0
    for c in range(chain.contracts):
        x = chain.contract[c]
        age_ns = t_ns - x.seen_ns if x.seen_ns > 0 else t_ns
        x.live = 1 if t_ns < x.end_ns and x.end_ns > chain.open_ns else 0
        x.usable = 1 if t_ns < x.end_ns and quote_fault(x.bid, x.ask, chain.tick, age_ns) == USABLE else 0
        quoted += x.usable
        first = chain.strike_call[x.strike] if x.right > 0 else chain.strike_put[x.strike]
        if x.usable != 0 and x.end_ns == NO_END and first == c:
            if x.right > 0:
                strikes.call_bid[x.strike] = x.bid
                strikes.call_ask[x.strike] = x.ask
            else:
                strikes.put_bid[x.strike] = x.bid
                strikes.put_ask[x.strike] = x.ask
    s.fuel.quoted = quoted


@kernel
def update_forward(s: State, p: Array, t_ns: int) -> None:
    """The price the options are on: the future's mid for its own; put-call parity's for an equity's, else spot."""
    fuel = s.fuel
    strikes = s.fuel.strikes
    if p[0].is_spy == 0:
        fuel.forward = mid_points(s)
        return
    n = s.chain.strikes
    price, apart, count = parity_forward(
        strikes.strike[:n],
        strikes.call_bid[:n],
        strikes.call_ask[:n],
        strikes.put_bid[:n],
        strikes.put_ask[:n],
        s.scratch.parity,
    )
    if count >= _PARITY_STRIKES and apart <= _PARITY_SHARE * price:
        fuel.forward = price
        fuel.forward_ns = t_ns
    else:
        fuel.forward = s.market.spot


@kernel
def update_smile(s: State, p: Array, since_s: float) -> None:
    """Fit this second's quotes and move the smile towards them; with too few the last good one stays."""
    chain = s.chain
    strikes = s.fuel.strikes
    fuel = s.fuel
    scratch = s.scratch
    n = chain.strikes
    for i in range(n):
        strike = strikes.strike[i]
        is_call = strike >= fuel.forward
        bid = strikes.call_bid[i] if is_call else strikes.put_bid[i]
        ask = strikes.call_ask[i] if is_call else strikes.put_ask[i]
        strikes.weight[i] = 0.0
        if bid == bid:
            strikes.log_moneyness[i], strikes.variance[i], strikes.weight[i] = smile_point(
                fuel.forward, strike, bid, ask, chain.tick, is_call
            )
    if fit_smile(strikes.log_moneyness[:n], strikes.variance[:n], strikes.weight[:n], fuel.tau, scratch.smile) == 0:
        return
    if fuel.has_smile == 0:
        fuel.has_smile = 1
        for k in range(len(fuel.smile)):
            fuel.smile[k] = scratch.smile[k]
    else:
        blend_smile(fuel.smile, scratch.smile, smoothing(since_s, p[0].tau_smile_s))


@kernel
def update_greeks(s: State) -> None:
    """Deviation, gamma and delta of every strike by the smile; a contract without time left has none."""
    chain = s.chain
    strikes = s.fuel.strikes
    fuel = s.fuel
    for i in range(chain.strikes):
        strike = strikes.strike[i]
        deviation = total_deviation(fuel.smile, log_ratio(strike, fuel.forward), fuel.tau)
        strikes.deviation[i] = deviation
        gamma = band_gamma(fuel.forward, strike, deviation, fuel.half_width)
        strikes.gamma[i] = gamma
        of_call = delta(fuel.forward, strike, deviation, True)
        for side in range(2):
            c = chain.strike_call[i] if side == 0 else chain.strike_put[i]
            while c >= 0:
                x = chain.contract[c]
                x.gamma = gamma if x.live != 0 else math.nan
                x.delta = of_call - side if x.live != 0 else math.nan
                c = x.next


@kernel
def position_variance(p: Array, x: Any) -> float:
    """Variance of dealers' position in a contract (contracts squared) but for what all trades have in common.

    A trade is with dealers or it is not: with share l, its side right with certainty 2p - 1, its size s adds
    s^2 (E[l] - E[l^2] (2p - 1)^2). What they held at the opening is unknown beside that.
    """
    both = p[0].dealer_share * p[0].dealer_share + p[0].dealer_share_sd * p[0].dealer_share_sd
    unknown = p[0].opening_share * max(x.open_interest, 0.0)
    return float(max(p[0].dealer_share - both, 0.0) * x.squares + both * x.variance + unknown * unknown)


@kernel
def gather_positions(s: State, p: Array) -> None:
    """What customers hold, by strike, in ES contracts per unit of gamma; strikes that nobody holds are left out."""
    chain = s.chain
    held = s.fuel.held
    strikes = s.fuel.strikes
    fuel = s.fuel
    n = 0
    for i in range(chain.strikes):
        flow = spread = recent = naive = hand = old = 0.0
        for side in range(2):
            c = chain.strike_call[i] if side == 0 else chain.strike_put[i]
            while c >= 0:
                x = chain.contract[c]
                c = x.next
                if x.live == 0:
                    continue
                opening = max(x.open_interest, 0.0)
                flow -= x.net
                recent -= x.recent
                spread += position_variance(p, x)
                hand += opening + x.volume
                naive += x.right * (opening + x.volume)
                old -= x.gamma_flow
        if hand <= 0.0:
            continue
        held.strike[n] = strikes.strike[i]
        held.deviation[n] = strikes.deviation[i]
        held.flow[n] = flow * fuel.scale
        held.spread[n] = spread * fuel.scale * fuel.scale
        held.recent[n] = recent * fuel.scale
        held.naive[n] = naive * fuel.scale
        held.hand[n] = hand * fuel.scale
        held.old[n] = old * chain.multiplier
        n += 1
    fuel.active = n


@kernel
def sum_at(s: State, price: float, reach: float, sums: Array) -> None:
    """The sums (order of the S_ constants) at a price, over strikes no further from it than ``reach``."""
    fuel = s.fuel
    held = s.fuel.held
    for k in range(SUMS):
        sums[k] = 0.0
    for i in range(fuel.active):
        strike = held.strike[i]
        if abs(strike - price) > reach:
            continue
        gamma = band_gamma(price, strike, held.deviation[i], fuel.half_width)
        sums[S_FLOW] += held.flow[i] * gamma
        sums[S_SPREAD] += held.spread[i] * gamma * gamma
        sums[S_RECENT] += held.recent[i] * gamma
        sums[S_NAIVE] += held.naive[i] * gamma
        sums[S_HAND] += held.hand[i] * gamma
        sums[S_OLD] += held.old[i]


@kernel
def common_sd(s: State, p: Array) -> float:
    """What all trades have in common, per unit of flow: dealers' share, and how good guessed sides are."""
    option_flow = s.option_flow
    guessed = 1.0 - option_flow.sided / option_flow.volume if option_flow.volume > 0.0 else 0.0
    signing = p[0].dealer_share * _SIGNING_SD * guessed
    return math.sqrt(p[0].dealer_share_sd * p[0].dealer_share_sd + signing * signing)


@kernel
def spread_of(s: State, p: Array, sums: Array) -> float:
    """Standard deviation of the exposure: single sides and openings, and what is common to all trades."""
    common = common_sd(s, p) * sums[S_FLOW]
    return math.sqrt(sums[S_SPREAD] + common * common)


@kernel
def update_spot(s: State, p: Array, since_s: float) -> None:
    """Exposure at spot over the strikes within reach, smoothed."""
    fuel = s.fuel
    sum_at(s, fuel.forward, p[0].fuel_strike_range, fuel.at_spot)
    now = p[0].dealer_share * fuel.at_spot[S_FLOW]
    if fuel.has_hedge == 0:
        fuel.has_hedge = 1
        fuel.hedge = now
    else:
        fuel.hedge += smoothing(since_s, p[0].tau_gamma_s) * (now - fuel.hedge)
    fuel.sd = spread_of(s, p, fuel.at_spot)


@kernel
def effect_of(p: Array, hedge: float, sd: float) -> int:
    """FuelEffect: AMPLIFY below - threshold, DAMPEN above it, NEUTRAL between and where the 90 % band spans 0."""
    if abs(hedge) < p[0].fuel_threshold or abs(hedge) < _BAND * sd:
        return 0
    return DAMPEN if hedge > 0.0 else AMPLIFY


@kernel
def depends_on_convention(p: Array, hedge: float, sd: float, naive: float) -> float:
    """1 where calls long and puts short would give another effect than the signed trades, else 0."""
    return 1.0 if effect_of(p, hedge, sd) != effect_of(p, p[0].dealer_share * naive, 0.0) else 0.0


@kernel
def band_of(sd: float) -> float:
    """Half the width of the 90 % band."""
    return _BAND * sd


@kernel
def update_level_fuel(s: State, p: Array, v: Any, t_ns: int, near: bool) -> None:
    """Exposure with price at a level: once a second near price, every few seconds elsewhere."""
    if s.fuel.has_hedge == 0:
        v.has_fuel = 0
        return
    wait_ns = REFRESH_NS if near else SLOW_NS
    if v.has_fuel != 0 and t_ns - v.fuel_ns < wait_ns:
        return
    sums = s.scratch.sums
    sum_at(s, v.price, p[0].fuel_strike_range, sums)
    now = p[0].dealer_share * sums[S_FLOW]
    if v.has_fuel == 0:
        v.fuel = now
    else:
        v.fuel += smoothing((t_ns - v.fuel_ns) * 1e-9, p[0].tau_gamma_s) * (now - v.fuel)
    v.has_fuel = 1
    v.fuel_ns = t_ns
    v.fuel_sd = spread_of(s, p, sums)
    v.fuel_recent = p[0].dealer_share * sums[S_RECENT] * (60.0 / (p[0].w_fuel_ns * 1e-9))
    v.fuel_old = sums[S_OLD]
    v.fuel_depends = depends_on_convention(p, v.fuel, v.fuel_sd, sums[S_NAIVE])
