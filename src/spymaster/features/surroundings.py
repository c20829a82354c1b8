"""What is looked up for one level: what was remembered of it, and the other levels of its snap around it."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.features.memory import BUCKET_S, EVOLUTION_S, EXPOSED_POINTS, KINDS, RING, STACKED_POINTS, Memory
from spymaster.features.motion import copy_motion, look_at_motion
from spymaster.features.phases import NO_STAGE, Phase
from spymaster.features.places import ARRIVAL, DEPTH, DIRECTION, HEDGE, IN_BAND, KIND, PRICE, RATIO, STRONG, VALID_FROM
from spymaster.ledger.level_test import slot_of
from spymaster.ledger.rules import REFRACTORY_NS, TOUCH_POINTS
from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.models.prediction import Stage

Array = NDArray[Any]

_FAR: Final = int(Phase.FAR)
_APPROACHING: Final = int(Phase.APPROACHING)
_IN_BAND: Final = int(Phase.IN_MONITOR_BAND)
_TOUCH: Final = int(Phase.TOUCH)
_CONFIRMATION: Final = int(Phase.CONFIRMATION)
_RESOLVED: Final = int(Phase.RESOLVED)
_ARM: Final = int(Stage.ARM)
_BUCKET_NS: Final = BUCKET_S * NS_PER_S
_MS_PER_S: Final = 1000.0
_KNOWN: Final = 0.8
_SAME_POINTS: Final = 0.125
"""Levels nearer than half a tick are at one price, and not beside each other."""


@kernel
def look(m: Memory, looked: Array, fed: Any, rows: Array, places: Array) -> None:
    """Look up for levels of one snap that was followed: looked LOOKED[n], fed its FED, rows float64[L, fields], places
    int64[n]."""
    for n in range(places.shape[0]):
        row = rows[places[n]]
        look_at_level(m, looked[n], fed, row)
        look_around(looked[n], rows, int(places[n]))
        if n == 0:
            look_at_motion(m, looked[0], fed.t_ns, fed.microprice, fed.cvd)
        else:
            copy_motion(looked[0], looked[n])


@kernel
def stand(m: Memory, standings: Array, fed: Any, rows: Array) -> None:
    """Where every level of the snap followed last stands: standings STANDING[L], rows float64[L, fields]."""
    for n in range(rows.shape[0]):
        standing = standings[n]
        at = known_place(m, rows[n])
        if at < 0:
            standing.phase, standing.stage, standing.number = _FAR, NO_STAGE, 0
            standing.direction = int(rows[n, DIRECTION])
            standing.arm_ns = standing.contact_ns = -1
            continue
        slot, memo = m.slots[at], m.memos[at]
        standing.phase = phase_of(slot, memo, rows[n], fed.microprice, fed.t_ns)
        standing.direction = direction_of(slot, rows[n])
        standing.number = slot.number if slot.is_open != 0 else slot.number + 1
        standing.arm_ns = standing.contact_ns = -1
        standing.stage = NO_STAGE
        if slot.is_open != 0:
            standing.arm_ns, standing.contact_ns = slot.test.arm_ns, slot.test.touch_ns
            standing.stage = memo.stage
        elif slot.is_armed != 0 and slot.arm_ns >= 0:
            standing.arm_ns, standing.stage = slot.arm_ns, _ARM


@kernel
def known_place(m: Memory, row: Array) -> int:
    """The slot of a level that was followed; -1 for one that was not."""
    at = slot_of(m.slots, row)
    return at if at >= 0 and m.memos[at].key == m.slots[at].key else -1


@kernel
def direction_of(slot: Any, row: Array) -> int:
    """Which way a break of a level is: that of the attempt that is on, else away from where price was last far off."""
    if slot.is_open != 0:
        return int(slot.test.direction)
    return -int(slot.side) if slot.side != 0 else int(row[DIRECTION])


@kernel
def phase_of(slot: Any, memo: Any, row: Array, microprice: float, t_ns: int) -> int:
    """How near a level is to being decided (Phase)."""
    if slot.is_open != 0:
        return _TOUCH if abs(microprice - slot.test.future_price) <= TOUCH_POINTS else _CONFIRMATION
    is_near = slot.is_armed != 0 and slot.arm_ns >= 0
    if memo.end_ns >= 0 and t_ns - memo.end_ns < REFRACTORY_NS and not is_near:
        return _RESOLVED
    if row[IN_BAND] != 0.0:
        return _IN_BAND
    return _FAR if math.isnan(row[ARRIVAL]) else _APPROACHING


@kernel
def look_at_level(m: Memory, looked: Any, fed: Any, row: Array) -> None:
    """What was remembered of one level."""
    at = known_place(m, row)
    slot, memo = m.slots[max(at, 0)], m.memos[max(at, 0)]
    now_ns = fed.t_ns
    is_open = at >= 0 and slot.is_open != 0
    test = slot.test
    looked.direction = direction_of(slot, row) if at >= 0 else row[DIRECTION]
    looked.level = test.future_price if is_open else row[PRICE] * row[RATIO]
    looked.microprice = fed.microprice
    looked.phase = phase_of(slot, memo, row, fed.microprice, now_ns) if at >= 0 else math.nan
    looked.hedge_spot, looked.iv, looked.charm_flow = fed.hedge, fed.iv, fed.charm_flow
    looked.age_s = now_ns / NS_PER_S - row[VALID_FROM]
    is_near = at >= 0 and slot.is_armed != 0 and slot.arm_ns >= 0
    looked.arm_s = looked.arm_price = math.nan
    if is_open or is_near:
        looked.arm_s = (now_ns - (test.arm_ns if is_open else slot.arm_ns)) / NS_PER_S
        looked.arm_price = memo.arm_price
    looked.contact_s = (now_ns - test.touch_ns) / NS_PER_S if is_open else math.nan
    looked.beyond = test.beyond / test.barrier if is_open else math.nan
    looked.back = test.back / test.barrier if is_open else math.nan
    looked.taken[0] = test.filled if is_open else math.nan
    looked.taken[1] = test.added if is_open else math.nan
    looked.taken[2] = test.pulled if is_open else math.nan
    looked.contact_depth = memo.contact_depth if is_open else math.nan
    looked.number = float(slot.number if is_open else slot.number + 1) if at >= 0 else math.nan
    looked.held = float(memo.held) if at >= 0 else math.nan
    looked.broke = float(memo.broke) if at >= 0 else math.nan
    is_later = at >= 0 and memo.end_ns >= 0
    looked.last_outcome = float(memo.last_outcome) if is_later else math.nan
    looked.last_contact_s = (now_ns - memo.last_contact_ns) / NS_PER_S if is_later else math.nan
    looked.last_filled = memo.last_filled if is_later else math.nan
    _look_at_liquidity(m, looked, memo, memo.ring if at >= 0 else -1, now_ns)


@kernel
def _look_at_liquidity(m: Memory, looked: Any, memo: Any, ring: int, now_ns: int) -> None:
    """What its liquidity was and took, by the points of its ring."""
    for n in range(len(EVOLUTION_S)):
        looked.depth[n] = math.nan
        looked.hedge[n] = math.nan
        for what in range(3):
            looked.rates[what, n] = math.nan
        if ring < 0:
            continue
        then_ns = now_ns - EVOLUTION_S[n] * NS_PER_S
        bucket = then_ns // _BUCKET_NS
        point = m.rings[ring, int(bucket & (RING - 1))]
        if point.bucket != bucket or point.t_ns > then_ns:
            bucket -= 1
            point = m.rings[ring, int(bucket & (RING - 1))]
        if point.bucket != bucket:
            continue
        looked.depth[n] = point.depth
        looked.hedge[n] = point.hedge
        seen_s = (memo.seen_ms - point.seen_ms) / _MS_PER_S
        if seen_s >= _KNOWN * EVOLUTION_S[n]:
            looked.rates[0, n] = (memo.added - point.added) / seen_s
            looked.rates[1, n] = (memo.pulled - point.pulled) / seen_s
            looked.rates[2, n] = (memo.filled - point.filled) / seen_s


@kernel
def look_around(looked: Any, rows: Array, place: int) -> None:
    """The other levels of a snap, as seen from one of them."""
    for kind in range(KINDS):
        looked.kinds[kind] = math.nan
    for n in range(len(STACKED_POINTS)):
        looked.stacked[n] = 0.0
    total, judged = 0.0, 0
    for side in range(2):
        looked.stacked_side[side] = 0.0
        looked.obstacle[side] = math.nan
        for n in range(len(EXPOSED_POINTS)):
            looked.exposed[side, n] = _exposed(rows, side, looked.level, EXPOSED_POINTS[n])
    for k in range(rows.shape[0]):
        row = rows[k]
        if not math.isnan(row[DEPTH]):
            total += row[DEPTH]
            judged += 1
        gap = row[PRICE] * row[RATIO] - looked.level if k != place else 0.0
        kind = int(row[KIND])
        if 0 <= kind < KINDS:
            looked.kinds[kind] = gap
        if k == place or abs(gap) < _SAME_POINTS:
            continue
        for n in range(len(STACKED_POINTS)):
            if abs(gap) <= STACKED_POINTS[n]:
                looked.stacked[n] += 1.0
        side = 1 if gap > 0.0 else 0
        if abs(gap) <= STACKED_POINTS[1]:
            looked.stacked_side[side] += 1.0
        if row[STRONG] != 0.0 and not abs(gap) >= looked.obstacle[side]:
            looked.obstacle[side] = abs(gap)
    looked.typical_depth = total / judged if judged > 0 else math.nan


@kernel
def _exposed(rows: Array, side: int, level: float, points: float) -> float:
    """Mean exposure of dealers at the levels this near on one side, 0 below and 1 above; NaN without any."""
    total, seen = 0.0, 0
    for k in range(rows.shape[0]):
        gap = rows[k, PRICE] * rows[k, RATIO] - level
        way = gap if side == 1 else -gap
        if _SAME_POINTS <= way <= points and not math.isnan(rows[k, HEDGE]):
            total += rows[k, HEDGE]
            seen += 1
    return total / seen if seen > 0 else math.nan
