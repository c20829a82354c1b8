"""Snaps as they go by, remembered level by level, and the moments at which an attempt at a level is judged.

An attempt begins and ends by the very kernels of the record (docs/record.md 1); nothing later than a snap is looked at.
"""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.features.memory import BINS, BUCKET_S, MICRO, MOST_A_SNAP, RING, Memory, Told
from spymaster.features.motion import look_at_motion
from spymaster.features.places import (
    ADDED,
    DEPTH,
    DIRECTION,
    FILLED,
    HEDGE,
    KIND,
    OFI_1S,
    PRICE,
    PULLED,
    RATIO,
    USER_INDEX,
)
from spymaster.features.surroundings import direction_of, look_around, look_at_level
from spymaster.ledger.level_test import begin_test, count_zone, decide, describe_test, slot_of, step
from spymaster.ledger.rows import TestOutcome
from spymaster.ledger.rules import arm_points
from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS, NS_PER_S
from spymaster.market.rows import Trust
from spymaster.models.prediction import Stage

Array = NDArray[Any]

_BLIND: Final = int(Trust.BLIND)
_BROKE: Final = int(TestOutcome.BROKE)
_HELD: Final = int(TestOutcome.HELD)
_ARM: Final = int(Stage.ARM)
_CONTACT: Final = int(Stage.CONTACT)
_AFTER_15_S: Final = int(Stage.AFTER_15_S)
_AFTER_60_S: Final = int(Stage.AFTER_60_S)
_LATER_NS: Final = (15 * NS_PER_S, 60 * NS_PER_S)
_GAP_NS: Final = NS_PER_S
"""Snaps further apart than this are a gap: nobody knows where price was meanwhile."""
_BUCKET_NS: Final = BUCKET_S * NS_PER_S


@kernel
def follow(m: Memory, told: Told, fed: Array, numbers: Array, first: int, tick_points: float) -> int:
    """Follow consecutive snaps from the one at ``first`` on: up to which, exclusive, before ``told`` might overflow.

    fed FED[K]; numbers float64[K, L, fields of LEVEL_ROW]; ``clock.done`` decisions are in ``told``.
    """
    clock = m.clock[0]
    clock.done = 0
    for k in range(first, fed.shape[0]):
        if clock.done + MOST_A_SNAP > told.decisions.shape[0]:
            return k
        snap = fed[k]
        elapsed_ns = snap.t_ns - clock.last_ns
        is_known = not math.isnan(snap.microprice) and snap.trust_depth < _BLIND
        if clock.session_date != snap.session_date:
            forget(m)
            clock.session_date = snap.session_date
        elif (elapsed_ns > _GAP_NS or not is_known) and clock.is_lost == 0:
            _lose(m)
        if is_known:
            counted_ns = elapsed_ns if clock.is_lost == 0 else 0
            _remember_market(m, snap, numbers[k], counted_ns)
            _follow_levels(m, told, snap, numbers[k], k, counted_ns, tick_points)
            clock.is_lost = 0
        clock.last_ns = snap.t_ns
    return int(fed.shape[0])


@kernel
def forget(m: Memory) -> None:
    """Another session, or another contract: nothing is known of its prices and levels yet."""
    clock = m.clock[0]
    clock.open = 0
    clock.is_lost = 1
    for n in range(m.slots.shape[0]):
        m.slots[n].used = 0
        m.slots[n].is_open = 0
        m.memos[n].key = 0
    for n in range(m.owners.shape[0]):
        m.owners[n] = 0
    for n in range(m.bins.shape[0]):
        m.bins[n].second = -1


@kernel
def _lose(m: Memory) -> None:
    """Nobody knows where price will be next: no attempt is on, and every level needs a new approach."""
    m.clock[0].open = 0
    m.clock[0].is_lost = 1
    for n in range(m.slots.shape[0]):
        slot = m.slots[n]
        slot.is_open = 0
        slot.side = 0
        slot.is_armed = 0
        slot.arm_ns = -1


@kernel
def _remember_market(m: Memory, snap: Any, rows: Array, counted_ns: int) -> None:
    """One snap of the market: its sums, and the last of each second."""
    clock = m.clock[0]
    counted_s = counted_ns / NS_PER_S
    if snap.levels > 0:
        flow = rows[0, OFI_1S] * rows[0, DIRECTION] * counted_s * MICRO
        clock.ofi += int(flow + math.copysign(0.5, flow))
        clock.ofi_ms += counted_ns // NS_PER_MS
    flow = (snap.call_delta_flow + snap.put_delta_flow) * MICRO
    if not math.isnan(flow):
        clock.option_flow += int(flow + math.copysign(0.5, flow))
        clock.option_ms += counted_ns // NS_PER_MS
    second = snap.t_ns // NS_PER_S
    one = m.bins[int(second & (BINS - 1))]
    one.second = second
    one.t_ns = snap.t_ns
    one.price = snap.microprice
    one.sigma_1m = snap.sigma_1m
    one.cvd = snap.cvd
    one.ofi, one.ofi_ms = clock.ofi, clock.ofi_ms
    one.option_flow, one.option_ms = clock.option_flow, clock.option_ms


@kernel
def _follow_levels(m: Memory, told: Told, snap: Any, rows: Array, k: int, counted_ns: int, tick_points: float) -> None:
    """One snap of the published levels."""
    clock = m.clock[0]
    arm = arm_points(snap.sigma_1m)
    now_ns, seen = snap.t_ns, 0
    for n in range(snap.levels):
        row = rows[n]
        at = slot_of(m.slots, row)
        if at < 0:
            clock.dropped += 1
            continue
        slot, memo = m.slots[at], m.memos[at]
        if memo.key != slot.key:
            _begin_memo(m, at, now_ns)
        if memo.ring < 0:
            _take_ring(m, at)
        slot.seen_ns = memo.seen_ns = now_ns
        _remember_level(m, memo, row, counted_ns, now_ns)
        level = row[PRICE] * row[RATIO]
        if slot.is_open != 0:
            count_zone(slot, row, counted_ns, now_ns)
        is_contact = step(slot, snap.microprice - level, arm, now_ns)
        is_free = is_contact or (slot.is_armed != 0 and slot.is_open == 0)
        is_armed = is_free and slot.arm_ns >= 0 and memo.armed_ns != slot.arm_ns
        if is_armed:
            memo.armed_ns = slot.arm_ns
            memo.arm_price = snap.microprice
        if is_contact:
            begin_test(slot, snap.sigma_1m, tick_points, now_ns, clock.session_date, level)
            describe_test(slot, row, now_ns)
            memo.contact_depth = row[DEPTH]
            memo.stage = _CONTACT
            clock.open += 1
        if slot.is_open != 0:
            seen += 1
            if decide(slot, snap.microprice - slot.test.future_price, now_ns):
                _end(memo, slot)
                seen -= 1
                clock.open -= 1
        if is_armed:
            _tell(m, told, snap, rows[: snap.levels], k, n, _ARM)
        if is_contact:
            _tell(m, told, snap, rows[: snap.levels], k, n, _CONTACT)
        if slot.is_open != 0 and memo.stage < _AFTER_60_S and now_ns - slot.test.touch_ns >= _LATER_NS[memo.stage - 1]:
            memo.stage += 1
            _tell(m, told, snap, rows[: snap.levels], k, n, memo.stage)
    if seen != clock.open:
        _end_vanished(m, now_ns)


@kernel
def _end(memo: Any, slot: Any) -> None:
    """An attempt was decided."""
    outcome = slot.test.outcome
    memo.last_outcome = 1 if outcome == _BROKE else -1 if outcome == _HELD else 0
    memo.broke += 1 if outcome == _BROKE else 0
    memo.held += 1 if outcome == _HELD else 0
    memo.last_contact_ns = slot.test.touch_ns
    memo.last_filled = slot.test.filled
    memo.end_ns = slot.test.end_ns


@kernel
def _end_vanished(m: Memory, now_ns: int) -> None:
    """A level that is published no more while an attempt at it is on: how that would have ended is not known."""
    for n in range(m.slots.shape[0]):
        slot = m.slots[n]
        if slot.is_open != 0 and slot.seen_ns != now_ns:
            slot.is_open = 0
            m.clock[0].open -= 1


@kernel
def _begin_memo(m: Memory, at: int, now_ns: int) -> None:
    """A level that was not seen before."""
    memo = m.memos[at]
    memo.key = m.slots[at].key
    memo.seen_ns = now_ns
    memo.seen_ms = 0
    memo.added = memo.pulled = memo.filled = 0.0
    memo.armed_ns = memo.end_ns = memo.last_contact_ns = -1
    memo.stage = _ARM
    memo.arm_price = memo.contact_depth = memo.last_filled = math.nan
    memo.held = memo.broke = memo.last_outcome = 0
    memo.ring = -1


@kernel
def _take_ring(m: Memory, at: int) -> None:
    """A ring for a level that has none: that of the level unseen longest where none is free."""
    oldest = 0
    for n in range(m.owners.shape[0]):
        if m.owners[n] == 0:
            oldest = n
            break
        if m.memos[m.owners[n] - 1].seen_ns < m.memos[m.owners[oldest] - 1].seen_ns:
            oldest = n
    if m.owners[oldest] != 0:
        m.memos[m.owners[oldest] - 1].ring = -1
    m.owners[oldest] = at + 1
    m.memos[at].ring = oldest
    for n in range(RING):
        m.rings[oldest, n].bucket = -1


@kernel
def _remember_level(m: Memory, memo: Any, row: Array, counted_ns: int, now_ns: int) -> None:
    """What happened in a level's zone since the last snap, and every five seconds what is there."""
    if counted_ns > 0 and not math.isnan(row[FILLED]):
        memo.added += row[ADDED]
        memo.pulled += row[PULLED]
        memo.filled += row[FILLED]
        memo.seen_ms += counted_ns // NS_PER_MS
    bucket = now_ns // _BUCKET_NS
    point = m.rings[memo.ring, int(bucket & (RING - 1))]
    if point.bucket != bucket:
        point.bucket = bucket
        point.t_ns = now_ns
        point.seen_ms = memo.seen_ms
        point.added, point.pulled, point.filled = memo.added, memo.pulled, memo.filled
        point.depth = row[DEPTH]
        point.hedge = row[HEDGE]


@kernel
def _tell(m: Memory, told: Told, snap: Any, rows: Array, k: int, place: int, stage: int) -> None:
    """Write down a decision, and what is known of its level."""
    done = int(m.clock[0].done)
    m.clock[0].done += 1
    row = rows[place]
    slot = m.slots[slot_of(m.slots, row)]
    is_later = stage != _ARM
    one = told.decisions[done]
    one.t_ns, one.snap, one.place, one.stage = snap.t_ns, k, place, stage
    one.key, one.kind, one.user_index = slot.key, int(row[KIND]), int(row[USER_INDEX])
    one.number = slot.test.number if is_later or slot.is_open != 0 else slot.number + 1
    one.session_date = snap.session_date
    one.direction = slot.test.direction if is_later else direction_of(slot, row)
    one.arm_ns = slot.test.arm_ns if is_later else slot.arm_ns
    one.contact_ns = slot.test.touch_ns if is_later else -1
    one.price = row[PRICE]
    one.future_price = slot.test.future_price if is_later else row[PRICE] * row[RATIO]
    one.microprice, one.sigma_1m = snap.microprice, snap.sigma_1m
    one.barrier = slot.test.barrier if is_later else math.nan
    for n in range(row.shape[0]):
        told.rows[done, n] = row[n]
    looked = told.looked[done]
    look_at_level(m, looked, snap, row)
    look_around(looked, rows, place)
    look_at_motion(m, looked, snap.t_ns, snap.microprice, snap.cvd)
