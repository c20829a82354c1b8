"""Sums over a zone that the standing windows do not hold: of a part of it, or of fewer buckets (docs/physics.md 3).

Integers all of them, so it makes no difference in which order buckets come and go.
"""

from __future__ import annotations

from typing import Any

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.physics.memory.indices import (
    ADD,
    ASK_FIELDS,
    FILL,
    FLICKER,
    HIDDEN,
    HIGH,
    LOW,
    PULL,
    Z_ADDED,
    Z_FILL,
    Z_FLICKER,
    Z_GROSS,
    Z_HIDDEN,
    Z_IN,
    Z_OUT,
    ZONE_FIELDS,
)
from spymaster.physics.memory.state import Array, State


@kernel
def zone_window(s: State, side: int, low: int, high: int, buckets: int, out: Array) -> None:
    """Direct window sums over ledger indices low..high and the last ``buckets`` closed buckets into ``out``.

    out: int64[8] in the order of the Z_ constants, contracts.
    """
    ledger = s.ledger
    ring = ledger.ring
    base = side * ASK_FIELDS
    # sums stay in registers until the end: adding to memory in the inner loop takes three times as long
    total_in = total_out = added = gross = fills = hidden = flickered = 0
    j = ledger.bucket + 1
    for _ in range(buckets):
        # a division for each bucket would cost as much as the sums
        j = j - 1 if j > 0 else ring - 1
        first, last = max(low, ledger.touched[j, LOW]), min(high, ledger.touched[j, HIGH])
        if last < first:
            continue
        flow = s.flow[j]
        more = less = 0
        for i in range(first, last + 1):
            more += flow[i, base + ADD]
            less += flow[i, base + PULL]
            fills += flow[i, base + FILL]
            hidden += flow[i, base + HIDDEN]
            flickered += flow[i, FLICKER + side]
        added += more
        gross += more + less
        if more > less:
            total_in += more - less
        else:
            total_out += less - more
    out[Z_IN] = total_in
    out[Z_OUT] = total_out
    out[Z_FILL] = fills
    out[Z_GROSS] = gross
    out[Z_HIDDEN] = hidden
    out[Z_ADDED] = added
    out[Z_FLICKER] = flickered


@kernel
def add_to_window(s: State, side: int, low: int, high: int, bucket: int, sign: int, out: Array) -> None:
    """Add or take away one bucket's part of the sums that ``zone_window`` makes."""
    ledger = s.ledger
    base = side * ASK_FIELDS
    first, last = max(low, ledger.touched[bucket, LOW]), min(high, ledger.touched[bucket, HIGH])
    if last < first:
        return
    flow = s.flow[bucket]
    more = less = fills = hidden = flickered = 0
    for i in range(first, last + 1):
        more += flow[i, base + ADD]
        less += flow[i, base + PULL]
        fills += flow[i, base + FILL]
        hidden += flow[i, base + HIDDEN]
        flickered += flow[i, FLICKER + side]
    out[Z_IN] += sign * max(more - less, 0)
    out[Z_OUT] += sign * max(less - more, 0)
    out[Z_FILL] += sign * fills
    out[Z_GROSS] += sign * (more + less)
    out[Z_HIDDEN] += sign * hidden
    out[Z_ADDED] += sign * more
    out[Z_FLICKER] += sign * flickered


@kernel_inlined
def take_sums(sums: Array, z: Array) -> None:
    """The zone's sums (float64[ZONE_FIELDS]) into the window at hand, of the same shape."""
    for k in range(ZONE_FIELDS):
        z[k] = sums[k]


@kernel
def level_window(s: State, v: Any, side: int, low: int, high: int, buckets: int) -> None:
    """The sums of ``zone_window`` for a level into ``v.sums``, from those of its snap before where they are of the same
    prices: a bucket comes in and few go out."""
    ledger = s.ledger
    closed = ledger.buckets_closed
    leaving = v.sums_span + 1 - buckets
    same = v.sums_closed + 1 == closed and v.sums_base == ledger.base and v.sums_side == side
    if same and v.sums_low == low and v.sums_high == high and 0 <= leaving < buckets:
        add_to_window(s, side, low, high, ledger.bucket, 1, v.sums)
        for k in range(leaving):
            add_to_window(s, side, low, high, (ledger.bucket - buckets - k) % ledger.ring, -1, v.sums)
    else:
        zone_window(s, side, low, high, buckets, v.sums)
        v.sums_base = ledger.base
        v.sums_side = side
        v.sums_low = low
        v.sums_high = high
    v.sums_closed = closed
    v.sums_span = buckets


@kernel
def zone_fills(s: State, side: int, low: int, high: int, buckets: int) -> int:
    """Contracts filled on a side at ledger indices low..high in the last ``buckets`` closed buckets."""
    ledger = s.ledger
    ring = ledger.ring
    field = side * ASK_FIELDS + FILL
    fills = 0
    j = ledger.bucket + 1
    for _ in range(buckets):
        j = j - 1 if j > 0 else ring - 1
        for i in range(max(low, ledger.touched[j, LOW]), min(high, ledger.touched[j, HIGH]) + 1):
            fills += s.flow[j, i, field]
    return int(fills)
