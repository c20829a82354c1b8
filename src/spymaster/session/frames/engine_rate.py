"""How fast an engine is at work, for the header."""

from __future__ import annotations


class EngineRate:
    """How long the engine needs for a snap, smoothed, and how many records it takes a second."""

    def __init__(self) -> None:
        self.snap_us = 0.0
        self.records_per_s = 0.0
        self._counted: tuple[float, int] | None = None

    def note(self, seconds: float, snaps: int) -> None:
        """Let in one measurement."""
        if snaps:
            self.snap_us += 0.05 * (seconds * 1e6 / snaps - self.snap_us)

    def count(self, now_s: float, records: int) -> None:
        """Records taken so far; the rate is that of the last second or more."""
        if self._counted is None or records < self._counted[1]:
            self._counted = (now_s, records)
            return
        since_s, before = self._counted
        if now_s - since_s >= 1.0:
            self.records_per_s = (records - before) / (now_s - since_s)
            self._counted = (now_s, records)
