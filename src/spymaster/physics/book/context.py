"""Net flow and fills over the long window, as context beside the ten seconds the states rest on.

Formulas: docs/physics.md 3.

Kept in coarse buckets, since nothing is decided by them: sixty closed ones and the open one.
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.memory.indices import (
    ADD,
    ASK_FIELDS,
    FILL,
    HIGH,
    L_FILL,
    L_NET,
    LEDGER_TICKS,
    LONG_BUCKETS,
    LONG_CLOSED,
    LOW,
    PULL,
)
from spymaster.physics.memory.state import Array, State


@kernel
def buckets_per_long(p: Array) -> int:
    """Snap intervals in one coarse bucket."""
    return max(int(p[0].w_context_ns // (p[0].snap_interval_ns * LONG_CLOSED)), 1)


@kernel
def extend_context(s: State, p: Array, bucket: int) -> None:
    """The bucket just closed enters the open coarse bucket; a full one closes and the oldest leaves."""
    context = s.context
    ledger = s.ledger
    j = context.bucket
    for i in range(ledger.touched[bucket, LOW], ledger.touched[bucket, HIGH] + 1):
        for side in range(2):
            f = s.flow[bucket, i]
            filled = f[side * ASK_FIELDS + FILL]
            net = f[side * ASK_FIELDS + ADD] - f[side * ASK_FIELDS + PULL] - filled
            if net != 0 or filled != 0:
                context.buckets[j, side, i, L_NET] += net
                context.buckets[j, side, i, L_FILL] += filled
                context.sums[side, i, L_NET] += net
                context.sums[side, i, L_FILL] += filled
                context.touched[j, LOW] = min(context.touched[j, LOW], i)
                context.touched[j, HIGH] = max(context.touched[j, HIGH], i)
    if (ledger.buckets_closed + 1) % buckets_per_long(p) == 0:
        drop_oldest(s, (j + LONG_BUCKETS - LONG_CLOSED) % LONG_BUCKETS)
        context.bucket = (j + 1) % LONG_BUCKETS


@kernel
def drop_oldest(s: State, j: int) -> None:
    """Take a coarse bucket out of the sums and empty it."""
    context = s.context
    if context.touched[j, LOW] <= context.touched[j, HIGH]:
        context.losses += 1
    for i in range(context.touched[j, LOW], context.touched[j, HIGH] + 1):
        for side in range(2):
            for k in range(2):
                context.sums[side, i, k] -= context.buckets[j, side, i, k]
                context.buckets[j, side, i, k] = 0
    context.touched[j, LOW] = LEDGER_TICKS
    context.touched[j, HIGH] = -1


@kernel
def read_context(s: State, side: int, low: int, high: int) -> tuple[int, int]:
    """(net flow, fills) at ledger indices low..high over the long window, contracts."""
    context = s.context
    net = filled = 0
    for i in range(low, high + 1):
        net += context.sums[side, i, L_NET]
        filled += context.sums[side, i, L_FILL]
    return net, filled


@kernel
def shift_context(s: State, shift: int) -> None:
    """The ledger's window moved by ``shift`` ticks."""
    context = s.context
    n = LEDGER_TICKS
    for j in range(LONG_BUCKETS):
        low, high = context.touched[j, LOW], context.touched[j, HIGH]
        if high < low:
            continue
        shift_rows(context.buckets[j], shift)
        context.touched[j, LOW] = min(max(low - shift, 0), n)
        context.touched[j, HIGH] = max(min(high - shift, n - 1), -1)
    for side in range(2):
        for i in range(n):
            for k in range(2):
                context.sums[side, i, k] = 0
                for j in range(LONG_BUCKETS):
                    context.sums[side, i, k] += context.buckets[j, side, i, k]


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
