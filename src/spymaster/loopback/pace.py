"""How fast a loopback vendor plays: its own time, at any speed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

_END: Final = 2**63 - 1


class Pace:
    """The time of a played session. ``speed``: event seconds a second; infinite sends as fast as it is read.

    It stands still at ``start_ns`` until :meth:`go`. With infinite speed there is no time but what was sent.
    """

    def __init__(self, start_ns: int, speed: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._start_ns = start_ns
        self._now_s = now_s
        self._begun_s: float | None = None
        self._sent_ns = start_ns
        self._was_begun = False
        self._lock = threading.Lock()

    def go(self) -> None:
        """A session begins; with the first one, time does."""
        with self._lock:
            self._was_begun = self._begun_s is not None
            if self._begun_s is None:
                self._begun_s = self._now_s()

    def now_ns(self) -> int:
        """The time it is there, ns UTC."""
        if math.isinf(self.speed):
            return self._sent_ns
        if self._begun_s is None:
            return self._start_ns
        return self._start_ns + round((self._now_s() - self._begun_s) * self.speed * 1e9)

    def begin_ns(self) -> int:
        """Behind which records a session that begins now is sent what comes: the first of all misses none."""
        return self.now_ns() if self._was_begun else self._start_ns - 1

    def due_ns(self) -> int:
        """Up to when records are to be sent by now."""
        return _END if math.isinf(self.speed) else self.now_ns()

    def sent(self, ns: int) -> None:
        """A record of that time was sent."""
        with self._lock:
            self._sent_ns = max(self._sent_ns, ns)

    def seconds_until(self, ns: int) -> float:
        """How long until a record of that time is due, at least 0."""
        return 0.0 if math.isinf(self.speed) else max(0.0, (ns - self.now_ns()) / 1e9 / self.speed)


class PlayedClock:
    """A ``feeds.supervision.Clock`` of one who lives in the time of a played session."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def wall_ns(self) -> int:
        """Now, in the played session."""
        return self._pace.now_ns()

    def monotonic_s(self) -> float:
        """Seconds that only grow: this machine's, since waiting is done here."""
        return time.monotonic()
