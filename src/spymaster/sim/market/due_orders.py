"""Orders that somebody has decided on and that reach the venue later: refills of reserves, hedges.

``send_market`` is the seam for whoever trades in this market from outside its own flow, dealers above all.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.sim.market.state import DUE, DUE_CANCEL, DUE_LIMIT, DUE_MARKET, NEVER, NONE, State


@kernel
def _enqueue(s: State, due_ns: int, what: int, side: int, tick: int, size: int, level: int) -> None:
    if s.n_due == DUE:
        return
    d = s.due[s.n_due]
    d.due_ns = due_ns
    d.what = what
    d.side = side
    d.tick = tick
    d.size = size
    d.level = level
    s.n_due += 1
    s.next_due_ns = min(s.next_due_ns, due_ns)


@kernel
def send_market(s: State, side_hit: int, size: int, due_ns: int) -> None:
    """An aggressor that will hit a side (1: buy) at ``due_ns``, through as many prices as it takes."""
    _enqueue(s, due_ns, DUE_MARKET, side_hit, 0, size, NONE)


@kernel
def send_limit(s: State, side: int, tick: int, size: int, level: int, due_ns: int) -> None:
    """A resting order of a planted level's mechanism (its number) that will join its price at ``due_ns``."""
    _enqueue(s, due_ns, DUE_LIMIT, side, tick, size, level)


@kernel
def send_cancel(s: State, side: int, order: int, due_ns: int) -> None:
    """The withdrawal of a resting order, which will find it gone if it has traded by then."""
    _enqueue(s, due_ns, DUE_CANCEL, side, order, int(s.order_id[order]), NONE)


@kernel
def earliest(s: State) -> int:
    """Index of the order that is due first; there must be one."""
    found = 0
    for k in range(1, s.n_due):
        if s.due[k].due_ns < s.due[found].due_ns:
            found = k
    return found


@kernel
def drop(s: State, k: int) -> None:
    """Forget a due order."""
    s.n_due -= 1
    s.due[k] = s.due[s.n_due]
    s.next_due_ns = NEVER
    for j in range(s.n_due):
        s.next_due_ns = min(s.next_due_ns, s.due[j].due_ns)


@kernel
def drop_of_level(s: State, number: int) -> None:
    """A planted level ceases to refill."""
    k = 0
    while k < s.n_due:
        if s.due[k].level == number and s.due[k].what == DUE_LIMIT:
            drop(s, k)
        else:
            k += 1
