"""Zones that price has reached and passed: judged by what became of what rested there (docs/physics.md 3.8).

Behind the touch nothing rests, so neither usual depth nor the noise of a zone at the touch says anything there. What
counts are the contracts that rested in the zone when price reached it, at every price in sight: eaten, or withdrawn.
Which ones left is not in the data, so at each price fills take those that came first, and any contract that waits is as
likely to be withdrawn.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierState
from spymaster.physics.maths.elementary import gate
from spymaster.physics.memory.indices import ADD, ASK_FIELDS, FILL, LEDGER_TICKS, PULL, RESTING_PRICES
from spymaster.physics.memory.state import Array, State

_VACUUM: Final = int(BarrierState.VACUUM)
_CONSUMED: Final = int(BarrierState.CONSUMED)
_STATES: Final = 6
_DEPLETED: Final = 0.5
"""From this probability on a zone counts as depleted."""
_UNSEEN: Final = -1.0
"""In place of contracts: the price has not been in sight since price reached the zone."""


@kernel
def forget_zone(v: Any) -> None:
    """Price has left the level, or other quotes defend it: what the zone held and lost is forgotten."""
    leave_zone(v)
    v.came_vacuum = 0.0
    v.came_consumed = 0.0
    forget_evidence(v)


@kernel
def forget_evidence(v: Any) -> None:
    """What was seen in front of the level says nothing of the next approach."""
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
def reach_zone(v: Any, states: Array, lowest: int) -> None:
    """Price has come into the zone whose lowest price is the tick ``lowest``: what rests there is to be counted.

    states: probabilities of the six states; a zone that was eaten or withdrawn before price came says so until other
    contracts than the few that were left decide.
    """
    v.reached = 1
    gone = states[_VACUUM] + states[_CONSUMED]
    v.came_vacuum = states[_VACUUM] if gone > _DEPLETED else 0.0
    v.came_consumed = states[_CONSUMED] if gone > _DEPLETED else 0.0
    v.resting_from = lowest
    for k in range(RESTING_PRICES):
        v.resting[k] = _UNSEEN


@kernel
def lose_from_price(v: Any, k: int, filled: float, pulled: float, depth: float) -> None:
    """One bucket of one price: ``filled`` and ``pulled`` contracts left it and ``depth`` wait there now.

    What is withdrawn is taken alike from those that rested and those that came. Whether fills or withdrawals came first
    in the bucket is not known: half of it is as if fills did, and half as if withdrawals did.
    """
    here = v.resting[k]
    eaten = min(filled, here)
    waited = depth + pulled
    gone = min(pulled * (here - eaten) / waited, here - eaten) if waited > 0.0 else 0.0
    waited += filled
    gone_first = min(pulled * here / waited, here) if waited > 0.0 else 0.0
    eaten = 0.5 * (eaten + min(filled, here - gone_first))
    gone = 0.5 * (gone + gone_first)
    v.resting[k] = max(here - eaten - gone, 0.0)
    v.lost_filled += eaten
    v.lost_pulled += gone


@kernel
def lose_from_zone(s: State, v: Any, side: int, prices: int) -> float:
    """The bucket closed last, at each of the zone's ``prices`` that is in sight; returns the contracts there now.

    What rested at a price that comes into sight later is what waited there before that bucket.
    """
    ledger = s.ledger
    base = side * ASK_FIELDS
    depth = 0.0
    for k in range(prices):
        i = v.resting_from + k - ledger.base
        if i < 0 or i >= LEDGER_TICKS or ledger.seen_since[side, i] == 0:
            continue
        flow = s.flow[ledger.bucket, i]
        waits = float(ledger.depth[side, i])
        filled, pulled = float(flow[base + FILL]), float(flow[base + PULL])
        depth += waits
        if v.resting[k] == _UNSEEN:
            v.resting[k] = max(waits - flow[base + ADD] + pulled + filled, 0.0)
            v.held_depth += v.resting[k]
        if v.resting[k] > 0.0:
            lose_from_price(v, k, filled, pulled, waits)
    return depth


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
def follow_zone(s: State, p: Array, v: Any, states: Array, side: int, beyond: float, t_ns: int) -> None:
    """One snap of a level: whether price, ``beyond`` ticks past it, has reached its zone, and what the zone lost."""
    in_front = beyond < -p[0].reach_ticks
    half = p[0].barrier_zone_ticks
    if v.reached == 0:
        if in_front:
            return
        reach_zone(v, states, v.tick - half)
    depth = lose_from_zone(s, v, side, 2 * half + 1)
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
