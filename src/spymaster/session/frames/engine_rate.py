"""How fast an engine is at work, for the header and for session health."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import Final

from spymaster.signals.header_parts import LATENCY_US, Pace

KEPT: Final = 240
"""Measurements of snaps that are kept: a minute of a live session."""


class EngineRate:
    """How long the engine needs for a snap, smoothed and one by one, and how many records it takes a second."""

    def __init__(self) -> None:
        self.snap_us = 0.0
        self.records_per_s = 0.0
        self._counted: tuple[float, int] | None = None
        self._snaps_us: deque[float] = deque(maxlen=KEPT)

    def note(self, seconds: float, snaps: int) -> None:
        """Let in one measurement."""
        if snaps:
            each_us = seconds * 1e6 / snaps
            self.snap_us += 0.05 * (each_us - self.snap_us)
            self._snaps_us.append(each_us)

    @property
    def pace(self) -> Pace:
        """All of it."""
        return Pace(self.records_per_s, self.snap_us, self.latency, max(self._snaps_us, default=0.0))

    @property
    def latency(self) -> tuple[int, ...]:
        """How many of the latest measurements were below each of ``LATENCY_US`` (and not below the one before), and
        above the last; nothing before the first."""
        if not self._snaps_us:
            return ()
        counts = [0] * (len(LATENCY_US) + 1)
        for each_us in self._snaps_us:
            counts[bisect_right(LATENCY_US, each_us)] += 1
        return tuple(counts)

    def count(self, now_s: float, records: int) -> None:
        """Records taken so far; the rate is that of the last second or more."""
        if self._counted is None or records < self._counted[1]:
            self._counted = (now_s, records)
            return
        since_s, before = self._counted
        if now_s - since_s >= 1.0:
            self.records_per_s = (records - before) / (now_s - since_s)
            self._counted = (now_s, records)
