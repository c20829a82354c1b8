"""The second market's book: sizes and order counts per price, and the ten levels of each record.

A price is a tick number; on the bid side outward means down, on the ask side up.
"""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import ACTION_TRADE, F_LAST, SIDE_ASK, SIDE_BID, UNDEF_PRICE
from spymaster.sim.dice import below, resting_size, uniform
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.second.state import (
    ACTIVE_RANKS,
    APPEAR,
    ASK,
    BID,
    BUCKET_NS,
    KEPT_RANKS,
    MASK,
    SLACK_RANKS,
    VANISH,
    State,
    Tape,
)

_MEAN_RESTING: Final = 2.7
"""Mean of ``resting_size``."""
_LEVELS: Final = 10
_FIRST_WORD: Final = 6
_VENDOR_FLAG: Final = 2
_MASK32: Final = 0xFFFFFFFF
_THOUSAND: Final = 1000.0


@kernel
def outward(side: int) -> int:
    """+1 for asks, -1 for bids."""
    return 2 * side - 1


@kernel
def waiting(s: State, side: int, tick: int) -> int:
    """Contracts waiting at a price."""
    return int(s.size[side, tick & MASK])


@kernel
def change(s: State, tape: Tape, side: int, tick: int, contracts: int, orders: int, kind: int) -> None:
    """Add to (or take from) a price, write it down as ADD, PULL or FILL, and keep the best of the side."""
    i = tick & MASK
    s.size[side, i] += contracts
    s.orders[side, i] += orders
    log_flow(s, tape, side, tick, kind, abs(contracts))
    sign = outward(side)
    if contracts > 0 and sign * (tick - s.best[side]) < 0:
        s.best[side] = tick
        s.moved = 1
    elif s.size[side, i] == 0 and tick == s.best[side]:
        best = tick + sign
        while s.size[side, best & MASK] == 0 and sign * best < s.edge[side]:
            best += sign
        s.best[side] = best
        s.last_depleted = side
        s.moved = 1


@kernel
def one_of(s: State, side: int, tick: int) -> int:
    """Contracts of some order waiting at a price, on average what each has; the others keep at least one contract."""
    i = tick & MASK
    size, orders = s.size[side, i], s.orders[side, i]
    if orders == 1:
        return int(size)
    drawn = int(resting_size(s) * size / (_MEAN_RESTING * orders) + uniform(s))
    return int(min(max(1, drawn), size - orders + 1))


@kernel
def order_size(s: State) -> int:
    """Contracts of an arriving order."""
    return max(1, int(resting_size(s) * s.size_scale + 0.5))


@kernel
def place_usual(s: State, tape: Tape, side: int, tick: int, rank: int) -> None:
    """Fill a price with what usually waits there."""
    i = tick & MASK
    usual = s.usual[min(rank, ACTIVE_RANKS - 1)]
    orders = 1 + int(usual * (0.6 + 0.8 * uniform(s)))
    s.orders[side, i] = orders
    s.size[side, i] = 0
    for _ in range(orders):
        s.size[side, i] += order_size(s)
    log_flow(s, tape, side, tick, APPEAR, s.size[side, i])


@kernel
def open_book(s: State, tape: Tape) -> None:
    """Fill both sides behind the opening prices: just before the session, so that its flows are those of its orders."""
    s.now_ns -= 1
    for side in range(2):
        sign = outward(side)
        for rank in range(KEPT_RANKS):
            place_usual(s, tape, side, s.best[side] + sign * rank, rank)
        s.edge[side] = sign * s.best[side] + KEPT_RANKS - 1
        s.reach[side] = s.edge[side]
    s.now_ns += 1


@kernel
def follow(s: State, tape: Tape) -> None:
    """The touch moved: prices come within reach on one side and are forgotten far out on the other."""
    for side in range(2):
        sign = outward(side)
        near = sign * s.best[side]
        while s.edge[side] < near + KEPT_RANKS - 1:
            s.edge[side] += 1
            place_usual(s, tape, side, sign * s.edge[side], KEPT_RANKS)
        while s.edge[side] > near + KEPT_RANKS + SLACK_RANKS:
            tick = sign * s.edge[side]
            gone = waiting(s, side, tick)
            s.size[side, tick & MASK] = 0
            s.orders[side, tick & MASK] = 0
            if gone > 0:
                log_flow(s, tape, side, tick, VANISH, gone)
            s.edge[side] -= 1
        s.reach[side] = min(s.reach[side], s.edge[side])


@kernel
def close_buckets(s: State, tape: Tape, until_ns: int) -> None:
    """Write down the touch at the ends of all buckets up to ``until_ns``: nothing has changed since the last event."""
    while s.bucket_ns <= until_ns:
        row = tape.touches[s.n_touches]
        row[0] = s.bucket_ns
        row[1] = s.best[BID]
        row[2] = s.best[ASK]
        row[3] = waiting(s, BID, s.best[BID])
        row[4] = waiting(s, ASK, s.best[ASK])
        row[5] = s.regime
        row[6] = int(s.activity * _THOUSAND)
        row[7] = -s.reach[BID]
        row[8] = s.reach[ASK]
        s.n_touches += 1
        s.reach[BID] = s.edge[BID]
        s.reach[ASK] = s.edge[ASK]
        s.bucket_ns += BUCKET_NS


@kernel
def write_levels(s: State, row: NDArray[Any]) -> None:
    """The ten best prices of both sides into a record (int64[46])."""
    for side in range(2):
        sign = outward(side)
        tick = s.best[side]
        level = 0
        while level < _LEVELS and sign * tick <= s.edge[side]:
            i = tick & MASK
            if s.size[side, i] > 0:
                k = _FIRST_WORD + 4 * level
                row[k + side] = tick * TICK_E9
                row[k + 2] = (row[k + 2] & (_MASK32 << (32 - 32 * side))) | (s.size[side, i] << (32 * side))
                row[k + 3] = (row[k + 3] & (_MASK32 << (32 - 32 * side))) | (s.orders[side, i] << (32 * side))
                level += 1
            tick += sign
        while level < _LEVELS:
            k = _FIRST_WORD + 4 * level
            row[k + side] = UNDEF_PRICE
            row[k + 2] &= _MASK32 << (32 - 32 * side)
            row[k + 3] &= _MASK32 << (32 - 32 * side)
            level += 1


@kernel
def depth_of(s: State, side: int, tick: int) -> int:
    """Which of the ten levels a price is, or would be; 10 beyond them."""
    sign = outward(side)
    depth = 0
    p = s.best[side]
    while sign * (tick - p) > 0 and depth < _LEVELS:
        depth += s.size[side, p & MASK] > 0
        p += sign
    return depth


@kernel
def write_head(
    s: State, row: NDArray[Any], action: int, code: int, tick: int, size: int, flags: int, depth: int
) -> None:
    """The first six words of a record; ``code`` is the letter of its side."""
    row[0] = s.header
    row[1] = s.now_ns
    row[2] = tick * TICK_E9
    row[3] = size | (action << 32) | (code << 40) | (flags << 48) | (depth << 56)
    row[4] = s.recv_ns
    row[5] = s.in_delta | (s.sequence << 32)


@kernel
def side_code(side: int) -> int:
    """The vendor's letter of a side."""
    return SIDE_ASK if side == ASK else SIDE_BID


@kernel
def copy_words(source: NDArray[Any], target: NDArray[Any]) -> None:
    """A record (int64[46]) into another. A loop: a slice assigned makes an array of its own, which kernels do not."""
    for k in range(len(source)):
        target[k] = source[k]


@kernel
def emit_trade(s: State, tape: Tape, aggressor: int, tick: int, size: int) -> None:
    """A T record: it carries the book as it was before."""
    row = tape.records[s.n_records]
    copy_words(s.words, row)
    write_head(s, row, ACTION_TRADE, side_code(aggressor), tick, size, 0, 0)
    s.n_records += 1


@kernel
def emit(s: State, tape: Tape, action: int, side: int, tick: int, size: int, depth: int, is_last: bool) -> bool:
    """A record of a changed order; none, and False, when the ten levels did not change."""
    row = tape.records[s.n_records]
    copy_words(s.words, row)
    write_levels(s, row)
    different = 0
    for k in range(_FIRST_WORD, len(row)):
        different |= row[k] ^ s.words[k]
    if different == 0:
        return False
    flags = F_LAST | _VENDOR_FLAG if is_last else 0
    write_head(s, row, action, side_code(side), tick, size, flags, depth)
    copy_words(row, s.words)
    s.n_records += 1
    return True


@kernel
def next_packet(s: State) -> None:
    """The following records of this event travel in another packet."""
    s.sequence = (s.sequence + 1 + below(s, 3)) & _MASK32
    s.recv_ns += 5_000 + below(s, 8_000)
    s.in_delta = 12_600 + below(s, 3_600)


@kernel
def log_flow(s: State, tape: Tape, side: int, tick: int, kind: int, size: int) -> None:
    """Write down a true change, made already."""
    row = tape.flows[s.n_flows]
    row[0] = s.now_ns
    row[1] = side
    row[2] = tick
    row[3] = kind
    row[4] = size
    row[5] = s.size[side, tick & MASK]
    s.n_flows += 1
