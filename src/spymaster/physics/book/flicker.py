"""Liquidity that is gone again at once: additions withdrawn within half a second at the same price (docs/physics.md 3).

Additions are remembered for the current and the last quarter of a second, so a withdrawal finds those of the last 250
to 500 ms, the oldest first. What a withdrawal does not find there was resting.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.physics.memory.indices import LEDGER_TICKS, NEWER, OLDER
from spymaster.physics.memory.state import State

_QUARTER_NS: Final = 250_000_000
_MIN_ADDED: Final = 20


@kernel_inlined
def remember_addition(s: State, side: int, i: int, contracts: int) -> None:
    """Contracts were added at ledger index i."""
    flicker = s.flicker
    flicker.fresh[side, i, NEWER] += contracts
    if i < flicker.low:
        flicker.low = i
    if i > flicker.high:
        flicker.high = i


@kernel_inlined
def withdraw_fresh(s: State, side: int, i: int, contracts: int) -> int:
    """Contracts were withdrawn at ledger index i: how many of them had come less than half a second before."""
    fresh = s.flicker.fresh[side, i]
    old = min(contracts, fresh[OLDER])
    fresh[OLDER] -= old
    new = min(contracts - old, fresh[NEWER])
    fresh[NEWER] -= new
    return int(old + new)


@kernel
def age_additions(s: State, t_ns: int, interval_ns: int) -> None:
    """A snap interval ended at ``t_ns``: with each quarter of a second additions grow older by one step."""
    flicker = s.flicker
    if t_ns // _QUARTER_NS == (t_ns - interval_ns) // _QUARTER_NS:
        return
    low, high = LEDGER_TICKS, -1
    for i in range(flicker.low, flicker.high + 1):
        for side in range(2):
            fresh = flicker.fresh[side, i]
            fresh[OLDER] = fresh[NEWER]
            fresh[NEWER] = 0
            if fresh[OLDER] != 0:
                low = min(low, i)
                high = i
    flicker.low = low
    flicker.high = high


@kernel
def forget_additions(s: State) -> None:
    """The ledger's window moved."""
    flicker = s.flicker
    for i in range(flicker.low, flicker.high + 1):
        for side in range(2):
            flicker.fresh[side, i, NEWER] = 0
            flicker.fresh[side, i, OLDER] = 0
    flicker.low = LEDGER_TICKS
    flicker.high = -1


@kernel
def flicker_share(added: float, flickered: float) -> float:
    """Share of gross additions that were withdrawn at once; 0 where too few were added to tell.

    At most 1: at a window's beginning the withdrawals of additions that came just before it have nothing to go with.
    """
    if added < _MIN_ADDED:
        return 0.0
    return min(flickered / added, 1.0)


@kernel
def lasting_depth(depth: float, young: float, share: float, usual: float) -> float:
    """Displayed depth without the part of it that will be gone at once, as far as that is more than usual.

    ``share`` is one of additions, so it applies to what was added in the last half second (``young``), not to what has
    been resting: applied to all depth it called zones thin whose orders had long proved that they stay. The usual share
    is in what depth is compared with.
    """
    return depth - min(young, depth) * max(share - usual, 0.0)


@kernel
def observe_flicker(s: State, added: int, flickered: int, weight: float) -> None:
    """Let one zone's gross additions and the part of them that was withdrawn at once into the usual share."""
    flicker = s.flicker
    if added >= _MIN_ADDED:
        flicker.seen += 1.0
        flicker.usual += max(weight, 1.0 / flicker.seen) * (flicker_share(added, flickered) - flicker.usual)
