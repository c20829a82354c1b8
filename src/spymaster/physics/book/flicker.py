"""Liquidity that is gone again at once: additions withdrawn within half a second at the same price (P3.7).

Additions are remembered for the current and the last quarter of a second, so a withdrawal finds those of the last 250
to 500 ms, the oldest first. What a withdrawal does not find there was resting.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.physics.memory.state import LEDGER_TICKS, State

_QUARTER_NS: Final = 250_000_000
_MIN_ADDED: Final = 20


@kernel
def remember_addition(s: State, side: int, i: int, contracts: int) -> None:
    """Contracts were added at ledger index i."""
    s.fresh[side, i, 0] += contracts
    b = s.book[0]
    if i < b.fresh_low:
        b.fresh_low = i
    if i > b.fresh_high:
        b.fresh_high = i


@kernel
def take_fresh(s: State, side: int, i: int, contracts: int) -> int:
    """Contracts were withdrawn at ledger index i: how many of them had come less than half a second before."""
    fresh = s.fresh[side, i]
    old = min(contracts, fresh[1])
    fresh[1] -= old
    new = min(contracts - old, fresh[0])
    fresh[0] -= new
    return int(old + new)


@kernel
def age_additions(s: State, t_ns: int, interval_ns: int) -> None:
    """A snap interval ended at ``t_ns``: with each quarter of a second additions grow older by one step."""
    if t_ns // _QUARTER_NS == (t_ns - interval_ns) // _QUARTER_NS:
        return
    b = s.book[0]
    low, high = LEDGER_TICKS, -1
    for i in range(b.fresh_low, b.fresh_high + 1):
        for side in range(2):
            fresh = s.fresh[side, i]
            fresh[1] = fresh[0]
            fresh[0] = 0
            if fresh[1] != 0:
                low = min(low, i)
                high = i
    b.fresh_low = low
    b.fresh_high = high


@kernel
def forget_additions(s: State) -> None:
    """The ledger's window moved."""
    b = s.book[0]
    for i in range(b.fresh_low, b.fresh_high + 1):
        for side in range(2):
            s.fresh[side, i, 0] = 0
            s.fresh[side, i, 1] = 0
    b.fresh_low = LEDGER_TICKS
    b.fresh_high = -1


@kernel
def fleeting_share(added: float, fleeting: float) -> float:
    """Share of gross additions that were withdrawn at once; 0 where too few were added to tell.

    At most 1: at a window's beginning the withdrawals of additions that came just before it have nothing to go with.
    """
    if added < _MIN_ADDED:
        return 0.0
    return min(fleeting / added, 1.0)


@kernel
def lasting_depth(depth: float, young: float, share: float, usual: float) -> float:
    """Displayed depth without the part of it that will be gone at once, as far as that is more than usual.

    ``share`` is one of additions, so it applies to what was added in the last half second (``young``), not to what has
    been resting: applied to all depth it called zones thin whose orders had long proved that they stay. The usual share
    is in what depth is compared with.
    """
    return depth - min(young, depth) * max(share - usual, 0.0)


@kernel
def observe_fleeting(s: State, added: int, fleeting: int, weight: float) -> None:
    """Let one zone's gross additions and the part of them that was withdrawn at once into the usual share."""
    if added >= _MIN_ADDED:
        m = s.market[0]
        m.fleeting_seen += 1.0
        m.fleeting_usual += max(weight, 1.0 / m.fleeting_seen) * (fleeting_share(added, fleeting) - m.fleeting_usual)
