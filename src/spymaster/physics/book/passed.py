"""Zones that price has reached and passed: judged by what they lost of what they held (docs/physics.md 3.8).

Behind the touch nothing rests, so neither usual depth nor the noise of a zone at the touch says anything there. What
counts is what the zone held when price reached it and what became of that: eaten, or withdrawn. A zone that lost it
says so until as much stands there again for a whole window.
"""

from __future__ import annotations

from typing import Any, Final

from spymaster.market.jit import kernel
from spymaster.market.rows import BarrierState
from spymaster.physics.maths.elementary import exp_, gate
from spymaster.physics.memory.indices import Z_FILL, Z_OUT
from spymaster.physics.memory.state import Array, State

_VACUUM: Final = int(BarrierState.VACUUM)
_CONSUMED: Final = int(BarrierState.CONSUMED)
_STATES: Final = 6
_DEPLETED: Final = 0.5
"""From this probability on a zone counts as depleted."""


@kernel
def forget_zone(v: Any) -> None:
    """Price has left the level, or other quotes defend it: what the zone held and lost is forgotten."""
    v.reached = 0
    v.held_depth = 0.0
    v.lost_pulled = 0.0
    v.lost_filled = 0.0
    v.lost_ns = 0
    v.depleted = 0.0
    v.restored_ns = 0
    v.through = 0
    v.evidence = 0.0
    v.evidence_ns = 0


@kernel
def ticks_beyond(s: State, v: Any) -> float:
    """How far the mid is beyond the level, in ticks of the future: negative before it, far before without a book."""
    book = s.book
    if book.has_bbo == 0:
        return -1e9
    beyond: float = float(v.direction) * (0.5 * (book.bid + book.ask) - v.tick)
    return beyond


@kernel
def reach_zone(v: Any, states: Array, z: Array, depth: float, start: float) -> None:
    """Price reaches the zone, which holds ``depth``: what it loses counts from now on.

    A zone that was eaten or withdrawn before price came is measured from ``start``, its depth when the window ``z``
    (int64, Z_ constants) began, and has already lost what the window shows. states: probabilities of the six states.
    """
    v.reached = 1
    gone = states[_VACUUM] + states[_CONSUMED]
    if gone > _DEPLETED:
        v.depleted = gone
        v.held_depth = max(start, depth)
        v.lost_pulled = float(z[Z_OUT])
        v.lost_filled = float(z[Z_FILL])
    else:
        v.depleted = 0.0
        v.held_depth = depth
        v.lost_pulled = 0.0
        v.lost_filled = 0.0


@kernel
def lose_from_zone(p: Array, v: Any, pulled: float, filled: float, t_ns: int) -> None:
    """One bucket's netted withdrawals and fills of a zone that price has reached.

    Until the zone is depleted older losses fade with ``w_barrier``: a long stand at the level must not decide what
    finally emptied it. Afterwards all count.
    """
    if pulled <= 0.0 and filled <= 0.0:
        return
    if v.depleted < _DEPLETED and v.lost_ns != 0:
        keep = exp_(-float(t_ns - v.lost_ns) / float(p[0].w_barrier_ns))
        v.lost_pulled *= keep
        v.lost_filled *= keep
    v.lost_pulled += pulled
    v.lost_filled += filled
    v.lost_ns = t_ns


@kernel
def judge_loss(p: Array, v: Any, depth: float, t_ns: int) -> None:
    """How depleted the zone is: the most it ever was, until enough stands there again for a whole window."""
    limit = max(p[0].passed_min_contracts, p[0].passed_share * v.held_depth)
    lost = v.held_depth - depth
    if limit > 0.0:
        v.depleted = max(v.depleted, gate((lost / limit - 1.0) / p[0].gate_depletion))
    if v.depleted < _DEPLETED or depth < p[0].passed_restored_share * v.held_depth or depth <= 0.0:
        v.restored_ns = 0
    elif v.restored_ns == 0:
        v.restored_ns = t_ns
    elif t_ns - v.restored_ns >= p[0].w_barrier_ns:
        forget_zone(v)


@kernel
def follow_zone(
    p: Array, v: Any, states: Array, z: Array, depth: float, start: float, row: Any, beyond: float, t_ns: int
) -> None:
    """One snap of a level: whether price has reached its zone, and what the zone lost since.

    depth: in the zone now; start: when the window ``z`` began; row: holds the flows of the last bucket.
    """
    added, pulled, filled = row.bucket_added, row.bucket_pulled, row.bucket_filled
    if v.reached == 0 and beyond < -p[0].reach_ticks:
        return
    began = v.reached == 0
    if began:
        # what went in this very bucket was there when price came
        reach_zone(v, states, z, depth - (added - pulled - filled), start)
    if not began or v.depleted < _DEPLETED:
        lose_from_zone(p, v, max(pulled - added, 0.0), filled, t_ns)
    judge_loss(p, v, depth, t_ns)


@kernel
def passed_states(p: Array, v: Any, states: Array) -> None:
    """The six states of a zone that price has passed, in place of what a zone at the touch would be; they sum to 1.

    Of what was lost, the share that was filled decides between CONSUMED and VACUUM.
    """
    lost = v.lost_pulled + v.lost_filled
    filled = v.lost_filled / lost if lost > 0.0 else 0.5
    eaten = gate((filled - p[0].phi_consumed) / p[0].gate_filled)
    for k in range(_STATES):
        states[k] *= 1.0 - v.depleted
    states[_CONSUMED] += v.depleted * eaten
    states[_VACUUM] += v.depleted * (1.0 - eaten)
