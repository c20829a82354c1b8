"""What is said of the fuel: its score and weight at a level (SPEC 6.10), its columns, the strikes and the summary."""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.option_rows import MAX_PUBLISHED_STRIKES
from spymaster.market.rows import Trust
from spymaster.physics.levels.option_levels import first_at_or_above
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.option_state import B_DEVIATION, B_GAMMA, B_STRIKE, CALL_WALL, FLIP, PUT_WALL
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.exposure import gex_dollars
from spymaster.physics.options.fuel import (
    S_FLOW,
    S_HAND,
    S_NAIVE,
    S_OLD,
    S_RECENT,
    band_of,
    common_sd,
    depends_on_convention,
    effect_of,
    follow_level_fuel,
    position_variance,
)
from spymaster.physics.options.smile import total_deviation
from spymaster.physics.time.motion import mid_points

_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_OPTIONS: Final = 2
_AS_MEASURED: Final = 0
_LEFT_OUT: Final = 1
_AMPLIFIES: Final = 3
_DAMPS: Final = 4
"""Codes of ``fuel_what_if``."""


@kernel
def fuel_score(p: Array, hedge: float) -> float:
    """S_H = 50 (1 - tanh(G / g0))."""
    return 100.0 / (1.0 + exp_(2.0 * hedge / p[0].g0))


@kernel
def fuel_weight(p: Array, known_share: float, hedge: float, half_band: float) -> float:
    """c = share of known sides x (1 - band width / (2 g0)) x min(1, |G| / g0)."""
    sure = max(1.0 - half_band / p[0].g0, 0.0)
    return float(known_share * sure * min(1.0, abs(hedge) / p[0].g0))


@kernel
def judge_fuel(s: State, p: Array, t_ns: int, slot: int, near: bool, row: Any) -> tuple[bool, float, float]:
    """The fuel's columns into ``row``; returns (present, S_H, weight in [0, 1])."""
    what_if = p[0].fuel_what_if
    if what_if > _LEFT_OUT:
        return set_fuel(p, what_if, row)
    if s.chain[0].contracts == 0:
        return False, 50.0, 0.0
    v = s.level[slot]
    follow_level_fuel(s, p, v, t_ns, near)
    state = s.trust[0].state[_OPTIONS]
    if v.has_fuel == 0 or state == _BLIND or state == _ABSENT:
        return False, 50.0, 0.0
    half = band_of(v.fuel_sd)
    h = s.chain[0]
    share = h.known / h.volume if h.volume > 0.0 else 0.0
    weight = fuel_weight(p, share, v.fuel, half)
    row.hedge = v.fuel
    row.hedge_low = v.fuel - half
    row.hedge_high = v.fuel + half
    row.fuel_effect = effect_of(p, v.fuel, v.fuel_sd)
    row.fuel_confidence = weight
    row.gamma_velocity = v.fuel_recent
    row.net_dealer_gamma = v.fuel_old
    row.convention_dependent = v.fuel_depends
    return what_if == _AS_MEASURED, fuel_score(p, v.fuel), weight


@kernel
def set_fuel(p: Array, what_if: int, row: Any) -> tuple[bool, float, float]:
    """What would be said if dealers' exposure were the same everywhere: 0, or ``fuel_threshold`` either way.

    That is the least that counts as an effect, and about the most that market makers of real days were short (P5.7).
    Every side is taken as known; dealers' share is not, so the band is the least that such an exposure would have.
    """
    hedge = 0.0
    if what_if == _AMPLIFIES:
        hedge = -p[0].fuel_threshold
    elif what_if == _DAMPS:
        hedge = p[0].fuel_threshold
    sd = abs(hedge) * p[0].dealer_share_sd / p[0].dealer_share if p[0].dealer_share > 0.0 else 0.0
    row.hedge = hedge
    row.hedge_low = hedge - band_of(sd)
    row.hedge_high = hedge + band_of(sd)
    row.fuel_effect = effect_of(p, hedge, sd)
    row.fuel_confidence = fuel_weight(p, 1.0, hedge, band_of(sd))
    row.convention_dependent = 0.0
    return True, fuel_score(p, hedge), row.fuel_confidence


@kernel
def write_common_fuel(s: State, row: Any) -> None:
    """Walls and flip into the row that all levels share."""
    h = s.chain[0]
    row.call_wall = h.mark[CALL_WALL]
    row.call_wall_sign = h.mark_sign[CALL_WALL]
    row.put_wall = h.mark[PUT_WALL]
    row.put_wall_sign = h.mark_sign[PUT_WALL]
    row.gamma_flip = h.mark[FLIP]


@kernel
def write_summary(s: State, p: Array, o: Any) -> None:
    """The options' summary (OPTION_SUMMARY) of the snap; the flows of the snap are then begun anew."""
    h = s.chain[0]
    o.contracts = h.contracts
    o.quoted = h.quoted
    o.expiry_s = h.close_ns * 1e-9
    o.forward = h.forward
    o.classified_share = h.known / h.volume if h.volume > 0.0 else math.nan
    o.volume = h.volume
    o.call_wall = h.mark[CALL_WALL]
    o.call_wall_sign = h.mark_sign[CALL_WALL]
    o.put_wall = h.mark[PUT_WALL]
    o.put_wall_sign = h.mark_sign[PUT_WALL]
    o.flip = h.mark[FLIP]
    per_delta = h.multiplier / (s.book[0].multiplier * s.market[0].ratio)
    o.call_delta_flow = h.call_flow * per_delta
    o.put_delta_flow = h.put_flow * per_delta
    h.call_flow = 0.0
    h.put_flow = 0.0
    write_exposure(s, p, o)


@kernel
def write_exposure(s: State, p: Array, o: Any) -> None:
    """Dealers' exposure at spot into the summary; all absent before the first smile."""
    h = s.chain[0]
    if h.has_hedge == 0:
        o.iv = math.nan
        o.hedge = o.hedge_low = o.hedge_high = math.nan
        o.effect = 0.0
        o.gex = o.net_dealer_gamma = o.gamma_velocity = o.charm_flow = math.nan
        o.hedge_flow = o.hedge_calls_long = o.hedge_customers_long = o.hedge_customers_short = math.nan
        o.convention_dependent = 0.0
        return
    half = band_of(h.sd)
    share = p[0].dealer_share
    o.iv = total_deviation(s.smile, 0.0, h.tau) / math.sqrt(h.tau)
    o.hedge = h.hedge
    o.hedge_low = h.hedge - half
    o.hedge_high = h.hedge + half
    o.effect = effect_of(p, h.hedge, h.sd)
    o.gex = gex_dollars(h.hedge, mid_points(s), s.book[0].multiplier)
    o.net_dealer_gamma = h.at_spot[S_OLD]
    o.gamma_velocity = share * h.at_spot[S_RECENT] * (60.0 / (p[0].w_fuel_ns * 1e-9))
    o.charm_flow = h.charm_flow
    o.hedge_flow = share * h.at_spot[S_FLOW]
    o.hedge_calls_long = share * h.at_spot[S_NAIVE]
    o.hedge_customers_long = -share * h.at_spot[S_HAND]
    o.hedge_customers_short = share * h.at_spot[S_HAND]
    o.convention_dependent = depends_on_convention(p, h.hedge, h.sd, h.at_spot[S_NAIVE])


@kernel
def write_strikes(s: State, p: Array, rows: Any) -> int:
    """The strikes nearest spot into ``rows`` (STRIKE_ROW[S]) by rising price; returns how many."""
    h = s.chain[0]
    count = min(int(h.strikes), MAX_PUBLISHED_STRIKES)
    middle = first_at_or_above(s, s.market[0].spot)
    first = min(max(middle - count // 2, 0), h.strikes - count)
    for k in range(count):
        write_strike(s, p, first + k, rows[k])
    return count


@kernel
def write_strike(s: State, p: Array, i: int, r: Any) -> None:
    """One strike."""
    h = s.chain[0]
    b = s.by_strike
    r.strike = b[B_STRIKE, i]
    known = h.has_hedge != 0
    r.iv = b[B_DEVIATION, i] / math.sqrt(h.tau) if known else math.nan
    r.gamma = b[B_GAMMA, i] if known else math.nan
    net = variance = 0.0
    for side in range(2):
        c = s.strike_call[i] if side == 0 else s.strike_put[i]
        write_contract(s, c, side, r)
        while c >= 0:
            x = s.contract[c]
            if x.live != 0:
                net += x.net
                variance += position_variance(p, x)
            c = x.next
    each = b[B_GAMMA, i] * h.scale if known else math.nan
    r.hedge = -p[0].dealer_share * net * each
    common = common_sd(s, p) * net
    r.hedge_sd = abs(each) * math.sqrt(variance + common * common)
    r.wall = 0.0
    for which in (CALL_WALL, PUT_WALL):
        if h.mark[which] == r.strike:
            r.wall = h.mark_sign[which]


@kernel
def write_contract(s: State, c: int, side: int, r: Any) -> None:
    """The calls' (side 0) or the puts' columns of a strike; all absent or 0 where there is no such contract.

    ``c``: the first of the day's series. Volume, flows and open interest are the sum of all series, quote, last price
    and delta those of the first.
    """
    volume = premium = net = variance = delta_flow = gamma_flow = 0.0
    last = bid = ask = delta = interest = math.nan
    if c >= 0:
        x = s.contract[c]
        last, delta = x.last, x.delta
        if x.usable != 0:
            bid, ask = x.bid, x.ask
    h = s.chain[0]
    per_delta = h.multiplier / (s.book[0].multiplier * s.market[0].ratio)
    while c >= 0:
        x = s.contract[c]
        volume += x.volume
        premium += x.premium
        net += x.net
        variance += x.variance
        delta_flow += x.delta_flow * per_delta
        gamma_flow += x.gamma_flow * per_delta / s.market[0].ratio
        if x.open_interest >= 0.0:
            interest = x.open_interest + (interest if interest == interest else 0.0)
        c = x.next
    sd = math.sqrt(variance)
    if side == 0:
        r.call_volume, r.call_premium, r.call_net, r.call_net_sd = volume, premium, net, sd
        r.call_delta_flow, r.call_gamma_flow = delta_flow, gamma_flow
        r.call_last, r.call_bid, r.call_ask, r.call_delta, r.call_open_interest = last, bid, ask, delta, interest
    else:
        r.put_volume, r.put_premium, r.put_net, r.put_net_sd = volume, premium, net, sd
        r.put_delta_flow, r.put_gamma_flow = delta_flow, gamma_flow
        r.put_last, r.put_bid, r.put_ask, r.put_delta, r.put_open_interest = last, bid, ask, delta, interest
