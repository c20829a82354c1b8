"""Zones that price has reached and passed: judged by what became of what rested there (docs/physics.md 3.8).

Behind the touch nothing rests, so neither usual depth nor the noise of a zone at the touch says anything there. What
counts are the contracts that rested in the zone when price reached it: eaten, or withdrawn. Which ones left is not in
the data, so at each price fills take those that came first, and any contract that waits is as likely to be withdrawn.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierState
from spymaster.physics.maths.elementary import gate
from spymaster.physics.memory.indices import ADD, ASK_FIELDS, FILL, PULL, RESTING_PRICES
from spymaster.physics.memory.state import Array, State

_VACUUM: Final = int(BarrierState.VACUUM)
_CONSUMED: Final = int(BarrierState.CONSUMED)
_STATES: Final = 6
_DEPLETED: Final = 0.5
"""From this probability on a zone counts as depleted."""


@kernel
def forget_zone(v: Any) -> None:
    """Price has left the level, or other quotes defend it: what the zone held and lost is forgotten."""
    leave_zone(v)
    v.came_vacuum = 0.0
    v.came_consumed = 0.0
    v.evidence = 0.0
    v.evidence_ns = 0


@kernel
def leave_zone(v: Any) -> None:
    """What rested in the zone does not count any more; it is reached anew."""
    v.reached = 0
    v.held_depth = 0.0
    v.lost_pulled = 0.0
    v.lost_filled = 0.0
    v.restored_ns = 0
    v.away_ns = 0
    for k in range(RESTING_PRICES):
        v.resting[k] = 0.0


@kernel
def ticks_beyond(s: State, v: Any) -> float:
    """How far the mid is beyond the level, in ticks of the future: negative before it, far before without a book."""
    book = s.book
    if book.has_bbo == 0:
        return -1e9
    beyond: float = float(v.direction) * (0.5 * (book.bid + book.ask) - v.tick)
    return beyond


@kernel
def reach_zone(s: State, v: Any, states: Array, side: int, low: int, high: int) -> None:
    """Price has come into the zone, ledger indices low..high, in the bucket closed last: what rested before it counts.

    states: probabilities of the six states; a zone that was eaten or withdrawn before price came says so until other
    contracts than the few that were left decide.
    """
    ledger = s.ledger
    base = side * ASK_FIELDS
    v.reached = 1
    for i in range(low, high + 1):
        flow = s.flow[ledger.bucket, i]
        held = ledger.depth[side, i] - flow[base + ADD] + flow[base + PULL] + flow[base + FILL]
        v.resting[i - low] = max(float(held), 0.0)
        v.held_depth += v.resting[i - low]
    gone = states[_VACUUM] + states[_CONSUMED]
    v.came_vacuum = states[_VACUUM] if gone > _DEPLETED else 0.0
    v.came_consumed = states[_CONSUMED] if gone > _DEPLETED else 0.0
    v.resting_from = ledger.base + low


@kernel
def lose_from_price(v: Any, k: int, filled: float, pulled: float, depth: float) -> None:
    """One bucket of one price: ``filled`` and ``pulled`` contracts left it and ``depth`` wait there now.

    Fills come first in the bucket, and what is withdrawn is taken alike from those that rested and those that came.
    """
    here = v.resting[k]
    eaten = min(filled, here)
    here -= eaten
    waited = depth + pulled
    gone = min(pulled * here / waited, here) if waited > 0.0 else 0.0
    v.resting[k] = here - gone
    v.lost_filled += eaten
    v.lost_pulled += gone


@kernel
def lose_from_zone(s: State, v: Any, side: int, low: int, high: int) -> None:
    """The bucket closed last, price by price, of a zone whose part in sight is ledger indices low..high."""
    ledger = s.ledger
    base = side * ASK_FIELDS
    first = v.resting_from - ledger.base
    for i in range(max(low, first), min(high, first + RESTING_PRICES - 1) + 1):
        if v.resting[i - first] > 0.0:
            flow = s.flow[ledger.bucket, i]
            lose_from_price(
                v, i - first, float(flow[base + FILL]), float(flow[base + PULL]), float(ledger.depth[side, i])
            )


@kernel
def end_visit(p: Array, v: Any, depth: float, in_front: bool, t_ns: int) -> None:
    """Leave the zone when enough has stood there again, or price has been in front of it, for a whole window."""
    if v.held_depth <= 0.0 or depth < p[0].passed_restored_share * v.held_depth:
        v.restored_ns = 0
    elif v.restored_ns == 0:
        v.restored_ns = t_ns
    if not in_front:
        v.away_ns = 0
    elif v.away_ns == 0:
        v.away_ns = t_ns
    restored = v.restored_ns != 0 and t_ns - v.restored_ns >= p[0].w_barrier_ns
    if restored:
        v.came_vacuum = 0.0
        v.came_consumed = 0.0
    if restored or (v.away_ns != 0 and t_ns - v.away_ns >= p[0].w_barrier_ns):
        leave_zone(v)


@kernel
def follow_zone(
    s: State, p: Array, v: Any, states: Array, side: int, low: int, high: int, depth: float, beyond: float, t_ns: int
) -> None:
    """One snap of a level: whether price has reached its zone (in sight: low..high of the ledger), and what it lost."""
    in_front = beyond < -p[0].reach_ticks
    if v.reached == 0:
        if in_front:
            return
        reach_zone(s, v, states, side, low, high)
    lose_from_zone(s, v, side, low, high)
    end_visit(p, v, depth, in_front, t_ns)


@kernel
def passed_states(p: Array, v: Any, states: Array) -> None:
    """The six states of a zone that price has passed, in place of what a zone at the touch would be; they sum to 1.

    Of what rested and left, the share that was filled decides between CONSUMED and VACUUM.
    """
    lost = v.lost_pulled + v.lost_filled
    limit = max(p[0].passed_min_contracts, p[0].passed_share * v.held_depth)
    depleted = gate((lost / limit - 1.0) / p[0].gate_depletion) if limit > 0.0 else 0.0
    filled = v.lost_filled / lost if lost > 0.0 else 0.5
    eaten = gate((filled - p[0].phi_consumed) / p[0].gate_filled)
    came = v.came_vacuum + v.came_consumed
    for k in range(_STATES):
        states[k] *= (1.0 - depleted) * (1.0 - came)
    states[_CONSUMED] += depleted * eaten + (1.0 - depleted) * v.came_consumed
    states[_VACUUM] += depleted * (1.0 - eaten) + (1.0 - depleted) * v.came_vacuum
