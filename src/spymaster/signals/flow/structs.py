"""The published message ``market.flow``: what was traded in each strike's options, and what dealers hold by it.

Strikes and quotes are in the option's own unit (ES points or SPY dollars); exposures are dealers', in ES contracts per
ES point, flows are customers', + is bought. Null where absent. A change of layout raises the version.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from spymaster.signals.structs import ProfileName
from spymaster.signals.words import EffectWord, WallWord

FLOW_VERSION: Final[Literal[1]] = 1


class ContractFlow(Struct, frozen=True, gc=False):
    """One option of a strike, since the session began.

    ``volume``: contracts; ``premium``: price x size x multiplier; ``net``: expected customers' buys - sells and
    ``net_sd`` its spread; ``delta_flow``: ES contracts; ``gamma_flow``: ES contracts per point; ``last``, ``bid``,
    ``ask``: null before a trade and without a usable quote; ``delta``: of the fitted smile.
    """

    volume: float
    premium: float
    net: float
    net_sd: float
    delta_flow: float
    gamma_flow: float
    last: float | None
    bid: float | None
    ask: float | None
    delta: float | None
    open_interest: float | None


class StrikeFlow(Struct, frozen=True, gc=False):
    """One strike. ``hedge``: its share of dealers' exposure at spot; ``gamma``: of one option there."""

    strike: float
    call: ContractFlow
    put: ContractFlow
    iv: float | None
    gamma: float | None
    hedge: float | None
    hedge_sd: float | None
    wall: WallWord | None


class Conventions(Struct, frozen=True, gc=False):
    """Exposure at spot by four readings of who holds what."""

    signed_flow: float
    calls_long_puts_short: float
    customers_long: float
    customers_short: float


class Exposure(Struct, frozen=True, gc=False):
    """Dealers' exposure at spot. ``band``: its 90 % bounds; ``gex``: currency per 1 %; ``charm_flow``: ES contracts
    that dealers buy in the coming minute by the passing of time; ``gamma_velocity``: contracts per point and minute.
    """

    effect: EffectWord
    hedge_contracts_per_point: float
    band: tuple[float, float]
    gex: float
    net_dealer_gamma: float
    gamma_velocity: float
    charm_flow: float | None
    conventions: Conventions
    convention_dependent: bool


class MarketFlow(Struct, frozen=True, gc=False, kw_only=True):
    """``market.flow``: the options of the day at T = ``ts_event_ns``; ``strikes`` nearest spot, by rising price.

    ``expiry``: ms since 1970 UTC; ``forward``: by parity or the future; ``iv``: at the money; ``exposure``: null before
    the first smile; ``classified_share``: of the volume whose side is known, null before a trade; ``*_delta_flow``:
    ES contracts of the last snap interval.
    """

    version: Literal[1]
    ts: int
    ts_event_ns: int
    profile: ProfileName
    expiry: int
    contracts: int
    quoted: int
    forward: float | None
    iv: float | None
    exposure: Exposure | None
    call_wall: float | None
    call_wall_sign: WallWord | None
    put_wall: float | None
    put_wall_sign: WallWord | None
    gamma_flip: float | None
    volume: float
    classified_share: float | None
    call_delta_flow: float
    put_delta_flow: float
    strikes: tuple[StrikeFlow, ...]
