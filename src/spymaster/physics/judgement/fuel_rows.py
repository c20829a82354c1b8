"""What is said of the fuel: its score and weight at a level, its columns, the strikes and the summary.

Formulas: docs/physics.md 8.
"""

from __future__ import annotations

import math
from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.option_rows import MAX_PUBLISHED_STRIKES, FuelEffect
from spymaster.market.rows import Trust
from spymaster.physics.levels.option_levels import first_at_or_above
from spymaster.physics.maths.elementary import exp_
from spymaster.physics.memory.indices import TRUST_OPTIONS
from spymaster.physics.memory.option_records import CALL_WALL, FLIP, PUT_WALL, S_FLOW, S_HAND, S_NAIVE, S_OLD, S_RECENT
from spymaster.physics.memory.state import Array, State
from spymaster.physics.options.exposure import gex_dollars
from spymaster.physics.options.fuel import (
    band_of,
    common_sd,
    depends_on_convention,
    effect_of,
    position_variance,
    update_level_fuel,
)
from spymaster.physics.options.smile import total_deviation
from spymaster.physics.time.motion import mid_points

_BLIND: Final = int(Trust.BLIND)
_ABSENT: Final = int(Trust.ABSENT)
_NEUTRAL: Final = int(FuelEffect.NEUTRAL)
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
    """c = fraction of known sides x (1 - what the band leaves open of the score, as a share of it)."""
    open_ = fuel_score(p, hedge - half_band) - fuel_score(p, hedge + half_band)
    return float(known_share * (1.0 - 0.01 * open_))


@kernel
def fuel_is_asked(s: State, p: Array, row: Any) -> bool:
    """Whether the fuel counts in the confidence: set up, and with something to say or BLIND.

    With an effect that is NEUTRAL, or a band that spans zero, it has nothing to say.
    """
    what_if = p[0].fuel_what_if
    if what_if == _LEFT_OUT or (what_if == _AS_MEASURED and s.chain.contracts == 0):
        return False
    if what_if == _AS_MEASURED and s.trust.state[TRUST_OPTIONS] == _BLIND:
        return True
    return bool(row.fuel_effect == row.fuel_effect and row.fuel_effect != _NEUTRAL)


@kernel
def score_fuel(s: State, p: Array, t_ns: int, slot: int, near: bool, row: Any) -> tuple[bool, float, float]:
    """The fuel's columns into ``row``; returns (present, S_H, weight in [0, 1])."""
    option_flow = s.option_flow
    what_if = p[0].fuel_what_if
    if what_if > _LEFT_OUT:
        return set_fuel(p, what_if, row)
    if s.chain.contracts == 0:
        return False, 50.0, 0.0
    v = s.levels.at[slot]
    update_level_fuel(s, p, v, t_ns, near)
    state = s.trust.state[TRUST_OPTIONS]
    if v.has_fuel == 0 or state == _BLIND or state == _ABSENT:
        return False, 50.0, 0.0
    half = band_of(v.fuel_sd)
    known_share = option_flow.known / option_flow.volume if option_flow.volume > 0.0 else 0.0
    weight = fuel_weight(p, known_share, v.fuel, half)
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

    That is the least that counts as an effect, and about the most that market makers of real days were short
    (docs/physics.md 5.7).
    Every side is taken as known; dealers' part is not, so the band is the least that such an exposure would have.
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
    """Walls and flip into the row that all levels share; absent without options."""
    walls = s.walls
    if s.chain.contracts == 0:
        row.call_wall = row.call_wall_sign = math.nan
        row.put_wall = row.put_wall_sign = math.nan
        row.gamma_flip = math.nan
        return
    row.call_wall = walls.mark[CALL_WALL]
    row.call_wall_sign = walls.mark_sign[CALL_WALL]
    row.put_wall = walls.mark[PUT_WALL]
    row.put_wall_sign = walls.mark_sign[PUT_WALL]
    row.gamma_flip = walls.mark[FLIP]


@kernel
def write_summary(s: State, p: Array, o: Any) -> None:
    """The options' summary (OPTION_SUMMARY) of the snap; the flows of the snap are then begun anew."""
    chain = s.chain
    fuel = s.fuel
    option_flow = s.option_flow
    walls = s.walls
    o.contracts = chain.contracts
    o.quoted = fuel.quoted
    o.expiry_s = chain.close_ns * 1e-9
    o.forward = fuel.forward
    o.classified_share = option_flow.known / option_flow.volume if option_flow.volume > 0.0 else math.nan
    o.volume = option_flow.volume
    o.call_wall = walls.mark[CALL_WALL]
    o.call_wall_sign = walls.mark_sign[CALL_WALL]
    o.put_wall = walls.mark[PUT_WALL]
    o.put_wall_sign = walls.mark_sign[PUT_WALL]
    o.gamma_flip = walls.mark[FLIP]
    per_delta = chain.multiplier / (s.instrument.multiplier * s.market.ratio)
    o.call_delta_flow = option_flow.call_flow * per_delta
    o.put_delta_flow = option_flow.put_flow * per_delta
    option_flow.call_flow = 0.0
    option_flow.put_flow = 0.0
    write_exposure(s, p, o)


@kernel
def write_exposure(s: State, p: Array, o: Any) -> None:
    """Dealers' exposure at spot into the summary; all absent before the first smile."""
    fuel = s.fuel
    if fuel.has_hedge == 0:
        o.iv = math.nan
        o.hedge = o.hedge_low = o.hedge_high = math.nan
        o.effect = 0.0
        o.gex = o.net_dealer_gamma = o.gamma_velocity = o.charm_flow = math.nan
        o.hedge_flow = o.hedge_calls_long = o.hedge_customers_long = o.hedge_customers_short = math.nan
        o.convention_dependent = 0.0
        return
    half = band_of(fuel.sd)
    dealers = p[0].dealer_share
    o.iv = total_deviation(fuel.smile, 0.0, fuel.tau) / math.sqrt(fuel.tau)
    o.hedge = fuel.hedge
    o.hedge_low = fuel.hedge - half
    o.hedge_high = fuel.hedge + half
    o.effect = effect_of(p, fuel.hedge, fuel.sd)
    o.gex = gex_dollars(fuel.hedge, mid_points(s), s.instrument.multiplier)
    o.net_dealer_gamma = fuel.at_spot[S_OLD]
    o.gamma_velocity = dealers * fuel.at_spot[S_RECENT] * (60.0 / (p[0].w_fuel_ns * 1e-9))
    o.charm_flow = fuel.charm_flow
    o.hedge_flow = dealers * fuel.at_spot[S_FLOW]
    o.hedge_calls_long = dealers * fuel.at_spot[S_NAIVE]
    o.hedge_customers_long = -dealers * fuel.at_spot[S_HAND]
    o.hedge_customers_short = dealers * fuel.at_spot[S_HAND]
    o.convention_dependent = depends_on_convention(p, fuel.hedge, fuel.sd, fuel.at_spot[S_NAIVE])


@kernel
def write_strikes(s: State, p: Array, rows: Any) -> int:
    """The strikes nearest spot into ``rows`` (STRIKE_ROW[S]) by rising price; returns how many."""
    chain = s.chain
    count = min(int(chain.strikes), MAX_PUBLISHED_STRIKES)
    middle = first_at_or_above(s, s.market.spot)
    first = min(max(middle - count // 2, 0), chain.strikes - count)
    for k in range(count):
        write_strike(s, p, first + k, rows[k])
    return count


@kernel
def write_strike(s: State, p: Array, i: int, r: Any) -> None:
    """One strike."""
    strikes = s.fuel.strikes
    fuel = s.fuel
    chain = s.chain
    walls = s.walls
    r.strike = strikes.strike[i]
    known = fuel.has_hedge != 0
    r.iv = strikes.deviation[i] / math.sqrt(fuel.tau) if known else math.nan
    r.gamma = strikes.gamma[i] if known else math.nan
    net = variance = 0.0
    for side in range(2):
        c = chain.strike_call[i] if side == 0 else chain.strike_put[i]
        write_contract(s, c, side, r)
        while c >= 0:
            x = chain.contract[c]
            if x.live != 0:
                net += x.net
                variance += position_variance(p, x)
            c = x.next
    each = strikes.gamma[i] * fuel.scale if known else math.nan
    r.hedge = -p[0].dealer_share * net * each
    common = common_sd(s, p) * net
    r.hedge_sd = abs(each) * math.sqrt(variance + common * common)
    r.wall = 0.0
    for which in (CALL_WALL, PUT_WALL):
        if walls.mark[which] == r.strike:
            r.wall = walls.mark_sign[which]


@kernel
def write_contract(s: State, c: int, side: int, r: Any) -> None:
    """The calls' (side 0) or the puts' columns of a strike; all absent or 0 where there is no such contract.

    ``c``: the first of the day's series. Volume, flows and open interest are the sum of all series, quote, last price
    and delta those of the first.
    """
    chain = s.chain
    market = s.market
    volume = premium = net = variance = delta_flow = gamma_flow = 0.0
    last = bid = ask = delta = interest = math.nan
    if c >= 0:
        x = chain.contract[c]
        last, delta = x.last, x.delta
        if x.usable != 0:
            bid, ask = x.bid, x.ask
    per_delta = chain.multiplier / (s.instrument.multiplier * market.ratio)
    while c >= 0:
        x = chain.contract[c]
        volume += x.volume
        premium += x.premium
        net += x.net
        variance += x.variance
        delta_flow += x.delta_flow * per_delta
        gamma_flow += x.gamma_flow * per_delta / market.ratio
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
