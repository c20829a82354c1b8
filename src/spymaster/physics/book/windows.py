"""Sliding windows over the flow ledger, kept up to date when a bucket closes. All sums are integers, so they are exact.

Two kinds: sums of the zone centred on each tick over ``w_barrier`` (for zones in sight all that time), and direct sums
over the last few buckets (for zones that came into sight less long ago).
"""

from __future__ import annotations

from spymaster.market.jit import kernel
from spymaster.physics.book.context import extend_context, shift_context
from spymaster.physics.book.flicker import forget_additions
from spymaster.physics.book.icebergs import forget_icebergs
from spymaster.physics.book.ofi import slide_ofi
from spymaster.physics.memory.state import (
    ADD,
    BUY,
    FILL,
    FLEETING,
    FLOW_FIELDS,
    HIDDEN,
    LARGE_BUY,
    LARGE_SELL,
    LEDGER_TICKS,
    MASS,
    OFI_FIELDS,
    PULL,
    RECENTRE_TICKS,
    SELL,
    TAPE_FIELDS,
    UNKNOWN,
    Z_ADDED,
    Z_FILL,
    Z_FLEETING,
    Z_GROSS,
    Z_HIDDEN,
    Z_IN,
    Z_OUT,
    ZONE_FIELDS,
    Array,
    State,
)


@kernel
def buckets_in(p: Array, window_ns: int) -> int:
    """Whole snap intervals in a window, at least one."""
    return max(int(window_ns // p[0].snap_interval_ns), 1)


@kernel
def fold_zone(s: State, bucket: int, sign: int, half: int) -> None:
    """Add (sign +1) or take away (-1) one bucket's part of every zone sum it reaches; zones are +-``half`` ticks."""
    low, high = s.touched[bucket, 0], s.touched[bucket, 1]
    if high < low:
        return
    flow = s.flow[bucket]
    for side in range(2):
        base = side * 4
        added = pulled = filled = hidden = fleeting = 0
        for centre in range(low - half, high + half + 1):
            enter = centre + half
            if enter <= high:
                added += flow[enter, base + ADD]
                pulled += flow[enter, base + PULL]
                filled += flow[enter, base + FILL]
                hidden += flow[enter, base + HIDDEN]
                fleeting += flow[enter, FLEETING + side]
            leave = centre - half - 1
            if leave >= low:
                added -= flow[leave, base + ADD]
                pulled -= flow[leave, base + PULL]
                filled -= flow[leave, base + FILL]
                hidden -= flow[leave, base + HIDDEN]
                fleeting -= flow[leave, FLEETING + side]
            if 0 <= centre < LEDGER_TICKS:
                net = added - pulled
                if net > 0:
                    s.zone[side, centre, Z_IN] += sign * net
                else:
                    s.zone[side, centre, Z_OUT] -= sign * net
                s.zone[side, centre, Z_FILL] += sign * filled
                s.zone[side, centre, Z_GROSS] += sign * (added + pulled)
                s.zone[side, centre, Z_HIDDEN] += sign * hidden
                s.zone[side, centre, Z_ADDED] += sign * added
                s.zone[side, centre, Z_FLEETING] += sign * fleeting


@kernel
def fold_tape(s: State, bucket: int, sign: int) -> None:
    """Add or take away one bucket's aggressive volumes in the band round each price."""
    band = s.book[0].tape_band
    for i in range(s.touched[bucket, 0], s.touched[bucket, 1] + 1):
        buys = sign * s.flow[bucket, i, BUY]
        sells = sign * s.flow[bucket, i, SELL]
        large_buys = sign * s.flow[bucket, i, LARGE_BUY]
        large_sells = sign * s.flow[bucket, i, LARGE_SELL]
        if buys != 0 or sells != 0 or large_buys != 0 or large_sells != 0:
            for j in range(max(i - band, 0), min(i + band, LEDGER_TICKS - 1) + 1):
                s.tape[0, j] += buys
                s.tape[1, j] += sells
                s.tape[2, j] += large_buys
                s.tape[3, j] += large_sells


@kernel
def fold_mass(s: State, bucket: int, sign: int) -> None:
    """Add or take away one bucket's totals."""
    for k in range(MASS):
        s.mass_sum[k] += sign * s.mass[bucket, k]
    s.trust[0].window_records += sign * s.quality[bucket, 0]
    s.trust[0].window_rejected += sign * s.quality[bucket, 1]


@kernel
def slide_windows(s: State, p: Array) -> None:
    """The open bucket is complete: it enters every window and the buckets that are too old leave."""
    b = s.book[0]
    ring = s.book[0].ring
    now = b.bucket
    half = p[0].barrier_zone_ticks
    fold_zone(s, now, 1, half)
    fold_tape(s, now, 1)
    for i in range(s.touched[now, 0], s.touched[now, 1] + 1):
        s.volume[0, i] += s.flow[now, i, BUY]
        s.volume[1, i] += s.flow[now, i, SELL]
    fold_mass(s, now, 1)
    slide_ofi(s, p, now)
    extend_context(s, p, now)
    closed = b.buckets_closed
    n = buckets_in(p, p[0].w_barrier_ns)
    if closed >= n:
        fold_zone(s, (now - n) % ring, -1, half)
    n = buckets_in(p, p[0].w_tape_ns)
    if closed >= n:
        fold_tape(s, (now - n) % ring, -1)
    n = buckets_in(p, p[0].trust_window_ns)
    if closed >= n:
        fold_mass(s, (now - n) % ring, -1)
    b.buckets_closed = closed + 1
    n = min(buckets_in(p, p[0].w_barrier_ns), b.buckets_closed)
    low, high = s.trade_range[now, 0], s.trade_range[now, 1]
    j = now + 1
    for k in range(n):
        j = j - 1 if j > 0 else ring - 1
        low = min(low, s.trade_range[j, 0])
        high = max(high, s.trade_range[j, 1])
        s.range_suffix[k, 0] = low
        s.range_suffix[k, 1] = high


@kernel
def open_bucket(s: State, t_ns: int, with_start: bool) -> None:
    """Make the next slot of the ring the open bucket, emptied; ``with_start``: remember what was displayed then."""
    b = s.book[0]
    ring = s.book[0].ring
    nxt = (b.bucket + 1) % ring
    low, high = s.touched[nxt, 0], s.touched[nxt, 1]
    for i in range(low, high + 1):
        for f in range(FLOW_FIELDS):
            s.flow[nxt, i, f] = 0
    s.touched[nxt, 0] = LEDGER_TICKS
    s.touched[nxt, 1] = -1
    s.trade_range[nxt, 0] = 2**62
    s.trade_range[nxt, 1] = -(2**62)
    for k in range(MASS):
        s.mass[nxt, k] = 0
    s.quality[nxt, 0] = 0
    s.quality[nxt, 1] = 0
    for k in range(OFI_FIELDS):
        s.ofi[nxt, k] = 0
    b.bucket = nxt
    b.bucket_from_ns = t_ns
    if b.spells != 0 or with_start:
        b.spells = 0
        for side in range(2):
            for i in range(LEDGER_TICKS):
                s.seen_ns[side, i] = 0
                if with_start:
                    s.depth_start[side, i] = s.depth[side, i] if s.seen_since[side, i] > 0 else -1


@kernel
def zone_window(s: State, side: int, low: int, high: int, buckets: int, out: Array) -> None:
    """Direct window sums over ledger indices low..high and the last ``buckets`` closed buckets into ``out``.

    out: int64[8] in the order of the Z_ constants, contracts.
    """
    ring = s.book[0].ring
    base = side * 4
    # sums stay in registers until the end: adding to memory in the inner loop takes three times as long
    total_in = total_out = added = gross = fills = hidden = fleeting = 0
    j = s.book[0].bucket + 1
    for _ in range(buckets):
        # a division for each bucket would cost as much as the sums
        j = j - 1 if j > 0 else ring - 1
        first, last = max(low, s.touched[j, 0]), min(high, s.touched[j, 1])
        if last < first:
            continue
        flow = s.flow[j]
        more = less = 0
        for i in range(first, last + 1):
            more += flow[i, base + ADD]
            less += flow[i, base + PULL]
            fills += flow[i, base + FILL]
            hidden += flow[i, base + HIDDEN]
            fleeting += flow[i, FLEETING + side]
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
    out[Z_FLEETING] = fleeting


@kernel
def recentre(s: State, p: Array, t_ns: int) -> None:
    """Move the ledger's window so that the touch is near its middle; what falls out is unseen from now on.

    To be called when the open bucket has been folded into the windows and the next one is not yet open.
    """
    b = s.book[0]
    middle = b.last_tick
    if b.has_bbo != 0:
        middle = (b.bid + b.ask) // 2
    elif b.has_last == 0:
        return
    shift = middle - (b.base + LEDGER_TICKS // 2)
    if -RECENTRE_TICKS <= shift <= RECENTRE_TICKS:
        return
    b.base += shift
    for side in range(2):
        _shift_row(s.depth[side], shift, 0)
        _shift_row(s.depth_start[side], shift, -1)
        _shift_row(s.seen_since[side], shift, 0)
        _shift_row(s.seen_ns[side], shift, 0)
        _shift_row(s.last_seen[side], shift, 0)
        _shift_row(s.volume[side], shift, 0)
    for j in range(b.ring):
        if s.touched[j, 1] < s.touched[j, 0]:
            continue
        _shift_flow(s, j, shift)
        s.touched[j, 0] = min(max(s.touched[j, 0] - shift, 0), LEDGER_TICKS)
        s.touched[j, 1] = max(min(s.touched[j, 1] - shift, LEDGER_TICKS - 1), -1)
    _shift_row(s.near, shift, 0)
    shift_context(s, shift)
    forget_additions(s)
    forget_icebergs(s)
    _refill_edges(s, t_ns)
    _refold(s, p)


@kernel
def _refold(s: State, p: Array) -> None:
    """Window sums afresh from the ledger, the open bucket having just been folded in."""
    for side in range(2):
        for i in range(LEDGER_TICKS):
            for f in range(ZONE_FIELDS):
                s.zone[side, i, f] = 0
    for f in range(TAPE_FIELDS):
        for i in range(LEDGER_TICKS):
            s.tape[f, i] = 0
    b = s.book[0]
    ring = s.book[0].ring
    for k in range(min(buckets_in(p, p[0].w_barrier_ns), b.buckets_closed)):
        fold_zone(s, (b.bucket - k) % ring, 1, p[0].barrier_zone_ticks)
    for k in range(min(buckets_in(p, p[0].w_tape_ns), b.buckets_closed)):
        fold_tape(s, (b.bucket - k) % ring, 1)


@kernel
def _shift_flow(s: State, bucket: int, shift: int) -> None:
    """Move one bucket's flows with the window; walks in the direction that does not overwrite what is still to move."""
    n = LEDGER_TICKS
    for k in range(n):
        i = k if shift > 0 else n - 1 - k
        inside = 0 <= i + shift < n
        for f in range(FLOW_FIELDS):
            s.flow[bucket, i, f] = s.flow[bucket, i + shift, f] if inside else 0


@kernel
def _shift_row(row: Array, shift: int, empty: int) -> None:
    n = len(row)
    if shift > 0:
        for i in range(n):
            row[i] = row[i + shift] if i + shift < n else empty
    else:
        for i in range(n - 1, -1, -1):
            row[i] = row[i + shift] if i + shift >= 0 else empty


@kernel
def _refill_edges(s: State, t_ns: int) -> None:
    """Ticks that came into the window and are in sight there: visible from now on, with the sizes of the known book."""
    b = s.book[0]
    if b.status == UNKNOWN:
        return
    for i in range(LEDGER_TICKS):
        tick = b.base + i
        for side in range(2):
            visible = tick <= b.far_ask if side == 1 else tick >= b.far_bid
            if visible and s.seen_since[side, i] == 0:
                s.seen_since[side, i] = t_ns
                s.depth[side, i] = 0
    for side in range(2):
        for k in range(s.ladder[side, 0, 10]):
            i = s.ladder[side, 0, k] - b.base
            if 0 <= i < LEDGER_TICKS:
                s.depth[side, i] = s.ladder[side, 1, k]
