"""What dealers' hedging would do: the smile, dealers' positions, and their exposure at any price (SPEC 6.5, P5).

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
from spymaster.physics.memory.option_state import (
    A_DEVIATION,
    A_FLOW,
    A_HAND,
    A_NAIVE,
    A_OLD,
    A_RECENT,
    A_SPREAD,
    A_STRIKE,
    B_CALL_ASK,
    B_CALL_BID,
    B_DEVIATION,
    B_GAMMA,
    B_K,
    B_PUT_ASK,
    B_PUT_BID,
    B_STRIKE,
    B_W,
    B_WEIGHT,
    NO_END,
)
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.black import band_gamma, band_half_width, delta
from spymaster.physics.options.exposure import charm_flow, hedge_scale
from spymaster.physics.options.option_time import SECONDS_PER_YEAR, variance_time, variance_time_to_fixing
from spymaster.physics.options.parity import parity_forward
from spymaster.physics.options.smile import USABLE, blend_smile, fit_smile, quote_fault, smile_point, total_deviation
from spymaster.physics.options.trades import follow_flow_window
from spymaster.physics.options.walls import follow_marks
from spymaster.physics.time.motion import mid_points

REFRESH_NS: Final = NS_PER_S
SLOW_NS: Final = 5 * NS_PER_S
"""Walls, flip and charm change slowly and cost more: they are looked for less often."""

S_FLOW: Final = 0
S_SPREAD: Final = 1
S_RECENT: Final = 2
S_NAIVE: Final = 3
S_HAND: Final = 4
S_OLD: Final = 5
SUMS: Final = 6
"""Sums over strikes at one price: gamma of what customers sold net, its variance, its recent part, gamma of calls less
puts in hand, of everything in hand, and - gamma flow in the units of old."""

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
    h = s.chain[0]
    if h.refresh_ns > 0 and t_ns - h.refresh_ns < REFRESH_NS:
        return
    follow_flow_window(s, p[0].w_fuel_ns, t_ns)
    since_s = (t_ns - h.refresh_ns) * 1e-9 if h.refresh_ns > 0 else 0.0
    h.refresh_ns = t_ns
    gather_quotes(s, t_ns)
    follow_forward(s, p, t_ns)
    h.tau = years_left(s, t_ns)
    if not (h.tau > 0.0 and h.forward > 0.0):
        h.has_hedge = 0
        return
    follow_smile(s, p, since_s)
    if h.has_smile == 0:
        return
    ratio = s.market[0].ratio
    h.scale = hedge_scale(h.multiplier, s.book[0].multiplier, ratio)
    h.half_width = band_half_width(1.0 / ratio, s.market[0].sigma_1m / ratio)
    follow_greeks(s)
    gather_positions(s, p)
    follow_spot(s, p, since_s)
    if t_ns - h.slow_ns >= SLOW_NS or h.slow_ns == 0:
        follow_marks(s, p, t_ns, (t_ns - h.slow_ns) * 1e-9 if h.slow_ns > 0 else 0.0)
        n = h.active
        h.charm_flow = p[0].dealer_share * charm_flow(
            s.by_strike[A_STRIKE][:n], s.by_strike[A_FLOW][:n], s.smile, h.forward, h.tau, _MINUTE_YEARS, ratio
        )
        h.slow_ns = t_ns


@kernel
def years_left(s: State, t_ns: int) -> float:
    """Variance time to the end of the options, years."""
    h = s.chain[0]
    if h.fixing != 0:
        return variance_time_to_fixing(t_ns, h.open_ns, h.close_ns)
    return variance_time(t_ns, h.open_ns, h.close_ns)


@kernel
def gather_quotes(s: State, t_ns: int) -> None:
    """Usable quotes by strike (P5.4): two-sided, not crossed, not too wide, not old; NaN for the others.

    A series that ends before the last one has its own quotes, which say nothing of the time the smile is for.
    """
    h = s.chain[0]
    b = s.by_strike
    for row in range(B_CALL_BID, B_PUT_ASK + 1):
        for i in range(h.strikes):
            b[row, i] = math.nan
    quoted = 0
    for c in range(h.contracts):
        x = s.contract[c]
        age_ns = t_ns - x.seen_ns if x.seen_ns > 0 else t_ns
        x.live = 1 if t_ns < x.end_ns and x.end_ns > h.open_ns else 0
        x.usable = 1 if t_ns < x.end_ns and quote_fault(x.bid, x.ask, h.tick, age_ns) == USABLE else 0
        quoted += x.usable
        first = s.strike_call[x.strike] if x.right > 0 else s.strike_put[x.strike]
        if x.usable != 0 and x.end_ns == NO_END and first == c:
            low, high = (B_CALL_BID, B_CALL_ASK) if x.right > 0 else (B_PUT_BID, B_PUT_ASK)
            b[low, x.strike] = x.bid
            b[high, x.strike] = x.ask
    h.quoted = quoted


@kernel
def follow_forward(s: State, p: Array, t_ns: int) -> None:
    """The price the options are on: the future's mid for its own; put-call parity's for a share's, else spot."""
    h = s.chain[0]
    if p[0].is_spy == 0:
        h.forward = mid_points(s)
        return
    n = h.strikes
    b = s.by_strike
    price, apart, count = parity_forward(
        b[B_STRIKE][:n], b[B_CALL_BID][:n], b[B_CALL_ASK][:n], b[B_PUT_BID][:n], b[B_PUT_ASK][:n]
    )
    if count >= _PARITY_STRIKES and apart <= _PARITY_SHARE * price:
        h.forward = price
        h.forward_ns = t_ns
    else:
        h.forward = s.market[0].spot


@kernel
def follow_smile(s: State, p: Array, since_s: float) -> None:
    """Fit this second's quotes and move the smile towards them; with too few the last good one stays."""
    h = s.chain[0]
    n = h.strikes
    b = s.by_strike
    for i in range(n):
        strike = b[B_STRIKE, i]
        is_call = strike >= h.forward
        bid = b[B_CALL_BID, i] if is_call else b[B_PUT_BID, i]
        ask = b[B_CALL_ASK, i] if is_call else b[B_PUT_ASK, i]
        b[B_WEIGHT, i] = 0.0
        if bid == bid:
            b[B_K, i], b[B_W, i], b[B_WEIGHT, i] = smile_point(h.forward, strike, bid, ask, h.tick, is_call)
    if fit_smile(b[B_K][:n], b[B_W][:n], b[B_WEIGHT][:n], h.tau, s.smile_new) == 0:
        return
    if h.has_smile == 0:
        h.has_smile = 1
        for k in range(len(s.smile)):
            s.smile[k] = s.smile_new[k]
    else:
        blend_smile(s.smile, s.smile_new, smoothing(since_s, p[0].tau_smile_s))


@kernel
def follow_greeks(s: State) -> None:
    """Deviation, gamma and delta of every strike by the smile; a contract without time left has none."""
    h = s.chain[0]
    b = s.by_strike
    for i in range(h.strikes):
        strike = b[B_STRIKE, i]
        deviation = total_deviation(s.smile, log_ratio(strike, h.forward), h.tau)
        b[B_DEVIATION, i] = deviation
        gamma = band_gamma(h.forward, strike, deviation, h.half_width)
        b[B_GAMMA, i] = gamma
        of_call = delta(h.forward, strike, deviation, True)
        for side in range(2):
            c = s.strike_call[i] if side == 0 else s.strike_put[i]
            while c >= 0:
                x = s.contract[c]
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
    h = s.chain[0]
    b = s.by_strike
    n = 0
    for i in range(h.strikes):
        flow = spread = recent = naive = hand = old = 0.0
        for side in range(2):
            c = s.strike_call[i] if side == 0 else s.strike_put[i]
            while c >= 0:
                x = s.contract[c]
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
        b[A_STRIKE, n] = b[B_STRIKE, i]
        b[A_DEVIATION, n] = b[B_DEVIATION, i]
        b[A_FLOW, n] = flow * h.scale
        b[A_SPREAD, n] = spread * h.scale * h.scale
        b[A_RECENT, n] = recent * h.scale
        b[A_NAIVE, n] = naive * h.scale
        b[A_HAND, n] = hand * h.scale
        b[A_OLD, n] = old * h.multiplier
        n += 1
    h.active = n


@kernel
def sum_at(s: State, price: float, reach: float, sums: Array) -> None:
    """The sums (order of the S_ constants) at a price, over strikes no further from it than ``reach``."""
    h = s.chain[0]
    b = s.by_strike
    for k in range(SUMS):
        sums[k] = 0.0
    for i in range(h.active):
        strike = b[A_STRIKE, i]
        if abs(strike - price) > reach:
            continue
        gamma = band_gamma(price, strike, b[A_DEVIATION, i], h.half_width)
        sums[S_FLOW] += b[A_FLOW, i] * gamma
        sums[S_SPREAD] += b[A_SPREAD, i] * gamma * gamma
        sums[S_RECENT] += b[A_RECENT, i] * gamma
        sums[S_NAIVE] += b[A_NAIVE, i] * gamma
        sums[S_HAND] += b[A_HAND, i] * gamma
        sums[S_OLD] += b[A_OLD, i]


@kernel
def common_sd(s: State, p: Array) -> float:
    """What all trades have in common, per unit of flow: dealers' share, and how good guessed sides are."""
    h = s.chain[0]
    guessed = 1.0 - h.sided / h.volume if h.volume > 0.0 else 0.0
    signing = p[0].dealer_share * _SIGNING_SD * guessed
    return math.sqrt(p[0].dealer_share_sd * p[0].dealer_share_sd + signing * signing)


@kernel
def spread_of(s: State, p: Array, sums: Array) -> float:
    """Standard deviation of the exposure: single sides and openings, and what is common to all trades."""
    common = common_sd(s, p) * sums[S_FLOW]
    return math.sqrt(sums[S_SPREAD] + common * common)


@kernel
def follow_spot(s: State, p: Array, since_s: float) -> None:
    """Exposure at spot over the strikes within reach, smoothed."""
    h = s.chain[0]
    sum_at(s, h.forward, p[0].fuel_strike_range, h.at_spot)
    now = p[0].dealer_share * h.at_spot[S_FLOW]
    if h.has_hedge == 0:
        h.has_hedge = 1
        h.hedge = now
    else:
        h.hedge += smoothing(since_s, p[0].tau_gamma_s) * (now - h.hedge)
    h.sd = spread_of(s, p, h.at_spot)


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
def follow_level_fuel(s: State, p: Array, v: Any, t_ns: int, near: bool) -> None:
    """Exposure with price at a level: once a second near price, every few seconds elsewhere."""
    h = s.chain[0]
    if h.has_hedge == 0:
        v.has_fuel = 0
        return
    wait_ns = REFRESH_NS if near else SLOW_NS
    if v.has_fuel != 0 and t_ns - v.fuel_ns < wait_ns:
        return
    sums = s.sums
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
