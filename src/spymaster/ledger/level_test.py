"""One level or price under test, snap by snap: when a test begins, what is counted in it, and how it ends."""

from __future__ import annotations

import math
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.ledger.rows import PLACEBO, TestOutcome
from spymaster.ledger.rules import REFRACTORY_NS, TOUCH_POINTS, barrier_points, patience_ns
from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import LEVEL_ROW, Signal

Array = NDArray[Any]

_BREAK: Final = int(Signal.BREAK)
_REJECT: Final = int(Signal.REJECT)
_BROKE: Final = int(TestOutcome.BROKE)
_HELD: Final = int(TestOutcome.HELD)
_NEITHER: Final = int(TestOutcome.NEITHER)

_NAMES: Final = LEVEL_ROW.names or ()
_KIND: Final = _NAMES.index("kind")
_USER_INDEX: Final = _NAMES.index("user_index")
PRICE: Final = _NAMES.index("price")
RATIO: Final = _NAMES.index("ratio")
"""Columns of a published level: its price in the profile's unit, and by what that is points of the future."""
_TICK: Final = _NAMES.index("tick")
_DYNAMIC: Final = _NAMES.index("dynamic")
_STATE: Final = _NAMES.index("barrier_state")
_SIGNAL: Final = _NAMES.index("signal")
_SCORE: Final = _NAMES.index("score")
_CONFIDENCE: Final = _NAMES.index("confidence")
_FILLED: Final = _NAMES.index("bucket_filled")
_ADDED: Final = _NAMES.index("bucket_added")
_PULLED: Final = _NAMES.index("bucket_pulled")

_MOST_PROBES: Final = 64
_CLEAR_POINTS: Final = 0.5
"""A price with a level this near is no price like any other."""
_TICK_BITS: Final = 2**24


@kernel
def slot_of(levels: Array, row: Array) -> int:
    """The slot of a level, made where it has none; -1 where there is no room. A level that does not move is told by its
    tick, one that moves by its kind, one of the user's by its place."""
    tick = 0 if row[_DYNAMIC] != 0.0 or row[_USER_INDEX] >= 0.0 else int(row[_TICK])
    key = ((int(row[_KIND]) + 1) * 4096 + int(row[_USER_INDEX]) + 1) * _TICK_BITS + tick
    at = int((key * 2654435761) & 0x7FFFFFFFFFFFFFFF) >> 20
    for k in range(_MOST_PROBES):
        place = int((at + k) & (levels.shape[0] - 1))
        slot = levels[place]
        if slot.used == 0:
            clear_slot(slot, key)
            return place
        if slot.key == key:
            return place
    return -1


@kernel
def clear_slot(slot: Any, key: int) -> None:
    slot.used = 1
    slot.key = key
    slot.side = 0
    slot.is_armed = 0
    slot.arm_ns = -1
    slot.last_touch_ns = -REFRACTORY_NS
    slot.number = 0
    slot.is_open = 0


@kernel_inlined
def step(slot: Any, away: float, arm: float, t_ns: int) -> bool:
    """One snap of a level ``away`` points below price; whether a test begins."""
    if abs(away) >= arm:
        slot.side = 1 if away > 0.0 else -1
        slot.is_armed = 1
        slot.arm_ns = -1
        return False
    if slot.is_armed == 0 or t_ns - slot.last_touch_ns < REFRACTORY_NS:
        return False
    if slot.arm_ns < 0:
        slot.arm_ns = t_ns
    if away * slot.side > TOUCH_POINTS:
        return False
    slot.is_armed = 0
    slot.last_touch_ns = t_ns
    # a touch while a test is on belongs to it
    return bool(slot.is_open == 0)


@kernel
def begin_test(slot: Any, sigma_1m: float, tick_points: float, t_ns: int, session_date: int, level: float) -> None:
    """A test begins."""
    slot.number += 1
    slot.is_open = 1
    test = slot.test
    test.arm_ns = slot.arm_ns
    test.touch_ns = t_ns
    test.end_ns = t_ns
    test.session_date = session_date
    test.number = slot.number
    test.direction = -slot.side
    test.outcome = 0
    test.future_price = level
    test.price = level
    test.sigma_1m = sigma_1m
    test.barrier = barrier_points(sigma_1m, tick_points)
    slot.until_ns = t_ns + patience_ns(test.barrier, sigma_1m)
    test.kind = PLACEBO
    test.user_index = -1
    test.state = -1
    test.signal = -1
    test.said = -1
    test.said_ns = 0
    test.score = math.nan
    test.confidence = math.nan
    test.beyond = 0.0
    test.back = 0.0
    test.filled = 0.0
    test.added = 0.0
    test.pulled = 0.0
    test.unseen_s = 0.0


@kernel
def describe_test(slot: Any, row: Array, t_ns: int) -> None:
    """What was published of the level at the touch."""
    test = slot.test
    test.kind = int(row[_KIND])
    test.user_index = int(row[_USER_INDEX])
    test.price = row[PRICE]
    test.state = int(row[_STATE])
    test.signal = int(row[_SIGNAL])
    test.score = row[_SCORE]
    test.confidence = row[_CONFIDENCE]
    test.said = 0
    _listen(test, row, t_ns)


@kernel
def count_zone(slot: Any, row: Array, elapsed_ns: int, t_ns: int) -> None:
    """What happened in the zone of a level under test since the last snap."""
    test = slot.test
    if math.isnan(row[_FILLED]):
        test.unseen_s += elapsed_ns / NS_PER_S
    else:
        test.filled += row[_FILLED]
        test.added += row[_ADDED]
        test.pulled += row[_PULLED]
    _listen(test, row, t_ns)


@kernel_inlined
def _listen(test: Any, row: Array, t_ns: int) -> None:
    """Keep the first signal that is on at the level."""
    signal = int(row[_SIGNAL])
    if test.said == 0 and (signal == _BREAK or signal == _REJECT):
        test.said = signal
        test.said_ns = t_ns


@kernel_inlined
def decide(slot: Any, away: float, t_ns: int) -> bool:
    """Whether an open test is over, price ``away`` points above where the level was when it was touched."""
    test = slot.test
    past = away * test.direction
    test.beyond = max(test.beyond, past)
    test.back = max(test.back, -past)
    if past >= test.barrier:
        test.outcome = _BROKE
    elif past <= -test.barrier:
        test.outcome = _HELD
    elif t_ns >= slot.until_ns:
        test.outcome = _NEITHER
    else:
        return False
    test.end_ns = t_ns
    slot.is_open = 0
    return True


@kernel
def is_near_a_level(rows: Array, price: float) -> bool:
    """Whether a published level is where a placebo would be."""
    for n in range(rows.shape[0]):
        if abs(rows[n, PRICE] * rows[n, RATIO] - price) <= _CLEAR_POINTS:
            return True
    return False
