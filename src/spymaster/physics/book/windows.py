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
from spymaster.physics.memory.indices import (
    ADD,
    ASK_FIELDS,
    BUY,
    FILL,
    FLICKER,
    FLOW_FIELDS,
    HIDDEN,
    HIGH,
    LARGE_BUY,
    LARGE_SELL,
    LEDGER_TICKS,
    LOW,
    OFI_FIELDS,
    PULL,
    QUALITY_RECORDS,
    QUALITY_REJECTED,
    RECENTRE_TICKS,
    SELL,
    TAPE_BUY,
    TAPE_FIELDS,
    TAPE_LARGE_BUY,
    TAPE_LARGE_SELL,
    TAPE_SELL,
    TOTAL_FILLED,
    TOTALS,
    UNKNOWN,
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
def buckets_in(p: Array, window_ns: int) -> int:
    """Whole snap intervals in a window, at least one."""
    return max(int(window_ns // p[0].snap_interval_ns), 1)


@kernel
def add_zones(s: State, bucket: int, sign: int, half: int) -> None:
    """Add (sign +1) or take away (-1) one bucket's part of every zone sum it reaches; zones are +-``half`` ticks."""
    ledger = s.ledger
    windows = s.windows
    low, high = ledger.touched[bucket, LOW], ledger.touched[bucket, HIGH]
    if high < low:
        return
    flow = s.flow[bucket]
    for side in range(2):
        base = side * ASK_FIELDS
        added = pulled = filled = hidden = flickered = 0
        for centre in range(low - half, high + half + 1):
            enter = centre + half
            if enter <= high:
                added += flow[enter, base + ADD]
                pulled += flow[enter, base + PULL]
                filled += flow[enter, base + FILL]
                hidden += flow[enter, base + HIDDEN]
                flickered += flow[enter, FLICKER + side]
            leave = centre - half - 1
            if leave >= low:
                added -= flow[leave, base + ADD]
                pulled -= flow[leave, base + PULL]
                filled -= flow[leave, base + FILL]
                hidden -= flow[leave, base + HIDDEN]
                flickered -= flow[leave, FLICKER + side]
            if 0 <= centre < LEDGER_TICKS:
                net = added - pulled
                if net > 0:
                    windows.zone[side, centre, Z_IN] += sign * net
                else:
                    windows.zone[side, centre, Z_OUT] -= sign * net
                windows.zone[side, centre, Z_FILL] += sign * filled
                windows.zone[side, centre, Z_GROSS] += sign * (added + pulled)
                windows.zone[side, centre, Z_HIDDEN] += sign * hidden
                windows.zone[side, centre, Z_ADDED] += sign * added
                windows.zone[side, centre, Z_FLICKER] += sign * flickered


@kernel
def add_tape(s: State, bucket: int, sign: int) -> None:
    """Add or take away one bucket's aggressive volumes in the band round each price."""
    windows = s.windows
    ledger = s.ledger
    band = windows.tape_band
    for i in range(ledger.touched[bucket, LOW], ledger.touched[bucket, HIGH] + 1):
        buys = sign * s.flow[bucket, i, BUY]
        sells = sign * s.flow[bucket, i, SELL]
        large_buys = sign * s.flow[bucket, i, LARGE_BUY]
        large_sells = sign * s.flow[bucket, i, LARGE_SELL]
        if buys != 0 or sells != 0 or large_buys != 0 or large_sells != 0:
            for j in range(max(i - band, 0), min(i + band, LEDGER_TICKS - 1) + 1):
                windows.tape[TAPE_BUY, j] += buys
                windows.tape[TAPE_SELL, j] += sells
                windows.tape[TAPE_LARGE_BUY, j] += large_buys
                windows.tape[TAPE_LARGE_SELL, j] += large_sells


@kernel
def add_response(s: State, bucket: int, sign: int, half: int) -> None:
    """Add or take away one bucket's fills in the zone round each price, for what an attack came to."""
    ledger = s.ledger
    windows = s.windows
    if windows.totals[bucket, TOTAL_FILLED] == 0:
        return
    for i in range(ledger.touched[bucket, LOW], ledger.touched[bucket, HIGH] + 1):
        for side in range(2):
            filled = sign * s.flow[bucket, i, side * ASK_FIELDS + FILL]
            if filled != 0:
                for j in range(max(i - half, 0), min(i + half, LEDGER_TICKS - 1) + 1):
                    windows.response[side, j] += filled


@kernel
def add_totals(s: State, bucket: int, sign: int) -> None:
    """Add or take away one bucket's totals."""
    windows = s.windows
    for k in range(TOTALS):
        windows.totals_sum[k] += sign * windows.totals[bucket, k]
    windows.records += sign * windows.quality[bucket, QUALITY_RECORDS]
    windows.rejected += sign * windows.quality[bucket, QUALITY_REJECTED]


@kernel
def slide_windows(s: State, p: Array) -> None:
    """The open bucket is complete: it enters every window and the buckets that are too old leave."""
    ledger = s.ledger
    windows = s.windows
    ring = ledger.ring
    now = ledger.bucket
    half = p[0].barrier_zone_ticks
    add_zones(s, now, 1, half)
    add_tape(s, now, 1)
    add_response(s, now, 1, half)
    for i in range(ledger.touched[now, LOW], ledger.touched[now, HIGH] + 1):
        ledger.volume[TAPE_BUY, i] += s.flow[now, i, BUY]
        ledger.volume[TAPE_SELL, i] += s.flow[now, i, SELL]
    add_totals(s, now, 1)
    slide_ofi(s, p, now)
    extend_context(s, p, now)
    closed = ledger.buckets_closed
    n = buckets_in(p, p[0].w_barrier_ns)
    if closed >= n:
        add_zones(s, (now - n) % ring, -1, half)
    n = buckets_in(p, p[0].w_tape_ns)
    if closed >= n:
        add_tape(s, (now - n) % ring, -1)
    n = buckets_in(p, p[0].w_response_ns)
    if closed >= n:
        add_response(s, (now - n) % ring, -1, half)
    n = buckets_in(p, p[0].trust_window_ns)
    if closed >= n:
        add_totals(s, (now - n) % ring, -1)
    ledger.buckets_closed = closed + 1
    n = min(buckets_in(p, p[0].w_barrier_ns), ledger.buckets_closed)
    low, high = ledger.trade_range[now, LOW], ledger.trade_range[now, HIGH]
    j = now + 1
    for k in range(n):
        j = j - 1 if j > 0 else ring - 1
        low = min(low, ledger.trade_range[j, LOW])
        high = max(high, ledger.trade_range[j, HIGH])
        windows.range_suffix[k, LOW] = low
        windows.range_suffix[k, HIGH] = high


@kernel
def open_bucket(s: State, t_ns: int, with_start: bool) -> None:
    """Make the next slot of the ring the open bucket, emptied; ``with_start``: remember what was displayed then."""
    ledger = s.ledger
    windows = s.windows
    ring = ledger.ring
    nxt = (ledger.bucket + 1) % ring
    low, high = ledger.touched[nxt, LOW], ledger.touched[nxt, HIGH]
    for i in range(low, high + 1):
        for f in range(FLOW_FIELDS):
            s.flow[nxt, i, f] = 0
    ledger.touched[nxt, LOW] = LEDGER_TICKS
    ledger.touched[nxt, HIGH] = -1
    ledger.trade_range[nxt, LOW] = 2**62
    ledger.trade_range[nxt, HIGH] = -(2**62)
    for k in range(TOTALS):
        windows.totals[nxt, k] = 0
    windows.quality[nxt, QUALITY_RECORDS] = 0
    windows.quality[nxt, QUALITY_REJECTED] = 0
    for k in range(OFI_FIELDS):
        s.ofi.buckets[nxt, k] = 0
    ledger.bucket = nxt
    ledger.bucket_from_ns = t_ns
    if ledger.spells != 0 or with_start:
        ledger.spells = 0
        for side in range(2):
            for i in range(LEDGER_TICKS):
                ledger.seen_ns[side, i] = 0
                if with_start:
                    ledger.depth_start[side, i] = ledger.depth[side, i] if ledger.seen_since[side, i] > 0 else -1


@kernel
def recentre(s: State, p: Array, t_ns: int) -> None:
    """Move the ledger's window so that the touch is near its middle; what falls out is unseen from now on.

    To be called when the open bucket has been added to the windows and the next one is not yet open.
    """
    book = s.book
    ledger = s.ledger
    middle = book.last_tick
    if book.has_bbo != 0:
        middle = (book.bid + book.ask) // 2
    elif book.has_last == 0:
        return
    shift = middle - (ledger.base + LEDGER_TICKS // 2)
    if -RECENTRE_TICKS <= shift <= RECENTRE_TICKS:
        return
    ledger.base += shift
    for side in range(2):
        _shift_row(ledger.depth[side], shift, 0)
        _shift_row(ledger.depth_start[side], shift, -1)
        _shift_row(ledger.seen_since[side], shift, 0)
        _shift_row(ledger.seen_ns[side], shift, 0)
        _shift_row(ledger.last_seen[side], shift, 0)
        _shift_row(ledger.volume[side], shift, 0)
    for j in range(ledger.ring):
        if ledger.touched[j, HIGH] < ledger.touched[j, LOW]:
            continue
        _shift_flow(s, j, shift)
        ledger.touched[j, LOW] = min(max(ledger.touched[j, LOW] - shift, 0), LEDGER_TICKS)
        ledger.touched[j, HIGH] = max(min(ledger.touched[j, HIGH] - shift, LEDGER_TICKS - 1), -1)
    _shift_row(s.scales.near, shift, 0)
    shift_context(s, shift)
    forget_additions(s)
    forget_icebergs(s)
    _refill_edges(s, t_ns)
    _rebuild_windows(s, p)


@kernel
def _rebuild_windows(s: State, p: Array) -> None:
    """Window sums afresh from the ledger, the open bucket having just been added."""
    windows = s.windows
    ledger = s.ledger
    for side in range(2):
        for i in range(LEDGER_TICKS):
            for f in range(ZONE_FIELDS):
                windows.zone[side, i, f] = 0
            windows.response[side, i] = 0
    for f in range(TAPE_FIELDS):
        for i in range(LEDGER_TICKS):
            windows.tape[f, i] = 0
    ring = ledger.ring
    for k in range(min(buckets_in(p, p[0].w_barrier_ns), ledger.buckets_closed)):
        add_zones(s, (ledger.bucket - k) % ring, 1, p[0].barrier_zone_ticks)
    for k in range(min(buckets_in(p, p[0].w_tape_ns), ledger.buckets_closed)):
        add_tape(s, (ledger.bucket - k) % ring, 1)
    for k in range(min(buckets_in(p, p[0].w_response_ns), ledger.buckets_closed)):
        add_response(s, (ledger.bucket - k) % ring, 1, p[0].barrier_zone_ticks)


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
    book = s.book
    ledger = s.ledger
    if book.status == UNKNOWN:
        return
    for i in range(LEDGER_TICKS):
        tick = ledger.base + i
        for side in range(2):
            visible = tick <= book.far_ask if side == 1 else tick >= book.far_bid
            if visible and ledger.seen_since[side, i] == 0:
                ledger.seen_since[side, i] = t_ns
                ledger.depth[side, i] = 0
    for side in range(2):
        for k in range(book.shown[side]):
            i = book.tick[side, k] - ledger.base
            if 0 <= i < LEDGER_TICKS:
                ledger.depth[side, i] = book.size[side, k]
