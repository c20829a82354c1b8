"""Order-flow imbalance: at the best prices, keyed by price over ten ticks a side, and integrated (docs/physics.md 2).

Per closed venue event the imbalance at the best prices is that of Cont, Kukanov and Stoikov. Keyed by price, every
change of a displayed size counts at its distance from the own best as it stood when the event began, bids positive;
prices that enter or leave the ten levels make no flow, so a moving window adds nothing. Sums are integers.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.physics.memory.indices import (
    ASK,
    OFI_5S,
    OFI_BEST,
    OFI_DISTANCES,
    OFI_FIELDS,
    OFI_WINDOWS,
    OFI_WINDOWS_NS,
)
from spymaster.physics.memory.state import Array, State

_DECAY: Final = 0.7165313105737893
"""exp(-1/3), written out so that no machine's maths library decides about it."""
_WEIGHTS: Final = np.cumprod(np.concatenate([np.ones(1), np.full(OFI_DISTANCES - 1, _DECAY)]))
_WEIGHT_SUM: Final = float(np.cumsum(_WEIGHTS)[-1])
_WINDOWS: Final = np.array(OFI_WINDOWS_NS)
_ENOUGH: Final = 240.0
"""Snaps before the usual spread is known."""


@kernel_inlined
def note_displayed(s: State, side: int, tick: int, change: int) -> None:
    """A displayed size changed: net flow at its distance from the own best, asks negative."""
    book = s.book
    if book.has_bbo == 0:
        return
    d = tick - book.ask if side == ASK else book.bid - tick
    d = min(max(d, 0), OFI_DISTANCES - 1)
    s.ofi.buckets[s.ledger.bucket, d] += -change if side == ASK else change


@kernel_inlined
def note_best(s: State, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
    """The best prices of a closed event against those of the one before."""
    book = s.book
    if book.has_bbo == 0:
        return
    e = 0
    if bid >= book.bid:
        e += bid_size
    if bid <= book.bid:
        e -= book.bid_size
    if ask <= book.ask:
        e -= ask_size
    if ask >= book.ask:
        e += book.ask_size
    s.ofi.buckets[s.ledger.bucket, OFI_BEST] += e


@kernel
def slide_ofi(s: State, p: Array, bucket: int) -> None:
    """The bucket just closed enters the four windows, those that are too old leave."""
    ledger = s.ledger
    ofi = s.ofi
    for w in range(OFI_WINDOWS):
        n = max(int(_WINDOWS[w] // p[0].snap_interval_ns), 1)
        old = (bucket - n) % ledger.ring
        for k in range(OFI_FIELDS):
            ofi.sums[w, k] += ofi.buckets[bucket, k]
            if ledger.buckets_closed >= n:
                ofi.sums[w, k] -= ofi.buckets[old, k]


@kernel
def integrated_ofi(s: State, window: int) -> float:
    """Weighted mean over the distances, nearer ones weighing more, in units of the mean displayed size of a price."""
    usual = 0.0
    total = 0.0
    for d in range(OFI_DISTANCES):
        usual += s.scales.depth_mean[d]
        total += _WEIGHTS[d] * s.ofi.sums[window, d]
    if usual <= 0.0:
        return 0.0
    return float(total / _WEIGHT_SUM / (usual / OFI_DISTANCES))


@kernel
def depth_ofi(s: State, window: int) -> int:
    """Net displayed flow of ten ticks a side, contracts; positive is support."""
    total = 0
    for d in range(OFI_DISTANCES):
        total += s.ofi.sums[window, d]
    return total


@kernel
def observe_ofi(s: State, weight: float) -> None:
    """Let one snap's five-second imbalance into its usual spread."""
    ofi = s.ofi
    value = integrated_ofi(s, OFI_5S)
    ofi.weight += 1.0
    ofi.variance += max(1.0 / ofi.weight, weight) * (value * value - ofi.variance)


@kernel
def ofi_spread(s: State) -> float:
    """Usual spread of the five-second imbalance; NaN before it is known."""
    ofi = s.ofi
    if ofi.weight < _ENOUGH or ofi.variance <= 0.0:
        return math.nan
    return math.sqrt(ofi.variance)


@kernel
def queue_imbalance(s: State) -> float:
    """(best bid - best ask size) / their sum; 0 without a book."""
    book = s.book
    total = book.bid_size + book.ask_size
    if book.has_bbo == 0 or total == 0:
        return 0.0
    return float((book.bid_size - book.ask_size) / total)
