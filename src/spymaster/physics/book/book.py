"""One MBP-10 record into the book and the ledger (docs/physics.md 1)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import (
    ACTION_ADD,
    ACTION_CANCEL,
    MASK32,
    MAX_CONTRACTS,
    MAX_TICK,
    MBP10_WORDS,
    NO_TICK,
    UNDEF_PRICE,
)
from spymaster.physics.book.flows import change_size, hide_book, index_of, is_visible, move_edge, settle_pending
from spymaster.physics.memory.counters import Counter
from spymaster.physics.memory.indices import ASK, BID, LEDGER_TICKS, LOADING, TOTAL_RESIDUAL, UNKNOWN
from spymaster.physics.memory.state import Array, State

_BAD_PRICE: Final = int(Counter.BAD_PRICE)
_BAD_SIZE: Final = int(Counter.BAD_SIZE)
_UNORDERED_BOOK: Final = int(Counter.UNORDERED_BOOK)

_FIRST = 6
_STEP = 4
_LAST = _FIRST + _STEP * 9
_LEVELS = 10
_LEVEL_BITS = 0x3FF
_FAR = -NO_TICK
_STOOD = -1
"""In the place of how many levels a side has: its prices are as they were."""
_DE_BRUIJN = 0x077CB531
_BIT_PLACE = np.zeros(32, np.int64)
"""The place of a lone bit: multiplied by a de Bruijn sequence, each leaves another number in the five highest of 32."""
_BIT_PLACE[[((1 << bit) * _DE_BRUIJN >> 27) & 31 for bit in range(32)]] = np.arange(32)


@kernel_inlined
def same_levels(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two records (int64[46]) show the same ten levels, order counts aside."""
    different = 0
    for level in range(_LEVELS):
        k = _FIRST + _STEP * level
        different |= (a[k] ^ b[k]) | (a[k + 1] ^ b[k + 1]) | (a[k + 2] ^ b[k + 2])
    return bool(different == 0)


@kernel_inlined
def keep_record(s: State, w: NDArray[Any]) -> None:
    """Remember a record as the last applied. A loop: slice assignment costs half a second of compile time a place."""
    for k in range(MBP10_WORDS):
        s.book.words[k] = w[k]


@kernel
def tick_of(s: State, price_e9: int) -> int:
    """The tick of a fixed-point price; NO_TICK when it is absent or no multiple of the tick.

    By the reciprocal first, which is exact up to 2**53 and several times faster than an integer division.
    """
    instrument = s.instrument
    tick = int(price_e9 * instrument.per_tick)
    if tick * instrument.tick_e9 != price_e9:
        if price_e9 == UNDEF_PRICE or price_e9 % instrument.tick_e9 != 0:
            return NO_TICK
        tick = int(price_e9 // instrument.tick_e9)
    return tick if -MAX_TICK < tick < MAX_TICK else NO_TICK


@kernel
def _fits(price: int, size: int) -> bool:
    """Whether a size can stand at a price: some at a price, none without one."""
    if price == UNDEF_PRICE:
        return size == 0
    return 0 < size <= MAX_CONTRACTS


@kernel
def _is_worse(side: int, tick: int, than: int) -> bool:
    """Whether a price lies further from the touch than another of its side."""
    return tick > than if side == ASK else tick < than


@kernel
def read_side(s: State, w: NDArray[Any], side: int) -> int:
    """Decode one side into the scratch (ticks, sizes); returns how many levels, or -(counter of its fault).

    A price that is no multiple of the tick, a level without size, a size without price, a hole and levels out of order
    each make the record unusable: it is rejected as a whole and counted.
    """
    scratch = s.scratch
    n = 0
    for level in range(10):
        k = _FIRST + _STEP * level
        price = w[k + side]
        size = (w[k + 2] >> (32 * side)) & MASK32
        if price == UNDEF_PRICE:
            if size != 0:
                return -_BAD_SIZE
            continue
        tick = tick_of(s, price)
        if tick == NO_TICK:
            return -_BAD_PRICE
        if size == 0 or size > MAX_CONTRACTS:
            return -_BAD_SIZE
        if n != level or (n > 0 and not _is_worse(side, tick, scratch.tick[side, n - 1])):
            return -_UNORDERED_BOOK
        scratch.tick[side, n] = tick
        scratch.size[side, n] = size
        n += 1
    return n


@kernel
def store_side(s: State, side: int, n: int) -> None:
    """The decoded side becomes the known one."""
    book = s.book
    scratch = s.scratch
    for k in range(n):
        book.tick[side, k] = scratch.tick[side, k]
        book.size[side, k] = scratch.size[side, k]
    book.shown[side] = n


@kernel
def edge_of(s: State, side: int, n: int) -> int:
    """Worst visible tick of the decoded side: everything is visible when fewer than ten levels are shown."""
    if n == 10:
        return int(s.scratch.tick[side, 9])
    return _FAR if side == ASK else -_FAR


@kernel
def write_depth(s: State, side: int, n: int) -> None:
    """Displayed sizes of the decoded side into the tick-indexed depth."""
    scratch = s.scratch
    for k in range(n):
        i = index_of(s, scratch.tick[side, k])
        if i >= 0:
            s.ledger.depth[side, i] = scratch.size[side, k]


@kernel
def load_side(s: State, side: int, n: int, t_ns: int) -> None:
    """Take a side as it is, without flows."""
    book = s.book
    for k in range(book.shown[side]):
        i = index_of(s, book.tick[side, k])
        if i >= 0:
            s.ledger.depth[side, i] = 0
    move_edge(s, side, edge_of(s, side, n), t_ns)
    write_depth(s, side, n)
    store_side(s, side, n)


@kernel
def merge_side(s: State, p: Array, side: int, n: int, t_ns: int, tick: int, expected: int) -> int:
    """Flows between the known and the decoded side over their common visible range; returns unexplained contracts.

    ``tick`` and ``expected``: the change of size the record itself declares, or tick -2**40 for none; changes anywhere
    else, and the difference at that price, are unexplained.
    """
    book = s.book
    scratch = s.scratch
    old_n = book.shown[side]
    sign = 1 if side == ASK else -1
    old_far = book.far_ask if side == ASK else book.far_bid
    new_far = edge_of(s, side, n)
    limit = min(sign * old_far, sign * new_far)
    i = j = 0
    unexplained = 0
    seen_expected = False
    while i < old_n or j < n:
        key_old = sign * book.tick[side, i] if i < old_n else 2 * _FAR
        key_new = sign * scratch.tick[side, j] if j < n else 2 * _FAR
        key = min(key_old, key_new)
        if key > limit:
            break
        before = after = 0
        if key_old == key:
            before = book.size[side, i]
            i += 1
        if key_new == key:
            after = scratch.size[side, j]
            j += 1
        change = after - before
        if change != 0:
            price = sign * key
            change_size(s, p, side, price, change, before, t_ns)
            if key_new != key:
                k = index_of(s, price)
                if k >= 0:
                    s.ledger.depth[side, k] = 0
            declared = 0
            if price == tick:
                declared = expected
                seen_expected = True
            unexplained += abs(change - declared)
    if expected != 0 and not seen_expected and sign * tick <= limit:
        unexplained += abs(expected)
    if new_far != old_far:
        move_edge(s, side, new_far, t_ns)
    write_depth(s, side, n)
    store_side(s, side, n)
    return unexplained


@kernel_inlined
def resize_levels(
    s: State, p: Array, w: NDArray[Any], resized: int, t_ns: int, side: int, tick: int, expected: int
) -> int:
    """Flows of levels whose prices stood and whose sizes did not; returns unexplained contracts as ``merge_side`` does.

    ``resized``: bit k is set where the bid of level k has another size, bit 10 + k where the ask has. ``side``: of the
    change the record declares, -1 for none.
    """
    book = s.book
    unexplained = 0
    seen_expected = False
    while resized != 0:
        place = lowest_bit(resized)
        resized &= resized - 1
        of = ASK if place >= _LEVELS else BID
        level = place - _LEVELS * of
        k = _FIRST + _STEP * level + 2
        book.words[k] = w[k]
        size = (w[k] >> (32 * of)) & MASK32
        before = book.size[of, level]
        change = size - before
        price = book.tick[of, level]
        change_size(s, p, of, price, change, before, t_ns)
        book.size[of, level] = size
        i = index_of(s, price)
        if i >= 0:
            s.ledger.depth[of, i] = size
        declared = 0
        if of == side and price == tick:
            declared = expected
            seen_expected = True
        unexplained += abs(change - declared)
    if expected != 0 and not seen_expected and is_visible(s, side, tick):
        unexplained += abs(expected)
    return unexplained


@kernel_inlined
def lowest_bit(bits: int) -> int:
    """Place of the lowest bit that is set, of at most 32."""
    return int(_BIT_PLACE[(((bits & -bits) * _DE_BRUIJN) >> 27) & 31])


@kernel_inlined
def changed_words(s: State, w: NDArray[Any]) -> tuple[int, int, int]:
    """Differences to the record last applied: bid prices, ask prices (0 = none), and levels whose sizes changed."""
    book = s.book
    bid = 0
    ask = 0
    levels = 0
    # without a branch, since which level changed is what a processor cannot foretell
    for level in range(_LEVELS):
        k = _FIRST + _STEP * level
        bid |= w[k] ^ book.words[k]
        ask |= w[k + 1] ^ book.words[k + 1]
        levels |= int(w[k + 2] != book.words[k + 2]) << level
    return bid, ask, levels


@kernel_inlined
def resized_sides(s: State, w: NDArray[Any], levels: int) -> int:
    """Which sides of levels with other sizes changed, as ``resize_levels`` takes it; -1 where a size does not go with
    its price."""
    resized = 0
    unusable = False
    while levels != 0:
        level = lowest_bit(levels)
        levels &= levels - 1
        k = _FIRST + _STEP * level
        sizes = w[k + 2]
        change = sizes ^ s.book.words[k + 2]
        resized |= int((change & MASK32) != 0) << level | int(((change >> 32) & MASK32) != 0) << (level + _LEVELS)
        unusable |= not _fits(w[k], sizes & MASK32) or not _fits(w[k + 1], (sizes >> 32) & MASK32)
    return -1 if unusable else resized


@kernel_inlined
def apply_levels(s: State, p: Array, w: NDArray[Any], t_ns: int, action: int, side: int, tick: int, size: int) -> int:
    """Apply a record's ten levels (w: int64[46]) to a VALID book; returns 0, or the counter of its rejection.

    ``side``, ``tick``, ``size``: what the record says it did (side -1 unknown).
    """
    new_bid, new_ask, levels = changed_words(s, w)
    expected = declared_change(action, size) if side >= 0 else 0
    unexplained = 0
    if (new_bid | new_ask) == 0:
        resized = resized_sides(s, w, levels)
        if resized < 0:
            return _BAD_SIZE
        unexplained = resize_levels(s, p, w, resized, t_ns, side, tick, expected)
    else:
        resized = resized_sides(s, w, levels)
        if resized < 0:
            return _BAD_SIZE
        # both sides are checked before either is changed: a record is applied whole or not at all
        n_bid = read_side(s, w, BID)
        n_ask = read_side(s, w, ASK)
        if min(n_bid, n_ask) < 0:
            return -min(n_bid, n_ask)
        n_bid = n_bid if new_bid != 0 else _STOOD
        n_ask = n_ask if new_ask != 0 else _STOOD
        unexplained = move_levels(s, p, w, n_bid, n_ask, resized, t_ns, side, tick, expected)
    if action == ACTION_ADD or action == ACTION_CANCEL:
        s.windows.totals[s.ledger.bucket, TOTAL_RESIDUAL] += unexplained
    return 0


@kernel
def move_levels(
    s: State,
    p: Array,
    w: NDArray[Any],
    n_bid: int,
    n_ask: int,
    resized: int,
    t_ns: int,
    side: int,
    tick: int,
    expected: int,
) -> int:
    """Flows of a record with other prices, its sides decoded into the scratch; returns unexplained contracts.

    ``n_bid``, ``n_ask``: how many levels a side has, -1 where its prices stood.
    """
    unexplained = 0
    for of in range(2):
        n = n_bid if of == BID else n_ask
        declared = expected if of == side else 0
        if n == _STOOD:
            bits = resized & (_LEVEL_BITS << (_LEVELS * of))
            unexplained += resize_levels(s, p, w, bits, t_ns, side if of == side else -1, tick, declared)
        else:
            unexplained += merge_side(s, p, of, n, t_ns, tick if of == side else -_FAR, declared)
    keep_record(s, w)
    return unexplained


@kernel
def load_levels(s: State, w: NDArray[Any], t_ns: int, whole: bool) -> int:
    """Take a record's ten levels without flows (book UNKNOWN or LOADING); returns 0, or the counter of its rejection.

    ``whole``: the record is a snapshot. A book that begins otherwise, and with fewer than ten levels on a side, was
    joined in mid-stream: older orders are missing from it and nothing will bring them back but a snapshot.
    """
    book = s.book
    ledger = s.ledger
    n_bid = read_side(s, w, BID)
    n_ask = read_side(s, w, ASK)
    if min(n_bid, n_ask) < 0:
        return -min(n_bid, n_ask)
    if book.status == UNKNOWN:
        book.status = LOADING
        shallow = w[_LAST] == UNDEF_PRICE or w[_LAST + 1] == UNDEF_PRICE
        book.incomplete = 1 if shallow and not whole and book.cleared == 0 else 0
        book.cleared = 0
    for side in range(2):
        n = n_bid if side == BID else n_ask
        if n > 0 and ledger.anchored == 0:
            ledger.base = s.scratch.tick[side, 0] - LEDGER_TICKS // 2
            ledger.anchored = 1
        load_side(s, side, n, t_ns)
    keep_record(s, w)
    return 0


@kernel_inlined
def declared_change(action: int, size: int) -> int:
    """By how much a record says a displayed size changed; of an M the old size is unknown, so nothing."""
    if action == ACTION_ADD:
        return size
    if action == ACTION_CANCEL:
        return -size
    return 0


@kernel
def clear_book(s: State, t_ns: int) -> None:
    """The book is gone or doubted: no flows, nothing visible until it is shown again; waiting trades are off-book."""
    hide_book(s, t_ns)
    settle_pending(s, t_ns)
    s.book.has_bbo = 0
