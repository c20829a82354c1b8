"""The tests of all levels as snaps go by (docs/record.md 1): each is told once it is decided, and from nothing later.

It reads what was published, and writes nothing back: no score, no signal and no hash knows of it. The same snaps give
the same tests, whether they come from a market, a journal or a lake.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.ledger.level_test import (
    PRICE,
    RATIO,
    begin_test,
    clear_slot,
    count_zone,
    decide,
    describe_test,
    is_near_a_level,
    slot_of,
    step,
)
from spymaster.ledger.rows import SLOT, TEST, TestOutcome
from spymaster.ledger.rules import arm_points
from spymaster.market.frames import DEPTH_FEED
from spymaster.market.jit import NotKeptError, kernel, only_kept
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS, LEVEL_ROW, SNAP, Trust

Array = NDArray[Any]

_DEPTH: Final = INPUTS.index(DEPTH_FEED)
_BLIND: Final = int(Trust.BLIND)
_UNKNOWN: Final = int(TestOutcome.UNKNOWN)

LEVELS: Final = 2048
"""Slots of levels: a power of two, for a key is looked for from its hash on."""
PLACEBOS: Final = 64
"""Slots of prices without a level, one for each by its number."""
_PLACEBO_STEP: Final = 1.25
_PLACEBO_FIRST: Final = 0.75
"""Points: neither whole nor half prices come often among them."""
_PLACEBO_REACH: Final = 8
_GAP_NS: Final = NS_PER_S
"""Snaps further apart than this are a gap: nobody knows where price was meanwhile."""
_MOST_TESTS: Final = 2 * (LEVELS + PLACEBOS)
"""A level is tested once a minute at most, and a block is shorter; a new session may end all and begin all."""

_LAST: Final = 0
_SESSION: Final = 1
_DROPPED: Final = 2
_OPEN: Final = 3
_CLOCK: Final = 4
"""Places of the clock: time of the last snap, its session, levels without room, levels under test."""


class SnapRows(Protocol):
    """Consecutive snaps and their levels: ``signals.blocks.Block``, or what has these of it."""

    @property
    def snaps(self) -> Array:
        """SNAP[K]"""
        ...

    @property
    def numbers(self) -> Array:
        """float64[K, L, fields of LEVEL_ROW]"""
        ...


class LevelTests:
    """Follows blocks of snaps. ``tick_points``: the future's tick.

    ``dropped``: times that a level found no room and was not followed; 0 unless thousands are published in a session.
    """

    def __init__(self, tick_points: float) -> None:
        self._tick = tick_points
        self._levels = np.zeros(LEVELS, SLOT)
        self._placebos = np.zeros(PLACEBOS, SLOT)
        self._clock = np.zeros(_CLOCK, np.int64)
        self._out = np.zeros(_MOST_TESTS, TEST)

    def on_block(self, block: SnapRows) -> Array:
        """The tests that were decided in a block of snaps, in time: TEST[n], a copy."""
        snaps = block.snaps
        count = follow_snaps(
            self._levels,
            self._placebos,
            self._clock,
            self._out,
            snaps["t_ns"].copy(),
            snaps["session_date"].copy(),
            snaps["levels"].copy(),
            snaps["microprice"].copy(),
            snaps["sigma_1m"].copy(),
            snaps["trust"][:, _DEPTH].copy(),
            block.numbers,
            self._tick,
        )
        return self._out[:count].copy()

    def finish(self) -> Array:
        """The tests that are still open, as UNKNOWN: nothing more is coming, or another contract."""
        count = interrupt(self._levels, self._placebos, self._clock, self._out, 0)
        return self._out[:count].copy()

    @property
    def dropped(self) -> int:
        """See the class."""
        return int(self._clock[_DROPPED])


def prepare() -> None:
    """Have the kernels compiled, or raise what ``only_kept`` says where they may not be."""
    tests = LevelTests(1.0)
    nothing = _NoSnaps(np.zeros(0, SNAP), np.zeros((0, 1, len(LEVEL_ROW.names or ()))))
    tests.on_block(nothing)
    tests.finish()


def are_ready() -> bool:
    """Whether nothing has to be compiled."""
    try:
        with only_kept():
            prepare()
    except NotKeptError:
        return False
    return True


class _NoSnaps(NamedTuple):
    snaps: Array
    numbers: Array


@kernel
def follow_snaps(
    levels: Array,
    placebos: Array,
    clock: Array,
    out: Array,
    t_ns: Array,
    session_dates: Array,
    counts: Array,
    microprices: Array,
    sigmas: Array,
    trusts: Array,
    numbers: Array,
    tick_points: float,
) -> int:
    """Consecutive snaps: how many tests were decided, written to ``out`` in time.

    levels SLOT[LEVELS], placebos SLOT[PLACEBOS], clock int64[4], out TEST[_MOST_TESTS]; of each snap its time, session
    date, number of levels (int64[K]), microprice in points, NaN without a book, volatility in points per root minute
    (float64[K]) and trust in the depth (int64[K]); numbers float64[K, L, fields]. A minute of snaps at most.
    """
    done = 0
    for k in range(t_ns.shape[0]):
        now_ns, microprice = t_ns[k], microprices[k]
        is_known = not math.isnan(microprice) and trusts[k] < _BLIND
        if clock[_SESSION] != session_dates[k] or now_ns - clock[_LAST] > _GAP_NS or not is_known:
            done = interrupt(levels, placebos, clock, out, done)
        if clock[_SESSION] != session_dates[k]:
            forget(levels, placebos)
            clock[_SESSION] = session_dates[k]
        if is_known:
            rows = numbers[k, : counts[k]]
            done = _follow_levels(levels, clock, out, done, rows, microprice, sigmas[k], tick_points, now_ns)
            done = _follow_placebos(placebos, clock, out, done, rows, microprice, sigmas[k], tick_points, now_ns)
        clock[_LAST] = now_ns
    return done


@kernel
def _follow_levels(
    levels: Array,
    clock: Array,
    out: Array,
    done: int,
    rows: Array,
    microprice: float,
    sigma_1m: float,
    tick_points: float,
    t_ns: int,
) -> int:
    """One snap of the published levels."""
    arm = arm_points(sigma_1m)
    seen = 0
    for n in range(rows.shape[0]):
        row = rows[n]
        at = slot_of(levels, row)
        if at < 0:
            clock[_DROPPED] += 1
            continue
        slot = levels[at]
        slot.seen_ns = t_ns
        level = row[PRICE] * row[RATIO]
        if slot.is_open != 0:
            count_zone(slot, row, t_ns - clock[_LAST], t_ns)
        if step(slot, microprice - level, arm, t_ns):
            begin_test(slot, sigma_1m, tick_points, t_ns, clock[_SESSION], level)
            describe_test(slot, row, t_ns)
            clock[_OPEN] += 1
        if slot.is_open != 0:
            seen += 1
            if decide(slot, microprice - slot.test.future_price, t_ns):
                out[done] = slot.test
                done += 1
                seen -= 1
                clock[_OPEN] -= 1
    return done if seen == clock[_OPEN] else _end_vanished(levels, clock, out, done, t_ns)


@kernel
def interrupt(levels: Array, placebos: Array, clock: Array, out: Array, done: int) -> int:
    """Nobody knows where price will be next: open tests end UNKNOWN, and every level needs a new approach."""
    for n in range(levels.shape[0] + placebos.shape[0]):
        slot = levels[n] if n < levels.shape[0] else placebos[n - levels.shape[0]]
        if slot.is_open != 0:
            slot.is_open = 0
            slot.test.outcome = _UNKNOWN
            slot.test.end_ns = clock[_LAST]
            out[done] = slot.test
            done += 1
        slot.side = 0
        slot.is_armed = 0
        slot.arm_ns = -1
    clock[_OPEN] = 0
    return done


@kernel
def forget(levels: Array, placebos: Array) -> None:
    """Another session: nothing was tested yet."""
    for n in range(levels.shape[0]):
        levels[n].used = 0
    for n in range(placebos.shape[0]):
        placebos[n].used = 0


@kernel
def _end_vanished(levels: Array, clock: Array, out: Array, done: int, t_ns: int) -> int:
    """A level that is published no more while it is tested: how that would have ended is not known."""
    for n in range(levels.shape[0]):
        slot = levels[n]
        if slot.is_open != 0 and slot.seen_ns != t_ns:
            slot.is_open = 0
            slot.test.outcome = _UNKNOWN
            slot.test.end_ns = t_ns
            out[done] = slot.test
            done += 1
            clock[_OPEN] -= 1
    return done


@kernel
def _follow_placebos(
    placebos: Array,
    clock: Array,
    out: Array,
    done: int,
    rows: Array,
    microprice: float,
    sigma_1m: float,
    tick_points: float,
    t_ns: int,
) -> int:
    """The same at prices of a grid at which no level is."""
    arm = arm_points(sigma_1m)
    middle = int(math.floor((microprice - _PLACEBO_FIRST) / _PLACEBO_STEP))
    for number in range(middle - _PLACEBO_REACH, middle + _PLACEBO_REACH + 1):
        slot = placebos[number & (PLACEBOS - 1)]
        if slot.used == 0 or slot.key != number:
            clear_slot(slot, number)
        level = _PLACEBO_FIRST + number * _PLACEBO_STEP
        if step(slot, microprice - level, arm, t_ns):
            begin_test(slot, sigma_1m, tick_points, t_ns, clock[_SESSION], level)
            if is_near_a_level(rows, level):
                slot.is_open = 0
    for n in range(PLACEBOS):
        slot = placebos[n]
        if slot.is_open != 0 and decide(slot, microprice - slot.test.future_price, t_ns):
            out[done] = slot.test
            done += 1
    return done
