"""What any pass over a recording has seen of it: alerts, touches of levels, and where time makes a jump.

A replay that goes back keeps what lies ahead of it, so that alerts behind and ahead can be gone to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import msgspec

from spymaster.signals.frame import AlertMark, AlertView


class EventIndexState(msgspec.Struct, frozen=True):
    """What is known of a recording up to ``visited_ns``. ``touches``: (key of a level, moments); ``gaps``: (snap, next
    snap) where they are further apart than usual."""

    first_ns: int = 0
    visited_ns: int = 0
    alerts: tuple[AlertMark, ...] = ()
    touches: tuple[tuple[float, tuple[int, ...]], ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()


class EventIndex:
    """Fed every snap of every pass; only what lies beyond the furthest one is news. Times are ns, of snaps."""

    def __init__(self, interval_ns: int, snapshot: EventIndexState | None = None) -> None:
        snapshot = snapshot if snapshot is not None else EventIndexState()
        self._interval_ns = interval_ns
        self.first_ns = snapshot.first_ns
        self.visited_ns = snapshot.visited_ns
        self.alerts = snapshot.alerts
        self._touches = {key: list(moments) for key, moments in snapshot.touches}
        self._gaps = list(snapshot.gaps)

    def add_snap(self, t_ns: int, raised: Iterable[AlertView], touched: Iterable[float]) -> None:
        """Let in a snap: the alerts raised at it, and the keys of the levels whose touch began."""
        if t_ns <= self.visited_ns:
            return
        if not self.visited_ns:
            self.first_ns = t_ns
        elif t_ns - self.visited_ns > self._interval_ns:
            self._gaps.append((self.visited_ns, t_ns))
        self.visited_ns = t_ns
        self.alerts += tuple(AlertMark(t_ns, alert.id, alert.level_id, alert.signal) for alert in raised)
        for key in touched:
            self._touches.setdefault(key, []).append(t_ns)

    def snapshot(self) -> EventIndexState:
        """Everything, for another of its kind."""
        touches = tuple((key, tuple(moments)) for key, moments in self._touches.items())
        return EventIndexState(self.first_ns, self.visited_ns, self.alerts, touches, tuple(self._gaps))

    def snap_before(self, t_ns: int) -> int:
        """The last snap before ``t_ns``; the first of all where there is none before it."""
        grid_ns = (t_ns - 1) // self._interval_ns * self._interval_ns
        for before, after in reversed(self._gaps):
            if before < grid_ns < after:
                grid_ns = before
        return max(grid_ns, self.first_ns)

    def next_alert(self, t_ns: int) -> int | None:
        """When the first known alert after ``t_ns`` was raised."""
        return next((alert.t_ns for alert in self.alerts if alert.t_ns > t_ns), None)

    def alert_before(self, t_ns: int) -> int | None:
        """When the last alert before ``t_ns`` was raised."""
        return next((alert.t_ns for alert in reversed(self.alerts) if alert.t_ns < t_ns), None)

    def next_touch(self, key: float, t_ns: int) -> int | None:
        """When the first known touch of a level after ``t_ns`` began."""
        moments = self._touches.get(key, [])
        at = bisect_right(moments, t_ns)
        return moments[at] if at < len(moments) else None

    def touch_before(self, key: float, t_ns: int) -> int | None:
        """When the last touch of a level before ``t_ns`` began."""
        moments = self._touches.get(key, [])
        at = bisect_left(moments, t_ns)
        return moments[at - 1] if at else None
