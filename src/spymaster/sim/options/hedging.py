"""Dealers who keep the delta of their options hedged, through real orders in its book (docs/physics.md 7.2)."""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS, NS_PER_S, SIDE_ASK, SIDE_BID
from spymaster.sim.dice import exponential
from spymaster.sim.market.due_orders import send_market
from spymaster.sim.market.state import ASK, BID, State, Tape
from spymaster.sim.options.black import call_delta
from spymaster.sim.options.quotes import forward_of
from spymaster.sim.options.state import WHAT_HEDGE

HEDGE_CONTRACTS: Final = 25.0
"""Futures by which their hedge may be off before they trade."""
_LEAST_ORDER: Final = 5.0
_LARGEST_ORDER: Final = 40
_PACE: Final = 1.2
"""Futures per second that they trade at most, as a multiple of the market's own aggressors per second: near half of
what trades. Without patience, gammas of this size would feed on their own hedges within a second."""
_SAVED_S: Final = 2.0
_MEAN_DELAY_S: Final = 0.5
_LOOK_NS: Final = 100 * NS_PER_MS
"""They look at their delta so often at most."""


@kernel
def wanted_futures(s: State) -> float:
    """Futures that would make dealers' options free of delta."""
    o = s.options
    forward = forward_of(s)
    delta = 0.0
    for k in range(o.strikes):
        calls, puts = o.inventory[2 * k], o.inventory[2 * k + 1]
        if calls != 0 or puts != 0:
            delta += (calls + puts) * call_delta(forward, float(o.strike[k]), float(o.vol[k]), float(o.years)) - puts
    return -delta * float(o.worth)


@kernel
def hedge_options(s: State, tape: Tape) -> None:
    """Trade futures once the hedge is further off than dealers bear, as fast as the market takes it."""
    o = s.options
    if s.now_ns < o.look_ns or o.years <= 0.0:
        return
    pace = _PACE * float(s.parameters.market) * float(s.activity)
    since_s = (s.now_ns + _LOOK_NS - o.look_ns) / NS_PER_S
    o.budget = min(o.budget + pace * since_s, max(_SAVED_S * pace, HEDGE_CONTRACTS))
    o.look_ns = s.now_ns + _LOOK_NS
    gap = wanted_futures(s) - o.held
    if abs(gap) < HEDGE_CONTRACTS or o.budget < _LEAST_ORDER:
        return
    side_hit = ASK if gap > 0.0 else BID
    left = int(min(abs(gap), o.budget))
    o.budget -= left
    o.held += left if gap > 0.0 else -left
    while left > 0:
        size = min(left, _LARGEST_ORDER)
        due_ns = int(s.now_ns) + int(_MEAN_DELAY_S * exponential(o) * NS_PER_S)
        send_market(s, side_hit, size, due_ns)
        if s.silent == 0:
            _write_hedge(s, tape, due_ns, size, SIDE_BID if gap > 0.0 else SIDE_ASK)
        left -= size


@kernel
def _write_hedge(s: State, tape: Tape, due_ns: int, size: int, side: int) -> None:
    row = tape.rows[s.n_rows]
    for k in range(len(row)):
        row[k] = 0
    row[0] = WHAT_HEDGE
    row[1] = s.now_ns
    row[2] = due_ns
    row[5] = size
    row[6] = side
    s.n_rows += 1
