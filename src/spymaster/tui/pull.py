"""The screen pulls: one timer asks for the newest frame, and asks only when the terminal has seen the last one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from spymaster.signals.frame import Frame, FrameSource
from spymaster.view.state import Quality

POLL_S: Final = 0.05
"""So soon is looked again while something is awaited: the answer to a key, a frame that is due."""

IDLE_POLL_S: Final = 0.1
"""And so soon where a source has had nothing new for a while."""

EXPEDITE_S: Final = 0.6
OVERTAKE_S: Final = 3.0
"""So long after a key its answer goes before a picture that is still being sent: a busy Session may take that long."""

OVERTAKE_EVERY_S: Final = 0.1
UNCHANGED_EVERY_S: Final = 1.0
ANNOUNCED_S: Final = 0.1
"""So long before it is drawn a source is told that a frame will be."""


class Pacer(Protocol):
    """What the pull needs of the output driver."""

    def busy(self) -> bool:
        """True while painting would queue."""
        ...

    def overtakes(self) -> bool:
        """True where the answer to a key goes before what is still being sent."""
        ...

    def skip(self) -> None:
        """A frame was left out because the terminal was busy."""
        ...


class FramePull:
    """Decides at each look whether a frame is drawn now. ``draw(frame, now)`` does it."""

    def __init__(
        self, source: FrameSource, pacer: Pacer | None, draw: Callable[[Frame | None, float], None], frame_hz: float
    ) -> None:
        self._source = source
        self._pacer = pacer
        self._draw = draw
        self._interval_s = 1.0 / frame_hz
        self._drawn_at = float("-inf")
        self._drawn: int | None = None
        self._announced = False
        self._expedite_until = float("-inf")
        self._overtake_until = float("-inf")
        self.quality = Quality.FULL
        self.resting = False
        """Whether nobody is looking: the terminal has said that it lost the focus."""

    def expedite(self, now: float) -> None:
        """Something was asked of the source: draw its answer as soon as it is there."""
        self._expedite_until = now + EXPEDITE_S
        self._overtake_until = now + OVERTAKE_S

    def look(self, now: float) -> bool:
        """Draw if a frame is due and the terminal is free; True if it was drawn."""
        since = now - self._drawn_at
        if not self._due(since, True, now):
            self._announce(since)
            return False
        frame = self._source.latest()
        number = frame.number if frame is not None else None
        changed = number != self._drawn
        if not self._due(since, changed, now):
            return False
        if self._pacer is not None and self._pacer.busy():
            asked = changed and now < self._overtake_until and since >= OVERTAKE_EVERY_S
            if not (asked and self._pacer.overtakes()):
                self._pacer.skip()
                return False
        self._drawn_at, self._drawn, self._announced = now, number, False
        self._draw(frame, now)
        return True

    def next_look_s(self, now: float) -> float:
        """Seconds until a look can change anything: waking for nothing is most of what an idle screen costs."""
        since = now - self._drawn_at
        if now < self._expedite_until or (self._pacer is not None and self._pacer.busy()):
            return POLL_S
        if since >= 2.0 * self._interval:
            return IDLE_POLL_S
        wanted = self._interval - (0.0 if self._announced else ANNOUNCED_S)
        return max(wanted - since, POLL_S)

    def _announce(self, since: float) -> None:
        """Take the drawn frame again shortly before the next is due: the source then makes a newer one in time."""
        if not self._announced and since >= self._interval - ANNOUNCED_S - POLL_S / 2:
            self._announced = True
            self._source.latest()

    @property
    def _interval(self) -> float:
        slow = self.resting or self.quality is Quality.ONE_HZ
        return UNCHANGED_EVERY_S if slow else self._interval_s

    def _due(self, since: float, changed: bool, now: float) -> bool:
        if changed and now < self._expedite_until:
            return True
        # Half a look early is nearer to the rate than half a look late.
        return since >= (self._interval if changed else UNCHANGED_EVERY_S) - POLL_S / 2
