"""Today against the days before at this minute of the session: relative volume, percentile of displayed liquidity.

Everything is read by a thread of its own; the screen asks and is told what is known by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.catalog import Lake
from spymaster.lake.usual import MINUTE_NS, MINUTES, UsualDay, displayed, usual_day
from spymaster.market.kinds import NO_TICK, NS_PER_S
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.lake_reader import LakeReader
from spymaster.signals.frame import Frame
from spymaster.signals.header_parts import DAYS_BEFORE, Usual

_BACK_NS: Final = 14 * 24 * 3600 * NS_PER_S
_SETTLED_MINUTES: Final = 1.0
"""So much of a session must have passed before a ratio of volumes says anything."""


class UsualDays:
    """Compares with the sessions before. ``open_lake`` may raise UserError or OSError, which is logged once: then
    nothing is told. ``product``: root of the future's symbols; ``calendar``: whose sessions they are."""

    def __init__(self, open_lake: Callable[[], Lake], product: str, calendar: str) -> None:
        self._open_lake = open_lake
        self._product = product
        self._calendar = calendar
        self._reader = LakeReader("usual-days", "days before")
        self._lake: Lake | None = None
        self._session: np.void | None = None
        self._days: tuple[UsualDay, ...] | None = None
        self._shown: dict[int, NDArray[np.int64] | None] = {}
        self._begun_ns: int | None = None

    def look(self, frame: Frame, bars: NDArray[Any]) -> Usual | None:
        """Today so far, None while nothing is known or no day is held. ``bars``: CHART_BAR of the session."""
        t_ns = frame.header.t_ns
        if t_ns <= 0:
            return None
        if self._session is None or not self._session["open_ns"] <= t_ns < self._session["close_ns"]:
            # Between two sessions there is none to begin: not asked again at every frame.
            if self._begun_ns is None or abs(t_ns - self._begun_ns) >= MINUTE_NS:
                self._begin(t_ns)
            return None
        days = self._days
        if days is None:
            return None
        open_ns = int(self._session["open_ns"])
        now = (t_ns - open_ns) / MINUTE_NS
        first = max((frame.header.first_ns - open_ns) / MINUTE_NS, 0.0)
        held = [day for day in days if day.covers(int(first), int(now))]
        if not held:
            return None
        usual = float(np.mean([day.traded(first, now) for day in held]))
        today = float(bars["volume"][bars["t_ns"] >= max(open_ns, frame.header.first_ns - MINUTE_NS)].sum())
        told = usual > 0 and now - first >= _SETTLED_MINUTES
        return Usual(len(held), today / usual if told else math.nan, self._liquidity(frame, held, int(now)))

    def wait(self) -> None:
        """Until everything asked for so far has been read."""
        self._reader.wait()

    def _liquidity(self, frame: Frame, days: list[UsualDay], minute: int) -> float:
        if minute not in self._shown:
            self._shown[minute] = None
            self._reader.ask(lambda: self._read_minute(days, minute))
        shown = self._shown[minute]
        sizes = frame.book[:, :, 1][frame.book[:, :, 0] != NO_TICK]
        if shown is None or not len(shown) or not len(sizes):
            return math.nan
        return float(np.mean(shown <= int(sizes.sum())))

    def _begin(self, t_ns: int) -> None:
        self._begun_ns = t_ns
        sessions = sessions_between(self._calendar, t_ns - _BACK_NS, t_ns)
        self._session = session_at(sessions, t_ns)
        self._days, self._shown = None, {}
        before = [each for each in sessions if each["session_date"] < self._session["session_date"]][-DAYS_BEFORE:]
        self._reader.ask(lambda: self._read_days(before))

    def _read_days(self, sessions: list[np.void]) -> None:
        lake = self._lake = self._open_lake()
        found = [usual_day(lake, self._product, int(each["open_ns"]), int(each["close_ns"])) for each in sessions]
        self._days = tuple(day for day in found if day is not None)

    def _read_minute(self, days: list[UsualDay], minute: int) -> None:
        if self._lake is not None and 0 <= minute < MINUTES:
            totals = [displayed(self._lake, self._product, day, minute) for day in days]
            self._shown[minute] = np.concatenate(totals)
