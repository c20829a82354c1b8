"""What became of a level's tests on the days before, out of the tables of the lake that is configured.

Everything is read by a thread of its own; the screen asks and is told what is known by then.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Final

from spymaster.lake.catalog import Lake
from spymaster.lake.level_tests import level_tests
from spymaster.ledger.rows import TestOutcome
from spymaster.ledger.table import PLACEBO_WORD
from spymaster.market.calendar_table import date_of
from spymaster.market.kinds import NS_PER_S
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.lake_reader import LakeReader
from spymaster.signals.header_parts import PastTests

DAYS: Final = 20
"""Session dates that are looked back on."""
_BACK_NS: Final = 2 * DAYS * 24 * 3600 * NS_PER_S
_WAIT_NS: Final = 60 * NS_PER_S
"""Between two sessions there is none to begin: not asked again at every frame."""
_COLUMNS: Final = ("session_date", "level_id", "kind", "outcome")
_HELD, _BROKE = TestOutcome.HELD.name, TestOutcome.BROKE.name


class PastTestDays:
    """Tells of the sessions before. ``open_lake`` may raise UserError or OSError, which is logged once a session: then
    nothing is told. ``underlying``: what the levels are of; ``calendar``: whose sessions they are."""

    def __init__(self, open_lake: Callable[[], Lake], underlying: str, calendar: str) -> None:
        self._open_lake = open_lake
        self._underlying, self._calendar = underlying, calendar
        self._reader = LakeReader("past-tests", "tests of the days before")
        self._span = (0, 0)
        self._asked_ns: int | None = None
        self._told: dict[str, PastTests] | None = None
        self._none = PastTests(days=0)

    def look(self, level_id: str, t_ns: int) -> PastTests | None:
        """What became of a level's tests before the session of a moment; None while that is not known."""
        if t_ns <= 0:
            return None
        if not self._span[0] <= t_ns < self._span[1]:
            if self._asked_ns is None or abs(t_ns - self._asked_ns) >= _WAIT_NS:
                self._begin(t_ns)
            if not self._span[0] <= t_ns < self._span[1]:
                return None
        told = self._told
        return None if told is None else told.get(level_id, self._none)

    def wait(self) -> None:
        """Until everything asked for so far has been read."""
        self._reader.wait()

    def _begin(self, t_ns: int) -> None:
        self._asked_ns = t_ns
        sessions = sessions_between(self._calendar, t_ns - _BACK_NS, t_ns)
        now = session_at(sessions, t_ns)
        self._span = (int(now["open_ns"]), int(now["close_ns"]))
        self._told = None
        before = [each for each in sessions if each["session_date"] < now["session_date"]][-DAYS:]
        if before:
            first_ns, date = int(before[0]["open_ns"]), date_of(int(now["session_date"]))
            self._reader.ask(lambda: self._read(first_ns, self._span[0], date))

    def _read(self, first_ns: int, until_ns: int, before: dt.date) -> None:
        tests = level_tests(
            self._open_lake(), underlying=self._underlying, from_ns=first_ns, until_ns=until_ns, columns=_COLUMNS
        ).to_pydict()
        rows = [row for row in zip(*(tests[name] for name in _COLUMNS), strict=True) if row[0] < before]
        days = len({row[0] for row in rows})
        counts: dict[str, Counter[str]] = {}
        base: Counter[str] = Counter()
        for _, level_id, kind, outcome in rows:
            if kind == PLACEBO_WORD:
                base[outcome] += 1
            else:
                counts.setdefault(level_id, Counter())[outcome] += 1
        one_way = base[_HELD] + base[_BROKE]
        share = base[_HELD] / one_way if one_way else None
        self._none = PastTests(days=days)
        self._told = {level_id: _of(count, days, share) for level_id, count in counts.items()}


def _of(count: Counter[str], days: int, share: float | None) -> PastTests:
    held, broke = count[_HELD], count[_BROKE]
    return PastTests(
        days=days,
        tests=count.total(),
        held=held,
        broke=broke,
        base=None if share is None else share * (held + broke),
    )
