"""Replay speed: event time against the wall clock, from one anchor, so that nothing drifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from spymaster.market.kinds import NS_PER_S

_LEAP_NS: Final = 60 * NS_PER_S
"""Moments further apart than this have a closed market or a hole in the data between them: nobody waits for that."""

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Event seconds per second that one steps through."""

MAX_SPEED: Final = float("inf")
"""As fast as possible, beyond the last of them."""

_EVERY_SNAP_SPEED: Final = 2.0


def next_speed(now: float | None, faster: bool) -> float | None:
    """The next step up or down from a speed; None is as fast as possible."""
    speeds = (*SPEEDS, MAX_SPEED)
    at = now if now is not None else MAX_SPEED
    if faster:
        chosen = next((speed for speed in speeds if speed > at), MAX_SPEED)
    else:
        chosen = next((speed for speed in reversed(speeds) if speed < at), speeds[0])
    return None if chosen == MAX_SPEED else chosen


class Pacer:
    """Says how long to wait before showing a moment of event time.

    ``speed``: event seconds per second, None for as fast as possible. ``now_ns``: a monotonic clock.
    """

    def __init__(self, speed: float | None, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._speed = speed
        self._anchor: tuple[int, int] | None = None
        self._asked_ns = 0

    @property
    def speed(self) -> float | None:
        """Event seconds per second, None for as fast as possible."""
        return self._speed

    @property
    def shows_every_snap(self) -> bool:
        """Slow enough that every snap is worth showing: the next one may be long in coming."""
        return self._speed is not None and self._speed <= _EVERY_SNAP_SPEED

    def set_speed(self, speed: float | None, event_ns: int) -> None:
        """Go on at another speed from the moment ``event_ns``."""
        self._speed = speed
        self.restart(event_ns)

    def forget(self) -> None:
        """Count anew from the next moment asked about."""
        self._anchor = None

    def restart(self, event_ns: int) -> None:
        """Count from here: after a pause, a step or a seek."""
        self._anchor = (event_ns, self._now_ns())
        self._asked_ns = event_ns

    def wait_s(self, event_ns: int) -> float:
        """Seconds until ``event_ns`` is due; 0 when it is due or late. The first call and a leap set the anchor."""
        if self._speed is None:
            return 0.0
        if self._anchor is None:
            self.restart(event_ns)
            return 0.0
        if event_ns - self._asked_ns > _LEAP_NS:
            self.restart(event_ns)
        self._asked_ns = event_ns
        event_zero, wall_zero = self._anchor
        due_ns = wall_zero + (event_ns - event_zero) / self._speed
        return max(0.0, (due_ns - self._now_ns()) / NS_PER_S)
