"""What one session date showed, as counts and sums, so that days can be pooled: days are witnesses, snaps are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from spymaster.evaluate.signal_outcomes import AlertRecord, BaseCounts

HORIZONS_S: Final = (5, 30, 120, 300)
"""How long after an event price is looked at."""
BREAK, REJECT, SWEEP, LARGE = "BREAK", "REJECT", "sweep", "large order"
EVENTS: Final = (BREAK, REJECT, SWEEP, LARGE)


class Markout(msgspec.Struct, frozen=True):
    """``n`` events of one kind after one horizon. ``points``: the sum of what price moved in their direction; ``base``:
    the sum of what it moves that way on average from the same distance to a price at which no level is, or, where an
    event has no level, from any moment of the day. Points of the future."""

    n: int
    points: float
    base: float


class TestCounts(msgspec.Struct, frozen=True):
    """Tests of one kind of level, by how they ended; ``filled``: contracts that it took, of those decided."""

    __test__ = False

    broke: int = 0
    held: int = 0
    neither: int = 0
    unknown: int = 0
    filled: float = 0.0


SumT = TypeVar("SumT", Markout, TestCounts)
_NONE: Final = [Markout(0, 0.0, 0.0)] * len(HORIZONS_S)


class DayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A session date, from its first snap to its last. ``hours``: of price known without a hole; ``left_out_s``: in
    pieces too short to judge by.

    ``alerts``, ``base``: as of a simulated world (``evaluate.worlds``), by rule; the base is that of prices at which no
    level is. ``tests``: by kind of level; ``placebo``: of those prices. ``markouts``: by event, one a horizon.
    """

    session_date: int
    begin_ns: int
    end_ns: int
    hours: float
    left_out_s: float
    simulated: bool
    alerts: dict[str, list[AlertRecord]]
    base: BaseCounts
    tests: dict[str, TestCounts]
    placebo: TestCounts
    markouts: dict[str, list[Markout]]


def merged(days: Sequence[DayRecord]) -> list[DayRecord]:
    """One record for each session date, by date: a session that was started anew left several.

    Raises ValueError, which names the date, where two of them are of the same time.
    """
    found: dict[int, DayRecord] = {}
    for day in sorted(days, key=lambda one: (one.session_date, one.begin_ns)):
        before = found.get(day.session_date)
        if before is not None and day.begin_ns <= before.end_ns:
            raise ValueError(str(day.session_date))
        found[day.session_date] = day if before is None else _both(before, day)
    return list(found.values())


def _both(one: DayRecord, other: DayRecord) -> DayRecord:
    rules = dict.fromkeys((*one.alerts, *other.alerts))
    return DayRecord(
        session_date=one.session_date,
        begin_ns=one.begin_ns,
        end_ns=other.end_ns,
        hours=one.hours + other.hours,
        left_out_s=one.left_out_s + other.left_out_s,
        simulated=one.simulated or other.simulated,
        alerts={rule: [*one.alerts.get(rule, ()), *other.alerts.get(rule, ())] for rule in rules},
        base=BaseCounts(_summed(one.base.beyond, other.base.beyond), _summed(one.base.ended, other.base.ended)),
        tests={
            name: _sum(one.tests.get(name, TestCounts()), other.tests.get(name, TestCounts()))
            for name in dict.fromkeys((*one.tests, *other.tests))
        },
        placebo=_sum(one.placebo, other.placebo),
        markouts={
            name: [
                _sum(mine, theirs)
                for mine, theirs in zip(one.markouts.get(name, _NONE), other.markouts.get(name, _NONE), strict=True)
            ]
            for name in dict.fromkeys((*one.markouts, *other.markouts))
        },
    )


def _summed(one: list[list[int]], other: list[list[int]]) -> list[list[int]]:
    return [[a + b for a, b in zip(mine, theirs, strict=True)] for mine, theirs in zip(one, other, strict=True)]


def _sum(one: SumT, other: SumT) -> SumT:
    """Two structs of numbers, field by field."""
    return type(one)(
        *(a + b for a, b in zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True))
    )
