"""What an option market is like in each profile, and its strikes when a session begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from spymaster.errors import ExitCode, UserError
from spymaster.market.kinds import NS_PER_S
from spymaster.sim.market.day_shape import CLOSE_MINUTE, EVENING_MINUTE, MINUTES, OPEN_MINUTE, regular_hours
from spymaster.sim.market.state import NEVER, Array
from spymaster.sim.options.market import draw_ratio, open_options
from spymaster.sim.options.quotes import forward_of
from spymaster.sim.options.state import CLOCK_MINUTES, ON_EQUITY, ON_FUTURE

_MINUTE_NS: Final = 60 * NS_PER_S
_YEAR_S: Final = 252 * 23_400.0
_EQUITY_OPEN_MINUTE: Final = 4 * 60
_EQUITY_CLOSE_MINUTE: Final = 20 * 60
_SEED_APART: Final = 0xA5A5_5A5A_C3C3_3C3C
_E9: Final = 1_000_000_000
_FIXING_S: Final = 20.0
"""The average of the last 30 s that options on the future are settled at takes this much variance time away
(docs/physics.md 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMarket:
    """Options of a profile. Prices and widths in the options' unit, rates per second at midday's activity.

    A quote's width is ``width_least`` plus ``width_share`` of the option's value; ``interest``: open interest at the
    money; ``reach``: how many strikes around the price customers trade.
    """

    kind: int
    strike_step: int
    strikes_each_side: int
    trade_rate: float
    reach: float
    interest: float
    quote: float
    width_least: float
    width_share: float
    fine_tick: float
    coarse_tick: float
    coarse_from: float
    fixing_s: float
    trades_at_night: bool


OPTION_MARKETS: Final[Mapping[str, OptionMarket]] = MappingProxyType(
    {
        "es": OptionMarket(
            kind=ON_FUTURE,
            strike_step=5,
            strikes_each_side=20,
            trade_rate=3.0,
            reach=2.5,
            interest=2_500.0,
            quote=40.0,
            width_least=0.04,
            width_share=0.018,
            fine_tick=0.05,
            coarse_tick=0.25,
            coarse_from=5.0,
            fixing_s=_FIXING_S,
            trades_at_night=True,
        ),
        "spy": OptionMarket(
            kind=ON_EQUITY,
            strike_step=1,
            strikes_each_side=12,
            trade_rate=12.0,
            reach=1.6,
            interest=15_000.0,
            quote=300.0,
            width_least=0.006,
            width_share=0.012,
            fine_tick=0.01,
            coarse_tick=0.01,
            coarse_from=0.0,
            fixing_s=0.0,
            trades_at_night=False,
        ),
    }
)
_EQUITY_QUOTES: Final = 6.0
_EQUITY_TRADES: Final = 4.0


def set_options(o: Any, profile: str, seed: int, start_ns: int, minute: int) -> None:
    """What is known of a profile's option market before anything is drawn, into ``o`` (``OPTIONS``, in place).

    ``minute``: of the New York day at ``start_ns``. Raises UserError for a start after the options expired.
    """
    o["next_ns"] = NEVER
    o["ratio"] = o["usual_ratio"] = 1.0
    if not profile:
        return
    if CLOSE_MINUTE <= minute < EVENING_MINUTE:
        remedy = "start before that, or in the evening for the next day's"
        raise UserError("--options", "options of the day expire at 16:00", remedy, code=ExitCode.USAGE)
    market = OPTION_MARKETS[profile]
    midnight_ns = start_ns - (minute - (MINUTES if minute >= EVENING_MINUTE else 0)) * _MINUTE_NS
    o["kind"] = market.kind
    o["rng"] = seed % 2**64 ^ _SEED_APART
    o["clock_start_ns"] = midnight_ns + OPEN_MINUTE * _MINUTE_NS
    o["open_ns"] = start_ns if market.trades_at_night else o["clock_start_ns"]
    o["expiry_ns"] = midnight_ns + CLOSE_MINUTE * _MINUTE_NS
    o["equity_open_ns"] = midnight_ns + _EQUITY_OPEN_MINUTE * _MINUTE_NS
    o["equity_close_ns"] = midnight_ns + _EQUITY_CLOSE_MINUTE * _MINUTE_NS
    weights = np.array([regular_hours(k + 0.5) for k in range(CLOCK_MINUTES - 1)])
    left = np.append(np.cumsum(weights[::-1])[::-1], 0.0) / weights.sum()
    o["clock"] = left / 252.0
    o["fixing_years"] = market.fixing_s / _YEAR_S
    o["usual_interest"] = market.interest
    o["trade_rate"], o["reach"] = market.trade_rate, market.reach
    o["fine_e9"], o["coarse_e9"] = round(market.fine_tick * _E9), round(market.coarse_tick * _E9)
    o["coarse_from_e9"] = round(market.coarse_from * _E9)
    o["width_least"], o["width_share"], o["usual_quote"] = market.width_least, market.width_share, market.quote
    o["equity_quote_rate"], o["equity_trade_rate"] = _EQUITY_QUOTES, _EQUITY_TRADES
    o["worth"] = 1.0


def begin_options(state: Array) -> None:
    """Draw the option market of a market that has just opened: its ratio, strikes, smile and dealers' positions."""
    s = state[0]
    o = s["options"]
    market = next(market for market in OPTION_MARKETS.values() if market.kind == o["kind"])
    if market.kind == ON_EQUITY:
        draw_ratio(s)
    step, side = market.strike_step, market.strikes_each_side
    middle = round(forward_of(s) / step)
    open_options(s, (middle - side) * step, step, 2 * side + 1)
