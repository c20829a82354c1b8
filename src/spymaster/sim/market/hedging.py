"""Dealers who hedge what their clients' options leave them with, through real orders in the same book.

A positive gamma makes them sell rallies and buy dips, a negative one the opposite. An option market that knows its own
gammas calls ``due_orders.send_market`` itself (``sim.options.hedging``); this is the linear stand-in that planted GAMMA
levels use without one (docs/physics.md 7.2).
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.sim.dice import exponential
from spymaster.sim.market.due_orders import send_market
from spymaster.sim.market.state import ASK, BID, State, Tape
from spymaster.sim.options.hedging import hedge_options
from spymaster.sim.options.state import NO_OPTIONS

_THRESHOLD_CONTRACTS: Final = 25.0
_LARGEST_ORDER: Final = 40
_MEAN_DELAY_S: Final = 0.5
_TICKS_PER_POINT: Final = 4.0


@kernel
def hedge(s: State, tape: Tape) -> None:
    """After the touch moved: trade once the hedge is further off than dealers bear."""
    if s.options.kind != NO_OPTIONS:
        hedge_options(s, tape)
        return
    if s.gamma == 0.0:
        return
    mid_ticks = 0.5 * (s.best[BID] + s.best[ASK])
    gap = -s.gamma * (mid_ticks - s.hedged_at) / _TICKS_PER_POINT
    if abs(gap) < _THRESHOLD_CONTRACTS:
        return
    s.hedged_at = mid_ticks
    side_hit = ASK if gap > 0.0 else BID
    left = int(abs(gap))
    while left > 0:
        size = min(left, _LARGEST_ORDER)
        send_market(s, side_hit, size, int(s.now_ns) + int(_MEAN_DELAY_S * exponential(s) * NS_PER_S))
        left -= size


@kernel
def start_hedging(s: State, gamma: float) -> None:
    """Dealers have this gamma from here on, and are hedged now. Where there are options, their gamma is what it is."""
    if s.options.kind != NO_OPTIONS:
        return
    s.gamma = gamma
    s.hedged_at = 0.5 * (s.best[BID] + s.best[ASK])
