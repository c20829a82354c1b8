"""Net flow and fills over the long window, as context beside the ten seconds the states rest on (SPEC 2, w_barrier).

Kept in coarse buckets, since nothing is decided by them: sixty closed ones and the open one.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.memory.state import (
    ADD,
    FILL,
    L_FILL,
    L_NET,
    LEDGER_TICKS,
    LONG_BUCKETS,
    LONG_CLOSED,
    PULL,
    Array,
    State,
)


@kernel
def buckets_per_long(p: Array) -> int:
    """Snap intervals in one coarse bucket."""
    return max(int(p[0].w_context_ns // (p[0].snap_interval_ns * LONG_CLOSED)), 1)


@kernel
def extend_context(s: State, p: Array, bucket: int) -> None:
    """The bucket just closed enters the open coarse bucket; a full one closes and the oldest leaves."""
    b = s.book[0]
    j = b.long_bucket
    for i in range(s.touched[bucket, 0], s.touched[bucket, 1] + 1):
        for side in range(2):
            f = s.flow[bucket, i]
            filled = f[side * 4 + FILL]
            net = f[side * 4 + ADD] - f[side * 4 + PULL] - filled
            if net != 0 or filled != 0:
                s.long[j, side, i, L_NET] += net
                s.long[j, side, i, L_FILL] += filled
                s.long_sum[side, i, L_NET] += net
                s.long_sum[side, i, L_FILL] += filled
                s.long_touched[j, 0] = min(s.long_touched[j, 0], i)
                s.long_touched[j, 1] = max(s.long_touched[j, 1], i)
    if (b.buckets_closed + 1) % buckets_per_long(p) == 0:
        drop_oldest(s, (j + LONG_BUCKETS - LONG_CLOSED) % LONG_BUCKETS)
        b.long_bucket = (j + 1) % LONG_BUCKETS


@kernel
def drop_oldest(s: State, j: int) -> None:
    """Take a coarse bucket out of the sums and empty it."""
    for i in range(s.long_touched[j, 0], s.long_touched[j, 1] + 1):
        for side in range(2):
            for k in range(2):
                s.long_sum[side, i, k] -= s.long[j, side, i, k]
                s.long[j, side, i, k] = 0
    s.long_touched[j, 0] = LEDGER_TICKS
    s.long_touched[j, 1] = -1


@kernel
def read_context(s: State, side: int, low: int, high: int) -> tuple[int, int]:
    """(net flow, fills) at ledger indices low..high over the long window, contracts."""
    net = filled = 0
    for i in range(low, high + 1):
        net += s.long_sum[side, i, L_NET]
        filled += s.long_sum[side, i, L_FILL]
    return net, filled


@kernel
def shift_context(s: State, shift: int) -> None:
    """The ledger's window moved by ``shift`` ticks."""
    n = LEDGER_TICKS
    for j in range(LONG_BUCKETS):
        low, high = s.long_touched[j, 0], s.long_touched[j, 1]
        if high < low:
            continue
        shift_rows(s.long[j], shift)
        s.long_touched[j, 0] = min(max(low - shift, 0), n)
        s.long_touched[j, 1] = max(min(high - shift, n - 1), -1)
    for side in range(2):
        for i in range(n):
            for k in range(2):
                s.long_sum[side, i, k] = 0
                for j in range(LONG_BUCKETS):
                    s.long_sum[side, i, k] += s.long[j, side, i, k]


@kernel
def shift_rows(rows: Array, shift: int) -> None:
    """Move int32[2, ticks, 2] along its ticks; what comes in is empty."""
    n = LEDGER_TICKS
    for side in range(2):
        for step in range(n):
            i = step if shift > 0 else n - 1 - step
            inside = 0 <= i + shift < n
            for k in range(2):
                rows[side, i, k] = rows[side, i + shift, k] if inside else 0
